// Everybody's stored roles, made anew with what roles come from now: after a rule was saved, somebody was decided about by
// hand, or a group has other members. In pages of 500; each may be repeated, and cut off anywhere.
import {
  type Recompute,
  type RecomputedRow,
  readRecompute,
  readRecomputed,
  readRecomputePage,
  writeRecomputed,
  writeRecomputePage,
} from '../db/role-recomputes.ts';
import type { Log } from '../log.ts';
import { type BookPorts, personOf, type RoleBook, readRoleBook } from './book.ts';
import { searchWords } from './search-words.ts';

export interface RecomputePorts extends BookPorts {
  log: Log;
  nowMs: () => number;
}

/**
 * - `none` nothing is to be done, or another run has the word
 * - `more` there is more to do
 * - `done` that was the last page
 */
export type RecomputeStep = 'none' | 'more' | 'done';

/** What of these rows is to be written. */
function news(rows: readonly RecomputedRow[], book: RoleBook) {
  const roles = rows.flatMap((row) => {
    // Nobody who is gone has a role, nor is anything told of them.
    if (row.status === 'deleted') return [];
    const { id, written, roles: was } = row;
    const made = JSON.stringify(book.rolesFor(personOf(row)));
    return made === was ? [] : [{ id, written, was, roles: made }];
  });
  const words = rows.flatMap((row) => {
    const made = JSON.stringify(searchWords(row));
    return made === row.words ? [] : [{ id: row.id, was: row.words, words: made }];
  });
  return { roles, words };
}

/** D1 takes 2 MB for a parameter: of ordinary people a whole page is a twentieth of that. */
const MAX_UNITS = 500_000;

/** As many of a page as can be written at once, in order of id: all of them, unless values are roles by the hundred. */
function cutToFit(page: readonly RecomputedRow[], book: RoleBook, upToId: string | null) {
  let rows = page.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  for (;;) {
    const found = news(rows, book);
    const units = JSON.stringify(found).length;
    if (units <= MAX_UNITS || rows.length <= 1)
      return {
        rows,
        found,
        upToId: rows.length === page.length ? upToId : (rows.at(-1)?.id ?? null),
      };
    rows = rows.slice(0, Math.ceil(rows.length / 2));
  }
}

/** The book of the version that was current before the rows were read; `null` = it is another by now. */
async function bookFor(
  ports: RecomputePorts,
  { directoryId, version }: Recompute & { version: number },
  rows: readonly RecomputedRow[],
): Promise<RoleBook | null> {
  const ids = rows.map(({ id }) => id);
  const book = await readRoleBook(ports, directoryId, ids);
  return book?.version === version ? book : null;
}

/**
 * Does one page: at most 500 people, six queries.
 *
 * @param run which one is meant; of an earlier one nothing is done any more. `null` = whichever is under way
 * @throws {DatabaseError} nothing of the page was written
 */
export async function recomputePage(
  ports: RecomputePorts,
  directoryId: string,
  run: number | null = null,
): Promise<RecomputeStep> {
  const recompute = await readRecompute(ports.db, directoryId);
  if (recompute === null || recompute.finishedMs !== null) return 'none';
  if (run !== null && run !== recompute.run) return 'none';
  // In this order: what a look writes from here on carries the roles of this version, or of a later one, which refuses
  // the page below.
  const { rows, upToId } = await readRecomputePage(ports.db, recompute);
  const book = await bookFor(ports, recompute, rows);
  if (book === null) return 'more';
  const fit = cutToFit(rows, book, upToId);
  const { found } = fit;
  const page = {
    recompute,
    upToId: fit.upToId,
    seen: fit.rows.length,
    ...found,
    nowMs: ports.nowMs(),
  };
  if (!(await writeRecomputePage(ports.db, page))) return 'more';
  const changed = found.roles.length;
  ports.log('info', 'roles.recomputed', {
    directoryId,
    run: recompute.run,
    people: fit.rows.length,
    changed,
  });
  return fit.upToId === null && recompute.also === '[]' ? 'done' : 'more';
}

/**
 * Makes some people's roles anew at once, whoever else waits for theirs: somebody has just been decided about by hand, or has
 * signed in. Where it comes to nothing, since something else changed meanwhile, the recompute that was asked for has them yet.
 *
 * @throws {DatabaseError}
 */
export async function recomputePeople(
  ports: RecomputePorts,
  directoryId: string,
  ids: readonly string[],
): Promise<void> {
  const recompute = await readRecompute(ports.db, directoryId);
  if (recompute === null || recompute.finishedMs !== null) return;
  const rows = await readRecomputed(ports.db, directoryId, ids);
  const book = await bookFor(ports, recompute, rows);
  if (book === null) return;
  await writeRecomputed(ports.db, { recompute, ...news(rows, book), nowMs: ports.nowMs() });
}
