// From change to stored: what the middle and the slowest in a hundred took, in all and by the hour. Pure.
import type { Latency } from '../db/events.ts';

const HOUR_MS = 3_600_000;
export const HOURS = 24;

interface Quantiles {
  count: number;
  /** Milliseconds: half took no longer. */
  p50: number;
  /** Of a hundred, 99 took no longer. */
  p99: number;
}

export interface HourOfLatency {
  /** When the hour begins. */
  startMs: number;
  /** `null` = no push in it. */
  taken: Quantiles | null;
}

export interface LatencyDay {
  /** The last 24 hours, the oldest first; the last one is under way. */
  hours: readonly HourOfLatency[];
  all: Quantiles | null;
  /** Whether it is all that there was, and not the youngest part of it. */
  isWhole: boolean;
}

/** The value that this share of the sorted does not exceed: the nearest rank, always one that was measured. */
const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;

/** @returns `null` of nothing */
export function quantilesOf(latencies: readonly number[]): Quantiles | null {
  if (latencies.length === 0) return null;
  const sorted = latencies.toSorted((a, b) => a - b);
  return { count: sorted.length, p50: at(sorted, 0.5), p99: at(sorted, 0.99) };
}

/** When the first of the 24 hours begins: they are those of the clock. */
export const dayStart = (nowMs: number): number =>
  Math.floor(nowMs / HOUR_MS) * HOUR_MS - (HOURS - 1) * HOUR_MS;

/** @param sinceMs from when on they are all there are */
export function latencyDay(
  latencies: readonly Latency[],
  nowMs: number,
  sinceMs: number,
): LatencyDay {
  const firstMs = dayStart(nowMs);
  const ofHours: number[][] = Array.from({ length: HOURS }, () => []);
  for (const { atMs, latencyMs } of latencies)
    ofHours[Math.floor((atMs - firstMs) / HOUR_MS)]?.push(latencyMs);
  return {
    hours: ofHours.map((taken, i) => ({
      startMs: firstMs + i * HOUR_MS,
      taken: quantilesOf(taken),
    })),
    all: quantilesOf(ofHours.flat()),
    isWhole: sinceMs <= firstMs,
  };
}
