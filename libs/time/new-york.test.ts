import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMsOf, formatNewYorkTime, NEW_YORK, TimeError, toNewYork, tradingDayOf } from "./mod.ts";

const instants = fc.double({ min: Date.UTC(2013, 0), max: Date.UTC(2040, 0), noNaN: true });

describe("New York", () => {
  it.each([
    ["2026-03-07", "the day before the clocks go forward", "11:00", "21:30"],
    ["2026-03-08", "the Sunday on which they go forward", "10:00", "20:30"],
    ["2026-10-31", "the day before the clocks go back", "10:00", "20:30"],
    ["2026-11-01", "the Sunday on which they go back", "11:00", "21:30"],
    ["2027-03-13", "the day before the clocks go forward", "11:00", "21:30"],
    ["2027-03-14", "the Sunday on which they go forward", "10:00", "20:30"],
    ["2027-11-06", "the day before the clocks go back", "10:00", "20:30"],
    ["2027-11-07", "the Sunday on which they go back", "11:00", "21:30"],
  ])("has 06:00 and 16:30 on %s, %s", (date, _what, sixInUtc, halfPastFourInUtc) => {
    expect(epochMsOf(date, "06:00")).toBe(Date.parse(`${date}T${sixInUtc}:00Z`));
    expect(epochMsOf(date, "16:30")).toBe(Date.parse(`${date}T${halfPastFourInUtc}:00Z`));
    expect(formatNewYorkTime(epochMsOf(date, "06:00"))).toBe("06:00:00");
    expect(formatNewYorkTime(epochMsOf(date, "16:30"))).toBe("16:30:00");
  });

  it("reads a skipped time with the offset before the change and a doubled one as the first", () => {
    expect(epochMsOf("2026-03-08", "02:30")).toBe(Date.parse("2026-03-08T07:30:00Z"));
    expect(epochMsOf("2026-11-01", "01:30")).toBe(Date.parse("2026-11-01T05:30:00Z"));
  });

  it("keeps the evening after midnight UTC in the same trading day", () => {
    expect(tradingDayOf(Date.parse("2026-11-24T00:30:00Z"))).toBe("2026-11-23");
    expect(tradingDayOf(Date.parse("2026-11-24T05:00:00Z"))).toBe("2026-11-24");
    expect(tradingDayOf(Date.parse("2026-11-24T04:59:59.999Z"))).toBe("2026-11-23");
  });

  it("formats and converts any instant as Temporal does, in any order of asking", () => {
    fc.assert(
      fc.property(instants, (epochMs) => {
        const zoned = Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs)).toZonedDateTimeISO(NEW_YORK);
        expect(tradingDayOf(epochMs)).toBe(zoned.toPlainDate().toString());
        expect(formatNewYorkTime(epochMs)).toBe(zoned.toPlainTime().toString().slice(0, 8));
        expect(toNewYork(epochMs).equals(zoned)).toBe(true);
      }),
    );
  });

  it("reads back what it formats, but for the doubled hour", () => {
    fc.assert(
      fc.property(instants, (epochMs) => {
        const secondMs = Math.floor(epochMs / 1000) * 1000;
        const readMs = epochMsOf(tradingDayOf(secondMs), formatNewYorkTime(secondMs));
        expect([0, 3_600_000]).toContain(secondMs - readMs);
      }),
    );
  });

  it.each(["2026-02-30", "2026-13-01", "26-01-01", "2026-1-1", "20260101", "", "2026-01-01T00:00"])(
    'refuses "%s" as a date',
    (date) => {
      expect(() => epochMsOf(date, "09:30")).toThrow(expect.objectContaining({ code: "DATE_INVALID" }));
    },
  );

  it.each(["9:30", "24:00", "09:60", "0930", "", "09:30:61", "noon"])('refuses "%s" as a time of day', (time) => {
    expect(() => epochMsOf("2026-11-23", time)).toThrow(expect.objectContaining({ code: "TIME_OF_DAY_INVALID" }));
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e17, -1e17])("refuses %d as an instant", (epochMs) => {
    expect(() => tradingDayOf(epochMs)).toThrow(TimeError);
    expect(() => formatNewYorkTime(epochMs)).toThrow(expect.objectContaining({ code: "EPOCH_INVALID" }));
  });
});
