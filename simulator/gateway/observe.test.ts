import { describe, expect, it } from "vitest";
import { instantOf } from "../market/new-york.ts";
import { silentLog } from "./log.ts";
import { observe } from "./observe.ts";
import { setUp } from "./setup.ts";

const DAY = "2025-10-07";
const SPY = 756733;
const at = (time: string, date = DAY) => instantOf(date, time);
const marketOf = (prices?: "manual") => setUp({ date: DAY, ...(prices && { prices }) }, silentLog).market;

describe("what a condition sees of a symbol that is priced by hand", () => {
  it("is the shares that traded so far, the hand's among them, and the change since the last close", () => {
    const market = marketOf();
    const before = observe(market, SPY, at("10:29:59"));
    const previousClose = market.tapeAt("SPY", at("10:30:00"))?.previousClose ?? Number.NaN;
    market.setQuote("SPY", { last: 2 * previousClose, lastSize: 700 }, at("10:30:00"));
    market.advanceTo(at("10:31:00"));
    const seen = observe(market, SPY, at("10:31:00"));
    expect(seen?.volume).toBe((before?.volume ?? Number.NaN) + 700);
    expect(seen?.change).toBeCloseTo(100);
  });

  it("is a change since the price that stood overnight, on the day after", () => {
    const market = marketOf("manual");
    market.setQuote("SPY", { bid: 100, ask: 100, last: 100 }, at("15:59:59"));
    market.setQuote("SPY", { last: 98 }, at("09:30:00", "2025-10-08"));
    const seen = observe(market, SPY, at("09:30:00", "2025-10-08"));
    expect(seen?.change).toBeCloseTo(-2);
    expect(seen?.prints(false)).toMatchObject({ last: { price: 98 }, lastBefore: undefined });
  });

  it("is nothing while the hand has not come", () => {
    const seen = observe(marketOf("manual"), SPY, at("10:30:00"));
    expect(seen).toMatchObject({ volume: undefined, change: undefined });
    expect([seen?.prints(false), seen?.prints(true)]).toEqual([undefined, undefined]);
  });

  it("is what was before the present price, too, where a condition needs that", () => {
    const market = marketOf("manual");
    market.setQuote("SPY", { bid: 99, ask: 101, last: 100 }, at("10:30:00"));
    market.setQuote("SPY", { bid: 99, ask: 101, last: 102 }, at("10:30:02"));
    market.setQuote("SPY", { bid: 99.5 }, at("10:30:04"));
    expect(observe(market, SPY, at("10:30:05"))?.prints(true)).toMatchObject({
      last: { price: 102 },
      lastBefore: { price: 100 },
      bid: { price: 99.5 },
      bidBefore: { price: 99 },
      ask: { price: 101 },
      askBefore: undefined,
    });
  });
});
