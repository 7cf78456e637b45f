import type { OrderIntent } from "#libs/contracts/mod.ts";
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
  const { repeatedExecutionWindowMs, orderLoopWindowMs, duplicateWindowMs } = limits;
  const longestMs = Math.max(RATE_WINDOW_MS, repeatedExecutionWindowMs, orderLoopWindowMs, duplicateWindowMs);
  const { strategy, symbol, quantity } = intent;
  const { recentOrders, decisions } = book;
  const inBook = recentOrders.length;
  let ordersLastMinute = 0;
  let repeated = 0;
  let reversals = 0;
  let { side } = intent;
  let twin: Flow["twin"] = null;
  for (let index = inBook + reservedRecent.length - 1; index >= 0; index -= 1) {
    const isReserved = index >= inBook;
    const order = isReserved ? reservedRecent[index - inBook] : recentOrders[index];
    if (order === undefined || (isReserved && decisions.has(order.clientOrderId))) continue;
    const ageMs = now.monotonicMs - order.approvedAtMonotonicMs;
    // Below zero: from before the machine's last boot.
    if (ageMs < 0) continue;
    if (ageMs >= longestMs) {
      if (isReserved) continue;
      break;
    }
    if (ageMs < RATE_WINDOW_MS) ordersLastMinute += 1;
    if (order.symbol !== symbol) continue;
    const isSameWay = order.isEntry && order.side === intent.side;
    if (isSameWay && order.quantity === quantity && ageMs < duplicateWindowMs) {
      if (twin === null && order.terms === termsOf(intent.order)) twin = { clientOrderId: order.clientOrderId, ageMs };
    }
    if (order.strategy !== strategy) continue;
    if (isSameWay && !order.unfilled && ageMs < repeatedExecutionWindowMs) repeated += 1;
    if (order.side !== side && ageMs < orderLoopWindowMs) {
      reversals += 1;
      ({ side } = order);
    }
  }
  return { ordersLastMinute, repeated, reversals, twin };
}
