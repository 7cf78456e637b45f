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
  /** USD: the highest that the day's profit has been, to a part of the limit that is measured from it. */
  peakDayProfit: z.number().optional(),
  /** Limits that the operator disregards until this session day ends, by their deny code. */
  overridden: z.array(z.string()).optional(),
});
export type RiskState = z.infer<typeof riskStateSchema>;

export const limitUseSchema = z.object({
  name: z.string(),
  used: z.number(),
  limit: z.number(),
  unit: z.enum(["USD", "shares", "orders", "day-trades", "losses"]),
  /** The highest part of the limit that the operator was told of this session day; absent for what is never told. */
  told: z.number().nonnegative().optional(),
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

/**
 * The account is being brought to flat: what works is canceled, what is held is closed, until the broker agrees that
 * nothing is left. The newest is what counts; a risk service that starts goes on with one that is `running`.
 */
export const closeOutSchema = z.object({
  /** Names the closing orders: `<id>-<symbol>-<attempt>`. */
  id: z.string().regex(/^[a-z0-9-]{1,24}$/),
  /** `explained` leaves positions alone that our executions do not explain; `everything` was the operator's word. */
  scope: z.enum(["explained", "everything"]),
  /** `operator`, or the limit that tripped. */
  setBy: z.string(),
  reason: z.string().max(500),
  /** Market time, or machine time when no market clock was known. */
  since: timestampSchema,
  status: z.enum(["running", "flat", "given-up", "stopped"]),
  /** What it came to, in words for the operator; empty while it runs. */
  outcome: z.string().max(1000),
});
export type CloseOut = z.infer<typeof closeOutSchema>;

export const closeOutMessage = defineMessage({
  name: "close-out",
  prefix: "risk.close-out",
  params: [],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["risk"],
  subscribers: ["operator"],
  description: "The account is being brought to flat, or was",
  data: closeOutSchema,
});
