import type { ServiceSettings } from "#libs/config/mod.ts";
import type { Gameplan } from "#libs/contracts/mod.ts";

/** The configured limits of the risk service; each name carries its unit. */
export interface Limits {
  /** Parts of the equity at the session's start. */
  readonly maxDailyLossFraction: number;
  /** Parts of the equity at the session's start. */
  readonly maxDailyDrawdownFraction: number;
  /** Positions closed with a loss one after another; infinite where there is no limit. */
  readonly maxLossStreak: number;
  /** Parts of the account's present equity. */
  readonly maxPositionFraction: number;
  readonly maxConcentrationFraction: number;
  readonly maxGrossExposureFraction: number;
  readonly maxNetExposureFraction: number;
  readonly maxOpenOrderNotionalFraction: number;
  /** Parts of the broker's buying power. */
  readonly maxBuyingPowerUseFraction: number;
  readonly whatIfFromFraction: number;
  readonly maxOrderNotionalUsd: number;
  /** 0 where nothing is asked. */
  readonly minMarginEquityUsd: number;
  /** Shares. */
  readonly maxOrderQuantity: number;
  readonly minOrderQuantity: number;
  readonly lotSize: number;
  /** Parts of the reference price. */
  readonly priceCollarFraction: number;
  /** Parts of the entry's price. */
  readonly bracketCollarFraction: number;
  readonly maxOpenOrders: number;
  readonly maxOrdersPerMinute: number;
  readonly maxCancelsPerMinute: number;
  readonly maxRepeatedExecutions: number;
  readonly repeatedExecutionWindowMs: number;
  readonly maxOrderReversals: number;
  readonly orderLoopWindowMs: number;
  readonly maxCancelToFillRatio: number;
  readonly cancelToFillFrom: number;
  readonly dayTradeRegime: "auto" | "pattern-day-trader" | "intraday-margin" | "off";
  /** Parts of the account's present equity. */
  readonly intradayMarginCushionFraction: number;
  readonly maxQuoteAgeMs: number;
  readonly approvalTtlMs: number;
  /** Between the machine's clock and the gateway's; infinite where it is not watched. */
  readonly maxClockDriftMs: number;
  readonly maxAccountAgeMs: number;
  readonly maxIntentAgeMs: number;
  readonly duplicateWindowMs: number;
  readonly shortSelling: boolean;
  /** Null allows all. */
  readonly allowedSymbols: ReadonlySet<string> | null;
  readonly deniedSymbols: ReadonlySet<string>;
}

/** A clock that is off by what the operator is told of is a nuisance; by so many times as much, something is broken. */
const DRIFT_DENIES_AT_ALERTS = 5;

export function limitsFrom(settings: ServiceSettings<"risk">): Limits {
  return {
    maxDailyLossFraction: settings.maxDailyLossFraction,
    maxDailyDrawdownFraction: settings.maxDailyDrawdownFraction,
    maxLossStreak: settings.maxLossStreak === 0 ? Number.POSITIVE_INFINITY : settings.maxLossStreak,
    maxPositionFraction: settings.maxPositionFraction,
    maxConcentrationFraction: settings.maxConcentrationFraction,
    maxGrossExposureFraction: settings.maxGrossExposureFraction,
    maxNetExposureFraction: settings.maxNetExposureFraction,
    maxOpenOrderNotionalFraction: settings.maxOpenOrderNotionalFraction,
    maxBuyingPowerUseFraction: settings.maxBuyingPowerUseFraction,
    whatIfFromFraction: settings.whatIfFromFraction,
    maxOrderNotionalUsd: settings.maxOrderNotionalUsd,
    minMarginEquityUsd: settings.minMarginEquityUsd,
    maxOrderQuantity: settings.maxOrderQuantity,
    minOrderQuantity: settings.minOrderQuantity,
    lotSize: settings.lotSize,
    priceCollarFraction: settings.priceCollarFraction,
    bracketCollarFraction: settings.bracketCollarFraction,
    maxOpenOrders: settings.maxOpenOrders,
    maxOrdersPerMinute: settings.maxOrdersPerMinute,
    maxCancelsPerMinute: settings.maxCancelsPerMinute,
    maxRepeatedExecutions: settings.maxRepeatedExecutions,
    repeatedExecutionWindowMs: settings.repeatedExecutionWindowSeconds * 1000,
    maxOrderReversals: settings.maxOrderReversals,
    orderLoopWindowMs: settings.orderLoopWindowSeconds * 1000,
    maxCancelToFillRatio: settings.maxCancelToFillRatio,
    cancelToFillFrom: settings.cancelToFillFrom,
    dayTradeRegime: settings.pdtEnabled ? settings.dayTradeRegime : "off",
    intradayMarginCushionFraction: settings.intradayMarginCushionFraction,
    maxQuoteAgeMs: settings.maxQuoteAgeMs,
    approvalTtlMs: settings.approvalTtlMs,
    maxClockDriftMs:
      settings.clockDriftAlertMs === 0 ? Number.POSITIVE_INFINITY : settings.clockDriftAlertMs * DRIFT_DENIES_AT_ALERTS,
    maxAccountAgeMs: settings.maxAccountAgeMs,
    maxIntentAgeMs: settings.maxIntentAgeMs,
    duplicateWindowMs: settings.duplicateWindowMs,
    shortSelling: settings.shortSelling,
    allowedSymbols: settings.allowedSymbols.length === 0 ? null : new Set(settings.allowedSymbols),
    deniedSymbols: new Set(settings.deniedSymbols),
  };
}

type PlanLimits = Gameplan["limits"];
type NumericLimit = {
  [Name in keyof PlanLimits & keyof Limits]: Limits[Name] extends number ? Name : never;
}[keyof PlanLimits & keyof Limits];

/** Which way a number of the gameplan tightens the configured one of the same name. */
const TIGHTER: Readonly<Record<NumericLimit, "lower" | "higher">> = {
  maxDailyLossFraction: "lower",
  maxDailyDrawdownFraction: "lower",
  maxLossStreak: "lower",
  maxPositionFraction: "lower",
  maxConcentrationFraction: "lower",
  maxGrossExposureFraction: "lower",
  maxNetExposureFraction: "lower",
  maxOpenOrderNotionalFraction: "lower",
  maxBuyingPowerUseFraction: "lower",
  maxOrderNotionalUsd: "lower",
  minMarginEquityUsd: "higher",
  maxOrderQuantity: "lower",
  minOrderQuantity: "higher",
  priceCollarFraction: "lower",
  bracketCollarFraction: "lower",
  maxOpenOrders: "lower",
  maxOrdersPerMinute: "lower",
  maxCancelsPerMinute: "lower",
  maxRepeatedExecutions: "lower",
  maxOrderReversals: "lower",
  maxCancelToFillRatio: "lower",
  cancelToFillFrom: "lower",
  repeatedExecutionWindowMs: "higher",
  orderLoopWindowMs: "higher",
  maxQuoteAgeMs: "lower",
  maxAccountAgeMs: "lower",
  maxIntentAgeMs: "lower",
  duplicateWindowMs: "higher",
  intradayMarginCushionFraction: "higher",
};
const NUMERIC_LIMITS = Object.keys(TIGHTER) as readonly NumericLimit[];

/** The limits under a gameplan, which may tighten one and never loosen it (architecture section 8). */
export function tightened(limits: Limits, { limits: plan }: Pick<Gameplan, "limits">): Limits {
  const numbers = NUMERIC_LIMITS.map((name): [NumericLimit, number] => {
    const wanted = plan[name] ?? limits[name];
    return [name, isLooser(name, wanted, limits) ? limits[name] : wanted];
  });
  return {
    ...limits,
    ...Object.fromEntries(numbers),
    shortSelling: limits.shortSelling && plan.shortSelling !== false,
    allowedSymbols: bothAllow(limits.allowedSymbols, plan.allowedSymbols),
    deniedSymbols: new Set([...limits.deniedSymbols, ...(plan.deniedSymbols ?? [])]),
  };
}

/** What of a gameplan would loosen a configured limit, and so is not in force, each beside what is. */
export function loosenedBy(limits: Limits, { limits: plan }: Pick<Gameplan, "limits">): readonly string[] {
  const { allowedSymbols } = limits;
  const wider = allowedSymbols === null ? [] : (plan.allowedSymbols ?? []).filter((one) => !allowedSymbols.has(one));
  return [
    ...NUMERIC_LIMITS.flatMap((name) => {
      const wanted = plan[name] ?? limits[name];
      return isLooser(name, wanted, limits) ? [`${name} ${wanted} (in force: ${limits[name]})`] : [];
    }),
    ...(plan.shortSelling === true && !limits.shortSelling ? ["shortSelling true (in force: false)"] : []),
    ...(wider.length > 0
      ? [`allowedSymbols ${wider.join(", ")} (in force: ${[...(allowedSymbols ?? [])].join(", ")})`]
      : []),
  ];
}

const isLooser = (name: NumericLimit, wanted: number, limits: Limits): boolean =>
  TIGHTER[name] === "lower" ? wanted > limits[name] : wanted < limits[name];

function bothAllow(configured: ReadonlySet<string> | null, planned: readonly string[] | undefined) {
  if (planned === undefined) return configured;
  return new Set(configured === null ? planned : planned.filter((symbol) => configured.has(symbol)));
}
