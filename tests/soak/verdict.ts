import { type MemorySample, memorySlope } from "./slope.ts";

const MIB = 1024 * 1024;
/** Memory is taken while a process warms up, and that is no leak. */
export const WARM_UP_FRACTION = 0.25;
/** A leak of this size would take a process to PM2's limit of 1 GiB in two days; below it is noise of an hour. */
export const SLOPE_MAX_MIB_PER_HOUR = 16;
/** The rule, in words. */
export const RULE = `grows: by more than ${SLOPE_MAX_MIB_PER_HOUR} MiB/h after the warm-up (a quarter)`;

/** How one process did. MiB, and MiB an hour; null where it is not known. */
export interface Growth {
  readonly warm: number;
  readonly end: number;
  /** Without the pages of the program's own file. */
  readonly endAnonymous: number;
  readonly slopeAfterWarmUp: number;
  readonly slopeLastHalf: number;
  /** What is left in Node's heap when all garbage was collected at the end. */
  readonly live: number | null;
  readonly grows: boolean;
}

/**
 * A process grows when it does so after the warm-up. The last half tells a leak, which goes on, from what Node and Go
 * take for garbage, which comes to an end; it acquits nothing.
 *
 * @param minutes how long the run was
 * @param live bytes
 * @throws RangeError when the last half is less than three minutes
 */
export function growthOf(samples: readonly MemorySample[], minutes: number, live: number | null): Growth {
  const warm = samples.filter(({ minute }) => minute >= minutes * WARM_UP_FRACTION);
  const slopeAfterWarmUp = memorySlope(warm) / MIB;
  const slopeLastHalf = memorySlope(samples.filter(({ minute }) => minute >= minutes / 2)) / MIB;
  return {
    warm: (warm[0]?.bytes ?? 0) / MIB,
    end: (warm.at(-1)?.bytes ?? 0) / MIB,
    endAnonymous: (warm.at(-1)?.anonymousBytes ?? 0) / MIB,
    slopeAfterWarmUp,
    slopeLastHalf,
    live: live === null ? null : live / MIB,
    grows: slopeAfterWarmUp > SLOPE_MAX_MIB_PER_HOUR,
  };
}

/** One line for people. */
export function shown({ warm, end, endAnonymous, slopeAfterWarmUp, slopeLastHalf, live }: Growth): string {
  const heap = live === null ? "" : `, ${live.toFixed(1)} alive in Node's heap`;
  return (
    `${warm.toFixed(0)} MiB when warm, ${end.toFixed(0)} at the end (${endAnonymous.toFixed(0)} anonymous${heap}); ` +
    `${slopeAfterWarmUp.toFixed(1)} MiB/h after the warm-up, ${slopeLastHalf.toFixed(1)} in the last half`
  );
}
