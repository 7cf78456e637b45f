import type { ClientOrderId, OrderIntent, OrderType, Side } from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";

/** One order at the broker: the entry of an intent, or a protective order of its bracket. */
export interface Leg {
  readonly clientOrderId: ClientOrderId;
  readonly parentClientOrderId: ClientOrderId | null;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: number;
  readonly order: OrderType;
  readonly timeInForce: OrderIntent["timeInForce"];
  readonly outsideRegularHours: boolean;
  /** The group at the venue whose orders cancel one another, as {@link groupAtVenue} names it; null for none. */
  readonly oneCancelsAllGroup: string | null;
}

/**
 * The orders that an intent stands for, the entry first. The protective orders of a bracket are good till canceled:
 * they must outlive the day the entry was for (architecture section 5).
 *
 * The group an intent names is its entry's. The exits of a bracket name none: the venue ties the children of one
 * parent by itself, a fill of one takes its size from the other, and both end with an entry that ends unfilled. A
 * group over them would let the first partial fill of the target cancel the stop that protects the rest.
 *
 * @param marketMs market time of the submission; null when only the orders' ids and terms are asked for.
 */
export function legsOf(intent: OrderIntent, marketMs: number | null = null): readonly [Leg, ...Leg[]] {
  const entry: Leg = {
    clientOrderId: intent.clientOrderId,
    parentClientOrderId: null,
    symbol: intent.symbol,
    side: intent.side,
    quantity: intent.quantity,
    order: intent.order,
    timeInForce: intent.timeInForce,
    outsideRegularHours: intent.outsideRegularHours,
    oneCancelsAllGroup: groupAtVenue(intent, marketMs),
  };
  if (intent.bracket === null) return [entry];
  const { stopLoss, takeProfit } = intent.bracket;
  const exit = {
    parentClientOrderId: intent.clientOrderId,
    symbol: intent.symbol,
    side: intent.side === "buy" ? "sell" : "buy",
    quantity: intent.quantity,
    timeInForce: "gtc",
    outsideRegularHours: intent.outsideRegularHours,
    oneCancelsAllGroup: null,
  } as const;
  return [
    entry,
    { ...exit, clientOrderId: takeProfit.clientOrderId, order: { type: "limit", limitPrice: takeProfit.limitPrice } },
    { ...exit, clientOrderId: stopLoss.clientOrderId, order: { type: "stop", stopPrice: stopLoss.stopPrice } },
  ];
}

/**
 * The broker knows groups by name alone, across strategies and days, and refuses an order of a group that traded
 * before: the day of the submission and the strategy make the name ours. None of the three can hold the colon that
 * parts them, so no two groups share a name. An order that is to join a group has to be submitted on the group's day.
 */
function groupAtVenue({ strategy, oneCancelsAllGroup }: OrderIntent, marketMs: number | null): string | null {
  if (oneCancelsAllGroup === undefined) return null;
  const day = marketMs === null ? "" : tradingDayOf(marketMs);
  return `${day}:${strategy}:${oneCancelsAllGroup}`;
}
