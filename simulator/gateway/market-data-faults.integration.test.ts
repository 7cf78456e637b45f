import { BarSizeSetting, EventName, WhatToShow } from "@stoqey/ib";
import { afterEach, describe, expect, it } from "vitest";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../mod.ts";
import { limitOrder, marketOrder, pause, stock, TestClient } from "../testing/client.ts";
import type { Faults } from "./faults.ts";
import { grantOf } from "./market-data-access.ts";

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function readyWith(
  faults: Partial<Faults> = {},
  options: SimulatedGatewayOptions = {},
): Promise<{ gateway: SimulatedGateway; client: TestClient; orderId: number }> {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", ...options });
  await gateway.setFaults(faults);
  const client = new TestClient(gateway, 1);
  open.push(gateway, client);
  return { gateway, client, orderId: await client.ready() };
}

/** Tick types a request got so far. */
function tickTypesOf(client: TestClient, reqId: number): Set<number> {
  const ticks = [...client.all(EventName.tickPrice), ...client.all(EventName.tickSize)];
  return new Set(ticks.filter((args) => args[0] === reqId).map((args) => Number(args[1])));
}

const delayed = 3 as never;

describe("access to market data", () => {
  it.each([
    ["live", 1, "live"],
    ["live", 3, "live"],
    ["delayed", 1, 354],
    ["delayed", 2, 354],
    ["delayed", 3, "delayed 10167"],
    ["delayed", 4, "delayed 10167"],
    ["none", 1, 354],
    ["none", 3, 10168],
    ["competing", 1, "waiting 10197"],
    ["competing", 3, "waiting 10197"],
  ] as const)("%s, asked for type %i: %s", (access, type, expected) => {
    const grant = grantOf(access, type);
    const got =
      grant.kind === "refused" ? grant.refusal.code : [grant.delivery, grant.notice?.code].filter(Boolean).join(" ");
    expect(got).toBe(expected);
  });

  it("of a type that does not exist is refused, and changes nothing", async () => {
    const { client } = await readyWith();
    client.api.reqMarketDataType(9 as never);
    await client.next(EventName.info, (args) => String(args[0]).includes("Invalid market data type"));
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    await client.next(EventName.marketDataType, (args) => args[1] === 1);
  });

  it("to delayed data only: type 3, ticks 66 and up, the prices of a quarter of an hour ago", async () => {
    const { client } = await readyWith({ marketDataAccess: "delayed" });
    client.api.reqMarketDataType(delayed);
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    await client.error(10167, 1);
    await client.next(EventName.marketDataType, (args) => args[0] === 1 && args[1] === 3);
    await client.next(EventName.tickPrice, (args) => args[1] === 66);
    for (const type of [67, 69]) await expect.poll(() => tickTypesOf(client, 1)).toContain(type);
    await pause(2200);
    const types = tickTypesOf(client, 1);
    expect(
      [...types].every((type) => type >= 66 && type <= 88),
      [...types].join(),
    ).toBe(true);

    // The delayed bid is the live bid of 09:45, as another gateway with the same seed gives it.
    const past = await readyWith({}, { startTime: "09:45:00", hold: true });
    past.client.api.reqMktData(1, stock("SPY"), "", false, false);
    const [, , bid] = await past.client.next(EventName.tickPrice, (args) => args[1] === 1);
    const held = await readyWith({ marketDataAccess: "delayed" }, { hold: true });
    held.client.api.reqMarketDataType(delayed);
    held.client.api.reqMktData(1, stock("SPY"), "", false, false);
    const [, , delayedBid] = await held.client.next(EventName.tickPrice, (args) => args[1] === 66);
    expect(delayedBid).toBe(bid);
  });

  it("to none: 354, no line is taken, and no real-time bars (420)", async () => {
    const { client } = await readyWith({ marketDataAccess: "none", marketDataLinesMax: 1 });
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.reqMktData(2, stock("IBM"), "", false, false);
    await client.error(354, 1);
    await client.error(354, 2);
    client.api.reqRealTimeBars(3, stock("SPY"), 5, WhatToShow.TRADES, false);
    expect(await client.error(420, 3)).toContain("No market data permissions for ARCA STK");
  });

  it("that a competing session takes away: 10197, silence, and type 1 with ticks when it is over", async () => {
    const { gateway, client } = await readyWith({}, { prices: "manual" });
    gateway.setQuote("SPY", { bid: 100, ask: 100.02 });
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    await client.next(EventName.tickPrice, (args) => args[2] === 100);
    await gateway.setFaults({ marketDataAccess: "competing" });
    await client.error(10197, 1);
    gateway.setQuote("SPY", { bid: 101, ask: 101.02 });
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    expect(client.all(EventName.tickPrice).some((args) => args[2] === 101)).toBe(false);
    await gateway.setFaults({ marketDataAccess: "live" });
    await client.next(EventName.tickPrice, (args) => args[2] === 101);
    expect(client.all(EventName.marketDataType)).toEqual([
      [1, 1],
      [1, 1],
    ]);
  });

  it.each([
    ["delayed", "No market data permissions for ARCA STK"],
    ["none", "No market data permissions for ARCA STK"],
    ["competing", "Trading TWS session is connected from a different IP address"],
  ] as const)("to %s: the past is refused too, in every way it is asked for", async (marketDataAccess, cause) => {
    const { client } = await readyWith({ marketDataAccess });
    const spy = stock("SPY");
    client.api.reqHistoricalData(1, spy, "", "1 D", "1 day" as never, WhatToShow.TRADES, 1, 1, false);
    client.api.reqHeadTimestamp(2, spy, WhatToShow.TRADES, true, 1);
    client.api.reqHistogramData(3, spy, true, 1, "day" as never);
    client.api.reqHistoricalTicks(4, spy, "20251007 09:30:00 US/Eastern", "", 10, WhatToShow.TRADES, 1, true);
    expect(await client.error(162, 1)).toContain(cause);
    expect(await client.error(162, 2)).toContain(cause);
    expect(await client.error(10188, 3)).toContain(cause);
    expect(await client.error(10187, 4)).toContain(cause);
  });

  it("that sinks to delayed data in mid-stream: who allowed it gets type 3, who did not gets 354", async () => {
    const { gateway, client } = await readyWith();
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    await client.next(EventName.tickPrice);
    const other = new TestClient(gateway, 2);
    open.push(other);
    await other.ready();
    other.api.reqMarketDataType(delayed);
    other.api.reqMktData(1, stock("SPY"), "", false, false);
    await other.next(EventName.tickPrice, (args) => args[1] === 1);
    await gateway.setFaults({ marketDataAccess: "delayed" });
    await client.error(354, 1);
    await other.next(EventName.marketDataType, (args) => args[1] === 3);
    await other.next(EventName.tickPrice, (args) => args[1] === 66);
  });

  it("after the close is frozen for who asked for it: type 2 and the last quote, type 1 at the open", async () => {
    const { client, gateway } = await readyWith({}, { date: "2025-10-08", startTime: "03:59:58", hold: true });
    client.api.reqMarketDataType(2 as never);
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    await client.next(EventName.marketDataType, (args) => args[1] === 2);
    await client.next(EventName.tickPrice, (args) => args[1] === 1);
    gateway.releaseClock();
    await client.next(EventName.marketDataType, (args) => args[1] === 1);
  });
});

describe("pacing of the history farm", () => {
  it("refuses the same small bars within 15 seconds with 162, and the sixty-first bar stream with 420", async () => {
    const { client } = await readyWith({ historicalPacing: true, marketDataLinesMax: 200 });
    const ask = (reqId: number) =>
      client.api.reqHistoricalData(reqId, stock("SPY"), "", "300 S", "5 secs" as never, WhatToShow.TRADES, 0, 1, false);
    ask(1);
    ask(2);
    expect(await client.error(162, 2)).toContain("Historical data request pacing violation");
    expect(client.all(EventName.historicalData).every((args) => args[0] === 1)).toBe(true);
    for (let reqId = 10; reqId <= 70; reqId += 1) {
      client.api.reqRealTimeBars(reqId, stock("SPY"), 5, WhatToShow.TRADES, false);
    }
    await client.error(420, 70);
    expect(client.all(EventName.error).filter((args) => args[1] === 420)).toHaveLength(1);
  });

  it("refuses the fifty-first question that is open at once, until one is answered", async () => {
    const { client } = await readyWith({ historicalPacing: true, historyDelayMs: 3000 });
    const ask = (reqId: number) =>
      client.api.reqHistoricalData(reqId, stock("SPY"), "", "1 D", "1 day" as never, WhatToShow.TRADES, 1, 1, false);
    for (let reqId = 1; reqId <= 51; reqId += 1) ask(reqId);
    expect(await client.error(162, 51)).toContain("pacing violation");
    client.api.cancelHistoricalData(50);
    expect(await client.error(162, 50)).toContain("cancelled: 50");
    ask(52);
    await client.next(EventName.historicalData, (args) => args[0] === 52);
    expect(client.all(EventName.historicalData).some((args) => args[0] === 50 || args[0] === 51)).toBe(false);
  });

  it("holds head time stamps (162) and an instrument's single ticks (10190) to their 15 seconds", async () => {
    const { client } = await readyWith({ historicalPacing: true });
    for (const reqId of [1, 2]) client.api.reqHeadTimestamp(reqId, stock("SPY"), WhatToShow.TRADES, true, 1);
    expect(await client.error(162, 2)).toContain("pacing violation");
    for (const [reqId, type] of [
      [3, "Last"],
      [4, "BidAsk"],
    ] as const) {
      client.api.reqTickByTickData(reqId, stock("SPY"), type as never, 0, false);
    }
    await client.error(10190, 4);
  });

  it("gives no more lines than the account has", async () => {
    const { client } = await readyWith({ marketDataLinesMax: 2 });
    for (const reqId of [1, 2, 3]) client.api.reqMktData(reqId, stock("SPY"), "", false, false);
    await client.error(101, 3);
  });
});

describe("bars that are kept up to date", () => {
  const updates = (client: TestClient) => client.all(EventName.historicalDataUpdate).length;
  const asked = async () => {
    const ready = await readyWith({}, { speed: 20 });
    const { api } = ready.client;
    api.reqHistoricalData(1, stock("SPY"), "", "1800 S", BarSizeSetting.SECONDS_FIVE, "TRADES", 0, 1, true);
    await ready.client.next(EventName.historicalDataUpdate);
    return ready;
  };

  it("end with 10182 when the account loses its live data, and can be asked for again when it has it back", async () => {
    const { gateway, client } = await asked();
    await gateway.setFaults({ marketDataAccess: "delayed" });
    await client.error(10182, 1);
    const before = updates(client);
    await gateway.setFaults({ marketDataAccess: "live" });
    await pause(600);
    expect(updates(client)).toBe(before);
    client.api.reqHistoricalData(2, stock("SPY"), "", "1800 S", BarSizeSetting.SECONDS_FIVE, "TRADES", 0, 1, true);
    await client.next(EventName.historicalDataUpdate, ([reqId]) => reqId === 2);
  });

  it("follow the hand alone where prices are set by hand", async () => {
    const { gateway, client } = await readyWith({}, { prices: "manual", speed: 20 });
    client.api.reqHistoricalData(1, stock("SPY"), "", "1800 S", BarSizeSetting.SECONDS_FIVE, "TRADES", 0, 1, true);
    await client.next(EventName.historicalData);
    await pause(600);
    expect(updates(client)).toBe(0);
    gateway.setQuote("SPY", { bid: 7, ask: 7.02, last: 7.01 });
    await client.next(EventName.historicalDataUpdate, ([, , , , , close]) => close === 7.01);
  });

  it("fall silent while another session competes, and go on when it is over", async () => {
    const { gateway, client } = await asked();
    await gateway.setFaults({ marketDataAccess: "competing" });
    await client.settled();
    const before = updates(client);
    await pause(600);
    expect(updates(client)).toBe(before);
    await gateway.setFaults({ marketDataAccess: "live" });
    await expect.poll(() => updates(client)).toBeGreaterThan(before);
  });
});

describe("a halt", () => {
  it("is told by tick 49, holds orders, and ends: then they meet the market", async () => {
    const { gateway, client, orderId } = await readyWith({}, { prices: "manual" });
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, last: 100.01, bidSize: 300, askSize: 300 });
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    await client.next(EventName.tickGeneric, (args) => args[1] === 49 && args[2] === 0);
    await gateway.perform({ action: "halt", symbol: "SPY", kind: "volatility" });
    await client.next(EventName.tickGeneric, (args) => args[1] === 49 && args[2] === 2);
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 10));
    await client.next(EventName.orderStatus);
    gateway.setQuote("SPY", { bid: 90, ask: 90.02 });
    await pause(50);
    expect(gateway.executions).toEqual([]);
    await gateway.perform({ action: "resume", symbol: "SPY" });
    await client.next(EventName.orderStatus, (args) => args[1] === "Filled");
    expect(gateway.executions).toMatchObject([{ price: 90.02, shares: 10 }]);
    expect(client.all(EventName.tickGeneric).map((args) => args[2])).toEqual([0, 2, 0]);
  });

  it("of a symbol that is not listed is refused", async () => {
    const { gateway } = await readyWith();
    await expect(gateway.perform({ action: "halt", symbol: "NOPE" })).rejects.toThrow("does not list NOPE");
  });
});

describe("the exchange's calendar", () => {
  it("ends a half day at 13:00: a day order is cancelled then", async () => {
    const { gateway, client, orderId } = await readyWith({}, { date: "2025-11-28", startTime: "12:59:58", hold: true });
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 1, 1));
    await client.next(EventName.orderStatus, (args) => args[1] === "Submitted");
    gateway.releaseClock();
    await client.next(EventName.orderStatus, (args) => args[1] === "Cancelled");
    expect(gateway.completedOrders).toHaveLength(1);
    client.api.reqContractDetails(5, stock("SPY"));
    const [, details] = await client.next(EventName.contractDetails);
    expect(details).toMatchObject({ liquidHours: expect.stringContaining("20251128:0930-20251128:1300") });
  });

  it("has no session on a holiday: an order waits for the next open, and nothing ticks", async () => {
    const { gateway, client, orderId } = await readyWith({}, { date: "2025-11-27", startTime: "11:00:00" });
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 1, { tif: "GTC" }));
    await client.error(399, orderId);
    await pause(1200);
    expect(gateway.executions).toEqual([]);
    expect(client.all(EventName.tickPrice)).toEqual([]);
  });
});
