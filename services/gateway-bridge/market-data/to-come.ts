import type { FiveSecondBar } from "../gateway/reports.ts";

/** A bar is told when it is over; our clock is behind the gateway's by a second at most, and by what a message takes. */
const AHEAD_MS_MAX = 10_000;
/** Machine time that may pass between a bar and the word on the time, with a clock that is faster than life. */
const DELIVERY_MS_MAX = 5000;

/**
 * Whether a bar begins at a time that has not come: it cannot be. Taken for the newest, it would have every bar until then
 * dropped as late.
 *
 * @param marketMs market time; null while it is not known
 * @param clockSpeed market seconds a machine second
 */
export const isToCome = ({ startsAt }: FiveSecondBar, marketMs: number | null, clockSpeed: number): boolean =>
  marketMs !== null && startsAt > marketMs + AHEAD_MS_MAX + DELIVERY_MS_MAX * clockSpeed;
