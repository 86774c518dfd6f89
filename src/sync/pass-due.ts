// Whether cron starts a pass: a function of the last one and the clock. A pass that was cut off never ends
// by itself, so somebody has to say that it is lost.
import { endRun, type ReconcileRun } from '../db/reconcile-runs.ts';
import type { SyncPorts } from './ports.ts';

/** A pass without progress for so long was cut off and will not come back. */
const LOST_AFTER_MS = 10 * 60_000;

/**
 * Whether a pass should start now, and whether the last one has to be declared lost first.
 *
 * A pass that failed, or stopped for its budget, is followed at the next cron and not only after a whole
 * interval; so is an import that has never completed.
 */
export function isPassDue(
  last: Pick<ReconcileRun, 'startedMs' | 'progressMs' | 'finishedMs' | 'outcome'> | null,
  everyMinutes: number,
  nowMs: number,
): 'no' | 'yes' | 'yes-last-is-lost' {
  if (last === null) return 'yes';
  if (last.finishedMs === null)
    return nowMs - last.progressMs > LOST_AFTER_MS ? 'yes-last-is-lost' : 'no';
  if (last.outcome !== 'complete') return 'yes';
  // A pass may begin minutes after its cron: half a tick (5 minutes deployed) early is on time.
  const everyMs = everyMinutes * 60_000;
  return nowMs - last.startedMs >= everyMs - Math.min(150_000, everyMs / 2) ? 'yes' : 'no';
}

/** Ends a pass that was cut off, so that the next one can start under another id. */
export async function declareLost(ports: SyncPorts, run: ReconcileRun): Promise<void> {
  ports.log('warn', 'reconcile.lost', { directoryId: run.directoryId, passId: run.id });
  await endRun(ports.db, run, {
    outcome: 'lost',
    reason: 'no-progress',
    counts: null,
    nextPageToken: null,
    nowMs: ports.nowMs(),
  });
}
