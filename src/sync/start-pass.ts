// Starting a pass: the one place that makes a Workflow instance. Cron does it when one is due, an operator when they want.
import type { Env } from '../config.ts';
import { readLastRun } from '../db/reconcile-runs.ts';
import type { Pass } from './pass.ts';
import { declareLost, isPassDue } from './pass-due.ts';
import type { SyncPorts } from './ports.ts';

/** Starts a Workflow instance; an instance of that id that exists already is left alone. */
export type StartPass = (pass: Pass) => Promise<void>;

export const startPassIn =
  ({ RECONCILE }: Pick<Env, 'RECONCILE'>): StartPass =>
  async ({ id, directoryId }) => {
    try {
      await RECONCILE.create({ id, params: { directoryId } });
    } catch (error) {
      // Another cron of the same minute was first; anything else is told by the instance's absence.
      const exists = await RECONCILE.get(id).then(
        () => true,
        () => false,
      );
      if (!exists) throw error;
    }
  };

/** Two that are asked for in the same minute, by cron or by hand, are the same pass. */
const passAt = (directoryId: string, ms: number): Pass => ({
  id: `${directoryId}-${Math.floor(ms / 60_000)}`,
  directoryId,
});

/** Of those that begin and end in one minute each has a number; two that are asked for at once still have the same. */
function idAfter(lastId: string, id: string): string {
  if (lastId !== id && !lastId.startsWith(`${id}-`)) return id;
  return `${id}-${Number(lastId.slice(id.length + 1) || '1') + 1}`;
}

/**
 * Starts the pass that is due, if one is.
 *
 * @param scheduledMs the time cron meant, the same for a repeated run
 */
export async function startDuePass(
  ports: SyncPorts,
  startPass: StartPass,
  directoryId: string,
  scheduledMs: number,
): Promise<void> {
  const last = await readLastRun(ports.db, directoryId);
  const due = isPassDue(last, ports.config.reconcileEveryMinutes, ports.nowMs());
  if (due === 'no') return;
  if (due === 'yes-last-is-lost' && last !== null) await declareLost(ports, last);
  await startPass(passAt(directoryId, scheduledMs));
}

/**
 * Starts a pass now, because somebody wants one.
 *
 * @returns `under-way` if one is running that has not been lost; it is left alone
 */
export async function startPassNow(
  ports: SyncPorts,
  startPass: StartPass,
  directoryId: string,
): Promise<'started' | 'under-way'> {
  const nowMs = ports.nowMs();
  const last = await readLastRun(ports.db, directoryId);
  const due = isPassDue(last, 0, nowMs);
  if (due === 'no') return 'under-way';
  if (due === 'yes-last-is-lost' && last !== null) await declareLost(ports, last);
  const pass = passAt(directoryId, nowMs);
  await startPass({ ...pass, id: last === null ? pass.id : idAfter(last.id, pass.id) });
  return 'started';
}
