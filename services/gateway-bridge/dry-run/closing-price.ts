import { tradingDayOf } from "#libs/time/mod.ts";
import type { EngineQuote } from "./matching.ts";

interface Seen {
  readonly price: number;
  readonly marketMs: number;
  readonly halted: boolean;
  readonly delayed: boolean;
}

/**
 * What the closing auction of a symbol is taken to have traded at: the last trade before the close, or the middle of
 * the quote where no trade is known. The official price comes minutes later, and not by this data.
 */
export class ClosingPrices {
  readonly #seen = new Map<string, Seen>();

  /** Every fresh quote, before anything is made of it. */
  see(quote: EngineQuote, marketMs: number): void {
    const { symbol, last, bid, ask, halted, delayed } = quote;
    const price = last ?? (bid !== null && ask !== null ? (bid + ask) / 2 : this.#seen.get(symbol)?.price);
    if (price !== undefined) this.#seen.set(symbol, { price, marketMs, halted, delayed });
  }

  /** Null when nothing is known of that day, or the symbol was halted: then there was no auction to trade in. */
  at(symbol: string, closeMs: number): Pick<Seen, "price" | "delayed"> | null {
    const seen = this.#seen.get(symbol);
    if (seen === undefined || seen.halted || tradingDayOf(seen.marketMs) !== tradingDayOf(closeMs)) return null;
    return seen;
  }
}
