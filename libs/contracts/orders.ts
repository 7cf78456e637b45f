import { z } from "zod";
import { refuseConflicts } from "./order-terms.ts";
import { defineMessage } from "./subject.ts";
import {
  clientOrderIdSchema,
  priceSchema,
  quantitySchema,
  sideSchema,
  strategyNameSchema,
  symbolSchema,
  timestampSchema,
} from "./values.ts";

export const orderTypeSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("market") }),
  z.object({ type: z.literal("limit"), limitPrice: priceSchema }),
  z.object({ type: z.literal("stop"), stopPrice: priceSchema }),
  z.object({ type: z.literal("stop-limit"), stopPrice: priceSchema, limitPrice: priceSchema }),
  z.object({
    type: z.literal("trailing-stop"),
    /** How far the stop follows behind the best price since it began: USD a share, or per cent of that price. */
    trail: z.discriminatedUnion("by", [
      z.object({ by: z.literal("amount"), amount: priceSchema }),
      z.object({ by: z.literal("percent"), percent: z.number().positive().lt(100) }),
    ]),
    /** Where the stop begins; null lets it begin at the trail's distance from the market. */
    initialStopPrice: priceSchema.nullable(),
  }),
  z.object({ type: z.literal("market-on-close") }),
  z.object({ type: z.literal("limit-on-close"), limitPrice: priceSchema }),
]);
export type OrderType = z.infer<typeof orderTypeSchema>;

/** Protective orders that are approved and sent with the entry as one group; one cancels the other. */
export const bracketSchema = z.object({
  stopLoss: z.object({ clientOrderId: clientOrderIdSchema, stopPrice: priceSchema }),
  takeProfit: z.object({ clientOrderId: clientOrderIdSchema, limitPrice: priceSchema }),
});

export const orderIntentSchema = z
  .object({
    clientOrderId: clientOrderIdSchema,
    /** The strategy that asks, or `operator`. */
    strategy: strategyNameSchema,
    symbol: symbolSchema,
    side: sideSchema,
    quantity: quantitySchema,
    order: orderTypeSchema,
    timeInForce: z.enum(["day", "gtc", "ioc"]),
    outsideRegularHours: z.boolean(),
    /** The plan says the position is kept overnight, so its exit today need not be possible (risk-rules 2.4). */
    holdOvernight: z.boolean(),
    bracket: bracketSchema.nullable(),
    /**
     * Orders that name the same group on the same day cancel one another: a fill of one, also a partial one, cancels
     * the rest. Groups of other strategies and days with this name are others. What protects a position is a bracket.
     */
    oneCancelsAllGroup: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/, "a group is 1 to 40 of A-Z a-z 0-9 _ -")
      .optional(),
    /** Why, in words for the operator. */
    reason: z.string().max(500),
  })
  .refine(
    (intent) =>
      intent.bracket === null ||
      new Set([intent.clientOrderId, intent.bracket.stopLoss.clientOrderId, intent.bracket.takeProfit.clientOrderId])
        .size === 3,
    { message: "the three orders of a bracket need three different clientOrderIds", path: ["bracket"] },
  )
  .superRefine(refuseConflicts);
export type OrderIntent = z.infer<typeof orderIntentSchema>;

export const denyReasonSchema = z.object({
  /** One code per check, e.g. `POSITION_LIMIT`. */
  code: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
  /** `key=value` pairs of the figures that were compared. */
  detail: z.string(),
});
export type DenyReason = z.infer<typeof denyReasonSchema>;

/**
 * An approval is the write-ahead record of an order. It is valid only while
 * `approvedAtMonotonicMs <= now < expiresAtMonotonicMs` on the machine's monotonic clock **and** the machine's wall
 * clock is before `expiresAt`: the first guards against a slow machine whatever the wall clock does, the second
 * against a reboot, which sets the monotonic clock back.
 */
export const approvalSchema = z.object({
  intent: orderIntentSchema,
  approvedAtMonotonicMs: z.number(),
  expiresAtMonotonicMs: z.number(),
  expiresAt: timestampSchema,
  /** True when the order can only bring the position closer to flat. */
  reducesRisk: z.boolean(),
  reserved: z.object({
    /** USD at risk of being bought or sold short if it fills at its worst. */
    notional: z.number().nonnegative(),
    dayTrade: z.boolean(),
  }),
});
export type Approval = z.infer<typeof approvalSchema>;

export const denialSchema = z.object({ intent: orderIntentSchema, reasons: z.array(denyReasonSchema).min(1) });
export type Denial = z.infer<typeof denialSchema>;

export const decisionSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("approved"), clientOrderId: clientOrderIdSchema, expiresAt: timestampSchema }),
  z.object({
    outcome: z.literal("denied"),
    clientOrderId: clientOrderIdSchema,
    reasons: z.array(denyReasonSchema).min(1),
  }),
]);
export type Decision = z.infer<typeof decisionSchema>;

export const orderStatusSchema = z.enum([
  "submitted",
  "accepted",
  "partially-filled",
  "filled",
  "canceled",
  "rejected",
  "expired",
  "unknown",
  "not-sent",
]);
export type OrderStatus = z.infer<typeof orderStatusSchema>;

/** States after which nothing more happens to an order. */
export const TERMINAL_ORDER_STATUSES: ReadonlySet<OrderStatus> = new Set([
  "filled",
  "canceled",
  "rejected",
  "expired",
  "not-sent",
]);

export const orderEventSchema = z.object({
  clientOrderId: clientOrderIdSchema,
  /** The entry whose bracket this order belongs to. */
  parentClientOrderId: clientOrderIdSchema.nullable(),
  symbol: symbolSchema,
  side: sideSchema,
  status: orderStatusSchema,
  /** The broker's id for this session; null when it never got one. */
  orderId: z.number().int().nullable(),
  /** The broker's stable id. */
  permId: z.number().int().nullable(),
  filledQuantity: z.number().nonnegative(),
  leavesQuantity: z.number().nonnegative(),
  averagePrice: priceSchema.nullable(),
  /** Why, where there is a reason to give: a broker code, an expiry, a cancel request. */
  reason: z.string().nullable(),
});
export type OrderEvent = z.infer<typeof orderEventSchema>;

export const cancelRequestSchema = z.object({ clientOrderId: clientOrderIdSchema, reason: z.string().max(500) });

/** What came of a request: done or not, and why in words for the operator. */
export const outcomeSchema = z.object({ ok: z.boolean(), message: z.string() });
export type Outcome = z.infer<typeof outcomeSchema>;

export const intentMessage = defineMessage({
  name: "order intent",
  prefix: "orders.intent",
  params: [],
  kind: "request",
  publishers: ["strategy", "operator"],
  subscribers: ["risk"],
  description: "An order intent; the reply is the decision",
  data: orderIntentSchema,
  reply: decisionSchema,
});

export const approvedMessage = defineMessage({
  name: "order approved",
  prefix: "orders.approved",
  params: ["clientOrderId"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["risk"],
  subscribers: ["operator"],
  description: "Risk approved this exact order; the write-ahead record the bridge acts on",
  data: approvalSchema,
});

export const deniedMessage = defineMessage({
  name: "order denied",
  prefix: "orders.denied",
  params: ["clientOrderId"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["risk"],
  subscribers: ["operator"],
  description: "Risk refused this order, with every failing check",
  data: denialSchema,
});

/** Filter of all that the ledger says under one order id; the first of it is risk's decision. */
export const wordsOnOrder = (clientOrderId: string): string =>
  approvedMessage.subject(clientOrderId).replace(/^orders\.approved\./, "orders.*.");

export const cancelMessage = defineMessage({
  name: "order cancel",
  prefix: "orders.cancel",
  params: [],
  kind: "request",
  publishers: ["strategy", "risk", "operator"],
  subscribers: ["gateway-bridge"],
  description: "Cancel a working order",
  data: cancelRequestSchema,
  reply: outcomeSchema,
});

/**
 * What was promised of cancels, and what came of the promise. A cancel stands from `accepted` on, also over the end of
 * the bridge, until its order is over (that is in the order's event) or the broker refused it.
 */
export const cancelStandingSchema = z.discriminatedUnion("outcome", [
  /** A global cancel names every order that was not over when it was asked, and so none that came after it. */
  z.object({
    outcome: z.literal("accepted"),
    clientOrderIds: z.array(clientOrderIdSchema).min(1),
    reason: z.string().max(500),
  }),
  /** The order works on. */
  z.object({ outcome: z.literal("refused"), clientOrderId: clientOrderIdSchema, reason: z.string() }),
]);
export type CancelStanding = z.infer<typeof cancelStandingSchema>;

export const cancelStandingMessage = defineMessage({
  name: "cancel standing",
  prefix: "orders.cancel-standing",
  params: [],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "Cancels that were accepted and outlive the bridge until they are settled, and those the broker refused",
  data: cancelStandingSchema,
});

export const orderEventMessage = defineMessage({
  name: "order event",
  prefix: "orders.event",
  params: ["clientOrderId"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "What became of an order",
  data: orderEventSchema,
});

/** What the broker says an order would do to the account; nothing is placed. USD; null where it gave no figure. */
export const whatIfSchema = z.discriminatedUnion("outcome", [
  z.object({
    outcome: z.literal("answered"),
    initialMarginChange: z.number().nullable(),
    maintenanceMarginChange: z.number().nullable(),
    initialMarginAfter: z.number().nullable(),
    maintenanceMarginAfter: z.number().nullable(),
    equityWithLoanAfter: z.number().nullable(),
    commission: z.number().nullable(),
    warning: z.string().nullable(),
  }),
  /** The broker refused it, with its code and words: it would refuse the order too. */
  z.object({ outcome: z.literal("refused"), reason: z.string() }),
  /** Nobody could be asked: dry-run, no session, no answer in time. The asker falls back on its own model. */
  z.object({ outcome: z.literal("unavailable"), reason: z.string() }),
]);
export type WhatIf = z.infer<typeof whatIfSchema>;

export const whatIfMessage = defineMessage({
  name: "what-if",
  prefix: "orders.what-if",
  params: [],
  kind: "request",
  publishers: ["risk", "operator"],
  subscribers: ["gateway-bridge"],
  description: "What an order would do to margin and commission, by the broker; never placed",
  data: orderIntentSchema,
  reply: whatIfSchema,
});

/** One execution, or the commission report that follows it; each counts once, by `executionId`. */
export const fillSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("execution"),
    executionId: z.string().min(1),
    /** The execution this one replaces (the broker's correction: same id, another last segment). */
    corrects: z.string().nullable(),
    /** Null for an order that is not ours. */
    clientOrderId: clientOrderIdSchema.nullable(),
    permId: z.number().int().nullable(),
    account: z.string(),
    symbol: symbolSchema,
    side: sideSchema,
    quantity: z.number().positive(),
    price: priceSchema,
    /** Market time of the execution. */
    executedAt: timestampSchema,
  }),
  z.object({
    kind: z.literal("commission"),
    executionId: z.string().min(1),
    symbol: symbolSchema,
    commission: z.number(),
  }),
]);
export type Fill = z.infer<typeof fillSchema>;
export type Execution = Extract<Fill, { kind: "execution" }>;

export const fillMessage = defineMessage({
  name: "fill",
  prefix: "fills",
  params: ["symbol"],
  kind: "ledger",
  stream: "LEDGER",
  publishers: ["gateway-bridge"],
  subscribers: ["operator"],
  description: "One execution, or its commission",
  data: fillSchema,
});
