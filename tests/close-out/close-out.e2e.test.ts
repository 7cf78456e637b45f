import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  alertMessage,
  clientOrderIdSchema,
  closeOutMessage,
  controlMessage,
  foreignOrderMessage,
  riskStateMessage,
} from "#libs/contracts/mod.ts";
import { sleep } from "#libs/time/mod.ts";
import { ANSWERED_MS, within } from "../harness/answers.ts";
import { eventually } from "../harness/bus.ts";
import { TestPlatform } from "../harness/platform.ts";

const SYMBOLS = ["SPY", "QQQ"] as const;

/** The whole platform against the simulated broker: a loss, positions with orders around them, and kill -9. */
describe("a daily loss that flattens", () => {
  let platform: TestPlatform;
  let price = 100;
  let quoting: NodeJS.Timeout;
  beforeAll(async () => {
    platform = await TestPlatform.start({
      mode: "paper",
      env: {
        ON_DAILY_LOSS: "flatten",
        MAX_DAILY_LOSS_PCT: "0.01",
        MAX_POSITION_PCT: "1.0",
        MAX_CONCENTRATION_PCT: "1.0",
      },
      gameplan: {
        tradingDay: "any",
        strategies: [
          {
            strategy: "opening-range-breakout",
            symbols: [...SYMBOLS],
            capitalUsd: 1000,
            from: "15:00",
            until: "15:01",
          },
        ],
      },
    });
    const quote = () => {
      for (const symbol of SYMBOLS) {
        platform.gateway.setQuote(symbol, {
          bid: price - 0.01,
          ask: price + 0.01,
          // A closing order takes several quotes, so that a kill finds it half way.
          bidSize: 40,
          askSize: 5000,
          last: price,
          lastSize: 100,
        });
      }
    };
    quote();
    quoting = setInterval(quote, 300);
    await platform.quote(100);
    await platform.quoted("QQQ", 100);
  });
  afterAll(async () => {
    clearInterval(quoting);
    await platform.stop();
  });

  const held = (symbol: string) => platform.gateway.positions.find((one) => one.symbol === symbol)?.quantity ?? 0;
  const closingOrders = () => platform.placedOrderRefs().filter((ref) => ref.startsWith("close-"));
  const state = async () => (await platform.operator.lastValue(riskStateMessage, []))?.data;
  const closeOut = async () => (await platform.operator.lastValue(closeOutMessage, []))?.data;

  it("ends flat through kill -9 of risk in the middle, and turns no position around", async () => {
    const bracket = {
      stopLoss: { clientOrderId: clientOrderIdSchema.parse("spy-stop"), stopPrice: 80 },
      takeProfit: { clientOrderId: clientOrderIdSchema.parse("spy-target"), limitPrice: 130 },
    };
    for (const intent of [
      platform.intent("spy", { quantity: 240, bracket }),
      platform.intent("qqq", { symbol: "QQQ", quantity: 200 }),
      platform.intent("resting", { symbol: "QQQ", quantity: 50, order: { type: "limit", limitPrice: 90 } }),
    ]) {
      const decision = await platform.ask(intent);
      expect(decision.outcome, JSON.stringify(decision)).toBe("approved");
    }
    await eventually("both are held", () => held("SPY") === 240 && held("QQQ") === 200);
    await eventually("the rest is at work", async () => {
      const orders = await platform.orders();
      return ["spy-stop", "spy-target", "resting"].every((id) => orders.get(id)?.status === "accepted");
    });

    // 440 shares, 4 USD each: more than the limit of 1 % of 100,000 USD.
    price = 96;
    await platform.quote(96);
    await eventually("the first closing order is at the broker", () => closingOrders().length > 0);
    expect(held("SPY") + held("QQQ")).toBeGreaterThan(0);
    await platform.kill("risk");

    await eventually("nothing is held", () => held("SPY") === 0 && held("QQQ") === 0, 60_000);
    await eventually("risk says so", async () => (await closeOut())?.status === "flat", 30_000);
    expect(platform.gateway.liveOrders).toEqual([]);
    for (const symbol of SYMBOLS) {
      let position = 0;
      for (const execution of platform.gateway.executions.filter((one) => one.instrument.symbol === symbol)) {
        position += execution.side === "BOT" ? execution.shares : -execution.shares;
        expect(position, `${symbol} is never short`).toBeGreaterThanOrEqual(0);
      }
      expect(position).toBe(0);
    }
    const refs = platform.placedOrderRefs();
    expect(new Set(refs).size, "no order twice").toBe(refs.length);
  });

  it("sends nothing more, and lets no entry pass, also after another kill", async () => {
    const before = platform.placedOrderRefs().length;
    await platform.kill("risk");
    await eventually("an entry is denied", async () => {
      const decision = await platform
        .ask(platform.intent(`late-${performance.now().toFixed(0)}`))
        .catch(() => undefined);
      return decision?.outcome === "denied" && decision.reasons.some(({ code }) => code === "REDUCING_ONLY");
    });
    expect(await state()).toMatchObject({ tradingState: "reducing", setBy: "DAILY_LOSS" });
    await sleep(2000);
    expect(platform.placedOrderRefs()).toHaveLength(before);
  });

  it("told the operator once of each step", async () => {
    const alerts = (await platform.stored(alertMessage, "ALERTS")).map(({ data }) => data.code);
    for (const code of ["DAILY_LOSS_BREACHED", "CLOSE_OUT_BEGUN", "CLOSE_OUT_FLAT"])
      expect(
        alerts.filter((told) => told === code),
        code,
      ).toHaveLength(1);
  });

  it("is resumed only by the name of its cause", async () => {
    const resume = (override?: string[]) =>
      within(ANSWERED_MS.operator, () =>
        platform.operator.request(
          controlMessage,
          ["risk", "resume"],
          { reason: "test", ...(override ? { override } : {}) },
          { timeoutMs: 15_000 },
        ),
      );
    expect(await resume()).toMatchObject({ ok: false });
    expect(await resume(["DAILY_LOSS", "DAILY_DRAWDOWN"])).toMatchObject({ ok: true });
    expect(await platform.ask(platform.intent("again"))).toMatchObject({ outcome: "approved" });
  });

  it("closes also what a stop placed by hand protects, with one order, and names the stop (law 7)", async () => {
    await eventually("something is held", () => held("SPY") > 0);
    const stop = { symbol: "SPY", side: "SELL", orderType: "STP", stopPrice: 50, timeInForce: "GTC" } as const;
    platform.gateway.perform({ action: "manual-order", quantity: held("SPY"), ...stop });
    // The bridge looks for the orders of others every half minute, and as it begins.
    const command = { reason: "test" };
    await within(ANSWERED_MS.operator, () =>
      platform.operator.request(controlMessage, ["gateway-bridge", "reconnect"], command, { timeoutMs: 15_000 }),
    );
    await eventually("the stop is told", async () =>
      (await platform.stored(foreignOrderMessage, "LEDGER")).some(({ data }) => data.status === "working"),
    );
    const before = closingOrders().length;
    const flatten = within(ANSWERED_MS.operator, () =>
      platform.operator.request(controlMessage, ["risk", "flatten"], { reason: "enough" }, { timeoutMs: 15_000 }),
    );
    expect(await flatten).toMatchObject({ ok: true });
    await eventually("nothing is held", () => held("SPY") === 0, 30_000);
    expect(closingOrders()).toHaveLength(before + 1);
    await eventually("risk says so", async () => (await closeOut())?.status === "flat", 30_000);
    expect(platform.gateway.liveOrders).toHaveLength(1);
    const [foreign] = await platform.stored(foreignOrderMessage, "LEDGER");
    const alerts = (await platform.stored(alertMessage, "ALERTS")).map(({ data }) => data);
    for (const code of ["CLOSE_OUT_BEGUN", "EXIT_BESIDE_FOREIGN_ORDER", "CLOSE_OUT_FLAT"])
      expect(alerts.findLast((alert) => alert.code === code)?.text, code).toContain(`permId ${foreign?.data.permId}`);
  });
});
