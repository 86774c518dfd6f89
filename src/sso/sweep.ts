// Cron's part in sessions: what has expired goes. Nothing depends on it: every read checks the time itself.
import { sweepExpired as sweep } from '../db/sessions.ts';
import type { SyncPorts } from '../sync/ports.ts';

/** Deletes expired sessions, codes and refusals, and logs how many sessions went. */
export async function sweepExpired(ports: SyncPorts): Promise<void> {
  const sessions = await sweep(ports.db, ports.nowMs());
  if (sessions > 0) ports.log('info', 'sessions.swept', { sessions });
}
