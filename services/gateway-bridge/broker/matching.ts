import { type ClientOrderId, clientOrderIdSchema } from "#libs/contracts/mod.ts";
import type { Book } from "../orders/book.ts";

/** What the broker tells of an order's identity. */
export interface BrokerIdentity {
  readonly orderRef?: string;
  readonly permId: number | null;
  readonly clientId: number | null;
  readonly orderId: number;
}

/**
 * Which of our orders a broker message is about: by orderRef, which is ours and survives everything; else by permId,
 * which is the broker's own and stable; else by the session's order id, and only when our client placed it (ids roll
 * back and other clients use the same numbers: tws.md 0.6). Undefined for an order that is not open in our book.
 */
export function openOrderOf(book: Book, identity: BrokerIdentity, ownClientId: number): ClientOrderId | undefined {
  const byRef = refOf(identity.orderRef);
  if (byRef !== undefined && book.open.has(byRef)) return byRef;
  // A reference that names another order of ours (it is over) must not be matched to a third one by a number.
  if (byRef !== undefined && book.closed.has(byRef)) return undefined;
  for (const [id, order] of book.open) {
    if (identity.permId !== null && order.permId === identity.permId) return id;
  }
  if (identity.clientId !== null && identity.clientId !== ownClientId) return undefined;
  for (const [id, order] of book.open) {
    if (order.orderId === identity.orderId && identity.orderId > 0) return id;
  }
  return undefined;
}

/** Whether an orderRef names an order of this book, open or over. */
export function ourRef(book: Book, orderRef: string): ClientOrderId | undefined {
  const id = refOf(orderRef);
  return id !== undefined && (book.open.has(id) || book.closed.has(id)) ? id : undefined;
}

function refOf(orderRef: string | undefined): ClientOrderId | undefined {
  const parsed = clientOrderIdSchema.safeParse(orderRef);
  return parsed.success ? parsed.data : undefined;
}
