import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";

const STEP_MS = 50;
const BEAT_MS = 10;
/** A thread that only beats and is late by this much was not let run. */
const STALL_MS = 100;

/**
 * Machine time as this process lived it, for a promise such as "within a second": no program keeps it while it does not
 * run. Left out is the time in which this thread could have gone on and no processor took it (as Linux counts it), and
 * the time in which the whole process stood still, as another of its threads saw it. Everything else counts: what is
 * waited for, and what the code under test blocks its own loop with.
 *
 * @returns tells how long it has been, in milliseconds, and stops the watch
 */
export function startLivedTime(): () => number {
  let livedMs = 0;
  let before = reading();
  const step = () => {
    const now = reading();
    const passedMs = now.machineMs - before.machineMs;
    const keptFromRunningMs = Math.max(now.delayedMs - before.delayedMs, now.stalledMs - before.stalledMs, 0);
    // A wait passes while others run: only what a step was late by was lost. And what it worked it lived.
    const lostMs = Math.min(keptFromRunningMs, Math.max(0, passedMs - STEP_MS));
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

function reading() {
  // The beat first: one that comes between is counted twice in a long step, and not in none.
  const machineMs = machineNowMs();
  const sinceBeatMs = machineMs - (witness[LAST_BEAT] || machineMs);
  const { user, system } = process.threadCpuUsage();
  return {
    machineMs,
    workedMs: (user + system) / 1000,
    delayedMs: delayedMs(),
    stalledMs: (witness[STALLED] ?? 0) + (sinceBeatMs > STALL_MS ? sinceBeatMs : 0),
  };
}

/** How long this thread has waited for a processor since it began; other systems than Linux do not tell. */
function delayedMs(): number {
  if (process.platform !== "linux") return 0;
  return Number(readFileSync("/proc/thread-self/schedstat", "utf8").split(" ")[1]) / 1e6;
}

/** Beats beside this thread: `[time of the last beat, how long it was kept from beating so far]`, in milliseconds. */
const witness = new Float64Array(new SharedArrayBuffer(16));
const LAST_BEAT = 0;
const STALLED = 1;

new Worker(
  `const witness = require("node:worker_threads").workerData;
  const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (let before = nowMs(); ; ) {
    witness[${LAST_BEAT}] = before;
    Atomics.wait(never, 0, 0, ${BEAT_MS});
    const now = nowMs();
    if (now - before > ${STALL_MS}) witness[${STALLED}] += now - before;
    before = now;
  }`,
  { eval: true, workerData: witness },
).unref();
