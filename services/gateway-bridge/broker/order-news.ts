import type { ClientOrderId } from "#libs/contracts/mod.ts";
import { meaningForOrder } from "../gateway/codes.ts";
import type { BrokerOrder, BrokerOrderStatus } from "../gateway/reports.ts";
import type { Book, OpenOrder } from "../orders/book.ts";
import { type Fact, orderFact } from "../orders/facts.ts";

/**
 * What an error said of an order that the broker knew: that it is over, and why. How much had filled by then, an error
 * has no word on: that is in its last status, or in the broker's lists.
 */
export interface SaidOver {
  readonly status: "canceled" | "rejected";
  readonly reason: string;
}

/** What a message of the broker about one order amounts to. */
export interface OrderNews {
  readonly facts: readonly Fact[];
  /** The broker counts more filled than our executions: they must be asked for. */
  readonly executionsMissing?: boolean;
  /** An error calls the order over. */
  readonly saidOver?: SaidOver;
  /** It holds the order inactive: a refusal that may still get its reason. */
  readonly inactive?: boolean;
  /** Why it does not cancel it: that may be asked again. */
  readonly cancelRefused?: string;
  /** It is at a cancel, and has not done it yet. */
  readonly cancelHeard?: boolean;
  /** It knows no such order, nor do we know yet whether it has it. */
  readonly cancelUnsettled?: boolean;
  /** What it said cannot be told apart: compare with its own lists, soon or at once. */
  readonly reconcile?: "soon" | "now";
  /** The gateway takes no orders at all: its API is read-only. */
  readonly readOnly?: boolean;
}

const NOTHING: OrderNews = { facts: [] };

/**
 * The broker's word on an order (openOrder or orderStatus), against what the book has of it. Repetitions are normal
 * and give nothing; fills are counted by executions alone (tws.md 5.6), and an order ends when all are there that its
 * last status counts.
 *
 * @param said what an error said of it before
 */
export function orderNews(
  book: Book,
  id: ClientOrderId,
  report: BrokerOrder | BrokerOrderStatus,
  said?: SaidOver,
): OrderNews {
  const order = book.open.get(id);
  if (order === undefined) return NOTHING;
  const known = { permId: report.permId };
  const missing = (report.filledQuantity ?? 0) > order.filledQuantity;
  switch (report.status) {
    case "PreSubmitted":
    case "Submitted":
      return { facts: isNews(order, report) ? [accepted(order, known)] : [], executionsMissing: missing };
    case "Filled":
      return { facts: [], executionsMissing: order.filledQuantity < order.quantity };
    case "Cancelled":
    case "ApiCancelled":
      if (missing) return { facts: [], executionsMissing: true };
      return { facts: [over(order, report, said ?? { status: "canceled", reason: "canceled at the broker" })] };
    case "Inactive":
      if (missing) return { facts: [], executionsMissing: true };
      return said === undefined ? { facts: [], inactive: true } : { facts: [over(order, report, said)] };
    case "PendingCancel":
      return { facts: [], cancelHeard: true };
    default:
      // PendingSubmit, ApiPending: on its way, nothing certain yet.
      return NOTHING;
  }
}

function isNews(order: OpenOrder, report: BrokerOrder | BrokerOrderStatus): boolean {
  if (order.status === "submitted" || order.status === "unknown") return true;
  return order.permId === null && report.permId !== null;
}

/** A known order is at the broker: with what is filled already, its status says so. */
export function accepted(order: OpenOrder, known: { readonly permId: number | null }): Fact {
  return orderFact(order, order.filledQuantity > 0 ? "partially-filled" : "accepted", null, known);
}

/** A cancel is told by the report's own words, where it has some; a refusal by the error, which alone has its reason. */
export function over(
  order: OpenOrder,
  report: Pick<BrokerOrder, "permId" | "text">,
  { status, reason }: SaidOver,
  filledQuantity = order.filledQuantity,
): Fact {
  const why = status === "canceled" ? report.text || reason : reason;
  return orderFact(order, status, why, { permId: report.permId, filledQuantity });
}

/** The broker's word that an order is inactive, which counts no more filled than our executions. */
export type InactiveReport = Pick<BrokerOrder, "permId">;

/**
 * An error that names one of our orders.
 *
 * @param report that it is inactive, when the broker said so before; the error is the reason of it
 */
export function errorNews(
  book: Book,
  id: ClientOrderId,
  code: number,
  text: string,
  report?: InactiveReport,
): OrderNews {
  const order = book.open.get(id);
  if (order === undefined) return NOTHING;
  const reason = `${code}: ${text}`;
  switch (meaningForOrder(code, text)) {
    case "rejected":
      if (ENDS_WORKING_ORDERS.has(code)) return saidRejected(order, report, reason);
      // The first word on it: a message that the gateway could not take, so the broker never worked it.
      if (order.status === "submitted") return { facts: [orderFact(order, "rejected", reason)] };
      // A refused cancel or modification leaves a working order as it was.
      if (order.status !== "unknown") return { facts: [], reconcile: "soon" };
      return { facts: [orderFact(order, "rejected", reason)] };
    case "read-only":
      // A cancel is refused as well, and says nothing of its order.
      if (order.status !== "submitted") return { facts: [], readOnly: true, cancelRefused: reason };
      return { facts: [orderFact(order, "rejected", reason)], readOnly: true };
    case "canceled":
      return { facts: [], saidOver: { status: "canceled", reason } };
    case "warning":
      return NOTHING;
    case "not-cancelable":
    case "not-found":
      // The lists are read first: when they have it, it is asked again.
      if (order.status === "submitted" || order.status === "unknown") {
        return { facts: [], cancelUnsettled: true, reconcile: "soon" };
      }
      // "cannot be cancelled, state: PendingCancel": it was asked for once more while the broker is at it.
      if (/state: PendingCancel\b/.test(text)) return { facts: [], cancelHeard: true };
      return { facts: [], cancelRefused: reason, reconcile: "soon" };
    case "unknown":
      return { facts: order.status === "unknown" ? [] : [orderFact(order, "unknown", reason)], reconcile: "soon" };
  }
}

/**
 * Also the first word of a refusal is no proof that the order never worked: not every status is told, executions may lag
 * behind, and they alone are the authority for fills (tws.md 5.6, 7.1). One that is inactive already has told all of it;
 * for the others the lists are asked at once, so that a refusal is still known within a second.
 */
function saidRejected(order: OpenOrder, inactive: InactiveReport | undefined, reason: string): OrderNews {
  const said: SaidOver = { status: "rejected", reason };
  if (inactive !== undefined) return { facts: [over(order, { ...inactive, text: "" }, said)] };
  return { facts: [], saidOver: said, ...(order.status === "submitted" ? { reconcile: "now" as const } : {}) };
}

/** A 201 also ends an order that worked: the exchange refuses it later, or credit runs out. */
const ENDS_WORKING_ORDERS: ReadonlySet<number> = new Set([201, 203]);
