import type { ClientOrderId, Execution } from "#libs/contracts/mod.ts";
import { approvedAtMost, type Book, type ClosedOrder } from "./book.ts";
import type { Fact } from "./facts.ts";
import { exactShares } from "./holdings.ts";

/**
 * The event that an order which is over gets when executions, or corrections, made its last figure wrong: the ledger
 * tells what the broker filled, whatever was believed of the end. Undefined while the last event still says it. Shares
 * that the end counted before their executions were known make no such event when these come.
 */
export function toldAnew(book: Book, id: ClientOrderId, permId: number | null = null): Fact | undefined {
  const end = book.closed.get(id);
  if (end === undefined || end.filledQuantity === end.toldQuantity) return undefined;
  const executions = [...book.executions.values()].filter(({ clientOrderId }) => clientOrderId === id);
  const [one] = executions;
  if (one === undefined) return undefined;
  const { filledQuantity, quantity } = end;
  const isFilled = end.status === "filled" || filledQuantity >= quantity;
  return {
    kind: "order",
    event: {
      clientOrderId: id,
      parentClientOrderId: end.parentClientOrderId,
      symbol: one.symbol,
      side: one.side,
      status: isFilled ? "filled" : end.status,
      orderId: end.orderId,
      permId: end.permId ?? permId,
      filledQuantity,
      leavesQuantity: isFilled ? 0 : exactShares(quantity - filledQuantity),
      averagePrice: averagePriceOf(executions.filter(({ replacedBy }) => replacedBy === null)),
      reason: reasonOf(end),
    },
  };
}

function reasonOf({ status, filledQuantity, toldQuantity, quantity }: ClosedOrder): string {
  if (filledQuantity > approvedAtMost(quantity)) return `${quantity} were approved, and the broker filled more`;
  if (filledQuantity > toldQuantity) return `filled after it was over as ${status}, with ${toldQuantity} filled`;
  return `the broker corrected its executions: ${toldQuantity} were told before`;
}

function averagePriceOf(executions: readonly Pick<Execution, "quantity" | "price">[]): number | null {
  const shares = executions.reduce((sum, { quantity }) => sum + quantity, 0);
  return shares > 0 ? executions.reduce((sum, { quantity, price }) => sum + quantity * price, 0) / shares : null;
}

/** What an event says of its order that nobody approved or expects. */
export type Surprise = "overfilled" | "after-end" | "corrected";

/** Ask before the event is applied to the book. Null for what is as it should be. */
export function surpriseIn({ open, closed }: Book, fact: Fact): Surprise | null {
  if (fact.kind !== "order") return null;
  const { clientOrderId, filledQuantity } = fact.event;
  const end = closed.get(clientOrderId);
  const quantity = (end ?? open.get(clientOrderId))?.quantity;
  if (quantity === undefined) return null;
  if (filledQuantity > approvedAtMost(quantity) && filledQuantity !== end?.toldQuantity) return "overfilled";
  if (end === undefined || filledQuantity === end.toldQuantity) return null;
  return filledQuantity > end.toldQuantity ? "after-end" : "corrected";
}
