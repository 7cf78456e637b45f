import type { Quote } from "./tape.ts";

/** One row of a book: everything displayed at one price. */
export interface BookRow {
  readonly price: number;
  readonly size: number;
}

/**
 * A book around a quote: the quote itself, and behind it a row at every tick, a little larger the deeper it is. The
 * sizes follow from the price, so a row that stays where it is keeps its size.
 */
export function bookAround(quote: Quote, tick: number, rows: number): { bids: BookRow[]; asks: BookRow[] } {
  const perUnit = Math.round(1 / tick);
  const side = (best: number, size: number, direction: 1 | -1): BookRow[] => {
    const bestTicks = Math.round(best * perUnit);
    const depth = Array.from({ length: rows }, (_, row) => {
      const ticks = bestTicks + direction * row;
      return { price: ticks / perUnit, size: row === 0 ? size : Math.max(1, Math.round(size * (1 + (ticks % 5) / 4))) };
    });
    return depth.filter(({ price }) => price > 0);
  };
  return { bids: side(quote.bid, quote.bidSize, -1), asks: side(quote.ask, quote.askSize, 1) };
}
