import type { Bar } from "#libs/contracts/mod.ts";
import type { FiveSecondBar } from "../gateway/reports.ts";

const FIVE_SECONDS_MS = 5000;

/**
 * The intervals that are built, in milliseconds. New York is whole hours away from UTC at all times, and sessions
 * begin and end on full quarters of an hour, so edges of UTC are edges of the clock and of the session.
 */
const INTERVALS = [
  ["1m", 60_000],
  ["5m", 300_000],
  ["15m", 900_000],
] as const;

interface Building {
  readonly startsAt: number;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/**
 * Builds bars of 1, 5 and 15 minutes of one symbol from the gateway's bars of 5 seconds. A bar is complete when its
 * last 5 seconds came, or when a later bar shows that they will not. What is late or comes twice changes nothing.
 */
export class BarBuilder {
  readonly #symbol: string;
  readonly #building = new Map<Bar["interval"], Building>();
  #newest = Number.NEGATIVE_INFINITY;

  constructor(symbol: string) {
    this.#symbol = symbol;
  }

  /** @returns the bars that are complete now, shorter intervals first. */
  push(bar: FiveSecondBar): Bar[] {
    if (bar.startsAt <= this.#newest || !isSound(bar)) return [];
    this.#newest = bar.startsAt;
    const complete: Bar[] = [];
    for (const [interval, lengthMs] of INTERVALS) {
      const startsAt = Math.floor(bar.startsAt / lengthMs) * lengthMs;
      const building = this.#building.get(interval);
      if (building !== undefined && building.startsAt !== startsAt) {
        complete.push(this.#finish(interval, building));
      }
      const grown = building?.startsAt === startsAt ? grow(building, bar) : begin(startsAt, bar);
      if (bar.startsAt + FIVE_SECONDS_MS >= startsAt + lengthMs) complete.push(this.#finish(interval, grown));
      else this.#building.set(interval, grown);
    }
    return complete;
  }

  #finish(interval: Bar["interval"], { startsAt, open, high, low, close, volume }: Building): Bar {
    this.#building.delete(interval);
    return { symbol: this.#symbol, interval, startsAt, open, high, low, close, volume };
  }
}

const begin = (startsAt: number, { open, high, low, close, volume }: FiveSecondBar): Building => ({
  startsAt,
  open,
  high,
  low,
  close,
  volume,
});

function grow(building: Building, bar: FiveSecondBar): Building {
  building.high = Math.max(building.high, bar.high);
  building.low = Math.min(building.low, bar.low);
  building.close = bar.close;
  building.volume += bar.volume;
  return building;
}

/** The gateway marks an interval without data by prices of -1 or 0. */
function isSound({ open, high, low, close, volume }: FiveSecondBar): boolean {
  return [open, high, low, close].every((price) => Number.isFinite(price) && price > 0) && high >= low && volume >= 0;
}
