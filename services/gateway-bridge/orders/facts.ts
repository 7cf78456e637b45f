import type { ClientOrderId, Fill, OrderEvent, OrderStatus } from "#libs/contracts/mod.ts";
import { approvedAtMost, type Book, type OpenOrder } from "./book.ts";
import type { Leg } from "./legs.ts";

/** Something that happened, to be recorded in the ledger and applied to the book. */
export type Fact =
  | { readonly kind: "order"; readonly event: OrderEvent }
  | { readonly kind: "fill"; readonly fill: Fill };

/** The event that brings an open order to a new status. */
export function orderFact(
  order: OpenOrder,
  status: OrderStatus,
  reason: string | null,
  known: {
    readonly permId?: number | null;
    readonly filledQuantity?: number;
    readonly averagePrice?: number | null;
  } = {},
): Fact {
  const filledQuantity = known.filledQuantity ?? order.filledQuantity;
  return {
    kind: "order",
    event: {
      clientOrderId: order.clientOrderId,
      parentClientOrderId: order.parentClientOrderId,
      symbol: order.symbol,
      side: order.side,
      status,
      orderId: order.orderId,
      permId: known.permId ?? order.permId,
      filledQuantity,
      // Filled is over, also below what was asked for: its group at the broker may have reduced it.
      leavesQuantity: status === "filled" ? 0 : Math.max(0, order.quantity - filledQuantity),
      averagePrice: known.averagePrice === undefined ? order.averagePrice : known.averagePrice,
      reason,
    },
  };
}

/** The first event of an order: nothing is filled, and the broker does not know it yet. */
export function firstEvent(leg: Leg, status: OrderStatus, orderId: number | null, reason: string | null): OrderEvent {
  return {
    clientOrderId: leg.clientOrderId,
    parentClientOrderId: leg.parentClientOrderId,
    symbol: leg.symbol,
    side: leg.side,
    status,
    orderId,
    permId: null,
    filledQuantity: 0,
    leavesQuantity: leg.quantity,
    averagePrice: null,
    reason,
  };
}

/**
 * What an execution or its correction makes of its order: `partially-filled` or `filled`, by our own count. Call it
 * after the fill was applied to the book. Undefined for an order that is not open: its fill is recorded all the same,
 * and what it makes of the order is `after-end.ts`.
 *
 * @param permId as the execution names it; often the first word of it
 * @param reason what is to be known of the fill; null for nothing
 */
export function fillProgress(
  book: Book,
  id: ClientOrderId,
  permId: number | null = null,
  reason: string | null = null,
): Fact | undefined {
  const order = book.open.get(id);
  if (order === undefined || order.filledQuantity <= 0) return undefined;
  const beyond = order.filledQuantity > approvedAtMost(order.quantity);
  const why = beyond ? `${order.quantity} were approved, and the broker filled more` : reason;
  return orderFact(order, order.filledQuantity >= order.quantity ? "filled" : "partially-filled", why, { permId });
}
