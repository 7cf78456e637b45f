import type { OrderIntent } from "#libs/contracts/mod.ts";
import { type Check, figures } from "./check.ts";

/** Under one dollar a US stock trades in hundredths of a cent (SEC Rule 612). */
const TICK_FROM_ONE_DOLLAR = 0.01;
const TICK_BELOW_ONE_DOLLAR = 0.0001;

export const priceInvalid: Check = {
  code: "PRICE_INVALID",
  settings: [],
  meaning: "A price is not a multiple of the tick: 0.01 USD from one dollar on, 0.0001 USD below.",
  exitsExempt: false,
  check: ({ intent }) => {
    const [wrong] = Object.entries(pricesOf(intent)).filter(([, price]) => !isOnTick(price));
    if (wrong === undefined) return null;
    const [name, price] = wrong;
    return `${name}=${price} ${figures({ tick: tickOf(price) })}`;
  },
};

function pricesOf({ order, bracket }: OrderIntent): Record<string, number> {
  return {
    ...("limitPrice" in order ? { limitPrice: order.limitPrice } : {}),
    ...("stopPrice" in order ? { stopPrice: order.stopPrice } : {}),
    ...(bracket ? { stopLoss: bracket.stopLoss.stopPrice, takeProfit: bracket.takeProfit.limitPrice } : {}),
  };
}

const tickOf = (price: number): number => (price >= 1 ? TICK_FROM_ONE_DOLLAR : TICK_BELOW_ONE_DOLLAR);

// A price such as 100.07 is not exactly a multiple of 0.01 in binary: measured in ticks it is off by far less.
const isOnTick = (price: number): boolean => {
  const ticks = price / tickOf(price);
  return Math.abs(ticks - Math.round(ticks)) < 1e-6;
};
