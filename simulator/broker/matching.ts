import type { Quote } from "../market/tape.ts";
import { type BrokerOrder, hasLimit, leavesQuantity, sideOf } from "./order.ts";
import { kindOf } from "./order-types.ts";
import type { Prints } from "./prints.ts";
import { isReached } from "./trigger-method.ts";

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
 * Whether an order's trigger is reached, by its method. A stop is elected at or beyond its price; what is to be touched
 * wakes on the other side, where the market is better than now.
 */
export function isTriggered(order: BrokerOrder, prints: Prints): boolean {
  const trigger = kindOf(order.terms.orderType)?.trigger;
  const price = trigger === "trail" ? order.terms.trailStopPrice : order.terms.auxPrice;
  if (price === undefined) return false;
  const isAbove = (sideOf(order) === "buy") === (trigger !== "touch");
  const { terms, instrument } = order;
  return isReached(terms.triggerMethod, instrument.secType, isAbove ? "up" : "down", price, prints);
}

/**
 * What an order gets in the closing auction: all it asks for, at the one price of the auction, which is taken to be
 * the day's last trade.
 */
export function fillAtClose(order: BrokerOrder, quote: Quote): Fill | undefined {
  const price = quote.last;
  if (!(price > 0) || (hasLimit(order) && !isWithinLimit(order, price))) return undefined;
  return { price, quantity: leavesQuantity(order) };
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
  if (limit === undefined || !isWithinLimit(order, price)) return undefined;
  return { price: order.isResting ? limit : price, quantity };
}

function isWithinLimit(order: BrokerOrder, price: number): boolean {
  const limit = order.terms.limitPrice;
  if (limit === undefined) return false;
  return sideOf(order) === "buy" ? price <= limit : price >= limit;
}
