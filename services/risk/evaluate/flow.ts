import type { OrderIntent } from "#libs/contracts/mod.ts";
import type { RecentOrder } from "../state/book.ts";
import { termsOf } from "../state/terms.ts";
import type { Moment, RiskView } from "./view.ts";

export const RATE_WINDOW_MS = 60_000;

/** What was sent lately, the judged order not among it, unless it says so. Ages are of the machine's monotonic clock. */
export interface Flow {
  /** Orders of all strategies in the last minute. */
  readonly ordersLastMinute: number;
  /** Entries of this strategy in this symbol and direction that executed or still may, within their window. */
  readonly repeated: number;
  /** Turns of this strategy in this symbol within their window, the judged order's own among them. */
  readonly reversals: number;
  /** The newest entry like this one, whoever sent it, within the window of duplicates. */
  readonly twin: { readonly clientOrderId: string; readonly ageMs: number } | null;
}

/** One pass over what was sent lately, newest first. */
export function flowOf(intent: OrderIntent, { book, reservedRecent, limits }: RiskView, now: Moment): Flow {
  const longestMs = Math.max(RATE_WINDOW_MS, limits.repeatedExecutionWindowMs, limits.orderLoopWindowMs);
  const terms = termsOf(intent.order);
  let ordersLastMinute = 0;
  let repeated = 0;
  let reversals = 0;
  let side = intent.side;
  let twin: Flow["twin"] = null;

  const count = (order: RecentOrder): boolean => {
    const ageMs = now.monotonicMs - order.approvedAtMonotonicMs;
    // Below zero: from before the machine's last boot.
    if (ageMs < 0) return true;
    if (ageMs >= longestMs) return false;
    if (ageMs < RATE_WINDOW_MS) ordersLastMinute += 1;
    if (order.symbol !== intent.symbol) return true;
    const isSameWay = order.isEntry && order.side === intent.side;
    if (isSameWay && order.quantity === intent.quantity && order.terms === terms && ageMs < limits.duplicateWindowMs) {
      twin ??= { clientOrderId: order.clientOrderId, ageMs };
    }
    if (order.strategy !== intent.strategy) return true;
    if (isSameWay && !order.unfilled && ageMs < limits.repeatedExecutionWindowMs) repeated += 1;
    if (order.side !== side && ageMs < limits.orderLoopWindowMs) {
      reversals += 1;
      side = order.side;
    }
    return true;
  };

  for (let index = reservedRecent.length - 1; index >= 0; index -= 1) {
    const order = reservedRecent[index];
    if (order !== undefined && !book.decisions.has(order.clientOrderId)) count(order);
  }
  for (let index = book.recentOrders.length - 1; index >= 0; index -= 1) {
    const order = book.recentOrders[index];
    if (order !== undefined && !count(order)) break;
  }
  return { ordersLastMinute, repeated, reversals, twin };
}
