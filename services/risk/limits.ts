import type { ServiceSettings } from "#libs/config/mod.ts";
import type { Gameplan } from "#libs/contracts/mod.ts";

/** The configured limits of the risk service; each name carries its unit. */
export interface Limits {
  /** Parts of the equity at the session's start. */
  readonly maxDailyLossFraction: number;
  /** Parts of the account's present equity. */
  readonly maxPositionFraction: number;
  readonly maxOpenOrders: number;
  readonly dayTradeRegime: "auto" | "pattern-day-trader" | "intraday-margin" | "off";
  /** Parts of the account's present equity. */
  readonly intradayMarginCushionFraction: number;
  readonly maxQuoteAgeMs: number;
  readonly approvalTtlMs: number;
  readonly maxAccountAgeMs: number;
  readonly maxIntentAgeMs: number;
  readonly duplicateWindowMs: number;
  readonly shortSelling: boolean;
}

/** The bridge publishes the account at least every 30 s while ready; three missed are one too many. */
const MAX_ACCOUNT_AGE_MS = 90_000;
/** A strategy repeats a question for ten seconds and counts on it that an older one opens nothing (law 3). */
const MAX_INTENT_AGE_MS = 10_000;
/** Two like entries within this time are one entry sent twice. */
const DUPLICATE_WINDOW_MS = 2000;

export function limitsFrom(settings: ServiceSettings<"risk">): Limits {
  return {
    maxDailyLossFraction: settings.maxDailyLossFraction,
    maxPositionFraction: settings.maxPositionFraction,
    maxOpenOrders: settings.maxOpenOrders,
    dayTradeRegime: settings.pdtEnabled ? settings.dayTradeRegime : "off",
    intradayMarginCushionFraction: settings.intradayMarginCushionFraction,
    maxQuoteAgeMs: settings.maxQuoteAgeMs,
    approvalTtlMs: settings.approvalTtlMs,
    maxAccountAgeMs: MAX_ACCOUNT_AGE_MS,
    maxIntentAgeMs: MAX_INTENT_AGE_MS,
    duplicateWindowMs: DUPLICATE_WINDOW_MS,
    shortSelling: false,
  };
}

/** The limits under a gameplan, which may tighten one and never loosen it (architecture section 8). */
export function tightened(limits: Limits, plan: Gameplan): Limits {
  const { maxDailyLossFraction, maxPositionFraction, maxOpenOrders } = plan.limits;
  return {
    ...limits,
    maxDailyLossFraction: Math.min(limits.maxDailyLossFraction, maxDailyLossFraction ?? Number.POSITIVE_INFINITY),
    maxPositionFraction: Math.min(limits.maxPositionFraction, maxPositionFraction ?? Number.POSITIVE_INFINITY),
    maxOpenOrders: Math.min(limits.maxOpenOrders, maxOpenOrders ?? Number.POSITIVE_INFINITY),
  };
}

/** The limits of a gameplan that would loosen a configured one, and so are not in force. */
export function loosenedBy(limits: Limits, plan: Gameplan): readonly string[] {
  const names = ["maxDailyLossFraction", "maxPositionFraction", "maxOpenOrders"] as const;
  return names.filter((name) => (plan.limits[name] ?? 0) > limits[name]);
}
