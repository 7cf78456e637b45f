import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { clientOrderIdSchema, strategyNameSchema, symbolSchema, timestampSchema } from "./values.ts";

export const signalSchema = z.object({
  strategy: strategyNameSchema,
  symbol: symbolSchema,
  /** What it saw, e.g. `breakout-up`. */
  signal: z.string().min(1).max(60),
  /** Why, with the figures, in words for the operator. */
  reason: z.string().max(500),
  /** The order it asked for because of it; null when it asked for none. */
  clientOrderId: clientOrderIdSchema.nullable(),
});
export type Signal = z.infer<typeof signalSchema>;

export const strategyStatusSchema = z.enum(["waiting", "running", "failed", "finished"]);
export type StrategyStatus = z.infer<typeof strategyStatusSchema>;

/** A strategy's snapshot: enough to go on after a kill as if nothing had happened. */
export const strategyStateSchema = z.object({
  strategy: strategyNameSchema,
  status: strategyStatusSchema,
  /** Why it failed or waits; empty when it runs. */
  reason: z.string(),
  tradingDay: z.string().nullable(),
  /** The newest ledger sequence in `state`. */
  lastSequence: z.number().int().nonnegative(),
  savedAt: timestampSchema,
  state: z.json(),
});
export type StrategyState = z.infer<typeof strategyStateSchema>;

export const signalMessage = defineMessage({
  name: "strategy signal",
  prefix: "strategy.signal",
  params: ["strategy"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["strategy"],
  subscribers: ["operator"],
  description: "Why a strategy wants what it wants",
  data: signalSchema,
});

export const strategyStateMessage = defineMessage({
  name: "strategy state",
  prefix: "strategy.state",
  params: ["strategy"],
  kind: "last-value",
  stream: "STATE",
  publishers: ["strategy"],
  subscribers: ["operator"],
  description: "Snapshot of one strategy",
  data: strategyStateSchema,
});
