import { exactShares } from "../day-trades/tally.ts";
import type { Book, SymbolBook } from "./book.ts";
import { type Figures, recount, type SymbolDay, startDay } from "./symbol-day.ts";

const NOTHING: Figures = { quantity: 0, basis: 0, realized: 0 };
const UNKNOWN_SYMBOL: SymbolBook = {
  days: [],
  reported: null,
  behind: false,
  passed: [],
  doubt: null,
  explained: true,
};

export const symbolBook = (book: Book, symbol: string): SymbolBook => book.symbols.get(symbol) ?? UNKNOWN_SYMBOL;

/** What our executions say is held. */
export const ownFigures = (entry: SymbolBook): Figures => entry.days.at(-1)?.end ?? NOTHING;

/** Shares that may be counted on: what the broker says where our executions say otherwise. Negative is short. */
export const heldQuantity = (entry: SymbolBook): number => entry.reported ?? ownFigures(entry).quantity;

/** The day's record of a symbol; where nothing happened yet, one that begins with what the day before ended with. */
export function dayOf(entry: SymbolBook, tradingDay: string): SymbolDay {
  const last = entry.days.at(-1);
  if (last?.tradingDay === tradingDay) return last;
  const known = entry.days.find((day) => day.tradingDay === tradingDay);
  if (known) return known;
  const before = entry.days.findLast((day) => day.tradingDay < tradingDay)?.end ?? NOTHING;
  return startDay(tradingDay, { quantity: before.quantity, basis: before.basis, adopted: 0 });
}

/** Puts a day in its place, and counts the days after it again when it changed what they began with. */
export function putDay(book: Book, symbol: string, day: SymbolDay): void {
  const entry = symbolBook(book, symbol);
  const days = [...entry.days.filter((other) => other.tradingDay < day.tradingDay), day];
  for (const later of entry.days.filter((other) => other.tradingDay > day.tradingDay)) {
    const before = days.at(-1)?.end ?? NOTHING;
    const quantity = exactShares(before.quantity + later.start.adopted);
    days.push(
      quantity === later.start.quantity
        ? later
        : recount(later.tradingDay, { ...later.start, quantity }, later.executions),
    );
  }
  setEntry(book, symbol, { ...entry, days });
}

/**
 * Where executions and the broker's word agree, the broker's word is no longer needed. One that was ahead of them has told
 * all that they passed on the way to it; one that is late agrees by chance, and those after it are still to come. A doubt
 * outlasts it (see `late-word.ts`).
 */
export function setEntry(book: Book, symbol: string, entry: SymbolBook): void {
  const agree = entry.reported === ownFigures(entry).quantity;
  const passed = entry.behind || entry.doubt !== null ? entry.passed : [];
  book.symbols.set(symbol, agree ? { ...entry, reported: null, behind: false, passed } : entry);
}

/** Takes over what no execution of ours made: what was there before us, or was accepted by the operator. */
export function adopt(book: Book, symbol: string, shares: number, averageCost: number, tradingDay: string): void {
  putDay(book, symbol, withAdopted(dayOf(symbolBook(book, symbol), tradingDay), shares, averageCost));
}

/**
 * The day with shares counted as held since it began. So they are neither a profit of the day nor a day trade: they are
 * measured from the same price as the shares that were there, and where there were none, from what they cost.
 */
export function withAdopted(
  { tradingDay, start, executions }: SymbolDay,
  shares: number,
  averageCost: number,
): SymbolDay {
  const basis = start.quantity === 0 ? Math.abs(averageCost) : start.basis;
  const quantity = exactShares(start.quantity + shares);
  return recount(tradingDay, { quantity, basis, adopted: exactShares(start.adopted + shares) }, executions);
}
