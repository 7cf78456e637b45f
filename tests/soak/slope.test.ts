import { describe, expect, it } from "vitest";
import { memorySlope } from "./slope.ts";

const MIB = 1024 * 1024;
/** A saw of garbage, collected every 40 s, on what a process keeps. */
const saw = (keptAt: (minute: number) => number) =>
  Array.from({ length: 60 * 6 }, (_, at) => {
    const minute = at / 6;
    return { minute, bytes: keptAt(minute) + ((at % 4) * 20 + 5) * MIB };
  });

describe("the slope of a process's memory", () => {
  it("is nothing for a saw of garbage on level ground", () => {
    expect(memorySlope(saw(() => 100 * MIB))).toBeCloseTo(0, 5);
  });

  it("is what a leak adds in an hour, whatever the saw", () => {
    expect(memorySlope(saw((minute) => 100 * MIB + minute * MIB)) / MIB).toBeCloseTo(60, 0);
  });

  it("falls when memory is given back", () => {
    expect(memorySlope(saw((minute) => (200 - minute) * MIB))).toBeLessThan(0);
  });

  it("is not told of two minutes", () => {
    expect(() => memorySlope(saw(() => 1).slice(0, 12))).toThrow("three minutes");
  });
});
