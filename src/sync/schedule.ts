// What cron does, every 5 minutes (every minute on a laptop). Each run does what is due and may be missed,
// late, repeated or doubled: nothing depends on the previous one.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { readDirectory } from '../db/directories.ts';
import { isCredentialFailure } from '../google/errors.ts';
import { errorCode } from '../log.ts';
import { ensureFirstRule } from '../roles/book.ts';
import { tellAlerts } from './alerts.ts';
import { type ChannelOwner, keepChannels } from './channels.ts';
import { refreshCondition, reportProblem } from './condition.ts';
import { ensureDefaultDirectory } from './default-directory.ts';
import type { SyncPorts } from './ports.ts';
import { continueRecomputes } from './recompute.ts';
import { type StartPass, startDuePass } from './start-pass.ts';
import { sweepOld } from './sweep.ts';

async function tendChannels(ports: SyncPorts, owner: ChannelOwner): Promise<void> {
  const { failure, coveredUntilMs, ...counts } = await keepChannels(ports, owner);
  ports.log('info', 'channels.kept', { directoryId: owner.id, ...counts });
  if (isCredentialFailure(failure)) await reportProblem(ports, owner.id, failure);
  await refreshCondition(ports, owner.id, { channelsUntilMs: coveredUntilMs });
}

/**
 * @param scheduledMs the time cron meant, the same for a repeated run
 * @param more what other rooms have to do at each run, by name
 * @throws what failed first; each part is tried even when another fails
 */
export async function runSchedule(
  ports: SyncPorts,
  startPass: StartPass,
  scheduledMs: number,
  more: Readonly<Record<string, () => Promise<void>>> = {},
): Promise<void> {
  // Channels live at Google and need no D1: while it is away the queue keeps what they bring.
  let owner: ChannelOwner = { id: DEFAULT_DIRECTORY_ID, eventOmissionRefusedMs: null };
  const parts: Record<string, () => Promise<void>> = {
    directory: async () => {
      await ensureDefaultDirectory(ports);
      await ensureFirstRule(ports, DEFAULT_DIRECTORY_ID);
      owner = (await readDirectory(ports.db, DEFAULT_DIRECTORY_ID)) ?? owner;
    },
    // Before the pass: what changes while it is under way is pushed.
    channels: () => tendChannels(ports, owner),
    pass: () => startDuePass(ports, startPass, DEFAULT_DIRECTORY_ID, scheduledMs),
    roles: () => continueRecomputes(ports),
    alerts: () => tellAlerts(ports, DEFAULT_DIRECTORY_ID),
    sweep: () => sweepOld(ports),
    ...more,
  };
  const failures: unknown[] = [];
  for (const [part, run] of Object.entries(parts)) {
    try {
      await run();
    } catch (error) {
      failures.push(error);
      const code = errorCode(error);
      ports.log('error', 'cron.failed', { directoryId: owner.id, part, code });
    }
  }
  if (failures.length > 0) throw failures[0];
}
