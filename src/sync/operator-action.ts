// What an operator does is written down before it is done, and how it ended after: nothing is done without a word of it.
import { DatabaseError } from '../db/database.ts';
import {
  type ActionResult,
  beginOperatorAction,
  endOperatorAction,
  type NewOperatorAction,
} from '../db/operator-actions.ts';
import { errorCode } from '../log.ts';
import type { SyncPorts } from './ports.ts';

const UNCLEAR: ReadonlySet<string> = new Set(['database-unavailable', 'database-failed']);

/** How something ended: a code, with the ids and counts that belong to it. */
export interface Ended {
  code: string;
  result?: ActionResult;
}

/** What the log says of a result: the counts. Ids are in the record. */
const countsOf = (result: ActionResult = {}) =>
  Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value === 'number'));

/**
 * Does something for an operator.
 *
 * @param endedAs how it ended; a string is the code. Never an address or a name
 * @throws what `work` throws, with its code written down; a DatabaseError before anything was done
 */
export async function operatorAction<T>(
  ports: Pick<SyncPorts, 'db' | 'log' | 'nowMs'>,
  action: Omit<NewOperatorAction, 'atMs'>,
  work: () => Promise<T>,
  endedAs: (result: T) => Ended | string,
): Promise<T> {
  const id = await beginOperatorAction(ports.db, { ...action, atMs: ports.nowMs() });
  const end = async (ended: Ended | string) => {
    const { code: outcome, result } = typeof ended === 'string' ? { code: ended } : ended;
    const { directoryId, actor, requestId } = action;
    ports.log('info', 'operator.acted', {
      ...countsOf(result),
      directoryId,
      actor,
      action: action.action,
      outcome,
      requestId,
    });
    try {
      await endOperatorAction(ports.db, id, outcome, result);
    } catch (error) {
      // It is done; the row says that it was begun.
      ports.log('warn', 'operator.not-noted', { directoryId, requestId, code: errorCode(error) });
    }
  };
  try {
    const result = await work();
    await end(endedAs(result));
    return result;
  } catch (error) {
    // What D1 has done it may have done before its answer was lost.
    const isUnclear = error instanceof DatabaseError && UNCLEAR.has(error.code);
    await end(`${isUnclear ? 'unclear' : 'failed'}:${errorCode(error)}`);
    throw error;
  }
}
