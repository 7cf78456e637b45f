import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OrderType } from "#libs/contracts/mod.ts";
import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import type { Leg } from "../orders/legs.ts";
import { CLOSED, endings, executions, id, leg, limit, OPEN, quote } from "../testing/dry-run-orders.ts";
import { fixedCommission } from "./commission.ts";
import { dayOrderEndsMs } from "./day-end.ts";
import { DryRunEngine, type EngineTime } from "./engine.ts";

describe("a market order", () => {
  it("crosses the spread", () => {
    expect(executions(new DryRunEngine(() => 0).place([leg()], quote(100, 100.02), OPEN))).toEqual([
      { id: "a", quantity: 100, price: 100.02 },
    ]);
    expect(executions(new DryRunEngine(() => 0).place([leg({ side: "sell" })], quote(100, 100.02), OPEN))).toEqual([
      { id: "a", quantity: 100, price: 100 },
    ]);
  });

  it("gets the displayed size, and the rest from the offers that follow", () => {
    const engine = new DryRunEngine(() => 0);
    expect(executions(engine.place([leg()], quote(100, 100.02, 60), OPEN))).toMatchObject([{ quantity: 60 }]);
    // The same quote again is the same offer: it is taken.
    expect(engine.onQuote(quote(100, 100.02, 60), OPEN)).toEqual([]);
    expect(executions(engine.onQuote(quote(100, 100.03, 60), OPEN))).toEqual([
      { id: "a", quantity: 40, price: 100.03 },
    ]);
    expect(engine.size).toBe(0);
  });

  it("waits for a quote when none is fresh, and for the session to open", () => {
    const engine = new DryRunEngine(() => 0);
    expect(engine.place([leg()], null, OPEN)).toEqual([{ type: "accepted", clientOrderId: "a" }]);
    expect(engine.onQuote(quote(100, 100.02), CLOSED)).toEqual([]);
    expect(executions(engine.onQuote(quote(100, 100.02), OPEN))).toHaveLength(1);
  });
});

describe("a limit order", () => {
  it("takes the better price when it can trade at once", () => {
    const outputs = new DryRunEngine(() => 0).place([leg({ order: limit(100.1) })], quote(100, 100.02), OPEN);
    expect(executions(outputs)).toEqual([{ id: "a", quantity: 100, price: 100.02 }]);
  });

  it("rests, and is filled at its own price by the quote or by a trade at or through it", () => {
    const byQuote = new DryRunEngine(() => 0);
    byQuote.place([leg({ order: limit(99) })], quote(100, 100.02), OPEN);
    expect(executions(byQuote.onQuote(quote(98.8, 98.9), OPEN))).toEqual([{ id: "a", quantity: 100, price: 99 }]);
    const byTrade = new DryRunEngine(() => 0);
    byTrade.place([leg({ order: limit(99) })], quote(99.5, 100.02), OPEN);
    expect(byTrade.onQuote(quote(99.5, 100.02, 1000, { price: 99.01, size: 500 }), OPEN)).toEqual([]);
    expect(executions(byTrade.onQuote(quote(99.5, 100.02, 1000, { price: 99, size: 30 }), OPEN))).toEqual([
      { id: "a", quantity: 30, price: 99 },
    ]);
  });

  it("works outside regular hours only when it asks for that", () => {
    const at: EngineTime = { marketMs: OPEN.marketMs, phase: "after-hours" };
    expect(executions(new DryRunEngine(() => 0).place([leg({ order: limit(101) })], quote(100, 100.02), at))).toEqual(
      [],
    );
    const asks = leg({ order: limit(101), outsideRegularHours: true });
    expect(executions(new DryRunEngine(() => 0).place([asks], quote(100, 100.02), at))).toHaveLength(1);
  });
});

describe("a stop", () => {
  it("triggers on a trade at its price, not on a quote, and then crosses the spread", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place([leg({ side: "sell", order: { type: "stop", stopPrice: 99 } })], quote(100, 100.02), OPEN);
    expect(engine.onQuote(quote(98.5, 98.52), OPEN)).toEqual([]);
    expect(executions(engine.onQuote(quote(98.5, 98.52, 1000, { price: 98.9, size: 1 }), OPEN))).toEqual([
      { id: "a", quantity: 100, price: 98.5 },
    ]);
  });

  it("is triggered when it is placed, if the last trade is at its price or beyond", () => {
    const known = { ...quote(99.99, 100.01), last: 100 };
    const placed = (side: "buy" | "sell", stopPrice: number) =>
      executions(new DryRunEngine(() => 0).place([leg({ side, order: { type: "stop", stopPrice } })], known, OPEN));
    expect(placed("sell", 100)).toEqual([{ id: "a", quantity: 100, price: 99.99 }]);
    expect(placed("buy", 99)).toEqual([{ id: "a", quantity: 100, price: 100.01 }]);
    expect([...placed("sell", 99.99), ...placed("buy", 100.01)]).toEqual([]);
  });

  it("that wakes with the fill of its entry is judged by the last trade as well", () => {
    const engine = new DryRunEngine(() => 0);
    const exit = { clientOrderId: id("s"), parentClientOrderId: id("a"), side: "sell" } as const;
    engine.place([leg({ order: limit(99) }), leg({ ...exit, order: { type: "stop", stopPrice: 98 } })], null, OPEN);
    // No trade came with this quote: the last one was at 97.
    expect(executions(engine.onQuote({ ...quote(98.9, 98.95), last: 97 }, OPEN))).toEqual([
      { id: "a", quantity: 100, price: 98.95 },
      { id: "s", quantity: 100, price: 98.9 },
    ]);
  });

  it("is not triggered at the open by a trade from before it, nor by one of the day before", () => {
    const engine = new DryRunEngine(() => 0);
    const at = (day: string, time: string, phase: EngineTime["phase"]) => ({ marketMs: epochMsOf(day, time), phase });
    const order: OrderType = { type: "stop", stopPrice: 99 };
    engine.place([leg({ side: "sell", order, timeInForce: "gtc" })], null, at("2026-03-10", "09:00", "pre-market"));
    const early = quote(99.9, 100, 1000, { price: 98, size: 1 });
    engine.onQuote(early, at("2026-03-10", "09:05", "pre-market"));
    const opened = { ...quote(99.9, 100), last: 98 };
    expect(engine.onQuote(opened, at("2026-03-10", "09:30", "open"))).toEqual([]);
    expect(executions(engine.onQuote(early, at("2026-03-10", "09:31", "open")))).toHaveLength(1);
    const late = leg({ clientOrderId: id("b"), side: "sell", order, timeInForce: "gtc" });
    engine.place([late], { ...quote(99.9, 100), last: 98 }, at("2026-03-10", "20:00", "closed"));
    expect(engine.onQuote(opened, at("2026-03-11", "09:30", "open"))).toEqual([]);
  });

  it("takes a price that comes again for a new trade when nobody looked meanwhile", () => {
    const engine = new DryRunEngine(() => 0);
    const early: EngineTime = { marketMs: epochMsOf("2026-03-10", "09:00"), phase: "pre-market" };
    const known = { ...quote(98.9, 99), last: 98 };
    engine.place([leg({ order: limit(90) })], known, early);
    engine.cancel(id("a"), "x");
    const order: OrderType = { type: "stop", stopPrice: 99 };
    expect(executions(engine.place([leg({ side: "sell", order })], known, OPEN))).toHaveLength(1);
  });

  it("with a limit does not trade beyond it", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place(
      [leg({ side: "sell", order: { type: "stop-limit", stopPrice: 99, limitPrice: 98.8 } })],
      quote(100, 100.02),
      OPEN,
    );
    expect(executions(engine.onQuote(quote(98.5, 98.52, 1000, { price: 98.6, size: 1 }), OPEN))).toEqual([]);
    expect(executions(engine.onQuote(quote(98.9, 98.92), OPEN))).toEqual([{ id: "a", quantity: 100, price: 98.8 }]);
  });
});

describe("a bracket", () => {
  const bracket = (entry: Partial<Leg> = {}) => [
    leg(entry),
    leg({
      clientOrderId: id("target"),
      parentClientOrderId: id("a"),
      side: "sell",
      order: limit(101),
      timeInForce: "gtc",
    }),
    leg({
      clientOrderId: id("stop"),
      parentClientOrderId: id("a"),
      side: "sell",
      order: { type: "stop", stopPrice: 99 },
      timeInForce: "gtc",
    }),
  ];

  it("wakes its exits with the entry, and one exit cancels the other", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place(bracket(), quote(100, 100.02), OPEN);
    const outputs = engine.onQuote(quote(101.1, 101.12), OPEN);
    expect(executions(outputs)).toEqual([{ id: "target", quantity: 100, price: 101 }]);
    expect(endings(outputs)).toEqual(["stop canceled"]);
    expect(engine.size).toBe(0);
  });

  it("lets its exits sleep while the entry is not filled", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place(bracket({ order: limit(95) }), quote(100, 100.02), OPEN);
    expect(executions(engine.onQuote(quote(101.1, 101.12, 1000, { price: 98, size: 10 }), OPEN))).toEqual([]);
  });

  it("cancels its exits when the entry ends unfilled", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place(bracket({ order: limit(95) }), quote(100, 100.02), OPEN);
    expect(endings(engine.cancel(id("a"), "x") ?? [])).toEqual(["a canceled", "target canceled", "stop canceled"]);
  });

  it("closes no more than the entry opened, when that was filled in part", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place(bracket({ order: limit(100.02) }), quote(100, 100.02, 40), OPEN);
    const outputs = [...(engine.cancel(id("a"), "x") ?? []), ...engine.onQuote(quote(101.1, 101.12), OPEN)];
    expect(executions(outputs)).toEqual([{ id: "target", quantity: 40, price: 101 }]);
    expect(endings(outputs)).toEqual(["a canceled", "target filled", "stop canceled"]);
  });

  it("calls an exit filled that closed the rest, at the size that the other exit left it", () => {
    const engine = new DryRunEngine(() => 0);
    engine.place(bracket(), quote(100, 100.02), OPEN);
    engine.onQuote(quote(101.1, 101.12, 30), OPEN);
    const outputs = engine.onQuote(quote(98.5, 98.52, 1000, { price: 98.6, size: 1 }), OPEN);
    expect(executions(outputs)).toEqual([{ id: "stop", quantity: 70, price: 98.5 }]);
    expect(endings(outputs)).toEqual(["stop filled", "target canceled"]);
  });
});

describe("time in force", () => {
  it("ends a day order at the close, and cancels what an immediate order did not get", () => {
    const endsMs = epochMsOf("2026-03-10", "16:00");
    const engine = new DryRunEngine(() => 0);
    engine.place([leg({ order: limit(90), endsMs })], quote(100, 100.02), OPEN);
    expect(engine.onTime({ marketMs: endsMs - 1, phase: "open" })).toEqual([]);
    expect(endings(engine.onTime({ marketMs: endsMs, phase: "after-hours" }))).toEqual(["a expired"]);
    const outputs = new DryRunEngine(() => 0).place([leg({ timeInForce: "ioc" })], quote(100, 100.02, 60), OPEN);
    expect(executions(outputs)).toMatchObject([{ quantity: 60 }]);
    expect(endings(outputs)).toEqual(["a canceled"]);
  });

  it("knows the close of a half day, and the next day's after the close", () => {
    const calendar = createCalendar();
    const ends = (day: string, time: string) => dayOrderEndsMs(calendar, epochMsOf(day, time), false);
    expect(ends("2026-11-27", "12:00")).toBe(epochMsOf("2026-11-27", "13:00"));
    expect(ends("2026-11-27", "13:00")).toBe(epochMsOf("2026-11-30", "16:00"));
    expect(ends("2026-03-08", "12:00")).toBe(epochMsOf("2026-03-09", "16:00"));
  });
});

describe("commission", () => {
  it.each([
    [10, 1000, 1],
    [200, 20_000, 1],
    [1000, 100_000, 5],
    [10, 20, 0.2],
    [0, 0, 0],
  ])("for %i shares worth %d USD is %d", (shares, value, commission) => {
    expect(fixedCommission(shares, value)).toBe(commission);
  });

  it("is charged once an order, however many executions it takes", () => {
    const engine = new DryRunEngine(() => 0);
    const outputs = [
      ...engine.place([leg()], quote(100, 100.02, 30), OPEN),
      ...engine.onQuote(quote(100, 100.03, 30), OPEN),
      ...engine.onQuote(quote(100, 100.04, 100), OPEN),
    ];
    const commissions = outputs.flatMap((output) => (output.type === "executed" ? [output.commission] : []));
    expect(commissions).toEqual([1, 0, 0]);
  });
});

describe("whatever the market does", () => {
  const orders = fc.array(
    fc.record({
      side: fc.constantFrom("buy" as const, "sell" as const),
      quantity: fc.integer({ min: 1, max: 500 }),
      timeInForce: fc.constantFrom("day" as const, "gtc" as const, "ioc" as const),
      order: fc.oneof(
        fc.constant<OrderType>({ type: "market" }),
        fc.integer({ min: 95, max: 105 }).map((limitPrice): OrderType => ({ type: "limit", limitPrice })),
        fc.integer({ min: 95, max: 105 }).map((stopPrice): OrderType => ({ type: "stop", stopPrice })),
      ),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const quotes = fc.array(
    fc.record({
      bid: fc.integer({ min: 95, max: 104 }),
      size: fc.integer({ min: 0, max: 300 }),
      trade: fc.option(fc.record({ price: fc.integer({ min: 95, max: 105 }), size: fc.integer({ min: 1, max: 200 }) })),
    }),
    { maxLength: 30 },
  );

  it("fills no order beyond its quantity, none after its end, and no limit at a worse price", () => {
    fc.assert(
      fc.property(orders, quotes, (specs, market) => {
        const engine = new DryRunEngine(() => 0);
        const legs = specs.map((spec, at) => leg({ ...spec, clientOrderId: id(`o${at}`) }));
        const outputs = legs.flatMap((one) => engine.place([one], quote(100, 101, 50), OPEN));
        for (const { bid, size, trade } of market)
          outputs.push(...engine.onQuote(quote(bid, bid + 1, size, trade), OPEN));
        const over = new Set<string>();
        const filled = new Map<string, number>();
        for (const output of outputs) {
          const order = legs.find(({ clientOrderId }) => clientOrderId === output.clientOrderId);
          if (order === undefined) throw new Error("an order that nobody placed");
          expect(over.has(output.clientOrderId)).toBe(false);
          if (output.type === "ended") over.add(output.clientOrderId);
          if (output.type !== "executed") continue;
          expect(output.quantity).toBeGreaterThan(0);
          const total = (filled.get(output.clientOrderId) ?? 0) + output.quantity;
          filled.set(output.clientOrderId, total);
          expect(total).toBeLessThanOrEqual(order.quantity);
          if (order.order.type !== "limit") continue;
          const better =
            order.side === "buy" ? order.order.limitPrice - output.price : output.price - order.order.limitPrice;
          expect(better).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("closes with a bracket exactly what its entry opened, in whatever pieces", () => {
    fc.assert(
      fc.property(quotes, fc.boolean(), (market, cancelEntry) => {
        const engine = new DryRunEngine(() => 0);
        const outputs = engine.place(
          [
            leg({ timeInForce: "gtc" }),
            leg({
              clientOrderId: id("t"),
              parentClientOrderId: id("a"),
              side: "sell",
              order: limit(102),
              timeInForce: "gtc",
            }),
            leg({
              clientOrderId: id("s"),
              parentClientOrderId: id("a"),
              side: "sell",
              order: { type: "stop", stopPrice: 98 },
              timeInForce: "gtc",
            }),
          ],
          quote(100, 101, 30),
          OPEN,
        );
        if (cancelEntry) outputs.push(...(engine.cancel(id("a"), "x") ?? []));
        for (const { bid, size, trade } of market)
          outputs.push(...engine.onQuote(quote(bid, bid + 1, size, trade), OPEN));
        let position = 0;
        for (const { id: who, quantity } of executions(outputs)) {
          position += who === "a" ? quantity : -quantity;
          expect(position).toBeGreaterThanOrEqual(0);
        }
        if (engine.size === 0) expect(position).toBe(0);
      }),
    );
  });
});
