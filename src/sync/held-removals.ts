// What an operator decides about people whose removal is held. Approving removes nobody by itself: each
// person is looked at again, and only Google's own denial, twice, removes them.
import {
  decideHeldRemovals,
  type HeldRemoval,
  readHeldRemovals as readHeld,
  readHeldSummary,
} from '../db/held-removals.ts';
import { sha256Of } from '../hash.ts';
import { refreshCondition } from './condition.ts';
import type { Ended } from './operator-action.ts';
import type { SyncPorts } from './ports.ts';
import { sendHints } from './send-hints.ts';

/** How long a decision holds, and how long a list that was shown may be decided about. */
const DECISION_TTL_MS = 24 * 3_600_000;

/** The list as it was shown, and the name by which it can be decided about. */
export interface HeldList {
  removals: readonly HeldRemoval[];
  /** `<when it was shown, ms in base 36>.<SHA-256 of that and of who waits why since when, base64url>` */
  hash: string;
}

async function hashOfList(
  directoryId: string,
  shownMs: number,
  removals: readonly HeldRemoval[],
): Promise<string> {
  // Why and since when as well: the same people may wait again, for another reason.
  const lines = removals.map(({ userId, reason, sinceMs }) => `${userId} ${reason} ${sinceMs}`);
  const text = [directoryId, shownMs, ...lines].join('\n');
  return `${shownMs.toString(36)}.${await sha256Of(text)}`;
}

/** Everybody who waits for an operator's word, in order of id. */
export async function readHeldRemovals(
  ports: Pick<SyncPorts, 'db' | 'nowMs'>,
  directoryId: string,
): Promise<HeldList> {
  const shownMs = ports.nowMs();
  const removals = await readHeld(ports.db, directoryId, shownMs);
  return { removals, hash: await hashOfList(directoryId, shownMs, removals) };
}

/** What a page shows that is about more than these people. */
export interface HeldGlance {
  /** How many wait, and since when the longest. */
  waiting: number;
  sinceMs: number | null;
  /** The first of them, in order of id. */
  first: readonly HeldRemoval[];
  /** All of them, to decide about; `null` = more than the first. */
  list: HeldList | null;
}

/** Reads no more than so many of those who wait: a word is about everybody, so only a short list can be decided about. */
export async function glanceAtHeld(
  ports: Pick<SyncPorts, 'db' | 'nowMs'>,
  directoryId: string,
  most: number,
): Promise<HeldGlance> {
  const shownMs = ports.nowMs();
  const [{ waiting, sinceMs }, read] = await Promise.all([
    readHeldSummary(ports.db, directoryId, shownMs),
    readHeld(ports.db, directoryId, shownMs, most + 1),
  ]);
  const isWhole = read.length <= most;
  return {
    waiting: isWhole ? read.length : Math.max(waiting, read.length),
    sinceMs: isWhole && read.length === 0 ? null : sinceMs,
    first: read.slice(0, most),
    list: isWhole ? { removals: read, hash: await hashOfList(directoryId, shownMs, read) } : null,
  };
}

export type Decided =
  | {
      kind: 'decided';
      decision: 'approved' | 'rejected';
      count: number;
      /** Whom it is about. */
      userIds: readonly string[];
      /** How many of them are being looked at; of the others the queue took no hint, and the next pass finds them. */
      asked: number;
    }
  /** The list is another one by now, was shown too long ago, or never: look again. */
  | { kind: 'another-list' };

async function decide(
  ports: SyncPorts,
  directoryId: string,
  hash: string,
  decision: 'approved' | 'rejected',
): Promise<Decided> {
  const nowMs = ports.nowMs();
  const shownMs = Number.parseInt(hash.split('.')[0] ?? '', 36);
  const isRecent = shownMs <= nowMs && nowMs - shownMs < DECISION_TTL_MS;
  if (!isRecent) return { kind: 'another-list' };
  const removals = await readHeld(ports.db, directoryId, nowMs);
  // Not a secret: whoever may decide may read the list. So it needs no constant time.
  if (hash !== (await hashOfList(directoryId, shownMs, removals))) return { kind: 'another-list' };
  const decided = await decideHeldRemovals(ports.db, directoryId, decision, {
    removals,
    untilMs: nowMs + DECISION_TTL_MS,
    nowMs,
  });
  // Another word came in between: whoever says this one has to see that.
  if (decided.length === 0 && removals.length > 0) return { kind: 'another-list' };
  ports.log('info', 'held-removals.decided', { directoryId, decision, count: decided.length });
  // If the queue refuses, the next pass finds whoever is approved.
  const toAsk = decision === 'approved' ? decided : [];
  const asked = await sendHints(ports, directoryId, 'operator', toAsk);
  await refreshCondition(ports, directoryId, 'as-stored');
  return { kind: 'decided', decision, count: decided.length, userIds: decided, asked };
}

/**
 * Approves the removal of everybody on a list that was shown: each is looked at again, and within the next 24
 * hours the guard does not count them.
 *
 * @param hash of the list that was shown, within the last 24 hours
 */
export function approveHeldRemovals(
  ports: SyncPorts,
  directoryId: string,
  hash: string,
): Promise<Decided> {
  return decide(ports, directoryId, hash, 'approved');
}

/**
 * Keeps everybody on a list that was shown: nobody of them is removed, nor asked about, for 24 hours.
 *
 * @param hash of the list that was shown, within the last 24 hours
 */
export function rejectHeldRemovals(
  ports: SyncPorts,
  directoryId: string,
  hash: string,
): Promise<Decided> {
  return decide(ports, directoryId, hash, 'rejected');
}

const MAX_NAMED = 50;

/** What is written down of a decision: about how many, and about whom, the first fifty. */
export function decisionEnded(decided: Decided): Ended {
  if (decided.kind !== 'decided') return { code: decided.kind };
  const { decision, count, userIds } = decided;
  return { code: decision, result: { people: count, userIds: userIds.slice(0, MAX_NAMED) } };
}
