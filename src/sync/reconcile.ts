// A pass through `users.list`, page by page, in durable steps. It only finds. On a first import, or with
// more than 500 unknown people, it inserts them straight from the page, insert-only; a handful of unknown
// people become hints, and the consumer looks at each by id. It never changes a known row and removes
// nobody: a list's word is not enough for that.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { isSuperseded, pinCustomer, readDirectory, takePassTicket } from '../db/directories.ts';
import { countCreatedByPass, readLastSeq } from '../db/events.ts';
import {
  beginRun,
  endRun,
  noteProgress,
  type ProgressCounts,
  readLastRun,
} from '../db/reconcile-runs.ts';
import type { ReconcileOutcome } from '../db/schema.ts';
import { readKnownUsers } from '../db/users.ts';
import { listUsers } from '../google/directory.ts';
import { GoogleApiError, isCredentialFailure } from '../google/errors.ts';
import type { DirectoryUser } from '../google/user.ts';
import { applyObservations } from './apply.ts';
import { type Problem, refreshCondition, reportProblem } from './condition.ts';
import { ensureDefaultDirectory } from './default-directory.ts';
import { sendHints } from './pass-hints.ts';
import type { SyncPorts } from './ports.ts';

/** The free plan counts steps: 3,000 a day. */
const PAGES_PER_STEP = 4;
/** A page whose people are all stored costs ten times the processor time of one that is only compared. */
const PAGES_PER_IMPORT_STEP = 1;
/** Beyond this many, unknown people are inserted from the page instead of being looked at one by one. */
const MAX_HINTS = 500;

/** Durable steps: what `do` returned once, it returns again after a crash, without running again. */
export interface Steps {
  do<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Waits, once for each name, also across restarts. */
  sleep(name: string, ms: number): Promise<void>;
}

export interface Pass {
  /** The Workflow instance's id. */
  id: string;
  directoryId: string;
}

interface Begun {
  /** `null` if the directory has no row. */
  ticket: number | null;
  startedMs: number;
  /** The youngest event when the pass began. */
  lastSeq: number;
  isImport: boolean;
  pageToken: string | null;
}

/** Everything a later step needs of the earlier ones: ids, counts and Google's opaque token. */
interface Progress extends ProgressCounts {
  nextPageToken: string | null;
  unknownIds: string[];
  isSuperseded: boolean;
  /** Data and not an exception: it must survive the border of a step, and not be repeated. */
  failure: PassFailure | null;
}

/** What ends a pass: a code, and the problem behind it if somebody has to act. */
interface PassFailure {
  reason: string;
  problem: Problem | null;
}

/**
 * An error that crossed a step's border keeps only its message, with its name before it. Ours start with
 * where they come from and hold nothing but a code; of any other the words are not repeated.
 */
function failureOf(error: unknown): PassFailure {
  const message = error instanceof Error ? error.message : '';
  const code = /^(?:\w*Error: )*(?:Google|D1 refused a query): ([\w.-]+)/.exec(message)?.[1];
  return { reason: code ?? 'internal-error', problem: null };
}

async function begin(ports: SyncPorts, { id, directoryId }: Pass): Promise<Begun> {
  if (directoryId === DEFAULT_DIRECTORY_ID) await ensureDefaultDirectory(ports);
  // Not this pass itself, whose row is there already when this step is repeated.
  const last = await readLastRun(ports.db, directoryId, id);
  const ticket = await takePassTicket(ports.db, directoryId);
  const directory = await readDirectory(ports.db, directoryId);
  const startedMs = ports.nowMs();
  const lastSeq = await readLastSeq(ports.db);
  if (ticket === null || directory === null)
    return { ticket: null, startedMs, lastSeq, isImport: false, pageToken: null };
  await beginRun(ports.db, { id, directoryId, ticket, startedMs });
  // A page token lives three days; a pass that ran out of calls is continued by the next.
  const pageToken = last?.outcome === 'budget' ? last.nextPageToken : null;
  return { ticket, startedMs, lastSeq, isImport: directory.importedMs === null, pageToken };
}

async function checkCustomer(
  ports: SyncPorts,
  directoryId: string,
  users: readonly DirectoryUser[],
): Promise<void> {
  const [first] = users;
  if (first === undefined) return;
  // Pinned for good, so only by a page of one mind.
  const isOfOneMind = users.every(({ customerId }) => customerId === first.customerId);
  const pinned = isOfOneMind
    ? await pinCustomer(ports.db, directoryId, first.customerId)
    : undefined;
  if (pinned !== first.customerId) {
    throw new GoogleApiError({ code: 'answer-mismatch', status: 200, retryable: false });
  }
}

/** One page: whoever is unknown is inserted, or collected to be looked at. */
async function takePage(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun & { ticket: number },
  users: readonly DirectoryUser[],
  progress: Progress,
): Promise<void> {
  await checkCustomer(ports, pass.directoryId, users);
  const known = await readKnownUsers(
    ports.db,
    users.map(({ id }) => id),
  );
  const unknown = users.filter(({ id }) => !known.has(id));
  progress.usersSeen += users.length;
  if (unknown.length === 0) return;
  if (!begun.isImport && progress.unknownIds.length + unknown.length <= MAX_HINTS) {
    progress.unknownIds.push(...unknown.map(({ id }) => id));
    return;
  }
  const nowMs = ports.nowMs();
  const applied = await applyObservations(
    { db: ports.db, rolesSchema: ports.config.rolesSchema },
    pass.directoryId,
    { ticket: begun.ticket, nowMs, insertOnly: true },
    unknown.map((user) => ({ id: user.id, user, cause: 'reconcile', noticedMs: begun.startedMs })),
  );
  // A younger pass began while Google answered: this page was refused, and it is the younger one's now.
  progress.isSuperseded = [...applied.values()].some(({ outcome }) => outcome === 'lost');
}

async function takePages(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun & { ticket: number },
  before: Progress,
  /** Calls since the step was first tried; what failed counts as well. */
  callsMade: () => number,
): Promise<Progress> {
  const progress: Progress = { ...before, unknownIds: [...before.unknownIds] };
  try {
    const pages = begun.isImport ? PAGES_PER_IMPORT_STEP : PAGES_PER_STEP;
    for (let page = 0; page < pages; page += 1) {
      if (progress.googleCalls >= ports.config.googleCallsPerPass) break;
      if (await isSuperseded(ports.db, pass.directoryId, begun.ticket))
        return { ...progress, isSuperseded: true };
      const { users, malformed, nextPageToken } = await listUsers(
        ports.api,
        ports.config,
        progress.nextPageToken,
      );
      progress.googleCalls = before.googleCalls + callsMade();
      if (malformed > 0) ports.log('warn', 'reconcile.malformed', { passId: pass.id, malformed });
      await takePage(ports, pass, begun, users, progress);
      if (progress.isSuperseded) return progress;
      progress.nextPageToken = nextPageToken;
      if (nextPageToken === null) break;
    }
  } catch (error) {
    // What waiting can cure is thrown on, and the step is repeated; the rest ends the pass.
    if (!(error instanceof GoogleApiError) || error.retryable) throw error;
    const { code, remedy } = error;
    // A list that is refused is about the whole directory; only a page token may have died on its own.
    const isProblem = progress.nextPageToken === null || isCredentialFailure(error);
    return {
      ...progress,
      failure: { reason: code, problem: isProblem ? { code, remedy } : null },
    };
  }
  await noteProgress(ports.db, pass.id, countsOf(progress), ports.nowMs());
  return progress;
}

const countsOf = ({ usersSeen, hinted, googleCalls }: Progress): ProgressCounts => ({
  usersSeen,
  hinted,
  googleCalls,
});

async function end(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun | null,
  progress: Progress,
): Promise<ReconcileOutcome> {
  const { failure } = progress;
  const { directoryId } = pass;
  const outcome = outcomeOf(progress);
  // Counted from what happened and not on the way: a repeated step or page can't count twice.
  const created =
    begun === null
      ? 0
      : await countCreatedByPass(ports.db, {
          directoryId,
          afterSeq: begun.lastSeq,
          noticedMs: begun.startedMs,
        });
  const counts = { ...countsOf(progress), created };
  const reason = failure?.reason ?? null;
  await endRun(ports.db, pass, {
    outcome,
    reason,
    counts,
    nextPageToken: outcome === 'budget' ? progress.nextPageToken : null,
    nowMs: ports.nowMs(),
  });
  ports.log(outcome === 'failed' ? 'error' : 'info', 'reconcile.ended', {
    directoryId,
    passId: pass.id,
    outcome,
    reason,
    ...counts,
  });
  if (outcome === 'complete') await reportProblem(ports, directoryId, null);
  if (failure?.problem) await reportProblem(ports, directoryId, failure.problem);
  await refreshCondition(ports, directoryId, 'as-stored');
  return outcome;
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
  let progress: Progress = {
    usersSeen: 0,
    hinted: 0,
    googleCalls: 0,
    nextPageToken: null,
    unknownIds: [],
    isSuperseded: false,
    failure: null,
  };
  let begun: Begun | null = null;
  try {
    const first = await steps.do('begin', () => begin(ports, pass));
    begun = first;
    const { ticket } = first;
    if (ticket === null) progress.failure = { reason: 'unknown-directory', problem: null };
    progress.nextPageToken = first.pageToken;
    for (let step = 1; ticket !== null; step += 1) {
      const before = progress;
      const callsBefore = ports.googleCalls();
      const callsMade = () => ports.googleCalls() - callsBefore;
      progress = await steps.do(`pages ${step}`, () =>
        takePages(ports, pass, { ...first, ticket }, before, callsMade),
      );
      if (progress.failure !== null || progress.isSuperseded) break;
      if (
        progress.nextPageToken === null ||
        progress.googleCalls >= ports.config.googleCallsPerPass
      )
        break;
    }
    const { unknownIds } = progress;
    if (unknownIds.length > 0 && !progress.isSuperseded) {
      progress = {
        ...progress,
        hinted: await steps.do('hints', () => sendHints(ports, pass, unknownIds)),
      };
    }
  } catch (error) {
    progress = { ...progress, failure: failureOf(error) };
  }
  return steps.do('end', () => end(ports, pass, begun, progress));
}

function outcomeOf({ failure, isSuperseded, nextPageToken }: Progress): ReconcileOutcome {
  if (failure !== null) return 'failed';
  if (isSuperseded) return 'superseded';
  return nextPageToken === null ? 'complete' : 'budget';
}
