import { markOf } from "../evaluate/price.ts";
import { type Check, figures } from "./check.ts";

export const bracketInvalid: Check = {
  code: "BRACKET_INVALID",
  settings: [],
  meaning:
    "The bracket does not protect: its stop is not on the losing side and its target on the winning side of the entry's price, or it hangs on an exit.",
  exitsExempt: false,
  check: ({ intent, purpose, quote }) => {
    if (intent.bracket === null) return null;
    if (purpose.kind === "exit") return figures({ side: intent.side, held: purpose.held });
    const stop = intent.bracket.stopLoss.stopPrice;
    const target = intent.bracket.takeProfit.limitPrice;
    const { order } = intent;
    const entry = "limitPrice" in order ? order.limitPrice : "stopPrice" in order ? order.stopPrice : markOf(quote);
    const [low, high] = intent.side === "buy" ? [stop, target] : [target, stop];
    const isAround = low < high && (entry === null || (low < entry && entry < high));
    return isAround ? null : figures({ side: intent.side, entry, stopLoss: stop, takeProfit: target });
  },
};
