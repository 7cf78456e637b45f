import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { readdirSync, readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const STEP_MS = 50;
const BEAT_MS = 10;
/** A thread that only beats and is late by this much was not let run. */
const STALL_MS = 100;

/**
 * Machine time as this process lived it, for a promise such as "within a second": no program keeps it while it does not
 * run. Left out is the time in which this thread could have gone on and no processor took it (as Linux counts it), and
 * the time in which the whole process stood still, as another of its threads saw it; and of what is waited for, the time
 * in which no processor took a process that this one started, such as the NATS server. Everything else counts: what is
 * waited for, what the code under test blocks its own loop with, and what those processes work.
 *
 * @returns tells how long it has been, in milliseconds, and stops the watch
 */
export function startLivedTime(): () => number {
  let livedMs = 0;
  let owedMs = 0;
  let before = reading();
  const step = () => {
    const now = reading();
    const passedMs = now.machineMs - before.machineMs;
    const keptFromRunningMs = Math.max(now.delayedMs - before.delayedMs, now.stalledMs - before.stalledMs, 0);
    // A wait passes while others run: only what a step was late by was lost. And what it worked it lived.
    const ownMs = Math.min(keptFromRunningMs, Math.max(0, passedMs - STEP_MS));
    // Linux tells of a wait for a processor once it is over: it may have been longer than the step.
    owedMs += childrenDelayedBetween(before.children, now.children);
    const theirsMs = Math.min(passedMs, owedMs);
    owedMs -= theirsMs;
    const lostMs = Math.max(ownMs, theirsMs);
    livedMs += Math.max(passedMs - lostMs, now.workedMs - before.workedMs);
    before = now;
  };
  const timer = setInterval(step, STEP_MS);
  return () => {
    clearInterval(timer);
    step();
    return livedMs;
  };
}

const machineNowMs = () => Number(process.hrtime.bigint()) / 1e6;

/** One that nothing came into, such as a stop of the whole process: all it tells is of one moment. */
function reading(): ReturnType<typeof read> {
  for (;;) {
    const now = read();
    if (machineNowMs() - now.machineMs < STALL_MS) return now;
  }
}

function read() {
  // The beat first: one that comes between is counted twice in a long step, and not in none.
  const machineMs = machineNowMs();
  const sinceBeatMs = machineMs - (witness[LAST_BEAT] || machineMs);
  const { user, system } = process.threadCpuUsage();
  return {
    machineMs,
    workedMs: (user + system) / 1000,
    delayedMs: delayedMs("/proc/thread-self"),
    children: childrenDelays(),
    stalledMs: (witness[STALLED] ?? 0) + (sinceBeatMs > STALL_MS ? sinceBeatMs : 0),
  };
}

/** How long a thread has waited for a processor since it began; other systems than Linux do not tell. */
function delayedMs(thread: string): number {
  if (process.platform !== "linux") return 0;
  return Number(readFileSync(`${thread}/schedstat`, "utf8").split(" ")[1]) / 1e6;
}

/** The processes that this one started and that run. */
const children = new Set<ChildProcess>();
subscribe("child_process", (message) => {
  const { process: child } = message as { readonly process: ChildProcess };
  children.add(child);
  child.once("exit", () => children.delete(child));
});

type Delays = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** How long each thread of each of them has waited for a processor, by process and thread. */
function childrenDelays(): Delays {
  const delays = new Map<number, Map<string, number>>();
  if (process.platform !== "linux") return delays;
  for (const { pid } of children) {
    if (pid === undefined) continue;
    const threads = new Map<string, number>();
    delays.set(pid, threads);
    try {
      const tasks = `/proc/${pid}/task`;
      for (const thread of readdirSync(tasks)) threads.set(thread, delayedMs(`${tasks}/${thread}`));
    } catch (error) {
      // The process, or the thread, has just ended.
      if (!["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  return delays;
}

/** One waits for another: of each process what its most hindered thread waited. */
function childrenDelayedBetween(before: Delays, now: Delays): number {
  let sumMs = 0;
  for (const [pid, threads] of now) {
    const known = before.get(pid);
    let mostMs = 0;
    // What is not known from before began since.
    for (const [thread, ms] of threads) mostMs = Math.max(mostMs, ms - (known?.get(thread) ?? 0));
    sumMs += mostMs;
  }
  return sumMs;
}

/** Beats beside this thread: `[time of the last beat, how long it was kept from beating so far]`, in milliseconds. */
const witness = new Float64Array(new SharedArrayBuffer(16));
const LAST_BEAT = 0;
const STALLED = 1;

// Where it was late because no processor took it, it says nothing of the others: of them Linux tells as much.
new Worker(
  `const { workerData: witness } = require("node:worker_threads");
  const { readFileSync } = require("node:fs");
  const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
  const delayedMs = () =>
    process.platform === "linux" ? Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6 : 0;
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let before = nowMs(), delayedBefore = 0; ; ) {
    witness[${LAST_BEAT}] = before;
    Atomics.wait(never, 0, 0, ${BEAT_MS});
    const now = nowMs();
    const delayed = delayedMs();
    const lateMs = now - before - (delayed - delayedBefore);
    if (lateMs > ${STALL_MS}) witness[${STALLED}] += lateMs;
    before = now;
    delayedBefore = delayed;
  }`,
  { eval: true, workerData: witness },
).unref();
