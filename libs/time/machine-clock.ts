// The only file of the product that reads the machine's clock. A decision takes its time as an argument; it gets
// it from the market clock (what belongs to the trading day) or from `monotonicNowMs` (what guards slow machinery).
import { setTimeout as delay } from "node:timers/promises";

/** setTimeout holds a signed 32-bit count of milliseconds; a longer one would fire at once. */
const TIMER_MS_MAX = 2_147_483_647;

/**
 * Milliseconds of the machine's monotonic clock, with fractions down to a microsecond.
 *
 * Counts since boot, so two processes of one boot may compare their readings (an approval's expiry is one);
 * readings of two boots may not be compared. Never runs backwards, is not moved by setting the wall clock, and on
 * Linux stands still while the machine sleeps.
 */
export function monotonicNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Milliseconds since 1970-01-01T00:00Z by the machine's wall clock: for stamps and drift, never for a decision. */
export function wallNowMs(): number {
  return Date.now();
}

/** The machine's wall clock as ISO 8601 in UTC with milliseconds, "2026-11-22T23:20:11.600Z". */
export function wallNowIso(): string {
  return new Date().toISOString();
}

/**
 * Resolves after `ms` machine milliseconds; zero or less resolves on the next turn of the event loop.
 * Rejects with an `AbortError` when the signal aborts first (its cause is the signal's reason).
 */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  const endsAtMs = monotonicNowMs() + ms;
  let leftMs = ms;
  do {
    await delay(Math.min(Math.max(leftMs, 0), TIMER_MS_MAX), undefined, options);
    leftMs = endsAtMs - monotonicNowMs();
    // A timer may fire a fraction of a millisecond early: only what is left of a cut-off long sleep goes round again.
  } while (leftMs > 1);
}
