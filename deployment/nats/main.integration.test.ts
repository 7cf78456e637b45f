import { type ChildProcess, fork } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { IDENTITIES } from "#libs/contracts/mod.ts";
import { claimPort } from "../../tests/harness/port.ts";
import { probePort } from "./port-probe.ts";
import { stillRuns } from "./process-facts.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

let dataDir = "";
let port = 0;
const launchers: Launcher[] = [];
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "crucible-nats-main-"));
  port = await claimPort();
});
afterEach(async () => {
  for (const launcher of launchers.splice(0)) {
    launcher.child.kill("SIGKILL");
    await launcher.exitCode;
    await endServer(launcher);
  }
  await rm(dataDir, { recursive: true, force: true });
});

type Launcher = {
  child: ChildProcess;
  /** `ready` as PM2 gets it, or the exit. */
  ready: Promise<boolean>;
  exitCode: Promise<number | null>;
  output: () => string;
};

/** The nats app as PM2 runs it: forked, with an IPC channel. */
function run(environment: Record<string, string> = {}): Launcher {
  const env = { PATH: process.env.PATH ?? "", DATA_DIR: dataDir, NATS_PORT: String(port), ...environment };
  const child = fork(MAIN, [], { env, stdio: ["ignore", "pipe", "pipe", "ipc"], execArgv: [] });
  let output = "";
  const ends = [child.stdout, child.stderr].map((stream) => {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    return new Promise((resolve) => stream?.once("end", resolve));
  });
  // Node does not emit `close` for a child whose channel was disconnected.
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const exitCode = Promise.all([exit, ...ends]).then(([code]) => code);
  const ready = new Promise<boolean>((resolve) => {
    // A start that takes a second is told figures before it.
    child.on("message", (message) => {
      if (message === "ready") resolve(true);
    });
    void exitCode.then(() => resolve(false));
  });
  const launcher = { child, ready, exitCode, output: () => output };
  launchers.push(launcher);
  return launcher;
}

function serverPidOf({ output }: Launcher): number {
  const line = output()
    .split("\n")
    .find((text) => text.includes(`"msg":"ready"`));
  return line === undefined ? 0 : (JSON.parse(line) as { pid: number }).pid;
}

/** An orphan is nobody's child, so nobody but this test ends it. */
async function endServer(launcher: Launcher): Promise<void> {
  const pid = serverPidOf(launcher);
  if (pid > 0 && (await stillRuns(pid))) process.kill(pid, "SIGKILL");
}

describe("the nats app", () => {
  it("tells PM2 when it is ready, and ends with 0 on SIGTERM", async () => {
    const launcher = run();
    expect(await launcher.ready, launcher.output()).toBe(true);
    expect(await probePort(port)).toMatchObject({
      kind: "nats",
      serverName: expect.stringMatching(/^crucible-dry-run-/),
    });
    launcher.child.kill("SIGTERM");
    expect(await launcher.exitCode, launcher.output()).toBe(0);
    expect(await probePort(port)).toEqual({ kind: "free" });
  });

  it("ends with 0 on PM2's shutdown message", async () => {
    const launcher = run();
    expect(await launcher.ready, launcher.output()).toBe(true);
    launcher.child.send("shutdown");
    expect(await launcher.exitCode, launcher.output()).toBe(0);
  });

  it("stops when PM2 itself is gone", async () => {
    const launcher = run();
    expect(await launcher.ready, launcher.output()).toBe(true);
    launcher.child.disconnect();
    expect(await launcher.exitCode, launcher.output()).toBe(0);
    expect(await probePort(port)).toEqual({ kind: "free" });
  });

  it("ends with 70 when the server dies, so that PM2 starts it again", async () => {
    const launcher = run();
    expect(await launcher.ready, launcher.output()).toBe(true);
    process.kill(serverPidOf(launcher), "SIGKILL");
    expect(await launcher.exitCode, launcher.output()).toBe(70);
    const next = run();
    expect(await next.ready, next.output()).toBe(true);
  });

  it("recognises the server of a launcher that was killed, stops it and starts", async () => {
    const first = run();
    expect(await first.ready, first.output()).toBe(true);
    const orphan = serverPidOf(first);
    first.child.kill("SIGKILL");
    await first.exitCode;
    expect(await stillRuns(orphan)).toBe(true);

    const second = run();
    expect(await second.ready, second.output()).toBe(true);
    expect(second.output()).toContain(`nats-server with process id ${orphan} lost its launcher`);
    expect(await stillRuns(orphan)).toBe(false);
    expect(serverPidOf(second)).not.toBe(orphan);
  });

  it("ends with 78 as the second copy, and the first goes on", async () => {
    const first = run();
    expect(await first.ready, first.output()).toBe(true);
    const second = run();
    expect(await second.exitCode).toBe(78);
    expect(second.output()).toContain("NATS_STORE_IN_USE");
    expect(await probePort(port)).toMatchObject({ kind: "nats" });
    expect(await stillRuns(serverPidOf(first))).toBe(true);
  });

  it("ends with 78 when a foreign program has the port", async () => {
    const foreign = createServer((socket) => socket.on("error", () => socket.destroy()).end("hello\r\n"));
    await new Promise<void>((resolve) => foreign.listen(port, "127.0.0.1", resolve));
    try {
      const launcher = run();
      expect(await launcher.exitCode, launcher.output()).toBe(78);
      expect(launcher.output()).toContain("NATS_PORT_TAKEN");
    } finally {
      await new Promise((resolve) => foreign.close(resolve));
    }
  });

  it.each([
    [{ NATS_PORT: "banana" }, "NATS_PORT"],
    [{ NATS_SERVER_PATH: "nowhere/nats-server" }, "NATS_SERVER_UNUSABLE"],
    [{ DATA_DIR: MAIN }, "NATS_STORE_NOT_WRITABLE"],
  ])("ends with 78 for %o", async (environment, text) => {
    const launcher = run(environment);
    expect(await launcher.exitCode, launcher.output()).toBe(78);
    expect(launcher.output()).toContain(text);
  });

  it("never prints a seed", async () => {
    const launcher = run();
    expect(await launcher.ready, launcher.output()).toBe(true);
    launcher.child.kill("SIGTERM");
    await launcher.exitCode;
    const folder = join(dataDir, "identities");
    const names = (await readdir(folder)).filter((name) => name.endsWith(".seed"));
    expect(names).toHaveLength(IDENTITIES.length);
    const config = await readFile(join(dataDir, "dry-run", "nats.conf"), "utf8");
    for (const name of names) {
      const seed = (await readFile(join(folder, name), "utf8")).trim();
      expect(launcher.output()).not.toContain(seed);
      expect(config).not.toContain(seed);
    }
  });
});
