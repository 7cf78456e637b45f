import type { Approval } from "#libs/contracts/mod.ts";
import type { OpenOrder, RecentEntry } from "./state/book.ts";
import { ordersOf } from "./state/orders.ts";

/**
 * What was approved and is not in the book yet: taken in the same step as the check, and given back when the ledger
 * holds the approval (the book counts it from then on) or has refused it for certain. While its fate is not known it
 * stays reserved.
 */
export class Reservations {
  readonly #orders = new Map<string, OpenOrder>();
  readonly #entries = new Map<string, RecentEntry>();

  get orders(): ReadonlyMap<string, OpenOrder> {
    return this.#orders;
  }

  get entries(): readonly RecentEntry[] {
    return [...this.#entries.values()];
  }

  take(approval: Approval): void {
    for (const order of ordersOf(approval)) this.#orders.set(order.clientOrderId, order);
    if (approval.reducesRisk) return;
    const { clientOrderId, symbol, side, quantity } = approval.intent;
    const { approvedAtMonotonicMs } = approval;
    this.#entries.set(clientOrderId, { clientOrderId, symbol, side, quantity, approvedAtMonotonicMs });
  }

  /** Gives back what was taken under this order id. */
  release(clientOrderId: string): void {
    this.#entries.delete(clientOrderId);
    for (const [id, order] of this.#orders) if (order.group === clientOrderId) this.#orders.delete(id);
  }
}
