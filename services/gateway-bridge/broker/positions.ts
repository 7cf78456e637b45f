import type { Position } from "#libs/contracts/mod.ts";
import type { BrokerPosition } from "../gateway/reports.ts";
import type { Book } from "../orders/book.ts";

/** An execution and the position it makes come in two messages; a difference this old is a real one. */
const GRACE_MS = 2000;

/** The broker's positions, and whether our own executions explain them. */
export class PositionBook {
  readonly #positions = new Map<string, BrokerPosition>();
  readonly #differsSinceMs = new Map<string, number>();
  /** The quantity that was told as unexplained, while it is. */
  readonly #told = new Map<string, number>();

  take(position: BrokerPosition): void {
    this.#positions.set(position.symbol, position);
  }

  /** A new list is read from its beginning; what it does not name is gone. */
  clear(): void {
    this.#positions.clear();
  }

  list(book: Book, nowMs: number): Position[] {
    return [...this.#positions.values()].map(({ account, symbol, quantity, averageCost }) => {
      const differs = quantity !== (book.holdings.get(symbol)?.quantity ?? 0);
      if (!differs) this.#differsSinceMs.delete(symbol);
      else if (!this.#differsSinceMs.has(symbol)) this.#differsSinceMs.set(symbol, nowMs);
      const since = this.#differsSinceMs.get(symbol) ?? nowMs;
      return { account, symbol, quantity, averageCost, explained: !differs || nowMs - since < GRACE_MS };
    });
  }

  /** The positions that are unexplained and were not when this was last asked, or are in another quantity. */
  newlyUnexplained(book: Book, nowMs: number): Position[] {
    return this.list(book, nowMs).filter(({ symbol, quantity, explained }) => {
      if (explained) this.#told.delete(symbol);
      if (explained || this.#told.get(symbol) === quantity) return false;
      this.#told.set(symbol, quantity);
      return true;
    });
  }
}
