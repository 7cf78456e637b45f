import type { Quote } from "../market/tape.ts";
import type { Liquidity } from "./matching.ts";
import type { OrderSide } from "./order.ts";
import { type Prints, printsAfter } from "./prints.ts";

/** What an order meets: the quote, what nobody has taken of it yet, and what came before it. */
export interface SymbolMarket {
  readonly quote: Quote;
  readonly liquidity: Liquidity;
  readonly prints: Prints;
}

/** The quotes the broker has, by symbol, and what is halted. */
export class Markets {
  readonly #markets = new Map<string, SymbolMarket>();
  readonly #halted = new Set<string>();

  /** A new quote: its displayed size is fresh. */
  take(symbol: string, quote: Quote): void {
    const prints = printsAfter(this.#markets.get(symbol)?.prints, quote);
    this.#markets.set(symbol, { quote, liquidity: { bid: quote.bidSize, ask: quote.askSize }, prints });
  }

  quote(symbol: string): Quote | undefined {
    return this.#markets.get(symbol)?.quote;
  }

  /** Where orders trade; undefined while there is no quote, and in a halt. */
  open(symbol: string): SymbolMarket | undefined {
    return this.#halted.has(symbol) ? undefined : this.#markets.get(symbol);
  }

  /** Shares that an order took: nobody else gets them. */
  takeLiquidity(symbol: string, side: OrderSide, quantity: number): void {
    const market = this.#markets.get(symbol);
    if (market === undefined) return;
    const { bid, ask } = market.liquidity;
    const liquidity = side === "buy" ? { bid, ask: ask - quantity } : { bid: bid - quantity, ask };
    this.#markets.set(symbol, { ...market, liquidity });
  }

  halt(symbol: string): void {
    this.#halted.add(symbol);
  }

  resume(symbol: string): void {
    this.#halted.delete(symbol);
  }
}
