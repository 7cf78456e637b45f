import { type Check, verdict } from "./check.ts";

export const shortSale: Check = {
  code: "SHORT_SALE",
  settings: ["SHORT_SELLING"],
  meaning: "The sale would open or add to a short position, and short selling is not switched on.",
  exitsExempt: true,
  judge: ({ intent, purpose, view: { limits } }) =>
    verdict(intent.side === "sell" && !limits.shortSelling, { quantity: intent.quantity, held: purpose.held }),
};
