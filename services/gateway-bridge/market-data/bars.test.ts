import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import type { FiveSecondBar } from "../gateway/reports.ts";
import { BarBuilder } from "./bars.ts";

const OPEN_MS = epochMsOf("2026-03-10", "09:30");
const bar = (second: number, change: Partial<FiveSecondBar> = {}): FiveSecondBar => ({
  startsAt: OPEN_MS + second * 1000,
  open: 100,
  high: 100,
  low: 100,
  close: 100,
  volume: 1,
  ...change,
});

describe("bars", () => {
  it("of a minute are complete with their last five seconds, on the edge of the clock", () => {
    const builder = new BarBuilder("SPY");
    const complete = [];
    for (let second = 0; second < 60; second += 5) {
      complete.push(
        ...builder.push(bar(second, { open: second, high: second + 2, low: second + 1, close: second + 1 })),
      );
      if (second < 55) expect(complete).toEqual([]);
    }
    // The first bar has an open of 0, which the gateway uses for no data: it is left out.
    expect(complete).toEqual([
      { symbol: "SPY", interval: "1m", startsAt: OPEN_MS, open: 5, high: 57, low: 6, close: 56, volume: 11 },
    ]);
  });

  it("end with the first bar of a later interval when their last ones never came", () => {
    const builder = new BarBuilder("SPY");
    builder.push(bar(0));
    expect(builder.push(bar(70))).toMatchObject([{ interval: "1m", startsAt: OPEN_MS, volume: 1 }]);
  });

  it("of 5 and 15 minutes begin where the session does", () => {
    const builder = new BarBuilder("SPY");
    const complete = [];
    for (let second = 0; second < 900; second += 5) complete.push(...builder.push(bar(second)));
    expect(complete.filter(({ interval }) => interval === "5m").map(({ startsAt }) => startsAt - OPEN_MS)).toEqual([
      0, 300_000, 600_000,
    ]);
    expect(complete.filter(({ interval }) => interval === "15m")).toMatchObject([{ startsAt: OPEN_MS, volume: 180 }]);
  });

  it("are not changed by what comes twice, late, or without data", () => {
    const builder = new BarBuilder("SPY");
    builder.push(bar(0));
    builder.push(bar(5));
    builder.push(bar(5, { volume: 99 }));
    builder.push(bar(0, { volume: 99 }));
    builder.push(bar(10, { open: -1, high: -1, low: -1, close: -1, volume: 99 }));
    expect(builder.push(bar(55))).toMatchObject([{ volume: 3 }]);
  });

  it("lose and double no volume, whatever is missing", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (present) => {
        const builder = new BarBuilder("SPY");
        const complete = [];
        const sent = [...present].sort((a, b) => a - b);
        for (const at of sent) complete.push(...builder.push(bar(at * 5)));
        complete.push(...builder.push(bar(3600)));
        for (const interval of ["1m", "5m", "15m"]) {
          const bars = complete.filter((one) => one.interval === interval);
          expect(bars.reduce((sum, { volume }) => sum + volume, 0)).toBe(sent.length);
          expect(bars.map(({ startsAt }) => startsAt)).toEqual(
            [...new Set(bars.map(({ startsAt }) => startsAt))].sort(),
          );
        }
      }),
    );
  });
});
