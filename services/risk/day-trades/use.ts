import type { Book, OpenOrder, SymbolBook, WorkingOrders } from "../state/book.ts";
import { leavesOf } from "../state/book.ts";
import { dayOf, symbolBook } from "../state/positions.ts";
import { workingOf } from "../state/working.ts";
import { addFilled, type DayTradeCount, type Filled, type Tally } from "./tally.ts";

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
      byOpening += day.tally.closedOpenings.size;
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
 *
 * @param reserved orders that the book does not hold yet, and the one that is judged
 */
export function foreseenDayTrades(
  book: Book,
  reserved: readonly OpenOrder[],
  made: DayTradeCount,
  today: string,
): DayTradeCount {
  let { byOpening, byDirection } = made;
  const add = (more: DayTradeCount): void => {
    byOpening += more.byOpening;
    byDirection += more.byDirection;
  };
  const bySymbol = Map.groupBy(reserved, ({ symbol }) => symbol);
  for (const [symbol, orders] of bySymbol) add(foreseenOf(book, symbolBook(book, symbol), symbol, today, orders));
  for (const [symbol, entry] of book.symbols) if (!bySymbol.has(symbol)) add(foreseenOf(book, entry, symbol, today));
  for (const symbol of book.working.keys()) {
    if (bySymbol.has(symbol) || book.symbols.has(symbol)) continue;
    add(foreseenOf(book, symbolBook(book, symbol), symbol, today));
  }
  return { byOpening, byDirection };
}

interface Foreseen {
  readonly entry: SymbolBook;
  readonly working: WorkingOrders;
  readonly today: string;
  /** The tally as it would be if every open entry filled. */
  readonly filled: Tally;
  /** Day trades beyond those made. */
  readonly more: DayTradeCount;
}

/**
 * Only a symbol that changed is counted again: its book and its orders are immutable and replaced when they change, so
 * the same two give the same count. Whether an order is held overnight is decided before it can be in either.
 */
const counted = new WeakMap<SymbolBook | WorkingOrders, Foreseen>();

const NO_MORE: DayTradeCount = { byOpening: 0, byDirection: 0 };

/** Day trades that one symbol would add to those made. */
function foreseenOf(
  book: Book,
  entry: SymbolBook,
  symbol: string,
  today: string,
  reserved: readonly OpenOrder[] = [],
): DayTradeCount {
  const working = workingOf(book, symbol);
  if (reserved.length === 0 && working.orders.length === 0 && entry.days.at(-1)?.tradingDay !== today) return NO_MORE;
  const key = working.orders.length > 0 ? working : entry;
  let known = counted.get(key);
  if (known?.entry !== entry || known.working !== working || known.today !== today) {
    const { tally } = dayOf(entry, today);
    const filled = openingsOf(working.orders).reduce(addFilled, tally);
    known = { entry, working, today, filled, more: beyond(book, tally, filled) };
    counted.set(key, known);
  }
  if (reserved.length === 0) return known.more;
  return beyond(book, dayOf(entry, today).tally, openingsOf(reserved).reduce(addFilled, known.filled));
}

/** Entries that are to be closed today; what has begun to fill is an opening already. */
const openingsOf = (orders: readonly OpenOrder[]): Filled[] =>
  orders
    .filter((order) => order.role === "entry" && !order.holdOvernight && order.executed === 0 && leavesOf(order) > 0)
    .map((order) => ({ key: order.clientOrderId, side: order.side, quantity: leavesOf(order) }));

function beyond(book: Book, made: Tally, filled: Tally): DayTradeCount {
  const closing = filled.openings.map(({ key }) => key).filter((key) => !isHeldOvernight(book, key));
  return {
    byOpening: filled.closedOpenings.union(new Set(closing)).size - made.closedOpenings.size,
    byDirection: filled.byDirection + (closing.length > 0 && filled.openedSinceClose ? 1 : 0) - made.byDirection,
  };
}

function isHeldOvernight(book: Book, key: string): boolean {
  const decided = book.decisions.get(key);
  return decided?.outcome === "approved" && decided.holdOvernight;
}
