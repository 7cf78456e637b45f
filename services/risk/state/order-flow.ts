import type { Approval, OrderEvent } from "#libs/contracts/mod.ts";
import type { Book, OpenOrder, RecentOrder } from "./book.ts";
import { termsOf } from "./terms.ts";

/** Orders looked back on; as many as MAX_ORDERS_PER_MINUTE and MAX_CANCELS_PER_MINUTE allow at the most. */
const RECENT_ORDERS_MAX = 2000;
/** The longest window that the settings allow. */
const LONGEST_WINDOW_MS = 3_600_000;
/** The window of MAX_CANCELS_PER_MINUTE. */
const CANCEL_WINDOW_MS = 60_000;

export function recentOrderOf({ intent, reducesRisk, approvedAtMonotonicMs }: Approval): RecentOrder {
  const { clientOrderId, strategy, symbol, side, quantity } = intent;
  return {
    clientOrderId,
    strategy,
    symbol,
    side,
    quantity,
    terms: termsOf(intent.order),
    isEntry: !reducesRisk,
    approvedAtMonotonicMs,
    unfilled: false,
  };
}

/**
 * Puts an approval in its place by the time it was decided: the ledger may have taken it after a later one. What is
 * further away than any window looks, also from before the machine's last boot, is forgotten.
 */
export function rememberApproval(book: Book, approval: Approval): void {
  const order = recentOrderOf(approval);
  const { approvedAtMonotonicMs: atMs } = order;
  const kept = book.recentOrders.filter(
    ({ approvedAtMonotonicMs }) => Math.abs(approvedAtMonotonicMs - atMs) <= LONGEST_WINDOW_MS,
  );
  const place = kept.findLastIndex(({ approvedAtMonotonicMs }) => approvedAtMonotonicMs <= atMs) + 1;
  book.recentOrders = kept.toSpliced(place, 0, order).slice(-RECENT_ORDERS_MAX);
}

/**
 * Counts how an order ended. Protective orders and those of a one-cancels-all group do not count: the broker cancels
 * them because another filled.
 *
 * @param at machine wall clock of the event, epoch milliseconds
 */
export function rememberEnd(book: Book, order: OpenOrder, event: OrderEvent, tradingDay: string, at: number): void {
  const isFilled = event.filledQuantity > 0 || order.executed > 0 || event.status === "filled";
  if (!isFilled) {
    const index = book.recentOrders.findLastIndex(({ clientOrderId }) => clientOrderId === order.clientOrderId);
    const recent = book.recentOrders[index];
    if (recent) book.recentOrders = book.recentOrders.with(index, { ...recent, unfilled: true });
  }
  if (order.role === "protective" || order.oneCancelsAll !== undefined) return;
  const isCanceled = event.status === "canceled" && !isFilled;
  if (!isFilled && !isCanceled) return;
  const known = book.flow.get(order.strategy);
  const { canceled, filled } = known?.tradingDay === tradingDay ? known : { canceled: 0, filled: 0 };
  book.flow.set(order.strategy, {
    tradingDay,
    canceled: canceled + (isCanceled ? 1 : 0),
    filled: filled + (isFilled ? 1 : 0),
  });
  if (!isCanceled) return;
  const kept = book.recentCancels.filter((cancel) => cancel.at > at - CANCEL_WINDOW_MS);
  book.recentCancels = [...kept, { strategy: order.strategy, at }].slice(-RECENT_ORDERS_MAX);
}
