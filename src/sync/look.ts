// Looking at people: ticket, users.get, apply. Whoever wants to know how somebody is comes through here.
//
// A 404 is judged by what D1 knows. Unknown or deleted here: nothing to conclude. Live here: gone only if a
// second look a few seconds later agrees, and not while the row is young, because Google's get may trail
// behind a creation by minutes. A look that was lost, or is too old by the time it is applied, is repeated.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { DatabaseError } from '../db/database.ts';
import { ensureDirectory, type LookTicket, takeTicket } from '../db/directories.ts';
import type { Cause } from '../db/schema.ts';
import { type KnownUser, readKnownUsers } from '../db/users.ts';
import { getUser } from '../google/directory.ts';
import { GoogleApiError, isCredentialFailure } from '../google/errors.ts';
import type { DirectoryUser } from '../google/user.ts';
import { type Applied, applyObservations } from './apply.ts';
import type { Observation } from './observation.ts';
import type { SyncPorts } from './ports.ts';

/** Cloudflare lets 6 requests wait for their headers at a time; a 7th would only queue. */
const MAX_IN_FLIGHT = 6;
/** The free plan allows 50 outgoing calls in one event; 5 are left for tokens and a repeat after a 401. */
const MAX_CALLS = 45;
/** No new get is begun when the ticket is older than this: with the get's own deadline, 18 s at most. */
const START_WITHIN_MS = 10_000;
/** A look older than this when it comes to apply is repeated. */
const MAX_LOOK_AGE_MS = 20_000;
const SECOND_LOOK_AFTER_MS = 4_000;
/** A row younger than this is not believed to be gone, unless a `delete` was announced. */
const YOUNG_MS = 10 * 60_000;
const MAX_ROUNDS = 12;

export interface Person {
  id: string;
  cause: Cause;
  noticedMs: number;
  /** Google pushed a `delete`. */
  announcedDelete: boolean;
}

export type Conclusion =
  /** `isGone`: Google denied the person. */
  | { kind: 'applied'; applied: Applied; isGone: boolean; appliedMs: number }
  /** Denied, but the row is so young that Google may simply not show it yet. */
  | { kind: 'young'; untilMs: number }
  | {
      kind: 'failed';
      code: string;
      retryable: boolean;
      isCredential: boolean;
      retryAfterSeconds: number | undefined;
    }
  /** Out of calls or rounds for this event: nothing is wrong, look again. */
  | { kind: 'deferred' };

export interface Looked {
  conclusions: Map<string, Conclusion>;
  googleCalls: number;
  /** What had kept the directory from being read before; `undefined` if no ticket could be taken. */
  problemBefore: string | null | undefined;
}

interface Pending {
  person: Person;
  notBeforeMs: number;
  /** The ticket of the look that Google answered with a denial first; 0 = none so far. */
  deniedTicket: number;
}

type Answer = { kind: 'user'; user: DirectoryUser | null } | { kind: 'error'; error: unknown };

function failure(error: unknown): Conclusion {
  if (error instanceof GoogleApiError) {
    const { code, retryable, retryAfterSeconds } = error;
    return {
      kind: 'failed',
      code,
      retryable,
      isCredential: isCredentialFailure(error),
      retryAfterSeconds,
    };
  }
  if (error instanceof DatabaseError) {
    return {
      kind: 'failed',
      code: error.code,
      retryable: true,
      isCredential: false,
      retryAfterSeconds: undefined,
    };
  }
  // A fault of ours met at one person stays with that person: it ends in dead letters, not in a crash loop.
  return {
    kind: 'failed',
    code: 'internal-error',
    retryable: false,
    isCredential: false,
    retryAfterSeconds: undefined,
  };
}

/** A failure that the next person would meet as well: asking on would only make it worse. */
function stopsTheRest(error: unknown): boolean {
  if (!(error instanceof GoogleApiError)) return false;
  return (
    isCredentialFailure(error) || error.status === 429 || (error.status === 403 && error.retryable)
  );
}

async function ticketFor(
  ports: SyncPorts,
  directoryId: string,
  pushMs: number | null,
): Promise<LookTicket | null> {
  const ticket = await takeTicket(ports.db, directoryId, pushMs);
  if (ticket !== null || directoryId !== DEFAULT_DIRECTORY_ID) return ticket;
  // A push can come before the first cron: the configuration's own directory is made on the spot.
  const { customer, adminEmails } = ports.config;
  await ensureDirectory(ports.db, { id: directoryId, customer, adminEmail: adminEmails.join(',') });
  return takeTicket(ports.db, directoryId, pushMs);
}

/** Someone of another customer is an error; someone who left the one domain in scope is gone from it. */
function judge(
  ports: SyncPorts,
  user: DirectoryUser | null,
  customerId: string | null,
): DirectoryUser | null {
  if (user === null) return null;
  if (customerId !== null && user.customerId !== customerId) {
    throw new GoogleApiError({ code: 'answer-mismatch', status: 200, retryable: false });
  }
  const { domain } = ports.config;
  if (domain === undefined || user.profile === null) return user;
  return user.profile.primaryEmail.toLowerCase().endsWith(`@${domain}`) ? user : null;
}

/** Gets people with at most 6 requests in flight; whoever is missing from the answer was not begun. */
async function getAll(
  ports: SyncPorts,
  ids: readonly string[],
  ticket: LookTicket,
  startedMs: number,
): Promise<Map<string, Answer>> {
  const answers = new Map<string, Answer>();
  const queue = [...ids];
  let stop: unknown;
  async function worker(): Promise<void> {
    for (;;) {
      if (stop === undefined && ports.nowMs() - startedMs > START_WITHIN_MS) return;
      const id = queue.shift();
      if (id === undefined) return;
      if (stop !== undefined) {
        answers.set(id, { kind: 'error', error: stop });
        continue;
      }
      try {
        answers.set(id, {
          kind: 'user',
          user: judge(ports, await getUser(ports.api, id), ticket.customerId),
        });
      } catch (error) {
        answers.set(id, { kind: 'error', error });
        if (stopsTheRest(error)) stop = error;
      }
    }
  }
  await Promise.all(Array.from({ length: MAX_IN_FLIGHT }, worker));
  return answers;
}

/** What a denial means for somebody whose row is as it is. */
function judgeDenial(
  pending: Pending,
  known: KnownUser | undefined,
  nowMs: number,
): 'nothing' | 'gone' | 'again' | 'young' {
  if (known === undefined || known.status === 'deleted') return 'nothing';
  if (!pending.person.announcedDelete && nowMs - known.createdMs < YOUNG_MS) return 'young';
  // A row written since the first denial was seen alive in between: that denial counts no longer.
  return known.written < pending.deniedTicket ? 'gone' : 'again';
}

/**
 * Looks at people and applies what Google answers.
 *
 * @param people at most one for each id
 * @param pushMs the newest push among them, to be remembered with the ticket
 * @returns a conclusion for each; `null` if the directory has no row
 */
export async function lookAt(
  ports: SyncPorts,
  directoryId: string,
  people: readonly Person[],
  pushMs: number | null,
): Promise<Looked | null> {
  const conclusions = new Map<string, Conclusion>();
  const pending = new Map<string, Pending>();
  for (const person of people) pending.set(person.id, { person, notBeforeMs: 0, deniedTicket: 0 });
  let googleCalls = 0;
  let problemBefore: string | null | undefined;

  const conclude = (id: string, conclusion: Conclusion) => {
    pending.delete(id);
    conclusions.set(id, conclusion);
  };

  async function round(due: readonly Pending[]): Promise<boolean> {
    const startedMs = ports.nowMs();
    const ticket = await ticketFor(ports, directoryId, pushMs);
    if (ticket === null) return false;
    problemBefore ??= ticket.problem;
    const ids = due.slice(0, MAX_CALLS - googleCalls).map(({ person }) => person.id);
    const answers = await getAll(ports, ids, ticket, startedMs);
    googleCalls += answers.size;

    const denied = [...answers].filter(
      ([, answer]) => answer.kind === 'user' && answer.user === null,
    );
    const known =
      denied.length > 0
        ? await readKnownUsers(
            ports.db,
            denied.map(([id]) => id),
          )
        : new Map();
    const observations: Observation[] = [];
    for (const [id, answer] of answers) {
      const entry = pending.get(id);
      if (entry === undefined) continue;
      if (answer.kind === 'error') {
        conclude(id, failure(answer.error));
        continue;
      }
      if (answer.user === null) {
        const verdict = judgeDenial(entry, known.get(id), ports.nowMs());
        if (verdict === 'young') {
          conclude(id, { kind: 'young', untilMs: (known.get(id)?.createdMs ?? 0) + YOUNG_MS });
          continue;
        }
        if (verdict === 'again') {
          pending.set(id, {
            ...entry,
            deniedTicket: ticket.ticket,
            notBeforeMs: ports.nowMs() + SECOND_LOOK_AFTER_MS,
          });
          continue;
        }
      }
      const { cause, noticedMs } = entry.person;
      observations.push({ id, user: answer.user, cause, noticedMs });
    }

    const nowMs = ports.nowMs();
    if (observations.length === 0 || nowMs - startedMs > MAX_LOOK_AGE_MS) return true;
    const applied = await applyObservations(
      { db: ports.db, rolesSchema: ports.config.rolesSchema },
      directoryId,
      { ticket: ticket.ticket, nowMs },
      observations,
    );
    for (const { id, user } of observations) {
      const result = applied.get(id);
      if (result === undefined) continue;
      // A lost look stays pending: the next round takes a new ticket.
      if (result.outcome === 'lost') continue;
      conclude(id, { kind: 'applied', applied: result, isGone: user === null, appliedMs: nowMs });
    }
    return true;
  }

  for (
    let rounds = 0;
    pending.size > 0 && rounds < MAX_ROUNDS && googleCalls < MAX_CALLS;
    rounds += 1
  ) {
    const firstMs = Math.min(...[...pending.values()].map(({ notBeforeMs }) => notBeforeMs));
    if (firstMs > ports.nowMs()) await ports.wait(firstMs - ports.nowMs());
    const due = [...pending.values()].filter(({ notBeforeMs }) => notBeforeMs <= ports.nowMs());
    try {
      if (!(await round(due))) return null;
    } catch (error) {
      // The database failed: whoever has no conclusion yet fails with it, the others keep theirs.
      const failed = failure(error);
      for (const id of [...pending.keys()]) conclude(id, failed);
    }
  }
  for (const id of [...pending.keys()]) conclude(id, { kind: 'deferred' });
  return { conclusions, googleCalls, problemBefore };
}
