import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OrderType } from "#libs/contracts/mod.ts";
import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import { endings, executions, id, leg, limit, OPEN, quote } from "../testing/dry-run-orders.ts";
import { dayOrderEndsMs } from "./day-end.ts";
import { DryRunEngine, type EngineTime } from "./engine.ts";
import type { EngineQuote } from "./matching.ts";

const trailing = (amount: number, initialStopPrice: number | null = null): OrderType => ({
  type: "trailing-stop",
  trail: { by: "amount", amount },
  initialStopPrice,
});
/** A trade at that price, with a cent of quote around it. */
const traded = (price: number, size = 1000): EngineQuote => ({
  ...quote(price - 0.01, price + 0.01, size),
  last: price,
  trade: { price, size: 1 },
});
const stopOf = (engine: DryRunEngine, name = "a") =>
  engine.memory().orders.find(({ clientOrderId }) => clientOrderId === name)?.stopPrice;

describe("a trailing stop", () => {
  it("begins at its distance from the last trade, follows trades up, never down, and then crosses the spread", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([leg({ side: "sell", order: trailing(1) })], traded(100), OPEN);
    expect(stopOf(engine)).toBe(99);
    engine.onQuote(traded(102), OPEN);
    engine.onQuote(traded(101.5), OPEN);
    expect(stopOf(engine)).toBe(101);
    expect(executions(engine.onQuote(traded(101), OPEN))).toEqual([{ id: "a", quantity: 100, price: 100.99 }]);
  });

  it("of a buyer comes down with the market, in per cent, to the cent", () => {
    const engine = new DryRunEngine(() => 0);
    const order: OrderType = { type: "trailing-stop", trail: { by: "percent", percent: 1.5 }, initialStopPrice: null };
    engine.place([leg({ order })], traded(100), OPEN);
    expect(stopOf(engine)).toBe(101.5);
    engine.onQuote(traded(95.55), OPEN);
    expect(stopOf(engine)).toBe(96.98);
    expect(executions(engine.onQuote(traded(97), OPEN))).toEqual([{ id: "a", quantity: 100, price: 97.01 }]);
  });

  it("begins where it is told, and is not moved by quotes without a trade", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([leg({ side: "sell", order: trailing(5, 99) })], traded(100), OPEN);
    expect(stopOf(engine)).toBe(99);
    engine.onQuote({ ...quote(120, 120.02), last: 100 }, OPEN);
    expect(stopOf(engine)).toBe(99);
  });

  it("begins at the side it would trade with while no trade is known", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([leg({ side: "sell", order: trailing(1) })], quote(100, 100.02), OPEN);
    expect(stopOf(engine)).toBe(99);
  });

  it("stands after a restart where it stood, triggered or not", () => {
    const engine = new DryRunEngine(() => 0);
    const order = leg({ side: "sell", order: trailing(1), timeInForce: "gtc" });
    engine.place([order], traded(100), OPEN);
    engine.onQuote(traded(105), OPEN);
    const [kept] = engine.memory().orders;
    const restored = new DryRunEngine(() => 0);
    const nothingFilled = { filledQuantity: 0, filledValue: 0, executions: 0, commission: 0 };
    restored.restore({ ...order, ...nothingFilled, kept: kept ?? null }, null);
    expect(stopOf(restored)).toBe(104);
    expect(executions(restored.onQuote(traded(103.9), OPEN))).toHaveLength(1);
  });

  it("ends at the first trade at its distance from the best one, whatever the market does (property)", () => {
    const moves = fc.array(fc.integer({ min: -80, max: 80 }), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(fc.constantFrom("buy" as const, "sell" as const), moves, fc.integer({ min: 1, max: 150 }), check),
    );

    function check(side: "buy" | "sell", cents: readonly number[], distance: number): void {
      const engine = new DryRunEngine(() => 0);
      engine.place([leg({ side, order: trailing(distance / 100) })], traded(100), OPEN);
      const away = side === "buy" ? 1 : -1;
      let [last, best] = [10_000, 10_000];
      for (const move of cents) {
        last += move;
        best = side === "buy" ? Math.min(best, last) : Math.max(best, last);
        const isDue = (last - best) * away >= distance;
        expect(executions(engine.onQuote(traded(last / 100), OPEN))).toHaveLength(isDue ? 1 : 0);
        if (isDue) return;
        expect(stopOf(engine)).toBeCloseTo((best + away * distance) / 100, 6);
      }
    }
  });
});

describe("a stop with a limit", () => {
  it("takes the better price when its limit can trade at the moment it is triggered", () => {
    const engine = new DryRunEngine(() => 0);
    const order: OrderType = { type: "stop-limit", stopPrice: 99, limitPrice: 98 };
    engine.place([leg({ side: "sell", order })], quote(100, 100.02), OPEN);
    expect(executions(engine.onQuote(traded(98.9), OPEN))).toEqual([{ id: "a", quantity: 100, price: 98.89 }]);
  });

  it("that is immediate or cancel waits for its trigger, and not longer", () => {
    const engine = new DryRunEngine(() => 0);
    const order: OrderType = { type: "stop", stopPrice: 99 };
    const placed = engine.place([leg({ side: "sell", order, timeInForce: "ioc" })], quote(100, 100.02), OPEN);
    expect(endings(placed)).toEqual([]);
    const outputs = engine.onQuote(traded(98.9, 60), OPEN);
    expect(executions(outputs)).toMatchObject([{ quantity: 60 }]);
    expect(endings(outputs)).toEqual(["a canceled"]);
  });
});

describe("an order on the close", () => {
  const day = (date: string, time: string): EngineTime => {
    const marketMs = epochMsOf(date, time);
    return { marketMs, phase: createCalendar().phaseAt(marketMs) };
  };
  const onClose = (at: EngineTime, change: Parameters<typeof leg>[0] = {}) => {
    const endsMs = dayOrderEndsMs(createCalendar(), at.marketMs, false);
    return leg({ order: { type: "market-on-close" }, endsMs, ...change });
  };
  const noon = day("2026-03-10", "12:00");

  it("trades nowhere but at the close, whole, at the last trade", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([onClose(noon, { quantity: 5000 })], traded(100), noon);
    expect(executions(engine.onQuote(traded(101, 50), day("2026-03-10", "15:59:59")))).toEqual([]);
    expect(executions(engine.onTime(day("2026-03-10", "16:00")))).toEqual([{ id: "a", quantity: 5000, price: 101 }]);
    expect(engine.size).toBe(0);
  });

  it("is not moved by what is quoted after the close", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([onClose(noon)], traded(100), noon);
    const outputs = engine.onQuote(traded(90), day("2026-03-10", "16:00:01"));
    expect(executions(outputs)).toEqual([{ id: "a", quantity: 100, price: 100 }]);
  });

  it("trades at 13:00 on a half day", () => {
    const engine = new DryRunEngine(() => 0);
    const at = day("2026-11-27", "12:00");
    engine.place([onClose(at)], traded(100), at);
    expect(executions(engine.onTime(day("2026-11-27", "12:59:59")))).toEqual([]);
    expect(executions(engine.onTime(day("2026-11-27", "13:00")))).toHaveLength(1);
  });

  it("with a limit trades at the close or not at all", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([onClose(noon, { order: { type: "limit-on-close", limitPrice: 101 } })], traded(100), noon);
    const worse = onClose(noon, { clientOrderId: id("b"), order: { type: "limit-on-close", limitPrice: 99 } });
    engine.place([worse], traded(100), noon);
    const outputs = engine.onTime(day("2026-03-10", "16:00"));
    expect(executions(outputs)).toEqual([{ id: "a", quantity: 100, price: 100 }]);
    expect(endings(outputs)).toEqual(["b expired"]);
  });

  it("is refused in the last ten minutes, and waits for the next close after it", () => {
    const late = day("2026-03-10", "15:50:01");
    expect(endings(new DryRunEngine(() => 0).place([onClose(late)], traded(100), late))).toEqual(["a rejected"]);
    const engine = new DryRunEngine(() => 0);
    const after = day("2026-03-10", "16:00:01");
    expect(endings(engine.place([onClose(after)], traded(100), after))).toEqual([]);
    engine.onQuote(traded(105), day("2026-03-11", "15:59"));
    expect(executions(engine.onTime(day("2026-03-11", "16:00")))).toMatchObject([{ price: 105 }]);
  });

  it("expires when nothing is known of the close: no quote of that day, or a halt", () => {
    const unknown = new DryRunEngine(() => 0);
    unknown.place([onClose(noon)], null, noon);
    expect(endings(unknown.onTime(day("2026-03-10", "16:00")))).toEqual(["a expired"]);
    const halted = new DryRunEngine(() => 0);
    halted.place([onClose(noon)], traded(100), noon);
    halted.onQuote({ ...traded(100), halted: true }, day("2026-03-10", "15:59"));
    expect(endings(halted.onTime(day("2026-03-10", "16:00")))).toEqual(["a expired"]);
  });
});

describe("a halted symbol", () => {
  it("neither trades nor triggers nor moves a stop, until it trades again", () => {
    const engine = new DryRunEngine(() => 0);
    const halt = (price: number): EngineQuote => ({ ...traded(price), halted: true });
    expect(executions(engine.place([leg()], halt(100), OPEN))).toEqual([]);
    engine.place([leg({ clientOrderId: id("s"), side: "sell", order: { type: "stop", stopPrice: 99 } })], null, OPEN);
    engine.place([leg({ clientOrderId: id("t"), side: "sell", order: trailing(1, 98) })], null, OPEN);
    expect(executions(engine.onQuote(halt(98.5), OPEN))).toEqual([]);
    expect(executions(engine.onQuote(halt(105), OPEN))).toEqual([]);
    expect(stopOf(engine, "t")).toBe(98);
    expect(executions(engine.onQuote(traded(105), OPEN))).toEqual([{ id: "a", quantity: 100, price: 105.01 }]);
    expect(stopOf(engine, "t")).toBe(104);
  });
});

describe("a one-cancels-all group", () => {
  const group = { oneCancelsAllGroup: "2026-03-10:test:either" };
  const member = (name: string, change: Parameters<typeof leg>[0] = {}) =>
    leg({ clientOrderId: id(name), ...group, ...change });

  it("is canceled by the first fill of one, also a partial one, and the rest of that one goes on", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([member("a", { order: limit(99) })], quote(100, 100.02), OPEN);
    engine.place([member("b", { side: "sell", order: limit(101) })], quote(100, 100.02), OPEN);
    engine.place([leg({ clientOrderId: id("other"), order: limit(90) })], quote(100, 100.02), OPEN);
    const outputs = engine.onQuote(quote(98.9, 98.95, 40), OPEN);
    expect(executions(outputs)).toEqual([{ id: "a", quantity: 40, price: 99 }]);
    expect(endings(outputs)).toEqual(["b canceled"]);
    expect(executions(engine.onQuote(quote(98.8, 98.85), OPEN))).toEqual([{ id: "a", quantity: 60, price: 99 }]);
    expect(engine.size).toBe(1);
  });

  it("takes no more orders after it, also after a restart, and nothing of a bracket that would join it", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([member("a")], quote(100, 100.02), OPEN);
    const stop = leg({ clientOrderId: id("s"), parentClientOrderId: id("b"), side: "sell", order: limit(120) });
    expect(endings(engine.place([member("b"), stop], quote(100, 100.02), OPEN))).toEqual(["b rejected", "s rejected"]);
    const restored = new DryRunEngine(() => 0);
    restored.restoreGroups([group.oneCancelsAllGroup]);
    expect(endings(restored.place([member("c")], quote(100, 100.02), OPEN))).toEqual(["c rejected"]);
  });

  it("lets one order go when that is canceled by hand", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([member("a", { order: limit(99) })], quote(100, 100.02), OPEN);
    engine.place([member("b", { order: limit(98) })], quote(100, 100.02), OPEN);
    expect(endings(engine.cancel(id("a"), "x") ?? [])).toEqual(["a canceled"]);
    expect(engine.size).toBe(1);
  });

  it("ends the bracket of the entry that was not filled", () => {
    const engine = new DryRunEngine(() => 0);
    const entry = (name: string, side: "buy" | "sell", stopPrice: number) => [
      member(name, { side, order: { type: "stop", stopPrice } }),
      leg({
        clientOrderId: id(`${name}-s`),
        parentClientOrderId: id(name),
        side: side === "buy" ? "sell" : "buy",
        order: { type: "stop", stopPrice: 100 },
      }),
    ];
    engine.place(entry("up", "buy", 101), null, OPEN);
    engine.place(entry("down", "sell", 99), null, OPEN);
    const outputs = engine.onQuote(traded(101), OPEN);
    expect(executions(outputs)).toMatchObject([{ id: "up", quantity: 100 }]);
    expect(endings(outputs)).toEqual(["down canceled", "down-s canceled"]);
  });

  it("never fills two of its orders, whatever they are and whatever the market does (property)", () => {
    const order = fc.oneof(
      fc.constant<OrderType>({ type: "market" }),
      fc.integer({ min: 95, max: 105 }).map((limitPrice): OrderType => ({ type: "limit", limitPrice })),
      fc.integer({ min: 95, max: 105 }).map((stopPrice): OrderType => ({ type: "stop", stopPrice })),
      fc.integer({ min: 1, max: 5 }).map((amount): OrderType => trailing(amount)),
    );
    const member = fc.record({
      order,
      side: fc.constantFrom("buy" as const, "sell" as const),
      group: fc.nat({ max: 1 }),
    });
    const market = fc.array(
      fc.record({ price: fc.integer({ min: 94, max: 106 }), size: fc.integer({ min: 0, max: 250 }) }),
      { maxLength: 30 },
    );
    fc.assert(fc.property(fc.array(member, { minLength: 2, maxLength: 6 }), market, fc.nat({ max: 30 }), check));

    function check(
      members: readonly { order: OrderType; side: "buy" | "sell"; group: number }[],
      prices: readonly { price: number; size: number }[],
      restartAt: number,
    ): void {
      let engine = new DryRunEngine(() => 0);
      const legs = members.map(({ group: number, ...terms }, at) =>
        leg({ ...terms, clientOrderId: id(`o${at}`), oneCancelsAllGroup: `g${number}`, timeInForce: "gtc" }),
      );
      const outputs = legs.flatMap((one) => engine.place([one], traded(100, 30), OPEN));
      const live = () =>
        legs.filter(
          ({ clientOrderId }) => !outputs.some((o) => o.type === "ended" && o.clientOrderId === clientOrderId),
        );
      for (const [at, { price, size }] of prices.entries()) {
        if (at === restartAt) engine = restarted();
        outputs.push(...engine.onQuote(traded(price, size), OPEN));
      }
      for (const group of ["g0", "g1"]) {
        const filled = new Set(executions(outputs).map(({ id: who }) => who));
        const ofGroup = legs.filter((one) => one.oneCancelsAllGroup === group && filled.has(one.clientOrderId));
        expect(ofGroup.length).toBeLessThanOrEqual(1);
      }

      function restarted(): DryRunEngine {
        const { orders } = engine.memory();
        const next = new DryRunEngine(() => 0);
        const traded = new Set(executions(outputs).map(({ id: who }) => who));
        next.restoreGroups(
          legs.flatMap((one) => (traded.has(one.clientOrderId) ? (one.oneCancelsAllGroup ?? []) : [])),
        );
        for (const one of live()) {
          const fills = executions(outputs).filter(({ id: who }) => who === one.clientOrderId);
          const filledQuantity = fills.reduce((sum, { quantity }) => sum + quantity, 0);
          if (filledQuantity >= one.quantity) continue;
          const kept = orders.find(({ clientOrderId }) => clientOrderId === one.clientOrderId) ?? null;
          next.restore({ ...one, filledQuantity, filledValue: 0, executions: fills.length, commission: 0, kept }, null);
        }
        return next;
      }
    }
  });
});

describe("canceling all", () => {
  it("ends every order at work, each once", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([leg({ order: limit(90) })], quote(100, 100.02), OPEN);
    engine.place([leg({ clientOrderId: id("b"), order: trailing(1), side: "sell" })], quote(100, 100.02), OPEN);
    expect(endings(engine.cancelAll("all"))).toEqual(["a canceled", "b canceled"]);
    expect(engine.size).toBe(0);
  });
});
