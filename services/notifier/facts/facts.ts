import { z } from "zod";
import type { LedgerEvent } from "#libs/bus/mod.ts";
import {
  deniedMessage,
  fillMessage,
  gatewayStatusMessage,
  gatewayStatusSchema,
  type OrderStatus,
  orderEventMessage,
  orderStatusSchema,
  riskStateMessage,
  sideSchema,
  TERMINAL_ORDER_STATUSES,
  tradingStateSchema,
} from "#libs/contracts/mod.ts";

/** What may become a message to the operator. Each has the id under which its alert is raised, once. */
const noticeBase = {
  id: z.string(),
  /** Id of the ledger message it comes from. */
  causedBy: z.string(),
  /** Machine clock of that message, epoch milliseconds. */
  publishedAt: z.number(),
};
export const noticeSchema = z.discriminatedUnion("kind", [
  z.object({ ...noticeBase, kind: z.literal("order"), clientOrderId: z.string(), status: orderStatusSchema }),
  z.object({
    ...noticeBase,
    kind: z.literal("denial"),
    clientOrderId: z.string(),
    strategy: z.string(),
    symbol: z.string(),
    side: sideSchema,
    quantity: z.number(),
    reasons: z.array(z.object({ code: z.string(), detail: z.string() })),
  }),
  z.object({
    ...noticeBase,
    kind: z.literal("trading-state"),
    from: tradingStateSchema,
    to: tradingStateSchema,
    setBy: z.string(),
    reason: z.string(),
    dayProfit: z.number(),
  }),
]);
export type Notice = z.infer<typeof noticeSchema>;
export type OrderNotice = Extract<Notice, { kind: "order" }>;
export type DenialNotice = Extract<Notice, { kind: "denial" }>;
export type TradingStateNotice = Extract<Notice, { kind: "trading-state" }>;

const orderFactsSchema = z.object({
  symbol: z.string(),
  side: sideSchema,
  status: orderStatusSchema.nullable(),
  filledQuantity: z.number(),
  leavesQuantity: z.number(),
  averagePrice: z.number().nullable(),
  reason: z.string().nullable(),
  parentClientOrderId: z.string().nullable(),
  /** By execution id; a correction takes the place of what it corrects. */
  executions: z.record(z.string(), z.object({ quantity: z.number(), price: z.number() })),
});
export type OrderFacts = z.infer<typeof orderFactsSchema>;

/** What the notifier remembers of the ledger. */
export const factsSchema = z.object({
  gateway: z.object({ status: gatewayStatusSchema, publishedAt: z.number() }).nullable(),
  tradingState: tradingStateSchema.nullable(),
  orders: z.record(z.string(), orderFactsSchema),
  /** USD by execution id; a commission may come before its execution. */
  commissions: z.record(z.string(), z.number()),
  notices: z.array(noticeSchema),
});
export type Facts = z.infer<typeof factsSchema>;

export const FACTS_VERSION = 1;
/** What the operator hears of though nothing was filled. A canceled order is routine: brackets cancel one another. */
const NEWS_WITHOUT_FILL: ReadonlySet<OrderStatus> = new Set(["rejected", "expired", "unknown", "not-sent"]);
const ORDERS_MAX = 500;
const COMMISSIONS_MAX = 2000;
/** Notices kept until they are told; a service that was away longer tells of these, and the ledger has the rest. */
const NOTICES_MAX = 256;

export const noFacts = (): Facts => ({ gateway: null, tradingState: null, orders: {}, commissions: {}, notices: [] });

/** The fold: one fact of the ledger applied. Pure, and idempotent by execution id and by notice id. */
export function apply(facts: Facts, event: LedgerEvent): Facts {
  const base = { causedBy: event.envelope.id, publishedAt: event.envelope.publishedAt };

  const gateway = event.as(gatewayStatusMessage);
  if (gateway) return { ...facts, gateway: { status: gateway.data, publishedAt: gateway.publishedAt } };

  const denied = event.as(deniedMessage);
  if (denied) {
    const { intent, reasons } = denied.data;
    const { clientOrderId, strategy, symbol, side, quantity } = intent;
    const id = denialId(clientOrderId);
    return note(facts, { ...base, kind: "denial", id, clientOrderId, strategy, symbol, side, quantity, reasons });
  }

  const risk = event.as(riskStateMessage);
  if (risk) {
    const { tradingState: to, setBy, reason, dayProfit } = risk.data;
    const next = { ...facts, tradingState: to };
    const from = facts.tradingState;
    if (from === null || from === to) return next;
    const id = `trading-state-${event.envelope.id}`.slice(0, 128);
    return note(next, { ...base, kind: "trading-state", id, from, to, setBy, reason, dayProfit });
  }

  const order = event.as(orderEventMessage);
  if (order) {
    const { clientOrderId, ...data } = order.data;
    const known = facts.orders[clientOrderId];
    const next = withOrder(facts, clientOrderId, {
      symbol: data.symbol,
      side: data.side,
      status: data.status,
      filledQuantity: data.filledQuantity,
      leavesQuantity: data.leavesQuantity,
      averagePrice: data.averagePrice,
      reason: data.reason,
      parentClientOrderId: data.parentClientOrderId,
      executions: known?.executions ?? {},
    });
    const done = TERMINAL_ORDER_STATUSES.has(data.status) && data.filledQuantity > 0;
    if (!done && !NEWS_WITHOUT_FILL.has(data.status)) return next;
    const id = `order-${done ? "done" : data.status}-${clientOrderId}`;
    return note(next, { ...base, kind: "order", id, clientOrderId, status: data.status });
  }

  const fill = event.as(fillMessage);
  if (fill?.data.kind === "commission") {
    const { executionId, commission } = fill.data;
    return { ...facts, commissions: newest({ ...facts.commissions, [executionId]: commission }, COMMISSIONS_MAX) };
  }
  if (fill?.data.kind === "execution" && fill.data.clientOrderId !== null) {
    const { clientOrderId, executionId, corrects, quantity, price, symbol, side } = fill.data;
    const known = facts.orders[clientOrderId] ?? { ...NOTHING_YET, symbol, side };
    const executions = { ...known.executions, [executionId]: { quantity, price } };
    if (corrects !== null) delete executions[corrects];
    return withOrder(facts, clientOrderId, { ...known, executions });
  }
  return facts;
}

/** The id of the alert that tells of denials up to and with this one. */
export const denialId = (clientOrderId: string): string => `orders-denied-${clientOrderId}`;

const NOTHING_YET = {
  status: null,
  filledQuantity: 0,
  leavesQuantity: 0,
  averagePrice: null,
  reason: null,
  parentClientOrderId: null,
  executions: {},
};

function note(facts: Facts, notice: Notice): Facts {
  if (facts.notices.some(({ id }) => id === notice.id)) return facts;
  const notices = [...facts.notices, notice];
  if (notices.length <= NOTICES_MAX) return { ...facts, notices };
  // A strategy that is denied over and over must not push out that trading was halted, or what became of an order.
  const oldestDenial = notices.findIndex(({ kind }) => kind === "denial");
  return { ...facts, notices: notices.toSpliced(Math.max(0, oldestDenial), 1) };
}

const withOrder = (facts: Facts, clientOrderId: string, order: OrderFacts): Facts => ({
  ...facts,
  orders: newest({ ...facts.orders, [clientOrderId]: order }, ORDERS_MAX),
});

/** Without the oldest keys above the limit. */
function newest<Value>(record: Record<string, Value>, max: number): Record<string, Value> {
  const keys = Object.keys(record);
  for (const key of keys.slice(0, Math.max(0, keys.length - max))) delete record[key];
  return record;
}
