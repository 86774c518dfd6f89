// What a pass would find, without its doing anything: the list is read and compared, nobody is written, no hint is sent.
import { comparePage, readUntouchedLiving, type SuspectKind } from '../db/comparison.ts';
import { readDirectory } from '../db/directories.ts';
import { readHeldStates, readRemovalRoom } from '../db/held-removals.ts';
import type { ObservedRow } from '../db/mapped.ts';
import { readStoredPeople, type StoredPerson } from '../db/stored-people.ts';
import { listUsers, type UserPage } from '../google/directory.ts';
import { GoogleApiError } from '../google/errors.ts';
import type { DirectoryUser } from '../google/user.ts';
import { readRoleBook } from '../roles/book.ts';
import { cutToParameters } from './apply.ts';
import { toObservedRow } from './observation.ts';
import type { SyncPorts } from './ports.ts';

/** As many of a kind are named as anybody looks through. */
const NAMED = 100;

/** Somebody whom Google shows and who has no row. */
export interface Unknown {
  id: string;
  email: string;
  fullName: string;
}

/** Somebody whose row says something else: both sides as events have them. */
export interface Different extends Unknown {
  before: string;
  after: string;
}

/** How many there are, and the first hundred of them. */
export interface Counted<T> {
  count: number;
  people: readonly T[];
}

export interface DryRunResult {
  kind: 'compared';
  /** Whether the list was read to its end. */
  isWhole: boolean;
  seen: number;
  calls: number;
  unknown: Counted<Unknown>;
  different: Counted<Different>;
  /** On the list, and nothing can be read of them but that they are there. */
  unreadable: number;
  /** On no page of the list; `null` = the list was not read to its end, so nobody can be said to be. */
  missing: (Counted<Unknown> & { room: number; isHeld: boolean }) | null;
}

/** Google would not be asked to the end: nothing is concluded. */
export interface DryRunFailed {
  kind: 'failed';
  code: string;
  remedy: string;
  calls: number;
}

/** As Google showed them. */
type Kept = Map<string, DirectoryUser>;

interface Found {
  seen: Set<string>;
  unreadable: number;
  counts: Record<'unknown' | 'different', number>;
  kept: Record<'unknown' | 'different', Kept>;
}

const sideOf = (kind: SuspectKind) =>
  kind === 'unknown' ? 'unknown' : kind === 'status' || kind === 'changed' ? 'different' : null;

/** Roles are not compared: see db/comparison.ts. */
const NO_ROLES = () => [];

/** Adds what a page says against what is stored. */
async function takePage(
  ports: SyncPorts,
  directoryId: string,
  ticket: number,
  { users, unreadable }: UserPage,
  found: Found,
): Promise<void> {
  const fresh = new Map(
    users.filter(({ id }) => !found.seen.has(id)).map((user) => [user.id, user]),
  );
  const stamp = { cause: 'reconcile', noticedMs: ports.nowMs() } as const;
  const others = unreadable.filter((id) => !found.seen.has(id));
  const rows = [...fresh.values()].map((user) =>
    toObservedRow({ id: user.id, user, ...stamp }, NO_ROLES),
  );
  for (const id of others) rows.push({ id, kind: 'present', ...stamp });
  for (const { id } of rows) found.seen.add(id);
  for (const { json } of cutToParameters(rows)) {
    const { suspects } = await comparePage(ports.db, directoryId, ticket, json);
    for (const { id, kind } of suspects) {
      const side = sideOf(kind);
      const user = fresh.get(id);
      if (side === null || user === undefined) found.unreadable += 1;
      else {
        found.counts[side] += 1;
        if (found.kept[side].size < NAMED) found.kept[side].set(id, user);
      }
    }
  }
}

/** What the row would say, as an event would tell it. */
function afterOf(stored: StoredPerson, row: ObservedRow): string {
  const before = JSON.parse(stored.json) as Record<string, unknown>;
  if (row.kind === 'status') return JSON.stringify({ ...before, status: row.status });
  if (row.kind !== 'living') return stored.json;
  const { id: _, kind: _kind, cause: _cause, noticedMs: _noticed, words: _words, ...mapped } = row;
  return JSON.stringify({
    ...mapped,
    // Its address is signed anew now and then, and is not compared.
    photoUrl: before['photoUrl'],
    attributes: JSON.parse(row.attributes),
    customSchemas: JSON.parse(row.customSchemas),
    roles: JSON.parse(row.roles),
  });
}

const namesOf = ({ id, profile }: DirectoryUser): Unknown => ({
  id,
  email: profile?.primaryEmail ?? '',
  fullName: profile?.fullName ?? '',
});

async function differences(
  ports: SyncPorts,
  directoryId: string,
  kept: Kept,
): Promise<Different[]> {
  const ids = [...kept.keys()];
  if (ids.length === 0) return [];
  const [stored, book] = [
    await readStoredPeople(ports.db, directoryId, ids),
    await readRoleBook(ports, directoryId, ids),
  ];
  return stored.flatMap((person) => {
    const user = kept.get(person.id);
    if (user === undefined) return [];
    const observation = { id: user.id, user, cause: 'reconcile', noticedMs: 0 } as const;
    const row = toObservedRow(observation, book?.rolesFor ?? NO_ROLES);
    const { id, email, fullName, json: before } = person;
    return [{ id, email, fullName, before, after: afterOf(person, row) }];
  });
}

/** As a pass would decide: see pass-missing.ts. */
async function missingOf(
  ports: SyncPorts,
  directoryId: string,
  ticket: number,
  seen: ReadonlySet<string>,
): Promise<DryRunResult['missing']> {
  const nowMs = ports.nowMs();
  const living = await readUntouchedLiving(ports.db, directoryId, ticket);
  const missing = living.filter((id) => !seen.has(id));
  const named = missing.slice(0, NAMED);
  const people = (await readStoredPeople(ports.db, directoryId, named)).map(
    ({ json: _, ...person }) => person,
  );
  if (missing.length === 0) return { count: 0, people, room: 0, isHeld: false };
  const states = await readHeldStates(ports.db, directoryId, nowMs);
  const decided = new Set(
    states.filter((one) => one.isApproved || one.isBlocked).map(({ userId }) => userId),
  );
  const undecided = missing.filter((id) => !decided.has(id)).length;
  const room = await readRemovalRoom(ports.db, directoryId, ports.config.deletionGuard, nowMs);
  return { count: missing.length, people, room, isHeld: undecided > room };
}

const mismatch = () =>
  new GoogleApiError({ code: 'answer-mismatch', status: 200, retryable: false });

/** Reads the list as far as the calls of one pass go. @returns whether to its end */
async function readList(
  ports: SyncPorts,
  directoryId: string,
  pinned: { ticket: number; customerId: string | null },
  callsMade: () => number,
  found: Found,
): Promise<boolean> {
  let pageToken: string | null = null;
  let { customerId } = pinned;
  do {
    if (callsMade() >= ports.config.googleCallsPerPass) return false;
    const page = await listUsers(ports.api, ports.config, pageToken);
    customerId ??= page.users[0]?.customerId ?? null;
    if (page.users.some((user) => user.customerId !== customerId)) throw mismatch();
    await takePage(ports, directoryId, pinned.ticket, page, found);
    pageToken = page.nextPageToken;
  } while (pageToken !== null);
  return true;
}

/**
 * Compares everybody on Google's list with their rows, as a pass would, and tells what it would find. Writes nothing.
 *
 * @returns `failed` where Google did not answer, or not to the end: nothing is concluded from a part then
 * @throws {DatabaseError}
 */
export async function dryRun(
  ports: SyncPorts,
  directoryId: string,
): Promise<DryRunResult | DryRunFailed> {
  const directory = await readDirectory(ports.db, directoryId);
  // Above every ticket that was taken: whoever is written from here on is looked at at the same time or later.
  const ticket = (directory?.ticket ?? 0) + 1;
  const before = ports.googleCalls();
  const callsMade = () => ports.googleCalls() - before;
  const found: Found = {
    seen: new Set(),
    unreadable: 0,
    counts: { unknown: 0, different: 0 },
    kept: { unknown: new Map(), different: new Map() },
  };
  try {
    const pinned = { ticket, customerId: directory?.customerId ?? null };
    const isWhole = await readList(ports, directoryId, pinned, callsMade, found);
    const { seen, counts, kept, unreadable } = found;
    return {
      kind: 'compared',
      isWhole,
      seen: seen.size,
      calls: callsMade(),
      unknown: {
        count: counts.unknown,
        people: [...kept.unknown.values()].map(namesOf),
      },
      different: {
        count: counts.different,
        people: await differences(ports, directoryId, kept.different),
      },
      unreadable,
      missing: isWhole ? await missingOf(ports, directoryId, ticket, seen) : null,
    };
  } catch (error) {
    if (!(error instanceof GoogleApiError)) throw error;
    return { kind: 'failed', code: error.code, remedy: error.remedy, calls: callsMade() };
  }
}
