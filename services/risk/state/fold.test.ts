import { describe, expect, it } from "vitest";
import { acceptedPositionMessage, type ForeignOrder, fillMessage, foreignOrderMessage } from "#libs/contracts/mod.ts";
import { dayResult } from "../evaluate/day-result.ts";
import { intent, World } from "../testing/world.ts";
import { leavesOf } from "./book.ts";
import { LATE_MS_MAX } from "./late-word.ts";
import { heldQuantity, symbolBook } from "./positions.ts";
import { loadBook, saveBook } from "./snapshot.ts";

const held = (world: World, symbol = "SPY") => heldQuantity(symbolBook(world.book, symbol));

const accepted = { account: "DU1", symbol: "SPY", averageCost: 100, reason: "split" };

describe("executions", () => {
  it("of parts of shares leave nothing behind when they are sold", () => {
    const world = new World();
    for (const quantity of [0.1, 0.2]) world.execution({ quantity, clientOrderId: null });
    world.execution({ side: "sell", quantity: 0.3 });
    expect(held(world)).toBe(0);
    expect(world.book.symbols.get("SPY")?.days.at(-1)?.tally).toMatchObject({
      position: 0,
      openings: [],
      closedOpenings: { size: 2 },
    });
    world.position({ quantity: 0 });
    expect(world.codes(intent())).toEqual([]);
  });

  it.each([
    ["before its order is over", true, 10, 4],
    ["after it", false, 10, 4],
    ["before it, and its last event knows", true, 8, 2],
  ])("that are corrected to fewer shares leave nothing reserved (%s)", (_, isBefore, filledQuantity, leaves) => {
    const world = new World();
    const wanted = intent({ quantity: 10 });
    const { clientOrderId } = wanted;
    world.decide(wanted);
    world.execution({ executionId: "a.01", clientOrderId, quantity: 6 });
    const correct = () => world.execution({ executionId: "a.02", corrects: "a.01", clientOrderId, quantity: 4 });
    if (isBefore) correct();
    world.event(clientOrderId, "partially-filled", { filledQuantity: 6 });
    expect([...world.book.orders.values()].map(leavesOf)).toEqual([isBefore ? 6 : 4]);
    world.event(clientOrderId, "filled", { filledQuantity });
    if (!isBefore) correct();
    expect([...world.book.orders.values()].map(leavesOf)).toEqual([leaves]);
    world.execution({ executionId: "b.01", clientOrderId, quantity: 4 });
    expect(held(world)).toBe(8);
    expect(world.book.orders.size).toBe(0);
  });

  it("count once, however often they are repeated", () => {
    const world = new World();
    for (let repeat = 0; repeat < 3; repeat += 1) world.execution({ executionId: "a.01", quantity: 10 });
    expect(held(world)).toBe(10);
  });

  it("are replaced by their corrections, also by the correction of a correction, in any order", () => {
    const orders: readonly (readonly [string, string | null, number])[][] = [
      [
        ["a.01", null, 10],
        ["a.02", "a.01", 12],
        ["a.03", "a.02", 15],
      ],
      [
        ["a.01", null, 10],
        ["a.03", "a.01", 15],
        ["a.02", "a.01", 12],
      ],
      [
        ["a.02", "a.01", 12],
        ["a.01", null, 10],
        ["a.03", "a.01", 15],
      ],
    ];
    for (const order of orders) {
      const world = new World();
      for (const [executionId, corrects, quantity] of order) world.execution({ executionId, corrects, quantity });
      expect(held(world)).toBe(15);
    }
  });

  it("of a day before change that day, and what was held since", () => {
    const world = new World();
    world.execution({ executionId: "a.01", quantity: 10 });
    const yesterday = world.marketMs ?? 0;
    world.setTime("2026-11-24", "10:00");
    world.summary();
    world.execution({ executionId: "b.01", side: "sell", quantity: 4 });
    world.execution({ executionId: "a.02", corrects: "a.01", quantity: 11, executedAt: yesterday });
    expect(held(world)).toBe(7);
  });

  it("take their commission before or after", () => {
    const world = new World();
    const commission = (executionId: string) =>
      world.feed(fillMessage, { kind: "commission", executionId, symbol: "SPY", commission: 1 });
    commission("a.01");
    world.execution({ executionId: "a.01" });
    world.execution({ executionId: "b.01" });
    commission("b.01");
    commission("b.01");
    expect(dayResult(world.view())?.commissions).toBe(2);
  });
});

describe("the day's profit", () => {
  it("counts as unchanged until the opening price is recorded, also when that is what it was bought at", () => {
    const world = new World();
    world.trade("buy", 50, { holdOvernight: true });
    world.setTime("2026-11-24", "09:00");
    world.summary();
    world.quote("SPY", 110);
    expect(dayResult(world.view())).toMatchObject({ open: 0 });
    world.riskState({ tradingDay: "2026-11-24", openingPrices: { SPY: 100 } });
    expect(dayResult(world.view())).toMatchObject({ open: 500 });
  });

  it("measures what was held overnight from its first price of the day, also after a restart", () => {
    const world = new World();
    world.trade("buy", 50, { holdOvernight: true });
    world.setTime("2026-11-24", "09:00");
    world.summary();
    world.riskState({ tradingDay: "2026-11-24", openingPrices: { SPY: 120 } });
    world.book = loadBook(saveBook(world.book));
    world.quote("SPY", 110);
    expect(dayResult(world.view())).toMatchObject({ realized: 0, open: -500, profit: -500 });
    world.trade("sell", 50, { order: { type: "market" } }, 110);
    expect(dayResult(world.view())).toMatchObject({ realized: -500, open: 0 });
  });

  it("is not begun anew by an account summary of the same day", () => {
    const world = new World();
    world.summary({ netLiquidation: 99_000 });
    expect(world.book.session?.equityAtStart).toBe(100_000);
  });

  it("is not begun anew by a market clock that went backwards", () => {
    const world = new World();
    world.setTime("2026-11-20", "10:00");
    world.summary({ netLiquidation: 50_000 });
    expect(world.book.session).toMatchObject({ tradingDay: "2026-11-23", equityAtStart: 100_000 });
  });
});

describe("the broker's word on a position", () => {
  it("is taken over for a holding that was there before us", () => {
    const world = new World();
    world.position({ quantity: 40, averageCost: 90 });
    expect(world.book.symbols.get("SPY")?.days[0]?.start).toEqual({ quantity: 40, basis: 90, adopted: 40 });
    world.execution({ side: "sell", quantity: 40 });
    expect(held(world)).toBe(0);
  });

  it("may come before the execution it tells of: nothing counts twice", () => {
    const world = new World();
    const wanted = intent({ quantity: 50 });
    world.decide(wanted);
    world.position({ quantity: 50, explained: false });
    expect(held(world)).toBe(50);
    world.execution({ clientOrderId: wanted.clientOrderId, quantity: 50 });
    world.position({ quantity: 50 });
    expect(held(world)).toBe(50);
    expect(world.book.symbols.get("SPY")).toMatchObject({ reported: null, explained: true });
  });

  it("that differs is reduced by a sale at once: what is sold cannot be sold again", () => {
    const world = new World();
    world.execution({ quantity: 10 });
    world.position({ quantity: 40, explained: false });
    world.execution({ side: "sell", quantity: 40 });
    expect(world.closable()).toBe(0);
  });
});

describe("a position of others that the broker tells before the executions that made it", () => {
  it("counts once: their executions are told when they are asked for", () => {
    const world = new World();
    world.position({ quantity: 100, difference: 100 });
    expect(held(world)).toBe(100);
    world.execution({ quantity: 60 });
    expect(held(world)).toBe(100);
    world.execution({ quantity: 40 });
    expect(held(world)).toBe(100);
    world.position({ quantity: 100, difference: 0 });
    expect(world.book.symbols.get("SPY")?.days[0]?.start).toMatchObject({ quantity: 0, adopted: 0 });
    expect(held(world)).toBe(100);
  });

  it("is added to when it was there before all the same, by the broker's next word", () => {
    const world = new World();
    world.position({ quantity: 100, explained: false, difference: 100 });
    world.feed(acceptedPositionMessage, { ...accepted, difference: 100, quantity: 100 });
    world.execution({ quantity: 50 });
    expect(world.codes(intent({ side: "sell", quantity: 101, order: { type: "market" } }))).not.toEqual([]);
    world.position({ quantity: 150, difference: 0 });
    expect(held(world)).toBe(150);
    expect(world.codes(intent({ side: "sell", quantity: 150, order: { type: "market" } }))).toEqual([]);
  });
});

describe("a word of the broker that is ahead of an execution, beside shares of others", () => {
  it("never turns the position around", () => {
    const world = new World();
    world.trade("buy", 10);
    world.position({ quantity: 15, difference: 5 });
    const wanted = intent({ side: "sell", quantity: 10, order: { type: "market" } });
    world.decide(wanted);
    world.position({ quantity: 5, difference: -5 });
    world.execution({ clientOrderId: wanted.clientOrderId, side: "sell", quantity: 10 });
    expect(world.closable()).toBe(0);
    world.position({ quantity: 5, difference: 5 });
    expect(world.closable()).toBe(0);
    world.wallMs += LATE_MS_MAX + 1;
    expect(world.closable()).toBe(5);
  });
});

describe("decisions and orders", () => {
  it("of others are counted as open, and their ids are taken", () => {
    const world = new World();
    world.event("by-hand", "accepted", { leavesQuantity: 20 });
    expect(world.book.orders.get("by-hand")).toMatchObject({ quantity: 20, role: "entry" });
    world.event("by-hand", "canceled");
    world.event("by-hand", "accepted", { leavesQuantity: 20 });
    expect(world.book.orders.size).toBe(0);
  });

  it("that are over are not opened again by a repeated event", () => {
    const world = new World();
    const wanted = intent();
    world.decide(wanted);
    world.event(wanted.clientOrderId, "accepted");
    world.event(wanted.clientOrderId, "canceled");
    world.event(wanted.clientOrderId, "accepted");
    expect(world.book.orders.size).toBe(0);
  });

  it("that were never sent stay reserved until the bridge says that they expired", () => {
    const world = new World();
    const wanted = intent({ quantity: 100 });
    world.decide(wanted);
    world.monotonicMs += 3_600_000;
    world.quote("SPY", 100);
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["POSITION_LIMIT"]);
    world.event(wanted.clientOrderId, "expired");
    expect(world.codes(intent({ quantity: 1 }))).toEqual([]);
  });
});

describe("a snapshot", () => {
  it("of a busy week fits into one message of the bus", () => {
    const world = new World({ netLiquidation: 1e9, previousDayEquity: 1e9 });
    for (let order = 0; order < 1500; order += 1)
      world.trade(order % 2 === 0 ? "buy" : "sell", 1, { order: { type: "market" } });
    const saved = saveBook(world.book);
    expect(saved.length).toBeLessThan(200_000);
    expect(loadBook(saved)).toEqual(world.book);
  });

  it("that is not one of ours is refused", () => {
    expect(() => loadBook({})).toThrow();
    expect(() => loadBook("{}")).toThrow();
  });
});

describe("the account's figures and a position", () => {
  it("are two records: in whatever order they come, they mean the same", () => {
    const told = (...facts: ((world: World) => void)[]) => {
      const world = new World();
      world.execution({ executionId: "order.01", quantity: 10 });
      for (const fact of facts) fact(world);
      return saveBook(world.book);
    };
    const figures = (world: World) => world.summary({ netLiquidation: 99_000, dayTradesRemaining: [1, 1, 1, 1, 1] });
    const position = (world: World) => world.position({ quantity: 40, explained: false });
    expect(told(figures, position)).toBe(told(position, figures));
  });
});

describe("a position that the operator accepted", () => {
  const accept = (world: World, quantity: number, difference: number, averageCost = 25) =>
    world.feed(acceptedPositionMessage, { ...accepted, difference, quantity, averageCost });

  it("is ours from then on: entries pass again, and all of it may be sold", () => {
    const world = new World();
    world.execution({ quantity: 10 });
    world.position({ quantity: 40, explained: false });
    expect(world.codes(intent({ quantity: 1 }))).toEqual(["POSITION_UNEXPLAINED"]);
    accept(world, 40, 30);
    world.position({ quantity: 40 });
    expect(world.codes(intent({ quantity: 1 }))).toEqual([]);
    expect(held(world)).toBe(40);
    world.execution({ side: "sell", quantity: 40 });
    expect(held(world)).toBe(0);
  });

  it("counts once, also when it is read again, and survives a snapshot", () => {
    const world = new World();
    world.execution({ quantity: 10 });
    accept(world, 40, 30);
    const fact = world.ledger.at(-1);
    world.execution({ quantity: 5, clientOrderId: intent().clientOrderId });
    world.book = loadBook(saveBook(world.book));
    if (fact !== undefined) world.replay(fact);
    expect(held(world)).toBe(45);
  });

  it("that split is no profit of the day", () => {
    const world = new World();
    world.position({ quantity: 100, averageCost: 80 });
    world.riskState({ openingPrices: { SPY: 50 } });
    world.position({ quantity: 200, explained: false });
    accept(world, 200, 100, 40);
    world.quote("SPY", 50);
    expect(dayResult(world.view())).toMatchObject({ open: 0 });
  });
});

describe("an order of somebody else", () => {
  const foreign = (world: World, change: Partial<ForeignOrder> = {}) =>
    world.feed(foreignOrderMessage, {
      permId: 77,
      clientId: 0,
      orderRef: "",
      symbol: "SPY",
      side: "buy",
      leavesQuantity: 60,
      price: 100,
      status: "working",
      ...change,
    });

  it("counts in the exposure of its symbol for as long as it works, however often it is told", () => {
    const world = new World();
    foreign(world);
    foreign(world);
    expect(world.codes(intent({ quantity: 40 }))).toEqual([]);
    expect(world.codes(intent({ quantity: 41 }))).toEqual(["POSITION_LIMIT"]);
    expect(world.codes(intent({ quantity: 41, symbol: "QQQ" }))).not.toContain("POSITION_LIMIT");
    foreign(world, { leavesQuantity: 0, status: "over" });
    expect(world.codes(intent({ quantity: 100 }))).toEqual([]);
  });

  it("has its name for itself", () => {
    const world = new World();
    foreign(world);
    expect(world.codes(intent({ clientOrderId: "foreign-77" }))).toContain("CLIENT_ORDER_ID_USED");
    world.book = loadBook(saveBook(world.book));
    foreign(world, { leavesQuantity: 0, status: "over" });
    expect(world.book.orders.size).toBe(0);
  });
});
