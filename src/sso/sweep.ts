// Cron's part in sessions: what has expired goes. Nothing depends on it: every read checks the time itself.
import { sweepSessions } from '../db/sessions.ts';
import type { SyncPorts } from '../sync/ports.ts';

export async function sweepExpired(ports: SyncPorts): Promise<void> {
  const sessions = await sweepSessions(ports.db, ports.nowMs());
  if (sessions > 0) ports.log('info', 'sessions.swept', { sessions });
}
