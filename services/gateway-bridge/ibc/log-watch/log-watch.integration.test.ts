import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { controlMessage } from "#libs/contracts/mod.ts";
import { type SimulatedGateway, startSimulatedGateway } from "../../../../simulator/mod.ts";
import { ANSWERED_MS, within } from "../../../../tests/harness/answers.ts";
import { eventually, startBus, type TestBus } from "../../../../tests/harness/bus.ts";
import { claimPort } from "../../../../tests/harness/port.ts";
import { BridgeBench } from "../../testing/bench.ts";

const USER = "trader4711";

let bus: TestBus;
let gateway: SimulatedGateway;
let bench: BridgeBench;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "crucible-ibc-log-"));
  bus = await startBus("dry-run");
  gateway = await startSimulatedGateway({ port: await claimPort(), date: "2026-03-10", startTime: "10:30:00" });
  await log("version: 3.24.1", "Setting user name", `Login dialog: user ${USER}`);
  bench = await BridgeBench.open({
    mode: "dry-run",
    connect: bus.connect,
    gatewayPort: gateway.port,
    env: { IBC_LOG_PATH: folder, CLOCK_DRIFT_ALERT_MS: "0" },
  });
});
afterEach(async () => {
  await bench.stop();
  await gateway.close();
  await bus.stop();
  await rm(folder, { recursive: true, force: true });
});

const log = (...words: string[]) =>
  appendFile(
    join(folder, "IBC-3.24.1_GATEWAY-1045_TUESDAY.txt"),
    words.map((text) => `2026-03-10 10:31:43:459 IBC: ${text}\r\n`).join(""),
  );
const ready = () => eventually("ready", () => bench.service.health().status === "ok", 30_000);
const told = (code: string) => eventually(code, async () => (await bench.alertCodes()).includes(code));
const count = async (code: string) => (await bench.alertCodes()).filter((it) => it === code).length;
const state = async () => (await bench.sessions()).at(-1)?.state;

describe("a login that fails while the gateway is away", () => {
  it("halts the session with one alert that names no user, and is not retried until the operator resumes", async () => {
    await gateway.setFaults({ connection: "refuse" });
    await bench.start();
    await log(`Unrecognized Username or Password ${USER}`, "Login failed", "Cold restart in progress");
    await eventually("halted", async () => (await state()) === "halted");
    await gateway.setFaults({ connection: "none" });
    await log("Login failed", "Login failed");
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await state()).toBe("halted");
    expect(gateway.frames.received("START_API")).toHaveLength(0);
    expect(await count("GATEWAY_SESSION_HALTED")).toBe(1);
    const halted = (await bench.alerts()).find(({ code }) => code === "GATEWAY_SESSION_HALTED");
    expect(halted?.text).toContain("IbLoginId");
    // A bridge that starts anew, as after a crash, does not try either, and has said it already.
    await bench.stop();
    await bench.start();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(await state()).toBe("halted");
    expect(gateway.frames.received("START_API")).toHaveLength(0);
    expect(await count("GATEWAY_SESSION_HALTED")).toBe(1);
    expect(JSON.stringify([await bench.alerts(), await bench.sessions()])).not.toContain(USER);

    await log("Login has completed");
    await told("IBC_LOGGED_IN");
    const resumed = await within(ANSWERED_MS.control, () =>
      bench.operator.request(
        controlMessage,
        ["gateway-bridge", "resume"],
        { reason: "the password is right now" },
        { timeoutMs: 15_000 },
      ),
    );
    expect(resumed.ok).toBe(true);
    await ready();
  });
});

describe("a prompt for the second factor", () => {
  it("is an alert and no halt, told once over a restart of the bridge, and over when the login is through", async () => {
    await gateway.setFaults({ connection: "refuse" });
    await bench.start();
    await log("Second Factor Authentication initiated");
    await told("IBC_SECOND_FACTOR");
    await bench.stop();
    await log("User must choose whether to continue with this session");
    await bench.start();
    await told("IBC_EXISTING_SESSION");
    await gateway.setFaults({ connection: "none" });
    await ready();
    expect(await count("IBC_SECOND_FACTOR")).toBe(1);
    expect(await count("IBC_EXISTING_SESSION")).toBe(1);
    expect(await count("GATEWAY_SESSION_HALTED")).toBe(0);
    await log("Login has completed");
    await told("IBC_LOGGED_IN");
  });
});

it("is told when the log is not there, and the session does without it", async () => {
  await rm(folder, { recursive: true });
  await bench.start();
  await told("IBC_LOG_UNREADABLE");
  await ready();
});
