/** Timers that end together. */
export class Timers {
  readonly #timers = new Set<NodeJS.Timeout>();

  /** Runs a function once after a machine delay. */
  later(delayMs: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }

  every(intervalMs: number, run: () => void): void {
    this.#timers.add(setInterval(run, intervalMs));
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.later(ms, resolve));
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
