import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { barsOfDay, realTimeBarOf } from "./bars.ts";
import { BarFileError, checkFolder, readTape, symbolsInFolder, tapeFromRows } from "./csv.ts";
import { instantOf } from "./new-york.ts";
import { quoteAt } from "./tape.ts";

const date = "2013-10-08";
const header = "time,open,high,low,close,volume,bid_close,bid_size,ask_close,ask_size";

const cents = fc.integer({ min: 1000, max: 20_000 }).map((value) => value / 100);
const row = fc.record({
  open: cents,
  close: cents,
  above: fc.integer({ min: 0, max: 50 }),
  below: fc.integer({ min: 0, max: 50 }),
  volume: fc.integer({ min: 0, max: 100_000 }),
});

describe("minute bars from a file", () => {
  it("are rebuilt exactly from the 5-second bars, volume included", () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), (given) => {
        const rows = given.map(({ open, close, above, below, volume }, index) => ({
          time: `${date}T10:0${index}`,
          open,
          close,
          high: Math.round(Math.max(open, close) * 100 + above) / 100,
          low: Math.round(Math.min(open, close) * 100 - below) / 100,
          volume,
        }));
        const tape = tapeFromRows("IBM", date, rows);
        const minutes = barsOfDay(tape, 60, "TRADES", true, 0, Number.POSITIVE_INFINITY);
        expect(minutes.map(({ open, high, low, close, volume }) => ({ open, high, low, close, volume }))).toEqual(
          rows.map(({ open, high, low, close, volume }) => ({ open, high, low, close, volume })),
        );
        for (const minute of minutes) {
          const parts = Array.from({ length: 12 }, (_, part) =>
            realTimeBarOf(tape, minute.startEpochS + 5 * part, "TRADES"),
          );
          const traded = parts.flatMap((bar) => (bar === undefined || bar.tradeCount === 0 ? [] : [bar]));
          expect(traded[0]?.open).toBe(minute.open);
          expect(Math.max(...traded.map((bar) => bar.high))).toBe(minute.high);
          expect(Math.min(...traded.map((bar) => bar.low))).toBe(minute.low);
          expect(traded.at(-1)?.close).toBe(minute.close);
          expect(traded.reduce((sum, bar) => sum + bar.volume, 0)).toBe(minute.volume);
        }
      }),
    );
  });

  it("carry price and quote over a minute without a row, in which nothing trades", () => {
    const quote = { bid_close: 10.1, bid_size: 300, ask_close: 10.12, ask_size: 500 };
    const bar = { open: 10, high: 10.2, low: 9.9, close: 10.11, volume: 500 };
    const tape = tapeFromRows("IBM", date, [
      { time: `${date}T10:00`, ...bar, ...quote },
      { time: `${date}T10:02`, ...bar, ...quote },
    ]);
    const between = instantOf(date, "10:01:30");
    expect(quoteAt(tape, between)).toEqual({
      bid: 10.1,
      ask: 10.12,
      bidSize: 300,
      askSize: 500,
      last: 10.11,
      lastSize: 0,
    });
    expect(realTimeBarOf(tape, between, "TRADES")).toMatchObject({
      open: 10.11,
      close: 10.11,
      volume: 0,
      tradeCount: 0,
    });
    expect(barsOfDay(tape, 60, "TRADES", true, 0, Number.POSITIVE_INFINITY)).toHaveLength(2);
  });

  it("have the file's quote at the minute's end, and its spread inside the minute", () => {
    const tape = tapeFromRows("IBM", date, [
      {
        time: `${date}T10:00`,
        open: 10,
        high: 10.4,
        low: 9.9,
        close: 10.2,
        volume: 900,
        bid_close: 10.18,
        ask_close: 10.21,
      },
    ]);
    expect(quoteAt(tape, instantOf(date, "10:00:59"))).toMatchObject({ bid: 10.18, ask: 10.21 });
    expect(quoteAt(tape, instantOf(date, "10:00:40"))).toMatchObject({ last: 10.4, bid: 10.38, ask: 10.41 });
  });

  it("have no price before the first row", () => {
    const tape = tapeFromRows("IBM", date, [
      { time: `${date}T10:00`, open: 10, high: 10, low: 10, close: 10, volume: 1 },
    ]);
    expect(quoteAt(tape, instantOf(date, "09:59:59"))).toBeUndefined();
    expect(realTimeBarOf(tape, instantOf(date, "09:59:00"), "TRADES")).toBeUndefined();
  });
});

describe("a folder of minute bars", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sim-bars-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), `${lines.join("\n")}\n`);

  it("lists its symbols, also those with a space", () => {
    write(`BRK B-${date}.csv`, header, `${date}T09:30,10,10,10,10,100,9.99,100,10.01,100`);
    write("notes.txt", "x");
    expect(symbolsInFolder(folder)).toEqual(["BRK B"]);
    expect(readTape(folder, "BRK B", date)?.last.at(-1)).toBe(10);
  });

  it("knows the close of the day before", () => {
    write("IBM-2013-10-07.csv", header, "2013-10-07T15:59,9,9,9,9,100,,,,");
    write(`IBM-${date}.csv`, header, `${date}T09:30,10,10,10,10,100,,,,`);
    expect(readTape(folder, "IBM", date)?.previousClose).toBe(9);
  });

  it.each([
    ["a wrong header", ["a,b", "1,2"], "line 1"],
    ["a price that is none", [header, `${date}T09:30,x,10,10,10,100,,,,`], "line 2: open"],
    ["a high below the open", [header, `${date}T09:30,10,9,8,9,100,,,,`], "line 2: low and high"],
    ["a time in another form", [header, "08/10/2013 09:30,10,10,10,10,100,,,,"], "line 2: time"],
  ])("is refused for %s, with the place", (_what, lines, place) => {
    write(`IBM-${date}.csv`, ...lines);
    expect(() => checkFolder(folder, date)).toThrow(BarFileError);
    expect(() => checkFolder(folder, date)).toThrow(place);
  });

  it("says which dates it has when the wanted one is missing", () => {
    write("IBM-2013-10-07.csv", header, "2013-10-07T15:59,9,9,9,9,100,,,,");
    expect(() => checkFolder(folder, date)).toThrow("it has 2013-10-07");
  });
});
