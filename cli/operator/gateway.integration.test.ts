import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Bus } from "#libs/bus/mod.ts";
import { controlMessage } from "#libs/contracts/mod.ts";
import { startBus, type TestBus } from "../../tests/harness/bus.ts";
import { type Installation, makeInstallation } from "../../tests/harness/cli.ts";
import { claimPort } from "../../tests/harness/port.ts";

let installation: Installation;
let bus: TestBus;
let bridge: Bus;
/** What the bridge was asked, in the order it came. */
let asked: { verb: string; reason: string; symbol: string | undefined }[];

beforeAll(async () => {
  installation = await makeInstallation();
  bus = await startBus("dry-run");
  await installation.configure({ DATA_DIR: bus.dataDir, NATS_PORT: String(bus.port) });
  bridge = await bus.connect("gateway-bridge");
  const serve = (verb: "restart" | "reconnect" | "reconnect-data" | "accept-position" | "global-cancel", ok: boolean) =>
    bridge.serve(controlMessage, ["gateway-bridge", verb], ({ data }) => {
      asked.push({ verb, reason: data.reason, symbol: data.symbol });
      return { ok, message: `the bridge's words about ${verb}` };
    });
  for (const verb of ["restart", "reconnect", "accept-position", "global-cancel"] as const) serve(verb, true);
  serve("reconnect-data", false);
  await bridge.connection.flush();
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  await bus.stop();
  await installation.remove();
});

describe("crucible gateway", () => {
  it.each(["restart", "reconnect"])("%s asks the bridge, prints its words, and ends with 0", async (verb) => {
    const { code, output } = await installation.run("gateway", verb, "--reason", "it looks stuck");
    expect(output).toBe(`the bridge's words about ${verb}\n`);
    expect(code).toBe(0);
    expect(asked).toEqual([{ verb, reason: "it looks stuck", symbol: undefined }]);
  });

  it("needs no reason where nothing is accepted by it", async () => {
    expect((await installation.run("gateway", "restart")).code).toBe(0);
    expect(asked[0]?.reason).not.toBe("");
  });

  it("ends with 1 and the service's words when it refuses", async () => {
    const { code, output } = await installation.run("gateway", "reconnect-data");
    expect(output).toBe("the bridge's words about reconnect-data\n");
    expect(code).toBe(1);
  });

  it("accept-position names the symbol and the reason", async () => {
    const { code } = await installation.run("gateway", "accept-position", "brk b", "--reason", "transferred in");
    expect(code).toBe(0);
    expect(asked).toEqual([{ verb: "accept-position", reason: "transferred in", symbol: "BRK B" }]);
  });

  it("global-cancel cancels everything, with the reason", async () => {
    const { code, output } = await installation.run("gateway", "global-cancel", "--reason", "runaway strategy");
    expect(output).toBe("the bridge's words about global-cancel\n");
    expect(code).toBe(0);
    expect(asked).toEqual([{ verb: "global-cancel", reason: "runaway strategy", symbol: undefined }]);
  });

  it.each([
    [["gateway", "global-cancel"], "--reason"],
    [["gateway", "accept-position", "SPY"], "--reason"],
    [["gateway", "accept-position", "SPY", "--reason", "  "], "say why"],
    [["gateway", "accept-position", "S*", "--reason", "a split"], "a symbol is 1 to 16"],
    [["gateway", "reboot"], "reboot"],
    [["gateway", "restart", "now"], "argument"],
    [["gateway", "restart", "--reason", "x".repeat(501)], "at most 500"],
  ])("%j: is a wrong command line: ends with 2, says what is wrong, and asks nothing", async (args, words) => {
    const { code, output } = await installation.run(...args);
    expect(output).toContain(words);
    expect(code).toBe(2);
    expect(asked).toEqual([]);
  });

  it("ends with 3 when the service is not running", async () => {
    const { code, output } = await installation.run("gateway", "reconnect-account");
    expect(output).toContain("not running");
    expect(code).toBe(3);
  });

  it("ends with 3, and says that it is not known whether it was done, when no answer comes", async () => {
    bridge.serve(controlMessage, ["gateway-bridge", "resume"], () => new Promise(() => undefined));
    await bridge.connection.flush();
    const { code, output } = await installation.run("gateway", "resume");
    expect(output).toContain("not known");
    expect(code).toBe(3);
  });
});

describe("crucible gateway, when nothing runs", () => {
  it("ends with 3 and says how to start it", async () => {
    const idle = await makeInstallation();
    await idle.configure({});
    const never = await idle.run("gateway", "reconnect");
    expect(never.output).toContain("npm start");
    expect(never.code).toBe(3);
    // The identities are there, the server is not.
    await idle.configure({ DATA_DIR: bus.dataDir, NATS_PORT: String(await claimPort()) });
    const stopped = await idle.run("gateway", "reconnect");
    expect(stopped.output).toContain("Is Crucible running?");
    expect(stopped.code).toBe(3);
    await idle.remove();
  });
});
