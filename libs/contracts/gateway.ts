import { z } from "zod";
import { defineMessage } from "./subject.ts";
import { symbolSchema, timestampSchema } from "./values.ts";

export const sessionStateSchema = z.enum([
  "disconnected",
  "connecting",
  "handshaking",
  "syncing",
  "ready",
  "degraded",
  "planned-restart",
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
});
export type GatewayStatus = z.infer<typeof gatewayStatusSchema>;

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
});
export type Position = z.infer<typeof positionSchema>;

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
