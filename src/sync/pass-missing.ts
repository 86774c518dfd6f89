// Who is missing on a list that was read to its end: people with a living row who are on no page, and whom
// nobody has looked at since the pass began. Within the deletion guard they are looked at by id; beyond it
// they are held unread: a list that lost so many people is more likely wrong than right.
import { haveSomeComeOrGone, readUntouchedLiving, type Suspect } from '../db/comparison.ts';
import {
  holdMissing,
  readHeldStates,
  readRemovalRoom,
  releaseMissing,
} from '../db/held-removals.ts';
import { readListed } from '../db/listed-people.ts';
import { type Begun, MAX_HINTS, type Pass } from './pass.ts';
import type { SyncPorts } from './ports.ts';

/** What the pages held, all steps of this pass together. */
export interface Listed {
  seen: ReadonlySet<string>;
  /** How many of them had a living row. */
  living: number;
}

/**
 * Everybody whom this pass and those before it in its chain have seen.
 *
 * @returns `null` where a part is not there any more, because a younger pass began another chain
 */
async function wholeList(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  listed: Listed,
): Promise<ReadonlySet<string> | null> {
  if (begun.chainId === pass.id) return listed.seen;
  const before = await readListed(ports.db, begun.chainId);
  if (before.length === begun.chainSeen) return new Set([...listed.seen, ...before]);
  ports.log('warn', 'reconcile.part-lost', { passId: pass.id, chainId: begun.chainId });
  return null;
}

/**
 * As many living people on the pages as there are, and nobody came or went meanwhile: then none is missing,
 * and the answer costs one row instead of one for each person.
 */
async function areAllThere(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  listed: Listed,
): Promise<boolean> {
  return (
    begun.chainId === pass.id &&
    listed.living === begun.living &&
    !(await haveSomeComeOrGone(ports.db, pass.directoryId, begun.firstSeq))
  );
}

async function readMissing(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  seen: ReadonlySet<string>,
): Promise<string[]> {
  const living = await readUntouchedLiving(ports.db, pass.directoryId, begun.chainTicket);
  return living.filter((id) => !seen.has(id));
}

/**
 * How many are missing, and who of the held has to be looked at: whom Google's get denied, and who is on a
 * page; and whose removal an operator has approved. Who was only missing, and is on a page, is let go.
 */
export async function findMissing(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  listed: Listed,
): Promise<{ missing: number; suspects: Suspect[] }> {
  const { directoryId } = pass;
  const nowMs = ports.nowMs();
  const held = await readHeldStates(ports.db, directoryId, nowMs);
  const isComplete = await areAllThere(ports, pass, begun, listed);
  if (isComplete && held.length === 0) return { missing: 0, suspects: [] };
  const seen = await wholeList(ports, pass, begun, listed);
  if (seen === null) return { missing: 0, suspects: [] };
  const approved: Suspect[] = [];
  const denied: Suspect[] = [];
  const found: string[] = [];
  for (const { userId: id, reason, isApproved } of held) {
    if (isApproved) approved.push({ id, kind: 'approved' });
    else if (seen.has(id) && reason === 'missing') found.push(id);
    else if (seen.has(id)) denied.push({ id, kind: 'held' });
  }
  await releaseMissing(ports.db, directoryId, found, nowMs);
  const missing = isComplete ? 0 : (await readMissing(ports, pass, begun, seen)).length;
  // No more than a pass may ask about: what a step returns must stay below a megabyte.
  return { missing, suspects: [...approved.slice(0, MAX_HINTS), ...denied.slice(0, MAX_HINTS)] };
}

/**
 * Decides about the missing, half a minute later.
 *
 * @returns those to look at by id; empty where they are held
 */
export async function decideMissing(
  ports: SyncPorts,
  pass: Pass,
  begun: Begun,
  listed: Listed,
): Promise<Suspect[]> {
  const { directoryId } = pass;
  const nowMs = ports.nowMs();
  const seen = await wholeList(ports, pass, begun, listed);
  if (seen === null) return [];
  const held = new Map(
    (await readHeldStates(ports.db, directoryId, nowMs)).map((one) => [one.userId, one]),
  );
  // Who waits because Google denied them is gone for all we know, and no pass removes them: they take nobody's room.
  const missing = (await readMissing(ports, pass, begun, seen)).filter((id) => {
    const state = held.get(id);
    return !state?.isApproved && !state?.isBlocked;
  });
  if (missing.length === 0) return [];
  const room = await readRemovalRoom(ports.db, directoryId, ports.config.deletionGuard, nowMs);
  if (missing.length <= room) return missing.map((id) => ({ id, kind: 'missing' }));
  await holdMissing(ports.db, directoryId, missing, nowMs);
  const fields = { directoryId, passId: pass.id, missing: missing.length, room };
  ports.log('warn', 'reconcile.held', fields);
  return [];
}
