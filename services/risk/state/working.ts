import { type Book, leavesOf, type OpenOrder, type WorkingOrders, type WorkingSide } from "./book.ts";

const NONE: WorkingOrders = workingFrom([]);

export const workingOf = (book: Book, symbol: string): WorkingOrders => book.working.get(symbol) ?? NONE;

/** The only way into `book.orders`: the sums by symbol follow. */
export function putOrder(book: Book, order: OpenOrder): void {
  const { orders } = workingOf(book, order.symbol);
  const index = book.orders.has(order.clientOrderId)
    ? orders.findIndex((known) => known.clientOrderId === order.clientOrderId)
    : -1;
  book.orders.set(order.clientOrderId, order);
  book.working.set(order.symbol, workingFrom(index < 0 ? [...orders, order] : orders.with(index, order)));
}

/** The only way out of `book.orders`. */
export function dropOrder(book: Book, { clientOrderId, symbol }: OpenOrder): void {
  book.orders.delete(clientOrderId);
  const left = workingOf(book, symbol).orders.filter((order) => order.clientOrderId !== clientOrderId);
  if (left.length === 0) book.working.delete(symbol);
  else book.working.set(symbol, workingFrom(left));
}

/** The orders of each symbol, from all of them. */
export function workingBySymbol(all: Iterable<OpenOrder>): Map<string, WorkingOrders> {
  const bySymbol = new Map<string, OpenOrder[]>();
  for (const order of all) {
    const known = bySymbol.get(order.symbol);
    if (known) known.push(order);
    else bySymbol.set(order.symbol, [order]);
  }
  return new Map([...bySymbol].map(([symbol, orders]) => [symbol, workingFrom(orders)]));
}

// Added up anew, never corrected by a difference: sums of prices are not exact in binary, and must be the same after a
// replay as before the kill.
export function workingFrom(orders: readonly OpenOrder[]): WorkingOrders {
  return { orders, buys: sideOf(orders, "buy"), sells: sideOf(orders, "sell") };
}

function sideOf(orders: readonly OpenOrder[], side: OpenOrder["side"]): WorkingSide {
  let entryNotional = 0;
  let unpricedShares = 0;
  let exitShares = 0;
  for (const order of orders) {
    if (order.side !== side) continue;
    const leaves = leavesOf(order);
    if (order.role !== "entry") exitShares += leaves;
    else if (order.worstPrice === 0) unpricedShares += leaves;
    else entryNotional += leaves * order.worstPrice;
  }
  return { entryNotional, unpricedShares, exitShares };
}
