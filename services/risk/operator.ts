import type { Outcome } from "#libs/contracts/mod.ts";
import { DAILY_LOSS } from "./checks/daily-loss.ts";
import { dayResult } from "./evaluate/day-result.ts";
import type { RiskView } from "./evaluate/view.ts";
import type { TradingControl } from "./trading-control.ts";

/** What the trading state is set by when the operator sets it. */
const OPERATOR = "operator";

/** The operator's commands: `control.risk.halt`, `reduce` and `resume`. */
export async function command(
  verb: "halt" | "reduce" | "resume",
  reason: string,
  control: TradingControl,
  view: RiskView,
): Promise<Outcome> {
  const wanted = { halt: "halted", reduce: "reducing", resume: "active" } as const;
  const next = wanted[verb];
  const { tradingState, setBy } = control.current;
  // What a limit has set ends with its cause, and what the ledger did not take with this process: neither is what the
  // operator asks for.
  const isSet = tradingState === next && (next === "active" || (setBy === OPERATOR && control.isKept));
  if (isSet) return { ok: true, message: `Trading is ${next} already.` };
  const cause = verb === "resume" ? stillBreached(view) : null;
  if (cause !== null) return { ok: false, message: cause };
  await control.change(next, OPERATOR, reason);
  return { ok: true, message: `Trading is ${next}.` };
}

/** Why trading cannot be resumed now; null when it can. */
function stillBreached(view: RiskView): string | null {
  const { session } = view.book;
  const result = dayResult(view);
  if (session === null || result === null) return null;
  const limit = view.limits.maxDailyLossFraction * session.equityAtStart;
  if (-result.profit < limit) return null;
  return `${DAILY_LOSS}: the day's loss of ${(-result.profit).toFixed(2)} USD is beyond the limit of ${limit.toFixed(2)} USD. It ends with the session day ${session.tradingDay}; until then close positions with exits, which pass.`;
}
