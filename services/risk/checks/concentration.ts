import { worstWith } from "../evaluate/exposure.ts";
import { type Check, deny, pass } from "./check.ts";
import { usdWithin } from "./usd-within.ts";

export const concentration: Check = {
  code: "CONCENTRATION",
  settings: ["MAX_CONCENTRATION_PCT"],
  meaning:
    "The three largest positions together would be worth more than this part of the account's equity if the order and every entry that works or is reserved filled at its worst.",
  exitsExempt: true,
  judge: ({ intent, worstPrice, exposure, view: { book, limits } }) => {
    const equity = book.account?.summary.netLiquidation;
    if (equity === undefined) return pass({ equity: null });
    const limit = limits.maxConcentrationFraction * equity;
    if (worstPrice === null || exposure.unpriced !== null) {
      return deny({ price: null, symbol: exposure.unpriced ?? intent.symbol, limit, unit: "USD" });
    }
    const symbol = worstWith(exposure.own, intent.side, intent.quantity * worstPrice);
    const [first, second, thirdLargest] = exposure.largestOthers;
    // An order in a symbol that is not among the largest adds nothing to them, and is not denied for them.
    if (symbol <= thirdLargest) return pass({ symbol, thirdLargest, limit, unit: "USD" });
    const others = first + second;
    const total = symbol + others;
    return usdWithin(total, limit, { symbol, others, total, limit, unit: "USD" });
  },
};
