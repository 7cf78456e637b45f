import {
  type AcceptedPosition,
  type Approval,
  type CancelStanding,
  type ClientOrderId,
  type Execution,
  type Fill,
  type ForeignOrder,
  type OrderEvent,
  type OrderStatus,
  type Position,
  TERMINAL_ORDER_STATUSES,
} from "#libs/contracts/mod.ts";
import { tradingDayOf } from "#libs/time/mod.ts";
import { addExecution, exactShares, type Holding, payCommission, removeExecution } from "./holdings.ts";
import { type Leg, legsOf } from "./legs.ts";

/** An approval that nothing has happened to yet. */
export interface PendingApproval {
  readonly approval: Approval;
  /** Id of the approval's message, carried on as `causedBy`. */
  readonly messageId: string;
}

/** An order that the bridge recorded as submitted, and that is not over. */
export interface OpenOrder extends Leg {
  readonly status: Exclude<OrderStatus, "filled" | "canceled" | "rejected" | "expired" | "not-sent">;
  readonly orderId: number | null;
  readonly permId: number | null;
  /** Shares, by our own count of executions; corrections replaced. */
  readonly filledQuantity: number;
  readonly averagePrice: number | null;
  /** Market time of its submission; null when no market clock was known. */
  readonly submittedAt: number | null;
  /** Id of the approval's message. */
  readonly messageId: string | null;
}

/** An order that is over: what late executions and repeated messages are compared with. */
export interface ClosedOrder {
  readonly status: OrderStatus;
  readonly orderId: number | null;
  /** Shares that were approved. */
  readonly quantity: number;
  /** Shares that the broker filled, by all that is known. */
  readonly filledQuantity: number;
  /** Those that its last event tells. */
  readonly toldQuantity: number;
  /** Those among them that the broker counts and whose executions are not known. */
  readonly unseenQuantity: number;
  readonly permId: number | null;
  readonly day: string | null;
  /** Its bracket and its group, null for none: a fill of it takes from their other orders for as long as they work. */
  readonly parentClientOrderId: ClientOrderId | null;
  readonly oneCancelsAllGroup: string | null;
}

export interface KnownExecution {
  readonly clientOrderId: ClientOrderId | null;
  readonly symbol: string;
  readonly side: Execution["side"];
  readonly quantity: number;
  readonly price: number;
  readonly executedAt: number;
  /** USD; null until the commission report came. */
  readonly commission: number | null;
  /** The correction that replaced it; it counts no longer. */
  readonly replacedBy: string | null;
}

/**
 * Everything the bridge knows from the ledger: a fold over approvals, order events, fills and positions.
 *
 * It is changed in place and has one owner: copying it for every event would cost an order's whole latency budget
 * once there are thousands of orders. Two instances live side by side: the fold's, which holds what is on the disk,
 * and the working one, which also holds what is on its way there (recorder.ts).
 */
export interface Book {
  readonly pending: Map<ClientOrderId, PendingApproval>;
  readonly open: Map<ClientOrderId, OpenOrder>;
  readonly closed: Map<ClientOrderId, ClosedOrder>;
  /** Protective orders whose entry is submitted and which have no event of their own yet. */
  readonly awaited: Map<ClientOrderId, Leg & { readonly messageId: string | null }>;
  /** Orders that are not over and whose cancel was accepted, with the reason it was asked for. */
  readonly canceling: Map<ClientOrderId, string>;
  readonly executions: Map<string, KnownExecution>;
  /** What our own executions, and what the operator accepted, explain. */
  readonly holdings: Map<string, Holding>;
  /** Ids of the messages in which the operator accepted a position: each explains its difference once. */
  readonly accepted: Set<string>;
  /** Orders of others that work at the broker, by permId. */
  readonly foreign: Map<number, ForeignOrder>;
  /** Positions as last published: what must be published again when it changes. */
  readonly published: Map<string, Pick<Position, "quantity" | "averageCost" | "explained" | "difference">>;
  /** USD that executions and commissions added to the cash, since the beginning of this ledger. */
  cash: number;
  /** The highest order id ever used. */
  highestOrderId: number;
  /** The New York day of the newest execution, and cash plus holdings at cost when it began. */
  day: { readonly tradingDay: string; readonly valueAtStart: number } | null;
}

export const emptyBook = (): Book => ({
  pending: new Map(),
  open: new Map(),
  closed: new Map(),
  awaited: new Map(),
  canceling: new Map(),
  executions: new Map(),
  holdings: new Map(),
  accepted: new Set(),
  foreign: new Map(),
  published: new Map(),
  cash: 0,
  highestOrderId: 0,
  day: null,
});

/** Another book with the same content: what is done to the one does not touch the other. */
export const copyOf = (book: Book): Book => ({
  ...book,
  pending: new Map(book.pending),
  open: new Map(book.open),
  closed: new Map(book.closed),
  awaited: new Map(book.awaited),
  canceling: new Map(book.canceling),
  executions: new Map(book.executions),
  holdings: new Map(book.holdings),
  accepted: new Set(book.accepted),
  foreign: new Map(book.foreign),
  published: new Map(book.published),
});

export function applyApproval(book: Book, approval: Approval, messageId: string): void {
  const id = approval.intent.clientOrderId;
  if (book.open.has(id) || book.closed.has(id)) return;
  book.pending.set(id, { approval, messageId });
}

/** @param marketMs market time of the event, for the day a day order belongs to. */
export function applyOrderEvent(book: Book, event: OrderEvent, marketMs: number | null): void {
  const id = event.clientOrderId;
  if (event.orderId !== null) book.highestOrderId = Math.max(book.highestOrderId, event.orderId);
  const before = book.open.get(id) ?? takeDefinition(book, id, marketMs);
  if (TERMINAL_ORDER_STATUSES.has(event.status)) {
    book.open.delete(id);
    book.canceling.delete(id);
    // Its protective orders are recorded before it is sent: those that are not by now never will be.
    for (const [child, leg] of book.awaited) if (leg.parentClientOrderId === id) book.awaited.delete(child);
    book.closed.set(id, endOf(book.closed.get(id), before, event, marketMs));
    return;
  }
  if (before === undefined || book.closed.has(id)) return;
  book.open.set(id, {
    ...before,
    status: event.status as OpenOrder["status"],
    orderId: event.orderId ?? before.orderId,
    permId: event.permId ?? before.permId,
  });
}

/** @param before the order, where it was open until now */
function endOf(
  known: ClosedOrder | undefined,
  before: OpenOrder | undefined,
  event: OrderEvent,
  marketMs: number | null,
): ClosedOrder {
  const { status, filledQuantity: toldQuantity } = event;
  const permId = event.permId ?? known?.permId ?? before?.permId ?? null;
  if (known !== undefined) return { ...known, status, permId, filledQuantity: toldQuantity, toldQuantity };
  const executed = before?.filledQuantity ?? 0;
  return {
    status,
    orderId: event.orderId ?? before?.orderId ?? null,
    quantity: before?.quantity ?? toldQuantity + event.leavesQuantity,
    filledQuantity: Math.max(executed, toldQuantity),
    toldQuantity,
    unseenQuantity: Math.max(0, exactShares(toldQuantity - executed)),
    permId,
    day: dayOf(before?.submittedAt ?? marketMs),
    parentClientOrderId: before?.parentClientOrderId ?? event.parentClientOrderId,
    oneCancelsAllGroup: before?.oneCancelsAllGroup ?? null,
  };
}

/** As much may fill of what was approved before it is more. */
export const approvedAtMost = (quantity: number): number => quantity + 1e-6;

/** Of an order that is over, or that nobody knows, there is nothing to cancel. */
export function applyCancelStanding(book: Book, standing: CancelStanding): void {
  if (standing.outcome === "refused") {
    book.canceling.delete(standing.clientOrderId);
    return;
  }
  for (const id of standing.clientOrderIds) {
    if (book.open.has(id) || book.pending.has(id)) book.canceling.set(id, standing.reason);
  }
}

export function applyFill(book: Book, fill: Fill): void {
  if (fill.kind === "commission") applyCommission(book, fill.executionId, fill.commission);
  else applyExecution(book, fill);
}

/** The operator's word explains what the executions do not: from here on it is part of what we hold. */
export function applyAccepted(book: Book, accepted: AcceptedPosition, messageId: string): void {
  if (book.accepted.has(messageId)) return;
  book.accepted.add(messageId);
  const { symbol, difference, averageCost } = accepted;
  const quantity = exactShares((book.holdings.get(symbol)?.quantity ?? 0) + difference);
  setHolding(book, symbol, quantity === 0 ? undefined : { quantity, averageCost });
}

export function applyForeignOrder(book: Book, order: ForeignOrder): void {
  if (order.status === "over") book.foreign.delete(order.permId);
  else book.foreign.set(order.permId, order);
}

/** What an order's first event is about: the approval's entry, or a protective order of an entry submitted before. */
function takeDefinition(book: Book, id: ClientOrderId, marketMs: number | null): OpenOrder | undefined {
  const fresh = {
    status: "submitted",
    orderId: null,
    permId: null,
    filledQuantity: 0,
    averagePrice: null,
    submittedAt: marketMs,
  } as const;
  const pending = book.pending.get(id);
  if (pending !== undefined) {
    book.pending.delete(id);
    const [entry, ...protective] = legsOf(pending.approval.intent, marketMs);
    for (const leg of protective) book.awaited.set(leg.clientOrderId, { ...leg, messageId: pending.messageId });
    return { ...entry, ...fresh, messageId: pending.messageId };
  }
  const awaited = book.awaited.get(id);
  if (awaited === undefined) return undefined;
  book.awaited.delete(id);
  return { ...awaited, ...fresh };
}

function applyExecution(book: Book, execution: Execution): void {
  if (book.executions.has(execution.executionId)) return;
  beginDay(book, tradingDayOf(execution.executedAt));
  const replaced = execution.corrects === null ? undefined : book.executions.get(execution.corrects);
  if (execution.corrects !== null && replaced !== undefined && replaced.replacedBy === null) {
    book.executions.set(execution.corrects, { ...replaced, replacedBy: execution.executionId });
    book.cash += signed(replaced) * replaced.price;
    setHolding(book, replaced.symbol, removeExecution(book.holdings.get(replaced.symbol), replaced));
  }
  const known: KnownExecution = {
    clientOrderId: execution.clientOrderId,
    symbol: execution.symbol,
    side: execution.side,
    quantity: execution.quantity,
    price: execution.price,
    executedAt: execution.executedAt,
    commission: replaced?.commission ?? null,
    replacedBy: null,
  };
  book.executions.set(execution.executionId, known);
  book.cash -= signed(known) * known.price;
  setHolding(book, known.symbol, addExecution(book.holdings.get(known.symbol), known));
  if (execution.clientOrderId !== null) countFilled(book, execution.clientOrderId, replaced, known);
  // Whoever heard the word before this execution may have let go of it: it is news after it, also when it is the same.
  const told = book.published.get(known.symbol);
  if (told !== undefined) book.published.set(known.symbol, { ...told, difference: undefined });
}

function countFilled(book: Book, id: ClientOrderId, replaced: KnownExecution | undefined, added: KnownExecution): void {
  const quantity = added.quantity - (replaced?.quantity ?? 0);
  const order = book.open.get(id);
  if (order === undefined) {
    const closed = book.closed.get(id);
    if (closed !== undefined) book.closed.set(id, countedLate(closed, quantity));
    return;
  }
  const value =
    (order.averagePrice ?? 0) * order.filledQuantity +
    added.quantity * added.price -
    (replaced === undefined ? 0 : replaced.quantity * replaced.price);
  const filledQuantity = exactShares(order.filledQuantity + quantity);
  book.open.set(id, {
    ...order,
    filledQuantity,
    averagePrice: filledQuantity > 0 ? value / filledQuantity : null,
  });
}

/** What its end counted already is not counted again when its execution comes. */
function countedLate(closed: ClosedOrder, quantity: number): ClosedOrder {
  const seen = Math.max(0, Math.min(closed.unseenQuantity, quantity));
  return {
    ...closed,
    unseenQuantity: exactShares(closed.unseenQuantity - seen),
    filledQuantity: exactShares(closed.filledQuantity + quantity - seen),
  };
}

function applyCommission(book: Book, executionId: string, commission: number): void {
  const execution = book.executions.get(executionId);
  if (execution === undefined) return;
  const change = commission - (execution.commission ?? 0);
  if (change === 0 && execution.commission !== null) return;
  book.executions.set(executionId, { ...execution, commission });
  book.cash -= change;
  setHolding(book, execution.symbol, payCommission(book.holdings.get(execution.symbol), execution.side, change));
}

function beginDay(book: Book, tradingDay: string): void {
  if (book.day !== null && book.day.tradingDay >= tradingDay) return;
  book.day = { tradingDay, valueAtStart: valueAtCost(book) };
  forgetBefore(book, tradingDay);
}

/** Cash plus holdings at what they cost. */
export function valueAtCost(book: Book): number {
  let value = book.cash;
  for (const holding of book.holdings.values()) value += holding.quantity * holding.averageCost;
  return value;
}

/**
 * The broker repeats executions since midnight and completed orders of the day; what is a week old is never
 * compared again. That no order is sent twice does not rest on this memory: the ledger itself refuses a second
 * `submitted` for ever.
 */
const REMEMBERED_DAYS = 7;

function forgetBefore(book: Book, tradingDay: string): void {
  const oldest = Temporal.PlainDate.from(tradingDay).subtract({ days: REMEMBERED_DAYS }).toString();
  const atWork = ordersAtWork(book);
  for (const [id, { executedAt, clientOrderId }] of book.executions) {
    if (tradingDayOf(executedAt) < oldest && !isOf(atWork, clientOrderId)) book.executions.delete(id);
  }
  for (const [id, { day, parentClientOrderId }] of book.closed) {
    if (day !== null && day < oldest && !atWork.has(id) && !isOf(atWork, parentClientOrderId)) book.closed.delete(id);
  }
}

/** Open orders, and the entries of open protective orders: what they filled counts for as long as they work. */
function ordersAtWork(book: Book): ReadonlySet<ClientOrderId> {
  const ids = new Set<ClientOrderId>();
  for (const { clientOrderId, parentClientOrderId } of book.open.values()) {
    ids.add(clientOrderId);
    if (parentClientOrderId !== null) ids.add(parentClientOrderId);
  }
  return ids;
}

/**
 * The executions that must outlive a restart, however many there are: the broker repeats those of the day, and each
 * counts once (law 4); those of orders at work number the next ones.
 */
export function executionsToKeep(book: Book): [string, KnownExecution][] {
  const atWork = ordersAtWork(book);
  const newestDay = book.day?.tradingDay ?? "";
  return [...book.executions].filter(
    ([, { executedAt, clientOrderId }]) => tradingDayOf(executedAt) >= newestDay || isOf(atWork, clientOrderId),
  );
}

const isOf = (ids: ReadonlySet<ClientOrderId>, id: ClientOrderId | null): boolean => id !== null && ids.has(id);

function setHolding(book: Book, symbol: string, holding: Holding | undefined): void {
  if (holding === undefined) book.holdings.delete(symbol);
  else book.holdings.set(symbol, holding);
}

const dayOf = (marketMs: number | null): string | null => (marketMs === null ? null : tradingDayOf(marketMs));

const signed = ({ side, quantity }: { side: Execution["side"]; quantity: number }): number =>
  side === "buy" ? quantity : -quantity;
