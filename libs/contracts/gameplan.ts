import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { strategyNameSchema, symbolSchema } from "./values.ts";

const timeOfDaySchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a New York time of day such as 09:45");

/** The market data lines an account has as a rule. */
const SYMBOLS_MAX = 100;
/** An hour, the longest that risk looks back on the flow of orders. */
const LONGEST_WINDOW_MS = 3_600_000;

/** Who else asks for orders: a strategy of that name would pass checks that are meant for strategies. */
const RESERVED_NAMES: ReadonlySet<string> = new Set(["operator", "risk"]);

/**
 * The day's plan: which strategies, which symbols, what capital, from when to when. It can tighten a limit, never
 * loosen it. `tradingDay` is the New York date it is for, or `any` for a plan that holds every day.
 */
export const gameplanSchema = z.strictObject({
  $schema: z.string().optional(),
  tradingDay: z.union([z.literal("any"), z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "a date such as 2026-03-10, or any")]),
  strategies: z
    .array(
      z
        .strictObject({
          strategy: strategyNameSchema.refine((name) => !RESERVED_NAMES.has(name), {
            message: "operator and risk are not strategies",
          }),
          /** The file in the strategy library, without `.ts`; the strategy's own name when absent. */
          file: z
            .string()
            .regex(/^[a-z0-9][a-z0-9/-]*$/)
            .optional(),
          symbols: z.array(symbolSchema).min(1).max(50),
          /** USD this strategy may have in positions at a time. */
          capitalUsd: z.number().positive(),
          /** New York times of day between which it may open positions. */
          from: timeOfDaySchema,
          until: timeOfDaySchema,
          /** Parameters of the strategy, checked by its own schema. */
          parameters: z.record(z.string(), z.json()).default({}),
        })
        .refine((plan) => plan.from < plan.until, { message: "must be later than from", path: ["until"] }),
    )
    .min(1)
    .max(20)
    .refine((plans) => new Set(plans.map((plan) => plan.strategy)).size === plans.length, {
      message: "each strategy may stand in the plan once",
    })
    .refine((plans) => new Set(plans.flatMap((plan) => plan.symbols)).size <= SYMBOLS_MAX, {
      message: `at most ${SYMBOLS_MAX} different symbols in all: each takes one of the broker's market data lines`,
    }),
  /** Limits of this plan; each may only be tighter than the configured one. */
  limits: z
    .strictObject({
      maxDailyLossFraction: z.number().positive().max(1).optional(),
      maxPositionFraction: z.number().positive().max(1).optional(),
      maxOpenOrders: z.number().int().positive().optional(),
      maxDailyDrawdownFraction: z.number().positive().max(1).optional(),
      maxLossStreak: z.number().int().positive().optional(),
      maxOrderNotionalUsd: z.number().positive().optional(),
      /** Only a larger one tightens. */
      minMarginEquityUsd: z.number().nonnegative().optional(),
      maxOrderQuantity: z.number().int().positive().optional(),
      minOrderQuantity: z.number().int().positive().optional(),
      priceCollarFraction: z.number().positive().max(1).optional(),
      bracketCollarFraction: z.number().positive().max(5).optional(),
      maxGrossExposureFraction: z.number().positive().max(4).optional(),
      maxNetExposureFraction: z.number().positive().max(4).optional(),
      maxConcentrationFraction: z.number().positive().max(4).optional(),
      maxOpenOrderNotionalFraction: z.number().positive().max(4).optional(),
      maxBuyingPowerUseFraction: z.number().positive().max(1).optional(),
      maxOrdersPerMinute: z.number().int().positive().optional(),
      maxCancelsPerMinute: z.number().int().positive().optional(),
      maxRepeatedExecutions: z.number().int().positive().optional(),
      maxOrderReversals: z.number().int().positive().optional(),
      maxCancelToFillRatio: z.number().positive().optional(),
      cancelToFillFrom: z.number().int().positive().optional(),
      /** Machine time; a longer window counts more, so only a longer one tightens. */
      repeatedExecutionWindowMs: z.number().int().positive().max(LONGEST_WINDOW_MS).optional(),
      orderLoopWindowMs: z.number().int().positive().max(LONGEST_WINDOW_MS).optional(),
      /** Machine time. */
      maxQuoteAgeMs: z.number().int().positive().optional(),
      maxAccountAgeMs: z.number().int().positive().optional(),
      maxIntentAgeMs: z.number().int().positive().optional(),
      /** Machine time; only a longer one tightens. */
      duplicateWindowMs: z.number().int().positive().max(LONGEST_WINDOW_MS).optional(),
      /** A part of equity; only a larger one tightens. */
      intradayMarginCushionFraction: z.number().nonnegative().max(1).optional(),
      /** Only false tightens. */
      shortSelling: z.boolean().optional(),
      /** Symbols that may be entered; only those that the configured list allows too. */
      allowedSymbols: z.array(symbolSchema).min(1).max(SYMBOLS_MAX).optional(),
      /** Symbols that may not be entered, besides the configured ones. */
      deniedSymbols: z.array(symbolSchema).max(SYMBOLS_MAX).optional(),
    })
    .default({}),
});
export type Gameplan = z.infer<typeof gameplanSchema>;
export type StrategyPlan = Gameplan["strategies"][number];

export const planLimitsMessage = defineMessage({
  name: "plan limits",
  prefix: "risk.plan-limits",
  params: [],
  kind: "last-value",
  stream: "STATE",
  publishers: ["risk"],
  subscribers: ["operator"],
  description: "The limits of the newest gameplan that risk could read: they hold until it can read another",
  data: gameplanSchema.shape.limits,
});
