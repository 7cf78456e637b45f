import { BUILT_IN_OVERRIDES, type CalendarOverride, calendarOverridesSchema } from "./calendar-overrides.ts";
import { TimeError } from "./errors.ts";
import { FIRST_RULED_YEAR, isWeekend, type SpecialDay, specialDaysOf } from "./holidays.ts";
import { epochMsOf, plainDateOf, tradingDayOf } from "./new-york.ts";

/** One regular session: from `openMs` up to, not including, `closeMs` (epoch milliseconds). */
export type Session = { date: string; openMs: number; closeMs: number; early: boolean };

export type MarketPhase = "closed" | "pre-market" | "open" | "after-hours";

/**
 * The NYSE calendar. Dates are New York calendar dates, "YYYY-MM-DD"; each function throws `TimeError`
 * ("DATE_INVALID") for anything else. The rules are known since 2013: before that no day is a session.
 */
export type Calendar = {
  /** The regular session of the day, or undefined when the exchange is closed. */
  sessionOn(date: string): Session | undefined;
  isTradingDay(date: string): boolean;
  /** The first trading day after the date. */
  nextTradingDay(date: string): string;
  /** The last trading day before the date. Throws `TimeError` ("CALENDAR_RANGE") when it would be before 2013. */
  previousTradingDay(date: string): string;
  /**
   * The last `n` trading days up to and including the date (or the trading day before it, when it is none), oldest
   * first: the window of the five-business-day rule. Throws `TimeError` ("CALENDAR_RANGE") before 2013 or n < 1.
   */
  lastTradingDays(date: string, n: number): string[];
  /** Pre-market from 04:00, after-hours until 20:00, or until 17:00 on a half day. */
  phaseAt(epochMs: number): MarketPhase;
};

const OPEN = "09:30";
const CLOSE = "16:00";
const EARLY_CLOSE = "13:00";
const PRE_MARKET_OPEN = "04:00";
const AFTER_HOURS_CLOSE = "20:00";
const EARLY_AFTER_HOURS_CLOSE = "17:00";

/** Longer than any closure since 1933; a walk that has not met a session by then has overrides that close the year. */
const CLOSED_DAYS_IN_A_ROW_MAX = 366;

/** Sessions kept ready, so that asking on every tick costs a map lookup. */
const CACHED_DAYS_MAX = 1000;

/**
 * The calendar by the exchange's rules, the closures known to this version, and the operator's overrides, of which
 * the later replaces the earlier. Throws `TimeError` ("CALENDAR_OVERRIDE_INVALID") naming each bad entry.
 */
export function createCalendar(overrides: readonly CalendarOverride[] = []): Calendar {
  const specialDays = specialDaysWith(overrides);
  const days = new Map<string, Day | undefined>();

  function dayOn(date: string): Day | undefined {
    if (days.has(date)) return days.get(date);
    const day = dayFrom(plainDateOf(date), specialDays);
    if (days.size >= CACHED_DAYS_MAX) days.clear();
    days.set(date, day);
    return day;
  }

  function walk(from: Temporal.PlainDate, step: 1 | -1): string {
    let date = from;
    for (let walked = 0; walked < CLOSED_DAYS_IN_A_ROW_MAX; walked++) {
      if (dayOn(date.toString()) !== undefined) return date.toString();
      date = date.add({ days: step });
    }
    throw new TimeError(
      "CALENDAR_RANGE",
      `no trading day within a year of ${from}: the calendar starts in ${FIRST_RULED_YEAR}; check the date and the overrides`,
    );
  }

  return {
    sessionOn: (date) => dayOn(date)?.session,
    isTradingDay: (date) => dayOn(date) !== undefined,
    nextTradingDay: (date) => walk(plainDateOf(date).add({ days: 1 }), 1),
    previousTradingDay: (date) => walk(plainDateOf(date).subtract({ days: 1 }), -1),
    lastTradingDays(date, n) {
      if (!Number.isInteger(n) || n < 1) {
        throw new TimeError("CALENDAR_RANGE", `${n} trading days asked for: expected a whole number of 1 or more`);
      }
      const window = [walk(plainDateOf(date), -1)];
      for (let day = window[0]; day !== undefined && window.length < n; day = window[0]) {
        window.unshift(walk(plainDateOf(day).subtract({ days: 1 }), -1));
      }
      return window;
    },
    phaseAt(epochMs) {
      const day = dayOn(tradingDayOf(epochMs));
      if (day === undefined || epochMs < day.preMarketOpenMs || epochMs >= day.afterHoursCloseMs) return "closed";
      if (epochMs < day.session.openMs) return "pre-market";
      return epochMs < day.session.closeMs ? "open" : "after-hours";
    },
  };
}

type Day = { session: Session; preMarketOpenMs: number; afterHoursCloseMs: number };

function dayFrom(date: Temporal.PlainDate, specialDayOn: (date: Temporal.PlainDate) => SpecialDay | undefined) {
  if (date.year < FIRST_RULED_YEAR || isWeekend(date)) return undefined;
  const special = specialDayOn(date);
  if (special?.kind === "closed") return undefined;
  const early = special?.kind === "early-close";
  const iso = date.toString();
  return {
    session: {
      date: iso,
      openMs: epochMsOf(iso, OPEN),
      closeMs: epochMsOf(iso, early ? EARLY_CLOSE : CLOSE),
      early,
    },
    preMarketOpenMs: epochMsOf(iso, PRE_MARKET_OPEN),
    afterHoursCloseMs: epochMsOf(iso, early ? EARLY_AFTER_HOURS_CLOSE : AFTER_HOURS_CLOSE),
  };
}

/** Looks a day up in the overrides, then in its year's rules. */
function specialDaysWith(overrides: readonly CalendarOverride[]) {
  const parsed = calendarOverridesSchema.safeParse(overrides);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `  [${issue.path.join(".")}] ${issue.message}`);
    throw new TimeError("CALENDAR_OVERRIDE_INVALID", `calendar overrides refused:\n${problems.join("\n")}`);
  }
  const overridden = new Map<string, SpecialDay>();
  for (const { date, kind, reason } of [...BUILT_IN_OVERRIDES, ...parsed.data]) overridden.set(date, { kind, reason });
  const ruled = new Map<number, ReadonlyMap<string, SpecialDay>>();

  // A half day on a day the rules close is a mistyped date far more often than news: it would open a holiday.
  const reopened = parsed.data.find(
    ({ date, kind }) => kind === "early-close" && specialDaysOf(Number(date.slice(0, 4))).get(date)?.kind === "closed",
  );
  if (reopened !== undefined) {
    const holiday = specialDaysOf(Number(reopened.date.slice(0, 4))).get(reopened.date)?.reason;
    throw new TimeError(
      "CALENDAR_OVERRIDE_INVALID",
      `calendar overrides refused: ${reopened.date} is closed (${holiday}) and cannot close early: correct the date`,
    );
  }

  return (date: Temporal.PlainDate): SpecialDay | undefined => {
    const override = overridden.get(date.toString());
    if (override !== undefined) return override;
    let rules = ruled.get(date.year);
    if (rules === undefined) {
      rules = specialDaysOf(date.year);
      ruled.set(date.year, rules);
    }
    return rules.get(date.toString());
  };
}
