import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { Book, OpenOrder } from "../orders/book.ts";
import { type Fact, orderFact } from "../orders/facts.ts";
import type { BracketState } from "./brackets.ts";
import { fixedCommission } from "./commission.ts";

/*
 * What the ledger says of a dry-run that was killed. Its records are written one after the other, in the order they
 * were decided in, so it ends between any two of them: what it holds is a beginning of what was decided.
 */

/**
 * The records that are missing behind those that are there: the commission of the last execution and what it made of
 * its order, the acceptance of a bracket's exits, and the end of orders that never came to the engine.
 */
export function unrecorded(book: Book): Fact[] {
  return [...book.open.values()].flatMap((order) => {
    if (order.status === "submitted" || order.status === "unknown") {
      if (wasPlacedWith(book, order.parentClientOrderId)) return [orderFact(order, "accepted", null)];
      return [orderFact(order, "not-sent", "the bridge ended between recording and placing it")];
    }
    if (order.filledQuantity <= 0) return [];
    const status = order.filledQuantity >= order.quantity ? "filled" : "partially-filled";
    return [
      ...unrecordedCommissions(book, order),
      ...(status === order.status ? [] : [orderFact(order, status, null)]),
    ];
  });
}

/** A bracket is placed whole, and its entry is accepted first. */
function wasPlacedWith(book: Book, entry: ClientOrderId | null): boolean {
  if (entry === null) return false;
  const open = book.open.get(entry);
  return open !== undefined && open.status !== "submitted" && open.status !== "unknown";
}

function unrecordedCommissions(book: Book, { clientOrderId }: OpenOrder): Fact[] {
  const facts: Fact[] = [];
  let [shares, value, paid] = [0, 0, 0];
  for (const [executionId, execution] of book.executions) {
    if (execution.clientOrderId !== clientOrderId) continue;
    shares += execution.quantity;
    value += execution.quantity * execution.price;
    const commission = execution.commission ?? Math.round((fixedCommission(shares, value) - paid) * 100) / 100;
    paid += commission;
    if (execution.commission !== null) continue;
    facts.push({ kind: "fill", fill: { kind: "commission", executionId, symbol: execution.symbol, commission } });
  }
  return facts;
}

/** One-cancels-all groups, by their name at the venue, of which an order was filled: they take no more orders. */
export function filledGroups(book: Book): string[] {
  return [...book.open.values(), ...book.closed.values()].flatMap(({ oneCancelsAllGroup, filledQuantity }) =>
    oneCancelsAllGroup !== null && filledQuantity > 0 ? [oneCancelsAllGroup] : [],
  );
}

/** What the entry filled, and its exits closed, those that are over included. */
export function bracketOf({ open, closed, executions }: Book, entry: ClientOrderId): BracketState {
  let exitFilled = 0;
  const exits = new Set<ClientOrderId | null>();
  for (const [id, { parentClientOrderId, filledQuantity }] of [...open, ...closed]) {
    if (parentClientOrderId !== entry) continue;
    exitFilled += filledQuantity;
    exits.add(id);
  }
  let lastExit: ClientOrderId | null = null;
  for (const { clientOrderId } of executions.values()) if (exits.has(clientOrderId)) lastExit = clientOrderId;
  const entryFilled = open.get(entry)?.filledQuantity ?? closed.get(entry)?.filledQuantity ?? 0;
  return { entryFilled, entryOver: !open.has(entry), exitFilled, lastExit };
}

export function executedOf(
  book: Book,
  order: OpenOrder,
): { filledValue: number; executions: number; commission: number } {
  let [filledValue, executions, commission] = [0, 0, 0];
  for (const execution of book.executions.values()) {
    if (execution.clientOrderId !== order.clientOrderId) continue;
    filledValue += execution.quantity * execution.price;
    executions += 1;
    commission += execution.commission ?? 0;
  }
  return { filledValue, executions, commission };
}
