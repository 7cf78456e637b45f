import { type Contract, EventName, SecType } from "@stoqey/ib";
import { describe, expect, it } from "vitest";
import { stock } from "../testing/client.ts";
import { openStage } from "../testing/stage.ts";

const { start } = openStage({ prices: "manual" });

const spy = stock("SPY");
const euro: Contract = { symbol: "EUR", secType: SecType.CASH, currency: "USD", exchange: "IDEALPRO" };
const spx: Contract = { symbol: "SPX", secType: SecType.IND, currency: "USD", exchange: "CBOE" };
const germanIbm: Contract = { ...stock("IBM"), currency: "EUR" };

describe.each([177, 193])("single ticks at version %i", (serverVersionMax) => {
  it("come as they happen: trades, quotes, midpoints", async () => {
    const { gateway, client } = await start({ serverVersionMax });
    for (const [index, type] of ["Last", "BidAsk", "MidPoint"].entries()) {
      client.api.reqTickByTickData(index + 1, spy, type as never, 0, false);
    }
    await expect.poll(() => gateway.frames.receivedCount("REQ_TICK_BY_TICK_DATA")).toBe(3);
    gateway.setQuote("SPY", { bid: 100, ask: 100.04, bidSize: 300, askSize: 400 });
    gateway.setQuote("SPY", { last: 100.02, lastSize: 70 });
    gateway.setQuote("SPY", { bidSize: 500 });
    const [, , bid, ask, bidSize, askSize] = await client.next(EventName.tickByTickBidAsk, (args) => args[4] === 500);
    expect([bid, ask, bidSize, askSize]).toEqual([100, 100.04, 500, 400]);
    const [, type, , price, size] = await client.next(EventName.tickByTickAllLast);
    expect([type, price, size]).toEqual([1, 100.02, 70]);
    expect((await client.next(EventName.tickByTickMidPoint))[2]).toBe(100.02);
    // A trade changes no quote, a size no midpoint.
    expect(client.all(EventName.tickByTickBidAsk)).toHaveLength(2);
    expect(client.all(EventName.tickByTickMidPoint)).toHaveLength(1);
    client.api.cancelTickByTickData(1);
    client.api.cancelTickByTickData(1);
    await client.error(300, 1);
  });

  it("of the past come in ascending order, at most a thousand, from one end or the other", async () => {
    const { client } = await start({ serverVersionMax, prices: "generated", hold: true });
    client.api.reqHistoricalTicks(1, spy, "20251007 09:31:00 US/Eastern", "", 20, "TRADES" as never, 1, false);
    const [, trades, done] = await client.next(EventName.historicalTicksLast, ([id]) => id === 1);
    const times = (trades as { time: number }[]).map(({ time }) => time);
    expect(times).toHaveLength(20);
    expect(times).toEqual([...times].sort());
    expect(times[0]).toBeGreaterThanOrEqual(Date.UTC(2025, 9, 7, 13, 31) / 1000);
    expect(done).toBe(true);
    client.api.reqHistoricalTicks(2, spy, "", "20251007 09:31:00 US/Eastern", 5, "BID_ASK" as never, 1, false);
    const [, quotes] = await client.next(EventName.historicalTicksBidAsk, ([id]) => id === 2);
    const before = Date.UTC(2025, 9, 7, 13, 31) / 1000;
    for (const quote of quotes as { time: number; priceBid: number; priceAsk: number }[]) {
      expect(quote.time).toBeLessThanOrEqual(before);
      expect(quote.priceAsk).toBeGreaterThan(quote.priceBid);
    }
    client.api.reqHistoricalTicks(3, euro, "", "20251007 09:31:00 US/Eastern", 5, "MIDPOINT" as never, 1, false);
    const [, midpoints] = await client.next(EventName.historicalTicks, ([id]) => id === 3);
    expect(midpoints).toHaveLength(5);
    client.api.reqHistoricalTicks(4, spy, "", "20251007 09:31:00 US/Eastern", 1001, "TRADES" as never, 1, false);
    await client.error(321, 4);
    client.api.reqHistoricalTicks(5, spy, "", "", 10, "TRADES" as never, 1, false);
    await client.error(321, 5);
    client.api.reqHistoricalTicks(6, euro, "", "20251007 09:31:00 US/Eastern", 5, "TRADES" as never, 1, false);
    await client.error(10187, 6);
  });

  it("of a book: rows at first, then what changes, then what is gone", async () => {
    const { gateway, client } = await start({ serverVersionMax });
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, bidSize: 300, askSize: 400 });
    client.api.reqMktDepth(1, { ...spy, exchange: "ARCA" }, 3, false);
    await client.next(EventName.updateMktDepthL2, (args) => args[1] === 2 && args[4] === 0);
    const rows = client.all(EventName.updateMktDepthL2).map(([, row, maker, operation, side, price, size]) => ({
      row,
      maker,
      operation,
      side,
      price,
      size,
    }));
    expect(rows).toHaveLength(6);
    expect(rows[0]).toEqual({ row: 0, maker: "ARCA", operation: 0, side: 1, price: 100, size: 300 });
    expect(rows.map(({ price }) => price)).toEqual([100, 99.99, 99.98, 100.02, 100.03, 100.04]);
    gateway.setQuote("SPY", { bidSize: 900 });
    await client.next(EventName.updateMktDepthL2, (args) => args[3] === 1 && args[6] === 900);
    expect(
      client
        .all(EventName.updateMktDepthL2)
        .slice(6)
        .every((args) => args[4] === 1),
    ).toBe(true);
    client.api.cancelMktDepth(1, false);
    client.api.cancelMktDepth(1, false);
    expect(await client.error(310, 1)).toContain("tickerId:1");
  });
});

describe("single ticks", () => {
  it("are not to be had of what has none, and not of more than five contracts", async () => {
    const { client } = await start();
    const option: Contract = {
      ...spy,
      secType: SecType.OPT,
      lastTradeDateOrContractMonth: "20251017",
      strike: 560,
      right: "C" as never,
    };
    const refused: [Contract, string, string][] = [
      [euro, "Last", "Last tick-by-tick requests are not supported for EUR.USD."],
      [spx, "BidAsk", "BidAsk tick-by-tick requests are not supported for SPX."],
      [option, "Last", "Last tick-by-tick requests are not supported for SPY   251017C00560000."],
      [germanIbm, "Last", "No market data permissions for IBIS STK"],
    ];
    for (const [index, [contract, type, cause]] of refused.entries()) {
      client.api.reqTickByTickData(index + 1, contract, type as never, 0, false);
      expect(await client.error(10189, index + 1)).toBe(`Failed to request tick-by-tick data.${cause}`);
    }
    for (let id = 11; id <= 15; id += 1) client.api.reqTickByTickData(id, spy, "Last" as never, 0, false);
    client.api.reqTickByTickData(16, spy, "Last" as never, 0, false);
    await client.error(10190, 16);
    client.api.reqTickByTickData(11, spy, "Last" as never, 0, false);
    await client.error(322, 11);
  });
});

describe("a book", () => {
  it("is had of an exchange that has one, or of SMART when that is said, and of three contracts", async () => {
    const { gateway, client } = await start();
    gateway.setQuote("SPY", { bid: 100, ask: 100.02 });
    for (const [index, contract] of [spy, { ...spx }, germanIbm].entries()) {
      client.api.reqMktDepth(index + 1, contract, 3, false);
      await client.error(10092, index + 1);
    }
    client.api.reqMktDepth(10, spy, 3, true);
    expect(await client.error(2152, 10)).toContain("Exchanges - Depth: ");
    const [, , , , , , , isSmart] = await client.next(EventName.updateMktDepthL2, ([id]) => id === 10);
    expect(isSmart).toBe(true);
    for (const [index, symbol] of ["AAPL", "MSFT"].entries())
      client.api.reqMktDepth(11 + index, stock(symbol), 3, true);
    client.api.reqMktDepth(13, stock("NVDA"), 3, true);
    await client.error(309, 13);
    // The same contract again is no further book.
    client.api.reqMktDepth(14, { ...spy, exchange: "ARCA" }, 3, false);
    await client.next(EventName.updateMktDepthL2, ([id]) => id === 14);
    gateway.setQuote("CASH:EUR.USD", { bid: 1.1, ask: 1.1001 });
    client.api.cancelMktDepth(11, true);
    client.api.reqMktDepth(15, euro, 2, false);
    const [, row, , side, price] = await client.next(EventName.updateMktDepth, ([id]) => id === 15);
    expect([row, side, price]).toEqual([0, 1, 1.1]);
  });

  it("is shown where the exchanges are listed, and by which letter they go", async () => {
    const { client } = await start();
    client.api.reqMktDepthExchanges();
    const [venues] = await client.next(EventName.mktDepthExchanges);
    expect(venues).toContainEqual(
      expect.objectContaining({ exchange: "ARCA", secType: "STK", serviceDataType: "Deep2" }),
    );
    client.api.reqSmartComponents(1, "9c0001");
    const [, components] = await client.next(EventName.smartComponents);
    expect([...(components as Map<number, unknown>).values()]).toContainEqual(["NASDAQ", "Q"]);
    client.api.reqSmartComponents(2, "zz0001");
    expect(await client.error(2147483647, 2)).toContain("Unable to retrieve smart components for BBO exchange zz0001");
  });
});
