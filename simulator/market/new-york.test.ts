import { describe, expect, it } from "vitest";
import {
  connectionTimeText,
  hoursText,
  instantOf,
  isExtendedSession,
  isRegularSession,
  lastSessionSecond,
  marketDay,
  marketDayAt,
  marketTimeText,
  parseEndDateTime,
  tradingDayFrom,
} from "./new-york.ts";

describe("New York time", () => {
  it("writes instants as TWS does, in winter and in summer", () => {
    expect(marketTimeText(instantOf("2013-10-08", "09:30:05"))).toBe("20131008 09:30:05 US/Eastern");
    expect(connectionTimeText(instantOf("2026-11-22", "13:00"))).toBe("20261122 13:00:00 EST");
    expect(connectionTimeText(instantOf("2013-10-08", "13:00"))).toBe("20131008 13:00:00 EDT");
  });

  it("knows its midnight on the days the clocks change", () => {
    for (const date of ["2026-03-08", "2026-11-01"]) {
      const day = marketDayAt(instantOf(date, "23:30"));
      expect(day.date).toBe(date);
      expect(day.midnightEpochS).toBe(instantOf(date, "00:00"));
    }
  });

  it("reads end times in their three forms", () => {
    const expected = instantOf("2013-10-08", "15:00");
    expect(parseEndDateTime("20131008 15:00:00 US/Eastern")).toBe(expected);
    expect(parseEndDateTime("20131008 15:00:00")).toBe(expected);
    expect(parseEndDateTime("20131008-19:00:00")).toBe(expected);
    expect(parseEndDateTime("20131008 15:00:00 Mars/Olympus")).toBeUndefined();
    expect(parseEndDateTime("yesterday")).toBeUndefined();
  });

  it("steps over weekends", () => {
    expect(tradingDayFrom("2025-10-10", 1).date).toBe("2025-10-13");
    expect(tradingDayFrom("2025-10-13", -1).date).toBe("2025-10-10");
  });

  it("opens at 09:30 and closes at 16:00 on weekdays only", () => {
    expect(isRegularSession(instantOf("2025-10-07", "09:29:59"))).toBe(false);
    expect(isRegularSession(instantOf("2025-10-07", "09:30:00"))).toBe(true);
    expect(isRegularSession(instantOf("2025-10-07", "16:00:00"))).toBe(false);
    expect(isRegularSession(instantOf("2025-10-11", "12:00:00"))).toBe(false);
  });

  it("writes trading hours day by day, a holiday closed and a half day short", () => {
    expect(hoursText("2025-10-10", "regular", 2)).toBe("20251010:0930-20251010:1600;20251011:CLOSED");
    expect(hoursText("2025-11-26", "extended", 3)).toBe(
      "20251126:0400-20251126:2000;20251127:CLOSED;20251128:0400-20251128:1700",
    );
  });

  it("keeps the exchange's calendar: no session on a holiday, an early end on a half day", () => {
    expect(marketDay("2025-11-27").isTradingDay).toBe(false);
    expect(tradingDayFrom("2025-11-26", 1).date).toBe("2025-11-28");
    expect(isRegularSession(instantOf("2025-11-28", "12:59:59"))).toBe(true);
    expect(isRegularSession(instantOf("2025-11-28", "13:00:00"))).toBe(false);
    expect(isExtendedSession(instantOf("2025-11-28", "16:59:59"))).toBe(true);
    expect(isExtendedSession(instantOf("2025-11-28", "17:00:00"))).toBe(false);
  });

  it("takes every weekday before 2013, for which no rules are known", () => {
    expect(marketDay("2012-12-25").isTradingDay).toBe(true);
    expect(marketDay("2012-12-23").isTradingDay).toBe(false);
  });

  it("knows the last second of trading before an instant", () => {
    const last = (date: string, time: string) => marketTimeText(lastSessionSecond(instantOf(date, time)));
    expect(last("2025-10-07", "22:00")).toBe("20251007 19:59:59 US/Eastern");
    expect(last("2025-10-07", "03:00")).toBe("20251006 19:59:59 US/Eastern");
    expect(last("2025-11-29", "12:00")).toBe("20251128 16:59:59 US/Eastern");
    expect(last("2025-10-07", "10:00:05")).toBe("20251007 10:00:04 US/Eastern");
  });
});
