// A pass through `users.list` in durable steps: pages, who is missing, half a minute's patience, hints. It
// only finds: whoever is contradicted, unknown or missing is looked at by id, and that look decides.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { readDirectory, takePassTicket } from '../db/directories.ts';
import { keepNamedGroups } from '../db/groups.ts';
import { dropChain, dropOtherChains, storeListed } from '../db/listed-people.ts';
import { beginRun, endRun, readLastRun } from '../db/reconcile-runs.ts';
import type { ReconcileOutcome } from '../db/schema.ts';
import { ensureFirstRule } from '../roles/book.ts';
import { refreshCondition, reportProblem } from './condition.ts';
import { ensureDefaultDirectory } from './default-directory.ts';
import { groupsOf } from './groups.ts';
import {
  type Begun,
  countsOf,
  NOTHING_YET,
  type Pass,
  type PassFailure,
  type Progress,
  type Steps,
} from './pass.ts';
import { PassAtWork } from './pass-at-work.ts';
import type { SyncPorts } from './ports.ts';

/**
 * An error that crossed a step's border keeps only its message, with its name before it. Ours start with
 * where they come from and hold nothing but a code; of any other the words are not repeated.
 */
function failureOf(error: unknown): PassFailure {
  const message = error instanceof Error ? error.message : '';
  const code = /^(?:\w*Error: )*(?:Google|D1 refused a query): ([\w.-]+)/.exec(message)?.[1];
  return { reason: code ?? 'internal-error', problem: null };
}

/** @returns `null` for a directory that the configuration's Google has nothing to say about */
async function begin(ports: SyncPorts, { id, directoryId }: Pass): Promise<Begun | null> {
  if (directoryId !== DEFAULT_DIRECTORY_ID) return null;
  await ensureDefaultDirectory(ports);
  await ensureFirstRule(ports, directoryId);
  // Not this pass itself, whose row is there already when this step is repeated.
  const last = await readLastRun(ports.db, directoryId, id);
  const ticket = await takePassTicket(ports.db, directoryId);
  const directory = await readDirectory(ports.db, directoryId);
  if (ticket === null || directory === null) return null;
  // A page token lives three days; a pass that ran out of calls is continued by the next.
  const goesOn = last?.outcome === 'budget' && last.nextPageToken !== null ? last : null;
  const startedMs = ports.nowMs();
  const run = {
    id,
    directoryId,
    ticket,
    startedMs,
    chainId: goesOn?.chainId ?? id,
    chainTicket: goesOn?.chainTicket ?? ticket,
    previousId: last?.id ?? null,
  };
  const { firstSeq, living, before } = await beginRun(ports.db, run);
  if (before !== null && before.drift > 0) {
    const { drift, missed } = before;
    ports.log('warn', 'reconcile.drift', { directoryId, passId: last?.id ?? null, drift, missed });
  }
  await dropOtherChains(ports.db, directoryId, run.chainId);
  const { chainId, chainTicket } = run;
  const { customerId } = directory;
  const isImport = directory.importedMs === null;
  const groupKeys = await groupsOf(ports, directoryId);
  // What the last rule about a group has left.
  if (groupKeys.length === 0) await keepNamedGroups(ports.db, directoryId, [], ports.nowMs());
  const pageToken = goesOn?.nextPageToken ?? null;
  return {
    ticket,
    chainTicket,
    chainId,
    chainSeen: goesOn?.chainSeen ?? 0,
    startedMs,
    firstSeq,
    living,
    isImport,
    groupKeys,
    customerId,
    pageToken,
  };
}

async function end(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun | null,
  progress: Progress,
  seen: ReadonlySet<string>,
): Promise<ReconcileOutcome> {
  const { failure } = progress;
  const { directoryId } = pass;
  const outcome = outcomeOf(progress);
  const reason = failure?.reason ?? null;
  if (outcome === 'budget' && begun !== null) {
    await storeListed(ports.db, { ...pass, chainId: begun.chainId }, [...seen]);
  }
  const counts = countsOf(progress);
  const changes = await endRun(ports.db, pass, {
    outcome,
    reason,
    counts,
    nextPageToken: outcome === 'budget' ? progress.nextPageToken : null,
    chainSeen: (begun?.chainSeen ?? 0) + seen.size,
    nowMs: ports.nowMs(),
  });
  // Declared lost meanwhile: a younger pass has the word, and perhaps a chain that goes on.
  if (changes === null && begun !== null) {
    ports.log('warn', 'reconcile.ended-late', { directoryId, passId: pass.id });
    return 'lost';
  }
  ports.log(outcome === 'failed' ? 'error' : 'info', 'reconcile.ended', {
    directoryId,
    passId: pass.id,
    outcome,
    reason,
    ...counts,
    created: changes?.created ?? 0,
    held: changes?.held ?? 0,
    durationMs: begun === null ? 0 : ports.nowMs() - begun.startedMs,
  });
  if (outcome === 'complete' && begun !== null) {
    await dropChain(ports.db, begun.chainId);
    await reportProblem(ports, directoryId, null);
  }
  if (failure?.problem) await reportProblem(ports, directoryId, failure.problem);
  await refreshCondition(ports, directoryId, 'as-stored');
  return outcome;
}

function outcomeOf({ failure, isSuperseded, nextPageToken }: Progress): ReconcileOutcome {
  if (failure !== null) return 'failed';
  if (isSuperseded) return 'superseded';
  return nextPageToken === null ? 'complete' : 'budget';
}

/**
 * Runs one pass. A pass whose ticket has sunk below `floor` ends itself: a younger one is under way.
 *
 * @returns how it ended, as stored in `reconcile_runs`
 */
export async function reconcile(
  ports: SyncPorts,
  steps: Steps,
  pass: Pass,
): Promise<ReconcileOutcome> {
  let begun: Begun | null = null;
  let work: PassAtWork | null = null;
  let failure: PassFailure | null = null;
  try {
    begun = await steps.do('begin', () => begin(ports, pass));
    if (begun === null) failure = { reason: 'unknown-directory', problem: null };
    else {
      work = new PassAtWork(ports, steps, pass, begun);
      try {
        await work.readGroups();
        await work.goThroughPages();
      } catch (error) {
        // A page that fails for good must not keep those on the pages before it from being looked at.
        failure = failureOf(error);
      }
      await work.settleSuspects(failure !== null);
    }
  } catch (error) {
    failure ??= failureOf(error);
  }
  const progress = { ...(work?.progress ?? NOTHING_YET) };
  progress.failure ??= failure;
  const seen = work?.seen ?? new Set<string>();
  return steps.do('end', () => end(ports, pass, begun, progress, seen));
}
