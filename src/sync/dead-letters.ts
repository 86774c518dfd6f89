// Replaying what could not be answered: the people whom dead letters are about are looked at again, by the same queue.
import { markReplayed, unmarkReplayed } from '../db/dead-letters.ts';
import type { SyncPorts } from './ports.ts';
import { sendHints } from './send-hints.ts';

export type Replayed =
  /** How many people are looked at again. */
  | { kind: 'replayed'; count: number }
  /** The queue takes nothing; the letters wait as before. */
  | { kind: 'queue-refused' };

/**
 * Puts a hint into the queue for each person of these letters. Marked first and sent then: what two operators ask for at
 * once is sent once. A crash in between leaves letters marked whose people the next pass looks at.
 *
 * @param ids of letters; one that was replayed meanwhile, or is another directory's, is left alone
 * @throws {DatabaseError}
 */
export async function replayDeadLetters(
  ports: SyncPorts,
  directoryId: string,
  ids: readonly number[],
): Promise<Replayed> {
  const marked = await markReplayed(ports.db, directoryId, ids, ports.nowMs());
  const userIds = [...new Set(marked.map(({ userId }) => userId))];
  const sent = await sendHints(ports, directoryId, 'operator', userIds);
  if (sent === userIds.length) return { kind: 'replayed', count: sent };
  const unsent = new Set(userIds.slice(sent));
  const again = marked.filter(({ userId }) => unsent.has(userId));
  await unmarkReplayed(
    ports.db,
    again.map(({ id }) => id),
  );
  return { kind: 'queue-refused' };
}
