import { type MarketPhase, tradingDayOf } from "#libs/time/mod.ts";
import { type EngineQuote, type Matchable, mayTrade } from "./matching.ts";

interface Seen {
  readonly price: number;
  /** When it was seen first; when it happened, no quote says. */
  readonly marketMs: number;
  readonly phase: MarketPhase;
  readonly delayed: boolean;
}

/**
 * The newest trade of each symbol, which is what stops are judged by. It goes on counting until the next one: a stop
 * that is placed beyond it is triggered at once.
 */
export class LastTrades {
  readonly #seen = new Map<string, Seen>();

  /** Every fresh quote, also of a symbol that is halted. */
  see(
    { symbol, trade, last, delayed }: EngineQuote,
    at: { readonly marketMs: number; readonly phase: MarketPhase },
  ): void {
    const price = trade?.price ?? last;
    if (price === null) return;
    if (trade === null && this.#seen.get(symbol)?.price === price) return;
    this.#seen.set(symbol, { price, delayed, ...at });
  }

  /** While no order works no trade is seen: what is known from before says nothing of when a price was traded. */
  forget(): void {
    this.#seen.clear();
  }

  /**
   * What an order's stop is judged by, USD; null when there is nothing. A trade in which the order could not have
   * taken part is none: one from before the open must not stop out who trades in regular hours only, and one that was
   * told with a delay says nothing of a market that is live by now.
   */
  of(order: Matchable, { symbol, delayed }: EngineQuote, nowMs: number): number | null {
    const seen = this.#seen.get(symbol);
    if (seen === undefined || !mayTrade(order, seen.phase) || (seen.delayed && !delayed)) return null;
    return tradingDayOf(seen.marketMs) === tradingDayOf(nowMs) ? seen.price : null;
  }
}
