import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, gameplanSchema, gatewayStatusMessage, type OrderIntent } from "#libs/contracts/mod.ts";
import { assess, evaluate } from "../evaluate/evaluate.ts";
import { tightened } from "../limits.ts";
import { DAY, intent, LIMITS, READY, World } from "../testing/world.ts";
import { CHECKS } from "./table.ts";

const sell = (quantity: number, change = {}) => intent({ side: "sell", quantity, ...change });
const market = { order: { type: "market" as const } };
/** A world that holds a hundred SPY, bought today. */
function holding(quantity = 90): World {
  const world = new World();
  world.trade("buy", quantity);
  return world;
}
const detailOf = (world: World, code: string, wanted = intent()): string => {
  const evaluation = world.evaluate(wanted);
  if (evaluation.outcome === "approved") throw new Error("approved");
  return evaluation.reasons.find((reason) => reason.code === code)?.detail ?? "";
};

describe("a good order", () => {
  it("passes, with its expiry, its purpose and what it reserves", () => {
    const world = new World();
    const wanted = intent();
    expect(world.evaluate(wanted)).toEqual({
      outcome: "approved",
      approval: {
        intent: wanted,
        approvedAtMonotonicMs: world.monotonicMs,
        expiresAtMonotonicMs: world.monotonicMs + LIMITS.approvalTtlMs,
        expiresAt: world.wallMs + LIMITS.approvalTtlMs,
        reducesRisk: false,
        reserved: { notional: 1000, dayTrade: false },
      },
    });
  });

  it("is told every reason when more than one check fails", () => {
    const world = new World();
    world.setTime("2026-11-26", "12:00");
    world.quotes.delete("SPY");
    expect(world.codes(intent({ order: { type: "limit", limitPrice: 100.001 }, quantity: 1000 }))).toEqual(
      expect.arrayContaining(["PRICE_INVALID", "SESSION_CLOSED", "QUOTE_STALE", "POSITION_LIMIT", "DAILY_LOSS"]),
    );
  });
});

describe("a hypothetical order", () => {
  const of = (world: World, wanted: OrderIntent) => {
    const { evaluation, checks } = assess(wanted, world.view(), world.now());
    return { evaluation, by: Object.fromEntries(checks.map((check) => [check.code, check])), codes: checks.length };
  };

  it("is told what every check compared, also those that pass, and what each limit would leave", () => {
    const { evaluation, by, codes } = of(holding(40), intent({ quantity: 30 }));
    expect(evaluation.outcome).toBe("approved");
    expect(codes).toBe(CHECKS.length);
    expect(by.POSITION_LIMIT).toEqual({
      code: "POSITION_LIMIT",
      verdict: "passes",
      detail: "order=3000 held=4000 working=0 total=7000 limit=10000 unit=USD",
      room: { left: 3000, unit: "USD" },
    });
    expect(by.QUOTE_STALE).toMatchObject({ verdict: "passes", room: { left: 3000, unit: "ms" } });
  });

  it("is told of a limit it passes, and by how much", () => {
    const { evaluation, by } = of(holding(40), intent({ quantity: 70 }));
    expect(evaluation.outcome).toBe("denied");
    expect(by.POSITION_LIMIT).toMatchObject({ verdict: "denies", room: { left: -1000, unit: "USD" } });
  });

  it("is told which checks let it pass only because it is an exit", () => {
    const world = holding(40);
    world.setTime(DAY, "19:00");
    const { evaluation, by } = of(world, sell(40));
    expect(evaluation.outcome).toBe("approved");
    expect(by.SESSION_CLOSED).toMatchObject({
      verdict: "exempt",
      detail: expect.stringContaining("phase=after-hours"),
    });
  });
});

describe("the table", () => {
  it("has one code for each check", () => {
    expect(new Set(CHECKS.map(({ code }) => code)).size).toBe(CHECKS.length);
  });

  it("lets no limit stop an exit (law 7)", () => {
    expect(CHECKS.filter(({ exitsExempt }) => !exitsExempt).map(({ code }) => code)).toEqual([
      "TRADING_HALTED",
      "CLIENT_ORDER_ID_USED",
      "PRICE_INVALID",
      "BRACKET_INVALID",
      "EXIT_EXCEEDS_POSITION",
    ]);
  });
});

describe("trading state", () => {
  it("TRADING_HALTED stops entries and exits", () => {
    const world = holding();
    world.riskState({ tradingState: "halted" });
    expect(world.codes(intent())).toContain("TRADING_HALTED");
    expect(world.codes(sell(10))).toEqual(["TRADING_HALTED"]);
  });

  it("REDUCING_ONLY stops entries and lets exits pass", () => {
    const world = holding();
    world.riskState({ tradingState: "reducing" });
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["REDUCING_ONLY"]);
    expect(world.codes(sell(10))).toEqual([]);
  });
});

describe("knowledge that is missing or old denies entries, and lets exits pass (law 6)", () => {
  const cases: readonly [string, (world: World) => void][] = [
    [
      "GATEWAY_NOT_READY",
      (world) => world.feed(gatewayStatusMessage, { ...READY, acceptsOrders: false, frozen: true }),
    ],
    ["LEDGER_BEHIND", (world) => Object.assign(world.change, { ledgerBehind: "the_bus_was_away" })],
    ["LEDGER_BEHIND", (world) => world.riskState({ tradingState: "reducing", setBy: "LEDGER_WENT_BACKWARDS" })],
    ["CLOCK_UNTRUSTED", (world) => Object.assign(world, { marketMs: null })],
    ["CLOCK_UNTRUSTED", (world) => world.setTime("2026-11-20", "12:00")],
    ["CLOCK_UNTRUSTED", (world) => Object.assign(world.change, { clockDriftMs: 10_001 })],
    ["CLOCK_UNTRUSTED", (world) => Object.assign(world.change, { clockDriftMs: -10_001 })],
    ["ACCOUNT_STALE", (world) => Object.assign(world, { wallMs: world.wallMs + 90_001 })],
    ["ACCOUNT_STALE", (world) => Object.assign(world.book, { account: null })],
    ["QUOTE_STALE", (world) => Object.assign(world, { monotonicMs: world.monotonicMs + 3001 })],
    ["QUOTE_STALE", (world) => world.quotes.delete("SPY")],
    ["QUOTE_DELAYED", (world) => world.quote("SPY", 100, { delayed: true })],
    ["QUOTE_STALE", (world) => world.quote("SPY", 100, { ask: null })],
    ["QUOTE_STALE", (world) => world.quote("SPY", 100, { receivedAtMonotonicMs: world.monotonicMs + 60_000 })],
    ["MODE_MISMATCH", (world) => Object.assign(world.change, { mode: "live" })],
    ["DAILY_LOSS", (world) => world.setTime("2026-11-24", "10:00")],
    ["POSITION_UNEXPLAINED", (world) => world.position({ quantity: 95, explained: false })],
    ["SYMBOL_NOT_IN_PLAN", (world) => Object.assign(world.change, { plan: { known: false, why: "cannot be read" } })],
  ];
  it.each(cases)("%s", (code, spoil) => {
    const world = holding();
    expect(world.codes(intent({ quantity: 1 }))).toEqual([]);
    spoil(world);
    expect(world.codes(intent({ quantity: 1 }))).toContain(code);
    expect(world.codes(sell(10))).toEqual([]);
  });

  it("takes an account id that begins with D in paper mode only, and any in dry-run", () => {
    const world = new World({ account: "U1" });
    expect(world.codes(intent())).toEqual(["MODE_MISMATCH"]);
    world.change = { mode: "dry-run" };
    expect(world.codes(intent())).toEqual([]);
  });
});

describe("INTENT_STALE", () => {
  it("denies an entry that waited longer than anybody waits for its answer, and lets an exit pass", () => {
    const world = holding();
    const asked = (wanted: OrderIntent, ageMs: number) => {
      const evaluation = evaluate(wanted, world.view(), world.now(), { askedAtMs: world.wallMs - ageMs });
      return evaluation.outcome === "approved" ? [] : evaluation.reasons;
    };
    expect(asked(intent({ quantity: 1 }), 10_000)).toEqual([]);
    expect(asked(intent({ quantity: 1 }), 10_001)).toEqual([
      { code: "INTENT_STALE", detail: "ageMs=10001 maxAgeMs=10000" },
    ]);
    // From the future: the machine's clock was set back, and the true age is not known.
    expect(asked(intent({ quantity: 1 }), -10_001).map(({ code }) => code)).toEqual(["INTENT_STALE"]);
    expect(asked(sell(10), 3_600_000)).toEqual([]);
  });
});

describe("SESSION_CLOSED", () => {
  it.each([
    ["before the open", "2026-11-23", "09:29:59", true],
    ["at the open", "2026-11-23", "09:30:00", false],
    ["before the close", "2026-11-23", "15:59:59", false],
    ["at the close", "2026-11-23", "16:00:00", true],
    ["on a half day after one o'clock", "2026-11-27", "13:00:00", true],
    ["on Thanksgiving", "2026-11-26", "12:00:00", true],
    ["on a Sunday", "2026-11-22", "12:00:00", true],
    ["on the Monday after the clocks changed, at the open", "2026-11-02", "09:30:00", false],
  ])("%s", (_, day, time, denied) => {
    const world = new World();
    world.book.session = null;
    world.setTime(day, time);
    world.summary();
    expect(world.codes(intent()).includes("SESSION_CLOSED")).toBe(denied);
  });

  it("lets an exit pass at night", () => {
    const world = holding();
    world.setTime("2026-11-23", "19:00:00");
    expect(world.codes(sell(90, { outsideRegularHours: true }))).toEqual([]);
  });
});

describe("SYMBOL_NOT_IN_PLAN", () => {
  it.each([
    ["another symbol", { symbol: "TSLA" }],
    ["another strategy", { strategy: "martingale" }],
  ])("denies %s", (_, change) => {
    const world = new World();
    world.quote("TSLA", 100);
    expect(world.codes(intent(change))).toEqual(["SYMBOL_NOT_IN_PLAN"]);
  });

  it("denies a plan that is for another day", () => {
    const world = new World();
    const plan = gameplanSchema.parse({
      tradingDay: "2026-11-20",
      strategies: [{ strategy: "orb", symbols: ["SPY"], capitalUsd: 1, from: "09:30", until: "16:00" }],
    });
    world.change = { plan: { known: true, plan } };
    expect(detailOf(world, "SYMBOL_NOT_IN_PLAN")).toBe("planFor=2026-11-20 today=2026-11-23");
  });

  it("asks no plan of the operator", () => {
    const world = new World();
    world.quote("TSLA", 100);
    expect(world.codes(intent({ strategy: "operator", symbol: "TSLA" }))).toEqual([]);
  });
});

describe("a gameplan", () => {
  const plan = (limits: object) =>
    gameplanSchema.parse({
      tradingDay: "any",
      strategies: [{ strategy: "orb", symbols: ["SPY"], capitalUsd: 1, from: "09:30", until: "16:00" }],
      limits,
    });

  it("tightens a limit and never loosens one", () => {
    expect(tightened(LIMITS, plan({ maxPositionFraction: 0.05 })).maxPositionFraction).toBe(0.05);
    expect(tightened(LIMITS, plan({ maxPositionFraction: 0.5, maxOpenOrders: 400 }))).toEqual(LIMITS);
  });
});

describe("POSITION_LIMIT", () => {
  it("allows a position of exactly the limit, and not a share more", () => {
    const world = new World();
    expect(world.codes(intent({ quantity: 100 }))).toEqual([]);
    expect(world.codes(intent({ quantity: 101 }))).toEqual(["POSITION_LIMIT"]);
  });

  it("counts what is held, what works and what was approved a moment ago", () => {
    const world = holding(40);
    world.decide(intent({ quantity: 30 }));
    expect(world.codes(intent({ quantity: 31 }))).toEqual(["POSITION_LIMIT"]);
    world.reserve(intent({ quantity: 20 }));
    expect(world.codes(intent({ quantity: 10 }))).toEqual([]);
    expect(detailOf(world, "POSITION_LIMIT", intent({ quantity: 11 }))).toBe(
      "order=1100 held=4000 working=5000 total=10100 limit=10000 unit=USD",
    );
  });

  it("counts each symbol by itself", () => {
    const world = holding(90);
    expect(world.codes(intent({ symbol: "IBM", quantity: 100 }))).toEqual([]);
  });

  it("counts a market order at the ask and a slack, since it has no worst price", () => {
    const world = new World();
    expect(world.codes(intent({ quantity: 99, ...market }))).toEqual([]);
    expect(world.codes(intent({ quantity: 100, ...market }))).toEqual(["POSITION_LIMIT"]);
  });

  it("gives back what a cancelled, rejected or expired order had reserved", () => {
    for (const status of ["canceled", "rejected", "expired", "not-sent"] as const) {
      const world = new World();
      const first = intent({ quantity: 100 });
      world.decide(first);
      expect(world.codes(intent({ quantity: 1 }))).toContain("POSITION_LIMIT");
      world.event(first.clientOrderId, status);
      expect(world.codes(intent({ quantity: 1 }))).toEqual([]);
    }
  });

  it("keeps what an unknown order has reserved", () => {
    const world = new World();
    const first = intent({ quantity: 100 });
    world.decide(first);
    world.event(first.clientOrderId, "submitted");
    world.event(first.clientOrderId, "unknown");
    expect(world.codes(intent({ quantity: 1 }))).toContain("POSITION_LIMIT");
  });

  it("keeps what a filled order has reserved until its executions are here", () => {
    const world = new World();
    const first = intent({ quantity: 100 });
    world.decide(first);
    world.event(first.clientOrderId, "filled", { filledQuantity: 100 });
    expect(world.codes(intent({ quantity: 1 }))).toContain("POSITION_LIMIT");
    world.execution({ clientOrderId: first.clientOrderId, quantity: 100 });
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["POSITION_LIMIT"]);
    expect(world.book.orders.size).toBe(0);
  });
});

describe("exits", () => {
  it("pass up to what is held", () => {
    const world = holding(90);
    expect(world.codes(sell(90, market))).toEqual([]);
    expect(world.codes(sell(91, market))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("count the exits that work already: two can never turn the position around", () => {
    const world = holding(90);
    world.decide(sell(60));
    expect(world.codes(sell(30))).toEqual([]);
    expect(detailOf(world, "EXIT_EXCEEDS_POSITION", sell(31))).toBe("quantity=31 held=90 workingExits=60");
  });

  it("count a bracket's stop and target once, since only one of them fills", () => {
    const world = new World();
    const entry = intent({
      quantity: 50,
      bracket: {
        stopLoss: { clientOrderId: clientOrderIdSchema.parse("b-stop"), stopPrice: 95 },
        takeProfit: { clientOrderId: clientOrderIdSchema.parse("b-target"), limitPrice: 110 },
      },
    });
    world.decide(entry);
    world.execution({ clientOrderId: entry.clientOrderId, quantity: 50 });
    world.event(entry.clientOrderId, "filled", { filledQuantity: 50 });
    expect(world.codes(sell(1))).toEqual(["EXIT_EXCEEDS_POSITION"]);
    world.event("b-stop", "canceled");
    expect(world.codes(sell(1))).toEqual(["EXIT_EXCEEDS_POSITION"]);
    world.event("b-target", "canceled");
    expect(world.codes(sell(50))).toEqual([]);
  });

  it("pass when the broker holds what we cannot explain, up to that", () => {
    const world = new World();
    world.position({ quantity: 40, explained: false });
    expect(world.codes(sell(40))).toEqual([]);
    expect(world.codes(sell(41))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("pass without any price, and with no market clock", () => {
    const world = holding(90);
    world.quotes.clear();
    world.marketMs = null;
    expect(world.codes(sell(90, market))).toEqual([]);
  });

  it("are denied for a malformed price", () => {
    expect(holding().codes(sell(1, { order: { type: "limit", limitPrice: 99.995 } }))).toEqual(["PRICE_INVALID"]);
  });

  it("cover a short, up to what is short", () => {
    const world = new World();
    world.position({ quantity: -40, averageCost: 100 });
    expect(world.codes(intent({ quantity: 40 }))).toEqual([]);
    expect(world.codes(intent({ quantity: 41 }))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });
});

describe("SHORT_SALE", () => {
  it("denies a sale of what is not held", () => {
    expect(new World().codes(sell(1))).toEqual(["SHORT_SALE"]);
  });

  it("denies a sale while the purchase still works", () => {
    const world = new World();
    world.decide(intent({ quantity: 50 }));
    expect(world.codes(sell(50, { order: { type: "limit", limitPrice: 110 } }))).toEqual(["SHORT_SALE"]);
  });
});

describe("PRICE_INVALID", () => {
  it.each([
    [100.07, false],
    [1.01, false],
    [1.005, true],
    [0.5001, false],
    [0.50005, true],
    [1234.56, false],
    [1234.561, true],
  ])("%d", (limitPrice, denied) => {
    const world = new World();
    expect(world.codes(intent({ quantity: 1, order: { type: "limit", limitPrice } })).includes("PRICE_INVALID")).toBe(
      denied,
    );
  });
});

describe("BRACKET_INVALID", () => {
  const bracket = (stopPrice: number, limitPrice: number) => ({
    stopLoss: { clientOrderId: clientOrderIdSchema.parse("s-1"), stopPrice },
    takeProfit: { clientOrderId: clientOrderIdSchema.parse("t-1"), limitPrice },
  });
  it.each([
    ["a stop below and a target above", 95, 110, []],
    ["a stop above a purchase", 101, 110, ["BRACKET_INVALID"]],
    ["a target below a purchase", 95, 99, ["BRACKET_INVALID"]],
  ])("%s", (_, stop, target, codes) => {
    expect(new World().codes(intent({ bracket: bracket(stop, target) }))).toEqual(codes);
  });

  it.each([
    [
      "a purchase that fills at once, below its limit and below its stop",
      "buy",
      { type: "limit", limitPrice: 104 },
      102,
    ],
    ["the same with the stop below the market", "buy", { type: "limit", limitPrice: 104 }, 99, []],
    ["a purchase that waits below the market", "buy", { type: "limit", limitPrice: 90 }, 89, []],
    ["one whose trigger lies below its stop", "buy", { type: "stop-limit", stopPrice: 102, limitPrice: 104 }, 103],
    ["a short sale that fills at once, above its stop", "sell", { type: "limit", limitPrice: 96 }, 98],
    ["the same with the stop above the market", "sell", { type: "limit", limitPrice: 96 }, 101, []],
    [
      "a short sale whose trigger lies above its stop",
      "sell",
      { type: "stop-limit", stopPrice: 98, limitPrice: 96 },
      97,
    ],
  ] as const)("%s", (_, side, order, stop, codes: readonly string[] = ["BRACKET_INVALID"]) => {
    const world = new World();
    world.limits = { ...LIMITS, shortSelling: true };
    world.quote("SPY", 100, { shortable: "available" });
    const target = side === "buy" ? 110 : 90;
    expect(world.codes(intent({ side, order, bracket: bracket(stop, target) }))).toEqual(codes);
  });

  it("denies a bracket on an exit", () => {
    expect(holding().codes(sell(10, { bracket: bracket(110, 95) }))).toEqual(["BRACKET_INVALID"]);
  });
});

describe("CLIENT_ORDER_ID_USED", () => {
  it("denies a bracket whose order has an id that is taken", () => {
    const world = new World();
    const first = intent({ quantity: 1 });
    world.decide(first);
    const wanted = intent({
      quantity: 2,
      bracket: {
        stopLoss: { clientOrderId: first.clientOrderId, stopPrice: 95 },
        takeProfit: { clientOrderId: clientOrderIdSchema.parse("t-2"), limitPrice: 110 },
      },
    });
    expect(world.codes(wanted)).toEqual(["CLIENT_ORDER_ID_USED"]);
  });
});

describe("OPEN_ORDERS", () => {
  it("counts open and reserved orders, three for a bracket; exits pass", () => {
    const world = holding(10);
    world.limits = { ...LIMITS, maxOpenOrders: 2 };
    world.decide(intent({ quantity: 1 }));
    world.reserve(intent({ quantity: 2 }));
    expect(detailOf(world, "OPEN_ORDERS", intent({ quantity: 3 }))).toBe("open=2 wanted=1 allowed=2");
    expect(world.codes(sell(10))).toEqual([]);
  });
});

describe("DUPLICATE_ORDER", () => {
  it("denies the same entry under another id within two seconds, reserved or recorded", () => {
    const world = new World();
    world.reserve(intent());
    expect(world.codes(intent())).toEqual(["DUPLICATE_ORDER"]);
    expect(world.codes(intent({ quantity: 11 }))).toEqual([]);
    expect(world.codes(intent({ symbol: "IBM" }))).toEqual([]);
    expect(world.codes(intent({ order: { type: "limit", limitPrice: 99.99 } }))).toEqual([]);
    world.decide(intent({ symbol: "BAC" }));
    world.monotonicMs += 1999;
    expect(world.codes(intent({ symbol: "BAC" }))).toEqual(["DUPLICATE_ORDER"]);
    world.monotonicMs += 1;
    expect(world.codes(intent({ symbol: "BAC" }))).toEqual([]);
  });

  it("looks back as far as it is told to, beyond the minute of the rate of orders", () => {
    const world = new World();
    world.limits = { ...LIMITS, duplicateWindowMs: 90_000, repeatedExecutionWindowMs: 1000, orderLoopWindowMs: 1000 };
    world.decide(intent());
    const later = (ms: number) => {
      world.monotonicMs += ms;
      world.quote("SPY", 100);
      return world.codes(intent());
    };
    expect(later(89_999)).toEqual(["DUPLICATE_ORDER"]);
    expect(later(1)).toEqual([]);
  });
});

describe("DAILY_LOSS", () => {
  it("counts realized loss, open loss and commissions against the equity at the session's start", () => {
    const world = holding(50);
    world.quote("SPY", 61);
    expect(world.codes(intent({ symbol: "IBM" }))).toEqual([]);
    world.quote("SPY", 60);
    expect(detailOf(world, "DAILY_LOSS", intent({ symbol: "IBM" }))).toBe(
      "loss=2000 limit=2000 realized=0 open=-2000 commissions=0 equityChange=0 unit=USD",
    );
    expect(world.codes(sell(50))).toEqual([]);
  });

  it("counts what the account lost and our executions do not show", () => {
    const world = new World();
    world.summary({ netLiquidation: 98_000 });
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["DAILY_LOSS"]);
    expect(detailOf(world, "DAILY_LOSS", intent())).toBe(
      "loss=2000 limit=2000 realized=0 open=0 commissions=0 equityChange=-2000 unit=USD",
    );
  });

  it("tells figures that add up: what is realized and open, less commissions, or the change of the account's equity", () => {
    const world = holding(50);
    world.execution({ executionId: "sold", side: "sell", quantity: 50, price: 60 });
    world.commission("sold", 5);
    expect(detailOf(world, "DAILY_LOSS", intent({ symbol: "IBM" }))).toBe(
      "loss=2005 limit=2000 realized=-2000 open=0 commissions=5 equityChange=0 unit=USD",
    );
  });

  it("begins anew with the first account summary of the next trading day, and only then", () => {
    const world = new World();
    world.summary({ netLiquidation: 98_000 });
    world.setTime("2026-11-24", "09:31");
    expect(world.codes(intent({ quantity: 1 }))).toContain("DAILY_LOSS");
    world.summary({ netLiquidation: 98_000 });
    world.quote("SPY", 100);
    expect(world.codes(intent({ quantity: 1 }))).toEqual([]);
    expect(world.book.session?.equityAtStart).toBe(98_000);
  });
});
