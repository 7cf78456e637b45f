import { type Bar, type BarSeries, barOf, barsOfDay } from "./bars.ts";
import { type MarketDay, marketDay, marketDayAt, sessionSeconds, tradingDayFrom } from "./new-york.ts";
import type { Tape } from "./tape.ts";

/** Bar sizes of the API, in seconds. */
const barSizes: Readonly<Record<string, number>> = {
  "1 secs": 1,
  "5 secs": 5,
  "10 secs": 10,
  "15 secs": 15,
  "30 secs": 30,
  "1 min": 60,
  "2 mins": 120,
  "3 mins": 180,
  "5 mins": 300,
  "10 mins": 600,
  "15 mins": 900,
  "20 mins": 1200,
  "30 mins": 1800,
  "1 hour": 3600,
  "2 hours": 7200,
  "3 hours": 10800,
  "4 hours": 14400,
  "8 hours": 28800,
};

/** A bar size: a number of seconds, or whole days, weeks or months. */
export type BarSize =
  | { readonly kind: "seconds"; readonly seconds: number }
  | { readonly kind: "day" }
  | { readonly kind: "week" }
  | { readonly kind: "month" };

export function parseBarSize(text: string): BarSize | undefined {
  switch (text) {
    case "1 day":
    case "1D":
      return { kind: "day" };
    case "1 week":
    case "1W":
      return { kind: "week" };
    case "1 month":
    case "1M":
      return { kind: "month" };
  }
  const seconds = barSizes[text];
  return seconds === undefined ? undefined : { kind: "seconds", seconds };
}

const series: ReadonlySet<string> = new Set<BarSeries>(["TRADES", "BID", "ASK", "MIDPOINT", "BID_ASK"]);

export function parseSeries(text: string): BarSeries | undefined {
  return series.has(text) ? (text as BarSeries) : undefined;
}

const durationPattern = /^(\d+) ([SDWMY])$/;
const daysIn: Readonly<Record<string, number>> = { D: 1, W: 5, M: 21, Y: 252 };

/**
 * Where a request begins. Seconds count back from its end; days, weeks (5), months (21) and years (252) count
 * sessions, the one in which it ends included.
 *
 * @returns epoch seconds; undefined when the duration is not one of the API's.
 */
export function startOfDuration(duration: string, endEpochS: number): number | undefined {
  const match = durationPattern.exec(duration.trim());
  const amount = Number(match?.[1] ?? 0);
  const unit = match?.[2];
  if (unit === undefined || amount < 1) return undefined;
  if (unit === "S") return endEpochS - amount;
  const sessions = amount * (daysIn[unit] ?? 1);
  if (sessions > 252) return undefined;
  let day = lastSessionBefore(endEpochS);
  for (let index = 1; index < sessions; index += 1) day = tradingDayFrom(day.date, -1);
  return day.midnightEpochS + sessionSeconds.extendedOpen;
}

function lastSessionBefore(endEpochS: number) {
  // An end at or before the day's first second has nothing of that day in it.
  const day = marketDayAt(endEpochS - 1);
  const hasBegun = endEpochS > day.midnightEpochS + sessionSeconds.extendedOpen;
  return day.isTradingDay && hasBegun ? marketDay(day.date) : tradingDayFrom(day.date, -1);
}

/** Where the prices of one instrument's days come from. */
export interface PricesByDay {
  /** Undefined for a day without any. */
  readonly tape: (date: string) => Tape | undefined;
  /** Bars of a day that is over, which need not be made again: `kind` tells them from other bars of that day. */
  readonly pastBars: (date: string, kind: string, make: (tape: Tape) => readonly Bar[]) => readonly Bar[];
}

/** Which bars are wanted. Market seconds of the epoch. */
export interface BarsWanted {
  readonly size: BarSize;
  readonly series: BarSeries;
  readonly regularHoursOnly: boolean;
  readonly fromEpochS: number;
  readonly untilEpochS: number;
}

/**
 * Bars between two instants, oldest first. It yields before every day but the first: a day of prices takes a while to be
 * made, a year of them seconds.
 */
export function* historicalBars(
  prices: PricesByDay,
  wanted: BarsWanted,
): Generator<void, readonly { readonly date: string; readonly bar: Bar }[]> {
  const { size, fromEpochS, untilEpochS } = wanted;
  const bars: { date: string; bar: Bar }[] = [];
  let isFirst = true;
  let day = marketDayAt(fromEpochS);
  for (; day.midnightEpochS < untilEpochS; day = tradingDayFrom(day.date, 1)) {
    if (!day.isTradingDay) continue;
    if (!isFirst) yield;
    isFirst = false;
    for (const bar of barsOn(day, prices, wanted)) {
      if (size.kind !== "seconds" || bar.startEpochS >= fromEpochS) bars.push({ date: day.date, bar });
    }
  }
  return size.kind === "week" || size.kind === "month" ? merged(bars, size.kind) : bars;
}

function barsOn(day: MarketDay, prices: PricesByDay, wanted: BarsWanted): readonly Bar[] {
  const { size, series, regularHoursOnly, untilEpochS } = wanted;
  const closesAt = size.kind !== "seconds" || regularHoursOnly ? day.regularClose : day.extendedClose;
  const isOver = untilEpochS >= day.midnightEpochS + closesAt;
  const make = (tape: Tape): readonly Bar[] => {
    if (size.kind === "seconds") {
      return barsOfDay(tape, size.seconds, series, regularHoursOnly, tape.startEpochS, untilEpochS);
    }
    // A day bar is the regular session, whatever useRTH says: TWS leaves extended hours out of daily TRADES bars.
    const opens = day.midnightEpochS + sessionSeconds.regularOpen;
    const closes = day.midnightEpochS + day.regularClose;
    const bar = barOf(tape, opens, Math.min(closes, untilEpochS), series);
    return bar === undefined ? [] : [bar];
  };
  if (!isOver) {
    const tape = prices.tape(day.date);
    return tape === undefined ? [] : make(tape);
  }
  const kind = size.kind === "seconds" ? `${size.seconds} ${regularHoursOnly ? "regular" : "all"}` : "day";
  return prices.pastBars(day.date, `${series} ${kind}`, make);
}

/** Weeks and months from days; each bears the date of its last session. */
function merged(days: readonly { readonly date: string; readonly bar: Bar }[], kind: "week" | "month") {
  const result: { date: string; bar: Bar }[] = [];
  let nameBefore: string | undefined;
  for (const { date, bar } of days) {
    const { yearOfWeek, weekOfYear } = Temporal.PlainDate.from(date);
    const name = kind === "month" ? date.slice(0, 7) : `${yearOfWeek}-${weekOfYear}`;
    const last = result.at(-1);
    if (last === undefined || name !== nameBefore) result.push({ date, bar });
    else result[result.length - 1] = { date, bar: joined(last.bar, bar) };
    nameBefore = name;
  }
  return result;
}

function joined(one: Bar, other: Bar): Bar {
  const volume = one.volume + other.volume;
  const amount = one.weightedAveragePrice * one.volume + other.weightedAveragePrice * other.volume;
  return {
    startEpochS: one.startEpochS,
    open: one.open,
    high: Math.max(one.high, other.high),
    low: Math.min(one.low, other.low),
    close: other.close,
    volume,
    weightedAveragePrice: volume > 0 ? amount / volume : other.close,
    tradeCount: one.tradeCount + other.tradeCount,
  };
}
