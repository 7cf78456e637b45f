import { type Check, verdict } from "./check.ts";

export const symbolDenied: Check = {
  code: "SYMBOL_DENIED",
  settings: ["SYMBOL_DENY_LIST"],
  meaning: "The symbol is on the list of those that may never be entered.",
  exitsExempt: true,
  judge: ({ intent: { symbol }, view: { limits } }) =>
    verdict(limits.deniedSymbols.has(symbol), { symbol, denied: limits.deniedSymbols.size }),
};
