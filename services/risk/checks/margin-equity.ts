import { worstWith } from "../evaluate/exposure.ts";
import { type Check, deny, pass, verdict } from "./check.ts";

/** To the cent: what is derived from prices is not exact in binary. */
const TOLERANCE_USD = 0.005;

export const marginEquity: Check = {
  code: "MARGIN_EQUITY",
  settings: ["MIN_MARGIN_EQUITY_USD"],
  meaning:
    "The account's equity is below what a margin account must have to borrow (FINRA 4210(b): 2,000 USD, under both day-trading rules), and the order borrows: it sells short, or all positions and entries at their worst would be worth more than the equity. What is paid for in full passes.",
  exitsExempt: true,
  judge: ({ intent, worstPrice, exposure, view: { book, limits } }) => {
    const equity = book.account?.summary.netLiquidation;
    const minimum = limits.minMarginEquityUsd;
    if (equity === undefined) return pass({ equity: null, minimum });
    if (equity >= minimum) return pass({ equity, minimum, unit: "USD" }, { left: equity - minimum, unit: "USD" });
    if (intent.side === "sell") return deny({ side: intent.side, equity, minimum, unit: "USD" });
    if (worstPrice === null || exposure.unpriced !== null) {
      return deny({ price: null, symbol: exposure.unpriced ?? intent.symbol, equity, minimum, unit: "USD" });
    }
    const total = worstWith(exposure.own, intent.side, intent.quantity * worstPrice) + exposure.grossOfOthers;
    return verdict(
      total > equity + TOLERANCE_USD,
      { total, equity, minimum, unit: "USD" },
      { left: equity - total, unit: "USD" },
    );
  },
};
