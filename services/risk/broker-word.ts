import type { Book } from "./state/book.ts";
import { ownFigures } from "./state/positions.ts";

/** Machine time. The bridge itself takes a difference for real after two seconds; until then an execution is on its way. */
export const SETTLED_AFTER_MS = 5000;

/**
 * Since when the broker's word on a position has differed from our executions in the same way. A process that was
 * killed forgets it and waits anew, which is what it should do.
 */
export class BrokerWord {
  readonly #differs = new Map<string, { readonly what: string; readonly sinceMs: number }>();

  /** @param nowMs the machine's monotonic clock */
  look({ symbols }: Pick<Book, "symbols">, nowMs: number): void {
    for (const symbol of this.#differs.keys()) if (!symbols.has(symbol)) this.#differs.delete(symbol);
    for (const [symbol, entry] of symbols) {
      if (entry.reported === null) {
        this.#differs.delete(symbol);
        continue;
      }
      const what = `${entry.reported} and not ${ownFigures(entry).quantity}`;
      if (this.#differs.get(symbol)?.what !== what) this.#differs.set(symbol, { what, sinceMs: nowMs });
    }
  }

  /** Whether it has differed in the same way for long enough to be acted on. */
  hasSettled(symbol: string, nowMs: number): boolean {
    const differs = this.#differs.get(symbol);
    return differs !== undefined && nowMs - differs.sinceMs >= SETTLED_AFTER_MS;
  }
}
