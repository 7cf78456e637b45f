import type { OrderIntent } from "#libs/contracts/mod.ts";
import { markOf } from "../evaluate/price.ts";
import { type Check, deny, pass } from "./check.ts";

/** Under one dollar a US stock trades in hundredths of a cent (SEC Rule 612). */
const TICK_FROM_ONE_DOLLAR = 0.01;
const TICK_BELOW_ONE_DOLLAR = 0.0001;

export const priceInvalid: Check = {
  code: "PRICE_INVALID",
  settings: [],
  meaning: "A price is not a multiple of the tick: 0.01 USD from one dollar on, 0.0001 USD below.",
  exitsExempt: false,
  judge: ({ intent, quote }) => {
    const { order } = intent;
    for (const [name, price] of Object.entries(pricesOf(intent))) {
      if (!isOnTick(price, tickOf(price))) return deny({ [name]: String(price), tick: tickOf(price) });
    }
    if (order.type !== "trailing-stop" || order.trail.by !== "amount") return pass();
    const { amount } = order.trail;
    // A distance has the tick of the prices it lies between.
    const tick = tickOf(order.initialStopPrice ?? markOf(quote) ?? amount);
    return isOnTick(amount, tick) ? pass() : deny({ trailAmount: String(amount), tick });
  },
};

function pricesOf({ order, bracket }: OrderIntent): Record<string, number> {
  return {
    ...("limitPrice" in order ? { limitPrice: order.limitPrice } : {}),
    ...("stopPrice" in order ? { stopPrice: order.stopPrice } : {}),
    ...("initialStopPrice" in order && order.initialStopPrice !== null
      ? { initialStopPrice: order.initialStopPrice }
      : {}),
    ...(bracket ? { stopLoss: bracket.stopLoss.stopPrice, takeProfit: bracket.takeProfit.limitPrice } : {}),
  };
}

const tickOf = (price: number): number => (price >= 1 ? TICK_FROM_ONE_DOLLAR : TICK_BELOW_ONE_DOLLAR);

// A price such as 100.07 is not exactly a multiple of 0.01 in binary: measured in ticks it is off by far less.
const isOnTick = (price: number, tick: number): boolean => {
  const ticks = price / tick;
  return Math.abs(ticks - Math.round(ticks)) < 1e-6;
};
