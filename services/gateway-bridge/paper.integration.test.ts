import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cancelMessage, controlMessage, orderEventMessage } from "#libs/contracts/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../simulator/mod.ts";
import { eventually, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { firstEvent } from "./orders/facts.ts";
import { legsOf } from "./orders/legs.ts";
import { BridgeBench, orderId } from "./testing/bench.ts";

let bus: TestBus;
let gateway: SimulatedGateway;
let bench: BridgeBench;

beforeEach(async () => {
  bus = await startBus("paper");
  gateway = await startSimulatedGateway({ prices: "manual", date: "2026-03-10", startTime: "10:30:00" });
  gateway.setQuote("SPY", { bid: 100, ask: 100.02, bidSize: 300, askSize: 300, last: 100.01, lastSize: 10 });
  bench = await BridgeBench.open({ mode: "paper", connect: bus.connect, gatewayPort: gateway.port });
  await bench.want(["SPY"]);
});

afterEach(async () => {
  await bench.stop();
  await gateway.close();
  await bus.stop();
});

const ready = () => eventually("ready", () => bench.service.health().status === "ok");
const start = async () => {
  await bench.start();
  await ready();
};
const reaches = (id: string, status: string) =>
  eventually(`${id} ${status}`, async () => (await bench.statuses(id)).includes(status), 20_000);
const resting = { order: { type: "limit", limitPrice: 90 } } as const;

describe("orders at the broker", () => {
  it("sends an approved order once, with its own id as orderRef, and counts its execution once", async () => {
    gateway.setFaults({ repeatExecutions: 2 });
    await start();
    const id = await bench.approve(bench.intent());
    await reaches(id, "filled");
    const placed = gateway.frames.received("PLACE_ORDER");
    expect(placed).toHaveLength(1);
    expect(placed[0]?.fields).toContain(id);
    expect((await bench.statuses(id)).filter((status) => status !== "accepted")).toEqual(["submitted", "filled"]);
    await eventually("commission", async () => (await bench.fills()).some(({ kind }) => kind === "commission"));
    const fills = await bench.fills();
    expect(fills.filter(({ kind }) => kind === "execution")).toHaveLength(1);
    expect(fills.filter(({ kind }) => kind === "commission")).toHaveLength(1);
    await eventually("position", async () => (await bench.positions()).at(-1)?.quantity === 10);
    expect((await bench.positions()).at(-1)).toMatchObject({ explained: true });
  });

  it("tells a refusal with its code and text, as a terminal event", async () => {
    gateway.setFaults({ rejectOrders: { code: 201, text: "Order rejected - reason: insufficient funds" } });
    await start();
    const id = await bench.approve(bench.intent());
    await reaches(id, "rejected");
    expect((await bench.events(id)).at(-1)?.reason).toContain("201: Order rejected");
  });

  it("cancels a resting order", async () => {
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    const request = { clientOrderId: id, reason: "test" };
    expect(await bench.operator.request(cancelMessage, [], request, { timeoutMs: 1000 })).toMatchObject({ ok: true });
    await reaches(id, "canceled");
  });

  it("never sends an order that was canceled while it waited for the message pace", async () => {
    await start();
    const ids = [];
    for (let count = 0; count < 60; count += 1) ids.push(await bench.approve(bench.intent(resting)));
    const last = ids.at(-1) ?? orderId("none");
    await reaches(last, "submitted");
    const isPlaced = () => gateway.frames.received("PLACE_ORDER").some(({ fields }) => fields.includes(last));
    expect(isPlaced()).toBe(false);
    await eventually("canceled", async () => {
      const request = { clientOrderId: last, reason: "test" };
      return (await bench.operator.request(cancelMessage, [], request, { timeoutMs: 1000 })).ok;
    });
    await eventually("the others are placed", () => gateway.frames.received("PLACE_ORDER").length >= 59, 10_000);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isPlaced()).toBe(false);
    expect((await bench.statuses(last)).at(-1)).toBe("canceled");
  });

  it("sends a bracket as one group", async () => {
    await start();
    const bracket = {
      stopLoss: { clientOrderId: orderId("g-stop"), stopPrice: 95 },
      takeProfit: { clientOrderId: orderId("g-target"), limitPrice: 105 },
    };
    const id = await bench.approve(bench.intent({ clientOrderId: orderId("g"), bracket }));
    await reaches(id, "filled");
    await reaches("g-stop", "accepted");
    await reaches("g-target", "accepted");
    expect(gateway.frames.received("PLACE_ORDER")).toHaveLength(3);
  });

  it("takes a correction in place of the execution it corrects", async () => {
    await start();
    const id = await bench.approve(bench.intent());
    await reaches(id, "filled");
    const [execution] = gateway.executions;
    if (execution === undefined) throw new Error("nothing was executed");
    gateway.correctExecution(execution.execId, { price: 99.5 });
    await eventually("corrected", async () =>
      (await bench.fills()).some((fill) => fill.kind === "execution" && fill.corrects !== null),
    );
    const correction = (await bench.fills()).find((fill) => fill.kind === "execution" && fill.corrects !== null);
    expect(correction).toMatchObject({ corrects: execution.execId, price: 99.5, quantity: 10 });
    expect(bench.service.health().figures["open orders"]).toBe(0);
  });
});

describe("a session that dies", () => {
  it("with the order taken: finds it at the broker, and does not send it again (law 2)", async () => {
    gateway.setFaults({ dropOnPlaceOrder: "after-accept" });
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "unknown");
    await reaches(id, "accepted");
    expect(gateway.frames.received("PLACE_ORDER")).toHaveLength(1);
    expect(await bench.statuses(id)).toEqual(["submitted", "unknown", "accepted"]);
    expect(gateway.liveOrders).toHaveLength(1);
  });

  it("with the order executed: applies the fill once", async () => {
    gateway.setFaults({ dropOnPlaceOrder: "after-accept" });
    await start();
    const id = await bench.approve(bench.intent());
    await reaches(id, "filled");
    expect(gateway.executions).toHaveLength(1);
    expect((await bench.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(1);
  });

  it("with the order lost: declares it not sent after two readings, and does not send it again", async () => {
    gateway.setFaults({ dropOnPlaceOrder: "before-accept" });
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "not-sent");
    expect(await bench.statuses(id)).toEqual(["submitted", "unknown", "not-sent"]);
    expect(gateway.frames.received("PLACE_ORDER")).toHaveLength(1);
    expect(await bench.alertCodes()).toEqual(expect.arrayContaining(["ORDERS_UNKNOWN", "ORDERS_NOT_SENT"]));
  });

  it("never reuses an order id, though the gateway rolls its counter back", async () => {
    await start();
    const first = await bench.approve(bench.intent(resting));
    await reaches(first, "accepted");
    await gateway.restart({ downtimeMs: 300, rollbackIds: 5 });
    await eventually("seen", async () => (await bench.sessions()).some(({ state }) => state === "disconnected"));
    await ready();
    const second = await bench.approve(bench.intent(resting));
    await reaches(second, "accepted");
    const ids = [(await bench.events(first))[0]?.orderId, (await bench.events(second))[0]?.orderId];
    expect(Number(ids[1])).toBeGreaterThan(Number(ids[0]));
    expect(gateway.liveOrders).toHaveLength(2);
  });
});

describe("a bridge that dies", () => {
  it("finds its open orders and fills again when it comes back", async () => {
    await start();
    const id = await bench.approve(bench.intent(resting));
    await reaches(id, "accepted");
    await bench.stop();
    gateway.setQuote("SPY", { bid: 89, ask: 89.02, bidSize: 300, askSize: 300, last: 89, lastSize: 300 });
    await eventually("executed", () => gateway.executions.length > 0);
    await start();
    await reaches(id, "filled");
    expect((await bench.fills()).filter(({ kind }) => kind === "execution")).toHaveLength(1);
  });
});

describe("a bridge that died between recording and writing", () => {
  it("does not send the order: it looks for it, and calls it not sent (law 2)", async () => {
    const intent = bench.intent(resting);
    await bench.approve(intent);
    const before = await bus.connect("gateway-bridge");
    const submitted = firstEvent(legsOf(intent)[0], "submitted", 41, null);
    await before.record(orderEventMessage, [intent.clientOrderId], submitted, { onlyFirst: true });
    await before.close();
    await start();
    await reaches(intent.clientOrderId, "not-sent");
    expect(await bench.statuses(intent.clientOrderId)).toEqual(["submitted", "unknown", "not-sent"]);
    expect(gateway.frames.received("PLACE_ORDER")).toHaveLength(0);
    // And its order id is used up all the same.
    const next = await bench.approve(bench.intent(resting));
    await reaches(next, "accepted");
    expect((await bench.events(next))[0]?.orderId).toBe(42);
  });
});

describe("the account", () => {
  it("halts on a live account in paper mode, places nothing, and tries again when resumed", async () => {
    const live = await startSimulatedGateway({ prices: "manual", account: "U7654321" });
    const wrong = await BridgeBench.open({ mode: "paper", connect: bus.connect, gatewayPort: live.port });
    try {
      await wrong.start();
      await eventually("halted", () => wrong.service.health().detail.startsWith("halted"));
      const id = await wrong.approve(wrong.intent({ clientOrderId: orderId("wrong") }));
      await eventually("expired", async () => (await wrong.statuses(id)).includes("expired"));
      expect(live.frames.receivedCount("PLACE_ORDER")).toBe(0);
      expect((await wrong.alertCodes()).filter((code) => code === "GATEWAY_SESSION_HALTED")).toHaveLength(1);
      const outcome = await wrong.operator.request(
        controlMessage,
        ["gateway-bridge", "resume"],
        { reason: "looked at it" },
        { timeoutMs: 1000 },
      );
      expect(outcome.ok).toBe(true);
    } finally {
      await wrong.stop();
      await live.close();
    }
  });
});
