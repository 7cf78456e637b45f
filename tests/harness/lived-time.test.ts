import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { startLivedTime } from "./lived-time.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it("counts what is waited for", async () => {
  const livedMs = startLivedTime();
  await pause(300);
  const ms = livedMs();
  expect(ms).toBeGreaterThan(200);
  expect(ms).toBeLessThan(500);
});

/** Keeps this thread at work for that long, however long others have the processor meanwhile. */
function work(ms: number): void {
  const workedMs = () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  const untilMs = workedMs() + ms;
  while (workedMs() < untilMs);
}

it("counts what the process blocks its own loop with, by work", async () => {
  const livedMs = startLivedTime();
  await pause(0);
  work(900);
  await pause(0);
  expect(livedMs()).toBeGreaterThanOrEqual(900);
});

it("counts what the process blocks its own loop with, by waiting", async () => {
  const livedMs = startLivedTime();
  await pause(0);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 900);
  await pause(0);
  expect(livedMs()).toBeGreaterThan(800);
});

// Windows has no way to stop a process for a while.
it.skipIf(process.platform === "win32")("does not count what the process stood still for", async () => {
  const machineFrom = performance.now();
  const livedMs = startLivedTime();
  await pause(300);
  const other = spawn("sh", ["-c", `kill -STOP ${process.pid}; sleep 2; kill -CONT ${process.pid}`]);
  await once(other, "exit");
  expect(performance.now() - machineFrom).toBeGreaterThan(2000);
  const ms = livedMs();
  expect(ms).toBeGreaterThan(200);
  expect(ms).toBeLessThan(1000);
});

// Other systems do not tell how long a thread waits for a processor.
it.runIf(process.platform === "linux")("does not count what others had the processor for", async () => {
  const busy = Array.from({ length: 3 * availableParallelism() }, () => spawn("sh", ["-c", "while :; do :; done"]));
  try {
    await Promise.all(busy.map((other) => once(other, "spawn")));
    const machineFrom = performance.now();
    const livedMs = startLivedTime();
    await pause(0);
    work(200);
    await pause(0);
    const ms = livedMs();
    expect(ms).toBeGreaterThanOrEqual(200);
    expect(ms).toBeLessThan(400);
    expect(performance.now() - machineFrom, "they had it").toBeGreaterThan(400);
  } finally {
    for (const other of busy) other.kill("SIGKILL");
  }
});
