import { describe, expect, it } from "vitest";
import { createCalendar } from "#libs/time/mod.ts";
import {
  defineStrategy,
  isStrategy,
  type OrderRequest,
  roundToCent,
  type StrategyContext,
  sealState,
  takeStep,
  z,
} from "./mod.ts";

const session = createCalendar().sessionOn("2026-03-10");
if (session === undefined) throw new Error("no session");
const plan = {
  strategy: "tested",
  tradingDay: "2026-03-10",
  symbols: ["SPY"],
  capitalUsd: 1000,
  fromMs: session.openMs,
  untilMs: session.closeMs,
  session,
  parameters: {},
};
const facts = { plan, marketTimeMs: session.openMs, positions: {}, orders: [], orderNumber: 4 };
const order: OrderRequest = { symbol: "SPY", side: "buy", quantity: 1, order: { type: "market" }, reason: "why" };

const onClock = (handler: (state: unknown, context: StrategyContext) => unknown) =>
  takeStep(
    defineStrategy<z.ZodType, unknown>({
      name: "tested",
      description: "",
      parameters: z.unknown(),
      initial: () => 0,
      onClock: (state, _now, context) => handler(state, context),
    }),
    0,
    { type: "clock", marketTimeMs: session.openMs },
    facts,
  );

describe("a step", () => {
  it("numbers its orders on, names the legs, and shows them among the working orders at once", () => {
    const step = onClock((_state, context) => {
      const first = context.submit(order);
      const second = context.submit({ ...order, bracket: { stopPrice: 99, limitPrice: 102 } });
      return { first, second, working: context.orders("SPY").map((working) => working.status) };
    });
    expect(step.orderNumber).toBe(6);
    expect(step.state).toEqual({
      first: { clientOrderId: "tested-20260310-SPY-5", stopLossId: null, takeProfitId: null },
      second: {
        clientOrderId: "tested-20260310-SPY-6",
        stopLossId: "tested-20260310-SPY-6-sl",
        takeProfitId: "tested-20260310-SPY-6-tp",
      },
      working: ["asked", "asked"],
    });
    expect(step.actions[0]).toMatchObject({
      type: "submit",
      intent: { timeInForce: "day", outsideRegularHours: false, holdOvernight: false, bracket: null },
    });
  });

  it("leaves a strategy without a handler as it is", () => {
    const definition = defineStrategy({ name: "x", description: "", parameters: z.unknown(), initial: () => 1 });
    expect(takeStep(definition, 1, { type: "clock", marketTimeMs: 0 }, facts)).toEqual({
      state: 1,
      actions: [],
      orderNumber: 4,
    });
  });

  it.each([
    [{ ...order, quantity: 0 }, /order of SPY: quantity/],
    [{ ...order, quantity: 1.5 }, /order of SPY: quantity/],
    [{ ...order, symbol: "spy" }, /order of spy: symbol/],
    [{ ...order, order: { type: "limit" as const, limitPrice: -1 } }, /order.limitPrice/],
  ])("refuses what no order can be, and names the field: %o", (bad, message) => {
    expect(() => onClock((_state, context) => context.submit(bad))).toThrow(message);
  });

  it("refuses a signal nobody can read, and a handler that asks without end", () => {
    expect(() => onClock((_s, context) => context.signal({ symbol: "SPY", signal: "", reason: "" }))).toThrow(/signal/);
    expect(() =>
      onClock((_s, context) => {
        for (;;) context.cancel("x", "");
      }),
    ).toThrow(/more than 100 actions/);
  });

  it("needs a state in return", () => {
    expect(() => onClock(() => undefined)).toThrow(/state is undefined/);
  });
});

describe("a state", () => {
  it("is JSON, or refused with the place that is not", () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const bad: [unknown, RegExp][] = [
      [{ a: [{ b: Number.NaN }] }, /state\.a\[0\]\.b is NaN/],
      [{ when: new Map() }, /state\.when is a Map/],
      [{ f: () => 1 }, /state\.f is function/],
      [{ u: undefined }, /state\.u is undefined/],
      [circle, /deeper than 32, or in a circle/],
    ];
    for (const [state, message] of bad) expect(() => sealState(state)).toThrow(message);
  });

  it("cannot be changed in place", () => {
    const state = sealState({ list: [1], inner: { a: 1 } });
    expect(() => state.list.push(2)).toThrow(TypeError);
    expect(() => {
      state.inner.a = 2;
    }).toThrow(TypeError);
  });
});

it("knows a strategy from anything else", () => {
  expect(isStrategy(defineStrategy({ name: "x", description: "", parameters: z.unknown(), initial: () => 1 }))).toBe(
    true,
  );
  for (const other of [undefined, null, {}, "strategy", { name: "x", initial: () => 1 }])
    expect(isStrategy(other)).toBe(false);
});

it("rounds to the cent, halves up, whatever binary makes of them", () => {
  expect([1.005, 1.004999, 100.555, 0.1 + 0.2, 167.3].map(roundToCent)).toEqual([1.01, 1, 100.56, 0.3, 167.3]);
});

describe("the terms of an order", () => {
  it("reach the intent: trailing stops, orders on the close, groups", () => {
    const trail = { by: "percent", percent: 2 } as const;
    const step = onClock((state, context) => {
      context.submit({
        ...order,
        order: { type: "trailing-stop", trail, initialStopPrice: null },
        oneCancelsAllGroup: "either",
        timeInForce: "gtc",
      });
      context.submit({ ...order, order: { type: "limit-on-close", limitPrice: 101 }, oneCancelsAllGroup: "either" });
      return state;
    });
    expect(step.actions).toMatchObject([
      {
        intent: {
          order: { type: "trailing-stop", trail, initialStopPrice: null },
          oneCancelsAllGroup: "either",
          timeInForce: "gtc",
        },
      },
      { intent: { order: { type: "limit-on-close", limitPrice: 101 }, oneCancelsAllGroup: "either" } },
    ]);
  });

  it("that no venue can keep together are refused by name", () => {
    const submit = (change: object) => () =>
      onClock((_state, context) => context.submit({ ...order, ...change } as OrderRequest));
    expect(submit({ order: { type: "market-on-close" }, timeInForce: "gtc" })).toThrow(/timeInForce: .*use day/);
    expect(
      submit({
        order: { type: "trailing-stop", trail: { by: "amount", amount: 1 }, initialStopPrice: null },
        outsideRegularHours: true,
      }),
    ).toThrow(/outsideRegularHours: .*set it to false/);
  });
});
