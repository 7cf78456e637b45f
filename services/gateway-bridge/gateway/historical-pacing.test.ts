import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HistoricalPacing, type HistoricalRequest } from "./historical-pacing.ts";

const request = (change: Partial<HistoricalRequest> = {}): HistoricalRequest => ({
  kind: "bars",
  symbol: "SPY",
  exchange: "SMART",
  whatToShow: "TRADES",
  barSeconds: 5,
  endDateTime: "20260310-15:00:00",
  duration: "3600 S",
  regularHoursOnly: true,
  ...change,
});
/** As {@link request}, and never twice the same. */
let count = 0;
const another = (change: Partial<HistoricalRequest> = {}) => {
  count += 1;
  return request({ duration: `${count} S`, ...change });
};

describe("questions to the broker's history", () => {
  it("that are identical wait 15 seconds", () => {
    const pacing = new HistoricalPacing();
    expect(pacing.mayAsk(request(), 0)).toBe(0);
    pacing.asked(request(), 0);
    expect(pacing.mayAsk(request(), 0)).toBeGreaterThanOrEqual(15_000);
    expect(pacing.mayAsk(request({ regularHoursOnly: false }), 0)).toBe(0);
    expect(pacing.mayAsk(request(), pacing.mayAsk(request(), 0))).toBe(0);
  });

  it("are at most five for one contract, exchange and type in two seconds, of bars of any size", () => {
    const pacing = new HistoricalPacing();
    for (let at = 0; at < 5; at += 1) pacing.asked(another({ barSeconds: 86_400 }), at * 100);
    expect(pacing.mayAsk(another(), 500)).toBeGreaterThanOrEqual(1500);
    expect(pacing.mayAsk(another({ symbol: "QQQ" }), 500)).toBe(0);
    expect(pacing.mayAsk(another({ whatToShow: "MIDPOINT" }), 500)).toBe(0);
  });

  it("count twice for bids and asks", () => {
    const pacing = new HistoricalPacing();
    const both = { whatToShow: "BID_ASK" };
    pacing.asked(another(both), 0);
    pacing.asked(another(both), 0);
    expect(pacing.mayAsk(another(both), 0)).toBeGreaterThan(0);
  });

  it("are at most fifty without an answer, and none of a connection that is gone", () => {
    const pacing = new HistoricalPacing();
    for (let at = 0; at < 50; at += 1) pacing.asked(another({ symbol: `S${at}`, barSeconds: 60 }), 0);
    expect(pacing.mayAsk(another({ symbol: "X", barSeconds: 60 }), 0)).toBe(1000);
    pacing.ended();
    expect(pacing.mayAsk(another({ symbol: "X", barSeconds: 60 }), 0)).toBe(0);
    pacing.asked(another({ symbol: "X", barSeconds: 60 }), 0);
    pacing.connectionLost();
    expect(pacing.mayAsk(another({ symbol: "Y", barSeconds: 60 }), 0)).toBe(0);
  });

  it.each([
    ["bars of 30 s", { barSeconds: 30 }, true],
    ["head timestamps", { kind: "head-timestamp", barSeconds: 0 }, true],
    ["bars of a minute", { barSeconds: 60 }, false],
  ] as const)("for %s are at most 60 in ten minutes: %s", (_what, kind, limited) => {
    const pacing = new HistoricalPacing();
    for (let at = 0; at < 60; at += 1) {
      pacing.asked(another({ ...kind, symbol: `S${at}` }), at * 1000);
      pacing.ended();
    }
    const wait = pacing.mayAsk(another(kind), 60_000);
    if (limited) expect(wait).toBeGreaterThanOrEqual(540_000);
    else expect(wait).toBe(0);
    expect(pacing.mayAsk(another(kind), 60_000 + wait)).toBe(0);
  });

  it("keep every rule whatever is asked when", () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 0, max: 3000 }),
      request: fc.record({
        kind: fc.constant("bars" as const),
        symbol: fc.constantFrom("SPY", "QQQ"),
        exchange: fc.constant("SMART"),
        whatToShow: fc.constantFrom("TRADES", "BID_ASK"),
        barSeconds: fc.constantFrom(5, 60),
        endDateTime: fc.constant(""),
        duration: fc.constantFrom("60 S", "120 S", "180 S"),
        regularHoursOnly: fc.boolean(),
      }),
      answered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const pacing = new HistoricalPacing();
        const asked: { atMs: number; what: HistoricalRequest }[] = [];
        let nowMs = 0;
        let open = 0;
        for (const { waitMs, request: what, answered } of steps) {
          nowMs += waitMs;
          if (answered && open > 0) {
            pacing.ended();
            open -= 1;
          }
          // One who waits as long as it is told gets through in the end, unless nothing is ever answered.
          for (let left = 10; left > 0 && open < 50; left -= 1) {
            const wait = pacing.mayAsk(what, nowMs);
            if (wait === 0) break;
            nowMs += wait;
          }
          if (open >= 50) continue;
          expect(pacing.mayAsk(what, nowMs)).toBe(0);
          pacing.asked(what, nowMs);
          asked.push({ atMs: nowMs, what });
          open += 1;
        }
        const weight = ({ what }: { what: HistoricalRequest }) => (what.whatToShow === "BID_ASK" ? 2 : 1);
        const sum = (all: typeof asked) => all.reduce((total, each) => total + weight(each), 0);
        for (const { atMs, what } of asked) {
          const within = (ms: number) => asked.filter((other) => other.atMs <= atMs && atMs - other.atMs < ms);
          expect(within(15_000).filter((other) => JSON.stringify(other.what) === JSON.stringify(what))).toHaveLength(1);
          const family = within(2000).filter(
            (other) => other.what.symbol === what.symbol && other.what.whatToShow === what.whatToShow,
          );
          expect(sum(family)).toBeLessThan(6);
          expect(sum(within(600_000).filter((other) => other.what.barSeconds <= 30))).toBeLessThanOrEqual(60);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("new subscriptions to real-time bars", () => {
  it("are at most 60 in ten minutes", () => {
    const pacing = new HistoricalPacing();
    for (let at = 0; at < 60; at += 1) {
      expect(pacing.maySubscribeBars(at * 1000)).toBe(0);
      pacing.subscribedBars(at * 1000);
    }
    const wait = pacing.maySubscribeBars(60_000);
    expect(wait).toBeGreaterThanOrEqual(540_000);
    expect(pacing.maySubscribeBars(60_000 + wait)).toBe(0);
    expect(pacing.mayAsk(request(), 60_000)).toBe(0);
  });
});
