import type { Side } from "#libs/contracts/mod.ts";
import type { EngineQuote, MarketView } from "./matching.ts";

/** Assumed when a quote has a price and no size. */
const UNKNOWN_SIZE = 100;

/** What dry-run fills took of the sizes on display, so that no share of an offer is had twice. */
export class DisplayedSize {
  readonly #sides = new Map<string, { readonly bid: Offers; readonly ask: Offers }>();

  /** Every fresh quote, also while no order works: an offer that was taken is gone with the quote that passes it. */
  see({ symbol, bid, ask, bidSize, askSize }: EngineQuote): void {
    const sides = this.#sides.get(symbol);
    sides?.bid.left(bid, bidSize);
    sides?.ask.left(ask, askSize);
  }

  /** The quote less what earlier fills took of it. */
  left({ symbol, bid, ask, bidSize, askSize, trade }: EngineQuote): MarketView {
    const sides = this.#sidesOf(symbol);
    return { bid, ask, bidSize: sides.bid.left(bid, bidSize), askSize: sides.ask.left(ask, askSize), trade };
  }

  take(symbol: string, side: Side, quantity: number): void {
    const { bid, ask } = this.#sidesOf(symbol);
    (side === "buy" ? ask : bid).take(quantity);
  }

  #sidesOf(symbol: string): { readonly bid: Offers; readonly ask: Offers } {
    const known = this.#sides.get(symbol);
    if (known !== undefined) return known;
    const sides = {
      bid: new Offers((price, best) => price > best),
      ask: new Offers((price, best) => price < best),
    };
    this.#sides.set(symbol, sides);
    return sides;
  }
}

/**
 * One side of a symbol. The market does not know what dry-run took, and goes on showing it: at a price from which
 * something was taken only what is added to the size is new. An offer is gone, and one that comes back at its price is
 * new, once the quote is worse than it.
 */
class Offers {
  readonly #isBetter: (price: number, best: number) => boolean;
  /** Prices from which something was taken; as many as there were executions since they were last passed, at most. */
  readonly #taken = new Map<number, { size: number; left: number }>();
  #best: { readonly price: number; readonly size: number } | null = null;

  constructor(isBetter: (price: number, best: number) => boolean) {
    this.#isBetter = isBetter;
  }

  left(price: number | null, displayed: number | null): number {
    this.#best = price === null ? null : { price, size: displayed ?? UNKNOWN_SIZE };
    if (this.#best === null || price === null) return 0;
    for (const known of this.#taken.keys()) if (this.#isBetter(known, price)) this.#taken.delete(known);
    const { size } = this.#best;
    const offer = this.#taken.get(price);
    if (offer === undefined) return size;
    offer.left = Math.min(size, offer.left + Math.max(0, size - offer.size));
    offer.size = size;
    return offer.left;
  }

  /** Of the offer that was asked for last. */
  take(quantity: number): void {
    if (this.#best === null) return;
    const { price, size } = this.#best;
    const offer = this.#taken.get(price) ?? { size, left: size };
    offer.left -= quantity;
    this.#taken.set(price, offer);
  }
}
