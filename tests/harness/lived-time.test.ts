import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
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

/** A process that works for that long, as the processor counts it, each time it is asked, and then answers. */
async function worker(ms: number) {
  const program = `
    const workedMs = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
    process.on("message", () => {
      const untilMs = workedMs() + ${ms};
      while (workedMs() < untilMs);
      process.send("done");
    });
    process.send("ready");`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  await once(child, "message");
  return {
    ask: async () => {
      child.send("work");
      await once(child, "message");
    },
    end: () => child.kill("SIGKILL"),
  };
}

it("counts what a process that it started works", async () => {
  const other = await worker(400);
  const livedMs = startLivedTime();
  await other.ask();
  expect(livedMs()).toBeGreaterThan(350);
  other.end();
});

/** Beside so many others, none of them started by this process, that each has a processor for a small part of the time. */
async function crowded(act: () => Promise<void>): Promise<void> {
  const count = 3 * availableParallelism();
  const script = `${'while :; do :; done & all="$all $!"; '.repeat(count)} echo begun; read -r over; kill $all`;
  const others = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(others.stdout, "data");
    await act();
  } finally {
    others.stdin.end();
    await once(others, "exit");
  }
}

// Other systems do not tell how long a thread waits for a processor.
describe.runIf(process.platform === "linux")("does not count what others had the processor for", () => {
  it("while this process could have gone on", async () => {
    await crowded(async () => {
      const machineFrom = performance.now();
      const livedMs = startLivedTime();
      await pause(0);
      work(200);
      await pause(0);
      const ms = livedMs();
      expect(ms).toBeGreaterThanOrEqual(200);
      expect(ms).toBeLessThan(400);
      expect(performance.now() - machineFrom, "they had it").toBeGreaterThan(400);
    });
  });

  it("while one could that it started and waits for", async () => {
    const other = await worker(200);
    await crowded(async () => {
      const machineFrom = performance.now();
      const livedMs = startLivedTime();
      await other.ask();
      const ms = livedMs();
      expect(performance.now() - machineFrom, "they had it").toBeGreaterThan(400);
      expect(ms).toBeGreaterThan(100);
      expect(ms).toBeLessThan(400);
    });
    other.end();
  });
});
