import type { Alert } from "#libs/contracts/mod.ts";
import type { Meaning } from "./meanings.ts";

/** The same news is told again after this long, machine time: a prompt that nobody answers comes every few minutes. */
export const TOLD_AGAIN_AFTER_MS = 3_600_000;

export interface Finding {
  /** Tells this line from every other: names the alert, so that one raised twice is one. */
  readonly id: string;
  readonly meaning: Meaning;
}

/** What was told, and when (machine monotonic milliseconds), by code. */
export interface Told {
  readonly at: ReadonlyMap<string, number>;
  /** Something that a login ends was told since the last one. */
  readonly awaitsLogin: boolean;
}
export const nothingTold: Told = { at: new Map(), awaitsLogin: false };

export type News =
  | { readonly type: "alert"; readonly id: string; readonly alert: Alert }
  | { readonly type: "trouble"; readonly text: string };

/**
 * What is to be told of the lines of one reading. What a later line of the same reading ended is over: a bridge that
 * was away reads of a login that failed and of the one that succeeded at once.
 */
export function newsOf(findings: readonly Finding[], told: Told, nowMs: number): { news: News[]; told: Told } {
  const login = findings.findLastIndex(({ meaning }) => meaning.effect === "logged-in");
  const news: News[] = [];
  const at = new Map(told.at);
  let awaitsLogin = told.awaitsLogin;
  for (const [index, { id, meaning }] of findings.entries()) {
    const { code, effect, severity, title, text, endsWithLogin } = meaning;
    if (effect === "note") continue;
    if (effect === "logged-in") {
      if (index !== login) continue;
      if (awaitsLogin) news.push({ type: "alert", id, alert: loggedIn });
      awaitsLogin = false;
      at.clear();
      continue;
    }
    if (endsWithLogin) awaitsLogin = true;
    if (endsWithLogin && index < login) continue;
    if (effect === "trouble") {
      // One failure may leave several lines: the window that opened, and IBC's word about it.
      if (news.some(({ type }) => type === "trouble")) continue;
      news.push({ type: "trouble", text: `${title}. ${text}` });
      continue;
    }
    const key = `${code} ${severity} ${title}`;
    const before = at.get(key);
    if (before !== undefined && nowMs - before < TOLD_AGAIN_AFTER_MS) continue;
    at.set(key, nowMs);
    news.push({ type: "alert", id, alert: { severity, code, title, text, fields: [] } });
  }
  return { news, told: { at, awaitsLogin } };
}

const loggedIn: Alert = {
  severity: "info",
  code: "IBC_LOGGED_IN",
  title: "IB Gateway is logged in again",
  text: "IBC says that the login has completed, after the trouble with it. If the session was halted for that, resume it: `npx crucible gateway resume`.",
  fields: [],
};
