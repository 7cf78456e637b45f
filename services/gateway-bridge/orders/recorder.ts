import { randomUUID } from "node:crypto";
import type { Bus } from "#libs/bus/mod.ts";
import {
  type AcceptedPosition,
  acceptedPositionMessage,
  type ClientOrderId,
  type ForeignOrder,
  fillMessage,
  foreignOrderMessage,
  orderEventMessage,
} from "#libs/contracts/mod.ts";
import { applyAccepted, applyFill, applyForeignOrder, applyOrderEvent, type Book } from "./book.ts";
import type { Fact } from "./facts.ts";

export interface RecorderOptions {
  readonly bus: Bus;
  readonly book: Book;
  readonly marketNowMs: () => number | null;
  /** The ledger refused a fact: the process must end; what the broker knows is read again at the next start. */
  readonly onRefused: (error: unknown) => void;
}

/**
 * Takes facts in: they count in the working book at once, so that the next message of the broker is compared with
 * them, and are recorded in the ledger in the same order.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #listeners: ((fact: Fact) => void)[] = [];

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Calls back after each fact was applied to the working book. */
  onFact(listener: (fact: Fact) => void): void {
    this.#listeners.push(listener);
  }

  take(facts: readonly Fact[]): void {
    for (const fact of facts) this.#takeOne(fact);
  }

  /** Resolves when the operator's word is on the disk. */
  async accept(accepted: AcceptedPosition): Promise<void> {
    const { bus, book, onRefused } = this.#options;
    const id = `accepted-${randomUUID()}`;
    applyAccepted(book, accepted, id);
    await bus.record(acceptedPositionMessage, [accepted.symbol], accepted, { id }).catch(onRefused);
  }

  takeForeign(orders: readonly ForeignOrder[]): void {
    const { bus, book, onRefused } = this.#options;
    for (const order of orders) {
      applyForeignOrder(book, order);
      bus.record(foreignOrderMessage, [String(order.permId)], order).catch(onRefused);
    }
  }

  #takeOne(fact: Fact): void {
    const { bus, book, marketNowMs, onRefused } = this.#options;
    const causedBy = causeOf(book, fact);
    let recorded: Promise<unknown>;
    if (fact.kind === "order") {
      applyOrderEvent(book, fact.event, marketNowMs());
      recorded = bus.record(orderEventMessage, [fact.event.clientOrderId], fact.event, { causedBy });
    } else {
      applyFill(book, fact.fill);
      const kind = fact.fill.kind === "execution" ? "fill" : "commission";
      const id = `${kind}-${fact.fill.executionId}`;
      recorded = bus.record(fillMessage, [fact.fill.symbol], fact.fill, { causedBy, id });
    }
    recorded.catch(onRefused);
    for (const listener of this.#listeners) listener(fact);
  }
}

/** The approval that led to it, so that an order can be followed from tick to fill. */
function causeOf(book: Book, fact: Fact): string | null {
  const id: ClientOrderId | null =
    fact.kind === "order"
      ? fact.event.clientOrderId
      : fact.fill.kind === "execution"
        ? fact.fill.clientOrderId
        : (book.executions.get(fact.fill.executionId)?.clientOrderId ?? null);
  if (id === null) return null;
  return book.open.get(id)?.messageId ?? book.pending.get(id)?.messageId ?? null;
}
