// Everybody's stored roles, made anew with what roles come from now: after a rule was saved, somebody was decided about by
// hand, or a group has other members. In pages of 500; each may be repeated, and cut off anywhere.
import {
  type RecomputedPage,
  readRecompute,
  readRecomputePage,
  writeRecomputePage,
} from '../db/role-recomputes.ts';
import type { WireObject } from '../google/user.ts';
import type { Log } from '../log.ts';
import { type BookPorts, readRoleBook } from './book.ts';
import { searchWords } from './search-words.ts';

export interface RecomputePorts extends BookPorts {
  log: Log;
  nowMs: () => number;
}

/**
 * - `none` nothing is to be done, or somebody else is doing it
 * - `more` a page is done, and there are others
 * - `done` that was the last one
 */
export type RecomputeStep = 'none' | 'more' | 'done';

/**
 * Does one page: at most 500 people, five queries.
 *
 * @throws {DatabaseError} nothing of the page was written
 */
export async function recomputePage(
  ports: RecomputePorts,
  directoryId: string,
): Promise<RecomputeStep> {
  const recompute = await readRecompute(ports.db, directoryId);
  if (recompute === null || recompute.finishedMs !== null) return 'none';
  // In this order: what a look writes from here on carries the roles of this version, or of a later one, which refuses
  // the page below.
  const { rows, upToId } = await readRecomputePage(ports.db, recompute);
  const book = await readRoleBook(
    ports,
    directoryId,
    rows.map(({ id }) => id),
  );
  if (book === null || book.version !== recompute.version) return 'more';
  const page: RecomputedPage = {
    recompute,
    upToId,
    seen: rows.length,
    roles: rows.flatMap((row) => {
      if (row.status === 'deleted') return [];
      const { id, orgUnitPath, written } = row;
      const customSchemas = JSON.parse(row.customSchemas) as WireObject;
      const isAdmin = row.isAdmin === 1;
      const roles = JSON.stringify(book.rolesFor({ id, customSchemas, orgUnitPath, isAdmin }));
      return roles === row.roles ? [] : [{ id, written, roles }];
    }),
    words: rows.flatMap((row) => {
      const words = JSON.stringify(searchWords(row));
      return words === row.words ? [] : [{ id: row.id, was: row.words, words }];
    }),
    nowMs: ports.nowMs(),
  };
  const isWritten = await writeRecomputePage(ports.db, page);
  if (!isWritten) return 'more';
  const { run } = recompute;
  const changed = page.roles.length;
  ports.log('info', 'roles.recomputed', { directoryId, run, people: rows.length, changed });
  return upToId === null ? 'done' : 'more';
}
