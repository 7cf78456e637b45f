import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EventName, IBApi, WhatToShow } from "@stoqey/ib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stock, TestClient } from "./testing/client.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly lines: Record<string, unknown>[];
  readonly stderr: () => string;
  /** The exit code, once all that the process wrote has been read. */
  readonly ended: Promise<number | null>;
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
  // Its last words may be read after its end is known; and Node emits no `close` where the channel was disconnected.
  const streams = [child.stdout, child.stderr].map((stream) => new Promise((resolve) => stream?.once("end", resolve)));
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const ended = Promise.all([exit, ...streams]).then(([code]) => code);
  return { child, lines, stderr: () => stderr, ended };
}

async function ready(args: readonly string[], env: Record<string, string> = {}) {
  const running = run(args, env);
  const [message] = await once(running.child, "message");
  expect(message).toBe("ready");
  // The word comes over another channel than the line.
  const readyLine = () => running.lines.find((entry) => entry.msg === "simulated gateway ready");
  await expect.poll(readyLine).toBeDefined();
  const line = readyLine();
  return { ...running, port: Number(line?.port), controlPort: Number(line?.controlPort) };
}

const exitCode = ({ ended }: Running): Promise<number | null> => ended;

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

  // In a process of its own: one that falls behind its clock does nothing else any more, and could not end this test.
  it("keeps the pace of its clock with many symbols: the day of each is made once, not once a second", async () => {
    const symbols = Array.from(
      { length: 40 },
      (_, index) => `S${String.fromCharCode(65 + index / 26, 65 + (index % 26))}`,
    );
    // What it used of a core, however little of one the machine had for it.
    const tells = "process.on('message',(word)=>{if(word==='cpu')process.send(process.cpuUsage())})";
    const { port, child } = await ready(
      ["--port", "0", "--start-time", "10:00:00", "--speed", "4", "--symbols", symbols.join()],
      { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(tells)}` },
    );
    const usedMs = async () => {
      const told = once(child, "message");
      child.send("cpu");
      const [{ user, system }] = (await told) as [NodeJS.CpuUsage];
      return (user + system) / 1000;
    };
    const client = new TestClient({ port }, 1);
    try {
      await client.ready();
      for (const [index, symbol] of symbols.entries())
        client.api.reqMktData(index + 1, stock(symbol), "", false, false);
      client.api.reqRealTimeBars(900, stock("SAA"), 5, WhatToShow.TRADES, false);
      const [, first] = await client.next(EventName.realtimeBar, () => true, 60_000);
      const before = await usedMs();
      await client.next(EventName.realtimeBar, ([, time]) => Number(time) >= Number(first) + 40, 100_000);
      // Making forty days takes a second of a core, and there were forty seconds of the market.
      expect((await usedMs()) - before).toBeLessThan(10_000);
    } finally {
      client.close();
    }
  }, 240_000);

  it("names every bad setting and exits with 2", async () => {
    const running = run(["--port", "x", "--date", "soon"]);
    expect(await exitCode(running)).toBe(2);
    expect(running.stderr()).toContain('--port (SIM_PORT) is "x": give a number from 0 to 65535');
    expect(running.stderr()).toContain('--date (SIM_DATE) is "soon"');
  });

  it.each([
    [["--prot", "4002"], "unknown option '--prot'"],
    [["start"], "too many arguments"],
    [["--port"], "argument missing"],
    [["listing", "frames.jsonl", "--session", "first"], "Give numbers of connections, from 1."],
    [["listing", "frames.jsonl", "--message", "PLACE_ORDER", "PLACE_ODER"], "No message has that name"],
    [["listing", "frames.jsonl", "--direction", "up"], "Allowed choices are received, sent."],
  ])("refuses %s as a bad setting, with 2", async (args, words) => {
    const running = run(args);
    expect(await exitCode(running)).toBe(2);
    expect(running.stderr()).toContain(words);
  });

  it("exits with 4 when the frame log cannot be written", async () => {
    const running = run(["--port", "0", "--frame-log", join(folder, "nothing", "frames.jsonl")]);
    expect(await exitCode(running)).toBe(4);
    expect(running.stderr()).toContain("the frame log cannot be written");
  });

  it("ends on a bad setting also when somebody listens for messages in it, as PM2's container does", async () => {
    const listening = "data:text/javascript,process.on('message',()=>undefined)";
    const running = run(["--port", "x"], { NODE_OPTIONS: `--import=${listening}` });
    expect(await exitCode(running)).toBe(2);
    expect(running.lines.at(-1)).toMatchObject({ level: "error", msg: "bad settings" });
  });

  it("names everything that is wrong with a scenario, path, value and fix, and exits with 2", async () => {
    const path = join(folder, "s.json");
    writeFileSync(path, JSON.stringify({ faults: { connection: "banana" }, steps: [{ do: [] }] }));
    const running = run(["--port", "0", "--scenario", path]);
    expect(await exitCode(running)).toBe(2);
    expect(running.stderr()).toContain(`${path}: faults.connection is "banana": give one of none, refuse`);
    expect(running.stderr()).toContain(`${path}: steps.0.do is []: give at least one action`);
  });

  it("plays a scenario: the port is closed from the start, and opens later", async () => {
    const path = join(folder, "s.json");
    const steps = [{ when: { on: "elapsed", seconds: 1 }, do: [{ action: "faults", set: { connection: "none" } }] }];
    writeFileSync(path, JSON.stringify({ faults: { connection: "refuse" }, steps }));
    const { port } = await ready(["--port", "0"], { SIM_SCENARIO: path });
    const code = (socketPort: number) =>
      new Promise((resolve) => {
        const socket = connect(socketPort, "127.0.0.1", () => resolve("open"));
        socket.on("error", () => resolve("refused"));
        socket.on("connect", () => socket.destroy());
      });
    expect(await code(port)).toBe("refused");
    await expect.poll(() => code(port)).toBe("open");
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
    expect(frames.map((frame) => frame.name).slice(0, 5)).toEqual([
      "HELLO",
      "SERVER_VERSION",
      "START_API",
      "MANAGED_ACCTS",
      "NEXT_VALID_ID",
    ]);
    expect(frames.at(-1)?.name).toBe("CLOSED");
    expect(frames[4]).toMatchObject({ direction: "sent", session: 1, clientId: 4, id: 9, fields: [1, 1] });
    expect(frames[4]?.marketTime).toMatch(/^20251007 09:30:\d\d US\/Eastern$/);
    const outputOf = async (...args: string[]) => {
      const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
      children.push(child);
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const [code] = await once(child, "close");
      return { code, output };
    };
    expect(await outputOf("listing", path, "--message", "NEXT_VALID_ID")).toEqual({
      code: 0,
      output: expect.stringMatching(/^20251007 09:30:\d\d 1\/4 < NEXT_VALID_ID version=1 orderId=1\n$/),
    });
    expect(await outputOf("replay", path)).toEqual({ code: 0, output: "1 frames played, 0 differences\n" });
    expect(await outputOf("replay", path, "--account", "DU7654321")).toEqual({
      code: 5,
      output:
        'session 1 MANAGED_ACCTS #1: accounts: recorded "DU1234567", replayed "DU7654321"\n' +
        "1 frames played, 1 differences\n",
    });
    expect((await outputOf("listing", join(folder, "nothing"))).code).toBe(4);
  });
});

describe("the listing", () => {
  it("ends without a complaint when nobody reads on", async () => {
    const path = join(folder, "long.jsonl");
    const frame = { direction: "sent", session: 1, clientId: 1, machineTime: "", marketTime: "", id: 9 };
    const line = JSON.stringify({ ...frame, name: "NEXT_VALID_ID", fields: [1, 1] });
    writeFileSync(path, `${line}\n`.repeat(50_000));
    const child = spawn(process.execPath, [main, "listing", path], { stdio: ["ignore", "pipe", "pipe"] });
    children.push(child);
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaint += text;
    });
    child.stdout.once("data", () => child.stdout.destroy());
    const [code] = await once(child, "close");
    expect({ code, complaint }).toEqual({ code: 0, complaint: "" });
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
    expect((await call(controlPort, "POST", "/restart", { downtimeMs: 5000 })).status).toBe(202);
    expect(await status()).toMatchObject({ isListening: false });
    await expect.poll(status).toMatchObject({ isListening: true });
  });

  it("does actions and arms steps", async () => {
    const { port, controlPort } = await ready(["--port", "0", "--control-port", "0"]);
    const step = {
      when: { on: "received", message: "REQ_IDS" },
      do: [{ action: "error", code: 2110, text: "Connectivity between TWS and server is broken." }],
    };
    expect((await call(controlPort, "POST", "/steps", [step])).body).toEqual({ armed: 1 });
    const api = new IBApi({ host: "127.0.0.1", port, clientId: 1 });
    const codes: number[] = [];
    api.on(EventName.info, (_, code: number) => codes.push(code));
    const connected = new Promise((resolve) => api.once(EventName.nextValidId, resolve));
    api.connect();
    await connected;
    api.reqIds();
    await expect.poll(() => codes).toContain(2110);
    const done = await call(controlPort, "POST", "/action", { action: "connectivity-loss", restoredAfterMs: 10 });
    expect(done).toMatchObject({ status: 200, body: { performed: { action: "connectivity-loss", times: 1 } } });
    await expect.poll(() => codes).toContain(1102);
    expect(await call(controlPort, "POST", "/action", { action: "explode" })).toMatchObject({ status: 400 });
    api.disconnect();
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

  it("refuses a host name that is not this machine's", async () => {
    const { controlPort } = await ready(["--port", "0", "--control-port", "0"]);
    const statusFor = async (host: string) => {
      const asked = get({ host: "127.0.0.1", port: controlPort, path: "/status", headers: { host } });
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await statusFor(`rebound.example.org:${controlPort}`)).toBe(403);
    expect(await statusFor("localhost.example.org")).toBe(403);
    expect(await statusFor(`localhost:${controlPort}`)).toBe(200);
    expect(await statusFor("[::1]")).toBe(200);
  });
});
