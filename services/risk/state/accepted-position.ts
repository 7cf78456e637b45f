import type { AcceptedPosition } from "#libs/contracts/mod.ts";
import { exactShares } from "../day-trades/tally.ts";
import type { Book } from "./book.ts";
import { dayOf, ownFigures, putDay, setEntry, symbolBook } from "./positions.ts";
import { recount } from "./symbol-day.ts";

/**
 * The operator accepted what the broker holds: from here on our own figures say the same. The shares that come (or go)
 * count as held since the day began, so that neither a split nor a transfer is a profit of the day: they are measured
 * from the same price as the shares that were there, and where there were none, from what they cost.
 */
export function applyAcceptedPosition(
  book: Book,
  { symbol, quantity, averageCost }: AcceptedPosition,
  messageId: string,
  tradingDay: string,
): void {
  if (book.acceptedPositions.has(messageId)) return;
  book.acceptedPositions.add(messageId);
  const missing = exactShares(quantity - ownFigures(symbolBook(book, symbol)).quantity);
  if (missing !== 0) {
    const { start, executions } = dayOf(symbolBook(book, symbol), tradingDay);
    const basis = start.quantity === 0 ? Math.abs(averageCost) : start.basis;
    const adopted = exactShares(start.adopted + missing);
    const begins = { quantity: exactShares(start.quantity + missing), basis, adopted };
    putDay(book, symbol, recount(tradingDay, begins, executions));
  }
  setEntry(book, symbol, { ...symbolBook(book, symbol), explained: true, reported: quantity });
}
