import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NoResponderError, RemoteError } from "#libs/bus/mod.ts";
import {
  clientOrderIdSchema,
  controlMessage,
  type Decision,
  dayTradesMessage,
  intentMessage,
  limitUseMessage,
  type OrderIntent,
} from "#libs/contracts/mod.ts";
import { epochMsOf, monotonicNowMs, sleep } from "#libs/time/mod.ts";
import { BridgeBench } from "../../services/gateway-bridge/testing/bench.ts";
import { closeAll } from "../../services/gateway-bridge/testing/paper-bench.ts";
import { RiskProcess } from "../../services/risk/testing/risk-process.ts";
import { PLAN } from "../../services/risk/testing/world.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../simulator/mod.ts";
import { ANSWERED_MS, within } from "../harness/answers.ts";
import { eventually, startBus, type TestBus } from "../harness/bus.ts";
import { claimPort } from "../harness/port.ts";

const FIRST_DAY = "2026-03-10";
const SECOND_DAY = "2026-03-11";
const SYMBOLS = ["SPY", "QQQ", "AAPL", "MSFT"] as const;
const PRICE = 100;
const BELOW_THE_MARKET = 99;

type Change = Parameters<BridgeBench["intent"]>[0];

/**
 * The real bus, the real bridge, risk as a process of its own, and the simulated broker over a night: a small account
 * under the pattern-day-trader rule, with entries that work until they are canceled.
 */
describe("an entry that works over midnight", () => {
  let bus: TestBus;
  let gateway: SimulatedGateway;
  let bench: BridgeBench;
  let risk: RiskProcess;
  let quoting: NodeJS.Timeout;
  /** By how much the night was made shorter, milliseconds. */
  let skippedMs = 0;

  const quote = (symbol: string, ask = PRICE + 0.01, askSize = 500) =>
    gateway.setQuote(symbol, { bid: ask - 0.02, ask, bidSize: 500, askSize, last: ask, lastSize: 10 });
  const runRisk = () => {
    const { mode, dataDir, port: natsPort } = bus;
    const env = {
      DAY_TRADE_REGIME: "pattern-day-trader",
      CLOCK_DRIFT_ALERT_MS: "0",
      // No quote gets old while the machine stands still.
      MAX_QUOTE_AGE_MS: "60000",
    };
    risk = new RiskProcess({ mode, dataDir, natsPort, gameplanPath: join(dataDir, "plan.json"), env });
  };

  beforeAll(async () => {
    bus = await startBus("paper");
    await writeFile(join(bus.dataDir, "plan.json"), JSON.stringify(PLAN));
    gateway = await startSimulatedGateway({
      port: await claimPort(),
      prices: "manual",
      date: FIRST_DAY,
      startTime: "15:00:00",
      equityUsd: 24_999,
      machineNowMs: () => monotonicNowMs() + skippedMs,
    });
    const quoteAll = () => {
      for (const symbol of SYMBOLS) quote(symbol);
    };
    quoteAll();
    quoting = setInterval(quoteAll, 300);
    bench = await BridgeBench.open({
      mode: "paper",
      connect: bus.connect,
      gatewayPort: gateway.port,
      env: { CLOCK_DRIFT_ALERT_MS: "0" },
    });
    await bench.want(SYMBOLS);
    runRisk();
    await bench.start();
  });
  afterAll(async () => {
    clearInterval(quoting);
    await closeAll([() => bench.stop(), () => risk.kill(), () => gateway.close(), () => bus.stop()]);
  });

  const intent = (clientOrderId: string, change: Change): OrderIntent =>
    bench.intent({ clientOrderId: clientOrderIdSchema.parse(clientOrderId), strategy: "operator", ...change });
  const ask = (wanted: OrderIntent): Promise<Decision> =>
    within(ANSWERED_MS.decision, () => bench.operator.request(intentMessage, [], wanted, { timeoutMs: 15_000 }));
  const codesOf = (decision: Decision) =>
    decision.outcome === "approved" ? [] : decision.reasons.map(({ code }) => code);
  const reaches = (id: string, status: string) =>
    eventually(`${id} ${status}`, async () => (await bench.statuses(id)).includes(status), 20_000);
  const command = (app: string, verb: string) =>
    within(ANSWERED_MS.control, () =>
      bench.operator.request(controlMessage, [app, verb], { reason: "test" }, { timeoutMs: 15_000 }),
    );
  const report = () => bench.operator.request(dayTradesMessage, [], {}, { timeoutMs: 15_000 });
  const atBroker = () => gateway.liveOrders.map(({ terms }) => `${terms.orderRef} ${terms.totalQuantity}`).toSorted();
  const held = (symbol: string) => gateway.positions.find((one) => one.symbol === symbol)?.quantity ?? 0;
  const cancelsSent = () => gateway.frames.receivedCount("CANCEL_ORDER");
  /** What the alerts with this code name, oldest first. */
  const told = async (code: string) =>
    (await bench.alerts()).flatMap((alert) => (alert.code === code ? alert.fields.map(({ value }) => value) : []));

  /** Asks until risk, which has just begun, has the account and the quote. @returns the id of what was approved */
  const enters = async (symbol: string, change: Change): Promise<string> => {
    let id = "";
    let count = 0;
    await eventually(`an entry in ${symbol} to pass`, async () => {
      count += 1;
      id = `${symbol}-${count}`;
      const bracket = {
        stopLoss: { clientOrderId: clientOrderIdSchema.parse(`${id}-stop`), stopPrice: 80 },
        takeProfit: { clientOrderId: clientOrderIdSchema.parse(`${id}-target`), limitPrice: 130 },
      };
      const decision = await ask(intent(id, { symbol, bracket, ...change })).catch((error: unknown) => {
        if (error instanceof RemoteError || error instanceof NoResponderError) return null;
        throw error;
      });
      return decision?.outcome === "approved";
    });
    await reaches(id, "accepted");
    return id;
  };
  const dayTrade = async (symbol: string) => {
    for (const side of ["buy", "sell"] as const) {
      expect(codesOf(await ask(intent(`${side}-${symbol}`, { symbol, side, quantity: 1 })))).toEqual([]);
      await reaches(`${side}-${symbol}`, "filled");
    }
  };
  /** As somebody does with the broker's own tools, past this platform. */
  const dayTradeByHand = (symbol: string) => {
    for (const side of ["BUY", "SELL"] as const) gateway.perform({ action: "manual-order", symbol, side, quantity: 1 });
  };
  const reconnect = async () => {
    expect(await command("gateway-bridge", "reconnect")).toMatchObject({ ok: true });
  };
  /** The night goes by in no time. */
  const turnTo = async (day: string, time: string) => {
    skippedMs += epochMsOf(day, time) - gateway.marketTimeMs;
    // As the session begins, the gateway is asked for its time.
    await reconnect();
    await eventually("the bridge's market clock", () => (bench.clock.nowMs() ?? 0) >= epochMsOf(day, time));
  };

  let part: string;
  let whole: string;

  it("is left alone on the day of its approval, which reserved its day trade", async () => {
    const change = { timeInForce: "gtc", order: { type: "limit", limitPrice: BELOW_THE_MARKET } } as const;
    part = await enters("SPY", change);
    whole = await enters("AAPL", change);
    await dayTrade("MSFT");
    expect(codesOf(await ask(intent("fourth", { symbol: "MSFT", quantity: 2 })))).toEqual(["DAY_TRADES"]);
    quote("SPY", BELOW_THE_MARKET, 4);
    quote("SPY");
    for (let times = 0; times < 2; times += 1) dayTradeByHand("QQQ");
    // The executions of others are asked for as a session begins.
    await reconnect();
    await eventually("three are used", async () => (await report()).used === 3);
    await reaches(part, "partially-filled");
    // Three looks of the keeper.
    await sleep(750);
    expect(held("SPY")).toBe(4);
    expect(cancelsSent()).toBe(0);
    expect(await told("DAY_TRADE_ENTRY_CANCELED")).toEqual([]);
  });

  it("is canceled before it can open anew on a day that has none left, through kill -9 of risk in the middle, and told once", async () => {
    await gateway.setFaults({ cancels: { kind: "ignore" } });
    await turnTo(SECOND_DAY, "08:00");
    // The broker counts for another day, and so tells the account anew.
    gateway.setDayTradesRemaining([0, 0, 0, 0, 3]);
    await eventually("both cancels to be asked for", () => cancelsSent() >= 2);
    await eventually("both to be told", async () => (await told("DAY_TRADE_ENTRY_CANCELED")).length >= 2);
    await risk.kill();
    const before = cancelsSent();
    await gateway.setFaults({ cancels: { kind: "normal" } });
    expect(gateway.liveOrders).toHaveLength(6);
    runRisk();
    for (const id of [part, whole]) await reaches(id, "canceled");
    expect(cancelsSent()).toBeGreaterThan(before);
    // What protects the shares of the first day stays, of their number; what protects nothing went with its entry.
    await eventually("the rest", () => gateway.liveOrders.length === 2);
    expect(atBroker()).toEqual([`${part}-stop 4`, `${part}-target 4`]);
    expect((await told("DAY_TRADE_ENTRY_CANCELED")).toSorted()).toEqual([part, whole].toSorted());
  });

  it("is denied when it is asked for anew, and the way out of what it opened is open: no day trade is made", async () => {
    await turnTo(SECOND_DAY, "10:00");
    let asked = 0;
    await eventually("nothing but the day trades to be in the way", async () => {
      asked += 1;
      return codesOf(await ask(intent(`anew-${asked}`, { symbol: "AAPL" }))).join() === "DAY_TRADES";
    });
    quote("AAPL", BELOW_THE_MARKET - 1);
    quote("SPY", BELOW_THE_MARKET - 1);
    expect(await command("risk", "flatten")).toMatchObject({ ok: true });
    await eventually("nothing is held", () => SYMBOLS.every((symbol) => held(symbol) === 0));
    await eventually("it is told", async () => (await bench.alertCodes()).includes("CLOSE_OUT_FLAT"));
    expect(gateway.liveOrders).toEqual([]);
    expect((await report()).used).toBe(3);
    const codes = await bench.alertCodes();
    expect(codes.filter((code) => code.startsWith("DAY_TRADE"))).toEqual(Array(2).fill("DAY_TRADE_ENTRY_CANCELED"));
  });

  it("cannot keep a fourth from being made by hand, which is told once, through kill -9 of risk at that moment", async () => {
    dayTradeByHand("QQQ");
    await reconnect();
    await eventually("it is told", async () => (await told("DAY_TRADES_BREACHED")).length > 0);
    await risk.kill();
    runRisk();
    const recorded = async () => (await bench.operator.lastValue(limitUseMessage, ["day-trades"]))?.data.used;
    await eventually("four are on record", async () => (await recorded()) === 4);
    expect(await told("DAY_TRADES_BREACHED")).toEqual(["QQQ"]);
  });
});
