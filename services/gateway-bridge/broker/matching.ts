import { type ClientOrderId, clientOrderIdSchema } from "#libs/contracts/mod.ts";
import type { Book } from "../orders/book.ts";

/** What the broker tells of an order's identity. */
export interface BrokerIdentity {
  /** Undefined where the message carries no reference at all (order statuses, errors). */
  readonly orderRef?: string;
  readonly permId: number | null;
  readonly clientId: number | null;
  readonly orderId: number;
}

/**
 * Which of our open orders a broker message is about; undefined when it is about none.
 *
 * - By `orderRef`, which is ours and survives everything, unless the `permId` says that another order bears it: an
 *   order copied by hand in TWS may take the reference of the original along.
 * - By the session's order id, but only for a message that carries no reference, only when our client placed it, and
 *   only while the order is not known under another `permId`: ids roll back and other clients use the same numbers
 *   (tws.md 0.6). Every order we write bears a reference, so one that is listed without it, or with another, is not
 *   ours, whatever its number.
 * - By `permId`, which is the broker's own and stable. After the number: a gateway that tells two orders under one
 *   `permId` would have the end of the one end the other.
 */
export function openOrderOf(book: Book, identity: BrokerIdentity, ownClientId: number): ClientOrderId | undefined {
  if (identity.orderRef !== undefined) {
    const named = ourRef(book, identity.orderRef);
    if (named !== undefined) return book.open.has(named) && !isAnother(book, named, identity) ? named : undefined;
  }
  const byOrderId = ownNumber(book, identity, ownClientId);
  if (byOrderId !== undefined) return byOrderId;
  if (identity.permId === null) return undefined;
  for (const [id, order] of book.open) if (order.permId === identity.permId) return id;
  return undefined;
}

/** By the session's order id, unless the order is known under another `permId` than the message names. */
function ownNumber(book: Book, identity: BrokerIdentity, ownClientId: number): ClientOrderId | undefined {
  if (identity.orderRef !== undefined || identity.orderId <= 0) return undefined;
  if (identity.clientId !== null && identity.clientId !== ownClientId) return undefined;
  for (const [id, order] of book.open) {
    if (order.orderId === identity.orderId && !isAnother(book, id, identity)) return id;
  }
  return undefined;
}

/** Which of our orders, open or over, the broker's message is about. */
export function ownOrderOf(book: Book, identity: BrokerIdentity, ownClientId: number): ClientOrderId | undefined {
  const named = identity.orderRef === undefined ? undefined : ourRef(book, identity.orderRef);
  if (named !== undefined) return isAnother(book, named, identity) ? undefined : named;
  return openOrderOf(book, identity, ownClientId);
}

/** Whether an orderRef names an order of this book, open or over. */
function ourRef(book: Book, orderRef: string): ClientOrderId | undefined {
  const parsed = clientOrderIdSchema.safeParse(orderRef);
  if (!parsed.success) return undefined;
  return book.open.has(parsed.data) || book.closed.has(parsed.data) ? parsed.data : undefined;
}

/** The broker knows our order under another permanent id than the message names: the message is not about it. */
function isAnother(book: Book, id: ClientOrderId, { permId }: BrokerIdentity): boolean {
  const known = (book.open.get(id) ?? book.closed.get(id))?.permId ?? null;
  return known !== null && permId !== null && known !== permId;
}
