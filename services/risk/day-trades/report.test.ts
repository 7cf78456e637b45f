import { describe, expect, it } from "vitest";
import { dayTradeReportSchema } from "#libs/contracts/mod.ts";
import { intent, LIMITS, World } from "../testing/world.ts";
import { dayTradeReport } from "./report.ts";

const SMALL = { netLiquidation: 20_000, previousDayEquity: 20_000 };
const roundTrip = (world: World, symbol: string) => {
  world.trade("buy", 1, { symbol });
  world.trade("sell", 1, { symbol, order: { type: "market" } });
};

describe("the day-trade report", () => {
  it("names the rule and why, the trades with their executions, and what is left in the next sessions", () => {
    const world = new World(SMALL);
    roundTrip(world, "SPY");
    world.setTime("2026-11-24", "10:00");
    world.summary({ ...SMALL, dayTradesRemaining: [1, 1, 1, 2, 3] });
    for (const symbol of ["SPY", "IBM", "BAC"]) world.quote(symbol, 100);
    roundTrip(world, "IBM");
    const report = dayTradeReport(world.view());
    expect(dayTradeReportSchema.parse(report)).toEqual(report);
    expect(report).toMatchObject({
      regime: "pattern-day-trader",
      limited: true,
      priorDayEquity: 20_000,
      used: 3,
      unseen: 1,
    });
    expect(report.reason).toContain("tags");
    expect(report.days.map(({ tradingDay, symbol, executions }) => [tradingDay, symbol, executions.length])).toEqual([
      ["2026-11-23", "SPY", 2],
      ["2026-11-24", "IBM", 2],
    ]);
  });

  it("lets the oldest day leave the window with each session, over Thanksgiving", () => {
    const world = new World(SMALL);
    roundTrip(world, "SPY");
    world.setTime("2026-11-24", "10:00");
    world.summary(SMALL);
    for (const symbol of ["SPY", "IBM"]) world.quote(symbol, 100);
    roundTrip(world, "IBM");
    expect(dayTradeReport(world.view()).sessions.map(({ tradingDay, remaining }) => [tradingDay, remaining])).toEqual([
      ["2026-11-24", 1],
      ["2026-11-25", 1],
      ["2026-11-27", 1],
      ["2026-11-30", 1],
      ["2026-12-01", 2],
    ]);
  });

  it("says what is reserved: the day trades that what was opened today, and the entries that work, may still make", () => {
    const world = new World(SMALL);
    expect(dayTradeReport(world.view())).toMatchObject({ used: 0, reserved: 0 });
    world.trade("buy", 1, { symbol: "IBM" });
    world.decide(intent({ symbol: "SPY", quantity: 1, order: { type: "limit", limitPrice: 99 } }));
    expect(dayTradeReport(world.view())).toMatchObject({ used: 0, reserved: 2 });
    world.trade("sell", 1, { symbol: "IBM", order: { type: "market" } });
    expect(dayTradeReport(world.view())).toMatchObject({ used: 1, reserved: 1 });
    world.limits = { ...LIMITS, dayTradeRegime: "off" };
    expect(dayTradeReport(world.view())).toMatchObject({ reserved: 0 });
  });

  it("says that nothing is limited where the rule does not count", () => {
    expect(dayTradeReport(new World({ previousDayEquity: 25_000, netLiquidation: 25_000 }).view()).limited).toBe(false);
  });
});
