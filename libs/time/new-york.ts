import { TimeError } from "./errors.ts";

export const NEW_YORK = "America/New_York";

/**
 * The New York reading of an instant (epoch milliseconds, fractions cut off). Throws `TimeError` ("EPOCH_INVALID")
 * for what is not a number or not in the years 1900 to 9999; so do the two functions below.
 */
export function toNewYork(epochMs: number): Temporal.ZonedDateTime {
  return instantOf(epochMs).toZonedDateTimeISO(NEW_YORK);
}

/** The New York calendar date of an instant, "YYYY-MM-DD": the day that limits, files and counters belong to. */
export function tradingDayOf(epochMs: number): string {
  const hour = Math.floor(epochMs / HOUR_MS);
  if (hour !== dateHour) {
    date = isoOf(epochMs).slice(0, 10);
    dateHour = hour;
  }
  return date;
}

/** The New York time of day of an instant, "09:31:05". */
export function formatNewYorkTime(epochMs: number): string {
  return isoOf(epochMs).slice(11, 19);
}

/**
 * The instant, in epoch milliseconds, of a New York date ("YYYY-MM-DD") and time of day ("HH:mm" or "HH:mm:ss").
 * A time that the clock change of March skips is read with the offset before the change; one that November has
 * twice is the first. Throws `TimeError` ("DATE_INVALID", "TIME_OF_DAY_INVALID").
 */
export function epochMsOf(date: string, timeOfDay: string): number {
  const day = plainDateOf(date);
  if (!/^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$/.test(timeOfDay)) {
    throw new TimeError(
      "TIME_OF_DAY_INVALID",
      `"${timeOfDay}" is not a time of day: expected HH:mm between 00:00 and 23:59, for example 09:30`,
    );
  }
  return day.toZonedDateTime({ timeZone: NEW_YORK, plainTime: timeOfDay }).epochMilliseconds;
}

/** Reads "YYYY-MM-DD" strictly: 2026-02-30 is refused. Throws `TimeError` ("DATE_INVALID"). */
export function plainDateOf(date: string): Temporal.PlainDate {
  if (/^\d{4}-\d{2}-\d{2}$/.test(date)) {
    try {
      return Temporal.PlainDate.from(date, { overflow: "reject" });
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
    }
  }
  throw new TimeError(
    "DATE_INVALID",
    `"${date}" is not a date of the calendar: expected YYYY-MM-DD, for example 2026-11-27`,
  );
}

/** 1900 to 9999: four-digit years, and offsets that change on whole hours. */
const EPOCH_MS_MIN = -2_208_988_800_000;
const EPOCH_MS_MAX = 253_370_764_800_000;

function instantOf(epochMs: number): Temporal.Instant {
  if (!(epochMs >= EPOCH_MS_MIN && epochMs < EPOCH_MS_MAX)) {
    throw new TimeError("EPOCH_INVALID", `${epochMs} is not an instant between 1900 and 9999 in epoch milliseconds`);
  }
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs));
}

// Every tick asks for its trading day, and a zone lookup costs a microsecond. New York's offset changes on whole
// hours of UTC only, so the last hour's offset is kept.
const HOUR_MS = 3_600_000;
let offsetHour = Number.NaN;
let offsetMs = 0;
// So does its date: midnight there is a whole hour of UTC.
let dateHour = Number.NaN;
let date = "";

function isoOf(epochMs: number): string {
  const hour = Math.floor(epochMs / HOUR_MS);
  if (hour !== offsetHour) {
    offsetMs = toNewYork(epochMs).offsetNanoseconds / 1e6;
    offsetHour = hour;
  }
  return new Date(Math.floor(epochMs) + offsetMs).toISOString();
}
