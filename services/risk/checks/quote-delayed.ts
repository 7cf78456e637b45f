import { type Check, verdict } from "./check.ts";

export const quoteDelayed: Check = {
  code: "QUOTE_DELAYED",
  settings: [],
  meaning:
    "The broker gives delayed prices for the symbol (15 to 20 minutes old), because the account has no live subscription.",
  exitsExempt: true,
  // A quote that is missing is QUOTE_STALE's.
  judge: ({ quote }) => verdict(quote?.delayed === true, { delayed: quote?.delayed }),
};
