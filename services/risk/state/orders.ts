import {
  type Approval,
  type ClientOrderId,
  type Denial,
  type OrderEvent,
  type OrderIntent,
  TERMINAL_ORDER_STATUSES,
} from "#libs/contracts/mod.ts";
import { exactShares } from "../day-trades/tally.ts";
import type { Book, Decided, OpenOrder } from "./book.ts";

/** Entries looked back on for duplicates; the window is seconds, so this is ample. */
const RECENT_ENTRIES_MAX = 64;

/** The orders an approval stands for: one, or the three of a bracket. */
export function ordersOf(approval: Approval): readonly OpenOrder[] {
  const { intent, reducesRisk, reserved } = approval;
  const order: OpenOrder = {
    clientOrderId: intent.clientOrderId,
    group: intent.clientOrderId,
    role: reducesRisk ? "exit" : "entry",
    symbol: intent.symbol,
    side: intent.side,
    quantity: intent.quantity,
    worstPrice: reserved.notional / intent.quantity,
    holdOvernight: intent.holdOvernight,
    status: "approved",
    executed: 0,
    settled: null,
  };
  if (intent.bracket === null) return [order];
  const { stopLoss, takeProfit } = intent.bracket;
  const protective = (clientOrderId: ClientOrderId, worstPrice: number): OpenOrder => ({
    ...order,
    clientOrderId,
    role: "protective",
    side: intent.side === "buy" ? "sell" : "buy",
    worstPrice,
  });
  return [
    order,
    protective(stopLoss.clientOrderId, stopLoss.stopPrice),
    protective(takeProfit.clientOrderId, takeProfit.limitPrice),
  ];
}

/** What an intent asks for: another order under the same id differs in it. */
export const fingerprintOf = ({ symbol, side, quantity, order, bracket }: OrderIntent): string =>
  `${side} ${quantity} ${symbol} ${Object.values(order).join(" ")}${bracket === null ? "" : " bracket"}`;

export function applyDenial(book: Book, { intent, reasons }: Denial, tradingDay: string): void {
  const { clientOrderId } = intent;
  if (book.decisions.has(clientOrderId)) return;
  book.decisions.set(clientOrderId, {
    outcome: "denied",
    clientOrderId,
    tradingDay,
    fingerprint: fingerprintOf(intent),
    reasons,
  });
}

export function applyApproval(book: Book, approval: Approval, tradingDay: string): void {
  const { intent } = approval;
  // An approval after a denial counts: the bridge may act on it.
  if (book.decisions.get(intent.clientOrderId)?.outcome === "approved") return;
  for (const order of ordersOf(approval)) {
    book.orders.set(order.clientOrderId, order);
    book.decisions.set(order.clientOrderId, {
      outcome: "approved",
      clientOrderId: order.clientOrderId,
      tradingDay,
      fingerprint: order.role === "protective" ? `protects ${intent.clientOrderId}` : fingerprintOf(intent),
      expiresAt: approval.expiresAt,
      holdOvernight: intent.holdOvernight,
      over: false,
    });
  }
  if (approval.reducesRisk) return;
  const { clientOrderId, symbol, side, quantity } = intent;
  const entry = { clientOrderId, symbol, side, quantity, approvedAtMonotonicMs: approval.approvedAtMonotonicMs };
  book.recentEntries = [...book.recentEntries, entry].slice(-RECENT_ENTRIES_MAX);
}

/**
 * Applies what became of an order. A reservation ends with a terminal event and not before: an approval that was
 * never submitted stays reserved until the bridge says that it expired.
 */
export function applyOrderEvent(book: Book, event: OrderEvent, tradingDay: string): void {
  const decided = book.decisions.get(event.clientOrderId) ?? adoptForeign(book, event, tradingDay);
  const order = book.orders.get(event.clientOrderId);
  if (order === undefined || decided.outcome !== "approved" || decided.over) return;
  if (!TERMINAL_ORDER_STATUSES.has(event.status)) {
    book.orders.set(order.clientOrderId, { ...order, status: event.status });
    return;
  }
  // A terminal event may count less than the executions already seen, and `filled` may not count at all.
  const filled = event.status === "filled" && event.filledQuantity === 0 ? order.quantity : event.filledQuantity;
  end(book, order, event, Math.max(filled, order.executed));
  if (filled === 0 && order.role === "entry") endUnsentProtection(book, order, event);
}

/**
 * An order that was never approved here: placed by hand, or with another program. It counts in exposure and in the
 * number of open orders, at no price, since none is known.
 */
function adoptForeign(book: Book, event: OrderEvent, tradingDay: string): Decided {
  const { clientOrderId, symbol, side } = event;
  book.orders.set(clientOrderId, {
    clientOrderId,
    group: event.parentClientOrderId ?? clientOrderId,
    role: event.parentClientOrderId === null ? "entry" : "protective",
    symbol,
    side,
    quantity: event.filledQuantity + event.leavesQuantity,
    worstPrice: event.averagePrice ?? 0,
    holdOvernight: false,
    status: "accepted",
    executed: 0,
    settled: null,
  });
  const decided: Decided = {
    outcome: "approved",
    clientOrderId,
    tradingDay,
    fingerprint: "not decided here",
    expiresAt: 0,
    holdOvernight: false,
    over: false,
  };
  book.decisions.set(clientOrderId, decided);
  return decided;
}

/** Counts executed shares against the order they belong to. */
export function addExecuted(book: Book, clientOrderId: string | null, quantity: number): void {
  const order = clientOrderId === null ? undefined : book.orders.get(clientOrderId);
  if (order === undefined) return;
  const next = { ...order, executed: Math.max(0, exactShares(order.executed + quantity)) };
  if (isDone(next)) book.orders.delete(next.clientOrderId);
  else book.orders.set(next.clientOrderId, next);
}

/** When an entry ended with nothing filled, protective orders that never got an event of their own end with it. */
function endUnsentProtection(book: Book, entry: OpenOrder, event: OrderEvent): void {
  for (const order of [...book.orders.values()]) {
    if (order.group !== entry.group || order.role !== "protective" || order.status !== "approved") continue;
    end(book, order, event, 0);
  }
}

function end(book: Book, order: OpenOrder, event: OrderEvent, settled: number): void {
  const ended = { ...order, status: event.status, settled };
  if (isDone(ended)) book.orders.delete(order.clientOrderId);
  else book.orders.set(order.clientOrderId, ended);
  const decided = book.decisions.get(order.clientOrderId);
  if (decided?.outcome === "approved") book.decisions.set(order.clientOrderId, { ...decided, over: true });
}

const isDone = (order: OpenOrder): boolean => order.settled !== null && order.executed >= order.settled;
