import { type Check, figures } from "./check.ts";

export const quoteStale: Check = {
  code: "QUOTE_STALE",
  settings: ["MAX_QUOTE_AGE_MS"],
  meaning: "The symbol's quote is missing, one-sided, delayed by the broker, or older than the limit (machine time).",
  exitsExempt: true,
  check: ({ quote, now, view: { limits } }) => {
    if (quote === undefined) return figures({ ageMs: "unknown", maxAgeMs: limits.maxQuoteAgeMs });
    const ageMs = Math.round(now.monotonicMs - quote.receivedAtMonotonicMs);
    // Below zero: the quote is from before the machine's last boot.
    const isFresh = ageMs >= 0 && ageMs <= limits.maxQuoteAgeMs;
    if (isFresh && !quote.delayed && quote.bid !== null && quote.ask !== null) return null;
    return figures({ ageMs, maxAgeMs: limits.maxQuoteAgeMs, bid: quote.bid, ask: quote.ask, delayed: quote.delayed });
  },
};
