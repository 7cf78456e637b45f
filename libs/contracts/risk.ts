import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { priceSchema, symbolSchema, timestampSchema } from "./values.ts";

/** `active` trades, `reducing` lets only exits pass, `halted` lets nothing pass. */
export const tradingStateSchema = z.enum(["active", "reducing", "halted"]);
export type TradingState = z.infer<typeof tradingStateSchema>;

export const dayTradeRegimeSchema = z.enum(["pattern-day-trader", "intraday-margin", "off"]);
export type DayTradeRegime = z.infer<typeof dayTradeRegimeSchema>;

/** Recorded whenever the trading state, the session day or the regime changes; the newest is what counts. */
export const riskStateSchema = z.object({
  tradingState: tradingStateSchema,
  /** `operator`, or the limit that tripped. */
  setBy: z.string(),
  reason: z.string(),
  /** Market time, or machine time when no market clock was known. */
  since: timestampSchema,
  /** New York date of the session these figures belong to; null before the first. */
  tradingDay: z.string().nullable(),
  /** USD at the session's start: what the daily loss is measured against. */
  equityAtSessionStart: z.number().nullable(),
  dayTradeRegime: dayTradeRegimeSchema,
  dayTradeRegimeReason: z.string(),
  dayTradesUsed: z.number().int().nonnegative(),
  /** USD, realized and open, commissions in. */
  dayProfit: z.number(),
  /**
   * What a share of each position held over from the day before was worth when this session day began: the day's
   * profit of those shares is measured from here, and must not begin anew after a restart.
   */
  openingPrices: z.record(symbolSchema, priceSchema).optional(),
});
export type RiskState = z.infer<typeof riskStateSchema>;

export const limitUseSchema = z.object({
  name: z.string(),
  used: z.number(),
  limit: z.number(),
  unit: z.enum(["USD", "shares", "orders", "day-trades"]),
});
export type LimitUse = z.infer<typeof limitUseSchema>;

export const riskStateMessage = defineMessage({
  name: "risk state",
  prefix: "risk.state",
  params: [],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["risk"],
  subscribers: ["operator"],
  description: "Trading state and the figures of the session day",
  data: riskStateSchema,
});

export const limitUseMessage = defineMessage({
  name: "limit use",
  prefix: "risk.limit",
  params: ["name"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["risk"],
  subscribers: ["operator"],
  description: "How much of a limit is used, when that changes after an order or a fill",
  data: limitUseSchema,
});
