import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CalendarOverride, createCalendar, epochMsOf, tradingDayOf } from "./mod.ts";

const calendar = createCalendar();

const PUBLISHED: Record<number, { closed: string; early: string }> = {
  2025: {
    closed: "01-01 01-09 01-20 02-17 04-18 05-26 06-19 07-04 09-01 11-27 12-25",
    early: "07-03 11-28 12-24",
  },
  2026: { closed: "01-01 01-19 02-16 04-03 05-25 06-19 07-03 09-07 11-26 12-25", early: "11-27 12-24" },
  2027: { closed: "01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24", early: "11-26" },
  2028: { closed: "01-17 02-21 04-14 05-29 06-19 07-04 09-04 11-23 12-25", early: "07-03 11-24" },
};

/** LEAN's list of closed days for the years before Juneteenth (QuantConnect/Lean, holidays-usa.csv). */
const CLOSED_EARLIER: Record<number, string> = {
  2013: "01-01 01-21 02-18 03-29 05-27 07-04 09-02 11-28 12-25",
  2014: "01-01 01-20 02-17 04-18 05-26 07-04 09-01 11-27 12-25",
  2015: "01-01 01-19 02-16 04-03 05-25 07-03 09-07 11-26 12-25",
};

function weekdaysOf(year: number): string[] {
  const days: string[] = [];
  for (let day = Temporal.PlainDate.from({ year, month: 1, day: 1 }); day.year === year; day = day.add({ days: 1 })) {
    if (day.dayOfWeek <= 5) days.push(day.toString());
  }
  return days;
}

const datesOf = (year: number, days: string) => days.split(" ").map((day) => `${year}-${day}`);

describe("the NYSE calendar", () => {
  it.each([2025, 2026, 2027, 2028])(
    "closes and closes early in %i on the published days and on no other weekday",
    (year) => {
      const published = PUBLISHED[year];
      if (published === undefined) throw new Error(`no published days for ${year}`);
      const weekdays = weekdaysOf(year);
      expect(weekdays.filter((date) => !calendar.isTradingDay(date))).toEqual(datesOf(year, published.closed));
      expect(weekdays.filter((date) => calendar.sessionOn(date)?.early)).toEqual(datesOf(year, published.early));
    },
  );

  it.each([2013, 2014, 2015])("closes in %i, before Juneteenth, on the days it closed then", (year) => {
    const closed = weekdaysOf(year).filter((date) => !calendar.isTradingDay(date));
    expect(closed).toEqual(datesOf(year, CLOSED_EARLIER[year] ?? ""));
  });

  it("opens every session at 09:30 and closes it at 16:00, or 13:00 on a half day, in New York", () => {
    for (const year of [2025, 2026, 2027, 2028]) {
      for (const date of weekdaysOf(year)) {
        const session = calendar.sessionOn(date);
        if (session === undefined) continue;
        expect(session.date).toBe(date);
        expect(session.openMs).toBe(epochMsOf(date, "09:30"));
        expect(session.closeMs).toBe(epochMsOf(date, session.early ? "13:00" : "16:00"));
      }
    }
  });

  it("has no session on any weekend", () => {
    for (const date of ["2026-11-28", "2026-11-29", "2026-03-08", "2027-11-07"]) {
      expect(calendar.isTradingDay(date)).toBe(false);
      expect(calendar.sessionOn(date)).toBeUndefined();
    }
  });

  it("knows the half day 2026-11-27", () => {
    expect(calendar.sessionOn("2026-11-27")).toEqual({
      date: "2026-11-27",
      openMs: Date.parse("2026-11-27T14:30:00Z"),
      closeMs: Date.parse("2026-11-27T18:00:00Z"),
      early: true,
    });
  });

  it("knows the ad hoc closures of 2018-12-05 and 2025-01-09", () => {
    expect(calendar.isTradingDay("2018-12-05")).toBe(false);
    expect(calendar.isTradingDay("2025-01-09")).toBe(false);
  });

  it("knows no session before 2013, whose half days its rules do not describe", () => {
    expect(calendar.sessionOn("2012-12-31")).toBeUndefined();
    expect(calendar.phaseAt(0)).toBe("closed");
    expect(() => calendar.previousTradingDay("2013-01-02")).toThrow(
      expect.objectContaining({ code: "CALENDAR_RANGE" }),
    );
  });

  it("refuses what is not a date", () => {
    expect(() => calendar.sessionOn("2026-02-30")).toThrow(expect.objectContaining({ code: "DATE_INVALID" }));
    expect(() => calendar.nextTradingDay("tomorrow")).toThrow(expect.objectContaining({ code: "DATE_INVALID" }));
  });
});

describe("the phase of the market", () => {
  it.each([
    ["2026-11-23", "03:59:59", "closed"],
    ["2026-11-23", "04:00:00", "pre-market"],
    ["2026-11-23", "09:29:59", "pre-market"],
    ["2026-11-23", "09:30:00", "open"],
    ["2026-11-23", "15:59:59", "open"],
    ["2026-11-23", "16:00:00", "after-hours"],
    ["2026-11-23", "19:59:59", "after-hours"],
    ["2026-11-23", "20:00:00", "closed"],
    ["2026-11-27", "12:59:59", "open"],
    ["2026-11-27", "13:00:00", "after-hours"],
    ["2026-11-27", "16:59:59", "after-hours"],
    ["2026-11-27", "17:00:00", "closed"],
    ["2026-11-26", "11:00:00", "closed"],
    ["2026-11-28", "11:00:00", "closed"],
    ["2026-11-01", "06:00:00", "closed"],
    ["2026-11-02", "09:30:00", "open"],
    ["2026-03-09", "09:29:59", "pre-market"],
  ])("on %s at %s is %s", (date, time, phase) => {
    expect(calendar.phaseAt(epochMsOf(date, time))).toBe(phase);
  });

  it("is open exactly within the session", () => {
    const start = Date.UTC(2024, 0);
    fc.assert(
      fc.property(fc.integer({ min: start, max: Date.UTC(2029, 0) }), (epochMs) => {
        const session = calendar.sessionOn(tradingDayOf(epochMs));
        const within = session !== undefined && epochMs >= session.openMs && epochMs < session.closeMs;
        expect(calendar.phaseAt(epochMs) === "open").toBe(within);
      }),
    );
  });
});

describe("walks on the calendar", () => {
  const dates = fc
    .integer({ min: 0, max: 365 * 14 })
    .map((days) => Temporal.PlainDate.from("2014-01-02").add({ days }).toString());

  it("lead to a trading day with none in between, and back", () => {
    fc.assert(
      fc.property(dates, (date) => {
        const next = calendar.nextTradingDay(date);
        const previous = calendar.previousTradingDay(date);
        expect(previous < date && date < next).toBe(true);
        expect(calendar.isTradingDay(next) && calendar.isTradingDay(previous)).toBe(true);
        for (
          let day = Temporal.PlainDate.from(previous).add({ days: 1 });
          day.toString() < next;
          day = day.add({ days: 1 })
        ) {
          expect(calendar.isTradingDay(day.toString())).toBe(day.toString() === date && calendar.isTradingDay(date));
        }
        expect(calendar.nextTradingDay(calendar.previousTradingDay(next))).toBe(next);
      }),
    );
  });

  it("gather the last n trading days, ending with the date when it is one", () => {
    fc.assert(
      fc.property(dates, fc.integer({ min: 1, max: 30 }), (date, n) => {
        const window = calendar.lastTradingDays(date, n);
        expect(window).toHaveLength(n);
        expect(window.at(-1)).toBe(calendar.isTradingDay(date) ? date : calendar.previousTradingDay(date));
        for (const [index, day] of window.slice(1).entries())
          expect(calendar.nextTradingDay(window[index] ?? "")).toBe(day);
      }),
    );
  });

  it("count five business days over Thanksgiving and its half day", () => {
    expect(calendar.lastTradingDays("2026-12-01", 5)).toEqual([
      "2026-11-24",
      "2026-11-25",
      "2026-11-27",
      "2026-11-30",
      "2026-12-01",
    ]);
    expect(calendar.lastTradingDays("2026-11-29", 2)).toEqual(["2026-11-25", "2026-11-27"]);
  });

  it.each([0, -1, 1.5, Number.NaN])("refuse a window of %d days", (n) => {
    expect(() => calendar.lastTradingDays("2026-11-23", n)).toThrow(
      expect.objectContaining({ code: "CALENDAR_RANGE" }),
    );
  });
});

describe("overrides", () => {
  const mourning: CalendarOverride = { date: "2026-11-24", kind: "closed", reason: "day of mourning" };

  it("close a day at short notice", () => {
    const overridden = createCalendar([mourning]);
    expect(calendar.isTradingDay("2026-11-24")).toBe(true);
    expect(overridden.isTradingDay("2026-11-24")).toBe(false);
    expect(overridden.phaseAt(epochMsOf("2026-11-24", "11:00"))).toBe("closed");
    expect(overridden.nextTradingDay("2026-11-23")).toBe("2026-11-25");
    expect(overridden.lastTradingDays("2026-11-25", 2)).toEqual(["2026-11-23", "2026-11-25"]);
  });

  it("end a full day at 13:00", () => {
    const overridden = createCalendar([{ ...mourning, kind: "early-close" }]);
    expect(overridden.sessionOn("2026-11-24")?.closeMs).toBe(epochMsOf("2026-11-24", "13:00"));
  });

  it("replace what ships with the product", () => {
    const overridden = createCalendar([{ date: "2025-01-09", kind: "early-close", reason: "corrected" }]);
    expect(overridden.sessionOn("2025-01-09")?.early).toBe(true);
    expect(calendar.isTradingDay("2025-01-09")).toBe(false);
  });

  it("are refused with each problem named", () => {
    const bad = [
      { date: "2026-11-28", kind: "closed", reason: "a Saturday" },
      { date: "2026-02-30", kind: "closed", reason: "no such day" },
      { date: "2026-11-24", kind: "shut", reason: "unknown kind" },
      { date: "2026-11-25", kind: "closed", reason: " " },
      { date: "2026-11-25", kind: "closed", reason: "twice" },
    ];
    expect(() => createCalendar(bad as CalendarOverride[])).toThrow(
      expect.objectContaining({ code: "CALENDAR_OVERRIDE_INVALID" }),
    );
    const problems = [
      /is a Saturday/,
      /"YYYY-MM-DD" and exist/,
      /"closed" or "early-close"/,
      /reason must not be empty/,
    ];
    for (const problem of problems) expect(() => createCalendar(bad as CalendarOverride[])).toThrow(problem);
    expect(() => createCalendar([mourning, mourning])).toThrow(/2026-11-24 is listed twice/);
  });

  it("cannot open a holiday for half a day", () => {
    expect(() => createCalendar([{ date: "2026-11-26", kind: "early-close", reason: "typo for 27" }])).toThrow(
      /2026-11-26 is closed \(Thanksgiving Day\)/,
    );
  });
});
