import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { linesFor, Needs } from "./needs.ts";

describe("who needs market data", () => {
  it("is served in this order: positions and working orders, the strategies, what is just no longer needed", () => {
    const needs = new Needs();
    needs.set(new Set(["OLD"]), ["SPY", "QQQ"], 0);
    needs.set(new Set(["QQQ", "IBM"]), ["SPY", "QQQ"], 1000);
    expect(needs.list(1000)).toEqual([
      { symbol: "QQQ", bars: true },
      { symbol: "IBM", bars: false },
      { symbol: "SPY", bars: true },
      { symbol: "OLD", bars: false },
    ]);
  });

  it("keeps it for half a minute after the need has gone", () => {
    const needs = new Needs();
    needs.set(new Set(), ["SPY"], 0);
    needs.set(new Set(), [], 1000);
    needs.set(new Set(), [], 20_000);
    expect(needs.list(30_999)).toEqual([{ symbol: "SPY", bars: true }]);
    expect(needs.list(31_000)).toEqual([]);
  });

  it("keeps the bars of a position's symbol as long when its strategy has gone", () => {
    const needs = new Needs();
    needs.set(new Set(["SPY"]), ["SPY"], 0);
    needs.set(new Set(["SPY"]), [], 1000);
    expect(needs.list(2000)).toEqual([{ symbol: "SPY", bars: true }]);
    expect(needs.list(31_000)).toEqual([{ symbol: "SPY", bars: false }]);
  });

  it("never gets more lines than there are, and each symbol left out is named", () => {
    const some = fc.array(fc.record({ symbol: fc.string({ minLength: 1 }), bars: fc.boolean() }), { maxLength: 90 });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 100 }), (needs, max) => {
        const { quotes, bars, beyond } = linesFor(needs, max);
        expect(quotes.length + bars.length).toBeLessThanOrEqual(max);
        const wanted = needs.reduce((sum, need) => sum + (need.bars ? 2 : 1), 0);
        expect(beyond.length > 0).toBe(quotes.length + bars.length < wanted);
      }),
    );
  });
});
