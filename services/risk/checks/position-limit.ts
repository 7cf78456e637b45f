import { exposedQuantity, type Facts } from "../evaluate/facts.ts";
import { markOf } from "../evaluate/price.ts";
import { leavesOf } from "../state/book.ts";
import { type Check, figures } from "./check.ts";

export const positionLimit: Check = {
  code: "POSITION_LIMIT",
  settings: ["MAX_POSITION_PCT"],
  meaning:
    "The symbol's position would be worth more than this part of the account's equity if the order and every entry that works or is reserved filled at its worst.",
  exitsExempt: true,
  check: (facts) => {
    const { intent, view, worstPrice } = facts;
    const equity = view.book.account?.summary.netLiquidation;
    if (equity === undefined) return null;
    const limit = view.limits.maxPositionFraction * equity;
    if (worstPrice === null) return figures({ price: "unknown", limit, unit: "USD" });
    const { held, working } = exposureOf(facts);
    const order = intent.quantity * worstPrice;
    // To the cent: what is derived from prices is not exact in binary.
    return held + working + order > limit + 0.005
      ? figures({ order, held, working, total: held + working + order, limit, unit: "USD" })
      : null;
  },
};

/** USD held, and USD of the other entries that still may fill, on the intent's side. */
function exposureOf({ intent, view, quote, ofSymbol, worstPrice }: Facts): { held: number; working: number } {
  const quantity = exposedQuantity(view, intent.symbol);
  const signed = intent.side === "buy" ? quantity : -quantity;
  const mark = markOf(quote) ?? worstPrice ?? 0;
  let working = 0;
  for (const order of ofSymbol) {
    if (order.side === intent.side && order.role === "entry") working += leavesOf(order) * (order.worstPrice || mark);
  }
  return { held: Math.max(0, signed) * mark, working };
}
