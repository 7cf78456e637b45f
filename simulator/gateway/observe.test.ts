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
    expect(observe(market, SPY, at("09:30:00", "2025-10-08"))).toMatchObject({ last: 98, change: expect.closeTo(-2) });
  });

  it("is nothing while the hand has not come", () => {
    const unknown = { last: undefined, middle: undefined, volume: undefined, change: undefined };
    expect(observe(marketOf("manual"), SPY, at("10:30:00"))).toEqual(unknown);
  });
});
