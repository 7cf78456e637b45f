import { describe, expect, it } from "vitest";
import { barOf, barsOfDay, realTimeBarOf } from "./bars.ts";
import { generateTape } from "./generator.ts";
import { instrumentFor } from "./listed/stocks.ts";
import { instantOf } from "./new-york.ts";
import { quoteAt, type Tape } from "./tape.ts";

const date = "2025-10-07";

function tapeOf(seed: number, symbol = "SPY", day = date): Tape {
  const tape = generateTape(seed, symbol, instrumentFor(symbol).generated, day);
  if (tape === undefined) throw new Error(`no tape for ${day}`);
  return tape;
}

function absoluteMoves(tape: Tape, from: string, minutes: number): number {
  const start = instantOf(date, from) - tape.startEpochS;
  let sum = 0;
  for (let index = start; index < start + minutes * 60; index += 1) {
    sum += Math.abs((tape.bid[index + 1] ?? 0) - (tape.bid[index] ?? 0));
  }
  return sum / minutes;
}

describe("generated prices", () => {
  it("are the same in two runs", () => {
    expect(tapeOf(7)).toEqual(tapeOf(7));
  });

  it("differ by seed, by symbol and by day", () => {
    const base = tapeOf(7).last;
    expect(tapeOf(8).last).not.toEqual(base);
    expect(tapeOf(7, "QQQ").last).not.toEqual(base);
    expect(tapeOf(7, "SPY", "2025-10-08").last).not.toEqual(base);
  });

  it("of a half day are busy at its early close, and end with its extended session", () => {
    const halfDay = "2025-11-28";
    const tape = tapeOf(3, "SPY", halfDay);
    const at = (time: string) => instantOf(halfDay, time) - tape.startEpochS;
    const traded = (from: string, to: string) =>
      tape.volume.slice(at(from), at(to)).reduce((sum, size) => sum + size, 0);
    expect(traded("12:50", "13:00")).toBeGreaterThan(traded("11:50", "12:00"));
    expect(traded("13:00", "13:10")).toBeLessThan(traded("12:50", "13:00") / 10);
    expect(quoteAt(tape, instantOf(halfDay, "16:59:59"))).toBeDefined();
    expect(quoteAt(tape, instantOf(halfDay, "17:00:00"))).toBeUndefined();
    expect(barsOfDay(tape, 1800, "TRADES", true, 0, Number.MAX_SAFE_INTEGER)).toHaveLength(7);
  });

  it("move most after the open and least at midday", () => {
    const tape = tapeOf(3);
    const open = absoluteMoves(tape, "09:30", 20);
    const midday = absoluteMoves(tape, "12:30", 60);
    const close = absoluteMoves(tape, "15:45", 15);
    expect(open).toBeGreaterThan(1.5 * midday);
    expect(close).toBeGreaterThan(midday);
  });

  it("have whole cents, an ask above the bid, and a displayed size", () => {
    const tape = tapeOf(5, "AAPL");
    for (let epochS = instantOf(date, "09:30"); epochS < instantOf(date, "16:00"); epochS += 1) {
      const quote = quoteAt(tape, epochS);
      if (quote === undefined) throw new Error("no quote inside the session");
      const cents = Math.round((quote.ask - quote.bid) * 100);
      expect(cents).toBeGreaterThanOrEqual(1);
      expect(cents).toBeLessThan(20);
      expect(Math.round(quote.bid * 100) / 100).toBe(quote.bid);
      expect(Math.min(quote.bidSize, quote.askSize)).toBeGreaterThanOrEqual(100);
    }
  });

  it("go on next day about where they ended", () => {
    const today = tapeOf(9);
    const tomorrow = tapeOf(9, "SPY", "2025-10-08");
    const close = barOf(today, instantOf(date, "15:59"), instantOf(date, "16:00"), "TRADES")?.close ?? 0;
    expect(Math.abs((tomorrow.previousClose ?? 0) / close - 1)).toBeLessThan(0.001);
  });

  it("do not exist on a Saturday", () => {
    expect(generateTape(1, "SPY", instrumentFor("SPY").generated, "2025-10-11")).toBeUndefined();
  });
});

describe("bars of a tape", () => {
  it("of a minute are exactly made of its twelve 5-second bars", () => {
    const tape = tapeOf(11);
    for (const minute of barsOfDay(tape, 60, "TRADES", false, 0, Number.POSITIVE_INFINITY)) {
      const parts = Array.from({ length: 12 }, (_, index) =>
        realTimeBarOf(tape, minute.startEpochS + 5 * index, "TRADES"),
      );
      const traded = parts.flatMap((bar) => (bar === undefined || bar.tradeCount === 0 ? [] : [bar]));
      expect(traded[0]?.open).toBe(minute.open);
      expect(Math.max(...traded.map((bar) => bar.high))).toBe(minute.high);
      expect(Math.min(...traded.map((bar) => bar.low))).toBe(minute.low);
      expect(traded.at(-1)?.close).toBe(minute.close);
      expect(traded.reduce((sum, bar) => sum + bar.volume, 0)).toBe(minute.volume);
      expect(traded.reduce((sum, bar) => sum + bar.tradeCount, 0)).toBe(minute.tradeCount);
    }
  });

  it("fill the regular session without a gap", () => {
    const bars = barsOfDay(tapeOf(2), 300, "TRADES", true, 0, Number.POSITIVE_INFINITY);
    expect(bars).toHaveLength(78);
    expect(bars[0]?.startEpochS).toBe(instantOf(date, "09:30"));
  });

  it("show an unfinished bar up to the moment asked for", () => {
    const until = instantOf(date, "09:32:30");
    const bars = barsOfDay(tapeOf(2), 60, "TRADES", true, 0, until);
    expect(bars).toHaveLength(3);
    expect(bars[2]).toEqual(barOf(tapeOf(2), instantOf(date, "09:32"), until, "TRADES"));
  });
});
