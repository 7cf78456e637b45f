import type { Bar, BarInterval } from "#libs/contracts/mod.ts";

/** Which page: one symbol's bars of one size, of the whole day or of regular hours, from a moment (market time) on. */
export interface PageName {
  readonly symbol: string;
  readonly interval: BarInterval;
  readonly regularHoursOnly: boolean;
  readonly fromMs: number;
}

interface Packed {
  /** For each bar: startsAt, open, high, low, close, volume. */
  readonly numbers: Float64Array;
  /** For each bar 1 when it is outside regular hours. */
  readonly outside: Uint8Array;
  /** Market time up to which it holds every bar. */
  readonly coveredMs: number;
}

const FIELDS = 6;
/** What a page costs besides its bars: the map's entry, the key and the arrays' own heads; measured, rounded up. */
const PAGE_BYTES = 600;

/**
 * Pages of bars, as plain numbers: 49 bytes a bar, where an object of it takes 177. Bounded in bytes; the page that
 * was wanted longest ago goes first. A page without bars counts too: there is no end of hours in which nothing traded.
 */
export class KeptPages {
  readonly #bytesMax: number;
  readonly #pages = new Map<string, Packed>();
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** What the pages take, by {@link PAGE_BYTES} and the size of their arrays. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The page's bars; undefined when it is not kept, or does not hold every bar up to `neededMs` (market time). */
  find(name: PageName, neededMs: number): Bar[] | undefined {
    const key = keyOf(name);
    const page = this.#pages.get(key);
    if (page === undefined || page.coveredMs < neededMs) return undefined;
    this.#pages.delete(key);
    this.#pages.set(key, page);
    return unpacked(name, page);
  }

  /** Keeps a page, in place of an older one of the same name: of a page that grows, the newest is all there is. */
  keep(name: PageName, bars: readonly Bar[], coveredMs: number): void {
    const key = keyOf(name);
    this.#drop(key);
    const page = packed(bars, coveredMs);
    this.#pages.set(key, page);
    this.#bytes += bytesOf(page);
    for (const oldest of this.#pages.keys()) {
      if (this.#bytes <= this.#bytesMax || oldest === key) return;
      this.#drop(oldest);
    }
  }

  clear(): void {
    this.#pages.clear();
    this.#bytes = 0;
  }

  #drop(key: string): void {
    const page = this.#pages.get(key);
    if (page === undefined) return;
    this.#pages.delete(key);
    this.#bytes -= bytesOf(page);
  }
}

const keyOf = ({ symbol, interval, regularHoursOnly, fromMs }: PageName): string =>
  `${symbol} ${interval} ${regularHoursOnly} ${fromMs}`;

const bytesOf = ({ numbers, outside }: Packed): number => PAGE_BYTES + numbers.byteLength + outside.byteLength;

function packed(bars: readonly Bar[], coveredMs: number): Packed {
  const numbers = new Float64Array(bars.length * FIELDS);
  for (const [at, { startsAt, open, high, low, close, volume }] of bars.entries()) {
    numbers.set([startsAt, open, high, low, close, volume], at * FIELDS);
  }
  const outside = Uint8Array.from(bars, ({ outsideRegularHours }) => Number(outsideRegularHours === true));
  return { numbers, outside, coveredMs };
}

function unpacked({ symbol, interval }: PageName, { numbers, outside }: Packed): Bar[] {
  return Array.from(outside, (isOutside, at): Bar => {
    const [startsAt = 0, open = 0, high = 0, low = 0, close = 0, volume = 0] = numbers.subarray(at * FIELDS);
    const bar = { symbol, interval, startsAt, open, high, low, close, volume };
    return isOutside === 1 ? { ...bar, outsideRegularHours: true } : bar;
  });
}
