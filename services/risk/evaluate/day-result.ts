import type { Book } from "../state/book.ts";
import { type Line, linesOf } from "../state/lines.ts";
import { type Figures, recount, type SymbolDay } from "../state/symbol-day.ts";
import { markOf } from "./price.ts";
import type { RiskView } from "./view.ts";

/** The session day so far, USD. */
export interface DayResult {
  readonly realized: number;
  readonly open: number;
  readonly commissions: number;
  /** Of the account since the session's start; null before its first summary. */
  readonly equityChange: number | null;
  /**
   * The worse of two figures: our own (realized and open, commissions out), and the change of the account's equity,
   * which also knows what our executions do not show.
   */
  readonly profit: number;
}

/** What the day has brought; null before the session day began. */
export function dayResult(
  { book, quoteOf }: Pick<RiskView, "book" | "quoteOf">,
  lines = linesOf(book),
): DayResult | null {
  const { session, account } = book;
  if (session === null) return null;
  let realized = 0;
  let open = 0;
  let commissions = 0;
  for (const line of lines) {
    const day = line.dayOf(session.tradingDay);
    const price = markOf(quoteOf(line.symbol));
    const end = isMeasured(line, day, book) ? day.end : endFrom(price, day);
    realized += end.realized;
    commissions += day.commissions;
    if (end.quantity === 0) continue;
    // Without any price the position counts as unchanged; the account's equity still tells what it lost.
    open += end.quantity * ((price ?? end.basis) - end.basis);
  }
  const own = realized + open - commissions;
  const equityChange = account === null ? null : account.summary.netLiquidation - session.equityAtStart;
  return { realized, open, commissions, equityChange, profit: Math.min(own, equityChange ?? own) };
}

/** Whether it is known what the day's profit of the symbol is measured from. */
function isMeasured(line: Line, day: SymbolDay, { recorded }: Book): boolean {
  if (day.start.quantity === 0) return true;
  if (line.measured?.day !== day || line.measured.recorded !== recorded) {
    const isOfDay = recorded?.tradingDay === day.tradingDay;
    line.measured = { day, recorded, isMeasured: isOfDay && recorded.openingPrices[line.symbol] !== undefined };
  }
  return line.measured.isMeasured;
}

/**
 * What is held over counts as unchanged until its opening price is on record. Its basis is still that of an earlier
 * day, and that day's loss would count a second time.
 */
function endFrom(price: number | null, day: SymbolDay): Figures {
  if (price === null) return day.end;
  return recount(day.tradingDay, { ...day.start, basis: price }, day.executions).end;
}
