import type { OrderType, Quote, Side } from "#libs/contracts/mod.ts";

/** An order without a price limit is reserved at this much worse than the quote: what it may fill at is not known. */
export const UNLIMITED_ORDER_SLACK = 0.01;

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
    case "stop":
      return Math.max(order.stopPrice, market ?? 0) * (1 + UNLIMITED_ORDER_SLACK);
    case "limit":
    case "stop-limit":
      return side === "buy" ? order.limitPrice : Math.max(order.limitPrice, market ?? 0);
  }
}
