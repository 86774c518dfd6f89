// What a pass found and did not decide goes into the queue: the consumer looks at each person by id.
import type { ChangeMessage } from './hint.ts';
import type { SyncPorts } from './ports.ts';

/** `sendBatch` takes 100 messages at most. */
const QUEUE_BATCH = 100;

/** Turns unknown people into hints. If the queue refuses, the next pass finds them again. */
export async function sendHints(
  ports: SyncPorts,
  pass: { id: string; directoryId: string },
  ids: readonly string[],
): Promise<number> {
  const noticedMs = ports.nowMs();
  let sent = 0;
  for (let from = 0; from < ids.length; from += QUEUE_BATCH) {
    const messages = ids.slice(from, from + QUEUE_BATCH).map((userId) => {
      const { directoryId } = pass;
      const body: ChangeMessage = {
        kind: 'look',
        directoryId,
        userId,
        event: null,
        cause: 'reconcile',
        noticedMs,
      };
      return { body };
    });
    try {
      await ports.changes.sendBatch(messages);
      sent += messages.length;
    } catch {
      ports.log('warn', 'reconcile.hints-refused', { passId: pass.id, left: ids.length - sent });
      break;
    }
  }
  return sent;
}
