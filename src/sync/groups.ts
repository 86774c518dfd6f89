// When groups that rules name are read: at each pass, and about one person at their sign-in. Google pushes nothing about them.
import { readRecompute } from '../db/role-recomputes.ts';
import { errorCode } from '../log.ts';
import { readRoleBook } from '../roles/book.ts';
import { readGroups, refreshMembership } from '../roles/groups.ts';
import { recomputePeople } from '../roles/recompute.ts';
import { namedGroups } from '../roles/rule.ts';
import type { SyncPorts } from './ports.ts';
import { sendRecompute } from './recompute.ts';

/** The groups that a directory's rules name. One query. */
export async function groupsOf(
  ports: Pick<SyncPorts, 'db' | 'config'>,
  directoryId: string,
): Promise<string[]> {
  return namedGroups((await readRoleBook(ports, directoryId, []))?.rules ?? []);
}

/**
 * Reads the named groups, as far as the calls last, and has the roles of those made anew who came or went.
 *
 * Never fails: whoever is suspended does not wait until a group can be stored.
 *
 * @param callsLeft asked before each request
 */
export async function readNamedGroups(
  ports: SyncPorts,
  directoryId: string,
  groupKeys: readonly string[],
  callsLeft: () => number,
): Promise<void> {
  try {
    const before = await readRecompute(ports.db, directoryId);
    await readGroups(ports, directoryId, groupKeys, callsLeft);
    const after = await readRecompute(ports.db, directoryId);
    // One that was under way already has its messages.
    if (after !== null && after.run !== before?.run) await sendRecompute(ports, directoryId);
  } catch (error) {
    ports.log('error', 'groups.failed', { directoryId, code: errorCode(error) });
  }
}

/**
 * Asks about somebody who has just signed in. Never fails: they are in already, with the roles of the last pass.
 */
export async function askAboutGroups(
  ports: SyncPorts,
  directoryId: string,
  userId: string,
): Promise<void> {
  try {
    const groupKeys = await groupsOf(ports, directoryId);
    if (groupKeys.length === 0) return;
    if (!(await refreshMembership(ports, directoryId, groupKeys, userId))) return;
    await recomputePeople(ports, directoryId, [userId]);
    await sendRecompute(ports, directoryId);
  } catch (error) {
    ports.log('warn', 'groups.not-asked', { directoryId, userId, code: errorCode(error) });
  }
}
