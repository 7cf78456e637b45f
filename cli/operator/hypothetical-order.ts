import { randomUUID } from "node:crypto";
import { type OrderIntent, orderIntentSchema, type Side } from "#libs/contracts/mod.ts";

export interface HypotheticalOptions {
  readonly strategy: string;
  readonly limit?: number;
  readonly stop?: number;
  readonly stopLoss?: number;
  readonly takeProfit?: number;
  readonly holdOvernight: boolean;
  readonly outsideHours: boolean;
}

/**
 * The order that `crucible risk check` asks about, under an id that no order has.
 *
 * @param fail called with the field and the fix when the parts make no order
 */
export function hypotheticalOrder(
  side: Side,
  quantity: number,
  symbol: string,
  { strategy, limit, stop, stopLoss, takeProfit, holdOvernight, outsideHours }: HypotheticalOptions,
  fail: (message: string) => never,
): OrderIntent {
  if ((stopLoss === undefined) !== (takeProfit === undefined)) {
    const missing = stopLoss === undefined ? "--stop-loss" : "--take-profit";
    fail(`error: ${missing}: missing; a bracket has a stop and a target`);
  }
  const clientOrderId = `check-${randomUUID()}`;
  const intent = orderIntentSchema.safeParse({
    clientOrderId,
    strategy,
    symbol,
    side,
    quantity,
    order: typeOf(limit, stop),
    timeInForce: "day",
    outsideRegularHours: outsideHours,
    holdOvernight,
    bracket:
      stopLoss === undefined
        ? null
        : {
            stopLoss: { clientOrderId: `${clientOrderId}-s`, stopPrice: stopLoss },
            takeProfit: { clientOrderId: `${clientOrderId}-t`, limitPrice: takeProfit },
          },
    reason: "what if",
  });
  if (intent.success) return intent.data;
  const [issue] = intent.error.issues;
  return fail(`error: ${issue?.path.join(".") || "the order"}: ${issue?.message}`);
}

function typeOf(limit: number | undefined, stop: number | undefined): OrderIntent["order"] {
  if (limit !== undefined && stop !== undefined) return { type: "stop-limit", stopPrice: stop, limitPrice: limit };
  if (limit !== undefined) return { type: "limit", limitPrice: limit };
  if (stop !== undefined) return { type: "stop", stopPrice: stop };
  return { type: "market" };
}
