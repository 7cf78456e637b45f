import { type Contract, EventName, OptionType, SecType } from "@stoqey/ib";
import { describe, expect, it } from "vitest";
import { stock, type TestClient } from "../testing/client.ts";
import { openStage } from "../testing/stage.ts";

const { start } = openStage({ hold: true });

const option = (strike: number, right: OptionType): Contract => ({
  symbol: "SPY",
  secType: SecType.OPT,
  exchange: "SMART",
  currency: "USD",
  lastTradeDateOrContractMonth: "20251031",
  strike,
  right,
});

/** Bid, ask and the model's figures of an option. */
async function quoteOf(client: TestClient, reqId: number, contract: Contract) {
  client.api.reqMktData(reqId, contract, "", false, false);
  const [, , bid] = await client.next(EventName.tickPrice, (args) => args[0] === reqId && args[1] === 1);
  const [, , ask] = await client.next(EventName.tickPrice, (args) => args[0] === reqId && args[1] === 2);
  const model = await client.next(EventName.tickOptionComputation, (args) => args[0] === reqId && args[1] === 13);
  const [, , , volatility, delta, price, , gamma, vega, theta, underlyingPrice] = model.map(Number);
  return { bid: Number(bid), ask: Number(ask), volatility, delta, price, gamma, vega, theta, underlyingPrice };
}

describe("an option chain", () => {
  it("is told exchange by exchange: expiries and strikes around the price", async () => {
    const { client } = await start();
    client.api.reqSecDefOptParams(1, "SPY", "", SecType.STK, 756733);
    await client.next(EventName.securityDefinitionOptionParameterEnd, ([id]) => id === 1);
    const chains = client.all(EventName.securityDefinitionOptionParameter);
    expect(chains.map(([, exchange]) => exchange)).toContain("SMART");
    const [, , underlying, tradingClass, multiplier, expirations, strikes] = chains[0] ?? [];
    expect([underlying, tradingClass, multiplier]).toEqual([756733, "SPY", 100]);
    const weeks = ["20251010", "20251017", "20251024", "20251031"];
    expect(expirations).toEqual([...weeks, "20251121", "20251219", "20260116"]);
    expect(strikes).toHaveLength(25);
  });

  it("needs a security type that has options and a contract that exists", async () => {
    const { client } = await start();
    const wrong: [SecType, number, string][] = [
      [SecType.OPT, 756733, "Invalid security type - OPT"],
      [SecType.FUT, 756733, "Missing exchange for security type FUT"],
      [SecType.STK, 0, "Invalid contract id"],
      [SecType.STK, 4711, "Invalid contract id"],
    ];
    for (const [index, [secType, conId, cause]] of wrong.entries()) {
      client.api.reqSecDefOptParams(index + 1, "SPY", "", secType, conId);
      expect(await client.error(321, index + 1)).toContain(cause);
    }
  });
});

describe.each([177, 193])("option prices at version %i", (serverVersionMax) => {
  it("are the model's: parity holds, deltas have their signs, what is nearer costs more", async () => {
    const { client } = await start({ serverVersionMax });
    const call = await quoteOf(client, 1, option(560, OptionType.Call));
    const put = await quoteOf(client, 2, option(560, OptionType.Put));
    const higher = await quoteOf(client, 3, option(565, OptionType.Call));
    expect(call.ask).toBeGreaterThan(call.bid);
    expect(call.bid).toBeLessThanOrEqual(call.price ?? 0);
    expect(call.ask).toBeGreaterThanOrEqual(call.price ?? 0);
    expect(call.delta).toBeGreaterThan(0);
    expect(put.delta).toBeLessThan(0);
    expect(higher.bid).toBeLessThan(call.bid);
    // Put-call parity, with 24 days to go and 4 % a year.
    const forward = (call.underlyingPrice ?? 0) - 560 * Math.exp((-0.04 * 24) / 365);
    expect((call.price ?? 0) - (put.price ?? 0)).toBeCloseTo(forward, 0);
  });

  it("are calculated for a volatility, and the volatility for a price", async () => {
    const { client } = await start({ serverVersionMax });
    client.api.calculateOptionPrice(1, option(560, OptionType.Call), 0.2, 562);
    const [, type, , , , price] = await client.next(EventName.tickOptionComputation, ([id]) => id === 1);
    expect(type).toBe(53);
    client.api.calculateImpliedVolatility(2, option(560, OptionType.Call), Number(price), 562);
    const [, , , volatility] = await client.next(EventName.tickOptionComputation, ([id]) => id === 2);
    expect(Number(volatility)).toBeCloseTo(0.2, 4);
    // Below what it is worth exercised at once there is no volatility: "not computed".
    client.api.calculateImpliedVolatility(3, option(560, OptionType.Call), 0.5, 600);
    const [, , , none] = await client.next(EventName.tickOptionComputation, ([id]) => id === 3);
    expect(none).toBeUndefined();
    client.api.calculateOptionPrice(4, stock("SPY"), 0.2, 562);
    await client.error(321, 4);
  });
});

describe("an option", () => {
  it("has a past, and follows its underlying", async () => {
    const { client } = await start();
    client.api.reqHistoricalData(
      1,
      option(560, OptionType.Call),
      "",
      "2 D" as never,
      "1 hour" as never,
      "MIDPOINT" as never,
      1,
      1,
      false,
    );
    await client.next(EventName.historicalData, ([id, date]) => id === 1 && String(date).startsWith("finished"));
    const closes = client.all(EventName.historicalData).map((args) => Number(args[5]));
    expect(closes.length).toBeGreaterThan(7);
    expect(new Set(closes).size).toBeGreaterThan(3);
  });

  it("cannot be exercised by who does not hold it", async () => {
    const { client } = await start();
    client.api.exerciseOptions(1, option(560, OptionType.Call), 1, 1, "DU1234567", 0);
    expect(await client.error(322, 1)).toContain("No unlapsed position exists in this option in account DU1234567");
  });
});
