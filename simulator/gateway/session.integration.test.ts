import { connect, createServer } from "node:net";
import { EventName, WhatToShow } from "@stoqey/ib";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { instantOf } from "../market/new-york.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../mod.ts";
import { encodeFrame } from "../protocol/frame.ts";
import { limitOrder, pause, stock, TestClient } from "../testing/client.ts";

const open: { close(): unknown }[] = [];

async function gatewayWith(options: SimulatedGatewayOptions = {}): Promise<SimulatedGateway> {
  const gateway = await startSimulatedGateway({ startTime: "10:00:00", ...options });
  open.push(gateway);
  return gateway;
}

function clientOf(gateway: SimulatedGateway, clientId = 1): TestClient {
  const client = new TestClient(gateway, clientId);
  open.push(client);
  return client;
}

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

/** Sends raw bytes and returns what comes back until the other side closes, or `enough` came, or the time is over. */
function rawExchange(
  port: number,
  bytes: string | Buffer,
  { waitMs = 15_000, enough = (_received: Buffer): boolean => false } = {},
): Promise<{ received: Buffer; closed: boolean }> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      clearInterval(look);
      socket.destroy();
      resolve({ received: Buffer.concat(chunks), closed });
    };
    const timer = setTimeout(() => finish(false), waitMs);
    const look = setInterval(() => {
      if (enough(Buffer.concat(chunks))) finish(false);
    }, 5);
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("close", () => finish(true));
    socket.on("error", () => finish(true));
  });
}

function hello(range: string): Buffer {
  return Buffer.concat([Buffer.from("API\0"), Buffer.from([0, 0, 0, range.length]), Buffer.from(range)]);
}

describe("the handshake", () => {
  it.each([193, 192, 190, 189, 187, 186, 182, 179, 178, 177])(
    "agrees on version %i when that is offered",
    async (version) => {
      const client = clientOf(await gatewayWith({ serverVersionMax: version }));
      expect(await client.ready()).toBe(1);
      expect(client.all(EventName.server)[0]?.[0]).toBe(version);
      expect(client.decodeErrors()).toEqual([]);
    },
  );

  it("tells accounts, then the next id, then the farms", async () => {
    const client = clientOf(await gatewayWith());
    await client.ready();
    await client.error(2158);
    expect(client.events.map((event) => event.name)).toEqual([
      "connected",
      "server",
      "managedAccounts",
      "nextValidId",
      "info",
      "info",
      "info",
    ]);
    expect(client.all(EventName.managedAccounts)[0]).toEqual(["DU1234567"]);
  });

  it("closes without a word on a client that is too new, or speaks something else", async () => {
    const gateway = await gatewayWith();
    for (const bytes of [hello("v201..210"), "GET / HTTP/1.1\r\n\r\n"]) {
      expect(await rawExchange(gateway.port, bytes)).toMatchObject({ received: Buffer.alloc(0), closed: true });
    }
  });

  it("closes without a word on a client that is too old, and logs what both sides speak", async () => {
    const warnings: unknown[] = [];
    const gateway = await gatewayWith({
      serverVersionMax: 190,
      log: (level, _message, detail) => {
        if (level === "warn") warnings.push(detail);
      },
    });
    const answer = await rawExchange(gateway.port, hello("v100..151"));
    expect(answer).toMatchObject({ received: Buffer.alloc(0), closed: true });
    expect(warnings).toEqual([{ session: 1, client: "100 to 151", gateway: "177 to 190" }]);
  });

  it("drops a connection whose frame has an impossible length", async () => {
    const gateway = await gatewayWith();
    const bytes = Buffer.concat([hello("v100..193"), Buffer.from([0x7f, 0, 0, 0])]);
    expect((await rawExchange(gateway.port, bytes)).closed).toBe(true);
  });

  it("refuses a START_API that cannot be read, and closes", async () => {
    const gateway = await gatewayWith();
    const start = Buffer.from(encodeFrame([71, 2, "abc", ""]), "latin1");
    const { received, closed } = await rawExchange(gateway.port, Buffer.concat([hello("v100..193"), start]));
    expect(closed).toBe(true);
    expect(received.toString("latin1")).toContain("Unable to parse field 'clientId' for input string 'abc'");
    expect(gateway.clientIds).toEqual([]);
  });

  it("ignores what comes before START_API", async () => {
    const gateway = await gatewayWith();
    await rawExchange(
      gateway.port,
      Buffer.concat([hello("v100..193"), Buffer.from("\0\0\0\x0449\x001\0".slice(0, 9))]),
      { waitMs: 200 },
    );
    expect(gateway.frames.sentCount("CURRENT_TIME")).toBe(0);
  });
});

describe("client ids", () => {
  it("belong to one connection: a second gets 326 and is closed", async () => {
    const gateway = await gatewayWith();
    const first = clientOf(gateway, 7);
    await first.ready();
    const second = clientOf(gateway, 7);
    second.api.connect();
    await second.error(326);
    await second.next(EventName.disconnected);
    expect(first.all(EventName.disconnected)).toEqual([]);
  });

  it("are free again when their connection is gone", async () => {
    const gateway = await gatewayWith();
    const first = clientOf(gateway, 7);
    await first.ready();
    first.close();
    await expect.poll(() => gateway.clientIds).toEqual([]);
    await clientOf(gateway, 7).ready();
    expect(gateway.clientIds).toEqual([7]);
  });
});

describe("general requests", () => {
  it("answer ids, accounts and time", async () => {
    const client = clientOf(await gatewayWith({ date: "2013-10-08", hold: true }));
    await client.ready();
    client.api.reqCurrentTime();
    const [epochS] = await client.next(EventName.currentTime);
    expect(Number(epochS)).toBe(Date.UTC(2013, 9, 8, 14, 0, 0) / 1000);
    client.api.reqManagedAccts();
    client.api.reqIds();
    await expect.poll(() => client.all(EventName.managedAccounts)).toHaveLength(2);
    await expect.poll(() => client.all(EventName.nextValidId)).toEqual([[1], [1]]);
  });

  it("leave a second REQ_CURRENT_TIME within a second unanswered", async () => {
    const client = clientOf(await gatewayWith());
    await client.ready();
    client.api.reqCurrentTime();
    client.api.reqCurrentTime();
    await client.next(EventName.currentTime);
    await client.settled();
    expect(client.all(EventName.currentTime)).toHaveLength(1);
  });

  it("are answered with an error, never with silence, when they are not allowed or make no sense", async () => {
    const gateway = await gatewayWith();
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqMatchingSymbols(41, " ");
    await client.error(321, 41);
    client.api.reqWshMetaData(42);
    expect(await client.error(10276, 42)).toContain("not allowed");
    const garbage = Buffer.concat([
      hello("v100..193"),
      frame("71", "2", "9", ""),
      frame("999", "x"),
      frame("7", "3", "5"),
    ]);
    const words = ["Unknown message id '999'", "Unable to read field 'clientId'"];
    const enough = (received: Buffer) => words.every((said) => received.toString().includes(said));
    const { received, closed } = await rawExchange(gateway.port, garbage, { enough });
    expect(closed).toBe(false);
    expect(enough(received), received.toString()).toBe(true);
    expect(client.decodeErrors()).toEqual([]);
  });
});

describe("whatever a client sends", () => {
  it("the others keep their gateway", async () => {
    const errors: unknown[] = [];
    const gateway = await gatewayWith({
      log: (level, message, detail) => {
        if (level === "error") errors.push([message, detail]);
      },
    });
    const client = clientOf(gateway);
    await client.ready();
    const field = fc.oneof(
      fc.constantFrom(
        "",
        "0",
        "1",
        "SPY",
        "STK",
        "SMART",
        "USD",
        "BUY",
        "LMT",
        "1.7976931348623157E308",
        "1 D",
        "1 min",
      ),
      fc.integer({ min: -5, max: 200 }).map(String),
      fc.string({ maxLength: 6 }),
    );
    const frames = fc.array(fc.tuple(fc.integer({ min: 1, max: 105 }), fc.array(field, { maxLength: 125 })), {
      minLength: 200,
      maxLength: 200,
    });
    for (const sample of fc.sample(frames, { numRuns: 10, seed: 42 })) {
      const noise = sample.map(([id, fields]) => Buffer.from(encodeFrame([id, ...fields]), "latin1"));
      const bytes = Buffer.concat([hello("v100..193"), frame("71", "2", "9", ""), ...noise]);
      const before = gateway.frames.received().length;
      // With HELLO and START_API.
      const enough = () => gateway.frames.received().length >= before + noise.length + 2;
      await rawExchange(gateway.port, bytes, { enough });
    }
    expect(gateway.frames.received().length).toBeGreaterThan(2000);
    expect(errors).toEqual([]);
    client.api.reqPositions();
    await client.next(EventName.positionEnd);
  });
});

describe("a restart with the port taken meanwhile", () => {
  it("tries again until the port is free", async () => {
    const gateway = await gatewayWith();
    const done = gateway.restart({ downtimeMs: 100 });
    const thief = createServer().listen(gateway.port, "127.0.0.1");
    await pause(200);
    expect(gateway.isListening).toBe(false);
    thief.close();
    await done;
    await clientOf(gateway).ready();
  });
});

describe("a fast clock", () => {
  it("stands still while held, and is pushed to the clients once released", async () => {
    const gateway = await gatewayWith({ speed: 200, hold: true });
    const client = clientOf(gateway);
    await client.ready();
    await client.next(EventName.currentTime);
    await pause(250);
    const held = client.all(EventName.currentTime).map(([epochS]) => Number(epochS));
    expect(new Set(held).size).toBe(1);
    expect(gateway.releaseClock()).toBe(true);
    expect(gateway.releaseClock()).toBe(false);
    await client.next(EventName.currentTime, ([epochS]) => Number(epochS) >= (held[0] ?? 0) + 60);
  });
});

describe("a restart", () => {
  it("cuts the connections, closes the port for its time, and keeps orders and perm ids", async () => {
    const gateway = await gatewayWith();
    const client = clientOf(gateway);
    const orderId = await client.ready();
    client.api.reqMktData(3, stock("SPY"), "", false, false);
    client.api.placeOrder(orderId, stock("SPY"), limitOrder("BUY", 10, 1, { orderRef: "keep", tif: "GTC" }));
    const [, , , , , permId] = await client.next(EventName.orderStatus);
    const done = gateway.restart({ downtimeMs: 3000, rollbackIds: 1 });
    await client.next(EventName.disconnected);
    const refused = clientOf(gateway);
    refused.api.connect();
    await refused.next(EventName.error, (args) => args[1] === 502);
    await done;
    const again = clientOf(gateway);
    expect(await again.ready()).toBe(orderId);
    again.api.reqOpenOrders();
    await again.next(EventName.openOrderEnd);
    expect(again.all(EventName.openOrder)[0]?.[2]).toMatchObject({ orderRef: "keep", permId, orderId });
    gateway.setQuote("SPY", { bid: 1.5, ask: 1.51, last: 1.5 });
    await again.settled();
    expect(again.all(EventName.tickPrice)).toEqual([]);
  });

  it("happens every day at its market time", async () => {
    const gateway = await gatewayWith({
      startTime: "16:29:00",
      speed: 300,
      restartAt: "16:30",
      restartDowntimeS: 900,
      hold: true,
    });
    const client = clientOf(gateway);
    await client.ready();
    client.api.reqRealTimeBars(1, stock("SPY"), 5, WhatToShow.TRADES, false);
    await client.settled();
    gateway.releaseClock();
    await client.next(EventName.disconnected);
    expect(gateway.isListening).toBe(false);
    // Everything up to the cut was sent: the last bar of the minute before is there.
    expect(client.all(EventName.realtimeBar).at(-1)?.[1]).toBe(instantOf("2025-10-07", "16:29:55"));
    await expect.poll(() => gateway.isListening).toBe(true);
    await clientOf(gateway).ready();
  });
});

describe("connection faults", () => {
  it("refuse the port", async () => {
    const gateway = await gatewayWith();
    await gateway.setFaults({ connection: "refuse" });
    const client = clientOf(gateway);
    client.api.connect();
    await client.next(EventName.error, (args) => args[1] === 502);
    await gateway.setFaults({ connection: "none" });
    await clientOf(gateway).ready();
  });

  it("accept and close at once: nothing but a disconnect", async () => {
    const gateway = await gatewayWith();
    await gateway.setFaults({ connection: "accept-close" });
    expect(await rawExchange(gateway.port, hello("v100..193"))).toMatchObject({
      received: Buffer.alloc(0),
      closed: true,
    });
  });

  it("accept and stay silent", async () => {
    const gateway = await gatewayWith();
    await gateway.setFaults({ connection: "accept-silent" });
    expect(await rawExchange(gateway.port, hello("v100..193"), { waitMs: 150 })).toEqual({
      received: Buffer.alloc(0),
      closed: false,
    });
  });

  it("send a version and nothing else", async () => {
    const gateway = await gatewayWith();
    await gateway.setFaults({ connection: "version-only" });
    const client = clientOf(gateway);
    client.api.connect();
    await client.next(EventName.server);
    await pause(100);
    expect(client.events.map((event) => event.name)).toEqual(["connected", "server"]);
  });

  it("send accounts but no id", async () => {
    const gateway = await gatewayWith();
    await gateway.setFaults({ connection: "no-next-valid-id" });
    const client = clientOf(gateway);
    client.api.connect();
    await client.next(EventName.managedAccounts);
    await pause(100);
    expect(client.all(EventName.nextValidId)).toEqual([]);
  });

  it("go mute when ready", async () => {
    const gateway = await gatewayWith();
    const client = clientOf(gateway);
    await client.ready();
    await client.error(2158);
    await gateway.setFaults({ connection: "mute-after-ready" });
    client.api.reqCurrentTime();
    client.api.reqPositions();
    await expect.poll(() => gateway.frames.receivedCount("REQ_POSITIONS")).toBe(1);
    await pause(150);
    expect(client.all(EventName.currentTime)).toEqual([]);
    expect(client.all(EventName.positionEnd)).toEqual([]);
  });

  it("send garbage", async () => {
    const gateway = await gatewayWith();
    await gateway.setFaults({ connection: "garbage" });
    const enough = (received: Buffer) => received.length > 100;
    const { received } = await rawExchange(gateway.port, hello("v100..193"), { enough });
    expect(received.length).toBeGreaterThan(100);
    expect(received.toString("latin1")).not.toContain("193\0");
  });

  it("drop the connections, and tell of a lost link", async () => {
    const gateway = await gatewayWith();
    const client = clientOf(gateway);
    await client.ready();
    gateway.injectError(1100, "Connectivity between IB and Trader Workstation has been lost.");
    await client.error(1100);
    gateway.dropConnections();
    await client.next(EventName.disconnected);
  });
});

function frame(...fields: string[]): Buffer {
  const payload = Buffer.from(`${fields.join("\0")}\0`);
  return Buffer.concat([Buffer.from([0, 0, 0, payload.length]), payload]);
}
