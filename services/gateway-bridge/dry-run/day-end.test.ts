import { expect, it } from "vitest";
import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import { dayOrderEndsMs } from "./day-end.ts";

// 2026-11-26 is Thanksgiving, and the day after it a half day.
it.each([
  ["2026-03-10", "10:00", false, "2026-03-10", "16:00"],
  ["2026-03-10", "10:00", true, "2026-03-10", "20:00"],
  ["2026-11-27", "10:00", false, "2026-11-27", "13:00"],
  ["2026-11-27", "10:00", true, "2026-11-27", "17:00"],
  ["2026-11-27", "16:59", true, "2026-11-27", "17:00"],
  ["2026-11-27", "17:00", true, "2026-11-30", "20:00"],
  ["2026-11-25", "20:00", true, "2026-11-27", "17:00"],
] as const)("a day order of %s %s, outside regular hours %s, ends %s %s", (day, time, outside, endDay, endTime) => {
  expect(dayOrderEndsMs(createCalendar(), epochMsOf(day, time), outside)).toBe(epochMsOf(endDay, endTime));
});
