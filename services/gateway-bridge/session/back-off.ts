const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** Up to a fifth longer, so that two bridges that lost the same gateway do not come back in step. */
const JITTER_FRACTION = 0.2;

/** Inside the planned restart: short and flat, so that a fast market clock does not turn one wait into an hour. */
export const PLANNED_RETRY_MS = 250;

/**
 * Machine milliseconds to wait after the n-th failed attempt in a row (1 is the first): 1 s doubling to 60 s, and a
 * jitter of up to a fifth.
 *
 * @param random in [0, 1)
 */
export function backOffMs(failures: number, random: number): number {
  const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(Math.max(failures, 1) - 1, 16));
  return Math.round(base * (1 + JITTER_FRACTION * random));
}
