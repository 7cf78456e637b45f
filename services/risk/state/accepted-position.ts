import type { AcceptedPosition } from "#libs/contracts/mod.ts";
import { exactShares } from "../day-trades/tally.ts";
import type { Book } from "./book.ts";
import { adopt, ownFigures, setEntry, symbolBook } from "./positions.ts";

/** The operator accepted what the broker holds: from here on our own figures say the same. */
export function applyAcceptedPosition(
  book: Book,
  { symbol, quantity, averageCost }: AcceptedPosition,
  messageId: string,
  tradingDay: string,
): void {
  if (book.acceptedPositions.has(messageId)) return;
  book.acceptedPositions.add(messageId);
  const missing = exactShares(quantity - ownFigures(symbolBook(book, symbol)).quantity);
  if (missing !== 0) adopt(book, symbol, missing, averageCost, tradingDay);
  setEntry(book, symbol, { ...symbolBook(book, symbol), explained: true, reported: quantity, behind: false });
}
