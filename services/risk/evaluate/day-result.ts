import { dayOf } from "../state/positions.ts";
import { markOf } from "./price.ts";
import type { RiskView } from "./view.ts";

/** The session day so far, USD. */
export interface DayResult {
  readonly realized: number;
  readonly open: number;
  readonly commissions: number;
  /**
   * The worse of two figures: our own (realized and open, commissions out), and the change of the account's equity,
   * which also knows what our executions do not show.
   */
  readonly profit: number;
}

/** What the day has brought; null before the session day began. */
export function dayResult({ book, quoteOf }: Pick<RiskView, "book" | "quoteOf">): DayResult | null {
  const { session, account } = book;
  if (session === null) return null;
  let realized = 0;
  let open = 0;
  let commissions = 0;
  for (const [symbol, entry] of book.symbols) {
    const day = dayOf(entry, session.tradingDay);
    realized += day.end.realized;
    commissions += day.commissions;
    if (day.end.quantity === 0) continue;
    // Without any price the position counts as unchanged; the account's equity still tells what it lost.
    const mark = markOf(quoteOf(symbol)) ?? day.end.basis;
    open += day.end.quantity * (mark - day.end.basis);
  }
  const own = realized + open - commissions;
  const ofAccount = account === null ? own : account.summary.netLiquidation - session.equityAtStart;
  return { realized, open, commissions, profit: Math.min(own, ofAccount) };
}
