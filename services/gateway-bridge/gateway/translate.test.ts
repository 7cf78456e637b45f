import { OptionType, SecType } from "@stoqey/ib";
import { describe, expect, it } from "vitest";
import { epochMsOf } from "#libs/time/mod.ts";
import { brokerExecution, brokerTime, nameOf, stockSymbol } from "./translate.ts";

describe("the broker's times", () => {
  it.each([
    ["20260310 09:31:05 US/Eastern", epochMsOf("2026-03-10", "09:31:05")],
    ["20260310  09:31:05", epochMsOf("2026-03-10", "09:31:05")],
    ["20260310-13:31:05", epochMsOf("2026-03-10", "09:31:05")],
    ["20260310 09:31:05 Asia/Tokyo", null],
    ["yesterday", null],
    ["20260231 09:31:05 US/Eastern", null],
    ["20261310-09:31:05", null],
    ["20260310 25:61:05", null],
    ["", null],
  ])("%j", (text, expected) => {
    expect(brokerTime(text)).toBe(expected);
  });
});

describe("an execution", () => {
  it.each([
    { shares: 1, price: 0, side: "BOT" },
    { shares: 1, price: -5, side: "BOT" },
    { shares: 1, price: Number.NaN, side: "BOT" },
    { shares: 1, price: Number.MAX_VALUE, side: "BOT" },
    { shares: -1, price: 5, side: "SLD" },
    { shares: 1, price: 5, side: "???" },
  ])("that cannot be is left out: $side $shares at $price", (figures) => {
    expect(brokerExecution({ symbol: "SPY" }, { execId: "1.1.01", ...figures })).toBeUndefined();
  });
});

describe("a contract", () => {
  it("that is no US stock is not taken for one that bears its symbol", () => {
    const option = {
      symbol: "SPY",
      secType: SecType.OPT,
      right: OptionType.Call,
      localSymbol: "SPY   261218C00600000",
    };
    expect(stockSymbol({ symbol: "SPY", secType: SecType.STK, currency: "USD" })).toBe("SPY");
    expect(stockSymbol({ symbol: "SPY" })).toBe("SPY");
    expect(stockSymbol({ ...option, currency: "USD" })).toBeUndefined();
    expect(stockSymbol({ symbol: "SHOP", secType: SecType.STK, currency: "CAD" })).toBeUndefined();
    expect(nameOf({ ...option, currency: "USD" })).toBe("SPY   261218C00600000 OPT USD");
  });

  it("whose symbol the platform has no name for is left out instead of ending the bridge", () => {
    expect(stockSymbol({ symbol: "BAYNd", secType: SecType.STK, currency: "USD" })).toBeUndefined();
  });

  it("of somebody else's option makes no execution of the stock", () => {
    const option = { symbol: "SPY", secType: SecType.OPT };
    expect(brokerExecution(option, { execId: "1.1.01", shares: 1, price: 5, side: "BOT" })).toBeUndefined();
  });
});
