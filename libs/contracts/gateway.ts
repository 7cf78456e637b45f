import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { sideSchema, symbolSchema, timestampSchema } from "./values.ts";

export const sessionStateSchema = z.enum([
  "disconnected",
  "connecting",
  "handshaking",
  "syncing",
  "ready",
  "degraded",
  "planned-restart",
  // The weekly log-out: nothing comes back until somebody logs in (tws.md 7.1).
  "awaiting-login",
  "halted",
]);
export type SessionState = z.infer<typeof sessionStateSchema>;

/** The session with IB Gateway (architecture section 6). */
export const gatewayStatusSchema = z.object({
  state: sessionStateSchema,
  /** Why it is in this state, in words for the operator. */
  reason: z.string(),
  /** True only when orders may be sent right now: ready, and not frozen before the planned restart. */
  acceptsOrders: z.boolean(),
  /** True from shortly before the planned restart until the session is ready again. */
  frozen: z.boolean(),
  attempt: z.number().int().nonnegative(),
  account: z.string().nullable(),
  serverVersion: z.number().int().nullable(),
  /** The last outage that ended: on the market clock and on the machine's. */
  lastOutage: z
    .object({ planned: z.boolean(), marketSeconds: z.number().nonnegative(), machineSeconds: z.number().nonnegative() })
    .nullable(),
  /**
   * Of a halt that a bridge which starts anew goes on with: when it began, epoch milliseconds of the machine's clock, the
   * only one that such a bridge has.
   */
  haltOutlivesBridgeSince: timestampSchema.exactOptional(),
  /**
   * Why it does: a login that failed may lock the account when it is tried again, and a read-only API would refuse the
   * next order as well. Beside `haltOutlivesBridgeSince`; absent there in old records, which are of a login.
   */
  haltOutlivesBridgeFor: z.enum(["login", "read-only"]).exactOptional(),
});
export type GatewayStatus = z.infer<typeof gatewayStatusSchema>;

/** One weekend's log-out of the gateway (tws.md 7.1): what the operator was told of it, and whether it is over. */
export const weeklyLogOutSchema = z.object({
  /** New York date of the Sunday on which the week's login ends. */
  sunday: z.iso.date(),
  told: z.enum(["nothing", "ahead", "waiting", "overdue"]),
  /** The gateway was seen to be back from it. */
  loggedIn: z.boolean(),
});
export type WeeklyLogOut = z.infer<typeof weeklyLogOutSchema>;

/** The broker's account figures, USD unless said otherwise; null where the broker does not give the tag. */
export const accountSummarySchema = z.object({
  account: z.string(),
  netLiquidation: z.number(),
  totalCash: z.number(),
  buyingPower: z.number(),
  excessLiquidity: z.number().nullable(),
  maintenanceMargin: z.number().nullable(),
  lookAheadExcessLiquidity: z.number().nullable(),
  previousDayEquity: z.number().nullable(),
  /** Tags `DayTradesRemaining`, `T+1` .. `T+4`; -1 is unlimited, null is absent. */
  dayTradesRemaining: z.array(z.number().int().nullable()).length(5),
  /** The broker's own profit and loss of the day, USD; absent or null where it gives none. */
  profit: z
    .object({ daily: z.number(), unrealized: z.number().nullable(), realized: z.number().nullable() })
    .nullable()
    .optional(),
  /** When the broker last gave figures, epoch milliseconds of the machine; absent in dry-run and in old records. */
  figuresAt: timestampSchema.optional(),
});
export type AccountSummary = z.infer<typeof accountSummarySchema>;

export const positionSchema = z.object({
  account: z.string(),
  symbol: symbolSchema,
  /** Shares; negative is short. */
  quantity: z.number(),
  /** USD a share, commissions in, as the broker counts it. */
  averageCost: z.number(),
  /** False when the broker holds what our own executions do not explain. */
  explained: z.boolean(),
  /**
   * Shares that our own executions, and what the operator accepted, did not add up to when this was recorded; negative
   * when the broker said fewer. Not 0 while `explained`: for a moment only. Absent in older ledgers.
   */
  difference: z.number().optional(),
});
export type Position = z.infer<typeof positionSchema>;

/** The operator's word that a difference between the broker's holding and our own executions is as it should be. */
export const acceptedPositionSchema = z.object({
  account: z.string(),
  symbol: symbolSchema,
  /** Shares the broker holds that our executions do not explain; negative when it holds fewer. From here on they do. */
  difference: z.number(),
  /** The whole holding at the broker when it was accepted, and what a share of it cost. */
  quantity: z.number(),
  averageCost: z.number(),
  reason: z.string().max(500),
});
export type AcceptedPosition = z.infer<typeof acceptedPositionSchema>;

/**
 * An open order at the broker that is none of this platform's open orders: placed by hand, by another program, or
 * one of ours that was over here. It counts in exposure and is left alone.
 */
export const foreignOrderSchema = z.object({
  /** The broker's own id of the order. */
  permId: z.number().int().positive(),
  /** The API client that placed it; 0 is TWS itself. Null where the gateway does not say. */
  clientId: z.number().int().nullable(),
  orderRef: z.string().max(200),
  symbol: symbolSchema,
  side: sideSchema,
  /** Shares that may still be traded; 0 once it is over. */
  leavesQuantity: z.number().nonnegative(),
  /** USD a share: its limit, else its stop; null for an order without a price. */
  price: z.number().nullable(),
  status: z.enum(["working", "over"]),
});
export type ForeignOrder = z.infer<typeof foreignOrderSchema>;

/** What may be asked of IBC, which keeps IB Gateway running. Never STOP: the start after it costs a second-factor login. */
export const ibcCommandSchema = z.enum(["RESTART", "RECONNECTDATA", "RECONNECTACCOUNT"]);
export type IbcCommand = z.infer<typeof ibcCommandSchema>;

/**
 * One command to IBC: written down before it is sent (`asked`), and again with what came of it. A bridge that is
 * killed in between has counted it all the same.
 */
export const ibcFactSchema = z.object({
  command: ibcCommandSchema,
  /** `bridge`: a wedged session that it restarts by itself. */
  requestedBy: z.enum(["operator", "bridge"]),
  outcome: z.enum(["asked", "done", "refused", "unanswered", "unreachable"]),
  /** Why it was asked, and what IBC answered, in words. */
  detail: z.string().max(1000),
  /** New York day of the command. */
  day: z.iso.date(),
  /** Restarts that the bridge asked for by itself on that day, this one included. */
  restartsByBridge: z.number().int().nonnegative(),
  /** When a restart was last asked for, by whomever, epoch milliseconds of the machine; null: never. */
  lastRestartAt: timestampSchema.nullable(),
});
export type IbcFact = z.infer<typeof ibcFactSchema>;

export const gatewayStatusMessage = defineMessage({
  name: "gateway status",
  prefix: "gateway.status",
  params: [],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "State of the session with IB Gateway",
  data: gatewayStatusSchema,
});

export const weeklyLogOutMessage = defineMessage({
  name: "weekly log-out",
  prefix: "gateway.weekly-log-out",
  params: [],
  kind: "last-value",
  stream: "STATE",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description:
    "What the operator was told of the weekend's log-out, so that a bridge that starts again repeats nothing",
  data: weeklyLogOutSchema,
});

export const orderIdsMessage = defineMessage({
  name: "order ids",
  prefix: "gateway.order-ids",
  params: [],
  kind: "last-value",
  stream: "STATE",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "Up to where order ids may have been used by what-if questions, so that none is ever given out again",
  data: z.object({ reservedUpTo: z.number().int().positive() }),
});

export const ibcMessage = defineMessage({
  name: "IBC command",
  prefix: "gateway.ibc",
  params: [],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "A command to IBC and what came of it; the newest holds the count of the day's automatic restarts",
  data: ibcFactSchema,
});

export const ibcLogMessage = defineMessage({
  name: "IBC log position",
  prefix: "gateway.ibc-log",
  params: [],
  kind: "last-value",
  stream: "STATE",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "How far IBC's log was read, so that a bridge that starts again neither repeats nor misses a line",
  data: z.object({
    /** The name of the file, without its folder. */
    file: z.string(),
    /** Tells this file from a later one of the same name: a hash of its first bytes, and how many they are. */
    head: z.object({ bytes: z.number().int().nonnegative(), sha256: z.string() }),
    /** Bytes read. */
    offset: z.number().int().nonnegative(),
  }),
});

export const accountSummaryMessage = defineMessage({
  name: "account summary",
  prefix: "account.summary",
  params: [],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "Account figures, on change and at least every 30 s while ready",
  data: accountSummarySchema,
});

export const positionMessage = defineMessage({
  name: "position",
  prefix: "account.position",
  params: ["symbol"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "Broker truth of one position",
  data: positionSchema,
});

export const acceptedPositionMessage = defineMessage({
  name: "accepted position",
  prefix: "account.accepted",
  params: ["symbol"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description:
    "The operator accepted a position that our executions do not explain: a split, a transfer, a trade by hand",
  data: acceptedPositionSchema,
});

export const foreignOrderMessage = defineMessage({
  name: "foreign order",
  prefix: "account.foreign-order",
  params: ["permId"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "An open order at the broker that is not this platform's: counted in exposure, never touched",
  data: foreignOrderSchema,
});

export const interestMessage = defineMessage({
  name: "market data interest",
  prefix: "strategy.interest",
  params: [],
  kind: "last-value",
  stream: "STATE",
  publishers: ["strategy"],
  subscribers: ["gateway-bridge", "operator"],
  description:
    "Symbols whose market data the strategies need; the bridge subscribes to their union with open positions",
  data: z.object({ symbols: z.array(symbolSchema).max(100), since: timestampSchema }),
});
