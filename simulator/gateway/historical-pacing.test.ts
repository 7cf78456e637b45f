import { describe, expect, it } from "vitest";
import { HistoricalPacing } from "./historical-pacing.ts";

const query = { symbol: "SPY", exchange: "SMART", whatToShow: "TRADES", barSeconds: 5, rest: "1" };

describe("historical pacing", () => {
  it("refuses the same question within 15 seconds", () => {
    const pacing = new HistoricalPacing();
    expect(pacing.violates(query, 0)).toBe(false);
    expect(pacing.violates(query, 14_999)).toBe(true);
    expect(pacing.violates(query, 29_999)).toBe(false);
  });

  it("refuses the sixth question for a contract, exchange and kind within two seconds", () => {
    const pacing = new HistoricalPacing();
    const asked = [1, 2, 3, 4, 5, 6].map((rest) => pacing.violates({ ...query, rest: String(rest) }, rest * 100));
    expect(asked).toEqual([false, false, false, false, false, true]);
    expect(pacing.violates({ ...query, symbol: "IBM" }, 700)).toBe(false);
    expect(pacing.violates({ ...query, rest: "7" }, 2700)).toBe(false);
  });

  it("refuses the sixty-first within ten minutes; a question for bids and asks counts twice", () => {
    const pacing = new HistoricalPacing();
    const ask = (index: number, whatToShow: string) =>
      pacing.violates({ ...query, whatToShow, rest: String(index) }, index * 1000);
    for (let index = 0; index < 30; index += 1) expect(ask(index, "BID_ASK"), `${index}`).toBe(false);
    expect(ask(30, "TRADES")).toBe(true);
    expect(ask(700, "TRADES")).toBe(false);
  });

  it("leaves bars of more than 30 seconds alone", () => {
    const pacing = new HistoricalPacing();
    for (let index = 0; index < 100; index += 1) expect(pacing.violates({ ...query, barSeconds: 60 }, 0)).toBe(false);
  });

  it("holds a head time stamp to the same rule", () => {
    const pacing = new HistoricalPacing();
    const head = { ...query, barSeconds: 0, rest: "head" };
    expect(pacing.violates(head, 0)).toBe(false);
    expect(pacing.violates(head, 1000)).toBe(true);
  });

  it("refuses an instrument's single ticks within 15 seconds", () => {
    const pacing = new HistoricalPacing();
    expect(pacing.violatesSingleTicks("SPY", 0)).toBe(false);
    expect(pacing.violatesSingleTicks("IBM", 1)).toBe(false);
    expect(pacing.violatesSingleTicks("SPY", 14_999)).toBe(true);
    expect(pacing.violatesSingleTicks("SPY", 29_999)).toBe(false);
  });

  it("refuses the sixty-first subscription to real-time bars within ten minutes", () => {
    const pacing = new HistoricalPacing();
    const asked = Array.from({ length: 61 }, (_, index) => pacing.violatesBars(index));
    expect(asked.indexOf(true)).toBe(60);
    expect(pacing.violatesBars(600_061)).toBe(false);
  });
});
