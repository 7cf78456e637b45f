import type { Quote } from "../market/tape.ts";
import { type BrokerOrder, hasLimit, leavesQuantity, sideOf } from "./order.ts";

/** Displayed shares that nobody has taken yet since the quote came. */
export interface Liquidity {
  readonly bid: number;
  readonly ask: number;
}

export interface Fill {
  /** USD. */
  readonly price: number;
  readonly quantity: number;
}

/**
 * Whether a stop is elected: by the last trade at or beyond the stop price, IBKR's default method for US stocks.
 */
export function isStopElected(order: BrokerOrder, quote: Quote): boolean {
  const stopPrice = order.terms.auxPrice;
  if (stopPrice === undefined) return false;
  return sideOf(order) === "buy" ? quote.last >= stopPrice : quote.last <= stopPrice;
}

/**
 * What a working order gets from a quote, at most the displayed size.
 *
 * A market order, and a limit order that is marketable when it arrives, takes the other side's price. A limit order
 * that was resting is filled at its own limit once the other side's quote reaches it; there is no queue ahead of it.
 */
export function fillFrom(order: BrokerOrder, quote: Quote, liquidity: Liquidity): Fill | undefined {
  const side = sideOf(order);
  const price = side === "buy" ? quote.ask : quote.bid;
  const available = side === "buy" ? liquidity.ask : liquidity.bid;
  const quantity = Math.min(leavesQuantity(order), available);
  if (quantity <= 0 || !(price > 0)) return undefined;
  if (!hasLimit(order)) return { price, quantity };
  const limit = order.terms.limitPrice;
  if (limit === undefined) return undefined;
  const isMarketable = side === "buy" ? price <= limit : price >= limit;
  if (!isMarketable) return undefined;
  return { price: order.isResting ? limit : price, quantity };
}
