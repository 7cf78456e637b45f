import { z } from "zod";
import { orderIntentSchema } from "./orders.ts";
import { dayTradeRegimeSchema } from "./risk.ts";
import { defineMessage } from "./subject.ts";
import { priceSchema, sideSchema, symbolSchema, timestampSchema } from "./values.ts";

/** What one check of risk says of an order; `exempt` is what would deny an entry and lets this exit pass. */
export const assessedCheckSchema = z.object({
  code: z.string(),
  verdict: z.enum(["passes", "denies", "exempt"]),
  /** `key=value` pairs of the figures that were compared. */
  detail: z.string(),
  /** What the limit would leave after the order, below zero by as much as it is passed; null where nothing is counted. */
  room: z.object({ left: z.number(), unit: z.string() }).nullable(),
});
export type AssessedCheck = z.infer<typeof assessedCheckSchema>;

export const assessmentSchema = z.object({
  outcome: z.enum(["approved", "denied"]),
  /** Whether it can only bring a position closer to flat. */
  isExit: z.boolean(),
  checks: z.array(assessedCheckSchema).min(1),
});
export type Assessment = z.infer<typeof assessmentSchema>;

export const assessMessage = defineMessage({
  name: "hypothetical order",
  prefix: "risk.assess",
  params: [],
  kind: "request",
  publishers: ["operator"],
  subscribers: ["risk"],
  description: "What every check says of an order that nobody sends; nothing is reserved or written down",
  data: orderIntentSchema,
  reply: assessmentSchema,
});

/** The day trades of one security on one day, with the executions that made them. */
export const dayTradesOfSymbolSchema = z.object({
  tradingDay: z.string(),
  symbol: symbolSchema,
  /** By Interpretation /01: each opening that was closed the same day. */
  byOpening: z.number().int().nonnegative(),
  /** By Regulatory Notice 21-13: each change of direction. */
  byDirection: z.number().int().nonnegative(),
  /** Shares held when the day began: what closes them is no day trade. */
  heldOvernight: z.number(),
  executions: z.array(
    z.object({
      executedAt: timestampSchema,
      side: sideSchema,
      quantity: z.number().positive(),
      price: priceSchema,
      /** The order it belongs to: partial fills of one order are one transaction. */
      order: z.string(),
    }),
  ),
});

export const dayTradeReportSchema = z.object({
  regime: dayTradeRegimeSchema,
  reason: z.string(),
  /** Whether day trades are limited for this account now: the old rule, and less than its minimum equity. */
  limited: z.boolean(),
  /** USD at the prior day's close; null while no account is known. */
  priorDayEquity: z.number().nullable(),
  uncountedFromEquity: z.number(),
  allowed: z.number().int(),
  /** The greater of both counts and what the broker's own count implies, in five business days. */
  used: z.number().int().nonnegative(),
  /** Day trades that today may still bring: what was opened today, and the entries that work. An entry counts on top. */
  reserved: z.number().int().nonnegative(),
  /** Day trades the broker counts and our executions do not show. */
  unseen: z.number().int().nonnegative(),
  /** The next sessions, today's first; empty before the first account summary. */
  sessions: z.array(
    z.object({
      tradingDay: z.string(),
      /** Day trades left if none is made until then, by our ledger. */
      remaining: z.number().int().nonnegative(),
      /** The broker's tag for that session; -1 is unlimited, null is absent. */
      broker: z.number().int().nullable(),
    }),
  ),
  days: z.array(dayTradesOfSymbolSchema),
});
export type DayTradeReport = z.infer<typeof dayTradeReportSchema>;

export const dayTradesMessage = defineMessage({
  name: "day-trade report",
  prefix: "risk.day-trades",
  params: [],
  kind: "request",
  publishers: ["operator"],
  subscribers: ["risk"],
  description: "Which day-trading rule is in force and why, what is used, by which executions, and what is left",
  data: z.object({}),
  reply: dayTradeReportSchema,
});
