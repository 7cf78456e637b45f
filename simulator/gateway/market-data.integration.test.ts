import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BarSizeSetting, type Contract, EventName, WhatToShow } from "@stoqey/ib";
import { describe, expect, it } from "vitest";
import { instantOf } from "../market/new-york.ts";
import { pause, stock, type TestClient } from "../testing/client.ts";
import { openStage } from "../testing/stage.ts";

const { open, start } = openStage();

function barsOf(client: TestClient, reqId: number): number[][] {
  return client.all(EventName.realtimeBar).flatMap(([id, ...bar]) => (id === reqId ? [bar.map(Number)] : []));
}

async function manyBars(client: TestClient, reqId: number, count: number): Promise<number[][]> {
  await expect.poll(() => barsOf(client, reqId).length).toBeGreaterThanOrEqual(count);
  return barsOf(client, reqId);
}

describe("market data", () => {
  it("starts with type and parameters, then close, day figures, bid, ask, last time and last", async () => {
    const { client } = await start();
    client.api.reqMktData(5, stock("AAPL"), "", false, false);
    await client.next(EventName.tickPrice, (args) => args[1] === 4);
    const first = client.events.filter((event) => event.args[0] === 5).map((event) => event.name);
    expect(first.slice(0, 2)).toEqual(["marketDataType", "tickReqParams"]);
    const prices = client.all(EventName.tickPrice).map((args) => args[1]);
    expect(prices.slice(0, 7)).toEqual([9, 14, 6, 7, 1, 2, 4]);
    const [, , bidSize] = await client.next(EventName.tickSize, (args) => args[1] === 0);
    expect(Number(bidSize)).toBeGreaterThan(0);
    await client.next(EventName.tickString, (args) => args[1] === 45);
  });

  it("follows a quote set by hand at once, and only what changed", async () => {
    const { gateway, client } = await start({ prices: "manual" });
    client.api.reqMktData(5, stock("SPY"), "", false, false);
    await client.next(EventName.tickReqParams);
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, bidSize: 300, askSize: 400, last: 100.01 });
    await client.next(EventName.tickPrice, (args) => args[1] === 4);
    gateway.setQuote("SPY", { bid: 100.01 });
    await client.next(EventName.tickPrice, (args) => args[1] === 1 && args[2] === 100.01);
    expect(client.all(EventName.tickPrice).map((args) => [args[1], args[2]])).toEqual([
      [9, expect.any(Number)],
      [1, 100],
      [2, 100.02],
      [4, 100.01],
      [1, 100.01],
    ]);
  });

  it("of a symbol that is priced by hand starts with its close and the day's figures, too", async () => {
    const { gateway, client } = await start();
    client.api.reqMktData(5, stock("SPY"), "", false, false);
    const [, , close] = await client.next(EventName.tickPrice, (args) => args[0] === 5 && args[1] === 9);
    gateway.setQuote("SPY", { bid: 2000, ask: 2000.02, last: 2000.01 });
    client.api.reqMktData(6, stock("SPY"), "", false, false);
    await client.next(EventName.tickPrice, (args) => args[0] === 6 && args[1] === 4);
    const first = client.all(EventName.tickPrice).filter(([reqId]) => reqId === 6);
    expect(first.map(([, type]) => type).slice(0, 7)).toEqual([9, 14, 6, 7, 1, 2, 4]);
    expect(first[0]?.[2]).toBe(close);
    expect(first[2]?.[2]).toBe(2000.01);
  });

  it("stops when it is cancelled", async () => {
    const { gateway, client } = await start({ prices: "manual" });
    client.api.reqMktData(5, stock("SPY"), "", false, false);
    client.api.cancelMktData(5);
    await expect.poll(() => gateway.frames.receivedCount("CANCEL_MKT_DATA")).toBe(1);
    gateway.setQuote("SPY", { bid: 100, ask: 100.02 });
    client.api.cancelMktData(5);
    await client.error(300, 5);
    expect(client.all(EventName.tickPrice)).toEqual([]);
  });

  it("ends a snapshot", async () => {
    const { client } = await start({ speed: 100 });
    client.api.reqMktData(5, stock("SPY"), "", true, false);
    await client.next(EventName.tickSnapshotEnd);
  });

  it("is refused for what is not listed, without an exchange, twice, and beyond 100 lines", async () => {
    const { client } = await start();
    client.api.reqMktData(5, stock("NOPE"), "", false, false);
    await client.error(200, 5);
    client.api.reqMktData(6, stock("BRK.B"), "", false, false);
    await client.error(200, 6);
    client.api.reqMktData(7, { ...stock("SPY"), exchange: "" }, "", false, false);
    await client.error(321, 7);
    client.api.reqMktData(8, stock("BRK B"), "", false, false);
    client.api.reqMktData(8, stock("BRK B"), "", false, false);
    expect(await client.error(322, 8)).toContain("Duplicate ticker id");
    for (let reqId = 100; reqId < 200; reqId += 1) client.api.reqMktData(reqId, stock("SPY"), "", false, false);
    await client.error(101, 199);
  });

  it("writes 50,000 ticks in a burst, all of which arrive", async () => {
    const { gateway, client } = await start({ prices: "manual" });
    client.api.reqMktData(5, stock("SPY"), "", false, false);
    gateway.setQuote("SPY", { bid: 100, ask: 100.02 });
    await client.next(EventName.tickReqParams);
    await client.next(EventName.tickPrice, (args) => args[1] === 2);
    let ticks = 0;
    client.api.on(EventName.tickPrice, () => {
      ticks += 1;
    });
    // Of this process: what others take of the machine meanwhile is not the gateway's.
    const { user, system } = process.cpuUsage();
    for (let batch = 0; batch < 100; batch += 1) expect(gateway.pushTicks("SPY", 500)).toBe(500);
    const used = process.cpuUsage({ user, system });
    expect((used.user + used.system) / 1000).toBeLessThan(1000);
    await expect.poll(() => ticks).toBe(50_000);
    expect(gateway.frames.sentCount("TICK_PRICE")).toBeGreaterThanOrEqual(50_000);
  });
});

describe("real-time bars", () => {
  it("come for every five seconds without a gap at 300 times the speed of life, also when the loop was late", async () => {
    const { client } = await start({ speed: 300 });
    client.api.reqRealTimeBars(9, stock("SPY"), 5, "TRADES", true);
    await manyBars(client, 9, 20);
    // The gateway shares this thread: it cannot run its loop for a while, and has to catch up.
    const until = performance.now() + 400;
    while (performance.now() < until);
    const bars = await manyBars(client, 9, 80);
    const times = bars.map(([time]) => time ?? 0);
    expect(times).toEqual(times.map((_, index) => (times[0] ?? 0) + 5 * index));
  });

  it("are the same in two runs of one seed, and build exactly the minute bars of the history", async () => {
    const runs = [];
    for (const seed of [4, 4, 5]) {
      const { gateway, client } = await start({ seed, speed: 300, hold: true, startTime: "09:29:55" });
      client.api.reqRealTimeBars(9, stock("AAPL"), 5, "TRADES", true);
      await client.settled();
      gateway.releaseClock();
      const bars = (await manyBars(client, 9, 24)).slice(0, 24);
      runs.push(bars);
      if (runs.length > 1) continue;
      client.api.reqHistoricalData(
        10,
        stock("AAPL"),
        "20251007 09:32:00 US/Eastern",
        "120 S",
        BarSizeSetting.MINUTES_ONE,
        WhatToShow.TRADES,
        1,
        2,
        false,
      );
      await client.next(EventName.historicalData, (args) => String(args[1]).startsWith("finished"));
      const minutes = client.all(EventName.historicalData).slice(0, 2);
      for (const [index, [, time, minuteOpen, high, low, close, volume]] of minutes.entries()) {
        const parts = bars.slice(12 * index, 12 * index + 12).filter((bar) => (bar[7] ?? 0) > 0);
        expect(Number(time)).toBe(instantOf("2025-10-07", "09:30") + 60 * index);
        expect(parts[0]?.[1]).toBe(minuteOpen);
        expect(Math.max(...parts.map((bar) => bar[2] ?? 0))).toBe(high);
        expect(Math.min(...parts.map((bar) => bar[3] ?? 0))).toBe(low);
        expect(parts.at(-1)?.[4]).toBe(close);
        expect(parts.reduce((sum, bar) => sum + (bar[5] ?? 0), 0)).toBe(volume);
      }
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).not.toEqual(runs[0]);
  });

  it("stop with the regular session when only that is wanted", async () => {
    const { gateway, client } = await start({ speed: 300, startTime: "15:59:00", hold: true });
    client.api.reqRealTimeBars(1, stock("SPY"), 5, "TRADES", true);
    client.api.reqRealTimeBars(2, stock("SPY"), 5, "MIDPOINT", false);
    await client.settled();
    gateway.releaseClock();
    await expect.poll(() => gateway.marketTimeMs / 1000).toBeGreaterThan(instantOf("2025-10-07", "16:01"));
    const close = instantOf("2025-10-07", "16:00");
    await expect.poll(() => barsOf(client, 2).at(-1)?.[0]).toBeGreaterThanOrEqual(close + 40);
    expect(barsOf(client, 1).at(-1)?.[0]).toBe(close - 5);
  });

  it("of prices set by hand carry those trades", async () => {
    const { gateway, client } = await start({ prices: "manual", speed: 20, hold: true });
    gateway.setQuote("SPY", { bid: 100, ask: 100.02 });
    client.api.reqRealTimeBars(1, stock("SPY"), 5, "TRADES", true);
    await client.settled();
    // While the clock is held, no bar can end between two of them.
    for (const last of [101, 99, 100.5]) gateway.setQuote("SPY", { last, lastSize: 200 });
    gateway.releaseClock();
    await expect.poll(() => barsOf(client, 1).some((bar) => bar[5] === 600)).toBe(true);
    const [, ...bar] = barsOf(client, 1).find((candidate) => candidate[5] === 600) ?? [];
    expect(bar.slice(0, 4)).toEqual([101, 101, 99, 100.5]);
  });

  it("stop when they are cancelled", async () => {
    const { client } = await start({ speed: 200 });
    client.api.reqRealTimeBars(1, stock("SPY"), 5, "TRADES", true);
    await manyBars(client, 1, 2);
    client.api.cancelRealTimeBars(1);
    await client.settled();
    const count = barsOf(client, 1).length;
    await pause(200);
    expect(barsOf(client, 1)).toHaveLength(count);
  });
});

describe("prices from minute bars", () => {
  it("rebuild each minute of the file exactly, and stand still where it has none", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sim-day-"));
    open.push({ close: () => rmSync(folder, { recursive: true, force: true }) });
    const rows = [
      ["09:30", 180.1, 180.9, 179.95, 180.55, 12_345],
      ["09:31", 180.5, 180.5, 179.8, 180.02, 777],
      ["09:33", 180, 180.01, 179.99, 180, 5],
    ] as const;
    const lines = rows.map((row) => `2013-10-08T${row.join(",")},179.99,300,180.01,500`);
    const header = "time,open,high,low,close,volume,bid_close,bid_size,ask_close,ask_size";
    writeFileSync(join(folder, "XYZ-2013-10-08.csv"), [header, ...lines, ""].join("\n"));
    const { gateway, client } = await start({
      dataFolder: folder,
      date: "2013-10-08",
      startTime: "09:29:30",
      speed: 300,
      hold: true,
    });
    client.api.reqRealTimeBars(1, stock("XYZ"), 5, WhatToShow.TRADES, true);
    await expect.poll(() => gateway.frames.receivedCount("REQ_REAL_TIME_BARS")).toBe(1);
    gateway.releaseClock();
    const bars = await manyBars(client, 1, 48);
    const opens = instantOf("2013-10-08", "09:30");
    for (const [minute, ...expected] of rows) {
      const from = instantOf("2013-10-08", minute);
      const parts = bars.filter(([time = 0, , , , , , , count]) => time >= from && time < from + 60 && count !== 0);
      expect([
        parts[0]?.[1],
        Math.max(...parts.map((bar) => bar[2] ?? 0)),
        Math.min(...parts.map((bar) => bar[3] ?? 0)),
        parts.at(-1)?.[4],
        parts.reduce((sum, bar) => sum + (bar[5] ?? 0), 0),
      ]).toEqual(expected);
    }
    const still = bars.filter(([time = 0]) => time >= opens + 120 && time < opens + 180);
    expect(still).toHaveLength(12);
    for (const bar of still) expect(bar.slice(1)).toEqual([180.02, 180.02, 180.02, 180.02, 0, 180.02, 0]);
  });
});

describe("historical data", () => {
  const ask = async (
    client: TestClient,
    contract: Contract,
    end: string,
    duration: string,
    size: BarSizeSetting,
    format = 1,
  ) => {
    const reqId = 1000 + client.all(EventName.historicalData).length;
    client.api.reqHistoricalData(reqId, contract, end, duration, size, WhatToShow.TRADES, 1, format, false);
    await client.next(EventName.historicalData, (args) => args[0] === reqId && String(args[1]).startsWith("finished"));
    return client.all(EventName.historicalData).filter((args) => args[0] === reqId && Number(args[2]) >= 0);
  };

  it.each([
    [BarSizeSetting.MINUTES_ONE, 30],
    [BarSizeSetting.MINUTES_FIVE, 6],
    [BarSizeSetting.MINUTES_FIFTEEN, 2],
    [BarSizeSetting.SECONDS_FIVE, 360],
  ])("has bars of %s from the open to now", async (size, count) => {
    const { client } = await start({ hold: true });
    const bars = await ask(client, stock("SPY"), "", "1 D", size);
    expect(bars).toHaveLength(count);
    expect(bars[0]?.[1]).toBe("20251007 09:30:00 US/Eastern");
  });

  it("has day bars named by their date", async () => {
    const { client } = await start({ hold: true, startTime: "09:00:00" });
    const bars = await ask(client, stock("SPY"), "", "5 D", BarSizeSetting.DAYS_ONE);
    expect(bars.map((bar) => bar[1])).toEqual(
      ["20250930", "20251001", "20251002", "20251003", "20251006"].slice(-bars.length),
    );
    expect(bars.length).toBeGreaterThanOrEqual(4);
  });

  it("names bars by epoch seconds when asked to", async () => {
    const { client } = await start({ hold: true });
    const bars = await ask(client, stock("SPY"), "20251006-20:00:00", "600 S", BarSizeSetting.MINUTES_FIVE, 2);
    const first = instantOf("2025-10-06", "15:50");
    expect(bars.map((bar) => bar[1])).toEqual([String(first), String(first + 300)]);
  });

  it("says 162 where there is none, 321 where the request makes no sense, 366 for a cancel of nothing", async () => {
    const { client } = await start({ hold: true });
    const sunday = "20251005 12:00:00 US/Eastern";
    client.api.reqHistoricalData(
      1,
      stock("SPY"),
      sunday,
      "60 S",
      BarSizeSetting.MINUTES_ONE,
      WhatToShow.TRADES,
      1,
      1,
      false,
    );
    await client.error(162, 1);
    client.api.reqHistoricalData(
      2,
      stock("SPY"),
      "",
      "1 D",
      "7 mins" as BarSizeSetting,
      WhatToShow.TRADES,
      1,
      1,
      false,
    );
    await client.error(321, 2);
    client.api.cancelHistoricalData(3);
    await client.error(366, 3);
  });

  it("kept up to date sends the growing bar", async () => {
    const { client } = await start({ speed: 100 });
    client.api.reqHistoricalData(4, stock("SPY"), "", "1 D", BarSizeSetting.MINUTES_ONE, WhatToShow.TRADES, 1, 2, true);
    const [, , opens, high, low, close] = await client.next(EventName.historicalDataUpdate);
    expect(Number(high)).toBeGreaterThanOrEqual(Math.max(Number(opens), Number(close)));
    expect(Number(low)).toBeLessThanOrEqual(Math.min(Number(opens), Number(close)));
  });
});

describe("contract details", () => {
  it.each([193, 181, 177])("are decoded at version %i", async (serverVersionMax) => {
    const { client } = await start({ serverVersionMax });
    client.api.reqContractDetails(3, stock("BRK B"));
    await client.next(EventName.contractDetailsEnd);
    expect(client.all(EventName.contractDetails)[0]?.[1]).toMatchObject({
      contract: { symbol: "BRK B", secType: "STK", currency: "USD", conId: 72063691, primaryExch: "NYSE" },
      minTick: 0.01,
      longName: "BERKSHIRE HATHAWAY INC-CL B",
      timeZoneId: "US/Eastern",
      stockType: "COMMON",
    });
  });

  it("are found by contract id, and 200 for what is not listed", async () => {
    const { client } = await start();
    client.api.reqContractDetails(3, { conId: 756733 });
    await client.next(EventName.contractDetailsEnd);
    expect(client.all(EventName.contractDetails)[0]?.[1]).toMatchObject({ contract: { symbol: "SPY" } });
    client.api.reqContractDetails(4, { ...stock("SPY"), currency: "EUR" });
    await client.error(200, 4);
  });
});
