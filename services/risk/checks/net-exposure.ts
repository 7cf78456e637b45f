import { type Check, deny, pass } from "./check.ts";
import { usdWithin } from "./usd-within.ts";

export const netExposure: Check = {
  code: "NET_EXPOSURE",
  settings: ["MAX_NET_EXPOSURE_PCT"],
  meaning:
    "Long would exceed short, or short long, by more than this part of the account's equity if the order, every entry of its direction and every exit of the other direction filled.",
  exitsExempt: true,
  judge: ({ intent, worstPrice, exposure, view: { book, limits } }) => {
    const equity = book.account?.summary.netLiquidation;
    if (equity === undefined) return pass({ equity: null });
    const limit = limits.maxNetExposureFraction * equity;
    if (worstPrice === null || exposure.unpriced !== null) {
      return deny({ price: null, symbol: exposure.unpriced ?? intent.symbol, limit, unit: "USD" });
    }
    const net = intent.side === "buy" ? exposure.netLong : exposure.netShort;
    const order = intent.quantity * worstPrice;
    const total = order + net;
    return usdWithin(total, limit, { order, net, total, limit, unit: "USD" });
  },
};
