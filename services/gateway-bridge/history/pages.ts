import type { BarInterval } from "#libs/contracts/mod.ts";
import { type Calendar, epochMsOf, tradingDayOf } from "#libs/time/mod.ts";

/** Milliseconds in a bar; a day's bar is its session, so its length is the session's. */
export const INTERVAL_MS: Readonly<Record<Exclude<BarInterval, "1d">, number>> = {
  "5s": 5000,
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
};

/**
 * A stretch of history that is asked for as one and kept as one: 5 s bars by the hour, 1 min by the day, 5 min by the
 * week, 15 min by the month, day bars by the year. That is some hundred bars each, within what the broker gives for
 * one question (tws.md 6.3), and two questions that overlap find the same stretches in the cache.
 */
export interface Page {
  readonly interval: BarInterval;
  /** Bars that begin in [fromMs, toMs); market time. */
  readonly fromMs: number;
  readonly toMs: number;
  /** The trading days in it, oldest first. */
  readonly days: readonly string[];
}

const HOUR_MS = 3_600_000;

/** When the first and the last bar of a day may begin and end; null for a day without trading. */
export function hoursOn(
  day: string,
  regularHoursOnly: boolean,
  calendar: Calendar,
): { readonly opensMs: number; readonly closesMs: number } | null {
  const session = calendar.sessionOn(day);
  if (session === undefined) return null;
  if (regularHoursOnly) return { opensMs: session.openMs, closesMs: session.closeMs };
  return { opensMs: epochMsOf(day, "04:00"), closesMs: epochMsOf(day, session.early ? "17:00" : "20:00") };
}

/** The page of the newest bar that begins before a moment. */
export function pageBefore(
  momentMs: number,
  interval: BarInterval,
  regularHoursOnly: boolean,
  calendar: Calendar,
): Page {
  const { day, lastMs } = lastOpenBefore(momentMs, regularHoursOnly, calendar);
  if (interval === "5s") {
    const fromMs = Math.floor(lastMs / HOUR_MS) * HOUR_MS;
    return { interval, fromMs, toMs: fromMs + HOUR_MS, days: [day] };
  }
  const date = Temporal.PlainDate.from(day);
  switch (interval) {
    case "1m":
      return pageOfDates(interval, date, date, calendar);
    case "5m": {
      const monday = date.subtract({ days: date.dayOfWeek - 1 });
      return pageOfDates(interval, monday, monday.add({ days: 6 }), calendar);
    }
    case "15m":
      return pageOfDates(interval, date.with({ day: 1 }), date.with({ day: date.daysInMonth }), calendar);
    case "1d":
      return pageOfDates(interval, date.with({ month: 1, day: 1 }), date.with({ month: 12, day: 31 }), calendar);
  }
}

function pageOfDates(
  interval: BarInterval,
  first: Temporal.PlainDate,
  last: Temporal.PlainDate,
  calendar: Calendar,
): Page {
  const days: string[] = [];
  for (let date = first; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    if (calendar.isTradingDay(date.toString())) days.push(date.toString());
  }
  return {
    interval,
    fromMs: epochMsOf(first.toString(), "00:00"),
    toMs: epochMsOf(last.add({ days: 1 }).toString(), "00:00"),
    days,
  };
}

/** The last instant before a moment at which the market was open, and the day it belongs to. */
function lastOpenBefore(
  momentMs: number,
  regularHoursOnly: boolean,
  calendar: Calendar,
): { readonly day: string; readonly lastMs: number } {
  const today = tradingDayOf(momentMs);
  const hours = hoursOn(today, regularHoursOnly, calendar);
  if (hours !== null && momentMs > hours.opensMs) {
    return { day: today, lastMs: Math.min(momentMs, hours.closesMs) - 1 };
  }
  const day = calendar.previousTradingDay(today);
  const before = hoursOn(day, regularHoursOnly, calendar);
  if (before === null) throw new RangeError(`${day} is a trading day without hours`);
  return { day, lastMs: before.closesMs - 1 };
}

/** Where the bars of a page end: at the close of its last day, or at the end of its hour. */
export function pageEndsAt(page: Page, regularHoursOnly: boolean, calendar: Calendar): number {
  const last = page.days.at(-1);
  const closesMs = last === undefined ? undefined : hoursOn(last, regularHoursOnly, calendar)?.closesMs;
  return Math.min(page.toMs, closesMs ?? page.toMs);
}

/**
 * What to ask for a page as far as it is over.
 *
 * @param endMs the end of the newest bar that is wanted, a full bar's edge
 */
export function questionFor(
  page: Page,
  endMs: number,
): { readonly endDateTime: string; readonly duration: string; readonly barSeconds: number } {
  const { interval, days } = page;
  const endDateTime = endDateTimeOf(endMs);
  const barSeconds = interval === "1d" ? 86_400 : INTERVAL_MS[interval] / 1000;
  if (interval === "5s") {
    const seconds = Math.max(barSeconds, Math.ceil((endMs - page.fromMs) / 1000));
    return { endDateTime, duration: `${seconds} S`, barSeconds };
  }
  const begun = days.filter((day) => day <= tradingDayOf(endMs - 1)).length;
  return { endDateTime, duration: `${Math.max(1, begun)} D`, barSeconds };
}

/** In UTC, which needs no zone's name. */
export function endDateTimeOf(epochMs: number): string {
  const text = Temporal.Instant.fromEpochMilliseconds(epochMs).toString({ smallestUnit: "second" });
  return `${text.slice(0, 10).replaceAll("-", "")}-${text.slice(11, 19)}`;
}
