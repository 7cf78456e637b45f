import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ClientOrderId, cancelMessage, controlMessage } from "#libs/contracts/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../simulator/mod.ts";
import { ANSWERED_MS, within } from "../../tests/harness/answers.ts";
import { eventually, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { claimPort } from "../../tests/harness/port.ts";
import { MESSAGES_PER_SECOND } from "./gateway/send-queue.ts";
import { BridgeBench, orderId } from "./testing/bench.ts";

let bus: TestBus;
let gateway: SimulatedGateway;
let bench: BridgeBench;

beforeEach(async () => {
  bus = await startBus("paper");
  gateway = await startSimulatedGateway({
    port: await claimPort(),
    prices: "manual",
    date: "2026-03-10",
    startTime: "10:30:00",
  });
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
    expect(
      await within(ANSWERED_MS.cancel, () => bench.operator.request(cancelMessage, [], request, { timeoutMs: 15_000 })),
    ).toMatchObject({ ok: true });
    await reaches(id, "canceled");
  });

  it("never sends an order that was canceled while it waited for the message pace", async () => {
    await start();
    const first = await bench.approve(bench.intent(resting));
    await reaches(first, "accepted");
    const cancel = (clientOrderId: ClientOrderId) =>
      within(ANSWERED_MS.cancel, () =>
        bench.operator.request(cancelMessage, [], { clientOrderId, reason: "test" }, { timeoutMs: 15_000 }),
      );
    // A gateway that takes no notice of cancels can be sent any number of global ones, which are never merged and go
    // first: the pace is used up for seconds, whatever the speed of the machine.
    await gateway.setFaults({ cancels: { kind: "ignore" } });
    const cancelAll = () =>
      bench.operator.request(
        controlMessage,
        ["gateway-bridge", "global-cancel"],
        { reason: "test" },
        { timeoutMs: 15_000 },
      );
    await within(ANSWERED_MS.control, () => Promise.all(Array.from({ length: 6 * MESSAGES_PER_SECOND }, cancelAll)));
    const last = await bench.approve(bench.intent(resting));
    await reaches(last, "submitted");
    const isPlaced = () => gateway.frames.received("PLACE_ORDER").some(({ fields }) => fields.includes(last));
    expect(isPlaced()).toBe(false);
    expect(await cancel(last)).toMatchObject({ ok: true, message: `${last} was canceled before it was sent` });
    await eventually(
      "the queue is empty",
      () => gateway.frames.receivedCount("REQ_GLOBAL_CANCEL") === 6 * MESSAGES_PER_SECOND,
      30_000,
    );
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
});

describe("order ids", () => {
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

describe("the account", () => {
  it("of a broker whose servers reset is not told: its figures are all 0, and would look like the loss of everything", async () => {
    await gateway.setFaults({ accountReady: false });
    await start();
    const restored = () => gateway.perform({ action: "error", code: 1102, text: "restored - data maintained" });
    await restored();
    await eventually("read anew", () => gateway.frames.receivedCount("REQ_ACCOUNT_SUMMARY") === 2);
    await ready();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await bench.summaries()).toEqual([]);
    const aboutAccount = (await bench.alertCodes()).filter((code) => code.startsWith("ACCOUNT_"));
    expect(aboutAccount).toEqual(["ACCOUNT_NOT_READY"]);
    await gateway.setFaults({ accountReady: true });
    await restored();
    await eventually("figures", async () => (await bench.summaries()).length > 0);
    expect(Math.min(...(await bench.summaries()).map(({ netLiquidation }) => netLiquidation))).toBeGreaterThan(0);
  });

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
      const outcome = await within(ANSWERED_MS.control, () =>
        wrong.operator.request(
          controlMessage,
          ["gateway-bridge", "resume"],
          { reason: "looked at it" },
          { timeoutMs: 15_000 },
        ),
      );
      expect(outcome.ok).toBe(true);
    } finally {
      await wrong.stop();
      await live.close();
    }
  });
});
