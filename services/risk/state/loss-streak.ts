import { exactShares } from "../day-trades/tally.ts";
import type { Book } from "./book.ts";
import { type SymbolDay, signedQuantity } from "./symbol-day.ts";

/** A position that came back to flat within the day: when, and what it made, commissions out. */
interface RoundTrip {
  /** Market time of the execution that closed it. */
  readonly closedAt: number;
  /** USD. */
  readonly result: number;
}

/**
 * Positions closed with a loss one after another, up to the newest closed one, all symbols of the session day. A
 * position counts when it is flat: a loss taken in three parts is one. Breaking even ends no streak and adds nothing.
 */
export function lossStreakOf(book: Book, tradingDay: string): number {
  const closed: RoundTrip[] = [];
  for (const { days } of book.symbols.values()) {
    const day = days.findLast((one) => one.tradingDay === tradingDay);
    if (day !== undefined) closed.push(...roundTripsOf(day));
  }
  closed.sort((a, b) => a.closedAt - b.closedAt);
  let losses = 0;
  for (const { result } of closed) {
    if (result < 0) losses += 1;
    else if (result > 0) losses = 0;
  }
  return losses;
}

function roundTripsOf({ start, executions }: SymbolDay): RoundTrip[] {
  const trips: RoundTrip[] = [];
  let { quantity } = start;
  let cash = -start.quantity * start.basis;
  for (const execution of executions) {
    const signed = signedQuantity(execution.side, execution.quantity);
    const after = exactShares(quantity + signed);
    const turns = after !== 0 && quantity !== 0 && Math.sign(after) !== Math.sign(quantity);
    cash -= signed * execution.price + execution.commission;
    if (after === 0 || turns) {
      // What goes beyond flat begins the next one, at this price.
      trips.push({ closedAt: execution.executedAt, result: toCents(cash + after * execution.price) });
      cash = -after * execution.price;
    }
    quantity = after;
  }
  return trips;
}

// A sum of prices is not exact in binary: what is less than a hundredth of a cent is nothing.
const toCents = (usd: number): number => Math.round(usd * 1e4) / 1e4;
