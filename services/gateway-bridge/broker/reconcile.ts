import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { BrokerOrder } from "../gateway/reports.ts";
import type { Book, OpenOrder } from "../orders/book.ts";
import { type Fact, orderFact } from "../orders/facts.ts";
import { openOrderOf, ourRef } from "./matching.ts";
import { accepted } from "./order-news.ts";

/** What the broker says it has, read in one pass. Its executions are counted as they come (executions.ts). */
export interface BrokerPicture {
  readonly openOrders: readonly BrokerOrder[];
  readonly completedOrders: readonly BrokerOrder[];
}

export interface ReconcileContext {
  readonly ownClientId: number;
  /** Orders written before the pass began; what was written during it may be missing from its lists. */
  readonly considered: ReadonlySet<ClientOrderId>;
  /** When each order was first missing from every list, machine time; kept from pass to pass. */
  readonly missingSinceMs: ReadonlyMap<ClientOrderId, number>;
  readonly nowMs: number;
}

export interface Reconciled {
  readonly facts: readonly Fact[];
  readonly missingSinceMs: ReadonlyMap<ClientOrderId, number>;
  /** Living orders at the broker that this ledger knows nothing of. */
  readonly foreign: readonly BrokerOrder[];
  /** Orders of ours that the broker finished, with more filled than its executions of today explain. */
  readonly unexplainedFills: readonly ClientOrderId[];
}

/** How far apart two passes must be before an order that neither saw counts as never sent (tws.md 7.4). */
export const SETTLE_MS = 5000;

/**
 * Compares our open orders with the broker's lists. Call it after the broker's executions were counted: an order that
 * they complete is no longer open. It never leads to sending anything again.
 *
 * | the broker has it | and we had | becomes |
 * |---|---|---|
 * | among the open | submitted, unknown | accepted, or partially filled |
 * | among the completed, cancelled | anything open | canceled |
 * | among the completed, inactive | anything open | rejected |
 * | among the completed, filled, executions gone | anything open | filled, and flagged |
 * | nowhere, first pass | anything open | unknown |
 * | nowhere, again 5 s later, never acknowledged | unknown | not sent |
 * | nowhere, again 5 s later, acknowledged before | unknown | canceled: it is not at the broker any more |
 */
export function reconcile(book: Book, picture: BrokerPicture, context: ReconcileContext): Reconciled {
  const open = indexOf(book, picture.openOrders, context.ownClientId);
  const completed = indexOf(book, picture.completedOrders, context.ownClientId);
  const facts: Fact[] = [];
  const missingSinceMs = new Map<ClientOrderId, number>();
  const unexplainedFills: ClientOrderId[] = [];
  for (const [id, order] of book.open) {
    if (!context.considered.has(id)) continue;
    const here = open.get(id);
    const done = completed.get(id);
    if (here !== undefined && isLiving(here)) {
      if (order.status === "submitted" || order.status === "unknown") facts.push(accepted(order, here));
    } else if (done !== undefined || here !== undefined) {
      const report = done ?? here;
      if (report === undefined) continue;
      facts.push(ending(order, report));
      if (isFilled(report)) unexplainedFills.push(id);
    } else {
      const since = context.missingSinceMs.get(id);
      const settled = since !== undefined && context.nowMs - since >= SETTLE_MS;
      if (settled) facts.push(gone(order));
      else {
        missingSinceMs.set(id, since ?? context.nowMs);
        if (order.status !== "unknown") facts.push(orderFact(order, "unknown", "the broker does not list it"));
      }
    }
  }
  const foreign = picture.openOrders.filter(
    (order) => isLiving(order) && ourRef(book, order.orderRef) === undefined && !isOurs(book, order, context),
  );
  return { facts, missingSinceMs, foreign, unexplainedFills };
}

function indexOf(book: Book, orders: readonly BrokerOrder[], ownClientId: number): Map<ClientOrderId, BrokerOrder> {
  const index = new Map<ClientOrderId, BrokerOrder>();
  for (const order of orders) {
    const id = openOrderOf(book, order, ownClientId);
    if (id !== undefined) index.set(id, order);
  }
  return index;
}

const isOurs = (book: Book, order: BrokerOrder, { ownClientId }: ReconcileContext): boolean =>
  openOrderOf(book, order, ownClientId) !== undefined;

const ENDED: ReadonlySet<string> = new Set(["Filled", "Cancelled", "ApiCancelled", "Inactive"]);
const isLiving = ({ status }: BrokerOrder): boolean => !ENDED.has(status);
const isFilled = ({ status, text }: BrokerOrder): boolean => status === "Filled" || /^filled/i.test(text);

function ending(order: OpenOrder, report: BrokerOrder): Fact {
  const known = { permId: report.permId };
  if (isFilled(report)) {
    const reason = "filled according to the broker's completed orders; its executions are not listed any more";
    return orderFact(order, "filled", reason, { ...known, filledQuantity: order.quantity });
  }
  if (report.status === "Inactive") return orderFact(order, "rejected", report.text || "inactive at the broker", known);
  return orderFact(order, "canceled", report.text || "canceled at the broker", known);
}

function gone(order: OpenOrder): Fact {
  if (order.permId === null && order.filledQuantity === 0) {
    return orderFact(order, "not-sent", "the broker does not list it, in two passes at least 5 s apart");
  }
  return orderFact(
    order,
    "canceled",
    "it was at the broker and is not listed any more, in two passes at least 5 s apart",
  );
}
