import { clientOrderIdSchema, type ForeignOrder } from "#libs/contracts/mod.ts";
import type { Book } from "./book.ts";
import { dropOrder, putOrder } from "./working.ts";

/**
 * An order of somebody else at the broker counts in the exposure of its symbol and in the number of open orders for as
 * long as it works, as an entry of its side: what it fills comes as the broker's word on the position. Its name is
 * taken, so that no order of ours can be mistaken for it.
 */
export function applyForeignOrder(book: Book, order: ForeignOrder, tradingDay: string): void {
  const { permId, symbol, side, leavesQuantity, price, status } = order;
  const clientOrderId = clientOrderIdSchema.parse(`foreign-${permId}`);
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
    fingerprint: "not decided here",
    expiresAt: 0,
    holdOvernight: false,
    over: false,
  });
}
