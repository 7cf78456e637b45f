import { describe, expect, it } from "vitest";
import { barsOfDay } from "./bars.ts";
import { Disturbances } from "./disturbances.ts";
import { generateTape } from "./generator.ts";
import { instrumentFor } from "./listed/stocks.ts";
import { instantOf } from "./new-york.ts";
import { quoteAt, type Tape, type TapeSource } from "./tape.ts";

const date = "2025-10-07";
const instrument = instrumentFor("IBM");
const source: TapeSource = {
  tape: (key, day) => generateTape(1, key, instrument.generated, day),
  firstDate: () => undefined,
};

function disturbances(): Disturbances {
  return new Disturbances(source, () => instrument);
}

function tapeOf(from: TapeSource, day = date): Tape {
  const tape = from.tape("IBM", day);
  if (tape === undefined) throw new Error(`no tape for ${day}`);
  return tape;
}

const at = (time: string) => instantOf(date, time);

describe("a halt", () => {
  it("lets prices stand and nothing trade until it is over; before and after, nothing is changed", () => {
    const disturbed = disturbances();
    disturbed.halt("IBM", "general", at("10:30:01"));
    disturbed.resume("IBM", at("10:40:01"));
    const [plain, halted] = [tapeOf(source), tapeOf(disturbed)];
    expect(quoteAt(halted, at("10:35:00"))).toEqual({ ...quoteAt(plain, at("10:30:00")), lastSize: 0 });
    expect(quoteAt(halted, at("10:30:00"))).toEqual(quoteAt(plain, at("10:30:00")));
    expect(quoteAt(halted, at("10:40:01"))).toEqual(quoteAt(plain, at("10:40:01")));
    const minutes = barsOfDay(halted, 60, "TRADES", true, at("10:31:00"), at("10:40:00"));
    expect(minutes).toEqual([]);
  });

  it("lasts until it is ended, and is known while it lasts", () => {
    const disturbed = disturbances();
    expect(disturbed.halt("IBM", "volatility", at("10:30:01"))).toBe(true);
    expect(disturbed.halt("IBM", "general", at("10:31:00"))).toBe(false);
    expect(disturbed.haltOf("IBM")).toBe("volatility");
    expect(
      tapeOf(disturbed)
        .trades.slice(at("10:30:01") - tapeOf(source).startEpochS)
        .every((count) => count === 0),
    ).toBe(true);
    expect(disturbed.resume("IBM", at("10:40:01"))).toBe(true);
    expect(disturbed.resume("IBM", at("10:41:00"))).toBe(false);
    expect(disturbed.haltOf("IBM")).toBeUndefined();
  });
});

describe("a gap", () => {
  it("moves every later price by its per cents, in whole ticks, the next day and its previous close included", () => {
    const disturbed = disturbances();
    disturbed.gap("IBM", -8, at("10:40:01"));
    const [plain, moved] = [tapeOf(source), tapeOf(disturbed)];
    expect(quoteAt(moved, at("10:40:00"))).toEqual(quoteAt(plain, at("10:40:00")));
    const [before, after] = [quoteAt(plain, at("10:40:01")), quoteAt(moved, at("10:40:01"))];
    expect(after?.bid).toBeCloseTo((before?.bid ?? 0) * 0.92, 1);
    expect(Math.round((after?.bid ?? 0) * 1e6) % 1e4).toBe(0);
    expect(moved.previousClose).toBe(plain.previousClose);
    const next = "2025-10-08";
    expect(tapeOf(disturbed, next).previousClose).toBeCloseTo((tapeOf(source, next).previousClose ?? 0) * 0.92, 1);
  });
});
