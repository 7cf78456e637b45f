import type { Quote } from "#libs/contracts/mod.ts";

/** More symbols than the bridge can subscribe to (100 market data lines); the least recently quoted is dropped. */
const SYMBOLS_MAX = 256;

/** The newest quote of each symbol, by the machine clock at which its newest tick was read from the gateway. */
export class QuoteBoard {
  readonly #quotes = new Map<string, Quote>();

  take(quote: Quote): void {
    const known = this.#quotes.get(quote.symbol);
    if (known === undefined && this.#quotes.size >= SYMBOLS_MAX) {
      const oldest = this.#quotes.keys().next();
      if (!oldest.done) this.#quotes.delete(oldest.value);
    }
    this.#quotes.set(quote.symbol, quote);
  }

  /** Takes a stored quote, unless a newer one is here. */
  takeStored(quote: Quote): void {
    if (!this.#quotes.has(quote.symbol)) this.take(quote);
  }

  of(symbol: string): Quote | undefined {
    return this.#quotes.get(symbol);
  }
}
