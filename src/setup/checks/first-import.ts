// Whether everybody has been imported once, and if not, how far it is. From D1 alone.
import { DEFAULT_DIRECTORY_ID } from '../../config.ts';
import { readDirectory } from '../../db/directories.ts';
import { type ReconcileRun, readLastRun } from '../../db/reconcile-runs.ts';
import { remedyOf } from '../../google/token-errors.ts';
import type { SyncPorts } from '../../sync/ports.ts';
import { type Finding, failed, ok, waiting } from '../finding.ts';

const START_NOW = 'Press “Start it now” on this page, or wait.';

const utc = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

function unfinished(run: ReconcileRun): Finding {
  const { outcome, finishedMs, startedMs, usersSeen, chainSeen, reason } = run;
  const since = `since ${utc(startedMs)}`;
  if (finishedMs === null)
    return waiting('import', `Under way ${since}: ${usersSeen} people seen so far.`, [
      'Look again in a minute.',
    ]);
  if (outcome === 'failed')
    return failed('import', `The pass of ${utc(startedMs)} failed: ${reason ?? 'unknown'}.`, [
      remedyOf(reason ?? ''),
      'Then press “Start it now” on this page, or wait for the next pass.',
    ]);
  if (outcome === 'budget')
    return waiting(
      'import',
      `${Math.max(chainSeen, usersSeen)} people seen so far; the next pass goes on there, since GOOGLE_CALLS_PER_PASS bounds each.`,
      [START_NOW],
    );
  return waiting(
    'import',
    `The pass of ${utc(startedMs)} was cut off (${outcome}); the next begins anew.`,
    [START_NOW],
  );
}

export async function checkImport({ db }: SyncPorts): Promise<Finding> {
  const directory = await readDirectory(db, DEFAULT_DIRECTORY_ID);
  const importedMs = directory?.importedMs ?? null;
  if (importedMs !== null) return ok('import', `Everybody was imported by ${utc(importedMs)}.`);
  const run = await readLastRun(db, DEFAULT_DIRECTORY_ID);
  if (run !== null) return unfinished(run);
  return waiting(
    'import',
    'No pass has begun. A new cron trigger takes up to 15 minutes to come into force.',
    [START_NOW],
  );
}
