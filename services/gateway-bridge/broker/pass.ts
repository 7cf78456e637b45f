import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { BrokerExecution, BrokerList, BrokerOrder, BrokerOrderStatus } from "../gateway/reports.ts";
import type { BrokerPicture } from "./reconcile.ts";

/** What a pass gathers; the positions are kept from pass to pass, and are the desk's. */
export type Gathered = Omit<BrokerPicture, "positions">;

/** One reading of the broker's lists, gathered entry by entry until every list has ended. */
export class Pass {
  readonly considered: ReadonlySet<ClientOrderId>;
  readonly startedAtMs: number;
  readonly onDone: (gathered: Gathered) => void;
  readonly #open: BrokerOrder[] = [];
  readonly #completed: BrokerOrder[] = [];
  readonly #executions: BrokerExecution[] = [];
  readonly #awaited: Set<BrokerList>;

  constructor(options: {
    readonly lists: readonly BrokerList[];
    readonly considered: ReadonlySet<ClientOrderId>;
    readonly startedAtMs: number;
    readonly onDone: (gathered: Gathered) => void;
  }) {
    this.#awaited = new Set(options.lists);
    this.considered = options.considered;
    this.startedAtMs = options.startedAtMs;
    this.onDone = options.onDone;
  }

  addOpen(order: BrokerOrder): void {
    if (this.#awaited.has("open-orders")) this.#open.push(order);
  }

  /** A status follows each order of the list, and alone says how much of it is filled. */
  addStatus({ permId, status, filledQuantity }: BrokerOrderStatus): void {
    if (permId === null || !this.#awaited.has("open-orders")) return;
    const at = this.#open.findLastIndex((order) => order.permId === permId);
    const order = this.#open[at];
    if (order !== undefined) this.#open[at] = { ...order, status, filledQuantity };
  }

  addExecution(execution: BrokerExecution): void {
    this.#executions.push(execution);
  }

  addCompleted(order: BrokerOrder): void {
    this.#completed.push(order);
  }

  /** @returns whether this was the last list. */
  end(list: BrokerList): boolean {
    if (!this.#awaited.delete(list) || this.#awaited.size > 0) return false;
    this.onDone({ openOrders: this.#open, completedOrders: this.#completed, executions: this.#executions });
    return true;
  }
}
