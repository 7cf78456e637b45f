/** One look at a process: when, in minutes since the run began, and how many bytes of memory it had. */
export interface MemorySample {
  readonly minute: number;
  readonly bytes: number;
  /** Of these, what is no file's. */
  readonly anonymousBytes: number;
}

/**
 * How a process's memory grows, bytes an hour, by least squares over the least of each minute: what is left after the
 * garbage of that minute was collected is what a leak adds to.
 *
 * @throws RangeError for fewer than three minutes: a line through two points says nothing
 */
export function memorySlope(samples: readonly Pick<MemorySample, "minute" | "bytes">[]): number {
  const least = leastOfEachMinute(samples);
  if (least.length < 3) throw new RangeError(`a slope needs three minutes of samples; there are ${least.length}`);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = mean(least.map(({ minute }) => minute));
  const level = mean(least.map(({ bytes }) => bytes));
  let covariance = 0;
  let variance = 0;
  for (const { minute, bytes } of least) {
    covariance += (minute - middle) * (bytes - level);
    variance += (minute - middle) ** 2;
  }
  return (covariance / variance) * 60;
}

function leastOfEachMinute(samples: Parameters<typeof memorySlope>[0]): Pick<MemorySample, "minute" | "bytes">[] {
  const least = new Map<number, number>();
  for (const { minute, bytes } of samples) {
    const whole = Math.floor(minute);
    least.set(whole, Math.min(least.get(whole) ?? Number.POSITIVE_INFINITY, bytes));
  }
  return [...least].map(([minute, bytes]) => ({ minute, bytes }));
}
