// A pass's way through the pages of `users.list`. Each page is compared with the stored rows. On a first
// import, or with more than 500 unknown people, those are inserted straight from the page, insert-only;
// everybody else about whom page and row disagree becomes a suspect. A list changes nobody who is known.
import type { Config } from '../config.ts';
import { comparePage, type Suspect } from '../db/comparison.ts';
import { isSuperseded, pinCustomer } from '../db/directories.ts';
import type { ObservedRow } from '../db/mapped.ts';
import { noteProgress } from '../db/reconcile-runs.ts';
import { listUsers, type UserPage } from '../google/directory.ts';
import { GoogleApiError, isCredentialFailure } from '../google/errors.ts';
import type { DirectoryUser } from '../google/user.ts';
import { applyObservations, cutToParameters } from './apply.ts';
import { type Observation, toObservedRow } from './observation.ts';
import { type Begun, countsOf, type Found, MAX_HINTS, type Pass, type Progress } from './pass.ts';
import type { SyncPorts } from './ports.ts';

/** Who may make more calls in a pass than this is on the paid plan. */
const FREE_CALLS = 50;

/**
 * A page is about 10 ms of processor time, all that a step may take on the free plan. On the paid one steps cost
 * money and time does not; but an import's page, which is stored as well, is a step's work anywhere.
 */
const pagesPerStep = ({ googleCallsPerPass }: Config, isImport: boolean) =>
  googleCallsPerPass > FREE_CALLS && !isImport ? 4 : 1;

/** What the steps so far have found. */
interface FoundSoFar {
  seen: ReadonlySet<string>;
  unknown: number;
}

async function checkCustomer(
  ports: SyncPorts,
  directoryId: string,
  pinnedBefore: string | null,
  users: readonly DirectoryUser[],
): Promise<void> {
  const [first] = users;
  if (first === undefined) return;
  // Pinned for good, so only by a page of one mind.
  const isOfOneMind = users.every(({ customerId }) => customerId === first.customerId);
  const pinned = isOfOneMind
    ? (pinnedBefore ?? (await pinCustomer(ports.db, directoryId, first.customerId)))
    : undefined;
  if (pinned !== first.customerId) {
    throw new GoogleApiError({ code: 'answer-mismatch', status: 200, retryable: false });
  }
}

/** Roles are not compared: see db/comparison.ts. */
const NO_ROLES = () => [];

/** Compares whoever is on this page and was on none before. */
async function compare(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  { users, unreadable }: UserPage,
  isNew: (id: string) => boolean,
): Promise<{ ids: string[]; living: number; suspects: Suspect[] }> {
  const rows: ObservedRow[] = [];
  for (const user of users.filter(({ id }) => isNew(id))) {
    rows.push(toObservedRow({ id: user.id, user, ...stampOf(begun) }, NO_ROLES));
  }
  for (const id of unreadable.filter(isNew)) {
    // Nothing is concluded about these but that they are there.
    rows.push({ id, kind: 'present', ...stampOf(begun) });
  }
  const result = {
    ids: rows.map(({ id }) => id),
    living: 0,
    suspects: [] as Suspect[],
  };
  for (const { json } of cutToParameters(rows)) {
    const compared = await comparePage(ports.db, pass.directoryId, begun.ticket, json);
    result.living += compared.living;
    result.suspects.push(...compared.suspects);
  }
  return result;
}

const stampOf = ({ startedMs }: Begun): Pick<Observation, 'cause' | 'noticedMs'> => ({
  cause: 'reconcile',
  noticedMs: startedMs,
});

/** @returns false if a younger pass began while Google answered: the page was refused, and is the younger one's now */
async function insert(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  users: readonly DirectoryUser[],
): Promise<boolean> {
  const applied = await applyObservations(
    ports,
    pass.directoryId,
    { ticket: begun.ticket, nowMs: ports.nowMs(), insertOnly: true },
    users.map((user) => ({ id: user.id, user, ...stampOf(begun) })),
  );
  return ![...applied.values()].some(({ outcome }) => outcome === 'lost');
}

/** One page; adds to what is found. @returns false if the pass is superseded */
async function takePage(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  page: UserPage,
  before: FoundSoFar,
  found: Found & { isNew: (id: string) => boolean; unknown: number },
): Promise<boolean> {
  await checkCustomer(ports, pass.directoryId, begun.customerId, page.users);
  const compared = await compare(ports, pass, begun, page, found.isNew);
  found.ids.push(...compared.ids);
  found.living += compared.living;
  const unknown = new Set(
    compared.suspects.filter(({ kind }) => kind === 'unknown').map(({ id }) => id),
  );
  if (!begun.isImport && before.unknown + found.unknown + unknown.size <= MAX_HINTS) {
    found.unknown += unknown.size;
    found.suspects.push(...compared.suspects);
    return true;
  }
  const inserted = page.users.filter(({ id }) => unknown.has(id));
  const isInserted = new Set(inserted.map(({ id }) => id));
  // Who can't be read from a page is looked at by id, whatever the number of the others.
  found.suspects.push(...compared.suspects.filter(({ id }) => !isInserted.has(id)));
  return inserted.length === 0 || insert(ports, pass, begun, inserted);
}

/**
 * One step of the way: several pages, or as many as there are calls left for.
 *
 * @param callsMade calls since the step was first tried; what failed counts as well
 * @throws {GoogleApiError} what waiting can cure: the step is to be repeated
 */
export async function takePages(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  progressBefore: Progress,
  foundBefore: FoundSoFar,
  callsMade: () => number,
): Promise<{ progress: Progress; found: Found }> {
  const progress: Progress = { ...progressBefore };
  const ids = new Set<string>();
  const found = {
    ids: [] as string[],
    living: 0,
    suspects: [] as Suspect[],
    unknown: 0,
    // Pages overlap now and then: whoever comes again is counted and compared once.
    isNew: (id: string) => {
      if (foundBefore.seen.has(id) || ids.has(id)) return false;
      ids.add(id);
      return true;
    },
  };
  const result = () => {
    const { ids, living, suspects } = found;
    return { progress, found: { ids, living, suspects } };
  };
  const finish = async () => {
    await noteProgress(ports.db, pass.id, countsOf(progress), ports.nowMs());
    return result();
  };
  let hasRead = false;
  try {
    // Once a step: a page that is read in vain costs a call, and is refused where it would insert.
    progress.isSuperseded = await isSuperseded(ports.db, pass.directoryId, begun.ticket);
    if (progress.isSuperseded) return result();
    const pages = pagesPerStep(ports.config, begun.isImport);
    for (let i = 0; i < pages; i += 1) {
      if (progress.googleCalls >= ports.config.googleCallsPerPass) break;
      const page = await listUsers(ports.api, ports.config, progress.nextPageToken);
      progress.googleCalls = progressBefore.googleCalls + callsMade();
      const { malformed } = page;
      if (malformed > 0) ports.log('warn', 'reconcile.malformed', { passId: pass.id, malformed });
      progress.isSuperseded = !(await takePage(ports, pass, begun, page, foundBefore, found));
      progress.usersSeen = progressBefore.usersSeen + found.ids.length;
      if (progress.isSuperseded) return result();
      progress.nextPageToken = page.nextPageToken;
      hasRead = true;
      if (page.nextPageToken === null) break;
    }
  } catch (error) {
    // What waiting can cure is thrown on, and the step is repeated, from the page that failed; the rest ends the pass.
    if (!(error instanceof GoogleApiError)) throw error;
    if (error.retryable && !hasRead) throw error;
    progress.googleCalls = progressBefore.googleCalls + callsMade();
    if (error.retryable) return finish();
    const { code, remedy } = error;
    // A list that is refused is about the whole directory; only a page token may have died on its own.
    const isProblem = progress.nextPageToken === null || isCredentialFailure(error);
    progress.failure = { reason: code, problem: isProblem ? { code, remedy } : null };
    return result();
  }
  return finish();
}
