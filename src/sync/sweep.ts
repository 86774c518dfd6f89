// Cron's part in keeping the database small. Nothing depends on it: whoever was swept as a tombstone and
// returns is a new row.
import { catchUpPeopleCounts } from '../db/people-counts.ts';
import { sweepOld as sweep } from '../db/sweep.ts';
import type { SyncPorts } from './ports.ts';

/** Deletes what is older than TOMBSTONE_DAYS and EVENT_DAYS say, a little at a time, and logs how much went. */
export async function sweepOld(ports: SyncPorts): Promise<void> {
  const nowMs = ports.nowMs();
  const { eventMs, tombstoneMs } = ports.config;
  // What goes uncounted would be missed for good.
  await catchUpPeopleCounts(ports.db);
  const swept = await sweep(ports.db, {
    eventsMs: nowMs - eventMs,
    tombstonesMs: nowMs - tombstoneMs,
  });
  if (Object.values(swept).some((count) => count > 0)) ports.log('info', 'old.swept', { ...swept });
}
