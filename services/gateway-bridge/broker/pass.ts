import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { BrokerList, BrokerOrder } from "../gateway/reports.ts";
import type { BrokerPicture } from "./reconcile.ts";

/** One reading of the broker's lists, gathered entry by entry until every list has ended. */
export class Pass {
  readonly considered: ReadonlySet<ClientOrderId>;
  readonly startedAtMs: number;
  readonly onDone: (picture: BrokerPicture) => void;
  readonly #open: BrokerOrder[] = [];
  readonly #completed: BrokerOrder[] = [];
  readonly #awaited: Set<BrokerList>;

  constructor(options: {
    readonly lists: readonly BrokerList[];
    readonly considered: ReadonlySet<ClientOrderId>;
    readonly startedAtMs: number;
    readonly onDone: (picture: BrokerPicture) => void;
  }) {
    this.#awaited = new Set(options.lists);
    this.considered = options.considered;
    this.startedAtMs = options.startedAtMs;
    this.onDone = options.onDone;
  }

  addOpen(order: BrokerOrder): void {
    if (this.#awaited.has("open-orders")) this.#open.push(order);
  }

  addCompleted(order: BrokerOrder): void {
    this.#completed.push(order);
  }

  /** @returns whether this was the last list. */
  end(list: BrokerList): boolean {
    if (!this.#awaited.delete(list) || this.#awaited.size > 0) return false;
    this.onDone({ openOrders: this.#open, completedOrders: this.#completed });
    return true;
  }
}
