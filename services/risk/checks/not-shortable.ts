import { type Check, pass, verdict } from "./check.ts";

export const notShortable: Check = {
  code: "NOT_SHORTABLE",
  settings: ["SHORT_SELLING"],
  meaning:
    "The sale would open or add to a short position, and the broker does not say that it has the shares to lend: Regulation SHO wants them located before the sale. Whether the uptick rule (Rule 201) is in force that day is not known here; the broker holds the order to it.",
  exitsExempt: true,
  judge: ({ intent, quote, view: { limits } }) => {
    if (intent.side === "buy" || !limits.shortSelling) return pass({ side: intent.side });
    return verdict(quote?.shortable !== "available", { symbol: intent.symbol, shortable: quote?.shortable });
  },
};
