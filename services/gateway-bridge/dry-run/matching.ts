import type { MarketPhase } from "#libs/time/mod.ts";
import type { Leg } from "../orders/legs.ts";

/** A quote with what traded since the one before. Only fresh quotes may be given to the engine. */
export interface EngineQuote {
  readonly symbol: string;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  /** The newest trade, however long ago. */
  readonly last: number | null;
  readonly trade: MarketView["trade"];
  /** Nothing trades while the exchange halts it. */
  readonly halted: boolean;
  /** Its prices are 15 to 20 minutes old: nothing is opened on it. */
  readonly delayed: boolean;
}

/** The market as a dry-run order meets it. */
export interface MarketView {
  readonly bid: number | null;
  readonly ask: number | null;
  /** Shares displayed and not yet taken by an earlier dry-run fill at this very quote. */
  readonly bidSize: number;
  readonly askSize: number;
  /** A trade since the last view; null when there was none. */
  readonly trade: { readonly price: number; readonly size: number } | null;
}

export interface Matchable extends Pick<Leg, "side" | "order" | "outsideRegularHours"> {
  /** Where its stop stands; null for none, and for a trailing stop that has not begun. */
  readonly stop: number | null;
  /** A stop whose price was reached. */
  readonly triggered: boolean;
  /** A limit that met a market it could not trade with, and waits in it. */
  readonly resting: boolean;
}

export interface Match {
  readonly quantity: number;
  readonly price: number;
  /** Whether it takes displayed size; else it is taken by a trade. */
  readonly takes: boolean;
}

/** Regular hours for every order; outside of them only limits that ask for it, as at the broker. */
export function mayTrade(order: Matchable, phase: MarketPhase): boolean {
  if (isOnClose(order)) return false;
  if (phase === "open") return true;
  if (phase === "closed") return false;
  return order.outsideRegularHours && limitOf(order) !== null;
}

/** Waits for the closing auction, and trades nowhere else. */
export const isOnClose = ({ order }: Pick<Leg, "order">): boolean =>
  order.type === "market-on-close" || order.type === "limit-on-close";

/** IBKR's default trigger for US stocks: the last trade is at the stop price, or beyond it. */
export function triggers(order: Matchable, last: number | null): boolean {
  if (order.stop === null || last === null || !isWaitingForStop(order)) return false;
  return order.side === "buy" ? last >= order.stop : last <= order.stop;
}

/**
 * What an order gets of the market: a market order crosses the spread, up to the displayed size; a limit that can
 * trade at once takes the better price, up to the displayed size; a resting limit is filled at its own price when
 * the quote comes to it, or by a trade at or through it, up to the trade's size (it is assumed to stand first in
 * the queue at its price, which is kind; and never to trade at a better price than its own, which is not).
 */
export function match(order: Matchable, leaves: number, market: MarketView): Match | null {
  if (leaves <= 0 || isWaitingForStop(order)) return null;
  const [price, size] = order.side === "buy" ? [market.ask, market.askSize] : [market.bid, market.bidSize];
  const limit = limitOf(order);
  if (limit === null)
    return price === null || size <= 0 ? null : { quantity: Math.min(leaves, size), price, takes: true };
  if (price !== null && size > 0 && isWithinLimit(order, price)) {
    return { quantity: Math.min(leaves, size), price: order.resting ? limit : price, takes: true };
  }
  const { trade } = market;
  if (order.resting && trade !== null && trade.size > 0 && isWithinLimit(order, trade.price)) {
    return { quantity: Math.min(leaves, trade.size), price: limit, takes: false };
  }
  return null;
}

/** Whether its limit, if it has one, allows this price. */
export function isWithinLimit(order: Pick<Leg, "side" | "order">, price: number): boolean {
  const limit = limitOf(order);
  if (limit === null) return true;
  return order.side === "buy" ? price <= limit : price >= limit;
}

/** A stop that is not triggered is not in the market. */
export const isWaitingForStop = ({ order, triggered }: Pick<Matchable, "order" | "triggered">): boolean =>
  !triggered && (order.type === "stop" || order.type === "stop-limit" || order.type === "trailing-stop");

function limitOf({ order }: Pick<Leg, "order">): number | null {
  return "limitPrice" in order ? order.limitPrice : null;
}
