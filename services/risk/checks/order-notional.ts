import { type Check, deny } from "./check.ts";
import { usdWithin } from "./usd-within.ts";

export const orderNotional: Check = {
  code: "ORDER_NOTIONAL",
  settings: ["MAX_ORDER_NOTIONAL_USD"],
  meaning: "The order is worth more than one entry may be, if it fills at its worst.",
  exitsExempt: true,
  judge: ({ intent, worstPrice, view: { limits } }) => {
    const limit = limits.maxOrderNotionalUsd;
    if (worstPrice === null) return deny({ price: null, limit, unit: "USD" });
    const order = intent.quantity * worstPrice;
    return usdWithin(order, limit, { order, limit, unit: "USD" });
  },
};
