import { type Check, deny, verdict } from "./check.ts";

export const quoteStale: Check = {
  code: "QUOTE_STALE",
  settings: ["MAX_QUOTE_AGE_MS"],
  meaning: "The symbol's quote is missing, one-sided, or older than the limit (machine time).",
  exitsExempt: true,
  judge: ({ quote, now, view: { limits } }) => {
    if (quote === undefined) return deny({ ageMs: null, maxAgeMs: limits.maxQuoteAgeMs });
    const ageMs = Math.round(now.monotonicMs - quote.receivedAtMonotonicMs);
    // Below zero: the quote is from before the machine's last boot.
    const isFresh = ageMs >= 0 && ageMs <= limits.maxQuoteAgeMs;
    const { bid, ask } = quote;
    const { maxQuoteAgeMs: maxAgeMs } = limits;
    return verdict(
      !isFresh || bid === null || ask === null,
      { ageMs, maxAgeMs, bid, ask },
      { left: maxAgeMs - ageMs, unit: "ms" },
    );
  },
};
