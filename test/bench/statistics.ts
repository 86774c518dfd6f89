// Median and percentiles of a sample.

/** The nearest-rank percentile: a value that occurred. */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new RangeError('no samples');
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

export const median = (values: readonly number[]) => percentile(values, 50);
