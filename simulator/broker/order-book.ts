import { type BrokerOrder, isLive } from "./order.ts";

/** Every order the broker has seen, by perm id and by its owner's order id, and the ids already used. */
export class OrderBook {
  readonly #live = new Map<number, BrokerOrder>();
  readonly #completed: BrokerOrder[] = [];
  readonly #byOwner = new Map<string, BrokerOrder>();
  readonly #highestOrderIds = new Map<number, number>();
  #lastManualOrderId = 0;

  get live(): BrokerOrder[] {
    return [...this.#live.values()];
  }

  /** Filled, cancelled and rejected orders, in the order in which they ended. */
  get completed(): readonly BrokerOrder[] {
    return this.#completed;
  }

  /** A live order; undefined once it is done. */
  liveOrder(permId: number): BrokerOrder | undefined {
    return this.#live.get(permId);
  }

  /** The order a client knows by this id, live or done. */
  ofOwner(clientId: number, orderId: number): BrokerOrder | undefined {
    return this.#byOwner.get(ownerKey(clientId, orderId));
  }

  liveChildren(parentPermId: number): BrokerOrder[] {
    return this.live.filter((order) => order.parentPermId === parentPermId);
  }

  store(order: BrokerOrder): void {
    // Placed by hand and not bound, many have the id 0; nobody can name one by it.
    if (order.orderId !== 0) this.#byOwner.set(ownerKey(order.clientId, order.orderId), order);
    if (isLive(order)) {
      this.#live.set(order.permId, order);
    } else {
      this.#live.delete(order.permId);
      this.#completed.push(order);
    }
  }

  forget(order: BrokerOrder): void {
    this.#live.delete(order.permId);
    this.#byOwner.delete(ownerKey(order.clientId, order.orderId));
  }

  /** The id the gateway proposes to a client: above every one it used. */
  nextOrderId(clientId: number): number {
    return (this.#highestOrderIds.get(clientId) ?? 0) + 1;
  }

  /** An id for an order that was placed by hand: negative, never one a client would use. */
  nextManualOrderId(): number {
    this.#lastManualOrderId -= 1;
    return this.#lastManualOrderId;
  }

  useOrderId(clientId: number, orderId: number): void {
    this.#highestOrderIds.set(clientId, Math.max(orderId, this.nextOrderId(clientId) - 1));
  }

  rollBackOrderIds(count: number): void {
    for (const [clientId, highest] of this.#highestOrderIds) {
      this.#highestOrderIds.set(clientId, Math.max(0, highest - count));
    }
  }
}

function ownerKey(clientId: number, orderId: number): string {
  return `${clientId}/${orderId}`;
}
