import { type Contract, DurationUnit, EventName, ScanCode, SecType } from "@stoqey/ib";
import { describe, expect, it } from "vitest";
import { limitOrder, marketOrder, stock, type TestClient } from "../testing/client.ts";
import { openStage } from "../testing/stage.ts";

const { start } = openStage({ hold: true });

const spy = stock("SPY");
const euro: Contract = { symbol: "EUR", secType: SecType.CASH, currency: "USD", exchange: "IDEALPRO" };
const coin: Contract = { symbol: "BTC", secType: SecType.CRYPTO, currency: "USD", exchange: "PAXOS" };
const germanIbm: Contract = { ...stock("IBM"), currency: "EUR" };

function history(client: TestClient, reqId: number, contract: Contract, duration: string, size: string, what: string) {
  client.api.reqHistoricalData(reqId, contract, "", duration, size as never, what as never, 1, 1, false);
}

async function barsOf(client: TestClient, reqId: number): Promise<(readonly unknown[])[]> {
  await client.next(EventName.historicalData, ([id, date]) => id === reqId && String(date).startsWith("finished"));
  return client.all(EventName.historicalData).filter(([id, , price]) => id === reqId && price !== -1);
}

describe("history", () => {
  it("has weeks and months that are made of days", async () => {
    const { client } = await start();
    history(client, 1, spy, "2 M", "1 day", "TRADES");
    history(client, 2, spy, "2 M", "1 week", "TRADES");
    history(client, 3, spy, "2 M", "1 month", "TRADES");
    const [days, weeks, months] = [await barsOf(client, 1), await barsOf(client, 2), await barsOf(client, 3)];
    expect(days).toHaveLength(42);
    expect(weeks.length).toBeGreaterThanOrEqual(9);
    expect(months.length).toBeGreaterThanOrEqual(2);
    const volume = (bars: (readonly unknown[])[]) => bars.reduce((sum, bar) => sum + Number(bar[6]), 0);
    expect(volume(weeks)).toBe(volume(days));
    expect(volume(months)).toBe(volume(days));
    expect(weeks.at(-1)?.[5]).toBe(days.at(-1)?.[5]);
    expect(Math.max(...weeks.map((bar) => Number(bar[3])))).toBe(Math.max(...days.map((bar) => Number(bar[3]))));
  });

  it("has the spread, the trades of coins by their name, and the sessions", async () => {
    const { client } = await start();
    history(client, 1, spy, "1 D", "5 mins", "BID_ASK");
    for (const [, , averageBid, highestAsk, lowestBid, averageAsk] of await barsOf(client, 1)) {
      expect(Number(highestAsk)).toBeGreaterThanOrEqual(Number(averageAsk));
      expect(Number(averageAsk)).toBeGreaterThan(Number(averageBid));
      expect(Number(averageBid)).toBeGreaterThanOrEqual(Number(lowestBid));
    }
    history(client, 2, coin, "1 D", "1 hour", "TRADES");
    expect(await client.error(10299, 2)).toContain("AGGTRADES");
    history(client, 3, coin, "1 D", "1 hour", "AGGTRADES");
    expect((await barsOf(client, 3)).length).toBeGreaterThan(0);
    history(client, 4, spy, "3 D", "1 day", "SCHEDULE");
    const [, , , zone, sessions] = await client.next(EventName.historicalSchedule);
    expect(zone).toBe("US/Eastern");
    expect(sessions).toContainEqual({
      startDateTime: "20251006-09:30:00",
      endDateTime: "20251006-16:00:00",
      refDate: "20251006",
    });
  });

  it("that is not there is refused as a real gateway does", async () => {
    const { client } = await start();
    const refused: [Contract, string, number, string][] = [
      [euro, "TRADES", 162, "HMDS query returned no data: EUR.USD@IDEALPRO TRADES"],
      [germanIbm, "TRADES", 162, "No market data permissions for IBIS STK"],
      [spy, "FEE_RATE", 162, "HMDS query returned no data"],
      [spy, "NONSENSE", 321, "Invalid whatToShow NONSENSE"],
    ];
    for (const [index, [contract, what, code, words]] of refused.entries()) {
      history(client, index + 1, contract, "1 D", "5 mins", what);
      expect(await client.error(code, index + 1)).toContain(words);
    }
    client.api.reqMktData(10, germanIbm, "", false, false);
    expect(await client.error(354, 10)).toContain("not subscribed");
    client.api.reqRealTimeBars(11, germanIbm, 5, "TRADES" as never, false);
    expect(await client.error(420, 11)).toContain("No market data permissions for IBIS STK");
  });

  it("begins where the head timestamp says, and cancelling what was answered is no mistake", async () => {
    const { client } = await start();
    client.api.reqHeadTimestamp(1, spy, "TRADES" as never, true, 1);
    expect((await client.next(EventName.headTimestamp, ([id]) => id === 1))[1]).toBe("20000103-14:30:00");
    client.api.reqHeadTimestamp(2, spy, "TRADES" as never, true, 2);
    expect((await client.next(EventName.headTimestamp, ([id]) => id === 2))[1]).toBe(
      String(Date.UTC(2000, 0, 3, 14, 30) / 1000),
    );
    client.api.cancelHeadTimestamp(1);
    client.api.cancelHeadTimestamp(1);
    await client.error(366, 1);
    expect(client.all(EventName.error)).toHaveLength(1);
    client.api.reqHeadTimestamp(3, euro, "TRADES" as never, true, 1);
    await client.error(162, 3);
  });

  it("says at which prices how much traded", async () => {
    const { client } = await start();
    client.api.reqHistogramData(1, spy, true, 2, DurationUnit.DAY);
    const [, rows] = await client.next(EventName.histogramData, ([id]) => id === 1);
    history(client, 2, spy, "2 D", "1 day", "TRADES");
    const volume = (await barsOf(client, 2)).reduce((sum, bar) => sum + Number(bar[6]), 0);
    expect((rows as { size: number }[]).reduce((sum, { size }) => sum + size, 0)).toBe(volume);
    client.api.reqHistogramData(3, euro, true, 2, DurationUnit.DAY);
    expect(await client.error(10188, 3)).toBe("Failed to request histogram data:No data");
    client.api.reqHistogramData(4, spy, true, 0, DurationUnit.DAY);
    await client.error(321, 4);
  });
});

describe("news", () => {
  it("are found for a stock, can be read, and are nobody else's", async () => {
    const { client } = await start({ startTime: "12:00:00" });
    client.api.reqNewsProviders();
    expect(await client.next(EventName.newsProviders)).toEqual([
      [{ providerCode: "SIMN", providerName: "Simulated News" }],
    ]);
    client.api.reqHistoricalNews(1, 756733, "SIMN", "", "", 4, []);
    expect((await client.next(EventName.historicalNewsEnd, ([id]) => id === 1))[1]).toBe(true);
    const found = client.all(EventName.historicalNews);
    expect(found).toHaveLength(4);
    const times = found.map(([, time]) => String(time));
    expect(times).toEqual([...times].sort().reverse());
    const [, , provider, articleId, headline] = found[0] ?? [];
    client.api.reqNewsArticle(2, String(provider), String(articleId), []);
    const [, type, text] = await client.next(EventName.newsArticle);
    expect(type).toBe(0);
    expect(text).toContain(String(headline));
    client.api.reqHistoricalNews(3, 756733, "BRFG", "", "", 4, []);
    await client.error(10172, 3);
    client.api.reqHistoricalNews(4, 4711, "SIMN", "", "", 4, []);
    await client.error(321, 4);
    client.api.reqNewsArticle(5, "SIMN", "SIMN$99", []);
    expect(await client.error(10172, 5)).toContain("No data available");
  });

  it("come as ticks while the market goes on, to who asked for them", async () => {
    const { gateway, client } = await start({ startTime: "10:14:59", speed: 300 });
    client.api.reqMktData(1, spy, "mdoff,292:SIMN", false, false);
    client.api.reqMktData(2, spy, "mdoff,292:BRFG", false, false);
    expect(await client.error(10094, 2)).toContain("Source code unchecked in API news Settings: BRFG");
    client.api.reqMktData(3, spy, "292", true, false);
    expect(await client.error(321, 3)).toContain(
      "Snapshot market data subscription is not applicable to generic ticks",
    );
    client.api.reqMktData(4, spy, "233,9999", false, false);
    expect(await client.error(321, 4)).toContain("Incorrect generic tick list of 233,9999.  Legal ones for (STK) are:");
    client.api.reqMktData(5, spy, "258", false, false);
    await client.error(10358, 5);
    client.api.reqMktData(6, spy, "236", false, false);
    const [, , ease] = await client.next(EventName.tickGeneric, (args) => args[0] === 6 && args[1] === 46);
    expect(ease).toBe(3);
    client.api.cancelMktData(6);
    gateway.releaseClock();
    const [reqId, time, provider, , headline] = await client.next(EventName.tickNews);
    expect([reqId, provider]).toEqual([1, "SIMN"]);
    expect(Number(time)).toBeGreaterThan(Date.UTC(2025, 9, 7, 14, 14));
    expect(headline).toContain("SPY");
    expect(client.all(EventName.tickPrice).filter(([id]) => id === 1)).toEqual([]);
  });
});

describe("a market scan", () => {
  it("knows what was set by hand: the price, the change of the day and the shares", async () => {
    const { gateway, client } = await start();
    gateway.setQuote("QQQ", { bid: 9998, ask: 10_002, last: 10_000, lastSize: 1e9 });
    const scan = { instrument: "STK" as never, locationCode: "STK.US.MAJOR" as never, numberOfRows: 1 };
    const codes = [ScanCode.MOST_ACTIVE, ScanCode.TOP_PERC_GAIN];
    for (const [reqId, scanCode] of codes.entries()) {
      client.api.reqScannerSubscription(reqId, { ...scan, scanCode: scanCode as never });
      const [, , details] = await client.next(EventName.scannerData, ([id]) => id === reqId);
      expect((details as { contract: Contract }).contract.symbol).toBe("QQQ");
    }
  });

  it("ranks the listed stocks, goes on, and ends with a word", async () => {
    const { gateway, client } = await start({ speed: 100 });
    client.api.reqScannerParameters();
    expect((await client.next(EventName.scannerParameters))[0]).toContain("<scanCode>TOP_PERC_GAIN</scanCode>");
    const scan = { instrument: "STK" as never, locationCode: "STK.US.MAJOR" as never, numberOfRows: 3 };
    client.api.reqScannerSubscription(1, { ...scan, scanCode: ScanCode.MOST_ACTIVE as never });
    await client.next(EventName.scannerDataEnd, ([id]) => id === 1);
    const rows = client.all(EventName.scannerData).filter(([id]) => id === 1);
    expect(rows.map(([, rank]) => rank)).toEqual([0, 1, 2]);
    expect(rows[0]?.[2]).toMatchObject({ contract: { symbol: "NVDA", secType: "STK", currency: "USD" } });
    gateway.releaseClock();
    await expect.poll(() => client.all(EventName.scannerDataEnd).length).toBeGreaterThan(1);
    client.api.cancelScannerSubscription(1);
    expect(await client.error(162, 1)).toContain("API scanner subscription cancelled: 1");
    client.api.cancelScannerSubscription(1);
    await client.error(365, 1);
    client.api.reqScannerSubscription(2, { ...scan, scanCode: ScanCode.HIGH_SYNTH_BID_REV_NAT_YIELD as never });
    expect(await client.error(162, 2)).toContain("is disabled");
    client.api.reqScannerSubscription(3, { ...scan, scanCode: ScanCode.MOST_ACTIVE as never, abovePrice: 1e6 });
    expect(await client.error(165, 3)).toContain("no items retrieved");
  });
});

describe("the account", () => {
  it("tells positions and values by request, and again when they change", async () => {
    const { gateway, client, orderId } = await start({ prices: "manual" });
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, last: 100 });
    client.api.reqPositionsMulti(1, "DU1234567", "");
    client.api.reqAccountUpdatesMulti(2, "DU1234567", "", false);
    await client.next(EventName.positionMultiEnd, ([id]) => id === 1);
    await client.next(EventName.accountUpdateMultiEnd, ([id]) => Number(id) === 2);
    expect(client.all(EventName.positionMulti)).toEqual([]);
    const values = client.all(EventName.accountUpdateMulti).map(([, , , key]) => key);
    expect(values).toContain("NetLiquidation");
    client.api.placeOrder(orderId, spy, marketOrder("BUY", 10));
    const [, account, model, contract, quantity] = await client.next(EventName.positionMulti);
    expect([account, model, quantity]).toEqual(["DU1234567", "", 10]);
    expect(contract).toMatchObject({ symbol: "SPY", conId: 756733 });
    await expect.poll(() => client.all(EventName.accountUpdateMulti).length).toBeGreaterThan(values.length);
    client.api.reqPnLSingle(3, "DU1234567", "", 756733);
    expect((await client.next(EventName.pnlSingle, ([id]) => id === 3))[1]).toBe(10);
    client.api.reqPnL(4, "U999", "");
    expect(await client.error(321, 4)).toContain("Invalid account code");
    client.api.reqPositionsMulti(5, "U999", "");
    await client.error(321, 5);
  });

  it("has no advisor, no family, no soft dollars, no branding, and no research data", async () => {
    const { client } = await start();
    client.api.requestFA(1 as never);
    await client.next(EventName.info, ([text]) => String(text).includes("FA data operations ignored"));
    client.api.reqFamilyCodes();
    expect(await client.next(EventName.familyCodes)).toEqual([[{ accountID: "DU1234567", familyCode: "" }]]);
    client.api.reqSoftDollarTiers(1);
    expect(await client.next(EventName.softDollarTiers)).toEqual([1, []]);
    client.api.reqUserInfo(2);
    expect(await client.next(EventName.userInfo)).toEqual([2, ""]);
    client.api.reqFundamentalData(3, spy, "ReportSnapshot");
    await client.error(10358, 3);
    client.api.reqWshMetaData(4);
    await client.error(10276, 4);
    client.api.reqWshEventData(5, { conId: 756733 } as never);
    await client.error(10282, 5);
  });

  it("lists orders that are done also when only those of the API are wanted", async () => {
    const { gateway, client, orderId } = await start({ prices: "manual" });
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, last: 100 });
    client.api.placeOrder(orderId, spy, limitOrder("BUY", 10, 101));
    await client.next(EventName.orderStatus, (args) => args[1] === "Filled");
    client.api.reqCompletedOrders(true);
    await client.next(EventName.completedOrdersEnd);
    expect(client.all(EventName.completedOrder)).toHaveLength(1);
  });
});
