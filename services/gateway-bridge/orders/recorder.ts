import { randomUUID } from "node:crypto";
import type { Bus } from "#libs/bus/mod.ts";
import {
  type AcceptedPosition,
  acceptedPositionMessage,
  type CancelStanding,
  type ClientOrderId,
  cancelStandingMessage,
  type Fill,
  type ForeignOrder,
  fillMessage,
  foreignOrderMessage,
  orderEventMessage,
} from "#libs/contracts/mod.ts";
import {
  applyAccepted,
  applyCancelStanding,
  applyFill,
  applyForeignOrder,
  applyOrderEvent,
  type Book,
} from "./book.ts";
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
  /** The newest record: the ledger takes them in their order, so with it all before it are on the disk. */
  #newest: Promise<unknown> = Promise.resolve();

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

  /**
   * Takes cancels that are on their way, so that they outlive this process; those that stand already, and orders that are
   * over, need no word more. Resolves when that is on the disk, and what became of their orders until now.
   *
   * @throws what the ledger refused it with
   */
  async cancelsAccepted(ids: readonly ClientOrderId[], reason: string): Promise<void> {
    const { canceling, open, pending } = this.#options.book;
    const clientOrderIds = ids.filter((id) => !canceling.has(id) && (open.has(id) || pending.has(id)));
    if (clientOrderIds.length > 0) this.#takeStanding({ outcome: "accepted", clientOrderIds, reason });
    await this.#newest;
  }

  /** The broker refused the cancel of an order that works on; of one that nobody was promised, nothing is kept. */
  cancelRefused(clientOrderId: ClientOrderId, reason: string): void {
    if (!this.#options.book.canceling.has(clientOrderId)) return;
    this.#takeStanding({ outcome: "refused", clientOrderId, reason });
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
    const { bus, book, marketNowMs } = this.#options;
    const causedBy = causeOf(book, fact);
    let recorded: Promise<unknown>;
    if (fact.kind === "order") {
      applyOrderEvent(book, fact.event, marketNowMs());
      recorded = bus.record(orderEventMessage, [fact.event.clientOrderId], fact.event, { causedBy });
    } else {
      const id = messageIdOf(book, fact.fill);
      applyFill(book, fact.fill);
      recorded = bus.record(fillMessage, [fact.fill.symbol], fact.fill, { causedBy, id });
    }
    this.#keep(recorded);
    for (const listener of this.#listeners) listener(fact);
  }

  #takeStanding(standing: CancelStanding): void {
    const { bus, book } = this.#options;
    applyCancelStanding(book, standing);
    this.#keep(bus.record(cancelStandingMessage, [], standing));
  }

  #keep(recorded: Promise<unknown>): void {
    recorded.catch(this.#options.onRefused);
    this.#newest = recorded;
  }
}

/**
 * The server stores one message under an id. An execution is told once under its own; its commission may be told again
 * with another amount, which must not pass for a repetition of the first.
 */
function messageIdOf(book: Book, fill: Fill): string {
  if (fill.kind === "execution") return `fill-${fill.executionId}`;
  const isFirst = (book.executions.get(fill.executionId)?.commission ?? null) === null;
  return `commission-${isFirst ? fill.executionId : randomUUID()}`;
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
