import { entryPriceOf, markOf } from "../evaluate/price.ts";
import { type Check, deny, pass } from "./check.ts";

export const bracketCollar: Check = {
  code: "BRACKET_COLLAR",
  settings: ["BRACKET_COLLAR_PCT"],
  meaning:
    "A fat finger in a bracket: its stop or its target lies further than this part from the entry's price, or from the market where the entry names none. A stop at a cent protects nothing.",
  exitsExempt: true,
  judge: ({ intent: { bracket, order }, quote, view: { limits } }) => {
    const collar = limits.bracketCollarFraction;
    if (bracket === null) return pass({ bracket: "none", collar });
    const entry = entryPriceOf(order) ?? markOf(quote);
    if (entry === null) return pass({ entry, collar });
    const legs = { stopLoss: bracket.stopLoss.stopPrice, takeProfit: bracket.takeProfit.limitPrice };
    const distanceOf = (price: number) => Math.abs(price - entry) / entry;
    const beyond = Object.entries(legs).filter(([, price]) => distanceOf(price) > collar + 1e-9);
    if (beyond.length === 0) return pass({ ...legs, entry, collar });
    const distance = Math.max(...beyond.map(([, price]) => distanceOf(price)));
    return deny({ ...Object.fromEntries(beyond), entry, distance, collar });
  },
};
