import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cancelMessage, dryRunMemoryMessage, quoteMessage } from "#libs/contracts/mod.ts";
import { monotonicNowMs } from "#libs/time/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../simulator/mod.ts";
import { ANSWERED_MS, within } from "../../tests/harness/answers.ts";
import { eventually, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { BridgeBench, orderId } from "./testing/bench.ts";

/** The bridge has the quote: it is on the bus. */
const known = (bench: BridgeBench, bid: number) =>
  eventually(`a bid of ${bid}`, async () => (await bench.operator.lastValue(quoteMessage, ["SPY"]))?.data.bid === bid);

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
    await known(bench, 100);
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
    expect(
      await within(ANSWERED_MS.cancel, () => bench.operator.request(cancelMessage, [], request, { timeoutMs: 15_000 })),
    ).toMatchObject({ ok: true });
    await eventually("canceled", async () => (await bench.statuses(id)).includes("canceled"));
    expect(
      await within(ANSWERED_MS.cancel, () => bench.operator.request(cancelMessage, [], request, { timeoutMs: 15_000 })),
    ).toMatchObject({
      ok: false,
    });
  });

  it("keeps a trailing stop where it stands, and a group that traded, across a restart", async () => {
    const traded = (price: number) =>
      gateway.setQuote("SPY", {
        bid: price - 0.01,
        ask: price + 0.01,
        last: price,
        lastSize: 10,
        bidSize: 300,
        askSize: 300,
      });
    traded(100);
    await known(bench, 99.99);
    const trail = { type: "trailing-stop", trail: { by: "amount", amount: 1 }, initialStopPrice: null } as const;
    const id = await bench.approve(bench.intent({ side: "sell", order: trail, timeInForce: "gtc" }));
    await eventually("waiting", async () => (await bench.statuses(id)).includes("accepted"));
    const group = { oneCancelsAllGroup: "either" };
    const first = await bench.approve(bench.intent(group));
    await eventually("group traded", async () => (await bench.statuses(first)).includes("filled"));
    traded(105);
    const stands = async () => (await bench.operator.lastValue(dryRunMemoryMessage, []))?.data.orders[0]?.stopPrice;
    await eventually("the stop followed and is kept", async () => (await stands()) === 104);
    await bench.stop();
    await bench.start();
    await eventually("ready", () => bench.service.health().status === "ok");
    await eventually("subscribed again", () => gateway.frames.receivedCount("REQ_MKT_DATA") > 1);
    const second = await bench.approve(bench.intent(group));
    await eventually("refused", async () => (await bench.statuses(second)).includes("rejected"));
    expect((await bench.events(second)).at(-1)?.reason).toContain("an order of its group has been filled");
    traded(103.9);
    await eventually("sold", async () => (await bench.statuses(id)).includes("filled"));
    expect((await bench.fills()).at(-2)).toMatchObject({ side: "sell", quantity: 10, price: 103.89 });
    expect(gateway.frames.receivedCount("PLACE_ORDER")).toBe(0);
  });

  it("fills nothing in a symbol that is halted, until it trades again", async () => {
    await quote();
    await gateway.perform({ action: "halt", symbol: "SPY" });
    await eventually(
      "known",
      async () => (await bench.operator.lastValue(quoteMessage, ["SPY"]))?.data.halted === true,
    );
    const id = await bench.approve(bench.intent());
    await eventually("waits", async () => (await bench.statuses(id)).includes("accepted"));
    // A quote that would fill it is known, and did not.
    gateway.setQuote("SPY", { bid: 100.5, ask: 100.52, bidSize: 300, askSize: 300 });
    await known(bench, 100.5);
    expect(await bench.fills()).toEqual([]);
    await gateway.perform({ action: "resume", symbol: "SPY" });
    gateway.setQuote("SPY", { bid: 101, ask: 101.02, bidSize: 300, askSize: 300 });
    await eventually("filled", async () => (await bench.statuses(id)).includes("filled"));
    expect((await bench.fills())[0]).toMatchObject({ price: 101.02 });
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

describe("a bracket over a restart of the bridge in dry-run", () => {
  it("closes no more than the entry opened, also when an exit that was filled in part is gone", async () => {
    const bus = await startBus("dry-run");
    const gateway = await startSimulatedGateway({ prices: "manual", date: "2026-03-10", startTime: "10:30:00" });
    const bench = await BridgeBench.open({ mode: "dry-run", connect: bus.connect, gatewayPort: gateway.port });
    const quoted = (bid: number, bidSize: number, last: number) =>
      gateway.setQuote("SPY", { bid, ask: bid + 0.02, bidSize, askSize: 300, last, lastSize: 1 });
    try {
      await bench.want(["SPY"]);
      await bench.start();
      await eventually("ready", () => bench.service.health().status === "ok");
      await eventually("subscribed", () => gateway.frames.receivedCount("REQ_MKT_DATA") > 0);
      quoted(100, 300, 100);
      await known(bench, 100);
      const [stop, target] = [orderId("p-stop"), orderId("p-target")];
      const bracket = {
        stopLoss: { clientOrderId: stop, stopPrice: 95 },
        takeProfit: { clientOrderId: target, limitPrice: 101 },
      };
      const id = await bench.approve(bench.intent({ clientOrderId: orderId("p"), quantity: 100, bracket }));
      await eventually("entry filled", async () => (await bench.statuses(id)).includes("filled"));
      quoted(101.1, 40, 101.1);
      await eventually("a part of it closed", async () => (await bench.statuses(target)).includes("partially-filled"));
      await within(ANSWERED_MS.cancel, () =>
        bench.operator.request(cancelMessage, [], { clientOrderId: target, reason: "test" }, { timeoutMs: 15_000 }),
      );
      await eventually("target gone", async () => (await bench.statuses(target)).includes("canceled"));
      await bench.stop();
      await bench.start();
      await eventually("ready", () => bench.service.health().status === "ok");
      await eventually("subscribed again", () => gateway.frames.receivedCount("REQ_MKT_DATA") > 1);
      quoted(94, 300, 94);
      await eventually("stopped out", async () => (await bench.positions()).at(-1)?.quantity === 0);
      quoted(93, 300, 93);
      await known(bench, 93);
      const sold = (await bench.fills()).flatMap((fill) =>
        fill.kind === "execution" && fill.side === "sell" ? [[String(fill.clientOrderId), fill.quantity]] : [],
      );
      expect(sold).toEqual([
        ["p-target", 40],
        ["p-stop", 60],
      ]);
    } finally {
      await bench.stop();
      await gateway.close();
      await bus.stop();
    }
  });
});

describe("the bridge in dry-run on delayed data", () => {
  it("opens no position at prices of 15 minutes ago, and says so once", async () => {
    const bus = await startBus("dry-run");
    const gateway = await startSimulatedGateway({ date: "2026-03-10", startTime: "10:30:00" });
    await gateway.setFaults({ marketDataAccess: "delayed" });
    const env = { DELAYED_MARKET_DATA: "true" };
    const bench = await BridgeBench.open({ mode: "dry-run", connect: bus.connect, gatewayPort: gateway.port, env });
    try {
      await bench.want(["SPY"]);
      await bench.start();
      await eventually("ready", () => bench.service.health().status === "ok");
      const known = async () => (await bench.operator.lastValue(quoteMessage, ["SPY"]))?.data;
      await eventually("delayed prices", async () => {
        const quote = await known();
        return quote?.delayed === true && quote.ask !== null;
      });
      const id = await bench.approve(bench.intent());
      const now = await bench.approve(bench.intent({ timeInForce: "ioc" }));
      await eventually("waits", async () => (await bench.statuses(id)).includes("accepted"));
      await eventually("over", async () => (await bench.statuses(now)).includes("canceled"));
      await eventually("told", async () => (await bench.alertCodes()).includes("DRY_RUN_HELD_BACK"));
      const ticks = gateway.frames.sentCount("TICK_PRICE");
      await eventually("more prices", () => gateway.frames.sentCount("TICK_PRICE") > ticks + 5, 20_000);
      expect(await bench.fills()).toEqual([]);
      await gateway.setFaults({ marketDataAccess: "live" });
      await eventually("filled", async () => (await bench.statuses(id)).includes("filled"), 20_000);
      expect((await bench.events(id)).at(-1)?.reason).toBeNull();
      expect((await bench.alertCodes()).filter((code) => code === "DRY_RUN_HELD_BACK")).toHaveLength(1);
    } finally {
      await bench.stop();
      await gateway.close();
      await bus.stop();
    }
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
