import type { Book } from "./book.ts";
import { dropOrder } from "./working.ts";

/**
 * Forgets what is older than ten trading days, so that memory is bounded. Runs when a session day begins. An order
 * that is over and whose executions never came is let go of too: the broker's word on the position has settled it.
 */
export function prune(book: Book): void {
  const keptFrom = book.session?.keptFrom;
  if (keptFrom === undefined) return;
  for (const order of [...book.orders.values()]) if (order.settled !== null) dropOrder(book, order);
  for (const [strategy, { tradingDay }] of book.flow) if (tradingDay < keptFrom) book.flow.delete(strategy);
  for (const [id, decided] of book.decisions) {
    if (decided.tradingDay < keptFrom && !book.orders.has(id)) book.decisions.delete(id);
  }
  for (const [id, execution] of book.executions) {
    if (execution.tradingDay < keptFrom) book.executions.delete(id);
  }
  for (const [symbol, entry] of book.symbols) {
    // The newest day is kept however old: what it ended with is what is held.
    const days = entry.days.filter((day, index) => day.tradingDay >= keptFrom || index === entry.days.length - 1);
    const last = days.at(-1);
    const isForgotten =
      (last === undefined || (last.tradingDay < keptFrom && last.end.quantity === 0)) && entry.explained;
    if (isForgotten && entry.reported === null) book.symbols.delete(symbol);
    else if (days.length < entry.days.length) book.symbols.set(symbol, { ...entry, days });
  }
}
