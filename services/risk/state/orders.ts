import {
  type Approval,
  type ClientOrderId,
  type Denial,
  type OrderEvent,
  type OrderIntent,
  TERMINAL_ORDER_STATUSES,
} from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import { exactShares } from "../day-trades/tally.ts";
import { reachOf } from "../evaluate/price.ts";
import { type Book, type Decided, leavesOf, type OpenOrder } from "./book.ts";
import { NOT_DECIDED_HERE } from "./foreign-orders.ts";
import { rememberApproval, rememberEnd } from "./order-flow.ts";
import { termsOf } from "./terms.ts";
import { dropOrder, putOrder, workingOf } from "./working.ts";

/**
 * The orders an approval stands for: one, or the three of a bracket.
 *
 * @param marketMs market time of the approval: a group at the venue is that of a day
 */
export function ordersOf(approval: Approval, marketMs: number | null): readonly OpenOrder[] {
  const { intent, reducesRisk, reserved } = approval;
  const order: OpenOrder = {
    clientOrderId: intent.clientOrderId,
    group: intent.clientOrderId,
    role: reducesRisk ? "exit" : "entry",
    strategy: intent.strategy,
    symbol: intent.symbol,
    side: intent.side,
    quantity: intent.quantity,
    worstPrice: reserved.notional / intent.quantity,
    restsAt: reachOf(intent.order, intent.side),
    holdOvernight: intent.holdOvernight && !reducesRisk,
    status: "approved",
    executed: 0,
    correctedAway: 0,
    settled: null,
  };
  const group = groupAtVenue(intent, marketMs);
  const entry = group === null ? order : { ...order, oneCancelsAll: group };
  if (intent.bracket === null) return [entry];
  const { stopLoss, takeProfit } = intent.bracket;
  const protective = (clientOrderId: ClientOrderId, worstPrice: number, restsAt: number | null): OpenOrder => ({
    ...order,
    clientOrderId,
    role: "protective",
    side: intent.side === "buy" ? "sell" : "buy",
    worstPrice,
    restsAt,
    // It rests at the broker, whatever the plan says.
    holdOvernight: false,
  });
  return [
    entry,
    protective(stopLoss.clientOrderId, stopLoss.stopPrice, null),
    protective(takeProfit.clientOrderId, takeProfit.limitPrice, takeProfit.limitPrice),
  ];
}

/** The group as the venue knows it; null for none, and while no market clock tells the day. */
export function groupAtVenue({ strategy, oneCancelsAllGroup }: OrderIntent, marketMs: number | null): string | null {
  if (oneCancelsAllGroup === undefined || marketMs === null) return null;
  return `${tradingDayOf(marketMs)}:${strategy}:${oneCancelsAllGroup}`;
}

/** What an intent asks for: another order under the same id differs in it. */
export const fingerprintOf = ({ symbol, side, quantity, order, bracket, oneCancelsAllGroup }: OrderIntent): string => {
  const group = oneCancelsAllGroup === undefined ? "" : ` in ${oneCancelsAllGroup}`;
  return `${side} ${quantity} ${symbol} ${termsOf(order)}${bracket === null ? "" : " bracket"}${group}`;
};

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

export function applyApproval(book: Book, approval: Approval, tradingDay: string, marketMs: number | null): void {
  const { intent } = approval;
  // An approval after a denial counts: the bridge may act on it.
  if (book.decisions.get(intent.clientOrderId)?.outcome === "approved") return;
  for (const order of ordersOf(approval, marketMs)) {
    putOrder(book, order);
    book.decisions.set(order.clientOrderId, {
      outcome: "approved",
      clientOrderId: order.clientOrderId,
      tradingDay,
      fingerprint: order.role === "protective" ? `protects ${intent.clientOrderId}` : fingerprintOf(intent),
      expiresAt: approval.expiresAt,
      holdOvernight: order.holdOvernight,
      over: false,
    });
  }
  rememberApproval(book, approval);
}

/**
 * Applies what became of an order. A reservation ends with a terminal event and not before: an approval that was
 * never submitted stays reserved until the bridge says that it expired.
 *
 * @param at machine wall clock of the event, epoch milliseconds
 */
export function applyOrderEvent(book: Book, event: OrderEvent, tradingDay: string, at: number): void {
  const decided = book.decisions.get(event.clientOrderId) ?? adoptForeign(book, event, tradingDay);
  const order = book.orders.get(event.clientOrderId);
  if (order === undefined || decided.outcome !== "approved" || decided.over) return;
  if (!TERMINAL_ORDER_STATUSES.has(event.status)) {
    putOrder(book, { ...order, status: event.status, quantity: sizeAtBroker(order, event) });
    return;
  }
  // A terminal event may count less than the executions already seen, and `filled` may not count at all.
  const filled = event.status === "filled" && event.filledQuantity === 0 ? order.quantity : event.filledQuantity;
  rememberEnd(book, order, event, tradingDay, at);
  end(book, order, event, Math.max(filled, order.executed));
  if (filled === 0 && order.role === "entry") endUnsentProtection(book, order, event);
}

/**
 * The broker may have reduced an order; it never enlarges one, and a word from before the reduction changes nothing. What
 * one of a bracket's exits takes from the other is told by the execution, and must not be taken twice.
 */
function sizeAtBroker({ quantity, role }: OpenOrder, { filledQuantity, leavesQuantity }: OrderEvent): number {
  if (role === "protective" || leavesQuantity === 0) return quantity;
  return Math.min(quantity, exactShares(filledQuantity + leavesQuantity));
}

/**
 * An order that was never approved here: placed by hand, or with another program. It counts in exposure and in the
 * number of open orders, at no price, since none is known.
 */
function adoptForeign(book: Book, event: OrderEvent, tradingDay: string): Decided {
  const { clientOrderId, symbol, side } = event;
  putOrder(book, {
    clientOrderId,
    group: event.parentClientOrderId ?? clientOrderId,
    role: event.parentClientOrderId === null ? "entry" : "protective",
    strategy: "unknown",
    symbol,
    side,
    quantity: event.filledQuantity + event.leavesQuantity,
    worstPrice: event.averagePrice ?? 0,
    restsAt: null,
    holdOvernight: false,
    status: "accepted",
    executed: 0,
    correctedAway: 0,
    settled: null,
  });
  const decided: Decided = {
    outcome: "approved",
    clientOrderId,
    tradingDay,
    fingerprint: NOT_DECIDED_HERE,
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
  replace(book, { ...order, executed: exactShares(order.executed + quantity) });
  reduceOthersOf(book, order, quantity);
}

/** Remembers with the entries of the other side that this was told while they could fill. */
export function markOpposed(book: Book, symbol: string, side: OpenOrder["side"], tradingDay: string): void {
  for (const order of workingOf(book, symbol).orders) {
    if (order.role !== "entry" || order.side === side || (order.opposedOn ?? "") >= tradingDay) continue;
    putOrder(book, { ...order, opposedOn: tradingDay });
  }
}

/** Counts the difference that a correction makes; what it takes away is not to come once more. */
export function correctExecuted(book: Book, clientOrderId: string | null, difference: number): void {
  const order = clientOrderId === null ? undefined : book.orders.get(clientOrderId);
  if (order === undefined) return;
  replace(book, {
    ...order,
    executed: Math.max(0, exactShares(order.executed + difference)),
    correctedAway: Math.max(0, exactShares(order.correctedAway - difference)),
  });
  reduceOthersOf(book, order, difference);
}

/** What one order of a bracket's two fills the broker takes from the other: together they close what the entry opened. */
function reduceOthersOf(book: Book, { clientOrderId, group, symbol, role }: OpenOrder, shares: number): void {
  if (role !== "protective") return;
  for (const other of workingOf(book, symbol).orders) {
    if (other.group !== group || other.role !== "protective" || other.clientOrderId === clientOrderId) continue;
    if (other.settled !== null) continue;
    putOrder(book, { ...other, quantity: Math.max(0, exactShares(other.quantity - shares)) });
  }
}

function replace(book: Book, order: OpenOrder): void {
  if (isDone(order)) dropOrder(book, order);
  else putOrder(book, order);
}

/** When an entry ended with nothing filled, protective orders that never got an event of their own end with it. */
function endUnsentProtection(book: Book, entry: OpenOrder, event: OrderEvent): void {
  for (const order of workingOf(book, entry.symbol).orders) {
    if (order.group !== entry.group || order.role !== "protective" || order.status !== "approved") continue;
    end(book, order, event, 0);
  }
}

function end(book: Book, order: OpenOrder, event: OrderEvent, settled: number): void {
  replace(book, { ...order, status: event.status, settled });
  const decided = book.decisions.get(order.clientOrderId);
  if (decided?.outcome === "approved") book.decisions.set(order.clientOrderId, { ...decided, over: true });
}

const isDone = (order: OpenOrder): boolean => order.settled !== null && leavesOf(order) === 0;
