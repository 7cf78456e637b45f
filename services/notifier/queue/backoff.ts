const FIRST_MS = 1000;
const LONGEST_MS = 60_000;

/**
 * How long to wait after that many failures in a row (1 or more): doubles from 1 s to 60 s, less up to half of it by
 * `jitter` (0 to 1), so that a thousand clients do not come back in one instant. It never gives up.
 */
export function backoffMs(failures: number, jitter: number): number {
  const wholeMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(wholeMs * (1 - jitter / 2));
}
