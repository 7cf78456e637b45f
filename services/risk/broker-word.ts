import type { Book, SymbolBook } from "./state/book.ts";
import { LATE_MS_MAX } from "./state/late-word.ts";
import { ownFigures } from "./state/positions.ts";

/** Machine time. The bridge itself takes a difference for real after two seconds; until then an execution is on its way. */
export const SETTLED_AFTER_MS = 5000;

interface Difference {
  readonly what: string;
  readonly sinceMs: number;
  readonly settlesAfterMs: number;
}

/**
 * Since when the broker's word on a position has differed from our executions in the same way. A process that was
 * killed forgets it and waits anew, which is what it should do.
 */
export class BrokerWord {
  readonly #differs = new Map<string, Difference>();

  /** @param nowMs the machine's monotonic clock */
  look({ symbols }: Pick<Book, "symbols">, nowMs: number): void {
    for (const symbol of this.#differs.keys()) if (!symbols.has(symbol)) this.#differs.delete(symbol);
    for (const [symbol, entry] of symbols) {
      if (entry.reported === null) {
        this.#differs.delete(symbol);
        continue;
      }
      const what = whatDiffers(entry);
      // A word from before our newest executions is late, until it has stood for longer than any comes late.
      const settlesAfterMs = entry.behind ? LATE_MS_MAX : SETTLED_AFTER_MS;
      if (this.#differs.get(symbol)?.what !== what) this.#differs.set(symbol, { what, sinceMs: nowMs, settlesAfterMs });
    }
  }

  /**
   * Whether it has differed in the same way for long enough to be acted on: as it does now, which may be otherwise than
   * when it was looked at last.
   */
  hasSettled({ symbols }: Pick<Book, "symbols">, symbol: string, nowMs: number): boolean {
    const entry = symbols.get(symbol);
    const differs = this.#differs.get(symbol);
    if (entry === undefined || differs === undefined || differs.what !== whatDiffers(entry)) return false;
    return nowMs - differs.sinceMs >= differs.settlesAfterMs;
  }
}

const whatDiffers = (entry: SymbolBook): string => `${entry.reported} and not ${ownFigures(entry).quantity}`;
