import type { Book, OpenOrder } from "../state/book.ts";
import { leavesOf } from "../state/book.ts";
import { dayOf, symbolBook } from "../state/positions.ts";
import { addTransaction, countIfClosed, type DayTradeCount, type Transaction } from "./tally.ts";

/** Day trades an account under the old rule has in five business days before the broker refuses every new opening. */
export const DAY_TRADES_ALLOWED = 3;
/** USD of prior-day equity from which the old rule does not count (FINRA 4210(f)(8)(B)(iv)). */
export const UNCOUNTED_FROM_EQUITY = 25_000;

/** Day trades of the given trading days, all symbols, by both methods. */
export function dayTradesIn(book: Book, window: readonly string[]): DayTradeCount {
  let byOpening = 0;
  let byDirection = 0;
  const from = window[0] ?? "";
  const until = window.at(-1) ?? "";
  for (const entry of book.symbols.values()) {
    for (const day of entry.days) {
      if (day.tradingDay < from || day.tradingDay > until) continue;
      byOpening += day.tally.byOpening;
      byDirection += day.tally.byDirection;
    }
  }
  return { byOpening, byDirection };
}

/** The greater of both counts, and never less than the broker's own count implies. */
export const usedDayTrades = (book: Book, count: DayTradeCount): number =>
  Math.max(count.byOpening, count.byDirection) + (book.session?.unseenDayTrades ?? 0);

/**
 * The count as it would be if every open entry filled and everything opened today were closed today, but for what is
 * to be held overnight: what an entry reserves besides its own day trade.
 */
export function foreseenDayTrades(
  book: Book,
  openOrders: Iterable<OpenOrder>,
  made: DayTradeCount,
  today: string,
): DayTradeCount {
  const entries = new Map<string, Transaction[]>();
  for (const [symbol, entry] of book.symbols) {
    if (entry.days.at(-1)?.tradingDay === today) entries.set(symbol, []);
  }
  for (const order of openOrders) {
    const left = leavesOf(order);
    if (order.role !== "entry" || order.holdOvernight || left === 0) continue;
    const ofSymbol = entries.get(order.symbol) ?? [];
    entries.set(order.symbol, ofSymbol);
    // What has begun to fill is an opening already.
    if (order.executed === 0) ofSymbol.push({ key: order.clientOrderId, side: order.side, quantity: left });
  }
  let { byOpening, byDirection } = made;
  for (const [symbol, transactions] of entries) {
    const { tally } = dayOf(symbolBook(book, symbol), today);
    const foreseen = countIfClosed(transactions.reduce(addTransaction, tally), (key) => isHeldOvernight(book, key));
    byOpening += foreseen.byOpening - tally.byOpening;
    byDirection += foreseen.byDirection - tally.byDirection;
  }
  return { byOpening, byDirection };
}

function isHeldOvernight(book: Book, key: string): boolean {
  const decided = book.decisions.get(key);
  return decided?.outcome === "approved" && decided.holdOvernight;
}
