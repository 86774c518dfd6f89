// What cron does, every 5 minutes (every minute on a laptop). Each run does what is due and may be missed,
// late, repeated or doubled: nothing depends on the previous one.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { ensureDirectory, noteProblem, readDirectory } from '../db/directories.ts';
import { readLastRun } from '../db/reconcile-runs.ts';
import { isCredentialFailure } from '../google/errors.ts';
import { keepChannels } from './channels.ts';
import { refreshCondition } from './condition.ts';
import { declareLost, isPassDue } from './pass-due.ts';
import type { SyncPorts } from './ports.ts';
import type { Pass } from './reconcile.ts';

/** Starts a Workflow instance; an instance of that id that exists already is left alone. */
export type StartPass = (pass: Pass) => Promise<void>;

async function startDuePass(
  ports: SyncPorts,
  startPass: StartPass,
  scheduledMs: number,
): Promise<void> {
  const directoryId = DEFAULT_DIRECTORY_ID;
  const last = await readLastRun(ports.db, directoryId);
  const due = isPassDue(last, ports.config.reconcileEveryMinutes, ports.nowMs());
  if (due === 'no') return;
  if (due === 'yes-last-is-lost' && last !== null) await declareLost(ports, last);
  // Two crons of the same minute name the same pass.
  await startPass({ id: `${directoryId}-${Math.floor(scheduledMs / 60_000)}`, directoryId });
}

/**
 * @param scheduledMs the time cron meant, the same for a repeated run
 * @throws whatever failed last; each part is tried even when another fails
 */
export async function runSchedule(
  ports: SyncPorts,
  startPass: StartPass,
  scheduledMs: number,
): Promise<void> {
  const { customer, adminEmails } = ports.config;
  await ensureDirectory(ports.db, {
    id: DEFAULT_DIRECTORY_ID,
    customer,
    adminEmail: adminEmails.join(','),
  });
  const directory = await readDirectory(ports.db, DEFAULT_DIRECTORY_ID);
  if (directory === null) return;
  // Channels first: what changes while the pass is under way is pushed.
  const parts = [
    async () => {
      const { failure, opened, stopped } = await keepChannels(ports, directory);
      if (failure && isCredentialFailure(failure)) {
        await noteProblem(ports.db, directory.id, failure.code, ports.nowMs());
      }
      ports.log('info', 'channels.kept', { directoryId: directory.id, opened, stopped });
    },
    () => startDuePass(ports, startPass, scheduledMs),
    () => refreshCondition(ports, directory.id),
  ];
  const results: PromiseSettledResult<void>[] = [];
  for (const part of parts) results.push(...(await Promise.allSettled([part()])));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
