import type { Alert, Gameplan } from "#libs/contracts/mod.ts";
import { type Calendar, type MarketPhase, type Session, tradingDayOf } from "#libs/time/mod.ts";
import type { GameplanFile } from "./read-gameplan.ts";

/** Whether the gameplan is for today, and what the service does about it. */
export type Verdict =
  | { readonly kind: "trade"; readonly plan: Gameplan; readonly session: Session }
  | {
      readonly kind: "idle";
      /** False when there is simply nothing to do: no session today, or the plan is for a later day. */
      readonly lacking: boolean;
      readonly detail: string;
      readonly alert: Alert | null;
    };

/**
 * Judges the gameplan against the market's date (architecture section 8: missing, stale or invalid is idle, and said).
 * A plan for another day raises its alert from the pre-market on: the night before, nobody needs it yet.
 */
export function judgeDay(
  file: GameplanFile,
  path: string,
  marketNowMs: number | undefined,
  calendar: Calendar,
): Verdict {
  if (file.kind === "missing") return missing(path);
  if (file.kind === "invalid") return invalid(path, file.problem);
  if (marketNowMs === undefined) {
    return { kind: "idle", lacking: true, detail: "waits for the market clock, which the gateway gives", alert: null };
  }
  const today = tradingDayOf(marketNowMs);
  const session = calendar.sessionOn(today);
  const { tradingDay } = file.plan;
  if (session === undefined) {
    return { kind: "idle", lacking: false, detail: `no session today (${today})`, alert: null };
  }
  if (tradingDay === "any" || tradingDay === today) return { kind: "trade", plan: file.plan, session };
  return notToday(path, tradingDay, today, calendar.phaseAt(marketNowMs));
}

function missing(path: string): Verdict {
  return lacking("there is no gameplan", {
    severity: "critical",
    code: "GAMEPLAN_MISSING",
    title: "There is no gameplan: no strategy runs",
    text: `There is no file ${path}. Write the day's plan there, or set GAMEPLAN_PATH to where it is; gameplans/default.json is an example. It is picked up when it appears.`,
  });
}

function invalid(path: string, problem: string): Verdict {
  return lacking(`the gameplan is invalid: ${problem.split("\n").join("; ")}`, {
    severity: "critical",
    code: "GAMEPLAN_INVALID",
    title: "The gameplan cannot be used",
    text: `${path}:\n${problem}\nCorrect these fields; gameplans/gameplan.schema.json describes them all. The file is read again when it changes.`,
  });
}

function notToday(path: string, tradingDay: string, today: string, phase: MarketPhase): Verdict {
  const stale = tradingDay < today;
  const detail = `the gameplan's tradingDay is ${tradingDay}, and the market's date is ${today}`;
  if (!stale && phase !== "pre-market" && phase !== "open")
    return { kind: "idle", lacking: false, detail, alert: null };
  const verdict = lacking(detail, {
    severity: "warning",
    code: stale ? "GAMEPLAN_STALE" : "GAMEPLAN_NOT_TODAY",
    title: `The gameplan is for ${tradingDay}, not for today: no strategy runs`,
    text: `${path}: tradingDay is ${tradingDay}, and the market's date is ${today}. Write today's plan there with "tradingDay": "${today}", or "any" for a plan that holds every day. It is picked up when the file changes.`,
  });
  return phase === "closed" || phase === "after-hours" ? { ...verdict, alert: null } : verdict;
}

/** Idle because something is lacking, with the alert that says what. */
export const lacking = (detail: string, alert: Omit<Alert, "fields">): Verdict & { kind: "idle" } => ({
  kind: "idle",
  lacking: true,
  detail: detail.slice(0, 500),
  alert: { ...alert, text: alert.text.slice(0, 2000), fields: [] },
});
