import type { IbcFact } from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import { type RestartSettings, restartWindowOn } from "../session/restart-window.ts";

/**
 * Attempts in a row in which the gateway took the connection and said nothing. Fewer may be a gateway that is still
 * starting: with the stages' deadlines and the back-off, three take at least half a minute. A refused connection is
 * none: that is a gateway which is down or at its login, and IBC must never be kicked in a loop (windows.md 1.6).
 */
export const WEDGED_AFTER_SILENCES = 3;
/**
 * Wall time in which a restart that was asked for, by whomever, may still be under way: it begins with the next
 * minute, the port is closed for 60 to 90 s (windows.md 1.8), and farms and logins take theirs.
 */
export const SETTLE_MS = 10 * 60_000;

/** What is known of a gateway that does not answer. */
export interface Silence {
  /** Attempts in a row that met it, the newest included. */
  readonly times: number;
  /** Market clock, epoch milliseconds; the machine's where no market clock is known. */
  readonly marketMs: number;
  /** Machine wall clock, epoch milliseconds. */
  readonly wallMs: number;
}

export type RestartDecision =
  | { readonly restart: true; readonly restartsByBridge: number }
  | {
      readonly restart: false;
      readonly because: "too-early" | "planned-window" | "settling" | "limit" | "off";
    };

/**
 * Whether IBC is asked to restart a gateway that accepts connections and answers nothing.
 *
 * @param newest the newest fact on `gateway.ibc`, which holds the day's count; null when there is none
 * @param restartsPerDayMax 0: only the operator restarts
 */
export function decideRestart(
  { times, marketMs, wallMs }: Silence,
  newest: IbcFact | null,
  restartsPerDayMax: number,
  restart: RestartSettings,
): RestartDecision {
  if (times < WEDGED_AFTER_SILENCES) return no("too-early");
  if (restartsPerDayMax === 0) return no("off");
  const window = restartWindowOn(marketMs, restart);
  if (marketMs >= window.startsMs && marketMs < window.endsMs) return no("planned-window");
  if (newest?.lastRestartAt != null && isRecent(newest.lastRestartAt, wallMs)) return no("settling");
  const used = restartsOn(tradingDayOf(marketMs), newest);
  return used >= restartsPerDayMax ? no("limit") : { restart: true, restartsByBridge: used + 1 };
}

/** A time that is yet to come was written by a clock that has been set back: it proves nothing. */
const isRecent = (atMs: number, nowMs: number): boolean => nowMs >= atMs && nowMs - atMs < SETTLE_MS;

const no = (because: Extract<RestartDecision, { restart: false }>["because"]) => ({ restart: false, because }) as const;

/** Restarts that the bridge asked for by itself on a New York day. */
export const restartsOn = (day: string, newest: IbcFact | null): number =>
  newest?.day === day ? newest.restartsByBridge : 0;
