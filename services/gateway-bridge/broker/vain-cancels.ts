import type { Alert, ClientOrderId } from "#libs/contracts/mod.ts";

/** Who asks again and again, such as a close-out, is not told each time; who asks another day is. */
export const TOLD_AGAIN_MS = 3_600_000;

/** What is to be said of cancels that came to nothing, unless the lists show that the order is over. */
export class VainCancels {
  readonly #vain = new Map<ClientOrderId, { readonly alert: Alert; readonly atMs: number }>();
  /** When each was told, by code and order, machine milliseconds. */
  readonly #toldAtMs = new Map<string, number>();

  add(id: ClientOrderId, alert: Alert, nowMs: number): void {
    this.#vain.set(id, { alert, atMs: nowMs });
  }

  /**
   * A cancel that crosses the order's end came to nothing and is no fault: told is one whose order the lists show.
   *
   * @param readSinceMs when the lists were asked for that `open` follows from
   */
  toTell(open: Pick<ReadonlySet<ClientOrderId>, "has">, readSinceMs: number, nowMs: number): Alert[] {
    for (const [key, atMs] of this.#toldAtMs) if (nowMs - atMs >= TOLD_AGAIN_MS) this.#toldAtMs.delete(key);
    const due = [...this.#vain].filter(([, { atMs }]) => atMs <= readSinceMs);
    return due.flatMap(([id, { alert }]) => {
      this.#vain.delete(id);
      const key = `${alert.code} ${id}`;
      if (!open.has(id) || this.#toldAtMs.has(key)) return [];
      this.#toldAtMs.set(key, nowMs);
      return [alert];
    });
  }
}
