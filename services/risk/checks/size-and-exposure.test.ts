import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, type WhatIf } from "#libs/contracts/mod.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Limits } from "../limits.ts";
import { intent, LIMITS, World } from "../testing/world.ts";

type Change = Parameters<typeof intent>[0];

function worldWith(limits: Partial<Limits>, summary = {}): World {
  const world = new World(summary);
  world.limits = { ...LIMITS, ...limits };
  return world;
}
const reasonsOf = (world: World, change: Change, whatIf?: WhatIf) => {
  const evaluation = evaluate(intent(change), world.view(), world.now(), whatIf ? { whatIf } : {});
  return evaluation.outcome === "approved" ? [] : evaluation.reasons;
};
const denied = (world: World, change: Change) =>
  reasonsOf(world, change).map(({ code, detail }) => `${code} ${detail}`);
const limit = (limitPrice: number) => ({ order: { type: "limit" as const, limitPrice } });
const market = { order: { type: "market" as const } };

describe("LOT_SIZE, QUANTITY_BELOW_MINIMUM, QUANTITY_ABOVE_MAXIMUM", () => {
  it("hold an entry to the lot, the fewest and the most shares", () => {
    const world = worldWith({ lotSize: 5, minOrderQuantity: 10, maxOrderQuantity: 50 });
    expect(denied(world, { quantity: 10 })).toEqual([]);
    expect(denied(world, { quantity: 50 })).toEqual([]);
    expect(denied(world, { quantity: 12 })).toEqual(["LOT_SIZE quantity=12 lotSize=5"]);
    expect(denied(world, { quantity: 5 })).toEqual(["QUANTITY_BELOW_MINIMUM quantity=5 minimum=10"]);
    expect(denied(world, { quantity: 55 })).toEqual(["QUANTITY_ABOVE_MAXIMUM quantity=55 maximum=50"]);
  });
});

describe("ORDER_NOTIONAL", () => {
  it("holds an entry to what it may be worth at its worst, also one without a limit", () => {
    const world = worldWith({ maxOrderNotionalUsd: 5000 });
    expect(denied(world, { quantity: 50 })).toEqual([]);
    expect(denied(world, { quantity: 51 })).toEqual(["ORDER_NOTIONAL order=5100 limit=5000 unit=USD"]);
    expect(denied(world, { quantity: 50, ...market })).toEqual(["ORDER_NOTIONAL order=5050 limit=5000 unit=USD"]);
  });
});

describe("GROSS_EXPOSURE", () => {
  it("counts what is held, what works and what was approved a moment ago, in every symbol", () => {
    const world = worldWith({ maxGrossExposureFraction: 0.15 });
    world.trade("buy", 50);
    world.decide(intent({ symbol: "IBM", quantity: 40 }));
    world.reserve(intent({ symbol: "BAC", quantity: 30 }));
    expect(denied(world, { symbol: "BAC", quantity: 30 })).toEqual([expect.stringContaining("DUPLICATE_ORDER")]);
    expect(denied(world, { symbol: "BAC", quantity: 31 })).toEqual([
      "GROSS_EXPOSURE order=3100 symbol=6100 others=9000 total=15100 limit=15000 unit=USD",
    ]);
  });

  it("denies while a position counts of which no price is known", () => {
    const world = worldWith({});
    world.position({ symbol: "TSLA", quantity: 40, averageCost: 0, explained: false });
    expect(reasonsOf(world, {}).map(({ code }) => code)).toEqual(["CONCENTRATION", "GROSS_EXPOSURE", "NET_EXPOSURE"]);
  });
});

describe("NET_EXPOSURE", () => {
  it("sets short off against long, but not what a working exit will close", () => {
    const world = worldWith({ maxNetExposureFraction: 0.05 });
    world.position({ symbol: "IBM", quantity: -40 });
    expect(denied(world, { quantity: 90 })).toEqual([]);
    expect(denied(world, { quantity: 91 })).toEqual([
      "NET_EXPOSURE order=9100 net=-4000 total=5100 limit=5000 unit=USD",
    ]);
    world.decide(intent({ symbol: "IBM", quantity: 40 }));
    expect(denied(world, { quantity: 51 })).toEqual(["NET_EXPOSURE order=5100 net=0 total=5100 limit=5000 unit=USD"]);
  });
});

describe("CONCENTRATION", () => {
  it("counts the three largest positions together", () => {
    const world = worldWith({ maxConcentrationFraction: 0.2 });
    for (const [symbol, quantity] of [
      ["SPY", 90],
      ["IBM", 80],
    ] as const) {
      world.decide(intent({ symbol, quantity }));
    }
    expect(denied(world, { symbol: "BAC", quantity: 30 })).toEqual([]);
    expect(denied(world, { symbol: "BAC", quantity: 31 })).toEqual([
      "CONCENTRATION symbol=3100 others=17000 total=20100 limit=20000 unit=USD",
    ]);
  });

  it("lets a fourth pass that is smaller than the three", () => {
    const world = worldWith({ maxConcentrationFraction: 0.2 });
    for (const [symbol, quantity] of [
      ["SPY", 80],
      ["IBM", 70],
      ["BAC", 50],
    ] as const) {
      world.decide(intent({ symbol, quantity }));
    }
    world.quote("TSLA", 100);
    expect(denied(world, { strategy: "operator", symbol: "TSLA", quantity: 50 })).toEqual([]);
    expect(denied(world, { strategy: "operator", symbol: "TSLA", quantity: 51 })).toHaveLength(1);
  });
});

describe("OPEN_ORDER_NOTIONAL", () => {
  it("counts every entry that works or is reserved, and gives back what is cancelled", () => {
    const world = worldWith({ maxOpenOrderNotionalFraction: 0.1 });
    const first = intent({ symbol: "IBM", quantity: 60 });
    world.decide(first);
    world.reserve(intent({ symbol: "BAC", quantity: 30 }));
    expect(denied(world, { quantity: 10 })).toEqual([]);
    expect(denied(world, { quantity: 11 })).toEqual([
      "OPEN_ORDER_NOTIONAL order=1100 working=9000 total=10100 limit=10000 unit=USD",
    ]);
    world.event(first.clientOrderId, "canceled");
    expect(denied(world, { quantity: 70 })).toEqual([]);
  });
});

describe("MARGIN_EQUITY", () => {
  const codes = (equity: number, change: Change, limits: Partial<Limits> = {}) => {
    const summary = { netLiquidation: equity, previousDayEquity: 30_000 };
    const world = worldWith({ ...NO_SIZE_LIMITS, shortSelling: true, ...limits }, summary);
    world.quote("SPY", 100, { shortable: "available" });
    return denied(world, change).filter((reason) => reason.startsWith("MARGIN_EQUITY"));
  };
  const NO_SIZE_LIMITS = {
    maxPositionFraction: 10,
    maxConcentrationFraction: 10,
    maxGrossExposureFraction: 4,
    maxNetExposureFraction: 10,
  };

  it("denies what borrows below 2,000 USD of equity, and passes what is paid for", () => {
    expect(codes(1999.99, { quantity: 19 })).toEqual([]);
    expect(codes(1999.99, { quantity: 20 })).toEqual(["MARGIN_EQUITY total=2000 equity=1999.99 minimum=2000 unit=USD"]);
    expect(codes(2000, { quantity: 40 })).toEqual([]);
  });

  it("denies every short sale below it", () => {
    expect(codes(1999.99, { side: "sell", quantity: 1 })).toEqual([
      "MARGIN_EQUITY side=sell equity=1999.99 minimum=2000 unit=USD",
    ]);
    expect(codes(2000, { side: "sell", quantity: 1 })).toEqual([]);
  });

  it("counts what is held and what is reserved", () => {
    const world = worldWith(NO_SIZE_LIMITS, { netLiquidation: 1999, previousDayEquity: 30_000 });
    world.trade("buy", 5, { symbol: "IBM" });
    world.reserve(intent({ symbol: "BAC", quantity: 5 }));
    expect(denied(world, { quantity: 9 })).toEqual([]);
    expect(denied(world, { quantity: 10 })).toEqual(["MARGIN_EQUITY total=2000 equity=1999 minimum=2000 unit=USD"]);
  });

  it("is what the operator sets: more where the broker asks for more, and nothing", () => {
    expect(codes(2500, { side: "sell", quantity: 1 }, { minMarginEquityUsd: 5000 })).toHaveLength(1);
    expect(codes(500, { side: "sell", quantity: 1 }, { minMarginEquityUsd: 0 })).toEqual([]);
  });
});

describe("BRACKET_COLLAR", () => {
  const bracketed = (stopPrice: number, limitPrice: number, change = {}) => ({
    quantity: 1,
    ...change,
    bracket: {
      stopLoss: { clientOrderId: clientOrderIdSchema.parse("b-stop"), stopPrice },
      takeProfit: { clientOrderId: clientOrderIdSchema.parse("b-target"), limitPrice },
    },
  });
  const short = { side: "sell", order: { type: "limit", limitPrice: 100 } } as const;
  it.each([
    ["a stop of a cent", bracketed(0.01, 110), ["BRACKET_COLLAR stopLoss=0.01 entry=100 distance=0.9999 collar=0.5"]],
    ["a target of 9999", bracketed(95, 9999), ["BRACKET_COLLAR takeProfit=9999 entry=100 distance=98.99 collar=0.5"]],
    [
      "both beyond it, with the farther one's distance",
      bracketed(0.01, 9999),
      ["BRACKET_COLLAR stopLoss=0.01 takeProfit=9999 entry=100 distance=98.99 collar=0.5"],
    ],
    ["both at the collar", bracketed(50, 150), []],
    [
      "a stop a cent beyond it",
      bracketed(49.99, 150),
      ["BRACKET_COLLAR stopLoss=49.99 entry=100 distance=0.5001 collar=0.5"],
    ],
    ["those of a purchase that waits far below", bracketed(40, 80, { order: { type: "limit", limitPrice: 60 } }), []],
    [
      "those of a market order, by the market",
      bracketed(95, 151, { order: { type: "market" } }),
      ["BRACKET_COLLAR takeProfit=151 entry=100 distance=0.51 collar=0.5"],
    ],
    [
      "the target of a short at a cent",
      bracketed(110, 0.01, short),
      ["BRACKET_COLLAR takeProfit=0.01 entry=100 distance=0.9999 collar=0.5"],
    ],
  ])("%s", (_, change, reasons) => {
    const world = worldWith({ shortSelling: true });
    world.quote("SPY", 100, { shortable: "available" });
    expect(denied(world, change)).toEqual(reasons);
  });
});

describe("PRICE_COLLAR", () => {
  const world = worldWith({ priceCollarFraction: 0.05 });
  world.quote("SPY", 100, { bid: 99, ask: 101, last: 100 });
  const stop = (stopPrice: number) => ({ order: { type: "stop" as const, stopPrice } });
  it.each([
    ["a purchase up to the collar above the last trade", limit(105), []],
    ["a purchase beyond it", limit(105.01), ["PRICE_COLLAR limitPrice=105.01 last=100 beyond=0.0501 collar=0.05"]],
    [
      "a purchase beyond it by a part of a cent",
      limit(105.007),
      ["limitPrice=105.007 last=100 beyond=0.0501 collar=0.05"],
    ],
    ["a purchase that waits far below", limit(50), []],
    ["a stop within", stop(104), []],
    ["a stop far above", stop(106), ["PRICE_COLLAR stopPrice=106 last=100 beyond=0.06 collar=0.05"]],
    ["a stop far below", stop(90), ["PRICE_COLLAR stopPrice=90 last=100 beyond=-0.1 collar=0.05"]],
    [
      "a stop within whose limit is beyond",
      { order: { type: "stop-limit" as const, stopPrice: 102, limitPrice: 110 } },
      ["PRICE_COLLAR stopPrice=110 last=100 beyond=0.1 collar=0.05"],
    ],
    ["a market order", market, []],
  ])("%s", (_, change, reasons) => {
    const told = denied(world, { quantity: 1, ...change }).filter((reason) => !reason.startsWith("PRICE_INVALID"));
    expect(told).toEqual(reasons.map((reason) => expect.stringContaining(reason)));
  });

  it("judges a market order by what the quote makes it pay", () => {
    const wide = worldWith({ priceCollarFraction: 0.05 });
    wide.quote("SPY", 100, { bid: 80, ask: 120, last: 100 });
    expect(denied(wide, { quantity: 1, ...market })).toEqual(["PRICE_COLLAR ask=120 last=100 beyond=0.2 collar=0.05"]);
  });
});

describe("SYMBOL_NOT_ALLOWED, SYMBOL_DENIED", () => {
  it("hold entries to the lists, the operator's too", () => {
    const world = worldWith({ allowedSymbols: new Set(["IBM", "BAC"]), deniedSymbols: new Set(["BAC"]) });
    expect(denied(world, { symbol: "IBM" })).toEqual([]);
    expect(denied(world, { strategy: "operator" })).toEqual(["SYMBOL_NOT_ALLOWED symbol=SPY allowed=2"]);
    expect(denied(world, { symbol: "BAC" })).toEqual(["SYMBOL_DENIED symbol=BAC denied=1"]);
  });
});

describe("SHORT_SALE, NOT_SHORTABLE", () => {
  const short: Change = { side: "sell", quantity: 10 };
  it("refuse a short sale while it is switched off", () => {
    expect(denied(worldWith({}), short)).toEqual(["SHORT_SALE quantity=10 held=0"]);
  });

  it.each([
    [undefined, ["NOT_SHORTABLE symbol=SPY shortable=unknown"]],
    ["hard-to-borrow" as const, ["NOT_SHORTABLE symbol=SPY shortable=hard-to-borrow"]],
    ["unavailable" as const, ["NOT_SHORTABLE symbol=SPY shortable=unavailable"]],
    ["available" as const, []],
  ])("switched on, with shares to lend %s", (shortable, reasons) => {
    const world = worldWith({ shortSelling: true });
    world.quote("SPY", 100, shortable ? { shortable } : {});
    expect(denied(world, short)).toEqual(reasons);
  });

  it("never ask of an exit whether it can be borrowed", () => {
    const world = worldWith({});
    world.trade("buy", 10);
    expect(denied(world, short)).toEqual([]);
  });

  it("count a short position as its holding, and cover it as an exit", () => {
    const world = worldWith({ shortSelling: true });
    world.quote("SPY", 100, { shortable: "available" });
    world.trade("sell", 60);
    world.quote("SPY", 100, { shortable: "available" });
    expect(denied(world, { side: "sell", quantity: 41 })).toEqual([
      "POSITION_LIMIT order=4100 held=6000 working=0 total=10100 limit=10000 unit=USD",
    ]);
    expect(denied(world, { side: "buy", quantity: 60 })).toEqual([]);
    expect(denied(world, { side: "buy", quantity: 61 })).toEqual([
      "EXIT_EXCEEDS_POSITION quantity=61 held=-60 workingExits=0",
    ]);
  });
});

describe("BUYING_POWER", () => {
  const power = { buyingPower: 10_000 };
  it("by the model: the order, what works, and what was bought since the broker counted", () => {
    const world = worldWith({}, power);
    world.trade("buy", 30);
    world.decide(intent({ symbol: "IBM", quantity: 40 }));
    expect(denied(world, { quantity: 20 })).toEqual([]);
    expect(denied(world, { quantity: 21 })).toEqual([
      "BUYING_POWER by=model order=2100 working=4000 added=3000 buyingPower=10000 limit=9000 unit=USD",
    ]);
    // The broker has counted the purchase: its new figure holds it.
    world.summary({ buyingPower: 7000 });
    expect(denied(world, { quantity: 23 })).toEqual([]);
    expect(denied(world, { quantity: 24 })).toHaveLength(1);
  });

  const answer = (equityWithLoanAfter: number, initialMarginAfter: number): WhatIf => ({
    outcome: "answered",
    initialMarginChange: null,
    maintenanceMarginChange: null,
    initialMarginAfter,
    maintenanceMarginAfter: null,
    equityWithLoanAfter,
    commission: null,
    warning: null,
  });

  it("by the broker's answer, when it was asked: also against the model", () => {
    const world = worldWith({}, power);
    const wanted = { quantity: 95 };
    expect(reasonsOf(world, wanted).map(({ code }) => code)).toEqual(["BUYING_POWER"]);
    expect(reasonsOf(world, wanted, answer(100_000, 90_000))).toEqual([]);
    expect(reasonsOf(world, { quantity: 1 }, answer(100_000, 90_001))).toEqual([
      {
        code: "BUYING_POWER",
        detail: "by=broker equity=100000 margin=90001 reserved=0 cushion=10000 unit=USD",
      },
    ]);
  });

  it("counts entries that work beside the broker's answer, which does not know them yet", () => {
    const world = worldWith({}, power);
    world.decide(intent({ symbol: "IBM", quantity: 40 }));
    expect(reasonsOf(world, {}, answer(100_000, 88_000))).toEqual([]);
    expect(reasonsOf(world, {}, answer(100_000, 88_001))).toHaveLength(1);
  });

  it("denies what the broker refuses, and falls back on the model when it gives no answer", () => {
    const world = worldWith({}, power);
    expect(reasonsOf(world, {}, { outcome: "refused", reason: "201 not enough" })).toEqual([
      { code: "BUYING_POWER", detail: "by=broker refused=201_not_enough" },
    ]);
    const unavailable: WhatIf = { outcome: "unavailable", reason: "dry-run" };
    expect(reasonsOf(world, { quantity: 90 }, unavailable)).toEqual([]);
    expect(reasonsOf(world, { quantity: 91 }, unavailable)).toHaveLength(1);
  });
});

describe("DAILY_DRAWDOWN", () => {
  it("denies when the day's profit has fallen from its highest by the limit, though the day is won", () => {
    const world = worldWith({ maxDailyDrawdownFraction: 0.01 });
    world.summary({ netLiquidation: 101_000 });
    world.trade("buy", 50);
    world.summary({ netLiquidation: 105_000 });
    world.change = { peakDayProfit: 1500 };
    world.quote("SPY", 110.02);
    expect(denied(world, { symbol: "IBM" })).toEqual([]);
    world.quote("SPY", 110);
    expect(denied(world, { symbol: "IBM" })).toEqual([
      "DAILY_DRAWDOWN drawdown=1000 limit=1000 peak=1500 profit=500 unit=USD",
    ]);
    expect(denied(world, { side: "sell", quantity: 50 })).toEqual([]);
  });
});

describe("LOSS_STREAK", () => {
  function lose(world: World, symbol = "SPY"): void {
    world.trade("buy", 10, { symbol }, 100);
    world.trade("sell", 10, { symbol }, 99);
  }

  it("denies after as many positions closed with a loss one after another, in all symbols together", () => {
    const world = worldWith({ maxLossStreak: 3 });
    lose(world);
    lose(world, "IBM");
    expect(denied(world, {})).toEqual([]);
    lose(world);
    expect(denied(world, {})).toEqual(["LOSS_STREAK losses=3 limit=3"]);
  });

  it("counts a loss taken in parts once, and one that the commission makes", () => {
    const world = worldWith({ maxLossStreak: 2 });
    world.trade("buy", 10, {}, 100);
    world.trade("sell", 4, {}, 99);
    world.trade("sell", 6, {}, 99);
    expect(world.book.lossStreak).toBe(1);
    world.trade("buy", 10, {}, 100);
    world.trade("sell", 10, {}, 100);
    expect(world.book.lossStreak).toBe(1);
    const executionId = [...world.book.executions.keys()].at(-1) ?? "";
    world.commission(executionId, 1);
    expect(denied(world, {})).toEqual(["LOSS_STREAK losses=2 limit=2"]);
  });

  it("ends with a gain, and with the session day, not with a restart", () => {
    const world = worldWith({ maxLossStreak: 2 });
    lose(world);
    lose(world);
    expect(denied(world, {})).toHaveLength(1);
    expect(world.replayed().lossStreak).toBe(2);
    const won = worldWith({ maxLossStreak: 2 });
    lose(won);
    won.trade("buy", 10, {}, 99);
    won.trade("sell", 10, {}, 100);
    lose(won);
    expect(denied(won, {})).toEqual([]);
    world.setTime("2026-11-24", "10:00");
    world.summary();
    expect(world.book.lossStreak).toBe(0);
  });
});
