import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClientOrderId, OrderStatus } from "#libs/contracts/mod.ts";
import { defineStrategy, type StrategyDefinition, z } from "#libs/strategy-kit/mod.ts";
import { createCalendar, epochMsOf } from "#libs/time/mod.ts";
import { advance } from "./advance.ts";
import { begin } from "./begin.ts";
import { applyFact, EMPTY_BOOK, type LedgerFact, trimmed } from "./book.ts";
import { type Effect, type Run, type RunEvent, runMemorySchema } from "./run.ts";

const DAY = "2026-03-10";
const at = (time: string) => epochMsOf(DAY, time);
const session = createCalendar().sessionOn(DAY);
if (session === undefined) throw new Error("no session");

/** Orders, signals, cancels and forgets, all by what it is told: everything a strategy can do. */
const busy = defineStrategy({
  name: "busy",
  description: "for tests",
  parameters: z.strictObject({}),
  initial: () => ({ told: [] as string[], last: null as string | null }),
  onBar(state, bar, context) {
    const told = [...state.told.slice(-20), `bar ${bar.startsAt} ${context.position(bar.symbol).quantity}`];
    if (bar.volume % 3 === 0) {
      const { clientOrderId } = context.submit({
        symbol: bar.symbol,
        side: bar.volume % 2 === 0 ? "buy" : "sell",
        quantity: 1 + (bar.volume % 5),
        order: { type: "market" },
        reason: "",
      });
      context.signal({ symbol: bar.symbol, signal: "seen", reason: "", clientOrderId });
      return { told, last: clientOrderId };
    }
    if (state.last !== null && bar.volume % 5 === 0) context.cancel(state.last, "");
    return { ...state, told };
  },
  onClock: (state, minuteMs) => ({ ...state, told: [...state.told.slice(-20), `clock ${minuteMs}`] }),
  onOrderEvent: (state, event, context) => ({
    ...state,
    told: [...state.told.slice(-20), `${event.status} ${context.orders().length}`],
  }),
  onFill: (state, fill, context) => ({
    ...state,
    told: [...state.told.slice(-20), `fill ${fill.quantity} ${context.position(fill.symbol).quantity}`],
  }),
  onDenied: (state, denied) => ({ ...state, told: [...state.told.slice(-20), `denied ${denied.reasons[0]?.code}`] }),
});

/** The busy strategy with some handlers of its own. */
const variant = (change: Partial<StrategyDefinition>): StrategyDefinition =>
  defineStrategy<z.ZodType, unknown>({ ...busy, ...change });

function beginRun(definition: StrategyDefinition, change: object = {}): Run {
  const entry = {
    strategy: "busy",
    symbols: ["SPY"],
    capitalUsd: 1000,
    from: "09:30",
    until: "15:00",
    parameters: {},
    ...change,
  };
  return begin({
    definition,
    file: "busy.ts",
    entry,
    parameters: {},
    session: session as NonNullable<typeof session>,
    book: EMPTY_BOOK,
    lastSequence: 0,
    memory: undefined,
    revive: false,
  }).run;
}

const when = (marketTimeMs: number) => ({ marketTimeMs, machineMs: 1, causedBy: "message" });
const bar = (minute: number, volume: number, close = 100): RunEvent => {
  const startsAt = at("09:30") + minute * 60_000;
  const prices = { open: close, high: close, low: close, close };
  return {
    type: "bar",
    bar: { symbol: "SPY", interval: "1m", startsAt, ...prices, volume },
    ...when(startsAt + 60_000),
  };
};
const clock = (marketTimeMs: number): RunEvent => ({ type: "clock", ...when(marketTimeMs) });

/** What the world may answer to the order that was asked for n-th. */
type Reply = { readonly order: number } & (
  | { readonly type: "decision"; readonly approved: boolean }
  | { readonly type: "undecided" }
  | { readonly type: "event"; readonly status: OrderStatus }
  | { readonly type: "fill"; readonly executionId: string; readonly quantity: number }
);
type Script = readonly (RunEvent | Reply)[];

const replies: fc.Arbitrary<Reply> = fc
  .tuple(
    fc.integer({ min: 1, max: 6 }),
    fc.oneof(
      fc.record({ type: fc.constant("decision" as const), approved: fc.boolean() }),
      fc.record({ type: fc.constant("undecided" as const) }),
      fc.record({
        type: fc.constant("event" as const),
        status: fc.constantFrom<OrderStatus>(
          "submitted",
          "accepted",
          "partially-filled",
          "filled",
          "canceled",
          "unknown",
        ),
      }),
      fc.record({
        type: fc.constant("fill" as const),
        executionId: fc.constantFrom("e1", "e2", "e3", "e4"),
        quantity: fc.integer({ min: 1, max: 3 }),
      }),
    ),
  )
  .map(([order, reply]) => ({ ...reply, order }));

/** Bars and clock messages go on in time, now and then with a repetition or a step back; replies come in between. */
const scripts: fc.Arbitrary<Script> = fc
  .array(
    fc.oneof(
      fc.record({ step: fc.integer({ min: -1, max: 3 }), volume: fc.integer({ min: 0, max: 30 }) }),
      fc.record({ step: fc.integer({ min: -1, max: 3 }) }),
      { arbitrary: replies, weight: 3 },
    ),
    { minLength: 20, maxLength: 80 },
  )
  .map((items) => {
    let minute = 0;
    return items.map((item) => {
      if ("order" in item) return item;
      minute = Math.max(0, minute + item.step);
      return "volume" in item ? bar(minute, item.volume) : clock(at("09:30") + minute * 60_000);
    });
  });

/** Plays a script; a reply about an order that was never asked for is left out. */
function play(run: Run, script: Script, fromSequence = 0): { run: Run; effects: Effect[]; sequence: number } {
  const effects: Effect[] = [];
  let sequence = fromSequence;
  let current = run;
  for (const item of script) {
    if ("order" in item) sequence += 1;
    const event = "order" in item ? replyEvent(current, item, sequence) : item;
    if (event === undefined) continue;
    const advanced = advance(current, event);
    current = advanced.run;
    effects.push(...advanced.effects);
  }
  return { run: current, effects, sequence };
}

function replyEvent(run: Run, reply: Reply, sequence: number): RunEvent | undefined {
  if (reply.order > run.memory.orderNumber) return undefined;
  const clientOrderId = `busy-20260310-SPY-${reply.order}` as ClientOrderId;
  const time = when(at("12:00"));
  if (reply.type === "undecided") return { type: "undecided", clientOrderId, ...time };
  if (reply.type === "decision") {
    const decision = reply.approved
      ? ({ outcome: "approved", clientOrderId, expiresAt: 1 } as const)
      : ({ outcome: "denied", clientOrderId, reasons: [{ code: "NO", detail: "" }] } as const);
    return { type: "decision", decision: { ...decision } as never, ...time };
  }
  const fact = factOf(clientOrderId, reply);
  const book = applyFact(run.memory.book, fact);
  return { type: "fact", sequence, fact, book, news: book !== run.memory.book, ...time };
}

function factOf(clientOrderId: ClientOrderId, reply: Extract<Reply, { type: "event" | "fill" }>): LedgerFact {
  const common = { clientOrderId, symbol: "SPY", side: "buy" as const, permId: null };
  if (reply.type === "fill") {
    const { executionId, quantity } = reply;
    return {
      type: "fill",
      fill: {
        ...common,
        kind: "execution",
        executionId,
        quantity,
        corrects: null,
        account: "DU1",
        price: 100,
        executedAt: 1,
      },
    };
  }
  const figures = { orderId: null, filledQuantity: 0, leavesQuantity: 1, averagePrice: null, reason: null };
  return { type: "order-event", event: { ...common, ...figures, parentClientOrderId: null, status: reply.status } };
}

/** A snapshot as it is written and read again. */
const restored = (run: Run): Run => ({
  ...run,
  memory: runMemorySchema.parse(JSON.parse(JSON.stringify({ ...run.memory, book: trimmed(run.memory.book, 32) }))),
});

describe("a run", () => {
  it("does the same for the same events, always", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const first = play(beginRun(busy), script);
        const second = play(beginRun(busy), script);
        expect(second.effects).toEqual(first.effects);
        expect(second.run.memory).toEqual(first.run.memory);
      }),
    );
  });

  it("meets orders, fills and denials in the scripts of these tests", () => {
    const seen = new Set<string>();
    for (const script of fc.sample(scripts, 200)) {
      const { run, effects } = play(beginRun(busy), script);
      for (const effect of effects) seen.add(effect.type);
      if (run.memory.book.executions.length > 1) seen.add("executions");
    }
    expect([...seen].sort()).toEqual(["ask", "cancel", "executions", "refused", "save", "save-ahead", "signal"]);
  });

  it("goes on from its snapshot as if nothing had happened", () => {
    fc.assert(
      fc.property(scripts, fc.nat(60), (script, cut) => {
        const whole = play(beginRun(busy), script);
        const before = play(beginRun(busy), script.slice(0, cut));
        const after = play(restored(before.run), script.slice(cut), before.sequence);
        expect([...before.effects, ...after.effects]).toEqual(whole.effects);
        expect(after.run.memory).toEqual(whole.run.memory);
      }),
    );
  });

  it("gives each order a number of its own, and saves before it asks (law 2)", () => {
    fc.assert(
      fc.property(scripts, (script) => {
        const { effects } = play(beginRun(busy), script);
        const ids = effects.flatMap((effect) => (effect.type === "ask" ? [effect.intent.clientOrderId] : []));
        expect(new Set(ids).size).toBe(ids.length);
        for (const [index, effect] of effects.entries()) {
          if (effect.type !== "ask") continue;
          const earlier = effects.slice(0, index).findLastIndex(({ type }) => type === "save-ahead");
          expect(earlier).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("takes each bar once, by its start, and none of another day, symbol or interval", () => {
    const again = bar(0, 1);
    const { run } = play(beginRun(busy), [again, again, bar(1, 1), bar(0, 1)]);
    const other = {
      ...bar(2, 1),
      bar: { ...(bar(2, 1) as RunEvent & { type: "bar" }).bar, symbol: "IBM" },
    } as RunEvent;
    const yesterday = { ...(bar(2, 1) as RunEvent & { type: "bar" }).bar, startsAt: at("09:32") - 86_400_000 };
    const after = play(run, [other, { type: "bar", bar: yesterday, ...when(at("10:00")) }]).run;
    const told = (after.memory.state as { told: string[] }).told.filter((text) => text.startsWith("bar"));
    expect(told).toEqual([`bar ${at("09:30")} 0`, `bar ${at("09:31")} 0`]);
  });

  it("tells each minute of market time once and in order, and makes up at most an hour of them", () => {
    const { run } = play(beginRun(busy), [clock(at("09:30") + 5), clock(at("09:30") + 59_000), clock(at("09:33"))]);
    const minutes = (run.memory.state as { told: string[] }).told;
    expect(minutes).toEqual(["09:30", "09:31", "09:32", "09:33"].map((time) => `clock ${at(time)}`));
    const backwards = play(run, [clock(at("09:31"))]).run;
    expect(backwards.memory).toEqual(run.memory);
    let told = 0;
    const counting = variant({
      onClock(state) {
        told += 1;
        return state;
      },
    });
    play(beginRun(counting), [clock(at("09:30")), clock(at("15:30"))]);
    expect(told).toBe(61);
  });

  it("tells a denial once, whether the reply or the ledger brings it first", () => {
    const asked = play(beginRun(busy), [bar(0, 0)]);
    const denied: Reply = { type: "decision", approved: false, order: 1 };
    const twice = play(asked.run, [denied, denied]).run;
    expect((twice.memory.state as { told: string[] }).told.filter((text) => text.startsWith("denied"))).toEqual([
      "denied NO",
    ]);
    expect(twice.memory.pending).toEqual({});
  });
});

describe("a strategy that throws", () => {
  const throwing = variant({
    onBar(before, event, context) {
      const state = before as { told: string[] };
      context.signal({ symbol: event.symbol, signal: "never-carried-out", reason: "" });
      if (event.volume === 7) throw new TypeError("cannot read that");
      if (event.volume === 8) state.told.push("changed in place");
      if (event.volume === 9) return { at: Number.NaN };
      return { told: [...state.told, "ok"] };
    },
  });

  it.each([
    [7, "TypeError: cannot read that"],
    [8, "TypeError: Cannot add property"],
    [9, "StrategyStateError: state.at is NaN"],
  ])("is stopped with its state as it was and nothing carried out: volume %d", (volume, message) => {
    const before = play(beginRun(throwing), [bar(0, 1)]).run;
    const { run, effects } = advance(before, bar(1, volume));
    expect(run.memory.status).toBe("failed");
    expect(run.memory.reason).toContain(message);
    expect(run.memory.state).toBe(before.memory.state);
    expect(effects.map(({ type }) => type)).toEqual(["save", "alert"]);
    const text = effects.flatMap((effect) => (effect.type === "alert" ? [effect.alert.text] : [])).join();
    expect(text).toContain("onBar at ");
    expect(text).toContain("1m bar of SPY that ended 09:32:00 New York");
  });

  it("is told nothing more, but keeps its book", () => {
    const failed = advance(beginRun(throwing), bar(0, 7)).run;
    const fact = factOf("busy-20260310-SPY-1" as ClientOrderId, {
      order: 1,
      type: "fill",
      executionId: "e1",
      quantity: 2,
    });
    const book = applyFact(failed.memory.book, fact);
    const { run, effects } = advance(failed, {
      type: "fact",
      sequence: 1,
      fact,
      book,
      news: true,
      ...when(at("10:00")),
    });
    expect(run.memory.state).toBe(failed.memory.state);
    expect(run.memory.book.positions).toEqual({ SPY: { quantity: 2, averagePrice: 100 } });
    expect(effects).toEqual([{ type: "save" }]);
    expect(advance(run, bar(1, 1)).effects).toEqual([]);
  });

  it("that asks in a loop is stopped", () => {
    const insisting = variant({
      onDenied(state, denied, context) {
        context.submit({ symbol: denied.symbol, side: "buy", quantity: 1, order: { type: "market" }, reason: "again" });
        return state;
      },
    });
    let run = advance(beginRun(insisting), bar(0, 0)).run;
    for (let order = 1; run.memory.status !== "failed" && order < 1000; order += 1) {
      run = play(run, [{ type: "decision", approved: false, order }]).run;
    }
    expect(run.memory.orderNumber).toBeLessThanOrEqual(101);
    expect(run.memory.reason).toContain("100 orders in a row were refused");
  });
});

describe("the gameplan's own limits", () => {
  const codes = (run: Run, event: RunEvent) =>
    advance(run, event).effects.flatMap((effect) =>
      effect.type === "refused" ? effect.reasons.map(({ code }) => code) : effect.type === "ask" ? ["asked"] : [],
    );

  it("refuses an opening outside its hours, and above its capital, in money in use and asked for", () => {
    expect(codes(beginRun(busy), bar(0, 0))).toEqual(["asked"]);
    expect(codes(beginRun(busy, { from: "10:00" }), bar(0, 0))).toEqual(["OUTSIDE_PLAN_HOURS"]);
    expect(codes(beginRun(busy), bar(330, 0))).toEqual(["OUTSIDE_PLAN_HOURS"]);
    expect(codes(beginRun(busy, { capitalUsd: 99 }), bar(0, 0))).toEqual(["PLAN_CAPITAL"]);
    const told = advance(beginRun(busy, { capitalUsd: 99 }), bar(0, 0)).effects;
    expect(told.flatMap((effect) => (effect.type === "signal" ? [effect.signal.reason] : []))).toContain(
      "the gameplan forbids buy 1 SPY: PLAN_CAPITAL wanted=100.00 in_use=0.00 capital=99.00",
    );
    const one = advance(beginRun(busy, { capitalUsd: 150 }), bar(0, 0)).run;
    expect(codes(one, bar(1, 30))).toEqual(["PLAN_CAPITAL"]);
  });

  it("never refuses what only closes (law 7)", () => {
    const asked = play(beginRun(busy, { capitalUsd: 10_000 }), [bar(0, 18)]).run;
    const held = play(asked, [{ order: 1, type: "fill", executionId: "e1", quantity: 10 }]).run;
    // An odd volume sells: 1 + 33 % 5 is 4 of the 10 shares held, long after the plan's hours.
    expect(codes(held, bar(380, 33))).toEqual(["asked"]);
    const forgetful = { ...held, memory: { ...held.memory, forgetful: true } };
    expect(codes(forgetful, bar(100, 33))).toEqual(["asked"]);
    expect(codes(forgetful, bar(100, 0))).toEqual(["ORDERS_FORGOTTEN"]);
    // The symbol was taken out of the plan while it was held.
    const leaver = variant({
      onClock(state, _, context) {
        context.submit({ symbol: "SPY", side: "sell", quantity: 4, order: { type: "market" }, reason: "" });
        return state;
      },
    });
    const left = { ...held, definition: leaver, plan: { ...held.plan, symbols: ["IBM"] } };
    expect(new Set(codes(left, clock(at("11:00"))))).toEqual(new Set(["asked"]));
  });
});
