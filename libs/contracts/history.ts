import { z } from "zod";
import { barIntervalSchema, barSchema } from "./market-data.ts";
import { defineMessage } from "./subject.ts";
import { priceSchema, symbolSchema, timestampSchema } from "./values.ts";

/** Completed bars before a moment, the oldest first. */
export const barsQuerySchema = z.object({
  symbol: symbolSchema,
  interval: barIntervalSchema,
  /** Bars that end at or before this market time; null means now. */
  until: timestampSchema.nullable(),
  count: z.number().int().min(1).max(2000),
  outsideRegularHours: z.boolean(),
});
export type BarsQuery = z.infer<typeof barsQuerySchema>;

/** Why a question to the broker has no answer, and when it is worth asking again. */
export const notAvailableSchema = z.object({
  outcome: z.literal("unavailable"),
  reason: z.string(),
  /** Machine milliseconds; null when asking again does not help. */
  retryAfterMs: z.number().nonnegative().nullable(),
});

export const barsReplySchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("answered"), bars: z.array(barSchema) }),
  notAvailableSchema,
]);
export type BarsReply = z.infer<typeof barsReplySchema>;

export const contractDetailsSchema = z.object({
  symbol: symbolSchema,
  /** The broker's contract id. */
  contractId: z.number().int().positive(),
  name: z.string(),
  primaryExchange: z.string(),
  currency: z.string(),
  /** Smallest price step, USD. */
  minimumTick: priceSchema,
  /** Smallest number of shares in an order. */
  minimumSize: z.number().positive(),
  /** The broker's words for the sessions of the next days, New York time. */
  tradingHours: z.string(),
  liquidHours: z.string(),
});
export type ContractDetails = z.infer<typeof contractDetailsSchema>;

export const contractReplySchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("answered"), contract: contractDetailsSchema }),
  notAvailableSchema,
]);
export type ContractReply = z.infer<typeof contractReplySchema>;

export const barsMessage = defineMessage({
  name: "historical bars",
  prefix: "history.bars",
  params: [],
  kind: "request",
  publishers: ["strategy", "risk", "operator"],
  subscribers: ["gateway-bridge"],
  description: "Completed bars from the broker's history, cached and paced by the bridge",
  data: barsQuerySchema,
  reply: barsReplySchema,
});

export const contractMessage = defineMessage({
  name: "contract lookup",
  prefix: "contract.lookup",
  params: [],
  kind: "request",
  publishers: ["strategy", "risk", "operator"],
  subscribers: ["gateway-bridge"],
  description: "What the broker knows of a symbol, cached by the bridge",
  data: z.object({ symbol: symbolSchema }),
  reply: contractReplySchema,
});
