import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BarInterval } from "#libs/contracts/mod.ts";
import { createCalendar, epochMsOf, formatNewYorkTime, tradingDayOf } from "#libs/time/mod.ts";
import { endDateTimeOf, pageBefore, pageEndsAt, questionFor } from "./pages.ts";

const calendar = createCalendar();
const at = (day: string, time: string) => epochMsOf(day, time);

describe("pages of history", () => {
  it("are an hour, a day, a week, a month and a year, by the size of their bars", () => {
    const moment = at("2026-03-11", "11:20");
    const spans = (["5s", "1m", "5m", "15m", "1d"] as const).map((interval) => {
      const { fromMs, toMs, days } = pageBefore(moment, interval, true, calendar);
      return [interval, tradingDayOf(fromMs), tradingDayOf(toMs - 1), days.length];
    });
    expect(spans).toEqual([
      ["5s", "2026-03-11", "2026-03-11", 1],
      ["1m", "2026-03-11", "2026-03-11", 1],
      ["5m", "2026-03-09", "2026-03-15", 5],
      ["15m", "2026-03-01", "2026-03-31", 22],
      ["1d", "2026-01-01", "2026-12-31", 251],
    ]);
  });

  it("end with the session, at 13:00 on a half day", () => {
    const endOf = (day: string, regular: boolean) =>
      formatNewYorkTime(pageEndsAt(pageBefore(at(day, "12:00"), "1m", regular, calendar), regular, calendar));
    expect([endOf("2026-11-27", true), endOf("2026-11-27", false)]).toEqual(["13:00:00", "17:00:00"]);
    expect([endOf("2026-11-25", true), endOf("2026-11-25", false)]).toEqual(["16:00:00", "20:00:00"]);
  });

  it("before the open are those of the last trading day, over week-ends and holidays", () => {
    // Thanksgiving 2026 is Thursday 26 November; the Monday after it asks for the half day on Friday.
    expect(pageBefore(at("2026-11-30", "09:30"), "1m", true, calendar).days).toEqual(["2026-11-27"]);
    expect(pageBefore(at("2026-11-27", "09:30"), "1m", true, calendar).days).toEqual(["2026-11-25"]);
    expect(pageBefore(at("2026-11-30", "09:30"), "1m", false, calendar).days).toEqual(["2026-11-30"]);
  });

  it("walk back over the change of the clocks without a gap or an overlap", () => {
    const open = (day: string) => at(day, "09:30");
    const monday = pageBefore(at("2026-03-09", "12:00"), "5m", true, calendar);
    const before = pageBefore(monday.fromMs, "5m", true, calendar);
    expect(before.toMs).toBe(monday.fromMs);
    expect(before.days.at(-1)).toBe("2026-03-06");
    // The clocks went forward on Sunday the 8th: three days of 24 hours, less one.
    expect(open("2026-03-09") - open("2026-03-06")).toBe(71 * 3_600_000);
  });

  it("always go back in time, and hold what they are asked for", () => {
    const moments = fc.integer({ min: at("2024-01-02", "00:00"), max: at("2026-12-30", "23:00") });
    const intervals = fc.constantFrom<BarInterval>("5s", "1m", "5m", "15m", "1d");
    fc.assert(
      fc.property(moments, intervals, fc.boolean(), (moment, interval, regular) => {
        const page = pageBefore(moment, interval, regular, calendar);
        expect(page.fromMs).toBeLessThan(moment);
        expect(page.days.length).toBeGreaterThan(0);
        const earlier = pageBefore(page.fromMs, interval, regular, calendar);
        expect(earlier.fromMs).toBeLessThan(page.fromMs);
        expect(earlier.toMs).toBeLessThanOrEqual(page.fromMs);
      }),
      { numRuns: 300 },
    );
  });

  it("are asked for as far as they are over, in UTC", () => {
    const page = pageBefore(at("2026-03-11", "11:20"), "5m", true, calendar);
    expect(questionFor(page, at("2026-03-11", "11:20"))).toEqual({
      endDateTime: "20260311-15:20:00",
      duration: "3 D",
      barSeconds: 300,
    });
    const hour = pageBefore(at("2026-03-11", "11:20"), "5s", true, calendar);
    expect(questionFor(hour, at("2026-03-11", "11:20"))).toMatchObject({ duration: "1200 S", barSeconds: 5 });
    const year = pageBefore(at("2026-03-11", "11:20"), "1d", true, calendar);
    expect(questionFor(year, at("2026-03-10", "16:00"))).toMatchObject({ duration: "46 D", barSeconds: 86_400 });
    expect(endDateTimeOf(at("2026-11-27", "13:00"))).toBe("20261127-18:00:00");
  });
});
