// Whether people are in step, and if not, why. Pure: a function of the directory's row and the clock, so
// that page, health check and cron say the same, at the cost of one row.
import type { Directory } from '../db/directories.ts';

export type SyncHealth =
  | { inStep: true; sinceMs: number }
  /** A reason code: `importing`, `credential:<code>`, `passes-overdue`, `paused`, `no-channel`. */
  | { inStep: false; reason: string; sinceMs: number | null };

/** A pass may be late by this many intervals before it counts. */
const OVERDUE_INTERVALS = 3;

/**
 * @param everyMinutes how often a pass starts
 * @param nowMs milliseconds since the epoch
 */
export function syncHealth(
  directory: Directory | null,
  everyMinutes: number,
  nowMs: number,
): SyncHealth {
  if (directory === null) return { inStep: false, reason: 'importing', sinceMs: null };
  const { problem, problemSinceMs, importedMs, lastReconciledMs, channelsUntilMs, inStepSinceMs } =
    directory;
  if (problem !== null)
    return { inStep: false, reason: `credential:${problem}`, sinceMs: problemSinceMs };
  if (importedMs === null || lastReconciledMs === null)
    return { inStep: false, reason: 'importing', sinceMs: null };
  if (nowMs - lastReconciledMs > OVERDUE_INTERVALS * everyMinutes * 60_000) {
    return { inStep: false, reason: 'passes-overdue', sinceMs: lastReconciledMs };
  }
  // Paused on purpose: passes find newcomers, and nothing else arrives.
  if (channelsUntilMs === 0) return { inStep: false, reason: 'paused', sinceMs: null };
  if (channelsUntilMs === null || channelsUntilMs <= nowMs) {
    return { inStep: false, reason: 'no-channel', sinceMs: channelsUntilMs };
  }
  return { inStep: true, sinceMs: inStepSinceMs ?? nowMs };
}
