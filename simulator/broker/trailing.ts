import type { Quote } from "../market/tape.ts";
import type { OrderTerms } from "../protocol/place-order.ts";
import { type BrokerOrder, sideOf } from "./order.ts";

/**
 * A trailing order after a quote: its stop follows the last trade at its distance, towards the market only, and the
 * limit of a TRAIL LIMIT keeps its offset from the stop. The terms hold where they stand now, since that is what TWS
 * reports of such an order.
 */
export function followed(order: BrokerOrder, quote: Quote): BrokerOrder {
  const { terms, instrument } = order;
  const direction = sideOf(order) === "buy" ? 1 : -1;
  const distance =
    terms.trailingPercent === undefined ? (terms.auxPrice ?? 0) : (quote.last * terms.trailingPercent) / 100;
  const target = onTick(quote.last + direction * distance, instrument.minTick);
  const stands = terms.trailStopPrice;
  // A buy stop comes down with the market, a sell stop rises with it; neither ever goes back.
  const stop = stands === undefined ? target : direction > 0 ? Math.min(stands, target) : Math.max(stands, target);
  if (stop === stands) return order;
  const offset = terms.orderType === "TRAIL LIMIT" ? { limitPrice: limitAt(stop, order) } : {};
  return { ...order, terms: { ...terms, trailStopPrice: stop, ...offset } };
}

/** Terms of a modification, which leaves the stop where it stands unless it moves it itself. */
export function keepingStop(order: BrokerOrder, terms: OrderTerms): OrderTerms {
  return { ...terms, trailStopPrice: terms.trailStopPrice ?? order.terms.trailStopPrice };
}

/** The limit at a stop: by the offset that was given, or by the one between the first limit and the first stop. */
function limitAt(stop: number, { terms, instrument }: BrokerOrder): number | undefined {
  const { limitPriceOffset, limitPrice, trailStopPrice } = terms;
  if (limitPriceOffset !== undefined) {
    return onTick(terms.action === "BUY" ? stop + limitPriceOffset : stop - limitPriceOffset, instrument.minTick);
  }
  if (limitPrice === undefined || trailStopPrice === undefined) return limitPrice;
  return onTick(stop + (limitPrice - trailStopPrice), instrument.minTick);
}

const onTick = (price: number, minTick: number): number => Number((Math.round(price / minTick) * minTick).toFixed(8));
