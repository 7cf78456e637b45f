/** The fold reads a record back within milliseconds; this long says that it does not. */
const BEHIND_AFTER_MS = 2000;

/**
 * Knows whether the fold may be behind the ledger. After the bus was away, until a record made since then has come
 * back through the fold: the ledger has one order, so everything before that record has come too. And whenever a
 * record of ours does not come back.
 */
export class LedgerProgress {
  #fenced = false;
  #expected = 0;
  #expectedSinceMs = 0;

  /** The bus went away: what the fold holds may be old until {@link fence} and the fold reaching it. */
  lost(): void {
    this.#fenced = true;
  }

  /** A record made after the bus came back was stored under this sequence. */
  fence(sequence: number, nowMs: number): void {
    this.#fenced = false;
    this.expect(sequence, nowMs - BEHIND_AFTER_MS);
  }

  /** A record was stored under this sequence and is to come back. @param nowMs the machine's monotonic clock */
  expect(sequence: number, nowMs: number): void {
    if (sequence <= this.#expected) return;
    this.#expected = sequence;
    this.#expectedSinceMs = nowMs;
  }

  /** Why the fold, which has reached this sequence, may be behind; null when it is not. */
  behind(sequence: number, nowMs: number): string | null {
    if (this.#fenced) return "the_bus_was_away";
    if (sequence >= this.#expected) return null;
    return nowMs - this.#expectedSinceMs >= BEHIND_AFTER_MS ? `at_${sequence}_of_${this.#expected}` : null;
  }
}
