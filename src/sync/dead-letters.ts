// Replaying what could not be answered: the people whom dead letters are about are looked at again, by the same queue.
import { markReplayed, readReplayable } from '../db/dead-letters.ts';
import type { SyncPorts } from './ports.ts';
import { sendHints } from './send-hints.ts';

export type Replayed =
  /** How many people are looked at again. */
  | { kind: 'replayed'; count: number }
  /** The queue does not take all of them; those letters wait as before. */
  | { kind: 'queue-refused' };

/**
 * Puts a hint into the queue for each person of these letters. Sent first and marked then: two clicks at once cost a look
 * too many, and nothing that fails in between loses anybody.
 *
 * @param ids of letters; one that was replayed meanwhile, or is another directory's, is left alone
 * @throws {DatabaseError}
 */
export async function replayDeadLetters(
  ports: SyncPorts,
  directoryId: string,
  ids: readonly number[],
): Promise<Replayed> {
  const letters = await readReplayable(ports.db, directoryId, ids);
  const userIds = [...new Set(letters.map(({ userId }) => userId))];
  const sent = await sendHints(ports, directoryId, 'operator', userIds);
  const reached = new Set(userIds.slice(0, sent));
  await markReplayed(
    ports.db,
    letters.filter(({ userId }) => reached.has(userId)),
    ports.nowMs(),
  );
  return sent === userIds.length ? { kind: 'replayed', count: sent } : { kind: 'queue-refused' };
}
