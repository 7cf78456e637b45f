import type { Side } from "#libs/contracts/mod.ts";
import type { EngineQuote, MarketView } from "./matching.ts";

/** Displayed size taken at a quote; a new price or size is a new offer. */
interface Taken {
  price: number;
  size: number;
  taken: number;
}

/** Assumed when a quote has a price and no size. */
const UNKNOWN_SIZE = 100;

/** What dry-run fills took of the sizes on display, so that no share of an offer is had twice. */
export class DisplayedSize {
  readonly #taken = new Map<string, { bid: Taken; ask: Taken }>();

  /** The quote less what earlier fills took of it. */
  left(quote: EngineQuote): MarketView {
    let taken = this.#taken.get(quote.symbol);
    if (taken === undefined) {
      taken = { bid: { price: 0, size: 0, taken: 0 }, ask: { price: 0, size: 0, taken: 0 } };
      this.#taken.set(quote.symbol, taken);
    }
    return {
      bid: quote.bid,
      ask: quote.ask,
      bidSize: offered(taken.bid, quote.bid, quote.bidSize),
      askSize: offered(taken.ask, quote.ask, quote.askSize),
      trade: quote.trade,
    };
  }

  take(symbol: string, side: Side, quantity: number): void {
    const taken = this.#taken.get(symbol);
    if (taken !== undefined) (side === "buy" ? taken.ask : taken.bid).taken += quantity;
  }
}

/** What is left of an offer; another price or size is a new offer. */
function offered(taken: Taken, price: number | null, displayed: number | null): number {
  if (price === null) return 0;
  const size = displayed ?? UNKNOWN_SIZE;
  if (taken.price !== price || taken.size !== size) Object.assign(taken, { price, size, taken: 0 });
  return Math.max(0, size - taken.taken);
}
