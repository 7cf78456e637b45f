import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ClockAnchor, MarketClock, marketTimeAt, TimeError } from "./mod.ts";

const anchors = fc.record({
  marketTimeMs: fc.integer({ min: 1_300_000_000_000, max: 1_900_000_000_000 }),
  atMonotonicMs: fc.integer({ min: 0, max: 1_000_000_000 }),
  speed: fc.integer({ min: 0, max: 600 }),
});

describe("the market clock", () => {
  it("is a straight line through its anchor with the anchor's slope", () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 1e6 }), (anchor, at, by) => {
        expect(marketTimeAt(anchor, anchor.atMonotonicMs)).toBe(anchor.marketTimeMs);
        const from = marketTimeAt(anchor, anchor.atMonotonicMs + at);
        expect(marketTimeAt(anchor, anchor.atMonotonicMs + at + by) - from).toBe(by * anchor.speed);
      }),
    );
  });

  it("knows no time before its first anchor", () => {
    const clock = new MarketClock();
    expect(clock.nowMs()).toBeUndefined();
    expect(clock.speed).toBeUndefined();
  });

  it("runs between anchors at their speed, in whole milliseconds, and follows each new one at once", () => {
    let monotonicMs = 1000;
    const clock = new MarketClock(() => monotonicMs);
    clock.set({ marketTimeMs: 5_000_000, atMonotonicMs: 1000, speed: 60 });
    monotonicMs = 1010.51;
    expect(clock.nowMs()).toBe(5_000_630);
    expect(clock.speed).toBe(60);
    clock.set({ marketTimeMs: 5_000_000, atMonotonicMs: 1010, speed: 0 });
    monotonicMs = 9000;
    expect(clock.nowMs()).toBe(5_000_000);
    expect(clock.speed).toBe(0);
  });

  it("uses the machine's monotonic clock by default", () => {
    const clock = new MarketClock();
    clock.set({ marketTimeMs: 0, atMonotonicMs: 0, speed: 1 });
    expect(clock.nowMs()).toBeGreaterThan(0);
  });

  it("keeps its own copy of the anchor", () => {
    const clock = new MarketClock(() => 0);
    const anchor: ClockAnchor = { marketTimeMs: 7, atMonotonicMs: 0, speed: 1 };
    clock.set(anchor);
    anchor.marketTimeMs = 9;
    expect(clock.nowMs()).toBe(7);
  });

  it.each([{ marketTimeMs: Number.NaN }, { atMonotonicMs: Number.POSITIVE_INFINITY }, { speed: -1 }])(
    "refuses an anchor with %o and keeps the one it has",
    (bad) => {
      const clock = new MarketClock(() => 0);
      clock.set({ marketTimeMs: 7, atMonotonicMs: 0, speed: 1 });
      expect(() => clock.set({ marketTimeMs: 8, atMonotonicMs: 0, speed: 1, ...bad })).toThrow(TimeError);
      expect(clock.nowMs()).toBe(7);
    },
  );
});
