/** A machine that stands still gives this process one long step; one that is only busy gives it many short ones. */
const STEP_MS = 10;
const STEP_COUNTED_MS_MAX = 50;

/**
 * Machine time as this process lived it: what the whole machine, or this process, slept through counts as one step. A
 * promise such as "within a second" is held to this time, since no program keeps it while it does not run.
 *
 * @returns tells how long it has been, in milliseconds, and stops the watch
 */
export function startLivedTime(): () => number {
  let livedMs = 0;
  let beforeMs = performance.now();
  const step = () => {
    const nowMs = performance.now();
    livedMs += Math.min(nowMs - beforeMs, STEP_COUNTED_MS_MAX);
    beforeMs = nowMs;
  };
  const timer = setInterval(step, STEP_MS);
  return () => {
    clearInterval(timer);
    step();
    return livedMs;
  };
}
