/** Whose market data is needed, and how much of it. */
export interface Need {
  readonly symbol: string;
  /** Bars are for strategies; a position or an order needs quotes only. */
  readonly bars: boolean;
}

export interface Lines {
  readonly quotes: readonly string[];
  readonly bars: readonly string[];
  /** Symbols of which a stream that is needed does not fit the broker's lines. */
  readonly beyond: readonly string[];
}

/** The broker's limit on streams: 100 lines; quotes and bars of a symbol take one each (tws.md 6.3). */
export const LINES_MAX = 100;
/** What is no longer needed keeps its streams for so long: an order that ends is often followed by the next. */
const GRACE_MS = 30_000;

/**
 * Collects who needs what. Positions and working orders come first: without a quote risk cannot value them. Strategies
 * follow in the order in which they asked. What nobody needs any more comes last, and after half a minute not at all.
 */
export class Needs {
  #held: ReadonlySet<string> = new Set();
  #wanted: readonly string[] = [];
  readonly #leaving = new Map<string, { readonly need: Need; readonly untilMs: number }>();

  /** @param held symbols of positions and working orders; `wanted`: those of the strategies, most important first. */
  set(held: ReadonlySet<string>, wanted: readonly string[], nowMs: number): void {
    const before = this.#current();
    this.#held = held;
    this.#wanted = wanted;
    const now = new Map(this.#current().map((need) => [need.symbol, need]));
    for (const need of before) {
      const still = now.get(need.symbol);
      if (still !== undefined && (still.bars || !need.bars)) this.#leaving.delete(need.symbol);
      else this.#leaving.set(need.symbol, { need, untilMs: nowMs + GRACE_MS });
    }
    for (const [symbol, need] of now) {
      const leaving = this.#leaving.get(symbol);
      if (leaving !== undefined && (need.bars || !leaving.need.bars)) this.#leaving.delete(symbol);
    }
  }

  /** Most important first, each symbol once. */
  list(nowMs: number): readonly Need[] {
    const current = this.#current();
    const bars = new Set<string>();
    const left: Need[] = [];
    for (const [symbol, { need, untilMs }] of this.#leaving) {
      if (nowMs >= untilMs) this.#leaving.delete(symbol);
      else if (current.some((one) => one.symbol === symbol)) bars.add(symbol);
      else left.push(need);
    }
    return [...current.map((need) => (bars.has(need.symbol) ? { ...need, bars: true } : need)), ...left];
  }

  #current(): Need[] {
    const wanted = new Set(this.#wanted);
    return [
      ...[...this.#held].map((symbol) => ({ symbol, bars: wanted.has(symbol) })),
      ...[...wanted].filter((symbol) => !this.#held.has(symbol)).map((symbol) => ({ symbol, bars: true })),
    ];
  }
}

/** Which streams the broker's lines are spent on; whoever comes first is served first. */
export function linesFor(needs: readonly Need[], max: number = LINES_MAX): Lines {
  const quotes: string[] = [];
  const bars: string[] = [];
  const beyond: string[] = [];
  for (const need of needs) {
    const left = max - quotes.length - bars.length;
    if (left >= 1) quotes.push(need.symbol);
    if (need.bars && left >= 2) bars.push(need.symbol);
    if (left < (need.bars ? 2 : 1)) beyond.push(need.symbol);
  }
  return { quotes, bars, beyond };
}
