import { clientOrderIdSchema, type OrderIntent } from "#libs/contracts/mod.ts";
import type { TestPlatform } from "../harness/platform.ts";
import type { OrderShape, Trade } from "./script.ts";

/** The intent of an entry of the script, around the symbol's price of the moment. */
export function entryIntent(platform: TestPlatform, step: Extract<Trade, { do: "order" }>, price: number): OrderIntent {
  const { clientOrderId, symbol, quantity, shape, group } = step;
  return platform.intent(clientOrderId, {
    symbol,
    quantity,
    side: "buy",
    holdOvernight: true,
    ...(group === null ? {} : { oneCancelsAllGroup: group }),
    ...termsOf(clientOrderId, shape, price),
  });
}

type Terms = Partial<Parameters<TestPlatform["intent"]>[1]>;

function termsOf(clientOrderId: string, shape: OrderShape, price: number): Terms {
  const protective = (suffix: string) => clientOrderIdSchema.parse(`${clientOrderId}-${suffix}`);
  switch (shape.kind) {
    case "market":
      return {};
    case "marketable-limit":
      return {
        order: { type: "limit", limitPrice: cents(price + shape.cents / 100) },
        timeInForce: shape.immediate ? "ioc" : "day",
      };
    case "resting-limit":
      return { order: { type: "limit", limitPrice: cents(price - shape.cents / 100) } };
    case "stop":
      return { order: { type: "stop", stopPrice: cents(price + shape.cents / 100) } };
    case "stop-limit": {
      const stopPrice = cents(price + shape.cents / 100);
      return { order: { type: "stop-limit", stopPrice, limitPrice: cents(stopPrice + shape.cents / 100) } };
    }
    case "trailing-stop":
      return {
        order: {
          type: "trailing-stop",
          trail: { by: "amount", amount: cents(shape.cents / 100) },
          initialStopPrice: null,
        },
      };
    case "bracket":
      return {
        bracket: {
          stopLoss: { clientOrderId: protective("stop"), stopPrice: cents(price - shape.stopCents / 100) },
          takeProfit: { clientOrderId: protective("target"), limitPrice: cents(price + shape.targetCents / 100) },
        },
      };
  }
}

export const cents = (price: number): number => Math.round(price * 100) / 100;
