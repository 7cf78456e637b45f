import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cancelMessage } from "#libs/contracts/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../simulator/mod.ts";
import { eventually, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { BridgeBench, orderId } from "./testing/bench.ts";

describe("the bridge in dry-run", () => {
  let bus: TestBus;
  let gateway: SimulatedGateway;
  let bench: BridgeBench;

  beforeEach(async () => {
    bus = await startBus("dry-run");
    gateway = await startSimulatedGateway({
      prices: "manual",
      date: "2026-03-10",
      startTime: "10:30:00",
      dayTradesRemaining: [3, 3, 3, 3, 3],
    });
    bench = await BridgeBench.open({ mode: "dry-run", connect: bus.connect, gatewayPort: gateway.port });
    await bench.want(["SPY"]);
    await bench.start();
    await eventually("ready", () => bench.service.health().status === "ok");
    await eventually("subscribed", () => gateway.frames.receivedCount("REQ_MKT_DATA") > 0);
  });

  afterEach(async () => {
    await bench.stop();
    await gateway.close();
    await bus.stop();
  });

  const quote = async () => {
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, bidSize: 300, askSize: 300 });
    await new Promise((resolve) => setTimeout(resolve, 50));
  };

  it("fills an approved market order at the ask, books it, and writes no order to the socket (law 5)", async () => {
    await quote();
    const id = await bench.approve(bench.intent());
    await eventually("filled", async () => (await bench.statuses(id)).includes("filled"));
    expect(await bench.statuses(id)).toEqual(["submitted", "accepted", "filled"]);
    expect(await bench.fills()).toMatchObject([
      { kind: "execution", executionId: `dry-${id}-1`, quantity: 10, price: 100.02 },
      { kind: "commission", executionId: `dry-${id}-1`, commission: 1 },
    ]);
    await eventually("position", async () => (await bench.positions()).length > 0);
    expect((await bench.positions()).at(-1)).toMatchObject({ symbol: "SPY", quantity: 10, explained: true });
    const summary = (await bench.summaries()).at(-1);
    expect(summary).toMatchObject({ totalCash: 30_000 - 1000.2 - 1, dayTradesRemaining: [3, 3, 3, 3, 3] });
    expect(gateway.frames.receivedCount("PLACE_ORDER")).toBe(0);
  });

  it("expires an approval that comes too late, and never fills it (law 3)", async () => {
    await quote();
    const now = monotonicNowMs();
    const id = await bench.approve(bench.intent(), {
      approvedAtMonotonicMs: now - 3000,
      expiresAtMonotonicMs: now - 1,
    });
    await eventually("expired", async () => (await bench.statuses(id)).length > 0);
    expect(await bench.events(id)).toMatchObject([{ status: "expired", orderId: null }]);
    expect(await bench.fills()).toEqual([]);
  });

  it("keeps working orders and positions across a restart, and acts on no approval twice (law 2)", async () => {
    await quote();
    const market = await bench.approve(bench.intent());
    const limit = await bench.approve(bench.intent({ order: { type: "limit", limitPrice: 99 }, timeInForce: "gtc" }));
    await eventually("both there", async () => (await bench.statuses(market)).includes("filled"));
    await eventually("resting", async () => (await bench.statuses(limit)).includes("accepted"));
    await bench.stop();
    await bench.start();
    await eventually("ready", () => bench.service.health().status === "ok");
    expect(bench.service.health().figures["open orders"]).toBe(1);
    await eventually("subscribed again", () => gateway.frames.receivedCount("REQ_MKT_DATA") > 1);
    gateway.setQuote("SPY", { bid: 98.9, ask: 98.95, bidSize: 300, askSize: 300 });
    await eventually("filled", async () => (await bench.statuses(limit)).includes("filled"));
    expect(await bench.statuses(market)).toEqual(["submitted", "accepted", "filled"]);
    expect((await bench.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(2);
    await eventually("position", async () => (await bench.positions()).at(-1)?.quantity === 20);
  });

  it("cancels a working order, and says so when there is none", async () => {
    await quote();
    const id = await bench.approve(bench.intent({ order: { type: "limit", limitPrice: 90 } }));
    await eventually("resting", async () => (await bench.statuses(id)).includes("accepted"));
    const request = { clientOrderId: id, reason: "test" };
    expect(await bench.operator.request(cancelMessage, [], request, { timeoutMs: 1000 })).toMatchObject({ ok: true });
    await eventually("canceled", async () => (await bench.statuses(id)).includes("canceled"));
    expect(await bench.operator.request(cancelMessage, [], request, { timeoutMs: 1000 })).toMatchObject({ ok: false });
  });

  it("runs a bracket: the entry's fill wakes its exits, and one exit cancels the other", async () => {
    await quote();
    const [stop, target] = [orderId("b-stop"), orderId("b-target")];
    const id = await bench.approve(
      bench.intent({
        clientOrderId: orderId("b"),
        bracket: {
          stopLoss: { clientOrderId: stop, stopPrice: 99 },
          takeProfit: { clientOrderId: target, limitPrice: 101 },
        },
      }),
    );
    await eventually("entry filled", async () => (await bench.statuses(id)).includes("filled"));
    await eventually("position", async () => (await bench.positions()).at(-1)?.quantity === 10);
    gateway.setQuote("SPY", { bid: 101.1, ask: 101.12, bidSize: 300, askSize: 300 });
    await eventually("target filled", async () => (await bench.statuses(target)).includes("filled"));
    await eventually("stop canceled", async () => (await bench.statuses(stop)).includes("canceled"));
    await eventually("flat", async () => (await bench.positions()).at(-1)?.quantity === 0);
  });
});

describe("the bridge without a gateway", () => {
  it("is up at once, says disconnected, answers, and expires what is approved", async () => {
    const bus = await startBus("dry-run");
    const gateway = await startSimulatedGateway({ prices: "manual" });
    const port = gateway.port;
    await gateway.close();
    const bench = await BridgeBench.open({ mode: "dry-run", connect: bus.connect, gatewayPort: port });
    try {
      await bench.start();
      expect(bench.service.health()).toMatchObject({ status: "degraded" });
      await eventually("refused", () => bench.service.health().detail.includes("ECONNREFUSED"));
      const id = await bench.approve(bench.intent());
      await eventually("expired", async () => (await bench.statuses(id)).includes("expired"));
      await eventually("alert", async () => (await bench.alertCodes()).includes("GATEWAY_UNREACHABLE"));
      expect((await bench.alerts()).find(({ code }) => code === "GATEWAY_UNREACHABLE")?.text).toContain("not running");
    } finally {
      await bench.stop();
      await bus.stop();
    }
  });
});
