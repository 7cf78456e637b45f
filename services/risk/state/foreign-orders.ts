import { clientOrderIdSchema, type ForeignOrder } from "#libs/contracts/mod.ts";
import type { Book, OpenOrder } from "./book.ts";
import { dropOrder, putOrder } from "./working.ts";

/** What is known of the terms of an order that was never approved here. */
export const NOT_DECIDED_HERE = "not decided here";

const PREFIX = "foreign-";

/** Whether an order was placed by hand or by another program: it was never approved here, and is never touched. */
export const isForeign = ({ decisions }: Book, { clientOrderId }: Pick<OpenOrder, "clientOrderId">): boolean =>
  decisions.get(clientOrderId)?.fingerprint === NOT_DECIDED_HERE;

/** `sell 50 SPY (permId 77)`: as the operator finds it at the broker. */
export function foreignName({ clientOrderId, side, quantity, symbol }: OpenOrder): string {
  const id = clientOrderId.startsWith(PREFIX) ? `permId ${clientOrderId.slice(PREFIX.length)}` : clientOrderId;
  return `${side} ${quantity} ${symbol} (${id})`;
}

/**
 * An order of somebody else at the broker counts in the exposure of its symbol and in the number of open orders for as
 * long as it works, as an entry of its side: what it fills comes as the broker's word on the position. Its name is
 * taken, so that no order of ours can be mistaken for it.
 */
export function applyForeignOrder(book: Book, order: ForeignOrder, tradingDay: string): void {
  const { permId, symbol, side, leavesQuantity, price, status } = order;
  const clientOrderId = clientOrderIdSchema.parse(`${PREFIX}${permId}`);
  if (status === "over" || leavesQuantity === 0) {
    const known = book.orders.get(clientOrderId);
    if (known !== undefined) dropOrder(book, known);
    return;
  }
  putOrder(book, {
    clientOrderId,
    group: clientOrderId,
    role: "entry",
    strategy: "unknown",
    symbol,
    side,
    quantity: leavesQuantity,
    worstPrice: price ?? 0,
    // Whether it rests at its price or waits for a trigger is not told.
    restsAt: null,
    holdOvernight: false,
    status: "accepted",
    executed: 0,
    correctedAway: 0,
    settled: null,
  });
  book.decisions.set(clientOrderId, {
    outcome: "approved",
    clientOrderId,
    tradingDay,
    fingerprint: NOT_DECIDED_HERE,
    expiresAt: 0,
    holdOvernight: false,
    over: false,
  });
}
