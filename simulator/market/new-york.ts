import { createCalendar } from "#libs/time/mod.ts";

/** Dates, sessions and texts of New York market time. Everything here is a pure function of the instant given. */

const zone = "America/New_York";

/** What TWS calls that zone in its texts. */
const zoneName = "US/Eastern";

/** Holidays and half days by the exchange's rules, which are known since 2013. */
const calendar = createCalendar();
const firstRuledDate = "2013-01-01";

/** Seconds after New York midnight on a full day; a half day closes earlier ({@link MarketDay}). */
export const sessionSeconds = {
  extendedOpen: 4 * 3600,
  regularOpen: 9.5 * 3600,
  regularClose: 16 * 3600,
  extendedClose: 20 * 3600,
} as const;

/** One New York date, and the instant its midnight was. */
export interface MarketDay {
  /** ISO, such as 2013-10-08. */
  readonly date: string;
  readonly midnightEpochS: number;
  readonly isTradingDay: boolean;
  /** Seconds after midnight: 16:00, on a half day 13:00. */
  readonly regularClose: number;
  /** Seconds after midnight: 20:00, on a half day 17:00. */
  readonly extendedClose: number;
}

/** On a half day everything after the open ends three hours earlier: 13:00 and 17:00 (NYSE Rule 7.2). */
const halfDaySeconds = 3 * 3600;

/** @throws RangeError when the text is no ISO date. */
export function marketDay(date: string): MarketDay {
  const plain = Temporal.PlainDate.from(date);
  const midnight = plain.toZonedDateTime({ timeZone: zone });
  const session = calendar.sessionOn(plain.toString());
  const earlierBy = session?.early === true ? halfDaySeconds : 0;
  return {
    date: plain.toString(),
    midnightEpochS: Math.floor(midnight.epochMilliseconds / 1000),
    isTradingDay: isTradingDate(plain),
    regularClose: sessionSeconds.regularClose - earlierBy,
    extendedClose: sessionSeconds.extendedClose - earlierBy,
  };
}

/** Before the rules are known every weekday counts, so that prices of older days can still be played. */
function isTradingDate(plain: Temporal.PlainDate): boolean {
  const date = plain.toString();
  return date < firstRuledDate ? plain.dayOfWeek <= 5 : calendar.isTradingDay(date);
}

let latest: (MarketDay & { readonly endEpochS: number }) | undefined;

/** The New York day an instant falls in. */
export function marketDayAt(epochS: number): MarketDay {
  // Asked for every second of a fast clock: the day last asked for is nearly always the answer.
  if (latest !== undefined && epochS >= latest.midnightEpochS && epochS < latest.endEpochS) return latest;
  const date = Temporal.Instant.fromEpochMilliseconds(epochS * 1000)
    .toZonedDateTimeISO(zone)
    .toPlainDate();
  const day = marketDay(date.toString());
  latest = { ...day, endEpochS: marketDay(date.add({ days: 1 }).toString()).midnightEpochS };
  return latest;
}

/** The trading day before or after a date, at a distance of one or more days. */
export function tradingDayFrom(date: string, direction: 1 | -1): MarketDay {
  let plain = Temporal.PlainDate.from(date);
  do plain = plain.add({ days: direction });
  while (!isTradingDate(plain));
  return marketDay(plain.toString());
}

export function isRegularSession(epochS: number): boolean {
  const day = marketDayAt(epochS);
  const second = epochS - day.midnightEpochS;
  return day.isTradingDay && second >= sessionSeconds.regularOpen && second < day.regularClose;
}

export function isExtendedSession(epochS: number): boolean {
  const day = marketDayAt(epochS);
  const second = epochS - day.midnightEpochS;
  return day.isTradingDay && second >= sessionSeconds.extendedOpen && second < day.extendedClose;
}

/** The last second before an instant at which there was extended trading. */
export function lastSessionSecond(epochS: number): number {
  const today = marketDayAt(epochS);
  const hasOpened = epochS > today.midnightEpochS + sessionSeconds.extendedOpen;
  const day = today.isTradingDay && hasOpened ? today : tradingDayFrom(today.date, -1);
  return Math.min(epochS - 1, day.midnightEpochS + day.extendedClose - 1);
}

/** The instant of a wall-clock time on a date. @throws RangeError when either is malformed. */
export function instantOf(date: string, time: string): number {
  const plain = Temporal.PlainDate.from(date).toPlainDateTime(Temporal.PlainTime.from(time));
  return Math.floor(plain.toZonedDateTime(zone).epochMilliseconds / 1000);
}

/** "20131008 09:30:00 US/Eastern": executions, bars, completed orders. */
export function marketTimeText(epochS: number): string {
  return `${compactTimeText(epochS)} ${zoneName}`;
}

/** "20131008 09:30:00 EST": the connection time of the first frame, which alone has a short zone name. */
export function connectionTimeText(epochS: number): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(epochS * 1000).toZonedDateTimeISO(zone);
  return `${compactTimeText(epochS)} ${zoned.offset === "-05:00" ? "EST" : "EDT"}`;
}

/** "09:30". */
export function hourMinuteText(epochS: number): string {
  return compactTimeText(epochS).slice(9, 14);
}

/** "20131008". */
export function compactDateText(date: string): string {
  return date.replaceAll("-", "");
}

/**
 * Reads an end time as the API takes it: "20131008 15:00:00 US/Eastern", "20131008-19:00:00" (UTC), or without a
 * zone (New York).
 *
 * @returns epoch seconds; undefined when the text is none of these.
 */
export function parseEndDateTime(text: string): number | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})([ -])(\d{2}:\d{2}:\d{2})(?: (\S+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, dayOfMonth, separator, time, given] = match;
  const timeZone = separator === "-" ? "UTC" : (given ?? zone);
  try {
    const plain = Temporal.PlainDateTime.from(`${year}-${month}-${dayOfMonth}T${time}`);
    return Math.floor(plain.toZonedDateTime(timeZone).epochMilliseconds / 1000);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** "20251007-13:30:00": UTC, with a dash where the other forms have a blank. */
export function utcTimeText(epochS: number): string {
  const { date, time } = utcParts(epochS);
  return `${compactDateText(date)}-${time}`;
}

/** "2025-10-07 13:30:00.0": how news are dated, UTC. */
export function utcNewsTimeText(epochS: number): string {
  const { date, time } = utcParts(epochS);
  return `${date} ${time}.0`;
}

/** Reads the date of a request for news: "2025-10-07 13:30:00.0" in UTC, or any form {@link parseEndDateTime} reads. */
export function parseNewsTime(text: string): number | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}:\d{2}:\d{2})(?:\.\d+)?$/.exec(text.trim());
  if (match === null) return parseEndDateTime(text);
  const [, year, month, dayOfMonth, time] = match;
  return parseEndDateTime(`${year}${month}${dayOfMonth}-${time}`);
}

function utcParts(epochS: number): { readonly date: string; readonly time: string } {
  const zoned = Temporal.Instant.fromEpochMilliseconds(epochS * 1000).toZonedDateTimeISO("UTC");
  return { date: zoned.toPlainDate().toString(), time: zoned.toPlainTime().toString({ smallestUnit: "second" }) };
}

/** Trading hours as CONTRACT_DATA writes them: "20131008:0930-20131008:1600;20131009:CLOSED". */
export function hoursText(date: string, hours: "regular" | "extended", days: number): string {
  const parts: string[] = [];
  let plain = Temporal.PlainDate.from(date);
  for (let index = 0; index < days; index += 1) {
    const day = marketDay(plain.toString());
    const compact = compactDateText(day.date);
    const from = hours === "regular" ? sessionSeconds.regularOpen : sessionSeconds.extendedOpen;
    const to = hours === "regular" ? day.regularClose : day.extendedClose;
    parts.push(day.isTradingDay ? `${compact}:${clockText(from)}-${compact}:${clockText(to)}` : `${compact}:CLOSED`);
    plain = plain.add({ days: 1 });
  }
  return parts.join(";");
}

/** Seconds after midnight as "0930". */
function clockText(second: number): string {
  const digits = (value: number) => String(Math.floor(value)).padStart(2, "0");
  return digits(second / 3600) + digits((second % 3600) / 60);
}

function compactTimeText(epochS: number): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(epochS * 1000).toZonedDateTimeISO(zone);
  const date = compactDateText(zoned.toPlainDate().toString());
  return `${date} ${zoned.toPlainTime().toString({ smallestUnit: "second" })}`;
}
