import { entryPriceOf, markOf } from "../evaluate/price.ts";
import { type Check, deny, pass, verdict } from "./check.ts";

export const bracketInvalid: Check = {
  code: "BRACKET_INVALID",
  settings: [],
  meaning:
    "The bracket does not protect: its stop is not on the losing side and its target on the winning side of the entry's price, or it hangs on an exit.",
  exitsExempt: false,
  judge: ({ intent, purpose, quote }) => {
    if (intent.bracket === null) return pass({ bracket: "none" });
    if (purpose.kind === "exit") return deny({ side: intent.side, held: purpose.held });
    const stop = intent.bracket.stopLoss.stopPrice;
    const target = intent.bracket.takeProfit.limitPrice;
    const { order } = intent;
    const entry = entryPriceOf(order) ?? markOf(quote);
    const [low, high] = intent.side === "buy" ? [stop, target] : [target, stop];
    const isAround = low < high && (entry === null || (low < entry && entry < high));
    return verdict(!isAround, { side: intent.side, entry, stopLoss: stop, takeProfit: target });
  },
};
