import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EventName, IBApi } from "@stoqey/ib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly stderr: () => string;
}

let children: ChildProcess[] = [];
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sim-main-"));
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const exit = once(child, "exit");
    child.kill("SIGKILL");
    await exit;
  }
  children = [];
  rmSync(folder, { recursive: true, force: true });
});

function run(args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  children.push(child);
  const lines: Record<string, unknown>[] = [];
  let pending = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const parts = (pending + text).split("\n");
    pending = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line) as Record<string, unknown>));
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return { child, lines, stderr: () => stderr };
}

async function ready(args: readonly string[], env: Record<string, string> = {}) {
  const running = run(args, env);
  const [message] = await once(running.child, "message");
  expect(message).toBe("ready");
  const line = running.lines.find((entry) => entry.msg === "simulated gateway ready");
  return { ...running, port: Number(line?.port), controlPort: Number(line?.controlPort) };
}

async function exitCode({ child }: Running): Promise<number | null> {
  const [code] = await once(child, "exit");
  return code;
}

describe("the program", () => {
  it("takes flags and variables, says ready, and stops on PM2's shutdown message with 0", async () => {
    const running = await ready(["--port", "0"], { SIM_DATE: "2013-10-08", SIM_SPEED: "2" });
    expect(running.lines[0]).toMatchObject({ level: "info", msg: "listening", speed: 2 });
    expect(running.lines[0]?.marketTime).toMatch(/^20131008 09:30:0/);
    running.child.send("shutdown");
    expect(await exitCode(running)).toBe(0);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("stops on %s with 0, also with a client connected", async (signal) => {
    const running = await ready(["--port", "0"]);
    const api = new IBApi({ host: "127.0.0.1", port: running.port, clientId: 1 });
    const connected = new Promise((resolve) => api.once(EventName.nextValidId, resolve));
    api.connect();
    await connected;
    running.child.kill(signal);
    expect(await exitCode(running)).toBe(0);
    api.disconnect();
  });

  it("names every bad setting and exits with 2", async () => {
    const running = run(["--port", "x", "--date", "soon"]);
    expect(await exitCode(running)).toBe(2);
    expect(running.stderr()).toContain('--port (SIM_PORT) is "x": give a number from 0 to 65535');
    expect(running.stderr()).toContain('--date (SIM_DATE) is "soon"');
  });

  it("says who probably has a taken port and exits with 3", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const running = run(["--port", String(port)]);
    expect(await exitCode(running)).toBe(3);
    expect(running.stderr()).toContain(`Port ${port} on 127.0.0.1 cannot be opened (EADDRINUSE)`);
    const control = run(["--port", "0", "--control-port", String(port)]);
    expect(await exitCode(control)).toBe(3);
    other.close();
  });

  it("exits with 4 when the data folder has nothing for the date", async () => {
    const running = run(["--port", "0", "--data", folder]);
    expect(await exitCode(running)).toBe(4);
    expect(running.stderr()).toContain("there is no file SYMBOL-2025-10-07.csv");
  });

  it("writes every frame of both directions to the frame log", async () => {
    const path = join(folder, "frames.jsonl");
    const running = await ready(["--port", "0", "--frame-log", path]);
    const api = new IBApi({ host: "127.0.0.1", port: running.port, clientId: 4 });
    const connected = new Promise((resolve) => api.once(EventName.nextValidId, resolve));
    api.connect();
    await connected;
    api.disconnect();
    running.child.send("shutdown");
    expect(await exitCode(running)).toBe(0);
    const frames = readFileSync(path, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(frames.map((frame) => frame.name).slice(0, 3)).toEqual(["START_API", "MANAGED_ACCTS", "NEXT_VALID_ID"]);
    expect(frames[2]).toMatchObject({ direction: "sent", session: 1, clientId: 4, id: 9, fields: [1, 1] });
    expect(frames[2]?.marketTime).toMatch(/^20251007 09:30:\d\d US\/Eastern$/);
  });
});

describe("the control port", () => {
  const call = async (
    port: number,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it("is off unless asked for", async () => {
    const { controlPort } = await ready(["--port", "0"]);
    expect(controlPort).toBeNaN();
  });

  it("releases the clock, switches faults, drops, restarts and reports", async () => {
    const { port, controlPort } = await ready(["--port", "0", "--control-port", "0", "--hold", "--speed", "50"]);
    const status = async () => (await call(controlPort, "GET", "/status")).body;
    expect(await status()).toMatchObject({ port, clock: { isHeld: true, speed: 50 }, received: {} });
    expect((await call(controlPort, "POST", "/clock/start")).body).toEqual({ released: true });
    const api = new IBApi({ host: "127.0.0.1", port, clientId: 1 });
    const connected = new Promise((resolve) => api.once(EventName.nextValidId, resolve));
    api.connect();
    await connected;
    api.reqIds();
    await expect.poll(async () => (await status()).received).toMatchObject({ START_API: 1, REQ_IDS: 1 });
    expect((await call(controlPort, "POST", "/fault", { repeatExecutions: 2 })).body).toMatchObject({
      repeatExecutions: 2,
      connection: "none",
    });
    expect((await call(controlPort, "POST", "/quote", { symbol: "SPY", bid: 100, ask: 100.02 })).status).toBe(200);
    const gone = new Promise((resolve) => api.once(EventName.disconnected, resolve));
    expect((await call(controlPort, "POST", "/drop")).body).toEqual({ dropped: true });
    await gone;
    expect((await call(controlPort, "POST", "/restart", { downtimeMs: 300 })).status).toBe(202);
    expect(await status()).toMatchObject({ isListening: false });
    await expect.poll(status).toMatchObject({ isListening: true });
  });

  it("refuses what it does not understand, and web pages", async () => {
    const { controlPort } = await ready(["--port", "0", "--control-port", "0"]);
    expect(await call(controlPort, "POST", "/fault", { connection: "banana" })).toMatchObject({ status: 400 });
    expect(await call(controlPort, "POST", "/quote", { symbol: "NOPE", bid: 1 })).toMatchObject({ status: 400 });
    expect(await call(controlPort, "GET", "/nothing")).toMatchObject({ status: 404 });
    expect(await call(controlPort, "GET", "/status", undefined, { origin: "http://example.org" })).toMatchObject({
      status: 403,
    });
  });
});
