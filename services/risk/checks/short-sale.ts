import { type Check, figures } from "./check.ts";

export const shortSale: Check = {
  code: "SHORT_SALE",
  settings: [],
  meaning:
    "The sale would open or add to a short position. Short selling is not enabled: it has rules of its own (locate, borrow, uptick) that no check here knows.",
  exitsExempt: true,
  check: ({ intent, purpose, view: { limits } }) =>
    intent.side === "sell" && !limits.shortSelling ? figures({ quantity: intent.quantity, held: purpose.held }) : null,
};
