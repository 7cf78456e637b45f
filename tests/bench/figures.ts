/** Median, 99th percentile and greatest of some durations, in the unit they came in. */
export interface Distribution {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** @throws RangeError for no values: a measurement that measured nothing has no figures */
export function distributionOf(values: readonly number[]): Distribution {
  if (values.length === 0) throw new RangeError("nothing was measured");
  const sorted = [...values].sort((left, right) => left - right);
  const at = (fraction: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}
