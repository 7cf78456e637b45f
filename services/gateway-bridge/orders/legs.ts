import type { ClientOrderId, OrderIntent, OrderType, Side } from "#libs/contracts/mod.ts";

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
}

/**
 * The orders that an intent stands for, the entry first. The protective orders of a bracket are good till canceled:
 * they must outlive the day the entry was for (architecture section 5).
 */
export function legsOf(intent: OrderIntent): readonly [Leg, ...Leg[]] {
  const entry: Leg = {
    clientOrderId: intent.clientOrderId,
    parentClientOrderId: null,
    symbol: intent.symbol,
    side: intent.side,
    quantity: intent.quantity,
    order: intent.order,
    timeInForce: intent.timeInForce,
    outsideRegularHours: intent.outsideRegularHours,
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
  } as const;
  return [
    entry,
    { ...exit, clientOrderId: takeProfit.clientOrderId, order: { type: "limit", limitPrice: takeProfit.limitPrice } },
    { ...exit, clientOrderId: stopLoss.clientOrderId, order: { type: "stop", stopPrice: stopLoss.stopPrice } },
  ];
}
