import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { barMessage, controlMessage, quoteMessage } from "#libs/contracts/mod.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../../simulator/mod.ts";
import { eventually, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { BridgeBench } from "./testing/bench.ts";

let bus: TestBus;
let gateway: SimulatedGateway;
let bench: BridgeBench;

beforeEach(async () => {
  bus = await startBus("dry-run");
});

afterEach(async () => {
  await bench.stop();
  await gateway.close();
  await bus.stop();
});

async function open(options: SimulatedGatewayOptions = {}, env: Record<string, string> = {}): Promise<void> {
  gateway = await startSimulatedGateway({ date: "2026-03-10", startTime: "10:30:00", ...options });
  bench = await BridgeBench.open({ mode: "dry-run", connect: bus.connect, gatewayPort: gateway.port, env });
  await bench.want(["SPY"]);
}
const ready = () => eventually("ready", () => bench.service.health().status === "ok", 20_000);
const detail = () => bench.service.health().detail;

describe("a day at a fast market clock", () => {
  it("lives through the daily restart without an error alert, and tells the outage once", async () => {
    const speed = 200;
    await open(
      { speed, startTime: "16:27:00", restartAt: "16:30", restartDowntimeS: 75 },
      { MARKET_CLOCK_SPEED: String(speed), CLOCK_DRIFT_ALERT_MS: "0" },
    );
    await bench.start();
    await ready();
    await eventually("the restart is over", async () => (await bench.alertCodes()).includes("GATEWAY_RESTARTED"));
    await ready();
    expect(await bench.alertCodes()).toEqual(["GATEWAY_RESTARTED"]);
    const states = (await bench.sessions()).map(({ state, frozen }) => `${state}${frozen ? " frozen" : ""}`);
    expect(states).toEqual([
      "disconnected",
      "connecting",
      "handshaking",
      "syncing",
      "ready",
      "ready frozen",
      "planned-restart frozen",
      "ready",
    ]);
    const outage = (await bench.sessions()).at(-1)?.lastOutage;
    expect(outage?.planned).toBe(true);
    expect(outage?.marketSeconds).toBeGreaterThanOrEqual(70);
    expect(outage?.marketSeconds).toBeLessThan(400);
    // Market data comes again, under new request ids.
    await eventually("subscribed again", () => gateway.frames.received("REQ_MKT_DATA").length === 2);
  });

  it("publishes quotes, and bars of a minute on market time", async () => {
    const speed = 100;
    await open({ speed }, { MARKET_CLOCK_SPEED: String(speed), CLOCK_DRIFT_ALERT_MS: "0" });
    const bars: { interval: string; startsAt: number }[] = [];
    let quotes = 0;
    bench.operator.subscribe(barMessage, ({ data }) => bars.push(data));
    bench.operator.subscribe(quoteMessage, () => {
      quotes += 1;
    });
    await bench.start();
    await ready();
    await eventually("bars", () => bars.filter(({ interval }) => interval === "1m").length >= 4, 20_000);
    for (const { interval, startsAt } of bars) expect(startsAt % (interval === "1m" ? 60_000 : 300_000)).toBe(0);
    const minutes = bars.filter(({ interval }) => interval === "1m").map(({ startsAt }) => startsAt);
    expect(minutes.slice(1).map((start, at) => start - (minutes[at] ?? 0))).toEqual(minutes.slice(1).map(() => 60_000));
    expect(quotes).toBeGreaterThan(0);
  });

  it("follows a market clock that is held, and does not run ahead of it", async () => {
    await open({ speed: 100, hold: true }, { MARKET_CLOCK_SPEED: "100", CLOCK_DRIFT_ALERT_MS: "0" });
    await bench.start();
    await ready();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(bench.clock.nowMs()).toBe(gateway.marketTimeMs);
    gateway.releaseClock();
    await eventually(
      "running",
      () => (bench.clock.nowMs() ?? 0) > gateway.marketTimeMs - 100_000 && bench.clock.speed === 100,
    );
  });
});

describe("a gateway that misbehaves", () => {
  it.each([
    ["accept-close", "hung up before the handshake"],
    ["garbage", "bytes"],
  ] as const)(
    "%s: the failure is named, the bridge stays up, and connects when it is over",
    async (connection, words) => {
      await open();
      await gateway.setFaults({ connection });
      await bench.start();
      await eventually("named", () => detail().includes(words));
      await gateway.setFaults({ connection: "none" });
      await ready();
    },
  );

  it.each([
    ["accept-silent", "no answer to the handshake within 10 s", 12_000],
    ["mute-after-ready", "stopped answering", 25_000],
  ] as const)("%s: is given up in time", async (connection, words, withinMs) => {
    await open();
    if (connection === "mute-after-ready") {
      await bench.start();
      await ready();
      await gateway.setFaults({ connection });
    } else {
      await gateway.setFaults({ connection });
      await bench.start();
    }
    await eventually("named", () => detail().includes(words), withinMs);
    await gateway.setFaults({ connection: "none" });
    await ready();
  });

  it("has the client id in use: backs off, keeps the id, and says who probably holds it", async () => {
    await open();
    const other = await BridgeBench.open({ mode: "dry-run", connect: bus.connect, gatewayPort: gateway.port });
    await other.start();
    await eventually("the other is ready", () => other.service.health().status === "ok");
    await bench.start();
    await eventually("alert", async () => (await bench.alertCodes()).includes("GATEWAY_CLIENT_ID_IN_USE"), 20_000);
    await other.stop();
    await ready();
  });

  it("loses the broker (1100), and gets it back with its data lost (1101): reconciles, then subscribes anew", async () => {
    await open();
    await bench.start();
    await ready();
    await eventually("subscribed", () => gateway.frames.received("REQ_MKT_DATA").length === 1);
    gateway.injectError(1100, "Connectivity between IBKR and Trader Workstation has been lost.");
    await eventually("degraded", () => detail().startsWith("degraded"));
    gateway.injectError(1101, "Connectivity restored - data lost.");
    await ready();
    await eventually("subscribed anew", () => gateway.frames.received("REQ_MKT_DATA").length === 2);
    expect(gateway.frames.received("START_API")).toHaveLength(1);
    await eventually("told", async () => (await bench.alertCodes()).includes("GATEWAY_BROKER_RESTORED"));
  });
});

it("reconnects when the operator asks", async () => {
  await open();
  await bench.start();
  await ready();
  const ask = bench.operator.request(
    controlMessage,
    ["gateway-bridge", "reconnect"],
    { reason: "data looks old" },
    { timeoutMs: 1000 },
  );
  expect((await ask).ok).toBe(true);
  await eventually("a second session", () => gateway.frames.received("START_API").length === 2);
  await ready();
});
