import { z } from "zod";
import { strategyNameSchema, symbolSchema } from "./values.ts";

const timeOfDaySchema = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a New York time of day such as 09:45");

/** The market data lines an account has as a rule. */
const SYMBOLS_MAX = 100;

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
          // The operator's own orders carry this name; a strategy with it would pass checks that are meant for strategies.
          strategy: strategyNameSchema.refine((name) => name !== "operator", { message: "operator is not a strategy" }),
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
    })
    .default({}),
});
export type Gameplan = z.infer<typeof gameplanSchema>;
export type StrategyPlan = Gameplan["strategies"][number];
