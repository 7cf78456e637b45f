import { describe, expect, it } from "vitest";
import type { Limits } from "../limits.ts";
import { intent, LIMITS, World } from "../testing/world.ts";

type Change = Parameters<typeof intent>[0];

function worldWith(limits: Partial<Limits>): World {
  const world = new World();
  world.limits = { ...LIMITS, maxOpenOrders: 500, ...limits };
  return world;
}
const denied = (world: World, change: Change = {}) => {
  const evaluation = world.evaluate(intent(change));
  return evaluation.outcome === "approved" ? [] : evaluation.reasons.map(({ code, detail }) => `${code} ${detail}`);
};
const sell = (quantity: number): Change => ({ side: "sell", quantity });
const later = (world: World, ms: number) => {
  world.monotonicMs += ms;
  world.wallMs += ms;
  for (const symbol of ["SPY", "IBM", "BAC"]) world.quote(symbol, 100);
};

describe("ORDER_RATE", () => {
  it("counts the orders of all strategies in a minute, reserved ones and exits too, and lets exits pass", () => {
    const world = worldWith({ maxOrdersPerMinute: 3 });
    world.trade("buy", 10);
    world.trade("sell", 5);
    world.reserve(intent({ strategy: "operator", symbol: "IBM" }));
    expect(denied(world)).toEqual(["ORDER_RATE sent=3 limit=3 windowMs=60000"]);
    expect(denied(world, sell(5))).toEqual([]);
    later(world, 60_000 - 6000);
    expect(denied(world)).toEqual([]);
  });

  it("counts an approval that the ledger took long after later ones", () => {
    const world = worldWith({ maxOrdersPerMinute: 3 });
    const late = world.reserve(intent({ symbol: "IBM" }));
    later(world, 61_000);
    world.decide(intent({ quantity: 11 }));
    world.decide(intent({ quantity: 12 }));
    world.decide(intent({ quantity: 13 }));
    if (late.outcome === "approved") world.record(late.approval);
    expect(denied(world)).toEqual(["ORDER_RATE sent=3 limit=3 windowMs=60000"]);
  });

  it("is not restarted by a restart", () => {
    const world = worldWith({ maxOrdersPerMinute: 1 });
    world.decide(intent());
    world.book = world.replayed();
    expect(denied(world, { symbol: "IBM" })).toEqual(["ORDER_RATE sent=1 limit=1 windowMs=60000"]);
  });
});

describe("REPEATED_EXECUTIONS", () => {
  it("counts entries of the strategy in the symbol and direction that executed or still may", () => {
    const world = worldWith({ maxRepeatedExecutions: 2, repeatedExecutionWindowMs: 30_000 });
    world.trade("buy", 10);
    const working = intent({ quantity: 11 });
    world.decide(working);
    expect(denied(world, { quantity: 12 })).toEqual(["REPEATED_EXECUTIONS repeated=2 limit=2 windowMs=30000"]);
    expect(denied(world, { symbol: "IBM" })).toEqual([]);
    expect(denied(world, { strategy: "operator", quantity: 12 })).toEqual([]);
    expect(denied(world, sell(10))).toEqual([]);
    // It ended with nothing executed: it repeated nothing.
    world.event(working.clientOrderId, "canceled");
    expect(denied(world, { quantity: 12 })).toEqual([]);
  });

  it("also between two intents a microsecond apart", () => {
    const world = worldWith({ maxRepeatedExecutions: 1 });
    world.reserve(intent({ quantity: 11 }));
    expect(denied(world, { quantity: 12 })).toEqual(["REPEATED_EXECUTIONS repeated=1 limit=1 windowMs=60000"]);
  });
});

describe("ORDER_LOOP", () => {
  it("denies a strategy that turns around in a symbol again and again, and lets it out", () => {
    const world = worldWith({ maxOrderReversals: 3 });
    world.trade("buy", 10);
    world.trade("sell", 10);
    expect(denied(world)).toEqual([]);
    world.trade("buy", 10);
    expect(denied(world, sell(10))).toEqual([]);
    world.trade("sell", 10);
    expect(denied(world)).toEqual(["ORDER_LOOP reversals=4 limit=3 windowMs=60000"]);
    expect(denied(world, { symbol: "IBM" })).toEqual([]);
    later(world, 60_000);
    expect(denied(world)).toEqual([]);
  });
});

describe("CANCEL_RATE and CANCEL_TO_FILL", () => {
  function cancel(world: World, change: Change = {}): void {
    const wanted = intent(change);
    world.decide(wanted);
    world.event(wanted.clientOrderId, "canceled");
    later(world, 2000);
  }

  it("count the strategy's cancelled orders of a minute of machine time", () => {
    const world = worldWith({ maxCancelsPerMinute: 2 });
    cancel(world);
    cancel(world);
    expect(denied(world)).toEqual(["CANCEL_RATE canceled=2 limit=2 windowMs=60000"]);
    expect(denied(world, { strategy: "operator" })).toEqual([]);
    later(world, 60_000 - 4000);
    expect(denied(world)).toEqual([]);
  });

  it("deny a strategy that cancels too many for each that fills, from a number of cancels on, for the day", () => {
    const world = worldWith({ maxCancelToFillRatio: 2, cancelToFillFrom: 3 });
    world.trade("buy", 10);
    cancel(world);
    cancel(world);
    expect(denied(world)).toEqual([]);
    cancel(world);
    expect(denied(world)).toEqual(["CANCEL_TO_FILL canceled=3 filled=1 ratio=3 limit=2 from=3"]);
    expect(denied(world, { strategy: "operator" })).toEqual([]);
    expect(denied(world, sell(10))).toEqual([]);
    world.setTime("2026-11-24", "10:00");
    world.summary();
    expect(denied(world)).toEqual([]);
  });

  it("count no protective order and none of a group: the broker cancels those because another filled", () => {
    const world = worldWith({ maxCancelsPerMinute: 1 });
    cancel(world, { oneCancelsAllGroup: "either" });
    expect(denied(world)).toEqual([]);
  });
});

describe("SELF_CROSS", () => {
  const limit = (limitPrice: number) => ({ order: { type: "limit" as const, limitPrice } });
  it("denies an entry that would trade with an own order on the other side", () => {
    const world = worldWith({});
    world.trade("buy", 10);
    const exit = intent({ ...sell(10), ...limit(104) });
    world.decide(exit);
    expect(denied(world, limit(103.99))).toEqual([]);
    expect(denied(world, limit(104))).toEqual([
      `SELF_CROSS clientOrderId=${exit.clientOrderId} side=sell rests=104 reach=104`,
    ]);
    expect(denied(world, { order: { type: "market" } })).toEqual([
      `SELF_CROSS clientOrderId=${exit.clientOrderId} side=sell rests=104 reach=market`,
    ]);
    expect(denied(world, { symbol: "IBM", ...limit(104) })).toEqual([]);
  });

  it("counts what is only reserved, and not what waits for its trigger", () => {
    const world = worldWith({});
    world.trade("buy", 10);
    world.decide(intent({ ...sell(5), order: { type: "stop", stopPrice: 90 } }));
    expect(denied(world, limit(104))).toEqual([]);
    world.reserve(intent({ ...sell(5), order: { type: "market" } }));
    expect(denied(world, limit(99))).toEqual([expect.stringContaining("SELF_CROSS")]);
  });

  it("lets an exit pass: the way out is always open", () => {
    const world = worldWith({});
    world.trade("buy", 10);
    world.decide(intent({ quantity: 5, ...limit(99) }));
    expect(denied(world, { ...sell(10), ...limit(98) })).toEqual([]);
  });
});
