// Whether people are in step, and if not, why. Pure: a function of the directory's row, of whose removal is held,
// and of the clock, so that page, health check, cron and alerts say the same.
import type { Directory } from '../db/directories.ts';

/** A reason why people are not in step, and since when, milliseconds; `null` = not known. */
export interface Condition {
  /** `credential:<code>`, `importing`, `passes-overdue`, `deletions-held`, `paused`, `no-channel`. */
  reason: string;
  sinceMs: number | null;
}

/** What passes by itself, or was asked for. */
const NEEDS_NOBODY: ReadonlySet<string> = new Set(['importing', 'paused']);

/** Whether a reason is for a person to do something about. */
export const needsAPerson = (reason: string): boolean => !NEEDS_NOBODY.has(reason);

export type SyncHealth = { inStep: true; sinceMs: number } | ({ inStep: false } & Condition);

/** How many removals wait for an operator's word, and since when the longest. */
export interface Held {
  waiting: number;
  sinceMs: number | null;
}

/** A pass may be late by this many intervals before it counts. */
const OVERDUE_INTERVALS = 3;

/**
 * All that keeps people from being in step, the weightiest first.
 *
 * @param everyMinutes how often a pass starts
 * @param nowMs milliseconds since the epoch
 */
export function conditionsOf(
  directory: Directory | null,
  everyMinutes: number,
  nowMs: number,
  held: Held,
): Condition[] {
  if (directory === null) return [{ reason: 'importing', sinceMs: null }];
  const { problem, problemSinceMs, importedMs, lastReconciledMs, lastPassMs, channelsUntilMs } =
    directory;
  const conditions: Condition[] = [];
  if (problem !== null)
    conditions.push({ reason: `credential:${problem}`, sinceMs: problemSinceMs });
  // A large directory takes several passes, each of which does its part.
  if (lastPassMs !== null && nowMs - lastPassMs > OVERDUE_INTERVALS * everyMinutes * 60_000)
    conditions.push({ reason: 'passes-overdue', sinceMs: lastPassMs });
  else if (importedMs === null || lastReconciledMs === null)
    conditions.push({ reason: 'importing', sinceMs: null });
  if (held.waiting > 0) conditions.push({ reason: 'deletions-held', sinceMs: held.sinceMs });
  // Paused on purpose: only passes find what has changed.
  if (channelsUntilMs === 0) conditions.push({ reason: 'paused', sinceMs: null });
  else if (channelsUntilMs === null || channelsUntilMs <= nowMs)
    conditions.push({ reason: 'no-channel', sinceMs: channelsUntilMs });
  return conditions;
}

const NOBODY_HELD: Held = { waiting: 0, sinceMs: null };

/**
 * Whether people are in step; if not, the weightiest reason.
 *
 * @param held `as-noted`: whoever asks has read the directory's row and no more. Held removals are all that the
 * row does not show, so one by which people are not in step, without any other reason, means them.
 */
export function syncHealth(
  directory: Directory | null,
  everyMinutes: number,
  nowMs: number,
  held: Held | 'as-noted' = 'as-noted',
): SyncHealth {
  const known = held === 'as-noted' ? NOBODY_HELD : held;
  const [first] = conditionsOf(directory, everyMinutes, nowMs, known);
  if (first !== undefined) return { inStep: false, ...first };
  const sinceMs = directory?.inStepSinceMs ?? null;
  if (sinceMs === null && held === 'as-noted')
    return { inStep: false, reason: 'deletions-held', sinceMs: null };
  return { inStep: true, sinceMs: sinceMs ?? nowMs };
}
