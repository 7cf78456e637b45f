import { type Check, verdict } from "./check.ts";

export const symbolNotAllowed: Check = {
  code: "SYMBOL_NOT_ALLOWED",
  settings: ["SYMBOL_ALLOW_LIST"],
  meaning: "There is a list of the only symbols that may be entered, and this one is not on it.",
  exitsExempt: true,
  judge: ({ intent: { symbol }, view: { limits } }) =>
    verdict(limits.allowedSymbols !== null && !limits.allowedSymbols.has(symbol), {
      symbol,
      allowed: limits.allowedSymbols === null ? "any" : limits.allowedSymbols.size,
    }),
};
