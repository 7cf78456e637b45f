import { type Check, verdict } from "./check.ts";

export const symbolHalted: Check = {
  code: "SYMBOL_HALTED",
  settings: [],
  meaning:
    "The exchange halts trading in the symbol (tick 49): an order would fill at the price it opens with again, which nobody knows.",
  exitsExempt: true,
  // Most quotes never say: a symbol that trades is not told to.
  judge: ({ intent: { symbol }, quote }) =>
    verdict(quote?.halted === true, { symbol, halted: quote?.halted ?? "never_told" }),
};
