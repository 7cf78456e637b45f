// The exchange's rules, valid since 2013 (before that the half days around July 4 were decided year by year).
// Sources: NYSE Rule 7.2 and the exchange's published calendars; checked against LEAN's market-hours database.

export const FIRST_RULED_YEAR = 2013;

/** Juneteenth has been a trading holiday since 2022. */
const JUNETEENTH_FIRST_YEAR = 2022;

export type SpecialDay = { kind: "closed" | "early-close"; reason: string };

const MONDAY = 1;
const THURSDAY = 4;
const SATURDAY = 6;
const SUNDAY = 7;

/** Every weekday of the year that is not a full session, keyed "YYYY-MM-DD". */
export function specialDaysOf(year: number): ReadonlyMap<string, SpecialDay> {
  const days = new Map<string, SpecialDay>();
  const thanksgiving = nthWeekday(year, 11, THURSDAY, 4);

  close(days, newYearOf(year), "New Year's Day");
  close(days, nthWeekday(year, 1, MONDAY, 3), "Martin Luther King Jr. Day");
  close(days, nthWeekday(year, 2, MONDAY, 3), "Washington's Birthday");
  close(days, easterOf(year).subtract({ days: 2 }), "Good Friday");
  close(days, lastMonday(year, 5), "Memorial Day");
  if (year >= JUNETEENTH_FIRST_YEAR) close(days, observed(dateOf(year, 6, 19)), "Juneteenth");
  close(days, observed(dateOf(year, 7, 4)), "Independence Day");
  close(days, nthWeekday(year, 9, MONDAY, 1), "Labor Day");
  close(days, thanksgiving, "Thanksgiving Day");
  close(days, observed(dateOf(year, 12, 25)), "Christmas Day");

  closeEarly(days, dateOf(year, 7, 3), "day before Independence Day");
  closeEarly(days, thanksgiving.add({ days: 1 }), "day after Thanksgiving");
  closeEarly(days, dateOf(year, 12, 24), "Christmas Eve");
  return days;
}

export function isWeekend(date: Temporal.PlainDate): boolean {
  return date.dayOfWeek >= SATURDAY;
}

function close(days: Map<string, SpecialDay>, date: Temporal.PlainDate, reason: string): void {
  if (!isWeekend(date)) days.set(date.toString(), { kind: "closed", reason });
}

/** Early only when it is a weekday and not itself a holiday. */
function closeEarly(days: Map<string, SpecialDay>, date: Temporal.PlainDate, reason: string): void {
  if (!isWeekend(date) && !days.has(date.toString())) days.set(date.toString(), { kind: "early-close", reason });
}

/** Sunday moves to Monday; Saturday is not observed, because December 31 closes the accounting year. */
function newYearOf(year: number): Temporal.PlainDate {
  const date = dateOf(year, 1, 1);
  return date.dayOfWeek === SUNDAY ? date.add({ days: 1 }) : date;
}

/** The other fixed days: Saturday moves to Friday, Sunday to Monday. */
function observed(date: Temporal.PlainDate): Temporal.PlainDate {
  if (date.dayOfWeek === SATURDAY) return date.subtract({ days: 1 });
  if (date.dayOfWeek === SUNDAY) return date.add({ days: 1 });
  return date;
}

function nthWeekday(year: number, month: number, weekday: number, n: number): Temporal.PlainDate {
  const first = dateOf(year, month, 1);
  return first.add({ days: ((weekday - first.dayOfWeek + 7) % 7) + (n - 1) * 7 });
}

function lastMonday(year: number, month: number): Temporal.PlainDate {
  const last = dateOf(year, month, 1).add({ months: 1 }).subtract({ days: 1 });
  return last.subtract({ days: last.dayOfWeek - MONDAY });
}

/** Gregorian Easter Sunday, by the anonymous algorithm of Meeus, Astronomical Algorithms, chapter 8. */
function easterOf(year: number): Temporal.PlainDate {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const e = b % 4;
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const i = Math.floor(c / 4);
  const k = c % 4;
  const l = (32 + 2 * e + 2 * i - h - k) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const monthAndDay = h + l - 7 * m + 114;
  return dateOf(year, Math.floor(monthAndDay / 31), (monthAndDay % 31) + 1);
}

function dateOf(year: number, month: number, day: number): Temporal.PlainDate {
  return Temporal.PlainDate.from({ year, month, day });
}
