import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bar, epochMsOf, type Plan, type StrategyDefinition, Trial, type z } from "#libs/strategy-kit/mod.ts";
import { createCalendar } from "#libs/time/mod.ts";
import openingRangeBreakout from "./opening-range-breakout.ts";

const strategy: StrategyDefinition = openingRangeBreakout;
type Parameters = z.input<typeof openingRangeBreakout.parameters>;

function planOf(parameters: Parameters = {}, change: { day?: string; symbols?: string[]; from?: string } = {}): Plan {
  const { day = "2026-03-10", symbols = ["SPY"], from = "09:45" } = change;
  const session = createCalendar().sessionOn(day);
  if (session === undefined) throw new Error(`no session on ${day}`);
  return {
    strategy: "orb",
    tradingDay: day,
    symbols,
    capitalUsd: 10_000,
    fromMs: epochMsOf(day, from),
    untilMs: epochMsOf(day, "15:30"),
    session,
    parameters: openingRangeBreakout.parameters.parse({ rangeMinutes: 5, ...parameters }),
  };
}

/** One-minute bars from the open on, from their closes; each bar spans ten cents around its close. */
function barsOf(closes: readonly number[], plan: Plan, symbol = "SPY"): Bar[] {
  return closes.map((close, minute) => ({
    symbol,
    interval: "1m",
    startsAt: plan.session.openMs + minute * 60_000,
    open: close,
    high: close + 0.05,
    low: close - 0.05,
    close,
    volume: 1000,
  }));
}

const flat = (minutes: number, close = 100) => Array.from({ length: minutes }, () => close);
/** Range 99.95 to 101.05 in the first five minutes, then inside it. */
const RANGE = [100, 101, 100.5, 100, 101];
const play = (
  closes: readonly number[],
  parameters?: Parameters,
  change?: Parameters extends never ? never : object,
) => {
  const plan = planOf(parameters, { from: "09:35", ...change });
  return new Trial(strategy, plan).replay(barsOf(closes, plan));
};

describe("opening range breakout", () => {
  it("does not enter on a bar that is known only after a gap", () => {
    const plan = planOf({}, { from: "09:35" });
    const bars = barsOf([...RANGE, 100.5, 101.5, 101.6, 100.5, 102], plan);
    const late = bars.map((bar, at) => (at === 6 ? { ...bar, backfilled: true as const } : bar));
    const trial = new Trial(strategy, plan).replay(late);
    expect(trial.signals.filter((name) => name.startsWith("breakout"))).toEqual(["breakout-missed", "breakout-up"]);
    expect(trial.intents.filter(({ side }) => side === "buy")).toHaveLength(1);
  });

  it("buys the first close above the range, with its stop half-way into it and its target one range away", () => {
    const trial = play([...RANGE, 100.5, 101.2, 101.2]);
    expect(trial.signals).toEqual(["range-known", "breakout-up"]);
    expect(trial.intents).toEqual([
      expect.objectContaining({
        clientOrderId: "orb-20260310-SPY-1",
        side: "buy",
        order: { type: "market" },
        bracket: {
          stopLoss: { clientOrderId: "orb-20260310-SPY-1-sl", stopPrice: 100.5 },
          takeProfit: { clientOrderId: "orb-20260310-SPY-1-tp", limitPrice: 102.3 },
        },
      }),
    ]);
    expect(trial.position("SPY").quantity).toBe(71);
  });

  it("puts the stop at the far end of the range when told to", () => {
    const [intent] = play([...RANGE, 101.2, 101.2], { stop: "range-end", targetRanges: 2 }).intents;
    expect(intent?.bracket?.stopLoss.stopPrice).toBe(99.95);
    expect(intent?.bracket?.takeProfit.limitPrice).toBe(103.4);
  });

  it("sizes by the risk of the trade, and never above an equal share of the capital for each symbol", () => {
    // 10,000 * 0.005 is 50 USD at risk, 0.70 a share to the stop; a smaller risk buys proportionally less.
    expect(play([...RANGE, 101.2, 101.2]).intents[0]?.quantity).toBe(71);
    expect(play([...RANGE, 101.2, 101.2], { riskFraction: 0.001 }).intents[0]?.quantity).toBe(14);
    expect(play([...RANGE, 101.2, 101.2], { riskFraction: 0.05 }).intents[0]?.quantity).toBe(98);
    const shared = play([...RANGE, 101.2, 101.2], { riskFraction: 0.05 }, { symbols: ["SPY", "QQQ"] });
    expect(shared.intents[0]?.quantity).toBe(49);
  });

  it("sells short below the range only where that is allowed", () => {
    const down = [...RANGE, 99.8, 99.8];
    expect(play(down).intents).toEqual([]);
    expect(play(down, { allowShort: true }).intents[0]).toMatchObject({
      side: "sell",
      bracket: { stopLoss: { stopPrice: 100.5 }, takeProfit: { limitPrice: 98.7 } },
    });
  });

  it("trades once a day and symbol, or as often as told, each time from inside the range", () => {
    const twice = [...RANGE, 101.2, 101.2, 100.4, 100.4, 101.3, 101.3, 101.4];
    expect(play(twice).intents).toHaveLength(1);
    expect(play(twice, { tradesPerSymbol: 2 }).intents).toHaveLength(2);
    // A jump past the stop and back outside without a close inside is no new breakout.
    expect(play([...RANGE, 101.2, 101.2, 101.3, 101.4, 101.5], { tradesPerSymbol: 5 }).intents).toHaveLength(1);
  });

  it("does not chase a breakout that happened before its hours", () => {
    expect(play([...RANGE, 101.2, 101.3, 101.4, ...flat(10, 101.5)], {}, { from: "09:38" }).intents).toHaveLength(0);
  });

  it("trades nothing when too many bars of the range are missing", () => {
    const plan = planOf({}, { from: "09:35" });
    const bars = barsOf([...RANGE, 101.2, 101.2], plan).filter((_, index) => index !== 1 && index !== 2);
    const trial = new Trial(strategy, plan).replay(bars);
    expect(trial.signals).toEqual(["range-incomplete"]);
    expect(trial.intents).toEqual([]);
  });

  it("counts a refused entry as none, and tries the next breakout", () => {
    const plan = planOf({}, { from: "09:35" });
    const bars = barsOf([...RANGE, 101.2, 100.5, 101.3, 101.3], plan);
    const trial = new Trial(strategy, plan).replay(bars.slice(0, 6));
    const [intent] = trial.intents;
    if (intent === undefined) throw new Error("no entry");
    trial.deny(intent.clientOrderId, "DAY_TRADES", epochMsOf("2026-03-10", "09:36")).replay(bars.slice(6));
    expect(trial.intents.map((order) => order.clientOrderId)).toEqual(["orb-20260310-SPY-1", "orb-20260310-SPY-2"]);
  });

  it.each([
    ["2026-03-10", "15:55", 385],
    ["2026-11-27", "12:55", 205],
  ])("is flat before the close on %s: cancels the bracket at %s, then sells", (day, time, minutes) => {
    const plan = planOf({ targetRanges: 10 }, { day, from: "09:35" });
    const trial = new Trial(strategy, plan).replay(barsOf([...RANGE, 101.2, ...flat(minutes, 101.2)], plan));
    const cancels = trial.actions.flatMap((action) =>
      action.type === "cancel" ? [action.clientOrderId.slice(-2)] : [],
    );
    expect(cancels).toEqual(["sl", "tp"]);
    expect(trial.intents.at(-1)).toMatchObject({ side: "sell", quantity: 71, bracket: null });
    expect(trial.signals.at(-1)).toBe("exit-before-close");
    expect(trial.actions.at(-1)).toMatchObject({
      signal: { reason: expect.stringContaining("flat before the close") },
    });
    expect(trial.position("SPY").quantity).toBe(0);
    expect(trial.orders).toEqual([]);
    expect(epochMsOf(day, time)).toBe(plan.session.closeMs - 5 * 60_000);
  });

  it("asks for its exit again each minute while it is refused, and tells when the close finds it holding", () => {
    const plan = planOf({ targetRanges: 10 }, { from: "09:35" });
    const trial = new Trial(strategy, plan).replay(barsOf([...RANGE, 101.2, 101.2], plan));
    for (const time of ["15:55", "15:56", "15:57", "15:58", "15:59", "16:00"]) {
      const now = epochMsOf("2026-03-10", time);
      trial.give({ type: "clock", marketTimeMs: now }, now);
      const exit = trial.orders.find((order) => order.side === "sell");
      if (exit !== undefined) trial.deny(exit.clientOrderId, "GATEWAY_NOT_READY", now);
    }
    expect(trial.intents.map((intent) => intent.side)).toEqual(["buy", "sell", "sell", "sell", "sell", "sell"]);
    const alerts = trial.actions.flatMap((action) => (action.type === "alert" ? [action.alert.title] : []));
    expect(alerts).toEqual(["orb still holds 71 SPY after the close"]);
  });

  it("does not double an entry that only the ledger remembers", () => {
    const plan = planOf({}, { from: "09:35" });
    const bars = barsOf([...RANGE, 101.2, 101.2], plan);
    const trial = new Trial(strategy, plan).replay(bars.slice(0, 5));
    const before = trial.state;
    trial.replay(bars.slice(5, 6));
    trial.state = before;
    trial.replay(bars.slice(5));
    expect(trial.intents).toHaveLength(1);
  });

  it("ends every day flat, whatever the prices do", () => {
    const walk = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 390, maxLength: 390 });
    fc.assert(
      fc.property(walk, fc.boolean(), fc.integer({ min: 1, max: 5 }), (steps, allowShort, tradesPerSymbol) => {
        let cents = 10_000;
        const closes = steps.map((step) => {
          cents += step;
          return cents / 100;
        });
        const trial = play(closes, { allowShort, tradesPerSymbol, stop: "range-end" });
        expect(trial.position("SPY").quantity).toBe(0);
        expect(trial.orders).toEqual([]);
        const entries = trial.intents.filter((intent) => intent.bracket !== null);
        expect(entries.length).toBeLessThanOrEqual(tradesPerSymbol);
        expect(new Set(trial.intents.map((intent) => intent.clientOrderId)).size).toBe(trial.intents.length);
        expect(play(closes, { allowShort, tradesPerSymbol, stop: "range-end" }).actions).toEqual(trial.actions);
      }),
      { numRuns: 60 },
    );
  });
});
