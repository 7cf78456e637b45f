import type { ClientOrderId } from "#libs/contracts/mod.ts";

/** A cancel that was not answered after this may be asked again, machine time; the broker answers within a second. */
export const CANCEL_TIMEOUT_MS = 5000;
/** How long it may take once the broker said that it is at it (PendingCancel): an exchange may be slow, or closed. */
export const CANCEL_HEARD_MS = 60_000;
/** Written so often without an answer, it is ignored. */
const WRITTEN_MAX = 2;

interface Written {
  /** Machine milliseconds. */
  readonly atMs: number;
  /** How often it was written in this session without an answer. */
  readonly times: number;
  /** The broker said that it is at it. */
  readonly isHeard: boolean;
  /** It was told that the broker ignores it. */
  readonly isTold: boolean;
}

/** It waits for the message pace, it may be lost and is due again, or it was written. */
type Progress = { readonly waits: true; readonly times: number } | "due" | Written;

/**
 * Cancels on their way, so that each is written once however often it is asked, and none is lost with a session: it
 * stands until its order is over, or the broker refused it. One that the broker does not answer is written once more.
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
    const written = isWritten(progress) ? progress : undefined;
    if (progress !== undefined && progress !== "due" && written === undefined) return false;
    if (written !== undefined && this.#nowMs() - written.atMs < CANCEL_TIMEOUT_MS) return false;
    this.#asked.set(id, { waits: true, times: written?.times ?? 0 });
    return true;
  }

  written(id: ClientOrderId): void {
    const progress = this.#asked.get(id);
    if (progress === undefined) return;
    const times = progress === "due" ? 1 : progress.times + 1;
    this.#asked.set(id, { atMs: this.#nowMs(), times, isHeard: false, isTold: false });
  }

  /** The broker is at it. */
  heard(id: ClientOrderId): void {
    const progress = this.#asked.get(id);
    if (isWritten(progress)) this.#asked.set(id, { ...progress, isHeard: true });
  }

  /** The broker said that it cannot be done. */
  refused(id: ClientOrderId): void {
    this.#asked.delete(id);
  }

  /** The gateway did not know the order, which may yet turn up in its lists. */
  notFound(id: ClientOrderId): void {
    if (isWritten(this.#asked.get(id))) this.#asked.set(id, "due");
  }

  /** The gateway may not have heard what was written, or its answer was not heard here. */
  mayBeLost(): void {
    for (const [id, progress] of this.#asked) if (isWritten(progress)) this.#asked.set(id, "due");
  }

  /** The connection ended, and with it whatever waited. */
  sessionLost(): void {
    for (const id of this.#asked.keys()) this.#asked.set(id, "due");
  }

  /** Those to be asked again now that a session is ready; what is not open any more is forgotten. */
  due(open: Pick<ReadonlySet<ClientOrderId>, "has">): ClientOrderId[] {
    this.#forgetOver(open);
    return [...this.#asked].flatMap(([id, progress]) => (progress === "due" ? [id] : []));
  }

  /** Those that the broker did not answer in time: to be asked once more, or ignored by it, which is named once. */
  overdue(open: Pick<ReadonlySet<ClientOrderId>, "has">): {
    readonly again: readonly ClientOrderId[];
    readonly ignored: readonly ClientOrderId[];
  } {
    this.#forgetOver(open);
    const again: ClientOrderId[] = [];
    const ignored: ClientOrderId[] = [];
    for (const [id, progress] of this.#asked) {
      if (!isWritten(progress) || progress.isTold) continue;
      const { atMs, times, isHeard } = progress;
      if (this.#nowMs() - atMs < (isHeard ? CANCEL_HEARD_MS : CANCEL_TIMEOUT_MS)) continue;
      if (!isHeard && times < WRITTEN_MAX) {
        again.push(id);
        continue;
      }
      this.#asked.set(id, { ...progress, isTold: true });
      ignored.push(id);
    }
    return { again, ignored };
  }

  #forgetOver(open: Pick<ReadonlySet<ClientOrderId>, "has">): void {
    for (const id of [...this.#asked.keys()]) if (!open.has(id)) this.#asked.delete(id);
  }
}

const isWritten = (progress: Progress | undefined): progress is Written =>
  typeof progress === "object" && "atMs" in progress;
