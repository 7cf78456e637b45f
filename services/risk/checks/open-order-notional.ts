import { type Check, deny, pass } from "./check.ts";
import { usdWithin } from "./usd-within.ts";

export const openOrderNotional: Check = {
  code: "OPEN_ORDER_NOTIONAL",
  settings: ["MAX_OPEN_ORDER_NOTIONAL_PCT"],
  meaning:
    "The order and every entry that works or is reserved would together be worth more than this part of the account's equity.",
  exitsExempt: true,
  judge: ({ intent, worstPrice, exposure, view: { book, limits } }) => {
    const equity = book.account?.summary.netLiquidation;
    if (equity === undefined) return pass({ equity: null });
    const limit = limits.maxOpenOrderNotionalFraction * equity;
    if (worstPrice === null) return deny({ price: null, limit, unit: "USD" });
    const order = intent.quantity * worstPrice;
    const { openNotional: working } = exposure;
    const total = order + working;
    return usdWithin(total, limit, { order, working, total, limit, unit: "USD" });
  },
};
