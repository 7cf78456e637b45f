import { describe, expect, it } from "vitest";
import { executions, id, leg, limit, OPEN, quote } from "../testing/dry-run-orders.ts";
import { DryRunEngine } from "./engine.ts";

/** Shares that a large buyer gets of asks, one look after the other: [ask, size]. */
function got(...asks: readonly (readonly [ask: number, size: number])[]): number[] {
  const engine = new DryRunEngine(() => 0);
  engine.place([leg({ quantity: 10_000, timeInForce: "gtc" })], null, OPEN);
  return asks.map(([ask, size]) =>
    executions(engine.onQuote(quote(99, ask, size), OPEN)).reduce((sum, { quantity }) => sum + quantity, 0),
  );
}

describe("the size on display", () => {
  it("is had once, and of a size that grows only what was added", () => {
    expect(got([100, 300], [100, 300], [100, 340], [100, 340])).toEqual([300, 0, 40, 0]);
  });

  it("is not had anew when it flickers", () => {
    expect(got([100, 300], [100, 200], [100, 200], [100, 201])).toEqual([300, 0, 0, 1]);
  });

  it("is still the same behind a better price, and another one once the market went beyond it", () => {
    expect(got([100, 300], [99.99, 50], [100, 300])).toEqual([300, 50, 0]);
    expect(got([100, 300], [100.01, 50], [100, 300])).toEqual([300, 50, 300]);
  });
});

describe("an offer that was taken", () => {
  it("is new when the market has been beyond it while no order worked", () => {
    const engine = new DryRunEngine(() => 0);
    const order = () => leg({ quantity: 300 });
    expect(executions(engine.place([order()], quote(99, 100, 300), OPEN))).toHaveLength(1);
    expect(executions(engine.place([order()], quote(99, 100, 300), OPEN))).toEqual([]);
    engine.cancel(id("a"), "x");
    engine.passBy(quote(100, 101, 300));
    expect(executions(engine.place([order()], quote(99, 100, 300), OPEN))).toHaveLength(1);
  });
});

describe("a trade", () => {
  const resting = (name: string, side: "buy" | "sell" = "buy", limitPrice = 99) =>
    leg({ clientOrderId: id(name), side, order: limit(limitPrice) });

  it("has one size for all resting orders that it reaches, the oldest first", () => {
    const engine = new DryRunEngine(() => 0);
    for (const name of ["a", "b", "c"]) engine.place([resting(name)], quote(99.5, 100), OPEN);
    const reached = () => executions(engine.onQuote(quote(99.5, 100, 1000, { price: 99, size: 150 }), OPEN));
    expect(reached().map(({ id: who, quantity }) => `${who} ${quantity}`)).toEqual(["a 100", "b 50"]);
    expect(reached().map(({ id: who, quantity }) => `${who} ${quantity}`)).toEqual(["b 50", "c 100"]);
  });
});
