import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { PROJECT_DIR } from "../../deployment/pm2/apps.ts";
import { startSimulatedGateway } from "../../simulator/mod.ts";
import { type Installation, makeInstallation } from "../harness/cli.ts";
import { claimPort } from "../harness/port.ts";

/** An installation that goes with the test. */
async function install(test: TestContext): Promise<Installation> {
  const installation = await makeInstallation();
  test.onTestFinished(() => installation.remove());
  return installation;
}

// Each waits half of its time for what its processes say of themselves; two of them keep two cores busy.
describe.concurrent("npm start", () => {
  it("starts everything, leaves what runs alone the second time, and stops it all", async (test) => {
    const installation = await install(test);
    await installation.configure({ SIMULATED_GATEWAY: "true" });
    const first = await installation.run("start");
    expect(first.output).toContain("All healthy");
    expect(first.code).toBe(0);
    const pids = (output: string) => [...output.matchAll(/^(\S+) +(\d+) /gm)].map(([, name, pid]) => `${name} ${pid}`);

    const second = await installation.run("start");
    expect(second.output).toContain("already running");
    expect(second.code).toBe(0);
    expect(pids(second.output)).toEqual(pids(first.output));
    expect(pids(first.output)).toHaveLength(6);

    const stopped = await installation.run("stop");
    expect(stopped.output).toMatch(/stopped .*nats/);
    expect((await installation.run("status")).code).toBe(3);
  });

  it("leaves a platform that trades: with no other setting, an entry in the session is approved", async (test) => {
    const installation = await install(test);
    await installation.configure({ SIMULATED_GATEWAY: "true", SIM_START_TIME: "10:30" });
    expect((await installation.run("start")).code).toBe(0);
    let check = await installation.run("risk", "check", "buy", "1", "SPY");
    // The first quotes and account figures come within seconds of the start.
    for (let attempt = 0; attempt < 20 && check.code !== 0; attempt += 1) {
      check = await installation.run("risk", "check", "buy", "1", "SPY");
    }
    expect(check.output).toContain("would be approved");
  });

  it("refuses a wrong .env with one line a field, and starts nothing", async (test) => {
    const installation = await install(test);
    await installation.configure({ MAX_DAILY_LOSS_PCT: "10", IBKR_PORT: "gateway", MAX_POSITON_PCT: "0.1" });
    const { code, output } = await installation.run("start");
    expect(code).toBe(78);
    expect(output).toMatch(/MAX_DAILY_LOSS_PCT.*10.*0\.10/);
    expect(output).toMatch(/IBKR_PORT.*gateway/);
    expect(output).toMatch(/MAX_POSITON_PCT.*MAX_POSITION_PCT/);
    expect((await installation.run("status")).output).not.toContain("online");
  });

  it("says which program is missing when NATS_SERVER_PATH leads nowhere", async (test) => {
    const installation = await install(test);
    await installation.configure({ SIMULATED_GATEWAY: "true", NATS_SERVER_PATH: join(installation.folder, "nothing") });
    const { code, output } = await installation.run("start");
    expect(code).toBe(3);
    expect(output).toMatch(/nats: .*exit code 78/);
    expect(output).toContain(join(installation.folder, "nothing"));
  });

  it("says who has the port when NATS' is taken", async (test) => {
    const installation = await install(test);
    const stranger = createServer((socket) => socket.on("error", () => socket.destroy()).end("hello\r\n"));
    const port = await claimPort();
    await new Promise<void>((resolve) => stranger.listen(port, "127.0.0.1", resolve));
    try {
      await installation.configure({ SIMULATED_GATEWAY: "true", NATS_PORT: String(port) });
      const { code, output } = await installation.run("start");
      expect(code).toBe(3);
      expect(output).toMatch(/nats: .*exit code 78/);
      expect(output).toContain(String(port));
    } finally {
      stranger.close();
    }
  });

  it("leaves the simulated gateway down when its prices cannot be read, instead of restarting it over and over", async (test) => {
    const installation = await install(test);
    const empty = join(installation.folder, "no-bars");
    await mkdir(empty);
    await installation.configure({ SIMULATED_GATEWAY: "true", SIM_DATA: empty });
    const { code, output } = await installation.run("start");
    expect(code).toBe(3);
    expect(output).toMatch(/gateway-sim: .*stopped \(exit code 4\)/);
    expect(output).toContain(empty);
  });

  it("says that the gateway cannot be reached when its port is closed, and leaves the rest running", async (test) => {
    const installation = await install(test);
    await installation.configure({});
    const { code, output } = await installation.run("start");
    expect(code).toBe(3);
    // On a Sunday after the week's log-out a closed port has a name of its own.
    expect(output).toMatch(/gateway-bridge: .*(disconnected|connecting|awaiting-login)/);
    expect(output).toContain("left running");
  });

  it("resumes a session that was halted, and says so: it is the next daily start", async (test) => {
    const installation = await install(test);
    const settings = {
      DRY_RUN: "false",
      PAPER_TRADING: "true",
      GAMEPLAN_PATH: join(PROJECT_DIR, "gameplans/demo.json"),
    };
    await installation.configure(settings);
    const wrong = await startSimulatedGateway({ port: installation.gatewayPort, account: "U1234567" });
    const first = await installation.run("start");
    await wrong.close();
    expect(first.code).toBe(3);
    expect(first.output).toMatch(/gateway-bridge: .*halted/);

    const right = await startSimulatedGateway({ port: installation.gatewayPort, account: "DU1234567" });
    try {
      const second = await installation.run("start");
      expect(second.output).toMatch(/the gateway session was halted \(.*\): resumed/);
      expect(second.output).toMatch(/session ready/);
    } finally {
      await right.close();
    }
  });

  it("does not call healthy what runs with other settings than .env now holds", async (test) => {
    const installation = await install(test);
    await installation.configure({ SIMULATED_GATEWAY: "true" });
    expect((await installation.run("start")).code).toBe(0);
    await installation.configure({ SIMULATED_GATEWAY: "true", MAX_DAILY_LOSS_PCT: "0.01" });
    const { code, output } = await installation.run("start");
    expect(code).toBe(3);
    expect(output).toMatch(/risk: runs with other settings than \.env now holds \(MAX_DAILY_LOSS_PCT\).*npm stop/);
  });

  it("names the entry and the field of a bad calendar override", async (test) => {
    const installation = await install(test);
    const path = join(installation.folder, "overrides.json");
    await installation.configure({ SIMULATED_GATEWAY: "true", CALENDAR_OVERRIDES_PATH: path });
    await writeFile(path, JSON.stringify([{ date: "2026-11-24", kind: "half", reason: "storm" }]));
    const { code, output } = await installation.run("start");
    expect(code).toBe(3);
    expect(output).toMatch(/exit code 78/);
    expect(output).toMatch(/overrides\.json cannot be used: entry 1, kind: kind must be "closed" or "early-close"/);
  });

  it("names the field of a bad gameplan and the strategies there are", async (test) => {
    const installation = await install(test);
    const path = join(installation.folder, "plan.json");
    await installation.configure({ SIMULATED_GATEWAY: "true", GAMEPLAN_PATH: path });
    const plan = { tradingDay: "any", strategies: [{ strategy: "no-such", symbols: [], capitalUsd: -5 }] };
    await writeFile(path, JSON.stringify(plan));
    const { code, output } = await installation.run("start");
    expect(code).toBe(3);
    expect(output).toMatch(/strategy: .*capitalUsd/);
  });
});
