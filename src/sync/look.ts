// Looking at people: ticket, users.get, apply. Whoever wants to know how somebody is comes through here.
// A look that was lost, or is too old by the time it is applied, is repeated.
import { DEFAULT_DIRECTORY_ID } from '../config.ts';
import { DatabaseError } from '../db/database.ts';
import { type LookTicket, takeTicket } from '../db/directories.ts';
import type { Cause } from '../db/schema.ts';
import { type AppliedRow, type KnownUser, readKnownUsers } from '../db/users.ts';
import { GoogleApiError, isCredentialFailure, isRateLimit } from '../google/errors.ts';
import { applyObservations } from './apply.ts';
import { ensureDefaultDirectory } from './default-directory.ts';
import { judgeDenial, YOUNG_MS } from './denial.ts';
import { getPeople } from './get-people.ts';
import type { Observation } from './observation.ts';
import type { SyncPorts } from './ports.ts';

/** The free plan allows 50 outgoing calls in one event; tokens and repeats after a 401 count as well. */
const MAX_CALLS = 45;
/** A look older than this when it comes to apply is repeated. */
const MAX_LOOK_AGE_MS = 20_000;
const SECOND_LOOK_AFTER_MS = 4_000;
const MAX_ROUNDS = 12;

export interface Person {
  id: string;
  cause: Cause;
  noticedMs: number;
  /** Google pushed a `delete`. */
  announcedDelete: boolean;
}

export interface LookFailure {
  kind: 'failed';
  code: string;
  remedy: string;
  retryable: boolean;
  /** It is the directory that can't be read, not this person. */
  isCredential: boolean;
  /** It is our pace, and nobody's fault. */
  isRateLimit: boolean;
  retryAfterSeconds: number | undefined;
}

export type Conclusion =
  /** `isGone`: Google denied the person. `beganMs`: when the look took its ticket. */
  | { kind: 'applied'; applied: AppliedRow; isGone: boolean; beganMs: number }
  /** Denied, but the row is so young that Google may simply not show it yet. */
  | { kind: 'young'; untilMs: number }
  | LookFailure
  /** Out of calls or rounds for this event: nothing is wrong, look again. */
  | { kind: 'deferred' };

export interface Looked {
  conclusions: Map<string, Conclusion>;
  googleCalls: number;
  /** What had kept the directory from being read before; `null` = nothing, as far as is known. */
  problemBefore: string | null;
}

interface Pending {
  person: Person;
  notBeforeMs: number;
  /** The ticket of the latest look that Google answered with a denial; 0 = none so far. */
  deniedTicket: number;
}

function failure(error: unknown): LookFailure {
  if (error instanceof GoogleApiError) {
    const { code, remedy, retryable, retryAfterSeconds } = error;
    return {
      kind: 'failed',
      code,
      remedy,
      retryable,
      isCredential: isCredentialFailure(error),
      isRateLimit: isRateLimit(error),
      retryAfterSeconds,
    };
  }
  const base = {
    kind: 'failed',
    isCredential: false,
    isRateLimit: false,
    retryAfterSeconds: undefined,
  } as const;
  // What D1 refuses comes with a whole batch: it is nobody's fault in it, so the queue keeps trying.
  if (error instanceof DatabaseError) {
    return { ...base, code: error.code, remedy: error.message, retryable: true };
  }
  // A fault of ours met at one person stays with that person: it ends in dead letters, not in a crash loop.
  return { ...base, code: 'internal-error', remedy: 'Please report it.', retryable: false };
}

function logWritten(
  ports: SyncPorts,
  directoryId: string,
  person: Person,
  applied: AppliedRow,
): void {
  if (applied.outcome !== 'written') return;
  ports.log('info', 'user.written', {
    directoryId,
    userId: person.id,
    type: applied.event,
    changed: applied.changed,
    cause: person.cause,
    latencyMs: ports.nowMs() - person.noticedMs,
  });
}

async function ticketFor(
  ports: SyncPorts,
  directoryId: string,
  pushMs: number | null,
): Promise<LookTicket | null> {
  const ticket = await takeTicket(ports.db, directoryId, pushMs);
  if (ticket !== null) return ticket;
  // A push can come before the first cron.
  await ensureDefaultDirectory(ports);
  return takeTicket(ports.db, directoryId, pushMs);
}

/**
 * Looks at people and applies what Google answers.
 *
 * @param people at most one for each id
 * @param pushMs the newest push among them, to be remembered with the ticket
 * @returns a conclusion for each; `null` if the directory has no row, or is not the configuration's
 */
export async function lookAt(
  ports: SyncPorts,
  directoryId: string,
  people: readonly Person[],
  pushMs: number | null,
): Promise<Looked | null> {
  // The configuration's Google knows the people of its own directory: what it denies of another's means nothing.
  if (directoryId !== DEFAULT_DIRECTORY_ID) return null;
  const conclusions = new Map<string, Conclusion>();
  const pending = new Map<string, Pending>();
  for (const person of people) pending.set(person.id, { person, notBeforeMs: 0, deniedTicket: 0 });
  const callsBefore = ports.googleCalls();
  const callsSoFar = () => ports.googleCalls() - callsBefore;
  let problemBefore: string | null = null;

  const conclude = (id: string, conclusion: Conclusion) => {
    pending.delete(id);
    conclusions.set(id, conclusion);
  };

  /** Notes what a denial means; true if it is to be applied. */
  function isConclusive(id: string, entry: Pending, known: KnownUser | undefined, ticket: number) {
    const nowMs = ports.nowMs();
    const denial = {
      wasAnnounced: entry.person.announcedDelete,
      earlierTicket: entry.deniedTicket,
    };
    const verdict = judgeDenial(denial, known, nowMs);
    if (verdict === 'young') {
      conclude(id, { kind: 'young', untilMs: (known?.createdMs ?? nowMs) + YOUNG_MS });
    }
    if (verdict === 'look-again') {
      const notBeforeMs = nowMs + SECOND_LOOK_AFTER_MS;
      pending.set(id, { ...entry, deniedTicket: ticket, notBeforeMs });
    }
    return verdict === 'nothing' || verdict === 'gone';
  }

  /** @returns false if the directory has no row */
  async function round(due: readonly Pending[]): Promise<boolean> {
    const startedMs = ports.nowMs();
    const ticket = await ticketFor(ports, directoryId, pushMs);
    if (ticket === null) return false;
    problemBefore ??= ticket.problem;
    const ids = due.slice(0, MAX_CALLS - callsSoFar()).map(({ person }) => person.id);
    const answers = await getPeople(ports, ids, ticket, startedMs);

    const denied = [...answers].filter(([, answer]) => answer.kind === 'user' && !answer.user);
    const known =
      denied.length > 0
        ? await readKnownUsers(
            ports.db,
            denied.map(([id]) => id),
            ports.nowMs(),
          )
        : new Map<string, KnownUser>();
    const observations: Observation[] = [];
    for (const [id, answer] of answers) {
      const entry = pending.get(id);
      if (entry === undefined) continue;
      if (answer.kind === 'error') {
        conclude(id, failure(answer.error));
        continue;
      }
      const { user } = answer;
      if (user === null && !isConclusive(id, entry, known.get(id), ticket.ticket)) continue;
      const { cause, noticedMs } = entry.person;
      observations.push({ id, user, cause, noticedMs });
    }

    const nowMs = ports.nowMs();
    if (observations.length === 0 || nowMs - startedMs > MAX_LOOK_AGE_MS) return true;
    const applied = await applyObservations(
      ports,
      directoryId,
      { ticket: ticket.ticket, nowMs },
      observations,
    );
    for (const { id, user } of observations) {
      const row = applied.get(id);
      // A lost look stays pending: the next round takes a new ticket.
      if (row === undefined || row.outcome === 'lost') continue;
      const person = pending.get(id)?.person;
      if (person) logWritten(ports, directoryId, person, row);
      conclude(id, { kind: 'applied', applied: row, isGone: user === null, beganMs: startedMs });
    }
    return true;
  }

  for (let i = 0; pending.size > 0 && i < MAX_ROUNDS && callsSoFar() < MAX_CALLS; i += 1) {
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
  return { conclusions, googleCalls: callsSoFar(), problemBefore };
}
