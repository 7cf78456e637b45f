import { describe, expect, it, type TestContext } from "vitest";
import { controlMessage, ibcMessage } from "#libs/contracts/mod.ts";
import { formatNewYorkTime, tradingDayOf, wallNowMs } from "#libs/time/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../../simulator/mod.ts";
import { ANSWERED_MS, within } from "../../../tests/harness/answers.ts";
import { eventually, startBus, type TestBus } from "../../../tests/harness/bus.ts";
import { claimPort } from "../../../tests/harness/port.ts";
import { BridgeBench } from "../testing/bench.ts";
import { type FakeIbc, startFakeIbc } from "./testing/command-server.ts";

/** A gateway with IBC's command port beside it, and the bridge: all of the test's own. */
class Room {
  readonly bus: TestBus;
  readonly gateway: SimulatedGateway;
  readonly ibc: FakeIbc;
  readonly bench: BridgeBench;

  constructor(parts: { bus: TestBus; gateway: SimulatedGateway; ibc: FakeIbc; bench: BridgeBench }) {
    this.bus = parts.bus;
    this.gateway = parts.gateway;
    this.ibc = parts.ibc;
    this.bench = parts.bench;
  }

  async start(): Promise<void> {
    await this.bench.start();
    // The bridge's first status went over its connection after its subscriptions: from here on it is asked and hears.
    await eventually("serving", async () => (await this.bench.sessions()).length > 0);
  }

  ready = (withinMs = 20_000) => eventually("ready", () => this.bench.service.health().status === "ok", withinMs);

  async facts(): Promise<string[]> {
    const facts = await this.bench.stored(ibcMessage);
    return facts.map(({ command, requestedBy, outcome }) => `${requestedBy} ${command} ${outcome}`);
  }

  ask = (verb: "restart" | "reconnect-data" | "reconnect-account") =>
    within(ANSWERED_MS.control, () =>
      this.bench.operator.request(controlMessage, ["gateway-bridge", verb], { reason: "test" }, { timeoutMs: 15_000 }),
    );
}

/** Makes a room, which goes with the test; its bridge is not started yet. */
async function open(test: TestContext, env: Record<string, string> = {}): Promise<Room> {
  const bus = await startBus("dry-run");
  test.onTestFinished(() => bus.stop());
  const gateway = await startSimulatedGateway({ port: await claimPort(), date: "2026-03-10", startTime: "10:30:00" });
  test.onTestFinished(() => gateway.close());
  /** What RESTART does: the gateway goes, for longer than a broken connection takes to be back, and comes back well. */
  const restartGateway = async () => {
    await gateway.setFaults({ connection: "refuse" });
    gateway.dropConnections();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await gateway.setFaults({ connection: "none" });
    ibc.restarted();
  };
  const ibc = await startFakeIbc({
    onCommand: (command) => {
      if (command === "RESTART") void restartGateway();
    },
  });
  test.onTestFinished(() => ibc.close());
  const bench = await BridgeBench.open({
    mode: "dry-run",
    connect: bus.connect,
    gatewayPort: gateway.port,
    env: { IBC_COMMAND_PORT: String(ibc.port), CLOCK_DRIFT_ALERT_MS: "0", ...env },
  });
  test.onTestFinished(() => bench.stop());
  return new Room({ bus, gateway, ibc, bench });
}

/** A gateway that never answered tells no market time: the daily restart is kept away from the machine's clock. */
const FAR_RESTART = { GATEWAY_RESTART_AT: formatNewYorkTime(wallNowMs() + 12 * 3_600_000).slice(0, 5) };

// They wait most of their time, each for a deadline of its own.
describe.concurrent("a wedged gateway", () => {
  it("that never answers is restarted by IBC, and the session is ready again", async (test) => {
    const room = await open(test, FAR_RESTART);
    const { gateway, ibc, bench } = room;
    await gateway.setFaults({ connection: "accept-silent" });
    await room.start();
    await eventually("asked", () => ibc.commands.length > 0, 50_000);
    await room.ready();
    expect(ibc.commands).toEqual(["RESTART"]);
    expect(await room.facts()).toEqual(["bridge RESTART asked", "bridge RESTART done"]);
    await eventually("told", async () => (await bench.alertCodes()).includes("GATEWAY_RECONNECTED"));
    expect((await bench.alertCodes()).toSorted()).toEqual([
      "GATEWAY_RECONNECTED",
      "GATEWAY_UNREACHABLE",
      "IBC_RESTARTED_GATEWAY",
    ]);
    expect(gateway.frames.received("START_API")).toHaveLength(1);
  }, 90_000);

  it("that went mute while the session was ready is restarted, too", async (test) => {
    const room = await open(test);
    const { gateway, ibc, bench } = room;
    await room.start();
    await room.ready();
    await gateway.setFaults({ connection: "mute-after-ready" });
    await eventually("asked", () => ibc.commands.length > 0, 75_000);
    await room.ready();
    expect(ibc.commands).toEqual(["RESTART"]);
    expect(await room.facts()).toEqual(["bridge RESTART asked", "bridge RESTART done"]);
    expect(await bench.alertCodes()).toContain("IBC_RESTARTED_GATEWAY");
  }, 120_000);

  it("is not restarted again by a bridge that was killed between asking and the answer, when that was the last of the day", async (test) => {
    const room = await open(test, { ...FAR_RESTART, IBC_RESTARTS_PER_DAY_MAX: "1" });
    const { bus, gateway, ibc, bench } = room;
    const killed = await bus.connect("gateway-bridge");
    const wallMs = wallNowMs();
    await killed.record(ibcMessage, [], {
      command: "RESTART",
      requestedBy: "bridge",
      outcome: "asked",
      detail: "the gateway took 3 connections in a row and answered nothing",
      day: tradingDayOf(wallMs),
      restartsByBridge: 1,
      lastRestartAt: wallMs - 3_600_000,
    });
    await killed.close();
    await gateway.setFaults({ connection: "accept-silent" });
    await room.start();
    await eventually("the limit is told", async () => (await bench.alertCodes()).includes("IBC_RESTART_LIMIT"), 50_000);
    expect(ibc.commands).toEqual([]);
    expect(await room.facts()).toEqual(["bridge RESTART asked", "bridge RESTART unanswered"]);
    expect(await bench.alertCodes()).toContain("IBC_RESTART_UNANSWERED");
  }, 90_000);
});

describe.concurrent("the operator", () => {
  it("restarts the gateway by way of IBC, and the session follows", async (test) => {
    const room = await open(test);
    const { gateway, bench } = room;
    await room.start();
    await room.ready();
    const sessions = async () =>
      (await bench.sessions()).map(({ state, acceptsOrders }) => `${state} ${acceptsOrders}`);
    const outcome = await room.ask("restart");
    expect(outcome).toMatchObject({ ok: true });
    expect(outcome.message).toContain("RESTART at 04:31 PM");
    await eventually("a second session", () => gateway.frames.received("START_API").length === 2);
    await room.ready();
    expect(await room.facts()).toEqual(["operator RESTART asked", "operator RESTART done"]);
    // No order was written in the last moments of the old session.
    const states = (await sessions()).filter((state) => state.startsWith("ready"));
    expect(states).toEqual(["ready true", "ready false", "ready true"]);
  });

  it.for([
    ["reconnect-data", "RECONNECTDATA"],
    ["reconnect-account", "RECONNECTACCOUNT"],
  ] as const)("asks for %s", async ([verb, command], test) => {
    const room = await open(test);
    await room.start();
    expect(await room.ask(verb)).toMatchObject({ ok: true });
    expect(room.ibc.commands).toEqual([command]);
    expect(await room.facts()).toEqual([`operator ${command} asked`, `operator ${command} done`]);
  });

  it("is refused with the setting's name when the command port is off", async (test) => {
    const room = await open(test, { IBC_COMMAND_PORT: "0" });
    await room.start();
    for (const verb of ["restart", "reconnect-data", "reconnect-account"] as const) {
      expect(await room.ask(verb)).toEqual({ ok: false, message: expect.stringContaining("IBC_COMMAND_PORT") });
    }
    expect(room.ibc.commands).toEqual([]);
    expect(await room.facts()).toEqual([]);
  });
});
