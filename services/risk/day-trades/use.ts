import type { Book, OpenOrder } from "../state/book.ts";
import { leavesOf } from "../state/book.ts";
import { type Line, linesOf } from "../state/lines.ts";
import type { SymbolDay } from "../state/symbol-day.ts";
import { type DayTradeCount, hasOpened, type Opening, type Tally } from "./tally.ts";

/** Day trades an account under the old rule has in five business days before the broker refuses every new opening. */
export const DAY_TRADES_ALLOWED = 3;
/** USD of prior-day equity from which the old rule does not count (FINRA 4210(f)(8)(B)(iv)). */
export const UNCOUNTED_FROM_EQUITY = 25_000;

/** Day trades of the given trading days, all symbols, by both methods. */
export function dayTradesIn(book: Book, window: readonly string[], lines = linesOf(book)): DayTradeCount {
  let byOpening = 0;
  let byDirection = 0;
  const from = window[0] ?? "";
  const until = window.at(-1) ?? "";
  for (const line of lines) {
    if (line.made?.from !== from || line.made.until !== until) line.made = madeIn(line, from, until);
    byOpening += line.made.byOpening;
    byDirection += line.made.byDirection;
  }
  return { byOpening, byDirection };
}

function madeIn({ entry }: Line, from: string, until: string): NonNullable<Line["made"]> {
  const days = entry.days.filter(({ tradingDay }) => tradingDay >= from && tradingDay <= until);
  return {
    from,
    until,
    byOpening: days.reduce((sum, { tally }) => sum + tally.closedOpenings.size, 0),
    byDirection: days.reduce((sum, { tally }) => sum + tally.byDirection, 0),
  };
}

/** The greater of both counts, and never less than the broker's own count implies. */
export const usedDayTrades = (book: Book, count: DayTradeCount): number =>
  Math.max(count.byOpening, count.byDirection) + (book.session?.unseenDayTrades ?? 0);

/**
 * The count as it would be at the worst if every order that works filled today, and everything that may be closed today
 * were: what entries reserve besides the day trades made.
 *
 * @param lines every symbol, with the orders that the book does not hold yet, and those that are judged
 */
export function foreseenDayTrades(
  book: Book,
  lines: readonly Line[],
  made: DayTradeCount,
  today: string,
): DayTradeCount {
  let { byOpening, byDirection } = made;
  for (const line of lines) {
    const { ifAllCloses } = moreOf(book, line, today);
    byOpening += ifAllCloses.byOpening;
    byDirection += ifAllCloses.byDirection;
  }
  return { byOpening, byDirection };
}

/**
 * The count as it would be at the worst if the exits that work, protective orders among them, fill today, and the entries
 * they close.
 *
 * @param lines as for {@link foreseenDayTrades}
 */
export function dayTradesByExits(
  book: Book,
  lines: readonly Line[],
  made: DayTradeCount,
  today: string,
): DayTradeCount {
  let { byOpening, byDirection } = made;
  for (const line of lines) {
    const { ifExitsFill } = moreOf(book, line, today);
    byOpening += ifExitsFill.byOpening;
    byDirection += ifExitsFill.byDirection;
  }
  return { byOpening, byDirection };
}

/** Whether an entry of a line is counted as a day trade that today may still bring, and would not be without it. */
export const addsDayTrade = (book: Book, line: Line, { clientOrderId }: OpenOrder, today: string): boolean =>
  moreOf(book, line, today).ifAllCloses !== NOTHING && !hasOpened(line.dayOf(today).tally, clientOrderId);

/** Day trades that one symbol may add to those made. */
interface More {
  readonly ifAllCloses: DayTradeCount;
  readonly ifExitsFill: DayTradeCount;
}

const NOTHING: DayTradeCount = { byOpening: 0, byDirection: 0 };
const NO_MORE: More = { ifAllCloses: NOTHING, ifExitsFill: NOTHING };

/** Counted once for each line: whether an order is held overnight is decided before it can be in one. */
function moreOf(book: Book, line: Line, today: string): More {
  if (line.ahead?.today !== today) {
    line.ahead = { today, ...moreIn(book, line.dayOf(today), line.working.orders) };
  }
  return line.ahead;
}

/**
 * Each order that has opened something today, or may, is one day trade when it is closed, in whatever order they fill and
 * close. Of a symbol in which all is to be held overnight and no exit works, nothing is closed; where anything is, what is
 * to be held overnight is closed before it, if it was opened before. What an entry filled may be told after the sale that
 * closed it: where one was told since it was approved, the two may be a day trade that nothing shows yet.
 */
function moreIn(book: Book, { tally, tradingDay }: SymbolDay, orders: readonly OpenOrder[]): More {
  const works = orders.filter((order) => leavesOf(order) > 0);
  const exits = exitsAmong(tally, works);
  const entries = works.filter((order) => !exits.includes(order));
  const opposed = entries.filter(({ opposedOn }) => opposedOn === tradingDay);
  const closedToday =
    exits.length > 0 ||
    opposed.length > 0 ||
    entries.some(({ holdOvernight }) => !holdOvernight) ||
    tally.openings.some(({ key }) => !isHeldOvernight(book, key));
  if (!closedToday) return NO_MORE;
  const fresh = entries.filter(({ clientOrderId }) => !hasOpened(tally, clientOrderId)).length;
  const turns = (tally.openedSinceClose ? 1 : 0) + fresh;
  return {
    ifAllCloses: { byOpening: newlyClosed(tally, tally.openings) + fresh, byDirection: turns },
    ifExitsFill: countIfSold(tally, { entries, opposed, exits }, turns),
  };
}

/**
 * Those that can only close: what is no entry, and an order of others against the position that does not turn it around.
 * Ours was approved as an entry and stays one: what it filled may not be told yet, and the position look like its opposite.
 */
function exitsAmong({ position }: Tally, works: readonly OpenOrder[]): readonly OpenOrder[] {
  const against = works.filter(({ side }) => position !== 0 && side === (position > 0 ? "sell" : "buy"));
  const turns = sharesOf(against) > Math.abs(position);
  return works.filter(
    (order) => order.role !== "entry" || (order.strategy === "unknown" && !turns && against.includes(order)),
  );
}

/**
 * What the exits may reach of today's openings, the oldest first, besides what those told reached already. What an entry
 * filled before those may not be told yet: as many of those that work as make the most of it come first, a share of each.
 */
function countIfSold(
  tally: Tally,
  { entries, opposed, exits }: Readonly<Record<"entries" | "opposed" | "exits", readonly OpenOrder[]>>,
  turns: number,
): DayTradeCount {
  const shares = sharesOf(exits);
  const surely = opposed.map((order): Opening => ({ key: order.clientOrderId, shares: leavesOf(order) }));
  let most = newlyClosed(tally, surely);
  if (shares === 0) return { byOpening: most, byDirection: most > 0 ? turns : 0 };
  const age = ({ key }: Opening): number => tally.openings.findLastIndex((opening) => opening.key === key);
  const untold = entries
    .map((order): Opening => ({ key: order.clientOrderId, shares: Math.min(1, leavesOf(order)) }))
    .filter(({ key }) => !tally.closedOpenings.has(key));
  // What opened nothing yet counts with its first share; of the rest the newest are those that exits would reach last.
  const first = [
    ...untold.filter((opening) => age(opening) < 0),
    ...untold.filter((opening) => age(opening) >= 0).toSorted((a, b) => age(b) - age(a)),
  ];
  for (let count = 0; count <= first.length; count += 1) {
    const reached = reachedOf([...first.slice(0, count), ...tally.openings], shares);
    most = Math.max(most, newlyClosed(tally, [...surely, ...reached]));
  }
  return { byOpening: most, byDirection: turns };
}

function reachedOf(openings: readonly Opening[], shares: number): readonly Opening[] {
  const reached: Opening[] = [];
  let left = shares;
  for (const opening of openings) {
    if (left <= 0) break;
    reached.push(opening);
    left -= opening.shares;
  }
  return reached;
}

const newlyClosed = ({ closedOpenings }: Tally, openings: readonly Opening[]): number =>
  openings.length === 0 ? 0 : new Set(openings.map(({ key }) => key)).difference(closedOpenings).size;

const sharesOf = (orders: readonly OpenOrder[]): number =>
  orders.reduce((shares, order) => shares + leavesOf(order), 0);

function isHeldOvernight(book: Book, key: string): boolean {
  const decided = book.decisions.get(key);
  return decided?.outcome === "approved" && decided.holdOvernight;
}
