import {
  alertMessage,
  approvedMessage,
  fillMessage,
  foreignOrderMessage,
  type Position,
  positionMessage,
} from "#libs/contracts/mod.ts";
import type { BrokerOrder } from "../../simulator/broker/order.ts";
import type { TestPlatform } from "../harness/platform.ts";
import { ALL_SYMBOLS } from "./troubles.ts";
import type { Approved, BrokerSide, Evidence } from "./verdict.ts";

/** Fields of PLACE_ORDER. */
const ORDER_ID_FIELD = 1;
const ORDER_REF_FIELD = 26;
const WHAT_IF_FIELD = 84;
/** Field of ERR_MSG. */
const ERROR_ID_FIELD = 2;

/** Gathers both sides: the ledger by direct reads, and the simulated gateway's own memory. */
export async function evidenceOf(platform: TestPlatform): Promise<Evidence> {
  const { gateway } = platform;
  const fills = await platform.stored(fillMessage);
  const counting = newestOnly(gateway.executions);
  // As its executions have it, corrections in: the order's own figure may be older.
  const executedOf = new Map<number, number>();
  for (const { permId, shares } of counting) executedOf.set(permId, (executedOf.get(permId) ?? 0) + shares);
  return {
    approved: await approvedOf(platform),
    events: await platform.orders(),
    executions: fills.flatMap(({ data }) => (data.kind === "execution" ? [data] : [])),
    positions: await positionsOf(platform),
    forgotten: gateway.frames.receivedCount("PLACE_ORDER") - gateway.frames.received("PLACE_ORDER").length,
    alerts: (await platform.stored(alertMessage, "ALERTS")).map(({ data }) => data.code),
    placed: gateway.frames
      .received("PLACE_ORDER")
      // A question about an order places none.
      .filter(({ fields, clientId }) => fields[WHAT_IF_FIELD] !== "1" && clientId === platform.settings.ibkrClientId)
      .map(({ fields, machineMs }) => ({
        atMs: performance.timeOrigin + machineMs,
        orderRef: String(fields[ORDER_REF_FIELD]),
        orderId: Number(fields[ORDER_ID_FIELD]),
      })),
    refusedIds: new Set(gateway.frames.sent("ERR_MSG").map(({ fields }) => Number(fields[ERROR_ID_FIELD]))),
    atBroker: [...gateway.liveOrders, ...gateway.completedOrders]
      .filter((order) => isOurs(platform, order))
      .map((order): BrokerSide => {
        const { terms, permId } = order;
        const side = terms.action === "BUY" ? "buy" : "sell";
        const { symbol } = order.instrument;
        const known = { orderRef: terms.orderRef, symbol, side, quantity: terms.totalQuantity } as const;
        return { ...known, state: stateOf(order), filled: executedOf.get(permId) ?? 0 };
      }),
    brokerExecutions: counting.map(({ execId, shares, price, ...execution }) => {
      return { execId, shares, price, clientOrderId: isOurs(platform, execution) ? execution.orderRef : null };
    }),
    brokerPositions: new Map(gateway.positions.map(({ symbol, quantity }) => [symbol, quantity])),
    foreignAtBroker: new Map(byHand(platform).orders.map((order) => [order.permId, stateOf(order) === "working"])),
    foreignTold: new Map(
      (await platform.stored(foreignOrderMessage)).map(({ data }) => [data.permId, data.status === "working"]),
    ),
  };
}

/** Each order that risk approved, protective orders of brackets included. */
export async function approvedOf(platform: TestPlatform): Promise<Map<string, Approved>> {
  const approvals = await platform.stored(approvedMessage);
  return new Map(
    approvals.flatMap(({ data: { intent, expiresAt } }): [string, Approved][] => {
      const { symbol, side, quantity, bracket, strategy, oneCancelsAllGroup } = intent;
      const group = oneCancelsAllGroup === undefined ? null : `${strategy}:${oneCancelsAllGroup}`;
      const entry: Approved = { entry: intent.clientOrderId, symbol, side, quantity, group, expiresAt };
      const exits = bracket === null ? [] : [bracket.stopLoss, bracket.takeProfit];
      const exit: Approved = { ...entry, group: null, side: side === "buy" ? "sell" : "buy" };
      return [[entry.entry, entry], ...exits.map(({ clientOrderId }): [string, Approved] => [clientOrderId, exit])];
    }),
  );
}

/** The newest position of each symbol that the bridge has published. */
export async function positionsOf(platform: TestPlatform): Promise<Map<string, Position>> {
  const positions = new Map<string, Position>();
  for (const symbol of ALL_SYMBOLS) {
    const newest = await platform.operator.lastValue(positionMessage, [symbol]);
    if (newest !== null) positions.set(symbol, newest.data);
  }
  return positions;
}

export const isOurs = ({ settings }: TestPlatform, { clientId }: { readonly clientId: number }): boolean =>
  clientId === settings.ibkrClientId;

/** What other clients of the account did. */
export function byHand(platform: TestPlatform) {
  const { gateway } = platform;
  const orders = [...gateway.liveOrders, ...gateway.completedOrders].filter((order) => !isOurs(platform, order));
  return {
    orders,
    working: orders.filter((order) => stateOf(order) === "working"),
    executions: newestOnly(gateway.executions).filter((execution) => !isOurs(platform, execution)),
  };
}

function stateOf({ phase }: BrokerOrder): BrokerSide["state"] {
  return phase === "filled" || phase === "cancelled" || phase === "rejected" ? phase : "working";
}

/** Of an execution and its corrections the last. */
export function newestOnly<Item extends { readonly execId: string }>(executions: readonly Item[]): Item[] {
  const newest = new Map<string, Item>();
  for (const execution of executions)
    newest.set(execution.execId.slice(0, execution.execId.lastIndexOf(".")), execution);
  return [...newest.values()];
}
