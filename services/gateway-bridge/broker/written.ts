import type { ClientOrderId } from "#libs/contracts/mod.ts";
import type { Book } from "../orders/book.ts";
import { type BrokerIdentity, openOrderOf } from "./matching.ts";

/**
 * How long the broker may be silent about an order before it is looked for, machine time. It answers within a second;
 * beyond this an order may have vanished without a reply, also while the session lives (tws.md 7.1).
 */
export const ANSWER_MS = 10_000;
/** Written orders that are remembered before those that are over are forgotten. */
const WRITTEN_MAX = 1000;

/** The orders that were written to the session of now: what was not cannot be in the broker's lists. */
export class Written {
  readonly #nowMs: () => number;
  /** When each was written, or last looked for, machine milliseconds. */
  readonly #sinceMs = new Map<ClientOrderId, number>();

  /** @param nowMs machine monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  add(id: ClientOrderId): void {
    this.#sinceMs.set(id, this.#nowMs());
  }

  has(id: ClientOrderId): boolean {
    return this.#sinceMs.has(id);
  }

  clear(): void {
    this.#sinceMs.clear();
  }

  /** Keeps the memory of it small; does nothing while it is. */
  forgetOver(open: Book["open"]): void {
    if (this.#sinceMs.size <= WRITTEN_MAX) return;
    for (const id of this.#sinceMs.keys()) if (!open.has(id)) this.#sinceMs.delete(id);
  }

  /** Whether there is an order to look for: one that was written so long ago and not answered. True once in that time. */
  isOverdue(open: Book["open"]): boolean {
    const now = this.#nowMs();
    const overdue = [...open.values()].filter(
      ({ status, clientOrderId }) =>
        status === "submitted" && now - (this.#sinceMs.get(clientOrderId) ?? now) >= ANSWER_MS,
    );
    for (const { clientOrderId } of overdue) this.#sinceMs.set(clientOrderId, now);
    return overdue.length > 0;
  }
}

/**
 * Open orders of ours that a list of all open orders does not name. They are not over for that: the list was read beside
 * the messages that may tell their end. One that is unknown is looked for already.
 */
export function missingFrom(
  book: Book,
  listed: readonly BrokerIdentity[],
  { ownClientId, considered }: { readonly ownClientId: number; readonly considered: ReadonlySet<ClientOrderId> },
): ClientOrderId[] {
  const found = new Set(listed.map((order) => openOrderOf(book, order, ownClientId)));
  return [...book.open.values()].flatMap(({ clientOrderId, status }) =>
    status !== "unknown" && considered.has(clientOrderId) && !found.has(clientOrderId) ? [clientOrderId] : [],
  );
}
