import { describe, expect, it } from "vitest";
import type { OrderType } from "#libs/contracts/mod.ts";
import { endings, executions, id, leg, limit, OPEN, quote } from "../testing/dry-run-orders.ts";
import { DryRunEngine } from "./engine.ts";
import type { EngineQuote } from "./matching.ts";

const delayed = (bid: number, ask: number, trade: EngineQuote["trade"] = null): EngineQuote => ({
  ...quote(bid, ask, 1000, trade),
  delayed: true,
});
const holding = (quantity: number) => new DryRunEngine(() => quantity);
const traded = (price: number) => ({ price, size: 1 });

describe("on delayed quotes the dry-run", () => {
  it("fills no entry, at once or resting, until the data is live", () => {
    const engine = holding(0);
    engine.place([leg()], delayed(100, 100.02), OPEN);
    engine.place([leg({ clientOrderId: id("b"), order: limit(101) })], delayed(100, 100.02), OPEN);
    expect(executions(engine.onQuote(delayed(99, 99.02, traded(99)), OPEN))).toEqual([]);
    expect(engine.size).toBe(2);
    expect(executions(engine.onQuote(quote(99, 99.02), OPEN)).map(({ id: who }) => who)).toEqual(["a", "b"]);
  });

  it("triggers no stop of an entry, and lets it follow nothing", () => {
    const engine = holding(0);
    const trail: OrderType = { type: "trailing-stop", trail: { by: "amount", amount: 1 }, initialStopPrice: 105 };
    engine.place([leg({ order: { type: "stop", stopPrice: 101 } })], null, OPEN);
    engine.place([leg({ clientOrderId: id("t"), order: trail })], null, OPEN);
    engine.onQuote(delayed(101, 101.02, traded(101)), OPEN);
    expect(engine.memory().orders).toMatchObject([{ triggered: false }, { stopPrice: 105 }]);
  });

  it("cancels an entry that is immediate or nothing", () => {
    const outputs = holding(0).place([leg({ timeInForce: "ioc" })], delayed(100, 100.02), OPEN);
    expect(endings(outputs)).toEqual(["a canceled"]);
  });

  it("fills what reduces the position, marked as delayed, and no share more (law 7)", () => {
    const engine = holding(60);
    engine.place([leg({ side: "sell", order: { type: "stop", stopPrice: 99 } })], null, OPEN);
    engine.place([leg({ clientOrderId: id("b"), side: "sell" })], null, OPEN);
    const outputs = engine.onQuote(delayed(98, 98.02, traded(98.5)), OPEN);
    expect(executions(outputs)).toEqual([{ id: "a", quantity: 60, price: 98 }]);
    expect(outputs[0]).toMatchObject({ type: "executed", delayed: true });
  });

  it("fills the exits of a bracket whose entry was filled live", () => {
    let held = 0;
    const engine = new DryRunEngine(() => held);
    const exit = { side: "sell", parentClientOrderId: id("a") } as const;
    engine.place([leg(), leg({ ...exit, clientOrderId: id("t"), order: limit(101) })], quote(100, 100.02), OPEN);
    held = 100;
    expect(executions(engine.onQuote(delayed(101.5, 101.52), OPEN))).toMatchObject([{ id: "t", quantity: 100 }]);
  });

  it("takes no delayed price for that of the close, except to reduce the position", () => {
    const closeMs = OPEN.marketMs + 3_600_000;
    const onClose = (name: string, side: "buy" | "sell") =>
      leg({ clientOrderId: id(name), side, order: { type: "market-on-close" }, endsMs: closeMs });
    const engine = holding(100);
    engine.place([onClose("in", "buy")], null, OPEN);
    engine.place([onClose("out", "sell")], null, OPEN);
    engine.onQuote(delayed(100, 100.02, traded(100)), OPEN);
    const outputs = engine.onTime({ marketMs: closeMs, phase: "after-hours" });
    expect(endings(outputs)).toEqual(["in expired"]);
    expect(executions(outputs)).toEqual([{ id: "out", quantity: 100, price: 100 }]);
  });

  it("says which entry it does not fill", () => {
    const engine = holding(0);
    engine.place([leg()], null, OPEN);
    expect(engine.entryIn("SPY")).toBe("a");
    expect(engine.entryIn("QQQ")).toBeNull();
  });
});
