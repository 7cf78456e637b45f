import type { OrderType, Quote, Side } from "#libs/contracts/mod.ts";

/** An order without a price limit is reserved at this much worse than the quote: what it may fill at is not known. */
export const UNLIMITED_ORDER_SLACK = 0.01;
/** The same for an order that fills later in the day, at a price of then: on the close, or where a rising stop stands. */
export const LATER_ORDER_SLACK = 0.05;

/**
 * USD a share up to which a purchase would trade at once, and down to which a sale would: its limit, or any price. Null
 * for what does not rest in the market now: it waits for its trigger, or for the closing auction.
 */
export function reachOf(order: OrderType, side: Side): number | null {
  switch (order.type) {
    case "market":
      return side === "buy" ? Number.MAX_VALUE : 0;
    case "limit":
      return order.limitPrice;
    case "stop":
    case "stop-limit":
    case "trailing-stop":
    case "market-on-close":
    case "limit-on-close":
      return null;
  }
}

/** The price an entry names itself; null for one that takes the market's. */
export function entryPriceOf(order: OrderType): number | null {
  if ("limitPrice" in order) return order.limitPrice;
  if ("stopPrice" in order) return order.stopPrice;
  return "initialStopPrice" in order ? order.initialStopPrice : null;
}

/** What a share counts as worth now: the last trade, held between bid and ask; null when nothing is known. */
export function markOf(quote: Quote | undefined): number | null {
  if (quote === undefined) return null;
  const { bid, ask, last } = quote;
  if (bid !== null && ask !== null && bid <= ask) {
    return last === null ? (bid + ask) / 2 : Math.min(Math.max(last, bid), ask);
  }
  return last ?? bid ?? ask;
}

/**
 * USD a share that an order reserves: the most it may pay when it buys, and for a sale, which is a debt when it opens
 * a short, the highest price at which it may be owed. Null when neither the order nor the market names a price.
 */
export function worstPriceOf(order: OrderType, side: Side, quote: Quote | undefined): number | null {
  const mark = markOf(quote);
  const market = side === "buy" ? (quote?.ask ?? mark) : mark;
  switch (order.type) {
    case "market":
      return market === null ? null : market * (1 + UNLIMITED_ORDER_SLACK);
    case "market-on-close":
      return market === null ? null : market * (1 + LATER_ORDER_SLACK);
    case "stop":
      return Math.max(order.stopPrice, market ?? 0) * (1 + UNLIMITED_ORDER_SLACK);
    case "trailing-stop": {
      const begin = order.initialStopPrice ?? (market === null ? null : market + trailOf(order.trail, market));
      if (begin === null) return null;
      // A buy stop only ever comes down from where it begins; a sell stop rises with the market.
      if (side === "buy") return Math.max(begin, market ?? 0) * (1 + UNLIMITED_ORDER_SLACK);
      return Math.max(order.initialStopPrice ?? 0, market ?? 0) * (1 + LATER_ORDER_SLACK);
    }
    case "limit":
    case "limit-on-close":
    case "stop-limit":
      return side === "buy" ? order.limitPrice : Math.max(order.limitPrice, market ?? 0);
  }
}

/** USD that a trail keeps from the market. */
const trailOf = (trail: Extract<OrderType, { type: "trailing-stop" }>["trail"], market: number): number =>
  trail.by === "amount" ? trail.amount : (market * trail.percent) / 100;
