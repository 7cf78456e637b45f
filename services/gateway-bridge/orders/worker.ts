import type { Bus } from "#libs/bus/mod.ts";
import {
  type Approval,
  type ClientOrderId,
  type OrderEvent,
  type Outcome,
  orderEventMessage,
} from "#libs/contracts/mod.ts";
import { monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { whyExpired } from "./approval-expiry.ts";
import { applyApproval, applyOrderEvent, type Book, type PendingApproval } from "./book.ts";
import { firstEvent, orderFact } from "./facts.ts";
import { type Leg, legsOf } from "./legs.ts";
import type { Recorder } from "./recorder.ts";
import type { Venue } from "./venue.ts";

export interface WorkerOptions {
  readonly bus: Bus;
  readonly book: Book;
  readonly recorder: Recorder;
  readonly venue: Venue;
  readonly marketNowMs: () => number | null;
  readonly onRefused: (error: unknown) => void;
  /** Why only orders that reduce risk may pass; null when all may. */
  readonly entriesStopped: string | null;
}

/**
 * Turns approvals into orders, one at a time, in the order of the ledger (architecture section 5):
 *
 * 1. refuse what is late, or what cannot be placed now: `expired`;
 * 2. record `submitted`, which the ledger takes once for each order for ever (law 2);
 * 3. ask again whether it is still fresh, and only then let the venue write it (law 3).
 *
 * Nothing is written before its `submitted` is on the disk, so a crash at any point leaves either nothing sent, or
 * an order that the next start looks for at the broker and never sends again.
 */
export class OrderWorker {
  readonly #options: WorkerOptions;
  readonly #queue: PendingApproval[] = [];
  /** The orders that are being recorded right now: of these nothing was written yet. */
  #submitting: ReadonlySet<ClientOrderId> = new Set();
  /** Of the group that is being recorded right now: why it is not to be sent after all. */
  #current: { withdrawn: string | null } = { withdrawn: null };
  #working = false;
  #stopped = false;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /** Approvals that wait. */
  get length(): number {
    return this.#queue.length;
  }

  take(approval: Approval, messageId: string): void {
    applyApproval(this.#options.book, approval, messageId);
    const pending = this.#options.book.pending.get(approval.intent.clientOrderId);
    if (pending !== undefined) this.enqueue(pending);
  }

  enqueue(pending: PendingApproval): void {
    this.#queue.push(pending);
    if (!this.#working) void this.#work();
  }

  /** Whether any order is between its approval and the venue. */
  get submitting(): boolean {
    return this.#submitting.size > 0;
  }

  /** Whether an order is between its approval and the venue. */
  isSubmitting(id: ClientOrderId): boolean {
    return this.#submitting.has(id);
  }

  /** Withdraws an approval that was not acted on yet. Resolves when that is on the disk: until then a crash undoes it. */
  async withdraw(id: ClientOrderId, reason: string): Promise<Outcome> {
    const at = this.#queue.findIndex((pending) => pending.approval.intent.clientOrderId === id);
    const pending = this.#queue[at];
    if (pending === undefined) return { ok: false, message: `${id} is being submitted; ask again` };
    this.#queue.splice(at, 1);
    const [entry] = legsOf(pending.approval.intent);
    try {
      const outcome = await this.#recordFirst(entry, "canceled", null, reason, pending);
      if (outcome === "exists") return { ok: false, message: `${id} has an event in the ledger already; ask again` };
    } catch (error) {
      this.#options.onRefused(error);
      return { ok: false, message: `the ledger refused the cancel of ${id}` };
    }
    return { ok: true, message: `${id} was canceled before it was sent` };
  }

  /**
   * Withdraws every approval that was not acted on yet, and the orders that are being recorded right now.
   *
   * @returns how many groups will not be sent; resolves when that is on the disk
   */
  async withdrawAll(reason: string): Promise<number> {
    const count = this.#queue.length + (this.#submitting.size > 0 ? 1 : 0);
    this.#current.withdrawn = reason;
    await Promise.all([...this.#queue].map(({ approval }) => this.withdraw(approval.intent.clientOrderId, reason)));
    return count;
  }

  stop(): void {
    this.#stopped = true;
  }

  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (this.#stopped) return;
        this.#submitting = new Set(legsOf(next.approval.intent).map(({ clientOrderId }) => clientOrderId));
        await this.#submit(next);
        this.#submitting = new Set();
      }
    } catch (error) {
      this.#options.onRefused(error);
    } finally {
      this.#working = false;
    }
  }

  async #submit(pending: PendingApproval): Promise<void> {
    const { book, venue } = this.#options;
    const { approval } = pending;
    const id = approval.intent.clientOrderId;
    if (!book.pending.has(id)) return;
    const legs = legsOf(approval.intent);
    const current: { withdrawn: string | null } = { withdrawn: null };
    this.#current = current;
    // A cancel that the process before this one accepted.
    const canceled = book.canceling.get(id);
    if (canceled !== undefined) {
      await this.#recordFirst(legs[0], "canceled", null, `canceled before it was sent: ${canceled}`, pending);
      return;
    }
    const reason = this.#whyNotNow(approval);
    if (reason !== null) {
      await this.#recordFirst(legs[0], "expired", null, `not sent: ${reason}`, pending);
      return;
    }
    for (const [at, leg] of legs.entries()) {
      const outcome = await this.#recordFirst(leg, "submitted", venue.nextOrderId(), null, pending);
      if (outcome === "stored") continue;
      // Of the entry: somebody did it before, and this process did not know: leave it to the reconciliation. Of a
      // protective order: its id stands for another order, and an entry is not sent without its protection.
      if (at > 0) this.#drop(legs.slice(0, at), `the ledger has an order ${leg.clientOrderId} already`);
      return;
    }
    const group = legs.flatMap((leg) => book.open.get(leg.clientOrderId) ?? []);
    if (group.length < legs.length) {
      this.#drop(legs, "an order of its group is over");
      return;
    }
    if (current.withdrawn !== null) {
      this.#drop(legs, current.withdrawn);
      return;
    }
    venue.place(group, {
      mayStillSend: () =>
        this.#whyNotNow(approval) === null && group.every(({ clientOrderId }) => isUntouched(book, clientOrderId)),
      onDropped: () => this.#drop(legs, this.#whyNotNow(approval) ?? "it was canceled before it was written"),
    });
  }

  #whyNotNow(approval: Approval): string | null {
    const now = { monotonicMs: monotonicNowMs(), wallMs: wallNowMs() };
    if (!this.#options.bus.up) return "the bus is away";
    if (this.#options.entriesStopped !== null && !approval.reducesRisk) return this.#options.entriesStopped;
    return this.#options.venue.whyNot() ?? whyExpired(approval, now);
  }

  /** It was recorded as submitted, and then not written: known for certain, so it ends here. */
  #drop(legs: readonly Leg[], reason: string): void {
    const { book, recorder } = this.#options;
    recorder.take(
      legs.flatMap(({ clientOrderId }) => {
        const order = book.open.get(clientOrderId);
        // One that is anything else than submitted is another order, of which more is known.
        if (order?.status !== "submitted") return [];
        return [orderFact(order, "expired", `recorded but not sent: ${reason}`)];
      }),
    );
  }

  /** Records the first event of an order; the ledger itself refuses a second first. */
  async #recordFirst(
    leg: Leg,
    status: "submitted" | "expired" | "canceled",
    orderId: number | null,
    reason: string | null,
    { messageId }: PendingApproval,
  ): Promise<"stored" | "exists"> {
    const { bus, book, marketNowMs } = this.#options;
    const event: OrderEvent = firstEvent(leg, status, orderId, reason);
    const { outcome } = await bus.record(orderEventMessage, [leg.clientOrderId], event, {
      onlyFirst: true,
      id: `${status}-${leg.clientOrderId}`,
      causedBy: messageId,
    });
    if (outcome === "stored") applyOrderEvent(book, event, marketNowMs());
    else book.pending.delete(leg.clientOrderId);
    return outcome;
  }
}

const isUntouched = (book: Book, id: ClientOrderId): boolean => book.open.get(id)?.status === "submitted";
