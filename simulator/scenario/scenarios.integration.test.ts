import { fileURLToPath } from "node:url";
import { EventName } from "@stoqey/ib";
import { afterEach, describe, expect, it } from "vitest";
import { instantOf } from "../market/new-york.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../mod.ts";
import { limitOrder, marketOrder, stock, TestClient } from "../testing/client.ts";
import { readScenario } from "./scenario.ts";

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function playing(name: string, options: SimulatedGatewayOptions): Promise<SimulatedGateway> {
  const scenario = readScenario(fileURLToPath(new URL(`../scenarios/${name}.json`, import.meta.url)));
  const gateway = await startSimulatedGateway({ ...options, scenario });
  open.push(gateway);
  return gateway;
}

function clientOf(gateway: SimulatedGateway): TestClient {
  const client = new TestClient(gateway, 1);
  open.push(client);
  return client;
}

describe("the example scenarios", () => {
  it("nightly-reset: 1100 five times at its minute, no disconnect, 1101 at the end", async () => {
    const gateway = await playing("nightly-reset", { date: "2025-10-08", startTime: "00:14:58", hold: true });
    const client = clientOf(gateway);
    await client.ready();
    gateway.releaseClock();
    await client.error(1101);
    const codes = client.all(EventName.info).map(([, code]) => code);
    expect(codes.filter((code) => code === 1100)).toHaveLength(5);
    expect(client.all(EventName.disconnected)).toEqual([]);
  });

  it("rough-morning: reports twice, the second order rejected, the third taken behind a socket that dies", async () => {
    const gateway = await playing("rough-morning", { startTime: "09:44:58", speed: 2, hold: true });
    const client = clientOf(gateway);
    const orderId = await client.ready();
    client.api.reqMktData(50, stock("IBM"), "", false, false);
    client.api.placeOrder(orderId, stock("SPY"), marketOrder("BUY", 1));
    client.api.placeOrder(orderId + 1, stock("SPY"), limitOrder("BUY", 1, 1));
    await client.error(201, orderId + 1);
    gateway.releaseClock();
    await client.error(2103);
    await client.next(EventName.commissionReport);
    expect(client.all(EventName.orderStatus).filter((args) => args[1] === "PreSubmitted")).toHaveLength(2);
    client.api.placeOrder(orderId + 2, stock("SPY"), limitOrder("BUY", 1, 1));
    await client.next(EventName.disconnected);
    expect(gateway.liveOrders.map((order) => order.orderId)).toEqual([orderId + 2]);
    const tooSoon = clientOf(gateway);
    tooSoon.api.connect();
    await tooSoon.error(326);
  });

  it("restart-that-forgets: the order before it vanishes, its id is handed out again", async () => {
    const gateway = await playing("restart-that-forgets", { startTime: "16:29:58", hold: true });
    const client = clientOf(gateway);
    const orderId = await client.ready();
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 1, 1, { tif: "GTC" }));
    await client.next(EventName.openOrder);
    gateway.releaseClock();
    await expect.poll(() => gateway.faults.vanishOrders, { interval: 20 }).toBe(true);
    client.api.placeOrder(orderId + 1, stock("SPY"), limitOrder("BUY", 1, 1));
    await client.next(EventName.disconnected);
    await expect.poll(() => gateway.isListening).toBe(true);
    const again = clientOf(gateway);
    again.api.connect();
    await again.next(EventName.managedAccounts);
    expect(again.all(EventName.nextValidId)).toEqual([]);
    expect((await again.next(EventName.nextValidId))[0]).toBe(orderId);
    expect(gateway.liveOrders).toHaveLength(1);
  });
});

describe("halt-and-gap", () => {
  it("stops IBM for ten minutes: flat bars, and eight per cent less afterwards, at the same seconds in every run", async () => {
    const gateway = await playing("halt-and-gap", { startTime: "10:29:40", speed: 300, hold: true });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqRealTimeBars(1, stock("IBM"), 5, "TRADES" as never, false);
    await client.settled();
    gateway.releaseClock();
    const barAt = (time: string) =>
      client.next(EventName.realtimeBar, (args) => args[1] === instantOf("2025-10-07", time));
    const [, , , , , closeBefore] = await barAt("10:29:55");
    const [, , , , , closeIn, volumeIn] = await barAt("10:35:00");
    const [, , , , , closeAfter] = await barAt("10:40:05");
    expect(volumeIn).toBe(0);
    expect(Number(closeIn) / Number(closeBefore)).toBeCloseTo(1, 2);
    expect(Number(closeAfter) / Number(closeIn)).toBeCloseTo(0.92, 1);
    expect(Number(closeAfter)).toBeLessThan(Number(closeIn) * 0.94);
  });
});

describe("a scenario", () => {
  it("is the same steps from test code, at an event that is counted from when it was armed", async () => {
    const gateway = await startSimulatedGateway({ startTime: "10:00:00" });
    open.push(gateway);
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    gateway.arm({
      when: { on: "sent", message: "POSITION_END", nth: 2 },
      do: [{ action: "error", code: 2110, text: "Connectivity between TWS and server is broken." }],
    });
    client.api.reqPositions();
    client.api.reqPositions();
    await client.error(2110);
    const names = client.events.map(({ name }) => name);
    expect(names.filter((name) => name === "positionEnd")).toHaveLength(3);
    expect(names.lastIndexOf("positionEnd")).toBeLessThan(names.lastIndexOf("info"));
  });

  it("gives a fault an end", async () => {
    const gateway = await startSimulatedGateway({ startTime: "10:00:00" });
    open.push(gateway);
    await gateway.perform({ action: "faults", set: { connection: "refuse" }, forMs: 150 });
    expect(gateway.isListening).toBe(false);
    await expect.poll(() => gateway.isListening).toBe(true);
    await clientOf(gateway).ready();
  });
});
