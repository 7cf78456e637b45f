import { describe, expect, it } from "vitest";
import { barOf, barsOfDay } from "./bars.ts";
import { HandPrices } from "./hand-prices.ts";
import { instantOf } from "./new-york.ts";
import { emptyTape, quoteAt, type Tape } from "./tape.ts";

const DAY = "2026-03-10";
const at = (time: string, date = DAY) => instantOf(date, time);
const nothing = { quote: undefined, tape: undefined, untilS: 0 };

/** A day that the market's source has, at 90 in every second. */
function sourceDay(): Tape {
  const tape = { ...emptyTape("SPY", DAY, at("00:00:00")), previousClose: 88 };
  for (const column of [tape.last, tape.bid, tape.ask]) column.fill(90);
  tape.volume.fill(1);
  tape.trades.fill(1);
  return tape;
}

function tapeOf(hand: HandPrices, date = DAY): Tape {
  const tape = hand.tape(date);
  if (tape === undefined) throw new Error(`no tape of ${date}`);
  return tape;
}

describe("prices set by hand", () => {
  it("make bars of the very trades that were told, several in a second, too", () => {
    const hand = new HandPrices("SPY");
    hand.change({ bid: 99.99, ask: 100.01, last: 100, lastSize: 10 }, at("10:30:00"), nothing);
    for (const last of [103, 97, 101]) hand.change({ last, lastSize: 200 }, at("10:30:20"), nothing);
    hand.change({ last: 102, lastSize: 5 }, at("10:30:59"), nothing);
    const bar = barOf(tapeOf(hand), at("10:30:00"), at("10:31:00"), "TRADES");
    expect(bar).toMatchObject({ open: 100, high: 103, low: 97, close: 102, volume: 615, tradeCount: 5 });
    const slot = barOf(tapeOf(hand), at("10:30:20"), at("10:30:25"), "TRADES");
    expect(slot).toMatchObject({ open: 103, high: 103, low: 97, close: 101, volume: 600 });
    expect(slot?.weightedAveragePrice).toBeCloseTo((103 + 97 + 101) / 3);
  });

  it("stand until the hand sets others, without a trade", () => {
    const hand = new HandPrices("SPY");
    hand.change({ bid: 99, ask: 101, last: 100 }, at("10:30:00"), nothing);
    hand.advanceTo(at("10:35:00"));
    expect(quoteAt(tapeOf(hand), at("10:34:00"))).toMatchObject({ bid: 99, ask: 101, last: 100, lastSize: 0 });
    const bars = barsOfDay(tapeOf(hand), 60, "TRADES", true, at("09:30:00"), at("10:35:00"));
    expect(bars.map(({ startEpochS }) => startEpochS)).toEqual([at("10:30:00")]);
    expect(barOf(tapeOf(hand), at("10:33:00"), at("10:34:00"), "MIDPOINT")).toMatchObject({ high: 100, low: 100 });
  });

  it("leave the hours before the hand came to the source, and nothing of it after", () => {
    const hand = new HandPrices("SPY");
    const before = { quote: undefined, tape: sourceDay(), untilS: at("10:30:00") };
    hand.change({ last: 100 }, at("10:30:40"), before);
    const bars = barsOfDay(tapeOf(hand), 60, "TRADES", true, at("10:28:00"), at("12:00:00"));
    expect(bars.map(({ open, low, high }) => [open, low, high])).toEqual([
      [90, 90, 90],
      [90, 90, 90],
      [100, 100, 100],
    ]);
    expect(tapeOf(hand).previousClose).toBe(88);
  });

  it("go on over the night, from the last price, and are remembered for two days", () => {
    const hand = new HandPrices("SPY");
    hand.change({ last: 100 }, at("15:59:59"), nothing);
    hand.change({ last: 104 }, at("09:30:00", "2026-03-11"), nothing);
    expect(tapeOf(hand, "2026-03-11").previousClose).toBe(100);
    expect(tapeOf(hand).trades.reduce((sum, trades) => sum + trades, 0)).toBe(1);
    hand.change({ last: 105 }, at("09:30:00", "2026-03-12"), nothing);
    expect(hand.tape(DAY)).toBeUndefined();
    expect(hand.tape("2026-03-11")).toBeDefined();
  });

  it("go on over a weekend, of which nothing is remembered: Friday is the day before Monday", () => {
    const hand = new HandPrices("SPY");
    hand.change({ last: 100 }, at("15:59:59", "2026-03-13"), nothing);
    hand.advanceTo(at("12:00:00", "2026-03-14"));
    expect(hand.tape("2026-03-14")).toBeUndefined();
    hand.change({ last: 104 }, at("09:30:00", "2026-03-16"), nothing);
    expect(quoteAt(tapeOf(hand, "2026-03-13"), at("15:59:59", "2026-03-13"))).toMatchObject({ last: 100 });
    expect(tapeOf(hand, "2026-03-16").previousClose).toBe(100);
    expect(quoteAt(tapeOf(hand, "2026-03-16"), at("04:00:00", "2026-03-16"))).toMatchObject({ last: 100 });
  });

  it("are none while bid, ask and last are not known", () => {
    const hand = new HandPrices("SPY");
    expect(hand.change({ bid: 100 }, at("10:30:00"), nothing)).toBeUndefined();
    expect(hand.tape(DAY)).toBeUndefined();
  });
});
