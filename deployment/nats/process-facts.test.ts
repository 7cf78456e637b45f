import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { inspectProcess, parseCim, parseProc, parsePs } from "./process-facts.ts";

describe("what is known of a process", () => {
  it("tells this process from a dead one", async () => {
    expect(await inspectProcess(process.pid)).toBeDefined();
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("close", resolve));
    expect(child.pid).toBeDefined();
    expect(await inspectProcess(child.pid ?? -1)).toBeUndefined();
  });

  it("is the same twice for the same process", async () => {
    expect(await inspectProcess(process.pid)).toEqual(await inspectProcess(process.pid));
  });

  const stat = (state: string) =>
    `42 (nats (x) ${state} y) ${state} 1 42 42 0 -1 4194560 9 9 9 9 9 9 9 9 20 0 9 0 777 1`;

  it("reads Linux, whatever the command is called", () => {
    expect(parseProc(stat("S"), "boot-1\n", "/opt/nats-server\0-c\0/a b/nats.conf\0")).toEqual({
      startedAs: "boot-1:777",
      commandLine: "/opt/nats-server -c /a b/nats.conf",
    });
  });

  it("takes a zombie for dead", () => {
    expect(parseProc(stat("Z"), "boot-1\n", "")).toBeUndefined();
  });

  it("reads macOS", () => {
    expect(parsePs("Sun Nov 22 23:20:11 2026     node main.ts\n")).toEqual({
      startedAs: "Sun Nov 22 23:20:11 2026",
      commandLine: "node main.ts",
    });
    expect(parsePs("")).toBeUndefined();
  });

  it("reads Windows", () => {
    expect(parseCim("639304104000000000\r\nnats-server.exe -c D:\\x\\nats.conf\r\n")).toEqual({
      startedAs: "639304104000000000",
      commandLine: "nats-server.exe -c D:\\x\\nats.conf",
    });
    expect(parseCim("")).toBeUndefined();
  });
});
