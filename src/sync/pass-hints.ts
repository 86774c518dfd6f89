// What a pass found and did not decide: compared again, cut to what one pass may ask for, and put into the
// queue, where the consumer looks at each person by id. If the queue refuses, its daily quota used up, the
// pass looks at them itself, by the same function.
import { type Suspect, type SuspectKind, stillSuspect } from '../db/comparison.ts';
import { isSuperseded } from '../db/directories.ts';
import { noteWhetherReadable } from './condition.ts';
import { lookAt } from './look.ts';
import { type Begun, MAX_HINTS, type Pass } from './pass.ts';
import type { SyncPorts } from './ports.ts';

/** As many as a batch of the consumer: two looks at each fit the calls of one event. */
const LOOKED_AT_ONCE = 20;
/** 20,000 suspects are less than a megabyte of JSON. */
const COMPARED_AT_ONCE = 20_000;

/** What decides about somebody's access comes first, when there are more than one pass may ask for. */
const ORDER: readonly SuspectKind[] = [
  'approved',
  'status',
  'missing',
  'unknown',
  'held',
  'changed',
  'unreadable',
];

/** Whom still nobody has looked at since the pass began. */
export async function compareAgain(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  suspects: readonly Suspect[],
): Promise<Suspect[]> {
  const still: Suspect[] = [];
  for (let from = 0; from < suspects.length; from += COMPARED_AT_ONCE) {
    const piece = suspects.slice(from, from + COMPARED_AT_ONCE);
    still.push(
      ...(await stillSuspect(ports.db, pass.directoryId, begun.ticket, piece, ports.nowMs())),
    );
  }
  return still;
}

/**
 * At most 500, the weightiest first. Within a kind each pass begins elsewhere: people about whom list and get
 * disagree for good must not keep the others from their turn. By chance, since any rhythm may meet another.
 *
 * @param random in [0, 1)
 */
export function chooseHints(suspects: readonly Suspect[], random: number): string[] {
  const chosen = new Set<string>();
  for (const kind of ORDER) {
    const ids = suspects.filter((one) => one.kind === kind).map(({ id }) => id);
    const start = Math.floor(random * ids.length);
    for (const id of [...ids.slice(start), ...ids.slice(0, start)]) {
      if (chosen.size >= MAX_HINTS) return [...chosen];
      chosen.add(id);
    }
  }
  return [...chosen];
}

/**
 * Looks at people within the pass, as the consumer would.
 *
 * Nobody who can't be stored gets a letter here: that is the consumer's, once the queue takes hints again.
 *
 * @returns how many of them it took on; 0 if calls ran out, or Google stumbles: the next pass finds them again
 */
export async function lookWithin(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  ids: readonly string[],
  callsLeft: number,
): Promise<number> {
  // Somebody who is denied is looked at twice.
  const people = ids.slice(0, Math.max(0, Math.min(LOOKED_AT_ONCE, Math.floor(callsLeft / 2))));
  if (people.length === 0) return 0;
  if (await isSuperseded(ports.db, pass.directoryId, begun.ticket)) return 0;
  const noticedMs = ports.nowMs();
  const looked = await lookAt(
    ports,
    pass.directoryId,
    people.map((id) => ({ id, cause: 'reconcile', noticedMs, announcedDelete: false })),
    null,
  );
  if (looked === null) return 0;
  await noteWhetherReadable(ports, pass.directoryId, looked);
  const hasFailed = [...looked.conclusions.values()].some(
    (one) => one.kind === 'failed' && one.retryable,
  );
  return hasFailed ? 0 : people.length;
}
