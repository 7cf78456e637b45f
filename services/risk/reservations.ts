import type { Approval } from "#libs/contracts/mod.ts";
import type { OpenOrder, RecentOrder } from "./state/book.ts";
import { recentOrderOf } from "./state/order-flow.ts";
import { ordersOf } from "./state/orders.ts";

/**
 * What was approved and is not in the book yet: taken in the same step as the check, and given back when the ledger
 * holds the approval (the book counts it from then on) or has refused it for certain. While its fate is not known it
 * stays reserved.
 */
export class Reservations {
  readonly #orders = new Map<string, OpenOrder>();
  readonly #recent = new Map<string, RecentOrder>();

  get orders(): ReadonlyMap<string, OpenOrder> {
    return this.#orders;
  }

  /** The same for the guards of the order flow, oldest first. */
  get recent(): readonly RecentOrder[] {
    return [...this.#recent.values()];
  }

  /** @param marketMs market time of the decision */
  take(approval: Approval, marketMs: number | null): void {
    for (const order of ordersOf(approval, marketMs)) this.#orders.set(order.clientOrderId, order);
    this.#recent.set(approval.intent.clientOrderId, recentOrderOf(approval));
  }

  /** Gives back what was taken under this order id. */
  release(clientOrderId: string): void {
    this.#recent.delete(clientOrderId);
    for (const [id, order] of this.#orders) if (order.group === clientOrderId) this.#orders.delete(id);
  }
}
