// Stores how a directory fares, so that pages and health checks read one row and no KV. Called when
// something that bears on it has happened: a cron, a channel's first message, the end of a pass.
import { noteCondition, readDirectory } from '../db/directories.ts';
import { readCoverage } from './channels.ts';
import { syncHealth } from './health.ts';
import type { SyncPorts } from './ports.ts';

/** Never fails: a condition noted late says nothing false about people. */
export async function refreshCondition(ports: SyncPorts, directoryId: string): Promise<void> {
  try {
    const directory = await readDirectory(ports.db, directoryId);
    if (directory === null) return;
    const nowMs = ports.nowMs();
    const channelsUntilMs = await readCoverage(ports, directory);
    const health = syncHealth(
      { ...directory, channelsUntilMs },
      ports.config.reconcileEveryMinutes,
      nowMs,
    );
    const inStepSinceMs = health.inStep ? (directory.inStepSinceMs ?? nowMs) : null;
    if (channelsUntilMs === directory.channelsUntilMs && inStepSinceMs === directory.inStepSinceMs)
      return;
    await noteCondition(ports.db, directoryId, { channelsUntilMs, inStepSinceMs });
    if (health.inStep !== (directory.inStepSinceMs !== null)) {
      ports.log('info', 'condition.changed', {
        directoryId,
        condition: health.inStep ? 'in-step' : health.reason,
      });
    }
  } catch {
    ports.log('warn', 'condition.not-noted', { directoryId });
  }
}
