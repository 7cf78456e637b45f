import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, fillMessage, gatewayStatusMessage } from "#libs/contracts/mod.ts";
import { assess } from "../evaluate/evaluate.ts";
import type { Limits } from "../limits.ts";
import { LATE_MS_MAX } from "../state/late-word.ts";
import { DAY, intent, LIMITS, READY, World } from "../testing/world.ts";
import { CHECKS } from "./table.ts";

// Law 7: for every check that is there to stop risk, a world in which it denies an entry, and in which the whole
// position is closed all the same.

type Change = Parameters<typeof intent>[0];
interface Violation {
  readonly spoil: (world: World) => unknown;
  /** The entry that is denied; another of SPY unless told. */
  readonly entry?: Change;
  /** The exit that passes, where it must be like the entry. */
  readonly exit?: Change;
  /** The account it takes. */
  readonly account?: ConstructorParameters<typeof World>[0];
}

const HELD = 90;
const limits = (change: Partial<Limits>) => (world: World) => {
  world.limits = { ...world.limits, ...change };
};
const market = { order: { type: "market" as const } };
const nothing = () => undefined;

const VIOLATIONS: Readonly<Record<string, Violation>> = {
  REDUCING_ONLY: { spoil: (world) => world.riskState({ tradingState: "reducing" }) },
  LEDGER_BEHIND: { spoil: (world) => Object.assign(world.change, { ledgerBehind: "the_bus_was_away" }) },
  INTENT_STALE: { spoil: limits({ maxIntentAgeMs: -1 }) },
  LOT_SIZE: { spoil: limits({ lotSize: 7 }) },
  QUANTITY_BELOW_MINIMUM: { spoil: limits({ minOrderQuantity: 100 }) },
  QUANTITY_ABOVE_MAXIMUM: { spoil: limits({ maxOrderQuantity: 4 }) },
  SHORT_SALE: { spoil: nothing, entry: { symbol: "IBM", side: "sell" } },
  NOT_SHORTABLE: { spoil: limits({ shortSelling: true }), entry: { symbol: "IBM", side: "sell" } },
  MODE_MISMATCH: { spoil: (world) => Object.assign(world.change, { mode: "live" }) },
  GATEWAY_NOT_READY: {
    spoil: (world) => world.feed(gatewayStatusMessage, { ...READY, state: "disconnected", acceptsOrders: false }),
  },
  CLOCK_UNTRUSTED: { spoil: (world) => Object.assign(world, { marketMs: null }) },
  SESSION_CLOSED: { spoil: (world) => world.setTime("2026-11-23", "19:00") },
  ACCOUNT_STALE: { spoil: (world) => Object.assign(world.book, { account: null }) },
  QUOTE_STALE: { spoil: (world) => world.quotes.clear() },
  SYMBOL_HALTED: { spoil: (world) => world.quote("SPY", 100, { halted: true }) },
  QUOTE_DELAYED: { spoil: (world) => world.quote("SPY", 100, { delayed: true }) },
  POSITION_UNEXPLAINED: { spoil: (world) => world.position({ quantity: HELD + 5, explained: false }) },
  SYMBOL_NOT_IN_PLAN: { spoil: (world) => Object.assign(world.change, { plan: { known: false, why: "no file" } }) },
  SYMBOL_NOT_ALLOWED: { spoil: limits({ allowedSymbols: new Set(["IBM"]) }) },
  SYMBOL_DENIED: { spoil: limits({ deniedSymbols: new Set(["SPY"]) }) },
  PRICE_COLLAR: {
    spoil: limits({ priceCollarFraction: 0.01 }),
    entry: { order: { type: "limit", limitPrice: 110 } },
    exit: { order: { type: "limit", limitPrice: 50 } },
  },
  BRACKET_COLLAR: {
    spoil: nothing,
    entry: {
      bracket: {
        stopLoss: { clientOrderId: clientOrderIdSchema.parse("far-stop"), stopPrice: 0.01 },
        takeProfit: { clientOrderId: clientOrderIdSchema.parse("far-target"), limitPrice: 110 },
      },
    },
  },
  DAILY_LOSS: { spoil: (world) => world.summary({ netLiquidation: 97_999 }) },
  DAILY_DRAWDOWN: { spoil: (world) => Object.assign(world.change, { peakDayProfit: 50_000 }) },
  LOSS_STREAK: {
    spoil: (world) => {
      world.trade("buy", 1, { symbol: "IBM" }, 100);
      world.trade("sell", 1, { symbol: "IBM" }, 99);
      limits({ maxLossStreak: 1 })(world);
    },
  },
  ORDER_NOTIONAL: { spoil: limits({ maxOrderNotionalUsd: 1 }) },
  POSITION_LIMIT: { spoil: limits({ maxPositionFraction: 0.001 }) },
  CONCENTRATION: { spoil: limits({ maxConcentrationFraction: 0.001 }) },
  GROSS_EXPOSURE: { spoil: limits({ maxGrossExposureFraction: 0.001 }) },
  NET_EXPOSURE: { spoil: limits({ maxNetExposureFraction: 0.001 }) },
  OPEN_ORDER_NOTIONAL: { spoil: limits({ maxOpenOrderNotionalFraction: 0.0001 }) },
  BUYING_POWER: { spoil: (world) => world.summary({ buyingPower: 0 }) },
  MARGIN_EQUITY: { spoil: (world) => world.summary({ netLiquidation: 1500 }), entry: { quantity: 16 } },
  DAY_TRADES: {
    spoil: nothing,
    account: { previousDayEquity: 24_999.99, dayTradesRemaining: [0, 0, 1, 2, 3] },
  },
  INTRADAY_MARGIN: {
    spoil: (world) => {
      limits({ dayTradeRegime: "intraday-margin" })(world);
      world.summary({ excessLiquidity: 0, lookAheadExcessLiquidity: 0 });
    },
  },
  OPEN_ORDERS: { spoil: limits({ maxOpenOrders: 0 }) },
  ORDER_RATE: { spoil: limits({ maxOrdersPerMinute: 0 }) },
  CANCEL_RATE: { spoil: limits({ maxCancelsPerMinute: 0 }) },
  CANCEL_TO_FILL: { spoil: (world) => world.book.flow.set("orb", { tradingDay: DAY, canceled: 60, filled: 1 }) },
  DUPLICATE_ORDER: {
    spoil: (world) => {
      world.decide(intent({ quantity: 5, order: { type: "stop", stopPrice: 105 } }));
    },
    entry: { quantity: 5, order: { type: "stop", stopPrice: 105 } },
  },
  REPEATED_EXECUTIONS: { spoil: limits({ maxRepeatedExecutions: 0 }) },
  ORDER_LOOP: { spoil: limits({ maxOrderReversals: -1 }) },
  SELF_CROSS: {
    spoil: (world) => {
      world.decide(intent({ side: "sell", quantity: 1, order: { type: "limit", limitPrice: 101 } }));
      world.decide(intent({ quantity: 1, order: { type: "limit", limitPrice: 99 } }));
    },
    entry: market,
    exit: { ...market, quantity: HELD - 1 },
  },
};

/** Bought the day before, so that no exit of it is a day trade; the quotes are fresh and the session is open. */
function holding(account: Violation["account"]): World {
  const world = new World(account);
  world.limits = { ...LIMITS };
  world.position({ quantity: HELD });
  return world;
}

describe("an exit passes every check that is there to stop risk (law 7)", () => {
  it("and there is a case for each of them", () => {
    const exempt = CHECKS.filter(({ exitsExempt }) => exitsExempt).map(({ code }) => code);
    expect(Object.keys(VIOLATIONS).toSorted()).toEqual(exempt.toSorted());
  });

  it.each(Object.entries(VIOLATIONS))("%s", (code, { spoil, entry, exit, account }) => {
    const world = holding(account);
    spoil(world);
    expect(world.codes(intent({ quantity: 5, ...entry }))).toContain(code);
    const wanted = intent({ side: "sell", quantity: HELD, ...market, ...exit });
    expect(world.codes(wanted)).toEqual([]);
    const { evaluation, checks } = assess(wanted, world.view(), world.now());
    expect(evaluation).toMatchObject({ outcome: "approved", approval: { reducesRisk: true } });
    expect(checks.filter(({ verdict }) => verdict === "denies")).toEqual([]);
  });

  it("all of them at once", () => {
    const world = holding(undefined);
    const together = ["REDUCING_ONLY", "LEDGER_BEHIND", "DAILY_DRAWDOWN", "BUYING_POWER", "SESSION_CLOSED"];
    for (const code of [...together, "POSITION_LIMIT", "GROSS_EXPOSURE", "ORDER_RATE", "ORDER_LOOP", "LOT_SIZE"]) {
      VIOLATIONS[code]?.spoil(world);
    }
    expect(world.codes(intent({ quantity: 5 })).length).toBeGreaterThan(8);
    expect(world.codes(intent({ side: "sell", quantity: HELD, ...market }))).toEqual([]);
  });
});

describe("an exit beside an order of others", () => {
  const exit = (quantity: number) => intent({ side: "sell", quantity, ...market });
  const holdingSome = () => {
    const world = new World();
    world.trade("buy", 50);
    world.foreignOrder({ side: "sell", leavesQuantity: 50 });
    return world;
  };

  it("passes: a stop placed by hand does not close the way out (law 7)", () => {
    const world = holdingSome();
    expect(world.codes(exit(50))).toEqual([]);
    expect(world.codes(exit(51))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("passes for what is held less our own working exits, and no more: those do not turn the position around", () => {
    const world = holdingSome();
    expect(world.decide(exit(30)).outcome).toBe("approved");
    expect(world.codes(exit(20))).toEqual([]);
    expect(world.codes(exit(21))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("tells the shares of both apart", () => {
    const world = holdingSome();
    world.decide(exit(30));
    const { checks } = assess(exit(21), world.view(), world.now());
    const detail = checks.find(({ code }) => code === "EXIT_EXCEEDS_POSITION")?.detail;
    expect(detail).toBe("quantity=21 held=50 workingExits=30 ordersOfOthers=50");
  });
});

describe("an exit beside the protective orders of a bracket", () => {
  const exit = (quantity: number) => intent({ side: "sell", quantity, ...market });
  const id = (text: string) => clientOrderIdSchema.parse(text);
  /** A bracket of ninety, held; then its target fills forty, and forty more are bought that nothing protects. */
  const partlySold = () => {
    const world = new World();
    const stopLoss = { clientOrderId: id("x-stop"), stopPrice: 95 };
    const takeProfit = { clientOrderId: id("x-target"), limitPrice: 110 };
    const entry = intent({ quantity: 90, bracket: { stopLoss, takeProfit } });
    world.decide(entry);
    world.execution({ clientOrderId: entry.clientOrderId, quantity: 90 });
    world.event(entry.clientOrderId, "filled", { filledQuantity: 90 });
    world.execution({ clientOrderId: id("x-target"), side: "sell", quantity: 40, price: 110 });
    world.event("x-target", "partially-filled", { filledQuantity: 40, leavesQuantity: 50 });
    world.trade("buy", 40);
    return world;
  };

  it("may close what they leave: what one of them filled the venue takes from the other", () => {
    const world = partlySold();
    expect(world.codes(exit(40))).toEqual([]);
    expect(world.codes(exit(41))).toEqual(["EXIT_EXCEEDS_POSITION"]);
    world.book = world.replayed();
    expect(world.codes(exit(41))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("still when the one that filled is over, and when the other is told anew in its first size", () => {
    const world = partlySold();
    world.event("x-target", "canceled", { filledQuantity: 40, side: "sell" });
    world.event("x-stop", "accepted", { leavesQuantity: 90, side: "sell" });
    expect(world.codes(exit(40))).toEqual([]);
    expect(world.codes(exit(41))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("is held to what works, also when the venue told the smaller size before the execution that made it so", () => {
    const world = new World();
    const stopLoss = { clientOrderId: id("y-stop"), stopPrice: 95 };
    const takeProfit = { clientOrderId: id("y-target"), limitPrice: 110 };
    const entry = intent({ quantity: 90, bracket: { stopLoss, takeProfit } });
    world.decide(entry);
    world.execution({ clientOrderId: entry.clientOrderId, quantity: 90 });
    world.event(entry.clientOrderId, "filled", { filledQuantity: 90 });
    world.event("y-stop", "accepted", { leavesQuantity: 50, side: "sell" });
    world.execution({ clientOrderId: id("y-target"), side: "sell", quantity: 40, price: 110 });
    world.event("y-target", "canceled", { filledQuantity: 40, side: "sell" });
    // Fifty are held, and the stop may take them all.
    expect(world.codes(exit(1))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("counts what a correction gives back", () => {
    const world = partlySold();
    const fills = world.ledger.flatMap((event) => event.as(fillMessage)?.data ?? []);
    const filled = fills.find((fill) => fill.kind === "execution" && fill.clientOrderId === "x-target");
    if (filled?.kind !== "execution") throw new Error("no execution of the target");
    world.execution({ ...filled, executionId: "corrected", corrects: filled.executionId, quantity: 30 });
    // A hundred are held, and the two may take sixty of them.
    expect(world.codes(exit(40))).toEqual([]);
    expect(world.codes(exit(41))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  it("may close what an order leaves that the broker tells in a smaller size", () => {
    const world = new World();
    world.trade("buy", 90);
    const resting = intent({ side: "sell", quantity: 90, order: { type: "limit", limitPrice: 110 } });
    world.decide(resting);
    expect(world.codes(exit(30))).toEqual(["EXIT_EXCEEDS_POSITION"]);
    world.event(resting.clientOrderId, "accepted", { leavesQuantity: 60 });
    expect(world.codes(exit(30))).toEqual([]);
    expect(world.codes(exit(31))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });
});

describe("an exit while the broker's position trails our executions", () => {
  it("may close what both say, so that what is sold already is not sold again; the broker's word when it stands", () => {
    const world = new World();
    world.trade("buy", 7);
    world.trade("sell", 7, market);
    world.position({ quantity: 4 });
    world.change = { hasSettled: () => false };
    const again = intent({ side: "sell", quantity: 4, ...market });
    expect(world.codes(again)).toContain("SHORT_SALE");
    // What stands may be from before the sale, for as long as anything comes late.
    world.change = {};
    expect(world.codes(again)).toContain("SHORT_SALE");
    world.wallMs += LATE_MS_MAX + 1;
    expect(world.codes(again)).toEqual([]);
  });

  it("passes for the smaller of the two", () => {
    const world = new World();
    world.trade("buy", 7);
    world.position({ quantity: 4 });
    world.change = { hasSettled: () => false };
    expect(world.codes(intent({ side: "sell", quantity: 4, ...market }))).toEqual([]);
    expect(world.codes(intent({ side: "sell", quantity: 5, ...market }))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });

  const disagreeing = () => {
    const world = new World();
    world.change = { hasSettled: () => false };
    return world;
  };
  const exit = (quantity: number) => intent({ side: "sell", quantity, ...market });

  it("may close all of it while the word is one that they have passed: it is late, and they are newer", () => {
    const world = disagreeing();
    world.trade("buy", 6);
    world.trade("sell", 6, market);
    world.trade("buy", 7);
    for (const late of [0, 6, 0]) {
      world.position({ quantity: late, difference: late - 7 });
      expect(world.codes(exit(7)), `the broker says ${late}`).toEqual([]);
      expect(world.codes(exit(8)), `the broker says ${late}`).toEqual(["EXIT_EXCEEDS_POSITION"]);
    }
  });

  it("may close all of it between the partial fills of an entry, whatever of them the broker has told", () => {
    const world = disagreeing();
    const entry = intent({ quantity: 30 });
    world.decide(entry);
    for (const told of [0, 10, 20]) {
      world.execution({ clientOrderId: entry.clientOrderId, quantity: 10 });
      world.position({ quantity: told, difference: -10 });
      expect(world.codes(exit(told + 10))).toEqual([]);
    }
  });

  it("sells nothing twice by a word from before the sale", () => {
    const world = disagreeing();
    world.trade("buy", 6);
    world.trade("sell", 6, market);
    world.position({ quantity: 6, difference: 6 });
    expect(world.codes(exit(6))).toContain("SHORT_SALE");
  });

  it("is not held to an old word by the trades after it: they end the difference", () => {
    const world = disagreeing();
    world.trade("buy", 6);
    world.trade("sell", 6, market);
    world.trade("buy", 5);
    world.position({ quantity: 6, difference: 1 });
    world.trade("sell", 5, market);
    world.trade("buy", 6);
    expect(world.codes(exit(6))).toEqual([]);
  });

  it("is held to a word that executions have not passed, or long ago: somebody else may have sold", () => {
    const world = disagreeing();
    world.trade("buy", 4);
    world.trade("buy", 3);
    world.position({ quantity: 5, difference: -2 });
    expect(world.codes(exit(6))).toEqual(["EXIT_EXCEEDS_POSITION"]);
    world.position({ quantity: 7, difference: 0 });
    // What was said after it cannot be from before it.
    world.position({ quantity: 4, difference: -3 });
    expect(world.codes(exit(5))).toEqual(["EXIT_EXCEEDS_POSITION"]);
    world.position({ quantity: 7, difference: 0 });
    world.trade("buy", 1);
    world.wallMs += 10_001;
    world.position({ quantity: 7, difference: -1 });
    expect(world.codes(exit(8))).toEqual(["EXIT_EXCEEDS_POSITION"]);
  });
});
