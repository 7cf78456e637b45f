import type { Bar } from "./bars.ts";

/**
 * The bars of days that are over, by symbol, date and kind, so that a question asked twice costs once: a year of day
 * bars takes seconds to be made, each day of it a whole tape. What was not asked for longest goes first.
 */
export class KeptBars {
  readonly #barsMax: number;
  /** The day that was asked for least lately comes first. */
  readonly #days = new Map<string, { readonly symbol: string; readonly bars: readonly Bar[] }>();
  #bars = 0;

  /** @param barsMax a bar takes about 200 bytes; a day without any counts as one. */
  constructor(barsMax: number) {
    this.#barsMax = barsMax;
  }

  of(symbol: string, date: string, kind: string, make: () => readonly Bar[]): readonly Bar[] {
    const name = `${symbol}|${date}|${kind}`;
    const known = this.#days.get(name);
    const bars = known?.bars ?? make();
    if (known === undefined) this.#bars += weightOf(bars);
    this.#days.delete(name);
    this.#days.set(name, { symbol, bars });
    for (const oldest of this.#days.keys()) {
      if (this.#bars <= this.#barsMax) break;
      this.#drop(oldest);
    }
    return bars;
  }

  /** Lets go of the bars of the symbols named. */
  forget(isChanged: (symbol: string) => boolean): void {
    for (const [name, { symbol }] of this.#days) if (isChanged(symbol)) this.#drop(name);
  }

  #drop(name: string): void {
    this.#bars -= weightOf(this.#days.get(name)?.bars ?? []);
    this.#days.delete(name);
  }
}

function weightOf(bars: readonly Bar[]): number {
  return Math.max(1, bars.length);
}
