// What every action of the console has in common: whose directory it is about, that it is written down, and where it leads.
import type { ActionName } from '../db/operator-actions.ts';
import { CONSOLE_PATH } from '../page/operator-nav.ts';
import { type SaidCode, saying } from '../page/said.tsx';
import { type Ended, operatorAction } from '../sync/operator-action.ts';
import { type SyncPorts, syncPorts } from '../sync/ports.ts';
import type { ConsoleContext } from './page.tsx';

export const portsOf = (c: ConsoleContext): SyncPorts => syncPorts(c.env, c.get('config'));

/** The directory of whoever asks: everything behind this reads and changes that one and no other. */
export const directoryOf = (c: ConsoleContext): string => c.get('operator').user.directoryId;

/** `user:<id>`, as records name whoever does something. */
export const actorOf = (c: ConsoleContext): string => `user:${c.get('operator').user.id}`;

/**
 * Does something for the operator, in writing.
 *
 * @param detail ids and counts; never an address or a name
 * @param endedAs how it ended; a string is the code. Never an address or a name
 * @throws what `work` throws, with its code written down
 */
export function act<T>(
  c: ConsoleContext,
  action: ActionName,
  detail: Record<string, string | number>,
  work: () => Promise<T>,
  endedAs: (result: T) => Ended | string,
): Promise<T> {
  const written = {
    directoryId: directoryOf(c),
    actor: actorOf(c),
    action,
    detail,
    requestId: c.get('requestId'),
  };
  return operatorAction(portsOf(c), written, work, endedAs);
}

/** Back to a page that says what became of it. */
export const backTo = (c: ConsoleContext, code: SaidCode, count = 0, path: string = CONSOLE_PATH) =>
  c.redirect(new URL(`${path}${saying(code, count)}`, c.get('config').publicUrl).href, 303);
