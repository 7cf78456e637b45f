import { type Contract, type ContractDetails, EventName, OptionType, OrderAction, SecType } from "@stoqey/ib";
import { describe, expect, it } from "vitest";
import { limitOrder, marketOrder, stock, type TestClient } from "../testing/client.ts";
import { openStage } from "../testing/stage.ts";

const { start } = openStage({ hold: true });

async function detailsOf(client: TestClient, contract: Contract): Promise<ContractDetails[]> {
  const reqId = 1000 + client.events.length;
  client.api.reqContractDetails(reqId, contract);
  await client.next(EventName.contractDetailsEnd, ([id]) => id === reqId);
  return [...client.all(EventName.contractDetails), ...client.all(EventName.bondContractDetails)]
    .filter(([id]) => id === reqId)
    .map(([, details]) => details as ContractDetails);
}

const es: Contract = { symbol: "ES", secType: SecType.FUT, exchange: "CME", currency: "USD" };
const call: Contract = {
  symbol: "SPY",
  secType: SecType.OPT,
  exchange: "SMART",
  currency: "USD",
  lastTradeDateOrContractMonth: "20251017",
  strike: 560,
  right: OptionType.Call,
};

describe.each([177, 183, 189, 193])("contract details at version %i", (serverVersionMax) => {
  it("tell every security type apart", async () => {
    const { client } = await start({ serverVersionMax });
    const [fund] = await detailsOf(client, stock("SPY"));
    expect(fund).toMatchObject({ longName: "SPDR S&P 500 ETF TRUST", stockType: "ETF", minTick: 0.01, underConId: 0 });
    expect(fund?.secIdList).toEqual([{ tag: "ISIN", value: "US78462F1030" }]);
    expect(fund?.contract).toMatchObject({ conId: 756733, primaryExch: "ARCA", exchange: "SMART" });

    const [future] = await detailsOf(client, { ...es, lastTradeDateOrContractMonth: "202512" });
    expect(future?.contract).toMatchObject({ localSymbol: "ESZ5", multiplier: 50, secType: "FUT" });
    expect(future?.contract.lastTradeDateOrContractMonth).toBe("20251219");
    expect(future).toMatchObject({ minTick: 0.25, contractMonth: "202512", underSymbol: "SPX", underSecType: "IND" });

    const [option] = await detailsOf(client, call);
    expect(option?.contract).toMatchObject({ localSymbol: "SPY   251017C00560000", strike: 560, right: "C" });
    expect(option).toMatchObject({ underConId: 756733, underSymbol: "SPY", realExpirationDate: "20251017" });

    const [euro] = await detailsOf(client, {
      symbol: "EUR",
      secType: SecType.CASH,
      currency: "USD",
      exchange: "IDEALPRO",
    });
    expect(euro?.contract).toMatchObject({ conId: 12087792, localSymbol: "EUR.USD" });
    const [index] = await detailsOf(client, { symbol: "SPX", secType: SecType.IND, currency: "USD", exchange: "CBOE" });
    expect(index?.contract).toMatchObject({ conId: 416904, secType: "IND" });
    const [coin] = await detailsOf(client, {
      symbol: "BTC",
      secType: SecType.CRYPTO,
      currency: "USD",
      exchange: "PAXOS",
    });
    expect(coin).toMatchObject({ minTick: 0.25, minSize: 0.0001 });
    const [bond] = await detailsOf(client, {
      symbol: "912810SD1",
      secType: SecType.BOND,
      currency: "USD",
      exchange: "SMART",
    });
    expect(bond).toMatchObject({ cusip: "912810SD1", coupon: 2.875, maturity: "20480815", issueDate: "20180815" });
  });
});

describe("a contract", () => {
  it("that several fit is told apart in details, and ambiguous everywhere else", async () => {
    const { client } = await start();
    expect((await detailsOf(client, es)).map(({ contract }) => contract.localSymbol)).toEqual(["ESZ5", "ESH6", "ESM6"]);
    client.api.reqMktData(5, es, "", false, false);
    expect(await client.error(200, 5)).toBe("The contract description specified for ES is ambiguous.");
    const { currency: _, ...ibm } = stock("IBM");
    expect((await detailsOf(client, ibm)).map(({ contract }) => contract.currency).sort()).toEqual(["EUR", "USD"]);
    client.api.reqMktData(6, ibm, "", false, false);
    expect(await client.error(200, 6)).toContain("IBM is ambiguous; you must specify the multiplier or trading class");
    const { strike: _strike, right: _right, ...expiry } = call;
    expect(await detailsOf(client, expiry)).toHaveLength(50);
    client.api.reqHistoricalData(7, expiry, "", "1 D" as never, "5 mins" as never, "TRADES" as never, 1, 1, false);
    expect(await client.error(200, 7)).toContain("SPY is ambiguous");
  });

  it("that does not exist, or that says too little, is refused with the broker's words", async () => {
    const { client } = await start();
    const refused: [Contract, number, string][] = [
      [stock("NOPE"), 200, "No security definition has been found for the request"],
      [{ ...stock("SPY"), exchange: "LSE" }, 200, "No security definition"],
      [{ ...stock("SPY"), primaryExch: "NYSE" }, 200, "No security definition"],
      [{ ...stock("SPY"), currency: "CHF" }, 200, "No security definition"],
      [{ conId: 123456 }, 200, "No security definition"],
      [{ symbol: "SPY" }, 321, "Please enter a valid security type"],
      [{ secType: SecType.STK, exchange: "SMART", currency: "USD" }, 321, "Please enter a symbol"],
      [{ ...call, strike: 561 }, 200, "No security definition"],
    ];
    for (const [index, [contract, code, words]] of refused.entries()) {
      client.api.reqContractDetails(index + 1, contract);
      expect(await client.error(code, index + 1)).toContain(words);
    }
    const { exchange: _, ...withoutExchange } = stock("SPY");
    client.api.reqMktData(50, withoutExchange, "", false, false);
    expect(await client.error(321, 50)).toContain("Please enter exchange");
  });

  it("is found by its id, its local symbol, its ISIN or its CUSIP", async () => {
    const { client } = await start();
    const [option] = await detailsOf(client, call);
    const again: Contract[] = [
      { conId: option?.contract.conId ?? 0 },
      { localSymbol: "SPY 251017C00560000", secType: SecType.OPT, exchange: "SMART", currency: "USD" },
    ];
    for (const contract of again) {
      expect((await detailsOf(client, contract)).map((each) => each.contract.conId)).toEqual([option?.contract.conId]);
    }
    client.api.reqContractDetails(1, { secIdType: "ISIN", secId: "US0378331005" } as Contract);
    const [, apple] = await client.next(EventName.contractDetails, ([id]) => id === 1);
    expect((apple as ContractDetails).contract.symbol).toBe("AAPL");
  });

  it("that has expired is a future asked for with includeExpired", async () => {
    const { client } = await start();
    const gone = { ...es, lastTradeDateOrContractMonth: "20250919" };
    client.api.reqContractDetails(1, gone);
    await client.error(200, 1);
    const [expired] = await detailsOf(client, { ...gone, includeExpired: true });
    expect(expired?.contract.localSymbol).toBe("ESU5");
    const [front] = await detailsOf(client, { ...es, secType: SecType.CONTFUT });
    expect(front?.contract.localSymbol).toBe("ESZ5");
  });

  it("other than a US stock cannot be traded: the account has no permission", async () => {
    const { client, orderId } = await start();
    for (const [index, contract] of [call, { ...es, localSymbol: "ESZ5" }].entries()) {
      client.api.placeOrder(orderId + index, contract, marketOrder("BUY", 1));
      expect(await client.error(460, orderId + index)).toContain("No trading permissions");
    }
  });
});

describe("a combination", () => {
  it("cannot be traded: the account has no permission (460), and with a leg that does not exist it is none (200)", async () => {
    const { client, orderId } = await start();
    const combination = (...conIds: number[]): Contract => ({
      symbol: "SPY",
      secType: SecType.BAG,
      exchange: "SMART",
      currency: "USD",
      comboLegs: conIds.map((conId, index) => ({
        conId,
        ratio: 1,
        action: index === 0 ? OrderAction.BUY : OrderAction.SELL,
        exchange: "SMART",
      })),
    });
    client.api.placeOrder(orderId, combination(756733, 320227571), limitOrder("BUY", 1, 1.5));
    await client.error(460, orderId);
    client.api.placeOrder(orderId + 1, combination(756733, 42), limitOrder("BUY", 1, 1.5));
    await client.error(200, orderId + 1);
    client.api.placeOrder(orderId + 2, combination(), limitOrder("BUY", 1, 1.5));
    await client.error(200, orderId + 2);
    client.api.reqMktData(90, combination(756733, 320227571), "", false, false);
    await client.error(200, 90);
  });
});

describe("a coin at the market", () => {
  it("is bought for dollars: 10289 without an amount, 10293 with an amount and a size", async () => {
    const { client, orderId } = await start();
    const coin = { symbol: "BTC", secType: SecType.CRYPTO, exchange: "PAXOS", currency: "USD" };
    client.api.placeOrder(orderId, coin, marketOrder("BUY", 1));
    expect(await client.error(10289, orderId)).toContain("You must set Cash Quantity for this order");
    client.api.placeOrder(orderId + 1, coin, { ...marketOrder("BUY", 1), cashQty: 500 });
    expect(await client.error(10293, orderId + 1)).toContain("cannot specify size");
    client.api.placeOrder(orderId + 2, coin, { ...marketOrder("BUY", 0), cashQty: 500 });
    await client.error(460, orderId + 2);
  });
});

describe("what is listed", () => {
  it("has contract ids of its own, all different", async () => {
    const { client } = await start();
    const kinds: Contract[] = [
      stock("SPY"),
      { symbol: "SPY", secType: SecType.OPT, exchange: "SMART" },
      { symbol: "AAPL", secType: SecType.OPT, exchange: "SMART" },
      { ...es, includeExpired: true },
      { ...es, symbol: "MES", includeExpired: true },
    ];
    const ids: (number | undefined)[] = [];
    for (const contract of kinds) ids.push(...(await detailsOf(client, contract)).map((each) => each.contract.conId));
    expect(ids.length).toBeGreaterThan(500);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("is searched by symbol and by name", async () => {
    const { client } = await start();
    client.api.reqMatchingSymbols(1, "apple");
    const [, found] = await client.next(EventName.symbolSamples, ([id]) => id === 1);
    expect(found).toMatchObject([
      { contract: { symbol: "AAPL", secType: "STK" }, derivativeSecTypes: ["OPT"] },
      { contract: { secType: "BOND" } },
    ]);
  });

  it("has price steps by rule, and no rule that is not there", async () => {
    const { client } = await start();
    const [spy] = await detailsOf(client, stock("SPY"));
    expect(spy?.marketRuleIds?.split(",")).toHaveLength(spy?.validExchanges?.split(",").length ?? 0);
    client.api.reqMarketRule(239);
    expect(await client.next(EventName.marketRule)).toEqual([239, [{ lowEdge: 0, increment: 0.00005 }]]);
    client.api.reqMarketRule(4711);
    await client.next(EventName.info, ([text]) => String(text).includes("Market rule with id = 4711 is missing"));
  });
});
