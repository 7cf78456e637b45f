import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bus, readBatch } from "#libs/bus/mod.ts";
import { settingsFor } from "#libs/config/mod.ts";
import {
  type Approval,
  approvedMessage,
  type BarsReply,
  barMessage,
  barsMessage,
  cancelMessage,
  controlMessage,
  deniedMessage,
  fillMessage,
  intentMessage,
  interestMessage,
  type OrderEvent,
  type OrderIntent,
  orderEventMessage,
  quoteMessage,
  type StrategyState,
  strategyStateMessage,
} from "#libs/contracts/mod.ts";
import type { Service } from "#libs/service/mod.ts";
import { createCalendar, epochMsOf, MarketClock, monotonicNowMs, wallNowMs } from "#libs/time/mod.ts";
import { ANSWERED_MS, within } from "../../tests/harness/answers.ts";
import { eventually, MemoryLogger, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { startStrategies } from "./start.ts";

const DAY = "2026-03-10";
const at = (time: string) => epochMsOf(DAY, time);

/** Buys one share at the first bar and says what it is told; its state counts what it saw. */
const BUYER = `
import { defineStrategy, z } from "#libs/strategy-kit/mod.ts";
export default defineStrategy({
  name: "buyer",
  description: "for tests",
  parameters: z.strictObject({ quantity: z.number().int().default(1) }),
  initial: () => ({ bars: 0, orders: [], fills: 0, denied: [], events: [] }),
  onBar(state, bar, context) {
    if (state.orders.length > 0) return { ...state, bars: state.bars + 1 };
    const { clientOrderId } = context.submit({
      symbol: bar.symbol, side: "buy", quantity: context.plan.parameters.quantity, order: { type: "market" }, reason: "first bar",
    });
    context.signal({ symbol: bar.symbol, signal: "first-bar", reason: "close " + bar.close, clientOrderId });
    return { ...state, bars: state.bars + 1, orders: [clientOrderId] };
  },
  onOrderEvent: (state, event) => ({ ...state, events: [...state.events, event.status] }),
  onFill: (state, fill) => ({ ...state, fills: state.fills + fill.quantity }),
  onDenied: (state, denied) => ({ ...state, denied: [...state.denied, denied.reasons[0].code] }),
});
`;

const THROWER = BUYER.replace(
  "onBar(state, bar, context) {",
  'onBar(state, bar, context) {\n    if (state.bars >= 1) throw new Error("no such luck");',
).replace(
  /const \{ clientOrderId \}[\s\S]*?orders: \[clientOrderId\] \};/,
  "return { ...state, bars: state.bars + 1 };",
);

interface BuyerState {
  readonly bars: number;
  readonly orders: readonly string[];
  readonly fills: number;
  readonly denied: readonly string[];
  readonly events: readonly string[];
}

let platform: TestBus;
let folder: string;
let bridge: Bus;
let operator: Bus;
const services: { service: Service; bus: Bus }[] = [];

beforeEach(async () => {
  platform = await startBus();
  folder = await mkdtemp(join(tmpdir(), "crucible-strategy-"));
  bridge = await platform.connect("gateway-bridge");
  operator = await platform.connect("operator");
  await writeStrategy("buyer", BUYER);
  await writePlan([entry("buyer")]);
});
afterEach(async () => {
  for (const { service } of services.splice(0)) await service.stop();
  await platform.stop();
  await rm(folder, { recursive: true, force: true });
});

const entry = (strategy: string, change: object = {}) => ({
  strategy,
  symbols: ["SPY"],
  capitalUsd: 10_000,
  from: "09:30",
  until: "16:00",
  ...change,
});
const planPath = () => join(folder, "gameplan.json");
const writePlan = (strategies: object[], tradingDay = "any") =>
  writeFile(planPath(), JSON.stringify({ tradingDay, strategies }));
const writeStrategy = (name: string, source: string) => writeFile(join(folder, `${name}.ts`), source);

async function start(marketTimeMs: number | null = at("10:00")) {
  const clock = new MarketClock();
  if (marketTimeMs !== null) clock.set({ marketTimeMs, atMonotonicMs: monotonicNowMs(), speed: 1 });
  const logger = new MemoryLogger();
  const bus = await platform.connect("strategy", { logger, marketNowMs: () => clock.nowMs() ?? null });
  const service = await startStrategies({
    name: "strategy",
    settings: { ...settingsFor("strategy", {}), gameplanPath: planPath(), strategyLibraryPath: folder },
    mode: platform.mode,
    logger: pino({ level: "silent" }),
    bus,
    clock,
    calendar: createCalendar(),
  });
  const started = { service, bus, clock, logger };
  services.push(started);
  return started;
}

/** Ends a service as a kill would: nothing is saved, nothing is answered any more. */
async function kill(started: Awaited<ReturnType<typeof start>>) {
  services.splice(services.indexOf(started), 1);
  await started.bus.close();
  await started.service.stop();
}

function publishBar(startsAt: number, close = 100, symbol = "SPY") {
  const prices = { open: close, high: close, low: close, close, volume: 100 };
  bridge.publish(barMessage, ["1m", symbol], { symbol, interval: "1m", startsAt, ...prices });
}

/** A risk service that approves, unless told otherwise; answers one id with one decision, as the real one does. */
async function startRisk(behaviour: { deny?: string; silent?: boolean } = {}) {
  const bus = await platform.connect("risk");
  const asked: OrderIntent[] = [];
  bus.serve(intentMessage, [], async ({ data: intent }) => {
    asked.push(intent);
    const { clientOrderId } = intent;
    if (behaviour.deny !== undefined) {
      const reasons = [{ code: behaviour.deny, detail: "" }];
      await bus.record(deniedMessage, [clientOrderId], { intent, reasons }, { onlyFirst: true });
      return { outcome: "denied" as const, clientOrderId, reasons };
    }
    const expiresAt = 4_000_000_000_000;
    const approval: Approval = {
      intent,
      approvedAtMonotonicMs: 0,
      expiresAtMonotonicMs: 1e12,
      expiresAt,
      reducesRisk: false,
      reserved: { notional: 0, dayTrade: false },
    };
    await bus.record(approvedMessage, [clientOrderId], approval, { onlyFirst: true });
    if (behaviour.silent) await new Promise((resolve) => setTimeout(resolve, 1500));
    return { outcome: "approved" as const, clientOrderId, expiresAt };
  });
  await bus.connection.flush();
  return { bus, asked, ids: () => new Set(asked.map((intent) => intent.clientOrderId)) };
}

async function recordEvent(intent: OrderIntent, status: OrderEvent["status"]) {
  const { clientOrderId, symbol, side, quantity } = intent;
  const filled = status === "filled" ? quantity : 0;
  await bridge.record(orderEventMessage, [clientOrderId], {
    clientOrderId,
    parentClientOrderId: null,
    symbol,
    side,
    status,
    orderId: 1,
    permId: null,
    filledQuantity: filled,
    leavesQuantity: quantity - filled,
    averagePrice: filled === 0 ? null : 100,
    reason: null,
  });
}

const recordFill = (intent: OrderIntent, executionId: string) =>
  bridge.record(fillMessage, [intent.symbol], {
    kind: "execution",
    executionId,
    corrects: null,
    clientOrderId: intent.clientOrderId,
    permId: null,
    account: "DU1",
    symbol: intent.symbol,
    side: intent.side,
    quantity: intent.quantity,
    price: 100,
    executedAt: at("10:01"),
  });

interface Memory {
  readonly state: BuyerState;
  readonly pending: Readonly<Record<string, { readonly stage: string }>>;
  readonly book: { readonly positions: Readonly<Record<string, { readonly quantity: number }>> };
}
const snapshotOf = async (strategy = "buyer") => {
  const stored = await operator.lastValue(strategyStateMessage, [strategy]);
  return stored && { ...stored.data, memory: stored.data.state as unknown as Memory };
};
const stateOf = async (strategy = "buyer") => (await snapshotOf(strategy))?.memory.state;

async function stored(stream: "ALERTS" | "LEDGER") {
  const messages = await readBatch(operator, stream, 1);
  return messages.map((message) => ({
    subject: message.subject,
    data: message.json<{ data: Record<string, unknown> }>().data,
  }));
}
const alertCodes = async () => (await stored("ALERTS")).map(({ data }) => data.code);
/** An alert and what it is about go into streams of their own: neither is there before the other. */
const alerted = (code: string) => eventually(`the alert ${code}`, async () => (await alertCodes()).includes(code));

describe("a day's strategy", () => {
  it("asks risk, is told what becomes of the order, and is saved", async () => {
    const risk = await startRisk();
    const { service } = await start();
    expect(service.health()).toMatchObject({ status: "ok", figures: { strategies: "1 of 1", "trading day": DAY } });
    expect((await operator.lastValue(interestMessage, []))?.data.symbols).toEqual(["SPY"]);

    publishBar(at("10:00"));
    await eventually("an order asked for", () => risk.asked.length === 1);
    const [intent] = risk.asked;
    if (intent === undefined) throw new Error("no intent");
    expect(intent).toMatchObject({ clientOrderId: "buyer-20260310-SPY-1", strategy: "buyer", quantity: 1 });
    await recordEvent(intent, "submitted");
    await recordEvent(intent, "filled");
    await recordFill(intent, "e1");
    await recordFill(intent, "e1");
    await eventually("the fill in the snapshot", async () => (await stateOf())?.fills === 1);
    const snapshot = await snapshotOf();
    expect(snapshot).toMatchObject({ status: "running", tradingDay: DAY });
    expect(snapshot?.memory).toMatchObject({
      state: { bars: 1, events: ["submitted", "filled"], fills: 1 },
      pending: {},
      book: { positions: { SPY: { quantity: 1 } } },
    });
    const signal = async () => (await stored("LEDGER")).find(({ subject }) => subject === "strategy.signal.buyer");
    await eventually("the signal", async () => (await signal()) !== undefined);
    expect((await signal())?.data).toMatchObject({ signal: "first-bar", clientOrderId: intent.clientOrderId });
  });

  it("is told of a denial once", async () => {
    const risk = await startRisk({ deny: "POSITION_LIMIT" });
    await start();
    publishBar(at("10:00"));
    await eventually("the denial", async () => ((await stateOf())?.denied.length ?? 0) > 0);
    publishBar(at("10:01"));
    await eventually("the next bar", async () => (await stateOf())?.bars === 2);
    expect(await stateOf()).toMatchObject({ denied: ["POSITION_LIMIT"] });
    expect(risk.asked).toHaveLength(1);
  });

  it("is refused at once when nobody answers for risk, and the operator is told", async () => {
    const { service } = await start();
    publishBar(at("10:00"));
    await eventually("the refusal", async () => (await stateOf())?.denied[0] === "RISK_UNAVAILABLE");
    await alerted("RISK_UNAVAILABLE");
    expect(service.health().status).toBe("degraded");
  });

  it("is refused by its own plan what the plan does not allow, with a trace in the ledger", async () => {
    const risk = await startRisk();
    await writePlan([entry("buyer", { capitalUsd: 50 })]);
    await start();
    publishBar(at("10:00"));
    await eventually("the refusal", async () => (await stateOf())?.denied[0] === "PLAN_CAPITAL");
    expect(risk.asked).toHaveLength(0);
    await eventually("the trace", async () =>
      (await stored("LEDGER")).some(({ data }) => data.signal === "order-refused"),
    );
  });
});

describe("one order, whatever crashes (law 2)", () => {
  it("finds a decision whose reply was lost in the ledger, and asks under no other id", async () => {
    const risk = await startRisk({ silent: true });
    await start();
    publishBar(at("10:00"));
    await eventually("the approval", async () => {
      const pending = (await snapshotOf())?.memory.pending ?? {};
      return pending["buyer-20260310-SPY-1"]?.stage === "approved";
    });
    await alerted("ORDER_UNDECIDED");
    expect(risk.ids().size).toBe(1);
  });

  it("goes on after a kill as if nothing had happened, without a second order", async () => {
    const risk = await startRisk();
    const first = await start();
    publishBar(at("10:00"));
    await eventually("the question", () => risk.asked.length === 1);
    await kill(first);
    const [intent] = risk.asked;
    if (intent === undefined) throw new Error("no intent");
    await recordEvent(intent, "submitted");
    await recordEvent(intent, "filled");
    await recordFill(intent, "e1");

    await start();
    publishBar(at("10:00"));
    publishBar(at("10:01"));
    await eventually("the second bar", async () => (await stateOf())?.bars === 2);
    expect(await stateOf()).toEqual({
      bars: 2,
      orders: [intent.clientOrderId],
      fills: 1,
      denied: [],
      events: ["submitted", "filled"],
    });
    expect(risk.ids()).toEqual(new Set([intent.clientOrderId]));
  });

  it.each([
    ["again under the same id while it is fresh", 0, 1],
    ["not again when it is old and would open a position", 60_000, 0],
  ])("asks what was never answered before a kill %s", async (_what, ageMs, asked) => {
    const deaf = await platform.connect("risk");
    deaf.serve(intentMessage, [], () => new Promise(() => undefined));
    await deaf.connection.flush();
    const first = await start();
    publishBar(at("10:00"));
    const id = "buyer-20260310-SPY-1";
    await eventually("the question", async () => (await snapshotOf())?.memory.pending[id]?.stage === "asked");
    await kill(first);
    await deaf.close();
    const { memory, ...snapshot } = (await snapshotOf()) ?? {};
    const order = memory?.pending[id];
    // Fresh is ten seconds: a machine that stands still in between must not make it old.
    const askedAtMs = ageMs === 0 ? wallNowMs() + 20_000 : wallNowMs() - ageMs;
    const aged = { ...memory, pending: { [id]: { ...order, askedAtMs } } };
    const state = { ...snapshot, state: aged } as unknown as StrategyState;
    await (await platform.connect("strategy")).record(strategyStateMessage, ["buyer"], state);

    const risk = await startRisk();
    await start();
    const stage = ageMs === 0 ? "approved" : "undecided";
    await eventually(`the order ${stage}`, async () => (await snapshotOf())?.memory.pending[id]?.stage === stage);
    publishBar(at("10:01"));
    await eventually("the next bar", async () => (await stateOf())?.bars === 2);
    expect(risk.asked.map((intent) => intent.clientOrderId)).toEqual(asked === 1 ? [id] : []);
  });

  it("opens nothing more when its memory is lost, and says so", async () => {
    const risk = await startRisk();
    const first = await start();
    publishBar(at("10:00"));
    await eventually("the question", () => risk.asked.length === 1);
    const [intent] = risk.asked;
    if (intent === undefined) throw new Error("no intent");
    await recordEvent(intent, "submitted");
    await kill(first);
    const lost = { ...(await snapshotOf()), memory: undefined, state: {} };
    await (await platform.connect("strategy")).record(
      strategyStateMessage,
      ["buyer"],
      lost as unknown as StrategyState,
    );

    await start();
    publishBar(at("10:01"));
    await eventually("the refusal", async () => (await stateOf())?.denied[0] === "ORDERS_FORGOTTEN");
    await alerted("STRATEGY_FORGOT_ORDERS");
    expect(risk.asked).toHaveLength(1);
    expect((await stateOf())?.orders).toEqual(["buyer-20260310-SPY-2"]);
  });

  it("loses nothing that was acknowledged when the bus is killed in the middle", async () => {
    const risk = await startRisk();
    await start();
    publishBar(at("10:00"));
    await eventually("the question", () => risk.asked.length === 1);
    const [intent] = risk.asked;
    if (intent === undefined) throw new Error("no intent");
    await platform.crash();
    await recordEvent(intent, "submitted");
    await recordFill(intent, "e1");
    await eventually("the fill", async () => (await stateOf())?.fills === 1);
    expect(await stateOf()).toMatchObject({ events: ["submitted"], orders: [intent.clientOrderId] });
    expect(risk.ids().size).toBe(1);
  });
});

describe("a strategy that throws", () => {
  it("is stopped and said, and the other goes on; it stays stopped over a restart, until it is reloaded", async () => {
    const risk = await startRisk();
    await writeStrategy("thrower", THROWER);
    await writePlan([entry("thrower"), entry("buyer")]);
    const first = await start();
    publishBar(at("10:00"));
    publishBar(at("10:01"));
    await eventually("the failure", async () => (await snapshotOf("thrower"))?.status === "failed");
    await eventually("the other's second bar", async () => (await stateOf())?.bars === 2);
    const failure = await snapshotOf("thrower");
    expect(failure?.reason).toMatch(/no such luck \(thrower\.ts:\d+, onBar, 1m bar of SPY/);
    expect(failure?.memory.state.bars).toBe(1);
    expect(first.service.health()).toMatchObject({ status: "degraded", figures: { strategies: "1 of 2" } });
    await alerted("STRATEGY_FAILED");
    expect((await alertCodes()).filter((code) => code === "STRATEGY_FAILED")).toHaveLength(1);

    await kill(first);
    const second = await start();
    publishBar(at("10:02"));
    await eventually("the other's third bar", async () => (await stateOf())?.bars === 3);
    expect(second.service.health().detail).toContain("no such luck");

    await writeStrategy("thrower", THROWER.replace("state.bars >= 1", "state.bars >= 100"));
    const outcome = await within(ANSWERED_MS.control, () =>
      operator.request(controlMessage, ["strategy", "reload"], { reason: "corrected" }, { timeoutMs: 15_000 }),
    );
    expect(outcome).toEqual({ ok: true, message: "2 strategies at work" });
    publishBar(at("10:03"));
    await eventually("the corrected one's next bar", async () => (await stateOf("thrower"))?.bars === 2);
    expect(risk.ids().size).toBe(1);
  });
});

describe("bad input (law 10)", () => {
  it("idles without a gameplan, says so, and takes it when it appears", async () => {
    await rm(planPath());
    const { service } = await start();
    expect(service.health()).toMatchObject({ status: "degraded", detail: "there is no gameplan" });
    await alerted("GAMEPLAN_MISSING");
    expect(await alertCodes()).toEqual(["GAMEPLAN_MISSING"]);
    await writePlan([entry("buyer")]);
    await eventually("the gameplan at work", () => service.health().status === "ok");
  });

  it("refuses a bad edit, names the field, and goes on with what it had", async () => {
    const { service } = await start();
    await writePlan([entry("buyer", { capitalUsd: "a lot" })]);
    await eventually("the refusal", () => service.health().status === "degraded");
    expect(service.health().detail).toContain("strategies.0.capitalUsd");
    publishBar(at("10:00"));
    await eventually("the next bar", async () => (await stateOf())?.bars === 1);
    await alerted("GAMEPLAN_INVALID");
    const alert = (await stored("ALERTS")).find(({ data }) => data.code === "GAMEPLAN_INVALID");
    expect(alert?.data.text).toContain("strategies.0.capitalUsd");
  });

  it.each([
    ["2026-03-09", "GAMEPLAN_STALE"],
    ["2026-03-11", "GAMEPLAN_NOT_TODAY"],
  ])("idles with a gameplan for %s", async (tradingDay, code) => {
    await writePlan([entry("buyer")], tradingDay);
    const { service } = await start();
    expect(service.health().status).toBe("degraded");
    await alerted(code);
    expect(await alertCodes()).toEqual([code]);
    publishBar(at("10:00"));
    await writePlan([entry("buyer")], DAY);
    await eventually("today's gameplan at work", () => service.health().status === "ok");
  });

  it("waits for the market clock, and starts with it", async () => {
    const { service, clock } = await start(null);
    expect(service.health()).toMatchObject({ status: "degraded", detail: expect.stringContaining("market clock") });
    clock.set({ marketTimeMs: at("10:00"), atMonotonicMs: monotonicNowMs(), speed: 1 });
    await eventually("the gameplan at work", () => service.health().status === "ok");
  });

  it("leaves out a strategy that is not there, or whose parameters are wrong, and says which", async () => {
    await writePlan([
      entry("seller"),
      entry("buyer"),
      entry("buyer-2", { file: "buyer", parameters: { quantity: "x" } }),
    ]);
    const { service } = await start();
    expect(service.health()).toMatchObject({ status: "degraded", figures: { strategies: "1 of 3" } });
    expect(service.health().detail).toContain("It holds: buyer");
    expect(service.health().detail).toContain("parameters.quantity");
    // Told on the way, beside the start: both are on the disk a moment later.
    await eventually("both are told", async () => (await alertCodes()).length === 2);
    expect((await alertCodes()).sort()).toEqual(["STRATEGY_NOT_FOUND", "STRATEGY_PARAMETERS_INVALID"]);
  });

  it("says which position is left behind when a strategy is taken out of the gameplan", async () => {
    const risk = await startRisk();
    await writeStrategy("watcher", BUYER.replace("if (state.orders.length > 0)", "if (true)"));
    await writePlan([entry("buyer"), entry("watcher", { symbols: ["IBM"] })]);
    const { service } = await start();
    publishBar(at("10:00"));
    await eventually("the question", () => risk.asked.length === 1);
    const [intent] = risk.asked;
    if (intent === undefined) throw new Error("no intent");
    await recordEvent(intent, "filled");
    await recordFill(intent, "e1");
    await eventually("the fill", async () => (await stateOf())?.fills === 1);
    const left = async () => (await alertCodes()).filter((code) => code === "STRATEGY_LEFT_POSITION").length;
    await writePlan([entry("buyer", { symbols: ["IBM"] }), entry("watcher", { symbols: ["IBM"] })]);
    await eventually("the alert of the symbol that was taken out", async () => (await left()) === 1);
    await writePlan([entry("watcher", { symbols: ["IBM"] })]);
    await eventually("the new plan", () => service.health().figures.strategies === "1 of 1");
    expect(await left()).toBe(1);
    expect((await operator.lastValue(interestMessage, []))?.data.symbols).toEqual(["IBM"]);
  });

  it("keeps garbage on its subjects as dead letters and goes on", async () => {
    const { service } = await start();
    bridge.connection.publish(barMessage.subject("1m", "SPY"), "{not json");
    await eventually("the dead letter's alert", async () => (await alertCodes()).includes("DEAD_LETTER"));
    publishBar(at("10:00"));
    await eventually("the next bar", async () => (await stateOf())?.bars === 1);
    expect(service.health().figures.strategies).toBe("1 of 1");
  });
});

describe("an order it wants canceled", () => {
  it("is asked of the bridge", async () => {
    await writeStrategy(
      "buyer",
      BUYER.replace(
        "onOrderEvent: (state, event) => ({",
        'onOrderEvent: (state, event, context) => (event.status === "accepted" && context.cancel(event.clientOrderId, "enough"), {',
      ),
    );
    const risk = await startRisk();
    const canceled: string[] = [];
    bridge.serve(cancelMessage, [], ({ data }) => {
      canceled.push(`${data.clientOrderId} ${data.reason}`);
      return { ok: true, message: "" };
    });
    await start();
    publishBar(at("10:00"));
    await eventually("the question", () => risk.asked.length === 1);
    const [intent] = risk.asked;
    if (intent === undefined) throw new Error("no intent");
    await recordEvent(intent, "accepted");
    await eventually("the cancel", () => canceled.length === 1);
    expect(canceled).toEqual([`${intent.clientOrderId} enough`]);
  });
});

it("refuses a reload request that fails its schema", async () => {
  await start();
  const request = within(ANSWERED_MS.control, () =>
    operator.request(controlMessage, ["strategy", "reload"], { reason: "x".repeat(500) }, { timeoutMs: 15_000 }),
  );
  await expect(request).resolves.toMatchObject({ ok: true });
  await expect(
    operator.connection
      .request("control.strategy.reload", "{}", { timeout: 15_000 })
      .then((reply) => reply.headers?.get("Crucible-Error")),
  ).resolves.toBe("INVALID_MESSAGE");
});

/** Keeps what it was told, in order. */
const HISTORIAN = `
import { defineStrategy, z } from "#libs/strategy-kit/mod.ts";
export default defineStrategy({
  name: "historian",
  description: "for tests",
  parameters: z.strictObject({}),
  warmUp: { interval: "1m", count: 3 },
  initial: () => [],
  onHistory: (state, { symbol, bars }) => [...state, symbol + " " + bars.map(({ close }) => close).join(" ")],
  onBar: (state, bar) => [...state, bar.symbol + " bar " + bar.close],
  onClock: (state) => state.includes("clock") ? state : [...state, "clock"],
});
`;

describe("a strategy with a warm-up", () => {
  const told = async () => {
    const memory = (await operator.lastValue(strategyStateMessage, ["historian"]))?.data.state;
    return (memory as { readonly state: readonly string[] } | undefined)?.state;
  };
  const minute = (startsAt: number, close: number) => ({
    symbol: "SPY",
    interval: "1m" as const,
    startsAt,
    open: close,
    high: close,
    low: close,
    close,
    volume: 1,
  });

  /** A bridge that answers for history when the test lets it. */
  function serveHistory() {
    const waiting: ((reply: BarsReply) => void)[] = [];
    const asked: unknown[] = [];
    bridge.serve(barsMessage, [], ({ data }) => {
      asked.push(data);
      return new Promise<BarsReply>((resolve) => waiting.push(resolve));
    });
    const answer = async (reply: BarsReply) => {
      await eventually("asked", () => waiting.length > 0);
      waiting.shift()?.(reply);
    };
    return { asked, answer };
  }

  beforeEach(async () => {
    await writeStrategy("historian", HISTORIAN);
    await writePlan([entry("historian")]);
  });

  it("is told of the past first, then of the bars that came meanwhile, each once", async () => {
    const { asked, answer } = serveHistory();
    const { service } = await start();
    await eventually("asked", () => asked.length === 1);
    expect(asked).toEqual([{ symbol: "SPY", interval: "1m", until: null, count: 3, outsideRegularHours: false }]);
    expect(service.health().detail).toContain("historian waits for the past of SPY");
    publishBar(at("09:59"), 3);
    publishBar(at("10:00"), 4);
    // The answer goes the same way after them.
    const bars = [minute(at("09:57"), 1), minute(at("09:58"), 2), minute(at("09:59"), 3)];
    await answer({ outcome: "answered", bars });
    await eventually("told", async () => ((await told()) ?? []).includes("clock"));
    expect(await told()).toEqual(["SPY 1 2 3", "SPY bar 4", "clock"]);
    expect(service.health().status).toBe("ok");
  });

  it("asks again when the bridge says so, and not after a restart that remembers it", async () => {
    const { asked, answer } = serveHistory();
    const first = await start();
    await answer({ outcome: "unavailable", reason: "no session", retryAfterMs: 50 });
    await answer({ outcome: "answered", bars: [minute(at("09:59"), 3)] });
    await eventually("told", async () => ((await told()) ?? []).includes("SPY 3"));
    await first.service.stop();
    await kill(first);
    await start();
    publishBar(at("10:00"), 4);
    await eventually("goes on", async () => ((await told()) ?? []).includes("SPY bar 4"));
    expect(asked).toHaveLength(2);
    expect((await told())?.filter((line) => line.startsWith("SPY 3"))).toHaveLength(1);
  });

  it("begins without its past when asking again does not help, and the operator is told", async () => {
    const { answer } = serveHistory();
    await start();
    await answer({ outcome: "unavailable", reason: "the broker said 200", retryAfterMs: null });
    await eventually("told", async () => ((await told()) ?? []).includes("SPY "));
    const codes = async () => {
      const alerts = await readBatch(operator, "ALERTS", 1);
      return alerts.map((stored) => (stored.json() as { data: { code?: string } }).data.code);
    };
    await eventually("alert", async () => (await codes()).includes("STRATEGY_WITHOUT_HISTORY"));
  });

  it("that cannot be is refused with the field and the fix", async () => {
    await writeStrategy("historian", HISTORIAN.replace("count: 3", "count: 5000"));
    const { service } = await start();
    expect(service.health().detail).toContain("warmUp.count is 5000; ask for 1 to 2000 bars");
  });
});

/** Takes 300 ms for a quote, and remembers what it saw. */
const SLOW = `
import { defineStrategy, z } from "#libs/strategy-kit/mod.ts";
export default defineStrategy({
  name: "slow",
  description: "for tests",
  parameters: z.strictObject({}),
  initial: () => ({ seen: 0, bid: 0 }),
  onQuote(state, quote) {
    const until = performance.now() + 300;
    while (performance.now() < until);
    return { seen: state.seen + 1, bid: quote.bid };
  },
});
`;

describe("a slow strategy", () => {
  it("sees the newest quote, and the queue does not grow with those it missed; the operator is told once", async () => {
    await writeStrategy("slow", SLOW);
    await writePlan([entry("slow")]);
    await start();
    const quote = (bid: number) =>
      bridge.publish(quoteMessage, ["SPY"], {
        symbol: "SPY",
        bid,
        ask: bid + 0.02,
        bidSize: 100,
        askSize: 100,
        last: bid,
        lastSize: 100,
        delayed: false,
        receivedAtMonotonicMs: monotonicNowMs(),
        ticks: 1,
      });
    for (let burst = 0; burst < 10; burst += 1) {
      for (let count = 1; count <= 1000; count += 1) quote(100 + burst + count / 1000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const slow = async () => {
      const memory = (await operator.lastValue(strategyStateMessage, ["slow"]))?.data.state;
      return (memory as { readonly state: { readonly seen: number; readonly bid: number } } | undefined)?.state;
    };
    await eventually("the newest", async () => (await slow())?.bid === 110);
    // 10,000 at 300 ms each would take 50 minutes: what it was slower than was skipped, not queued.
    expect((await slow())?.seen).toBeLessThan(50);
    await alerted("STRATEGY_SLOW");
    expect((await alertCodes()).filter((code) => code === "STRATEGY_SLOW")).toHaveLength(1);
  });
});
