import { worstWith } from "../evaluate/exposure.ts";
import { type Check, deny, pass } from "./check.ts";
import { usdWithin } from "./usd-within.ts";

export const grossExposure: Check = {
  code: "GROSS_EXPOSURE",
  settings: ["MAX_GROSS_EXPOSURE_PCT"],
  meaning:
    "All positions, long and short, would be worth more than this part of the account's equity if the order and every entry that works or is reserved filled at its worst.",
  exitsExempt: true,
  judge: ({ intent, worstPrice, exposure, view: { book, limits } }) => {
    const equity = book.account?.summary.netLiquidation;
    if (equity === undefined) return pass({ equity: null });
    const limit = limits.maxGrossExposureFraction * equity;
    if (worstPrice === null || exposure.unpriced !== null) {
      return deny({ price: null, symbol: exposure.unpriced ?? intent.symbol, limit, unit: "USD" });
    }
    const order = intent.quantity * worstPrice;
    const symbol = worstWith(exposure.own, intent.side, order);
    const { grossOfOthers: others } = exposure;
    const total = symbol + others;
    return usdWithin(total, limit, { order, symbol, others, total, limit, unit: "USD" });
  },
};
