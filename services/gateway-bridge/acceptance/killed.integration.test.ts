import { afterEach, expect, it } from "vitest";
import {
  type ClientOrderId,
  cancelMessage,
  clientOrderIdSchema,
  controlMessage,
  type Mode,
} from "#libs/contracts/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../../simulator/mod.ts";
import { eventually, startBus, type TestBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { BridgeBench } from "../testing/bench.ts";
import { BridgeProcess } from "../testing/bridge-process.ts";

/*
 * A cancel that was answered as accepted is carried out, though the bridge is killed before the broker's word on it. The
 * bridge is a process of its own here, and ends by kill -9.
 */

let bus: TestBus;
let gateway: SimulatedGateway;
let bench: BridgeBench;
let bridge: BridgeProcess;

const run = () => {
  const { dataDir, port: natsPort, mode } = bus;
  bridge = new BridgeProcess({ mode, dataDir, natsPort, gatewayPort: gateway.port });
};

async function open(mode: Mode): Promise<void> {
  bus = await startBus(mode);
  gateway = await startSimulatedGateway({
    port: await claimPort(),
    prices: "manual",
    date: "2026-03-10",
    startTime: "10:30:00",
  });
  gateway.setQuote("SPY", { bid: 99.99, ask: 100.01, last: 100, lastSize: 10, bidSize: 300, askSize: 300 });
  bench = await BridgeBench.open({ mode, connect: bus.connect, gatewayPort: gateway.port });
  await bench.want(["SPY"]);
  run();
  await eventually("ready", async () => (await bench.sessions()).at(-1)?.state === "ready", 30_000);
}

afterEach(async () => {
  await bridge.kill();
  await gateway.close();
  await bus.stop();
});

const resting = { order: { type: "limit", limitPrice: 90 } } as const;
const reaches = (id: string, status: string) =>
  eventually(`${id} ${status}`, async () => (await bench.statuses(id)).includes(status), 30_000);

async function working(): Promise<ClientOrderId> {
  const id = await bench.approve(bench.intent(resting));
  await reaches(id, "accepted");
  return id;
}

const cancel = (clientOrderId: ClientOrderId) =>
  bench.operator.request(cancelMessage, [], { clientOrderId, reason: "not any more" }, { timeoutMs: 5000 });
const cancelAll = () =>
  bench.operator.request(controlMessage, ["gateway-bridge", "global-cancel"], { reason: "stop" }, { timeoutMs: 5000 });

/** The bridge is killed, and another one has a session of its own with a gateway that cancels what it is asked to. */
async function killedAndBack(): Promise<void> {
  await bridge.kill();
  await gateway.setFaults({ cancels: { kind: "normal" } });
  const sessions = (await bench.sessions()).length;
  run();
  await eventually(
    "ready again",
    async () => (await bench.sessions()).slice(sessions).some(({ state }) => state === "ready"),
    30_000,
  );
}

it("a cancel that the gateway did not hear is asked again by the next bridge, of that order alone", async () => {
  await open("paper");
  const [id, other] = [await working(), await working()];
  await gateway.setFaults({ cancels: { kind: "ignore" } });
  expect(await cancel(id)).toMatchObject({ ok: true });
  await killedAndBack();
  await reaches(id, "canceled");
  expect(gateway.frames.receivedCount("CANCEL_ORDER")).toBe(2);
  expect(gateway.liveOrders.map(({ terms }) => terms.orderRef)).toEqual([other]);
  // It is over, so a third bridge asks nothing.
  await killedAndBack();
  await reaches(await working(), "accepted");
  expect(gateway.frames.receivedCount("CANCEL_ORDER")).toBe(2);
});

it("a global cancel is carried out order by order, and takes none that was approved after it", async () => {
  await open("paper");
  const before = [await working(), await working()];
  await gateway.setFaults({ cancels: { kind: "ignore" } });
  expect(await cancelAll()).toMatchObject({ ok: true });
  const after = await working();
  await killedAndBack();
  for (const id of before) await reaches(id, "canceled");
  // Whatever is due is written before an order is.
  const last = await working();
  expect(gateway.liveOrders.map(({ terms }) => terms.orderRef)).toEqual([after, last]);
  expect(gateway.frames.receivedCount("REQ_GLOBAL_CANCEL")).toBe(1);
  expect(gateway.frames.receivedCount("CANCEL_ORDER")).toBe(2);
});

it("that of an entry whose stop was never sent is asked again, though nobody asked for it", async () => {
  await open("paper");
  await gateway.setFaults({ dropOnPlaceOrder: "after-accept", cancels: { kind: "ignore" } });
  const intent = bench.intent(resting);
  const id = await bench.approve({
    ...intent,
    bracket: {
      stopLoss: { clientOrderId: clientOrderIdSchema.parse(`${intent.clientOrderId}-stop`), stopPrice: 80 },
      takeProfit: { clientOrderId: clientOrderIdSchema.parse(`${intent.clientOrderId}-target`), limitPrice: 120 },
    },
  });
  await reaches(`${id}-stop`, "not-sent");
  await eventually("asked", () => gateway.frames.receivedCount("CANCEL_ORDER") === 1);
  await killedAndBack();
  await reaches(id, "canceled");
  expect(gateway.liveOrders).toHaveLength(0);
});

it("one that the broker refused is not asked again by the next bridge", async () => {
  await open("paper");
  const id = await working();
  await gateway.setFaults({ cancels: { kind: "ignore" } });
  expect(await cancel(id)).toMatchObject({ ok: true });
  const orderId = (await bench.events(id))[0]?.orderId ?? 0;
  await eventually("written", () => gateway.frames.receivedCount("CANCEL_ORDER") === 1);
  gateway.injectError(161, "Cancel attempted when order is not in a cancellable state.", orderId);
  await eventually("told", async () => (await bench.alertCodes()).includes("CANCEL_REFUSED"));
  await killedAndBack();
  await reaches(await working(), "accepted");
  expect(gateway.frames.receivedCount("CANCEL_ORDER")).toBe(1);
  expect(await bench.statuses(id)).toEqual(["submitted", "accepted"]);
  expect((await bench.alertCodes()).filter((code) => code === "CANCEL_REFUSED")).toHaveLength(1);
});

it("in dry-run nothing that was answered as canceled works again", async () => {
  await open("dry-run");
  const ids = await Promise.all(Array.from({ length: 40 }, () => bench.approve(bench.intent(resting))));
  for (const id of ids) await reaches(id, "accepted");
  const answers = await Promise.all(ids.map(cancel));
  expect(answers.every(({ ok }) => ok)).toBe(true);
  await bridge.kill();
  for (const id of ids) expect((await bench.statuses(id)).at(-1)).toBe("canceled");
});

it("in dry-run nothing that was answered as canceled by a global cancel works again", async () => {
  await open("dry-run");
  const ids = await Promise.all(Array.from({ length: 40 }, () => bench.approve(bench.intent(resting))));
  for (const id of ids) await reaches(id, "accepted");
  expect(await cancelAll()).toMatchObject({ ok: true });
  await bridge.kill();
  for (const id of ids) expect((await bench.statuses(id)).at(-1)).toBe("canceled");
});
