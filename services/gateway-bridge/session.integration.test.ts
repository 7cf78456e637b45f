import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { barMessage, controlMessage, quoteMessage } from "#libs/contracts/mod.ts";
import { type SimulatedGateway, type SimulatedGatewayOptions, startSimulatedGateway } from "../../simulator/mod.ts";
import { ANSWERED_MS, within } from "../../tests/harness/answers.ts";
import { eventually, startBus, type TestBus } from "../../tests/harness/bus.ts";
import { claimPort } from "../../tests/harness/port.ts";
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
  gateway = await startSimulatedGateway({
    port: await claimPort(),
    date: "2026-03-10",
    startTime: "10:30:00",
    ...options,
  });
  bench = await BridgeBench.open({ mode: "dry-run", connect: bus.connect, gatewayPort: gateway.port, env });
  await bench.want(["SPY"]);
}
const ready = () => eventually("ready", () => bench.service.health().status === "ok", 20_000);
const detail = () => bench.service.health().detail;

describe("a day at a fast market clock", () => {
  it("lives through the daily restart without an error alert, and tells the outage once", async () => {
    // Each stretch of the day that must be seen lasts for seconds of the machine: one may be lost to a slow one.
    const speed = 10;
    await open(
      { speed, hold: true, startTime: "16:29:20", restartAt: "16:30", restartDowntimeS: 75 },
      { MARKET_CLOCK_SPEED: String(speed), CLOCK_DRIFT_ALERT_MS: "0" },
    );
    await bench.start();
    await ready();
    gateway.releaseClock();
    const over = async () => (await bench.alertCodes()).includes("GATEWAY_RESTARTED");
    await eventually("the restart is over", over, 40_000);
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
    await eventually("recorded", async () => ((await bench.sessions()).at(-1)?.lastOutage ?? null) !== null);
    const outage = (await bench.sessions()).at(-1)?.lastOutage;
    expect(outage?.planned).toBe(true);
    // From the moment the bridge noticed, which may be seconds of the market late.
    expect(outage?.marketSeconds).toBeGreaterThanOrEqual(40);
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
    await eventually("bars", () => bars.filter(({ interval }) => interval === "1m").length >= 4);
    const lengths: Readonly<Record<string, number>> = { "5s": 5000, "1m": 60_000 };
    for (const { interval, startsAt } of bars) expect(startsAt % (lengths[interval] ?? 300_000)).toBe(0);
    const minutes = bars.filter(({ interval }) => interval === "1m").map(({ startsAt }) => startsAt);
    expect(minutes.slice(1).map((start, at) => start - (minutes[at] ?? 0))).toEqual(minutes.slice(1).map(() => 60_000));
    expect(quotes).toBeGreaterThan(0);
  });

  it("follows a market clock that is held, and does not run ahead of it", async () => {
    await open({ speed: 100, hold: true }, { MARKET_CLOCK_SPEED: "100", CLOCK_DRIFT_ALERT_MS: "0" });
    await bench.start();
    await ready();
    const told = () => gateway.frames.sentCount("CURRENT_TIME");
    const before = told();
    await eventually("the time is told again", () => told() > before);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(bench.clock.nowMs()).toBe(gateway.marketTimeMs);
    gateway.releaseClock();
    await eventually(
      "running",
      () => (bench.clock.nowMs() ?? 0) > gateway.marketTimeMs - 100_000 && bench.clock.speed === 100,
    );
  });
});

it("names bytes that make no sense, stays up, and connects when it is over", async () => {
  await open();
  await gateway.setFaults({ connection: "garbage" });
  await bench.start();
  await eventually("named", () => detail().includes("bytes"));
  await gateway.setFaults({ connection: "none" });
  await ready();
});

it("reconnects when the operator asks", async () => {
  await open();
  await bench.start();
  await ready();
  const ask = within(ANSWERED_MS.control, () =>
    bench.operator.request(
      controlMessage,
      ["gateway-bridge", "reconnect"],
      { reason: "data looks old" },
      { timeoutMs: 15_000 },
    ),
  );
  expect((await ask).ok).toBe(true);
  await eventually("a second session", () => gateway.frames.received("START_API").length === 2);
  await ready();
});

it("tells how long a gateway was away whose process was killed and began its day anew", async () => {
  await open({}, { CLOCK_DRIFT_ALERT_MS: "0" });
  await bench.start();
  await ready();
  const { port, marketTimeMs } = gateway;
  await eventually("its day went on", () => gateway.marketTimeMs > marketTimeMs + 2000);
  await gateway.close();
  await eventually("lost", async () => (await bench.alertCodes()).includes("GATEWAY_CONNECTION_LOST"));
  gateway = await startSimulatedGateway({ date: "2026-03-10", startTime: "10:30:00", port });
  await eventually("back", async () => (await bench.alertCodes()).includes("GATEWAY_RECONNECTED"));
  // The alert goes into a stream of its own.
  await eventually("recorded", async () => ((await bench.sessions()).at(-1)?.lastOutage ?? null) !== null);
  const outage = (await bench.sessions()).at(-1)?.lastOutage;
  expect(outage?.marketSeconds).toBeGreaterThan(0);
  expect(outage?.marketSeconds).toBe(outage?.machineSeconds);
  const told = (await bench.alerts()).find(({ code }) => code === "GATEWAY_RECONNECTED");
  expect(told?.title).toBe(`IB Gateway is back after ${outage?.machineSeconds} s`);
  expect(gateway.frames.receivedCount("START_API")).toBe(1);
});
