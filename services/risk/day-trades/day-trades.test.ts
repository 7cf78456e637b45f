import { describe, expect, it } from "vitest";
import { clientOrderIdSchema, foreignOrderMessage } from "#libs/contracts/mod.ts";
import { epochMsOf } from "#libs/time/mod.ts";
import { excessDayTrades } from "../evaluate/fourth-day-trade.ts";
import { lastTradingDays, sessionDayOf } from "../state/trading-days.ts";
import { CALENDAR, DAY, intent, LIMITS, World } from "../testing/world.ts";
import { riskStateOf } from "../trading-control.ts";
import { regimeOf } from "./regime.ts";
import { dayTradesIn, usedDayTrades } from "./use.ts";

const SMALL = { netLiquidation: 24_999.99, previousDayEquity: 24_999.99 };
const roundTrip = (world: World, symbol = "SPY") => {
  world.trade("buy", 1, { symbol });
  world.trade("sell", 1, { symbol, order: { type: "market" } });
};
const used = (world: World): number =>
  usedDayTrades(world.book, dayTradesIn(world.book, world.book.session?.window ?? []));
const entry = (change = {}) => intent({ quantity: 2, symbol: "IBM", ...change });
const bracketOf = (id: string) => ({
  stopLoss: { clientOrderId: clientOrderIdSchema.parse(`${id}-stop`), stopPrice: 95 },
  takeProfit: { clientOrderId: clientOrderIdSchema.parse(`${id}-target`), limitPrice: 110 },
});

describe("the pattern-day-trader rule, under 25,000 USD", () => {
  it("refuses the fourth opening trade in five business days, and lets every exit pass", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    roundTrip(world);
    expect(used(world)).toBe(3);
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
    world.position({ symbol: "BAC", quantity: 5 });
    expect(world.codes(intent({ symbol: "BAC", side: "sell", quantity: 5 }))).toEqual([]);
  });

  it("counts prior-day equity: refused at 24,999.99, allowed at 25,000.00", () => {
    const world = new World(SMALL);
    for (let trade = 0; trade < 3; trade += 1) roundTrip(world);
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
    world.summary({ ...SMALL, previousDayEquity: 25_000 });
    expect(world.codes(entry())).toEqual([]);
  });

  it("counts what was traded in a day of which no account summary has come yet", () => {
    const world = new World(SMALL);
    world.setTime("2026-11-24", "09:31");
    for (const symbol of ["SPY", "IBM", "BAC"]) {
      world.execution({ symbol });
      world.execution({ symbol, side: "sell" });
    }
    expect(world.codes(entry())).toContain("DAY_TRADES");
  });

  it("takes the session's first equity where the broker does not tell the prior day's", () => {
    const world = new World({ netLiquidation: 24_999, previousDayEquity: null, dayTradesRemaining: [0, 0, 1, 2, 3] });
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
  });

  it("foresees: an entry reserves the day trade its exit would make", () => {
    const world = new World(SMALL);
    roundTrip(world);
    world.trade("buy", 1);
    world.decide(entry());
    expect(used(world)).toBe(1);
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
  });

  it("foresees it for two entries that come in the same moment", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    world.reserve(entry());
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
  });

  it("gives the allowance back when the entry ends unfilled, its bracket with it", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    const wanted = entry({ bracket: bracketOf("x") });
    world.decide(wanted);
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
    world.event(wanted.clientOrderId, "expired");
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual([]);
    expect(world.book.orders.size).toBe(0);
  });

  it("lets an entry pass that is to be held overnight, until three are used", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    world.trade("buy", 1, { symbol: "BAC" });
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
    expect(world.codes(entry({ holdOvernight: true }))).toEqual([]);
    world.trade("sell", 1, { symbol: "BAC", order: { type: "market" } });
    expect(world.codes(entry({ holdOvernight: true }))).toEqual(["DAY_TRADES"]);
  });

  it("does not foresee a day trade for what is held overnight", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    world.trade("buy", 1, { symbol: "BAC", holdOvernight: true });
    expect(world.codes(entry())).toEqual([]);
  });

  it("counts the partial fills of one order as one transaction", () => {
    const world = new World(SMALL);
    const bought = entry();
    world.decide(bought);
    for (let fill = 0; fill < 2; fill += 1) {
      world.execution({ clientOrderId: bought.clientOrderId, symbol: "IBM", quantity: 1 });
    }
    world.event(bought.clientOrderId, "filled", { filledQuantity: 2 });
    world.trade("sell", 2, { symbol: "IBM", order: { type: "market" } });
    expect(dayTradesIn(world.book, [DAY])).toEqual({ byOpening: 1, byDirection: 1 });
  });

  it("foresees the rest of an entry that began to fill yesterday: today it opens anew", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    const resting = entry({ quantity: 10, timeInForce: "gtc" });
    world.decide(resting);
    world.execution({ clientOrderId: resting.clientOrderId, symbol: "IBM", quantity: 5 });
    world.event(resting.clientOrderId, "partially-filled", { filledQuantity: 5, leavesQuantity: 5 });
    // Of today's own opening the rest is a part.
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
    world.setTime("2026-11-24", "10:00");
    world.summary(SMALL);
    world.quote("BAC", 100);
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
    world.event(resting.clientOrderId, "canceled", { filledQuantity: 5 });
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual([]);
  });

  it("foresees what a protective order may close today, also of an entry that is to be held overnight", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    world.trade("buy", 1, { symbol: "BAC" });
    expect(world.codes(entry({ holdOvernight: true }))).toEqual([]);
    expect(world.codes(entry({ holdOvernight: true, bracket: bracketOf("x") }))).toEqual(["DAY_TRADES"]);
  });

  it("foresees what an exit may close that works beside what is held overnight", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    world.trade("buy", 1, { symbol: "BAC", holdOvernight: true });
    expect(world.codes(entry())).toEqual([]);
    world.decide(intent({ symbol: "BAC", side: "sell", quantity: 1, order: { type: "limit", limitPrice: 110 } }));
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
  });

  it("foresees that an exit closes first what was bought first, to be held overnight or not", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    world.trade("buy", 1, { symbol: "BAC", holdOvernight: true });
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
    expect(world.codes(entry({ symbol: "BAC", holdOvernight: true }))).toEqual([]);
  });

  it("takes an order of others that can only close for an exit", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    world.position({ symbol: "BAC", quantity: 5 });
    const order = { permId: 9, symbol: "BAC", side: "sell", clientId: 0, orderRef: "", price: 90 } as const;
    world.feed(foreignOrderMessage, { ...order, leavesQuantity: 5, status: "working" });
    expect(world.codes(entry())).toEqual([]);
    world.feed(foreignOrderMessage, { ...order, leavesQuantity: 6, status: "working" });
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
  });

  it("foresees what its protective order closed, also when the sale is told before its purchase", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    const wanted = entry({ quantity: 1, holdOvernight: true, bracket: bracketOf("x") });
    world.decide(wanted);
    const [target, stop] = ["x-target", "x-stop"].map((id) => clientOrderIdSchema.parse(id));
    if (target === undefined || stop === undefined) throw new Error("two protective orders");
    world.event(wanted.clientOrderId, "filled", { filledQuantity: 1 });
    world.event(target, "canceled");
    world.event(stop, "filled", { filledQuantity: 1 });
    world.execution({ clientOrderId: stop, symbol: "IBM", side: "sell", quantity: 1 });
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
  });

  it("foresees the purchase that a sale told before it may have closed, beside what was held overnight", () => {
    const world = new World(SMALL);
    world.position({ symbol: "IBM", quantity: 5 });
    roundTrip(world);
    roundTrip(world);
    const bought = entry({ quantity: 1, holdOvernight: true });
    world.decide(bought);
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual([]);
    const sold = intent({ symbol: "IBM", side: "sell", quantity: 1, order: { type: "market" } });
    world.decide(sold);
    const boughtAt = world.marketMs ?? 0;
    const { clientOrderId } = sold;
    world.execution({ clientOrderId, symbol: "IBM", side: "sell", quantity: 1, executedAt: boughtAt + 1000 });
    world.event(clientOrderId, "filled", { filledQuantity: 1 });
    world.event(bought.clientOrderId, "filled", { filledQuantity: 1 });
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual(["DAY_TRADES"]);
    expect(
      excessDayTrades(intent({ symbol: "SPY", side: "sell", quantity: 1, order: { type: "market" } }), world.view()),
    ).toBeNull();
    world.execution({ clientOrderId: bought.clientOrderId, symbol: "IBM", quantity: 1, executedAt: boughtAt });
    expect(used(world)).toBe(3);
  });

  it("does not foresee it for a purchase asked for after the sale was told", () => {
    const world = new World(SMALL);
    world.position({ symbol: "IBM", quantity: 5 });
    roundTrip(world);
    roundTrip(world);
    world.trade("sell", 1, { symbol: "IBM", order: { type: "market" } });
    world.decide(entry({ quantity: 1, holdOvernight: true }));
    expect(world.codes(entry({ symbol: "BAC" }))).toEqual([]);
  });

  it("is told of an exit that can close more than the oldest purchase, of which a part is not told yet", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    const [older, newer] = [6, 7].map((quantity) => entry({ quantity, holdOvernight: true }));
    if (older === undefined || newer === undefined) throw new Error("two entries");
    world.decide(older);
    world.decide(newer);
    world.execution({ clientOrderId: older.clientOrderId, symbol: "IBM", quantity: 5 });
    world.execution({ clientOrderId: newer.clientOrderId, symbol: "IBM", quantity: 7 });
    const exit = intent({ symbol: "IBM", side: "sell", quantity: 6 });
    expect(excessDayTrades(exit, world.view())).toBe(4);
    expect(excessDayTrades({ ...exit, quantity: 1 }, world.view())).toBeNull();
  });

  it("counts the rest of a sale that began before a new purchase as sold after it", () => {
    const world = new World(SMALL);
    world.position({ symbol: "IBM", quantity: 20 });
    const sale = intent({ symbol: "IBM", side: "sell", quantity: 20 });
    world.decide(sale);
    const sold = { clientOrderId: sale.clientOrderId, symbol: "IBM", side: "sell" } as const;
    world.execution({ ...sold, quantity: 15 });
    world.execution({ clientOrderId: clientOrderIdSchema.parse("bought"), symbol: "IBM", quantity: 10 });
    expect(dayTradesIn(world.book, [DAY])).toEqual({ byOpening: 0, byDirection: 0 });
    world.execution({ ...sold, quantity: 5 });
    expect(dayTradesIn(world.book, [DAY])).toEqual({ byOpening: 1, byDirection: 1 });
  });

  it.each([
    ["sold, then bought", 1000, 2000, 0],
    ["bought, then sold", 2000, 1000, 1],
  ])("counts by the time of execution, in whatever order they are told: %s", (_, soldMs, boughtMs, expected) => {
    const world = new World(SMALL);
    const at = world.marketMs ?? 0;
    world.position({ symbol: "IBM", quantity: 10 });
    const [bought, sold] = [clientOrderIdSchema.parse("bought"), clientOrderIdSchema.parse("sold")];
    world.execution({ clientOrderId: bought, symbol: "IBM", executedAt: at + boughtMs });
    world.execution({ clientOrderId: sold, symbol: "IBM", side: "sell", executedAt: at + soldMs });
    expect(dayTradesIn(world.book, [DAY])).toEqual({ byOpening: expected, byDirection: expected });
    expect(
      world.book.symbols
        .get("IBM")
        ?.days.at(-1)
        ?.executions.map(({ side }) => side),
    ).toEqual(soldMs < boughtMs ? ["sell", "buy"] : ["buy", "sell"]);
  });

  it("counts a security by its name alone: two strikes of one underlying are two securities", () => {
    const world = new World(SMALL);
    // As sequence 2 of Regulatory Notice 21-13, and each half of it in a security of its own.
    for (const symbol of ["SPY 270115C500", "SPY 270115C505"]) {
      world.execution({ symbol, quantity: 1 });
      world.execution({ symbol, quantity: 1, side: "sell" });
    }
    expect(dayTradesIn(world.book, [DAY])).toEqual({ byOpening: 2, byDirection: 2 });
    // A purchase of one and a sale of the other close nothing.
    const spread = new World(SMALL);
    spread.execution({ symbol: "SPY 270115C500", quantity: 1 });
    spread.execution({ symbol: "SPY 270115C505", quantity: 1, side: "sell" });
    expect(dayTradesIn(spread.book, [DAY])).toEqual({ byOpening: 0, byDirection: 0 });
  });

  it("is told of an exit that makes the fourth, and it passes", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    roundTrip(world);
    world.limits = { ...LIMITS, dayTradeRegime: "off" };
    world.trade("buy", 5, { symbol: "BAC" });
    world.limits = LIMITS;
    const exit = intent({ symbol: "BAC", side: "sell", quantity: 5 });
    expect(world.codes(exit)).toEqual([]);
    expect(excessDayTrades(exit, world.view())).toBe(4);
  });

  it("is told of an exit that makes the fourth with those that work beside it", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    const exits = ["BAC", "IBM"].map((symbol) => {
      world.trade("buy", 1, { symbol, holdOvernight: true });
      return intent({ symbol, side: "sell", quantity: 1, order: { type: "limit", limitPrice: 101 } });
    });
    const told = exits.map((exit) => {
      expect(world.codes(exit)).toEqual([]);
      world.reserve(exit);
      return excessDayTrades(exit, world.view());
    });
    expect(told).toEqual([null, 4]);
  });

  it("is not told of an exit that adds nothing to the fourth", () => {
    const world = new World(SMALL);
    roundTrip(world);
    roundTrip(world);
    roundTrip(world);
    world.limits = { ...LIMITS, dayTradeRegime: "off" };
    world.trade("buy", 5, { symbol: "BAC" });
    world.limits = LIMITS;
    const [part, rest] = [2, 3].map((quantity) => intent({ symbol: "BAC", side: "sell", quantity }));
    if (part === undefined || rest === undefined) throw new Error("two exits");
    expect(excessDayTrades(part, world.view())).toBe(4);
    world.decide(part);
    expect(excessDayTrades(rest, world.view())).toBeNull();
  });
});

describe("the five business days", () => {
  const spread = (days: readonly string[]): World => {
    const world = new World(SMALL);
    for (const day of days) {
      world.setTime(day, "10:00");
      world.summary(SMALL);
      world.quote("SPY", 100);
      roundTrip(world);
    }
    return world;
  };

  it("reach over the weekend and Thanksgiving, a half day counts as a day", () => {
    // Mon, Tue, Wed, Fri (half day), Mon: the Thursday between is no business day.
    expect(lastTradingDays(CALENDAR, "2026-11-30", 5)).toEqual([
      "2026-11-23",
      "2026-11-24",
      "2026-11-25",
      "2026-11-27",
      "2026-11-30",
    ]);
    const world = spread(["2026-11-23", "2026-11-24", "2026-11-25"]);
    world.setTime("2026-11-30", "10:00");
    world.summary(SMALL);
    expect(used(world)).toBe(3);
    world.setTime("2026-12-01", "10:00");
    world.summary(SMALL);
    expect(used(world)).toBe(2);
  });

  it("reach over Christmas and New Year", () => {
    expect(lastTradingDays(CALENDAR, "2027-01-04", 5)[0]).toBe("2026-12-28");
  });

  it("forget after ten trading days, and keep what is held", () => {
    const world = spread(["2026-11-23"]);
    world.trade("buy", 7, { symbol: "BAC", holdOvernight: true });
    world.setTime("2026-12-31", "10:00");
    world.summary();
    expect(world.book.executions.size).toBe(0);
    expect(world.book.decisions.size).toBe(0);
    expect([...world.book.symbols.keys()]).toEqual(["BAC"]);
    expect(world.book.symbols.get("BAC")?.days.at(-1)?.end.quantity).toBe(7);
  });

  it("end at New York's midnight, whatever UTC says, and a Sunday belongs to the Friday before", () => {
    expect(sessionDayOf(CALENDAR, epochMsOf("2026-11-23", "23:59"))).toBe("2026-11-23");
    expect(sessionDayOf(CALENDAR, epochMsOf("2026-11-22", "18:00"))).toBe("2026-11-20");
    expect(sessionDayOf(CALENDAR, epochMsOf("2026-11-26", "12:00"))).toBe("2026-11-25");
  });
});

describe("the broker's own count", () => {
  it("is never undercut: what it counts and we do not know is added", () => {
    const world = new World({ ...SMALL, dayTradesRemaining: [1, 1, 2, 3, 3] });
    expect(used(world)).toBe(2);
    roundTrip(world);
    expect(used(world)).toBe(3);
    // Its tag follows minutes later, and must not hide what was made elsewhere in between.
    world.summary({ ...SMALL, dayTradesRemaining: [1, 1, 2, 3, 3] });
    expect(used(world)).toBe(3);
    world.summary({ ...SMALL, dayTradesRemaining: [0, 1, 2, 3, 3] });
    expect(used(world)).toBe(3);
  });

  it("is read anew with the next session day", () => {
    const world = new World({ ...SMALL, dayTradesRemaining: [1, 1, 2, 3, 3] });
    world.setTime("2026-11-24", "10:00");
    world.summary({ ...SMALL, dayTradesRemaining: [3, 3, 3, 3, 3] });
    expect(used(world)).toBe(0);
  });

  it("may be that of the day before until its servers were reset in the night: before anything can trade its newest word holds", () => {
    const world = new World({ ...SMALL, dayTradesRemaining: [0, 1, 2, 3, 3] });
    world.setTime("2026-11-24", "00:01");
    world.summary({ ...SMALL, dayTradesRemaining: [0, 1, 2, 3, 3] });
    expect(used(world)).toBe(3);
    world.setTime("2026-11-24", "03:59");
    world.summary({ ...SMALL, dayTradesRemaining: [1, 2, 3, 3, 3] });
    expect(used(world)).toBe(2);
    world.setTime("2026-11-24", "04:00");
    world.summary({ ...SMALL, dayTradesRemaining: [3, 3, 3, 3, 3] });
    expect(used(world)).toBe(2);
  });
});

describe("which rule is in force", () => {
  it.each([
    ["three or more tags that count: the old rule", [3, 3, 3, 3, 3], "DU1", "paper", "pattern-day-trader"],
    ["an account that has used all", [0, 0, 1, 2, 3], "U1", "live", "pattern-day-trader"],
    ["-1 everywhere: the new one", [-1, -1, -1, -1, -1], "U1", "live", "intraday-margin"],
    ["all absent on a live account: the new one", [null, null, null, null, null], "U1", "live", "intraday-margin"],
    ["all absent on a paper account: not known", [null, null, null, null, null], "DU1", "paper", "pattern-day-trader"],
    ["a few of them: not known", [-1, null, 3, 3, null], "U1", "live", "pattern-day-trader"],
    ["no summary yet: not known", null, null, "live", "pattern-day-trader"],
  ] as const)("%s", (_, tags, account, mode, regime) => {
    expect(regimeOf("auto", tags === null ? null : [...tags], account, mode).regime).toBe(regime);
  });

  const LIVE = { ...SMALL, account: "U1" };
  const UNLIMITED = [-1, -1, -1, -1, -1];
  const ABSENT = [null, null, null, null, null];

  it.each([
    ["unlimited", UNLIMITED],
    ["absent", ABSENT],
  ])("is the old one for the rest of the day, once any summary counts (first %s)", (_, first) => {
    const world = new World({ ...LIVE, dayTradesRemaining: first });
    world.change = { mode: "live" };
    expect(world.codes(entry())).toEqual([]);
    world.summary({ ...LIVE, dayTradesRemaining: [0, 0, 3, 3, 3] });
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
    world.summary({ ...LIVE, dayTradesRemaining: first });
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
    world.setTime("2026-11-24", "10:00");
    world.summary({ ...LIVE, dayTradesRemaining: first });
    world.quote("IBM", 100);
    expect(world.codes(entry())).toEqual([]);
  });

  it("is the old one from the first summary of the day that is not clear", () => {
    const world = new World({ ...LIVE, dayTradesRemaining: UNLIMITED });
    world.change = { mode: "live" };
    world.summary({ ...LIVE, dayTradesRemaining: [-1, -1, null, -1, -1] });
    expect(riskStateOf(world.view(), world.book.trading).dayTradeRegime).toBe("pattern-day-trader");
  });

  it("is what is configured, when that is said", () => {
    expect(regimeOf("off", [0, 0, 0, 0, 0], "U1", "live").regime).toBe("off");
    const world = new World({ ...SMALL, dayTradesRemaining: [0, 0, 0, 0, 0] });
    expect(world.codes(entry())).toEqual(["DAY_TRADES"]);
    world.limits = { ...LIMITS, dayTradeRegime: "off" };
    expect(world.codes(entry())).toEqual([]);
  });
});

describe("the intraday margin rule", () => {
  const UNLIMITED = { dayTradesRemaining: [-1, -1, -1, -1, -1] };

  it("counts no day trades", () => {
    const world = new World({ ...SMALL, ...UNLIMITED });
    for (let trade = 0; trade < 5; trade += 1) roundTrip(world);
    expect(world.codes(entry())).toEqual([]);
  });

  it("keeps a cushion of the broker's excess liquidity, what is reserved counted in", () => {
    const world = new World({ ...UNLIMITED, excessLiquidity: 7000, lookAheadExcessLiquidity: 6000 });
    // 6,000 less a quarter of the order must leave 5,000.
    expect(world.codes(entry({ quantity: 40 }))).toEqual([]);
    expect(world.codes(entry({ quantity: 41 }))).toEqual(["INTRADAY_MARGIN"]);
    world.decide(intent({ symbol: "BAC", quantity: 30 }));
    expect(world.codes(entry({ quantity: 11 }))).toEqual(["INTRADAY_MARGIN"]);
  });

  it("takes the model where the broker gives no figure", () => {
    const world = new World({ ...UNLIMITED, excessLiquidity: null, lookAheadExcessLiquidity: null });
    world.limits = { ...LIMITS, maxPositionFraction: 1, intradayMarginCushionFraction: 0.9 };
    expect(world.codes(entry({ quantity: 400 }))).toEqual([]);
    expect(world.codes(entry({ quantity: 401 }))).toEqual(["INTRADAY_MARGIN"]);
  });
});
