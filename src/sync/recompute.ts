// Who keeps a recompute going: a message in the queue for each page, and cron, where the queue takes none. A message names its
// run, so that of several there is one chain of messages, the youngest.
import {
  askForEverybody,
  readRecompute,
  readRecomputedDirectories,
} from '../db/role-recomputes.ts';
import { recomputePage, recomputePeople } from '../roles/recompute.ts';
import type { SyncPorts } from './ports.ts';

/** Without progress for so long, nobody is at work on it. */
const STALLED_MS = 60_000;
const DAY_MS = 86_400_000;
/** Six queries each: the free plan allows 50 in one event, and cron has other things to do. */
const PAGES_OF_CRON = 4;
const PAGES_AT_ONCE = 2;

type RecomputePorts = Pick<SyncPorts, 'db' | 'changes' | 'config' | 'log' | 'nowMs'>;

/** Asks the queue for the next page of a run. */
export async function sendNextPage(
  ports: RecomputePorts,
  directoryId: string,
  run: number,
): Promise<void> {
  try {
    await ports.changes.sendBatch([{ body: { kind: 'recompute', directoryId, run } }]);
  } catch {
    // Cron goes on with it.
    ports.log('warn', 'recompute.refused', { directoryId });
  }
}

/** Begins the messages of the run that is under way, if one is. */
export async function sendRecompute(ports: RecomputePorts, directoryId: string): Promise<void> {
  const recompute = await readRecompute(ports.db, directoryId);
  if (recompute?.finishedMs === null) await sendNextPage(ports, directoryId, recompute.run);
}

/**
 * Does the first pages of a recompute that was just asked for, and leaves the others to the queue: with at most 500 people all
 * is done when the page is shown again, also where one of everybody was under way.
 *
 * @param people whom it is about, if not everybody: they are done at once, whatever else is under way
 * @returns whether it is through
 */
export async function beginRecompute(
  ports: RecomputePorts,
  directoryId: string,
  people: readonly string[] | null = null,
): Promise<boolean> {
  if (people !== null) await recomputePeople(ports, directoryId, people);
  for (let page = 0; page < PAGES_AT_ONCE; page += 1) {
    if ((await recomputePage(ports, directoryId)) !== 'more') return true;
  }
  await sendRecompute(ports, directoryId);
  return false;
}

/**
 * Goes on with one that nobody is at work on; and has everybody's roles and search words made anew once a day, which changes
 * nobody unless something wrote a row another way: an earlier version of the Worker beside this one, somebody at the database.
 */
export async function continueRecompute(ports: RecomputePorts, directoryId: string): Promise<void> {
  const recompute = await readRecompute(ports.db, directoryId);
  const nowMs = ports.nowMs();
  if (recompute === null) return;
  if (recompute.finishedMs !== null) {
    if (nowMs - recompute.askedMs < DAY_MS) return;
    await askForEverybody(ports.db, directoryId, nowMs);
    return sendRecompute(ports, directoryId);
  }
  if (nowMs - recompute.progressMs < STALLED_MS) return;
  for (let page = 0; page < PAGES_OF_CRON; page += 1) {
    if ((await recomputePage(ports, directoryId)) !== 'more') return;
  }
  await sendRecompute(ports, directoryId);
}

/** The same for every directory: roles come from what is stored, and need no Google. */
export async function continueRecomputes(ports: RecomputePorts): Promise<void> {
  for (const directoryId of await readRecomputedDirectories(ports.db))
    await continueRecompute(ports, directoryId);
}
