import type { ClientOrderId } from "#libs/contracts/mod.ts";

/** A cancel that was not answered after this may be asked again, machine time; the broker answers within a second. */
export const CANCEL_TIMEOUT_MS = 5000;

/** It waits for the message pace, it may be lost and is due again, or when it was written, machine milliseconds. */
type Progress = "waiting" | "due" | number;

/**
 * Cancels on their way, so that each is written once however often it is asked, and none is lost with a session: it
 * stands until its order is over, or the broker refused it.
 */
export class Cancels {
  readonly #nowMs: () => number;
  readonly #asked = new Map<ClientOrderId, Progress>();

  /** @param nowMs machine monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Cancels that an earlier process accepted: the gateway may not have heard them. */
  restore(ids: Iterable<ClientOrderId>): void {
    for (const id of ids) this.#asked.set(id, "due");
  }

  /** @returns whether it is to be written: none of the same order is on its way. */
  ask(id: ClientOrderId): boolean {
    const progress = this.#asked.get(id);
    if (progress === "waiting") return false;
    if (typeof progress === "number" && this.#nowMs() - progress < CANCEL_TIMEOUT_MS) return false;
    this.#asked.set(id, "waiting");
    return true;
  }

  written(id: ClientOrderId): void {
    if (this.#asked.has(id)) this.#asked.set(id, this.#nowMs());
  }

  /** The broker said that it cannot be done. */
  refused(id: ClientOrderId): void {
    this.#asked.delete(id);
  }

  /** The gateway did not know the order, which may yet turn up in its lists. */
  notFound(id: ClientOrderId): void {
    if (typeof this.#asked.get(id) === "number") this.#asked.set(id, "due");
  }

  /** The gateway may not have heard what was written, or its answer was not heard here. */
  mayBeLost(): void {
    for (const [id, progress] of this.#asked) if (progress !== "waiting") this.#asked.set(id, "due");
  }

  /** The connection ended, and with it whatever waited. */
  sessionLost(): void {
    for (const id of this.#asked.keys()) this.#asked.set(id, "due");
  }

  /** Those to be asked again now that a session is ready; what is not open any more is forgotten. */
  due(open: Pick<ReadonlySet<ClientOrderId>, "has">): ClientOrderId[] {
    for (const id of [...this.#asked.keys()]) if (!open.has(id)) this.#asked.delete(id);
    return [...this.#asked].flatMap(([id, progress]) => (progress === "due" ? [id] : []));
  }
}
