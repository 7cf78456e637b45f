import type { MarketPhase } from "#libs/time/mod.ts";
import type { Leg } from "../orders/legs.ts";

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
  if (phase === "open") return true;
  if (phase === "closed") return false;
  return order.outsideRegularHours && limitOf(order) !== null;
}

/** IBKR's default trigger for US stocks: the last trade reaches the stop price. */
export function triggers(order: Matchable, trade: MarketView["trade"]): boolean {
  if (order.triggered || trade === null) return false;
  if (order.order.type !== "stop" && order.order.type !== "stop-limit") return false;
  return order.side === "buy" ? trade.price >= order.order.stopPrice : trade.price <= order.order.stopPrice;
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
  const reaches = (other: number) => (order.side === "buy" ? other <= limit : other >= limit);
  if (price !== null && size > 0 && reaches(price)) {
    return { quantity: Math.min(leaves, size), price: order.resting ? limit : price, takes: true };
  }
  if (order.resting && market.trade !== null && market.trade.size > 0 && reaches(market.trade.price)) {
    return { quantity: Math.min(leaves, market.trade.size), price: limit, takes: false };
  }
  return null;
}

const isWaitingForStop = ({ order, triggered }: Matchable): boolean =>
  !triggered && (order.type === "stop" || order.type === "stop-limit");

function limitOf({ order }: Matchable): number | null {
  return order.type === "limit" || order.type === "stop-limit" ? order.limitPrice : null;
}
