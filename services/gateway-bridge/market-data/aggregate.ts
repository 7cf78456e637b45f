import type { Bar, BarInterval } from "#libs/contracts/mod.ts";
import { type Calendar, tradingDayOf } from "#libs/time/mod.ts";

export const MINUTE_MS = 60_000;

/** What is known of one minute: what traded in it, nothing (null), and whether all of it was seen. */
export interface Minute {
  readonly startsAt: number;
  readonly traded: Traded | null;
  readonly complete: boolean;
}

export interface Traded {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

export const MADE_INTERVALS = ["1m", "5m", "15m", "1d"] as const satisfies readonly BarInterval[];
export type MadeInterval = (typeof MADE_INTERVALS)[number];

const LENGTH_MS: Readonly<Record<Exclude<MadeInterval, "1d">, number>> = {
  "1m": MINUTE_MS,
  "5m": 5 * MINUTE_MS,
  "15m": 15 * MINUTE_MS,
};
/** The longest interval but the day: who begins at its edge has all of the shorter ones. */
export const QUARTER_MS = LENGTH_MS["15m"];

/** Where the bar of an interval that holds a minute begins and ends; null for a day's bar outside its session. */
export function spanOf(
  interval: MadeInterval,
  minuteMs: number,
  calendar: Calendar,
): { readonly startsAt: number; readonly endsAt: number } | null {
  if (interval !== "1d") {
    // New York is whole hours away from UTC at all times, and sessions begin and end on full quarters of an hour, so
    // edges of UTC are edges of the clock and of the session, and no bar reaches over one.
    const length = LENGTH_MS[interval];
    const startsAt = Math.floor(minuteMs / length) * length;
    return { startsAt, endsAt: startsAt + length };
  }
  const session = calendar.sessionOn(tradingDayOf(minuteMs));
  if (session === undefined || minuteMs < session.openMs || minuteMs >= session.closeMs) return null;
  return { startsAt: session.openMs, endsAt: session.closeMs };
}

interface Building {
  readonly startsAt: number;
  traded: Traded | null;
  complete: boolean;
}

/**
 * Makes bars of 1, 5 and 15 minutes and of the day out of minutes that come one after the other without a gap. A bar
 * in which nothing traded is not made, as the broker's history has none.
 */
export class Aggregate {
  readonly #symbol: string;
  readonly #calendar: Calendar;
  readonly #building = new Map<MadeInterval, Building>();

  constructor(symbol: string, calendar: Calendar) {
    this.#symbol = symbol;
    this.#calendar = calendar;
  }

  /** @returns the bars that end with this minute, shorter intervals first. */
  add(minute: Minute): Bar[] {
    return MADE_INTERVALS.flatMap((interval) => this.#addTo(interval, minute));
  }

  #addTo(interval: MadeInterval, { startsAt: minuteMs, traded, complete }: Minute): Bar[] {
    const span = spanOf(interval, minuteMs, this.#calendar);
    if (span === null) return [];
    const before = this.#building.get(interval);
    const building =
      before?.startsAt === span.startsAt
        ? before
        : // One that begins in the middle of its bar lacks the minutes before.
          { startsAt: span.startsAt, traded: null, complete: minuteMs === span.startsAt };
    building.complete &&= complete;
    building.traded = joined(building.traded, traded);
    if (minuteMs + MINUTE_MS < span.endsAt) {
      this.#building.set(interval, building);
      return [];
    }
    this.#building.delete(interval);
    if (building.traded === null) return [];
    const outside = interval !== "1d" && this.#calendar.phaseAt(span.startsAt) !== "open";
    return [
      {
        symbol: this.#symbol,
        interval,
        startsAt: span.startsAt,
        ...building.traded,
        ...(outside ? { outsideRegularHours: true } : {}),
        ...(building.complete ? {} : { incomplete: true }),
      },
    ];
  }
}

/** What traded in two stretches, the earlier one first. */
export function joined(earlier: Traded | null, later: Traded | null): Traded | null {
  if (earlier === null || later === null) return earlier ?? later;
  return {
    open: earlier.open,
    high: Math.max(earlier.high, later.high),
    low: Math.min(earlier.low, later.low),
    close: later.close,
    volume: earlier.volume + later.volume,
  };
}
