import { EventName } from "@stoqey/ib";
import { afterEach, describe, expect, it } from "vitest";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../mod.ts";
import { pause, stock, TestClient } from "../testing/client.ts";
import { RawClient } from "../testing/raw-client.ts";
import type { Faults } from "./faults.ts";

const open: { close(): unknown }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

async function gatewayWith(
  faults: Partial<Faults> = {},
  options: SimulatedGatewayOptions = {},
): Promise<SimulatedGateway> {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", ...options });
  open.push(gateway);
  await gateway.setFaults(faults);
  return gateway;
}

function clientOf(gateway: SimulatedGateway, clientId = 1): TestClient {
  const client = new TestClient(gateway, clientId);
  open.push(client);
  return client;
}

function rawClientOf(gateway: SimulatedGateway, options: { versions?: string; clientId?: number } = {}): RawClient {
  const client = new RawClient(gateway.port, options);
  open.push({ close: () => client.close() });
  return client;
}

async function readyRawClient(gateway: SimulatedGateway, clientId = 1): Promise<RawClient> {
  const client = rawClientOf(gateway, { clientId });
  await client.frame(9);
  return client;
}

describe("the version", () => {
  it("has no common ground with a client whose lowest is above the gateway's highest: closed without a word", async () => {
    const gateway = await gatewayWith({}, { serverVersionMax: 178 });
    const client = rawClientOf(gateway, { versions: "v179..193" });
    expect(await client.ended()).toBe("closed");
    expect(client.bytes).toHaveLength(0);
  });

  it.each([38, 250])("can be forced to %i, whatever the client asked for", async (forcedVersion) => {
    const gateway = await gatewayWith({ forcedVersion });
    const client = rawClientOf(gateway);
    await expect.poll(() => client.frames[0]?.[0]).toBe(String(forcedVersion));
  });

  it("below what the library can speak makes it leave, with its code 506", async () => {
    const client = clientOf(await gatewayWith({ forcedVersion: 38 }));
    client.api.connect();
    await client.next(EventName.error, (args) => args[1] === 506);
  });
});

describe("a client id", () => {
  it("lingers after a reset, and is free once the time is over", async () => {
    const gateway = await gatewayWith({ clientIdLinger: { forMs: 3000, after: "reset" } });
    const first = await readyRawClient(gateway);
    first.close("reset");
    await expect.poll(() => gateway.clientIds, { interval: 5 }).toEqual([]);
    const second = rawClientOf(gateway, { clientId: 1 });
    await second.frame(4, 326);
    expect(await second.ended()).toBe("closed");
    await pause(3000);
    await readyRawClient(gateway);
  });

  it("that lingers after a reset only is free at once after an orderly end", async () => {
    const gateway = await gatewayWith({ clientIdLinger: { forMs: 60_000, after: "reset" } });
    const first = await readyRawClient(gateway);
    first.close("end");
    await expect.poll(() => gateway.clientIds).toEqual([]);
    await readyRawClient(gateway);
  });

  it("that lingers after any end is taken after an orderly one too, until the gateway restarts", async () => {
    const gateway = await gatewayWith({ clientIdLinger: { forMs: 60_000, after: "any-end" } });
    (await readyRawClient(gateway)).close("end");
    await expect.poll(() => gateway.clientIds).toEqual([]);
    await rawClientOf(gateway, { clientId: 1 }).frame(4, 326);
    await gateway.restart();
    await readyRawClient(gateway);
  });
});

describe("before it is ready", () => {
  it("a session's requests are answered with 504 when that is wanted", async () => {
    const client = rawClientOf(await gatewayWith({ beforeStartApi: "error-504" }));
    client.send(49, 1);
    expect((await client.frame(4, 504))[4]).toBe("Not connected");
  });

  it("a session waits for its next valid id, and what it asks meanwhile can be lost", async () => {
    const gateway = await gatewayWith({ nextValidIdDelayMs: 200, beforeNextValidId: "ignore" });
    const client = rawClientOf(gateway, { clientId: 1 });
    await client.frame(15);
    client.send(61, 1);
    await client.frame(9);
    client.send(61, 1);
    await client.frame(62);
    await pause(50);
    expect(client.frames.filter(([id]) => id === "62")).toHaveLength(1);
    expect(gateway.frames.receivedCount("REQ_POSITIONS")).toBe(2);
  });
});

describe("farms on demand", () => {
  it("are reported as inactive, and connect when they are needed, once", async () => {
    const client = clientOf(await gatewayWith({ farms: "on-demand" }));
    await client.ready();
    await client.error(2108);
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.reqMktData(2, stock("IBM"), "", false, false);
    await client.error(2104);
    client.api.reqContractDetails(3, stock("SPY"));
    await client.error(2158);
    expect(client.all(EventName.info).map(([, code]) => code)).toEqual([2107, 2108, 2119, 2104, 2158]);
  });
});

describe("the wire", () => {
  it("brings single bytes, and the client still reads every frame", async () => {
    const gateway = await gatewayWith({ writes: { kind: "pieces", bytes: 1, pauseMs: 0 } });
    const raw = await readyRawClient(gateway, 5);
    expect(raw.chunkSizes.length).toBeGreaterThan(20);
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    expect(client.decodeErrors()).toEqual([]);
  });

  it("is slow: a few bytes, a pause, and so on", async () => {
    const gateway = await gatewayWith();
    const raw = await readyRawClient(gateway);
    await raw.frame(4, 2158);
    await gateway.setFaults({ writes: { kind: "pieces", bytes: 10, pauseMs: 40 } });
    const asked = performance.now();
    raw.send(5, 1);
    raw.send(16, 1);
    raw.send(61, 1);
    raw.send(49, 1);
    await raw.frame(49);
    // Three end markers of 9 or 10 bytes and the time: at least three pauses.
    expect(performance.now() - asked).toBeGreaterThan(100);
  });

  it("is reset in the middle of a frame, and the next session is whole again", async () => {
    const gateway = await gatewayWith();
    const raw = await readyRawClient(gateway);
    await raw.frame(4, 2158);
    const before = raw.bytes.length;
    await gateway.perform({ action: "drop", how: "reset-mid-frame" });
    expect(await raw.ended()).toBe("reset");
    const rest = raw.bytes.subarray(before);
    expect(rest.length).toBeGreaterThan(0);
    expect(rest.length).toBeLessThan(4 + rest.readUInt32BE(0));
    await readyRawClient(gateway);
  });

  it("is reset during the next message of a kind, once", async () => {
    const gateway = await gatewayWith({ resetDuring: "POSITION_END" });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqPositions();
    await client.next(EventName.disconnected);
    expect(client.all(EventName.positionEnd)).toEqual([]);
    expect(gateway.faults.resetDuring).toBeNull();
    const again = clientOf(gateway);
    await again.ready();
    again.api.reqPositions();
    await again.next(EventName.positionEnd);
  });

  it("brings an unknown message, and one with a field too many: the library says 505 and goes on", async () => {
    const gateway = await gatewayWith();
    const client = clientOf(gateway);
    await client.ready();
    await gateway.perform({ action: "send", fields: [999, 1, "what"] });
    await client.next(EventName.error, (args) => args[1] === 505);
    await gateway.setFaults({ mangle: { message: "POSITION_END", how: "extra-field" } });
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    const surplus = client.decodeErrors().length;
    expect(surplus).toBeGreaterThan(1);
    await gateway.setFaults({ mangle: { message: "POSITION_END", how: "cut-short" } });
    client.api.reqPositions();
    await expect.poll(() => client.decodeErrors().length).toBeGreaterThan(surplus);
    await gateway.setFaults({ mangle: null });
    client.api.reqCurrentTime();
    await client.next(EventName.currentTime);
  });

  it("is read strictly when that is wanted: a NUL in a text moves every later field, and that gets 320", async () => {
    const gateway = await gatewayWith();
    const client = clientOf(gateway);
    const orderId = await client.ready();
    await gateway.setFaults({ strictParse: true });
    client.api.placeOrder(orderId, stock("SPY"), {
      action: "BUY" as never,
      orderType: "LMT" as never,
      lmtPrice: 1,
      totalQuantity: 1,
      orderRef: "a\0b",
    });
    expect(await client.error(320, orderId)).toContain("field 'transmit' for input string 'b'");
    expect(gateway.liveOrders).toEqual([]);
    const raw = await readyRawClient(gateway, 2);
    raw.send(2, 2, 77, "surplus");
    expect(await raw.frame(4, 320)).toMatchObject({ 2: "77", 4: expect.stringContaining("1 more field than") });
  });

  it("is read strictly and takes everything the library writes", async () => {
    const gateway = await gatewayWith({ strictParse: true });
    const client = clientOf(gateway);
    const orderId = await client.ready();
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.reqRealTimeBars(2, stock("SPY"), 5, "TRADES" as never, false);
    client.api.reqHistoricalData(3, stock("SPY"), "", "1800 S", "1 min" as never, "TRADES" as never, 0, 1, false);
    client.api.reqContractDetails(4, stock("SPY"));
    client.api.reqExecutions(5, {});
    client.api.reqAccountSummary(6, "All", "NetLiquidation");
    client.api.reqAccountUpdates(true, "");
    client.api.reqPnL(7, "DU1234567", "");
    client.api.placeOrder(orderId, stock("SPY"), {
      action: "BUY" as never,
      orderType: "LMT" as never,
      lmtPrice: 1,
      totalQuantity: 1,
    });
    await client.next(EventName.openOrder);
    client.api.cancelOrder(orderId);
    client.api.cancelMktData(1);
    client.api.cancelRealTimeBars(2);
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    expect(client.all(EventName.error).filter((args) => args[1] === 320)).toEqual([]);
  });
});

describe("connectivity", () => {
  it("is lost, said several times, and restored with the data kept: the streams stop and go on", async () => {
    const gateway = await gatewayWith({}, { prices: "manual" });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    gateway.setQuote("SPY", { bid: 100, ask: 100.02, last: 100.01 });
    await client.next(EventName.tickPrice);
    const over = gateway.perform({ action: "connectivity-loss", times: 3, everyMs: 20, restoredAfterMs: 3000 });
    await expect.poll(() => client.all(EventName.info).filter(([, code]) => code === 1100)).toHaveLength(3);
    gateway.setQuote("SPY", { bid: 200, ask: 200.02 });
    await over;
    expect(await client.error(1102)).toContain("data maintained. All data farms are connected: usfarm");
    expect(client.all(EventName.tickPrice).some((args) => args[2] === 200)).toBe(false);
    gateway.setQuote("SPY", { bid: 300, ask: 300.02 });
    await client.next(EventName.tickPrice, (args) => args[2] === 300);
    expect(client.all(EventName.disconnected)).toEqual([]);
  });

  it("is restored with the data lost: the streams are gone until they are asked for again", async () => {
    const gateway = await gatewayWith({}, { prices: "manual" });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    await gateway.perform({ action: "connectivity-loss", restoredAfterMs: 0, restoredWith: 1101 });
    await client.error(1101);
    gateway.setQuote("SPY", { bid: 200, ask: 200.02 });
    client.api.reqMktData(2, stock("SPY"), "", false, false);
    await client.next(EventName.tickPrice, (args) => args[0] === 2 && args[2] === 200);
    expect(client.all(EventName.tickPrice).some((args) => args[0] === 1)).toBe(false);
  });

  it("of a farm flaps, and leaves dead streams behind when that is wanted", async () => {
    const gateway = await gatewayWith({}, { prices: "manual" });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    await gateway.perform({ action: "farm-flap", times: 2, brokenForMs: 20, quietAfterwards: true });
    await expect
      .poll(() => client.all(EventName.info).map(([, code]) => code))
      .toEqual([2104, 2106, 2158, 2103, 2104, 2103, 2104]);
    gateway.setQuote("SPY", { bid: 200, ask: 200.02 });
    client.api.reqMktData(2, stock("SPY"), "", false, false);
    await client.next(EventName.tickPrice, (args) => args[0] === 2);
    expect(client.all(EventName.tickPrice).some((args) => args[0] === 1)).toBe(false);
  });

  it("moves to another port: 1300 names it, the old one is closed", async () => {
    const gateway = await gatewayWith();
    const client = clientOf(gateway);
    await client.ready();
    const before = gateway.port;
    await gateway.perform({ action: "move-port" });
    expect(gateway.port).not.toBe(before);
    expect(await client.error(1300)).toContain(`new port - ${gateway.port}`);
    await client.next(EventName.disconnected);
    const late = new RawClient(before);
    expect(await late.ended()).toBe("reset");
    await clientOf(gateway).ready();
  });
});

describe("a quiet stream", () => {
  it("is one symbol's, while others go on; a new request for it lives", async () => {
    const gateway = await gatewayWith({}, { prices: "manual" });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.reqMktData(2, stock("IBM"), "", false, false);
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    await gateway.perform({ action: "quiet-streams", symbols: ["SPY"] });
    gateway.setQuote("SPY", { bid: 200, ask: 200.02 });
    gateway.setQuote("IBM", { bid: 210, ask: 210.02 });
    await client.next(EventName.tickPrice, (args) => args[0] === 2);
    client.api.cancelMktData(1);
    client.api.reqMktData(3, stock("SPY"), "", false, false);
    gateway.setQuote("SPY", { bid: 201, ask: 201.02 });
    await client.next(EventName.tickPrice, (args) => args[0] === 3);
    expect(client.all(EventName.tickPrice).some((args) => args[0] === 1)).toBe(false);
  });

  it("of a symbol that is dead at its source stays quiet also after a new request", async () => {
    const gateway = await gatewayWith({ quietSymbols: ["SPY"] }, { prices: "manual" });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqMktData(1, stock("SPY"), "", false, false);
    client.api.reqMktData(2, stock("IBM"), "", false, false);
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
    gateway.setQuote("SPY", { bid: 200, ask: 200.02 });
    gateway.setQuote("IBM", { bid: 210, ask: 210.02 });
    await client.next(EventName.tickPrice, (args) => args[0] === 2);
    expect(client.all(EventName.tickPrice).some((args) => args[0] === 1)).toBe(false);
  });
});

describe("message pacing", () => {
  it("queues what is above 50 a second, and answers it later", async () => {
    const gateway = await gatewayWith({ messagePacing: "queue" });
    const client = await readyRawClient(gateway);
    const asked = performance.now();
    for (let index = 0; index < 60; index += 1) client.send(8, 1, 1);
    await expect.poll(() => client.frames.filter(([id]) => id === "9").length).toBe(61);
    expect(performance.now() - asked).toBeGreaterThan(900);
    expect(client.codes).not.toContain(100);
  });

  it("refuses what is above the rate with 100, and closes at the third", async () => {
    const gateway = await gatewayWith({ messagePacing: "reject", marketDataLinesMax: 10 });
    const client = await readyRawClient(gateway);
    for (let index = 0; index < 9; index += 1) client.send(8, 1, 1);
    expect(await client.ended()).not.toBe("open");
    expect(client.codes.filter((code) => code === 100)).toHaveLength(3);
    expect(client.frames.filter(([id]) => id === "9")).toHaveLength(6);
  });
});
