// How a directory fares, kept in its row, so that pages and health checks read one row and no KV. Here and
// nowhere else a problem is stored, said to the operator, and taken back.
import { type Directory, noteCondition, noteProblem, readDirectory } from '../db/directories.ts';
import { readHeldSummary } from '../db/held-removals.ts';
import { isCredentialCode } from '../google/errors.ts';
import { errorCode } from '../log.ts';
import { readCoverage } from './channels.ts';
import { syncHealth } from './health.ts';
import type { Looked, LookFailure } from './look.ts';
import type { SyncPorts } from './ports.ts';

/** What keeps a directory from being read until somebody acts: an error code, and what to do. */
export interface Problem {
  code: string;
  remedy: string;
}

/**
 * Brings the stored condition up to date. Never fails: a condition noted late says nothing false about people.
 *
 * @param coverage until when the channels hold: as just found, as it stands in the row, or read from KV anew
 */
export async function refreshCondition(
  ports: SyncPorts,
  directoryId: string,
  coverage: { channelsUntilMs: number | null } | 'as-stored' | 'read',
): Promise<void> {
  try {
    const directory = await readDirectory(ports.db, directoryId);
    if (directory === null) return;
    const channelsUntilMs = await channelsUntil(ports, directory, coverage);
    const nowMs = ports.nowMs();
    const everyMinutes = ports.config.reconcileEveryMinutes;
    const held = await readHeldSummary(ports.db, directoryId, nowMs);
    const health = syncHealth({ ...directory, channelsUntilMs }, everyMinutes, nowMs, held);
    const inStepSinceMs = health.inStep ? (directory.inStepSinceMs ?? nowMs) : null;
    if (channelsUntilMs === directory.channelsUntilMs && inStepSinceMs === directory.inStepSinceMs)
      return;
    await noteCondition(ports.db, directoryId, { channelsUntilMs, inStepSinceMs });
    if (health.inStep !== (directory.inStepSinceMs !== null)) {
      const condition = health.inStep ? 'in-step' : health.reason;
      ports.log('info', 'condition.changed', { directoryId, condition });
    }
  } catch (error) {
    ports.log('warn', 'condition.not-noted', { directoryId, code: errorCode(error) });
  }
}

function channelsUntil(
  ports: SyncPorts,
  directory: Directory,
  coverage: { channelsUntilMs: number | null } | 'as-stored' | 'read',
): Promise<number | null> | number | null {
  if (coverage === 'read') return readCoverage(ports, directory);
  return coverage === 'as-stored' ? directory.channelsUntilMs : coverage.channelsUntilMs;
}

/**
 * Stores a problem with its remedy in the log, or that there is none any more (`null`). Never fails: the
 * work that met the problem goes on.
 */
export async function reportProblem(
  ports: SyncPorts,
  directoryId: string,
  problem: Problem | null,
): Promise<void> {
  try {
    const nowMs = ports.nowMs();
    const hasChanged = await noteProblem(ports.db, directoryId, problem?.code ?? null, nowMs);
    if (!hasChanged) return;
    if (problem === null) ports.log('info', 'directory.readable', { directoryId });
    else {
      const { code, remedy } = problem;
      ports.log('error', 'directory.problem', { directoryId, code, remedy });
    }
  } catch (error) {
    ports.log('warn', 'problem.not-noted', { directoryId, code: errorCode(error) });
    return;
  }
  await refreshCondition(ports, directoryId, 'as-stored');
}

/** Reports what a look found out about the directory itself: whether Google lets us read at all, when that has changed. */
export async function noteWhetherReadable(
  ports: SyncPorts,
  directoryId: string,
  { conclusions, problemBefore }: Looked,
): Promise<void> {
  const all = [...conclusions.values()];
  const broken = all.find(
    (c): c is LookFailure => c.kind === 'failed' && !c.retryable && isCredentialCode(c.code),
  );
  if (broken) {
    if (broken.code === problemBefore) return;
    return reportProblem(ports, directoryId, { code: broken.code, remedy: broken.remedy });
  }
  // What kept a list from being read is taken back by the next list, not by a get.
  const wasRead = all.some(({ kind }) => kind === 'applied');
  if (wasRead && problemBefore !== null && isCredentialCode(problemBefore)) {
    await reportProblem(ports, directoryId, null);
  }
}
