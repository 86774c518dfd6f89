// The consumer of `rollcall-changes`: folds hints for the same person into one look, applies what Google
// answers, and decides each message on its own.

import { noteProbeSynced } from '../db/channel-probes.ts';
import { DatabaseError } from '../db/database.ts';
import { type DeadLetter, storeDeadLetter } from '../db/dead-letters.ts';
import { errorCode } from '../log.ts';
import { recomputePage } from '../roles/recompute.ts';
import { backoffSeconds } from './backoff.ts';
import { rememberSync } from './channel-store.ts';
import { noteWhetherReadable, refreshCondition } from './condition.ts';
import { changeMessage, type LookHint, type RecomputeNote, type SyncNote } from './hint.ts';
import { type HintOutcome, hintOutcome } from './hint-outcome.ts';
import { type Conclusion, type Looked, type LookFailure, lookAt, type Person } from './look.ts';
import type { SyncPorts } from './ports.ts';
import { sendNextPage } from './recompute.ts';

/** So many intervals pass before a refusal counts as one person's own: a pass tells a directory's by then. */
const REFUSED_FOR_INTERVALS = 3;

/** A message as the queue hands it over. */
export type QueuedMessage = Pick<Message, 'id' | 'attempts' | 'body' | 'ack' | 'retry'>;

interface QueuedHint {
  message: QueuedMessage;
  hint: LookHint;
}

function letter(
  message: QueuedMessage,
  reason: string,
  hint: LookHint | null,
  nowMs: number,
): DeadLetter {
  return {
    directoryId: hint?.directoryId ?? null,
    userId: hint?.userId ?? null,
    // Somebody who can't be stored is found by every pass: that is one letter, not one every five minutes.
    letterKey:
      hint === null ? `message:${message.id}` : `${hint.directoryId}:${hint.userId}:${reason}`,
    body: JSON.stringify(message.body) ?? 'null',
    reason,
    attempts: message.attempts,
    atMs: nowMs,
  };
}

/** Stores the letter first and acknowledges then: a crash in between stores it once more, under the same key. */
async function bury(
  ports: SyncPorts,
  message: QueuedMessage,
  reason: string,
  hint: LookHint | null,
): Promise<void> {
  try {
    await storeDeadLetter(ports.db, letter(message, reason, hint, ports.nowMs()));
    ports.log('warn', 'hint.dead', { reason, userId: hint?.userId ?? null, messageId: message.id });
    message.ack();
  } catch {
    // The database is away: the queue keeps the message until it is back.
    message.retry({ delaySeconds: backoffSeconds(message.attempts, ports.random()) });
  }
}

async function noteSync(ports: SyncPorts, message: QueuedMessage, note: SyncNote): Promise<void> {
  try {
    await rememberSync(ports.channels, note);
    await noteProbeSynced(ports.db, note.channelId, note.noticedMs);
    ports.log('info', 'channel.synced', {
      directoryId: note.directoryId,
      channelId: note.channelId,
    });
    message.ack();
  } catch {
    // KV refuses a second write to one key within a second, and may be away; so may D1.
    message.retry({ delaySeconds: backoffSeconds(message.attempts, ports.random()) });
  }
}

/**
 * One page, and a message for the next. Of several about the same run one is enough; of an earlier one nothing is left to do.
 */
async function recompute(
  ports: SyncPorts,
  messages: readonly QueuedMessage[],
  { directoryId, run }: RecomputeNote,
): Promise<void> {
  try {
    if ((await recomputePage(ports, directoryId, run)) === 'more')
      await sendNextPage(ports, directoryId, run);
    for (const message of messages) message.ack();
  } catch (error) {
    // The database is away, and nothing of the page was written; or it is a fault of ours, which cron meets again.
    const isAway = error instanceof DatabaseError;
    if (!isAway) ports.log('error', 'recompute.failed', { directoryId, code: errorCode(error) });
    for (const message of messages) {
      if (isAway) message.retry({ delaySeconds: backoffSeconds(message.attempts, ports.random()) });
      else message.ack();
    }
  }
}

/** One person for all hints about them. A fresh hint dates the change better than one looked at before. */
function fold(hints: readonly QueuedHint[]): Map<string, { person: Person; hints: QueuedHint[] }> {
  const people = new Map<string, { person: Person; hints: QueuedHint[] }>();
  const freshFirst = hints.toSorted(
    (a, b) =>
      Number(a.message.attempts > 1) - Number(b.message.attempts > 1) ||
      a.hint.noticedMs - b.hint.noticedMs,
  );
  for (const queued of freshFirst) {
    const { userId, cause, noticedMs, event } = queued.hint;
    const known = people.get(userId);
    if (known) {
      known.hints.push(queued);
      known.person.announcedDelete ||= event === 'delete';
      if (cause === 'push') known.person.cause = cause;
    } else {
      const person = { id: userId, cause, noticedMs, announcedDelete: event === 'delete' };
      people.set(userId, { person, hints: [queued] });
    }
  }
  return people;
}

async function settle(
  ports: SyncPorts,
  { message, hint }: QueuedHint,
  outcome: HintOutcome,
): Promise<void> {
  switch (outcome.kind) {
    case 'done':
      return message.ack();
    case 'again':
      return message.retry({ delaySeconds: outcome.delaySeconds });
    case 'dead':
      return bury(ports, message, outcome.reason, hint);
    default:
      return outcome satisfies never;
  }
}

/** While the whole directory can't be read, one person's refusal is no fault of theirs: it waits as well. */
function concludeFor({ conclusions, problemBefore }: Looked, id: string): Conclusion {
  const conclusion = conclusions.get(id) ?? { kind: 'deferred' };
  if (conclusion.kind !== 'failed' || problemBefore === null) return conclusion;
  return { ...conclusion, isCredential: true };
}

const hasHeld = ({ conclusions }: Looked) =>
  [...conclusions.values()].some((one) => one.kind === 'applied' && one.applied.outcome === 'held');

/** Rests where the batch was too much for Google, so that the next one is not. Its messages are settled by now. */
async function rest(ports: SyncPorts, directoryId: string, looked: Looked): Promise<void> {
  const limits = [...looked.conclusions.values()].filter(
    (one): one is LookFailure => one.kind === 'failed' && one.isRateLimit,
  );
  const retryAfterSeconds = Math.max(0, ...limits.map((one) => one.retryAfterSeconds ?? 0));
  const rateLimit = limits.length > 0 ? { retryAfterSeconds } : null;
  const { googleCalls } = looked;
  const restMs = ports.pace.restAfter({ googleCalls, rateLimit }, ports.nowMs(), ports.random());
  if (restMs === 0) return;
  ports.log('info', 'hints.paced', { directoryId, restMs, isRateLimited: rateLimit !== null });
  await ports.wait(restMs);
}

async function consumeDirectory(
  ports: SyncPorts,
  directoryId: string,
  hints: readonly QueuedHint[],
): Promise<void> {
  const startedMs = ports.nowMs();
  const people = fold(hints);
  const pushes = hints
    .filter(({ hint }) => hint.cause === 'push')
    .map(({ hint }) => hint.noticedMs);
  const looked = await lookAt(
    ports,
    directoryId,
    [...people.values()].map(({ person }) => person),
    pushes.length > 0 ? Math.max(...pushes) : null,
  );
  if (looked === null) {
    for (const { message, hint } of hints) await bury(ports, message, 'unknown-directory', hint);
    return;
  }
  const counts: Record<string, number> = { done: 0, again: 0, dead: 0 };
  const reasons = new Set<string>();
  for (const [id, { hints: queued }] of people) {
    const conclusion = concludeFor(looked, id);
    const newest = queued.reduce((a, b) => (b.hint.noticedMs >= a.hint.noticedMs ? b : a));
    for (const one of queued) {
      const outcome = hintOutcome(one.hint, conclusion, {
        attempts: one.message.attempts,
        isOneOfSeveral: queued.length > 1 && one === newest,
        refusedForMs: REFUSED_FOR_INTERVALS * ports.config.reconcileEveryMinutes * 60_000,
        nowMs: ports.nowMs(),
        random: ports.random(),
      });
      counts[outcome.kind] = (counts[outcome.kind] ?? 0) + 1;
      if (outcome.kind !== 'done') reasons.add(outcome.reason);
      await settle(ports, one, outcome);
    }
  }
  ports.log('info', 'hints.consumed', {
    directoryId,
    hints: hints.length,
    people: people.size,
    googleCalls: looked.googleCalls,
    ...counts,
    reasons: [...reasons],
    durationMs: ports.nowMs() - startedMs,
  });
  await noteWhetherReadable(ports, directoryId, looked);
  // From here on people are not in step, whatever is decided before the next cron.
  if (hasHeld(looked)) await refreshCondition(ports, directoryId, 'as-stored');
  await rest(ports, directoryId, looked);
}

/**
 * Consumes a batch. Each message ends in ack or retry by its own merit; an isolate that dies in between
 * leaves the rest to be delivered again, which is harmless: a hint only makes us look.
 */
export async function consumeChanges(
  ports: SyncPorts,
  messages: readonly QueuedMessage[],
): Promise<void> {
  const byDirectory = new Map<string, QueuedHint[]>();
  const synced = new Set<string>();
  const recomputes = new Map<string, { note: RecomputeNote; messages: QueuedMessage[] }>();
  for (const message of messages) {
    const parsed = changeMessage.safeParse(message.body);
    if (!parsed.success) {
      await bury(ports, message, 'malformed', null);
    } else if (parsed.data.kind === 'sync') {
      await noteSync(ports, message, parsed.data);
      synced.add(parsed.data.directoryId);
    } else if (parsed.data.kind === 'recompute') {
      const key = `${parsed.data.directoryId} ${parsed.data.run}`;
      const { messages = [] } = recomputes.get(key) ?? {};
      recomputes.set(key, { note: parsed.data, messages: [...messages, message] });
    } else {
      const hints = byDirectory.get(parsed.data.directoryId) ?? [];
      hints.push({ message, hint: parsed.data });
      byDirectory.set(parsed.data.directoryId, hints);
    }
  }
  for (const [directoryId, hints] of byDirectory) await consumeDirectory(ports, directoryId, hints);
  for (const directoryId of synced) await refreshCondition(ports, directoryId, 'read');
  // Last: nobody's suspension waits for roles.
  for (const one of recomputes.values()) await recompute(ports, one.messages, one.note);
}

/** The consumer of `rollcall-changes-dead`: what the queue gave up on is stored, to be replayed. */
export async function consumeDeadChanges(
  ports: SyncPorts,
  messages: readonly QueuedMessage[],
): Promise<void> {
  for (const message of messages) {
    const parsed = changeMessage.safeParse(message.body);
    await bury(
      ports,
      message,
      'retries-exhausted',
      parsed.success && parsed.data.kind === 'look' ? parsed.data : null,
    );
  }
}
