import type { AccountSummary, Position } from "#libs/contracts/mod.ts";
import type { Calendar } from "#libs/time/mod.ts";
import { tagsInForce } from "../day-trades/regime.ts";
import { exactShares } from "../day-trades/tally.ts";
import { DAY_TRADES_ALLOWED, dayTradesIn } from "../day-trades/use.ts";
import type { Book } from "./book.ts";
import { heard } from "./late-word.ts";
import { adopt, ownFigures, setEntry, symbolBook } from "./positions.ts";
import { prune } from "./prune.ts";
import { KEPT_TRADING_DAYS, lastTradingDays, sessionDayOf } from "./trading-days.ts";

/** Length of the day-trade window, trading days. */
const WINDOW_TRADING_DAYS = 5;

/**
 * Takes the broker's account figures. The first of a New York trading day, by market time, begins the session day:
 * its equity is what the daily loss is measured against. A restart begins nothing, and a market clock that goes
 * backwards does not either.
 */
export function applySummary(
  book: Book,
  summary: AccountSummary,
  stamps: { readonly marketTime: number | null; readonly publishedAt: number },
  calendar: Calendar,
): void {
  // The broker counts anew a moment after each execution: what it counted before is not in figures that stayed the same.
  const before = book.account?.summary;
  if (before?.buyingPower !== summary.buyingPower || before.totalCash !== summary.totalCash) book.addedSinceAccount = 0;
  book.account = { summary, publishedAt: stamps.publishedAt };
  if (stamps.marketTime === null) return;
  const tradingDay = sessionDayOf(calendar, stamps.marketTime);
  if (book.session === null || tradingDay > book.session.tradingDay) {
    const window = lastTradingDays(calendar, tradingDay, WINDOW_TRADING_DAYS);
    book.session = {
      tradingDay,
      window,
      keptFrom: lastTradingDays(calendar, tradingDay, KEPT_TRADING_DAYS)[0] ?? tradingDay,
      equityAtStart: summary.netLiquidation,
      tags: summary.dayTradesRemaining,
      unseenDayTrades: unseenDayTrades(book, window, summary),
    };
    prune(book);
  } else if (tradingDay === book.session.tradingDay) {
    const unseen = unseenDayTrades(book, book.session.window, summary);
    // Until its servers were reset in the night the broker may count for the day before: what nothing could be traded
    // after is not kept.
    const mayHide = calendar.phaseAt(stamps.marketTime) !== "closed";
    book.session = {
      ...book.session,
      tags: tagsInForce(book.session.tags, summary.dayTradesRemaining),
      unseenDayTrades: mayHide ? Math.max(unseen, book.session.unseenDayTrades) : unseen,
    };
  }
}

/**
 * Day trades the broker counts and our executions do not show. It is never lowered while anything can be traded: the
 * broker's tag follows a day trade only minutes later, and until then would hide one that was made elsewhere.
 */
function unseenDayTrades(book: Book, window: readonly string[], summary: AccountSummary): number {
  const remaining = summary.dayTradesRemaining[0] ?? null;
  if (remaining === null || remaining < 0) return 0;
  const seen = dayTradesIn(book, window);
  return Math.max(0, DAY_TRADES_ALLOWED - remaining - Math.max(seen.byOpening, seen.byDirection));
}

/**
 * Takes the broker's word on a position. A holding of which we know no execution and have no order was there before us,
 * and is taken over as it is. A word with a difference of 0 is what the executions before it come to: where our figure is
 * another, it took over what it should not have, or gave back what it should have kept. Any other difference is kept beside
 * our own figures until they agree.
 *
 * @param at when it was told, epoch milliseconds of the machine
 */
export function applyPosition(book: Book, position: Position, tradingDay: string, at: number): void {
  const { symbol, quantity, averageCost, explained, difference } = position;
  const entry = symbolBook(book, symbol);
  const missing = exactShares(quantity - ownFigures(entry).quantity);
  const wasBeforeUs = entry.days.length === 0 && !book.working.has(symbol);
  const isAllOurs = difference === 0;
  if (missing !== 0 && (wasBeforeUs || isAllOurs)) adopt(book, symbol, missing, averageCost, tradingDay);
  const now = symbolBook(book, symbol);
  const own = ownFigures(now).quantity;
  setEntry(book, symbol, { ...now, explained, ...heard(now, quantity, own, at) });
}
