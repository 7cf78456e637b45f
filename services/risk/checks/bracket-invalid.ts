import type { OrderType, Side } from "#libs/contracts/mod.ts";
import { entryPriceOf, markOf } from "../evaluate/price.ts";
import { type Check, deny, pass, verdict } from "./check.ts";

export const bracketInvalid: Check = {
  code: "BRACKET_INVALID",
  settings: [],
  meaning:
    "The bracket does not protect: its stop is not on the losing side and its target on the winning side of the entry's price, its stop is not on the losing side of where the entry may fill at once, or it hangs on an exit.",
  exitsExempt: false,
  judge: ({ intent, purpose, quote }) => {
    if (intent.bracket === null) return pass({ bracket: "none" });
    if (purpose.kind === "exit") return deny({ side: intent.side, held: purpose.held });
    const stop = intent.bracket.stopLoss.stopPrice;
    const target = intent.bracket.takeProfit.limitPrice;
    const { order, side } = intent;
    const mark = markOf(quote);
    const entry = entryPriceOf(order) ?? mark;
    const [low, high] = side === "buy" ? [stop, target] : [target, stop];
    const isAround = low < high && (entry === null || (low < entry && entry < high));
    const fill = bestFillOf(order, side, mark) ?? entry;
    const isAtOnce = fill !== null && (side === "buy" ? stop >= fill : stop <= fill);
    return verdict(!isAround || isAtOnce, { side, entry, fill, stopLoss: stop, takeProfit: target });
  },
};

/** The best price at which a limit may fill: a stop that lies beyond it would go off as soon as it does. */
function bestFillOf(order: OrderType, side: Side, mark: number | null): number | null {
  if (order.type !== "limit" && order.type !== "stop-limit") return null;
  const from = order.type === "limit" ? (mark ?? order.limitPrice) : order.stopPrice;
  return side === "buy" ? Math.min(from, order.limitPrice) : Math.max(from, order.limitPrice);
}
