// Asking for people to be looked at: hints for the queue, whoever found the need: a pass, an operator's word, a replay.
import type { ChangeMessage } from './hint.ts';
import type { SyncPorts } from './ports.ts';

/** `sendBatch` takes 100 messages at most. */
const QUEUE_BATCH = 100;

/**
 * Puts a hint for each into the queue.
 *
 * @returns how many it took, from the first on: a queue over its daily quota takes none
 */
export async function sendHints(
  ports: Pick<SyncPorts, 'changes' | 'log' | 'nowMs'>,
  directoryId: string,
  cause: 'reconcile' | 'operator',
  ids: readonly string[],
): Promise<number> {
  const noticedMs = ports.nowMs();
  let sent = 0;
  for (let from = 0; from < ids.length; from += QUEUE_BATCH) {
    const messages = ids.slice(from, from + QUEUE_BATCH).map((userId) => {
      const body: ChangeMessage = {
        kind: 'look',
        directoryId,
        userId,
        event: null,
        cause,
        noticedMs,
      };
      return { body };
    });
    try {
      await ports.changes.sendBatch(messages);
      sent += messages.length;
    } catch {
      ports.log('warn', 'hints.refused', { directoryId, cause, left: ids.length - sent });
      break;
    }
  }
  return sent;
}
