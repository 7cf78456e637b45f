import { type Check, deny, pass } from "./check.ts";
import { usdWithin } from "./usd-within.ts";

export const positionLimit: Check = {
  code: "POSITION_LIMIT",
  settings: ["MAX_POSITION_PCT"],
  meaning:
    "The symbol's position would be worth more than this part of the account's equity if the order and every entry that works or is reserved filled at its worst.",
  exitsExempt: true,
  judge: ({ intent, worstPrice, exposure: { own }, view: { book, limits } }) => {
    const equity = book.account?.summary.netLiquidation;
    if (equity === undefined) return pass({ equity: null });
    const limit = limits.maxPositionFraction * equity;
    if (worstPrice === null) return deny({ price: null, limit, unit: "USD" });
    const [held, working] = intent.side === "buy" ? [own.heldLong, own.workingBuys] : [own.heldShort, own.workingSells];
    const order = intent.quantity * worstPrice;
    const total = order + held + working;
    return usdWithin(total, limit, { order, held, working, total, limit, unit: "USD" });
  },
};
