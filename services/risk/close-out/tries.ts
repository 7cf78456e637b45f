/** The first pause between two tries of one thing, and the longest; machine time. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

interface Tried {
  readonly times: number;
  readonly atMs: number;
}

/**
 * When what was last tried: the pause after a try doubles from one second to thirty. A process that was killed
 * forgets it and tries at once, which is what it should do; how often in all is counted by the ledger.
 */
export class Tries {
  readonly #tried = new Map<string, Tried>();

  isDue(key: string, nowMs: number): boolean {
    const tried = this.#tried.get(key);
    return tried === undefined || nowMs - tried.atMs >= pauseMs(tried.times);
  }

  note(key: string, nowMs: number): void {
    this.#tried.set(key, { times: (this.#tried.get(key)?.times ?? 0) + 1, atMs: nowMs });
  }

  /** Forgets all but these, so that what is over takes no memory. */
  keep(keys: ReadonlySet<string>): void {
    for (const key of this.#tried.keys()) if (!keys.has(key)) this.#tried.delete(key);
  }
}

const pauseMs = (times: number): number => Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (times - 1));
