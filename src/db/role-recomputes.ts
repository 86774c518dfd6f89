// Bringing stored roles to the current version, in pages of 500. The cursor is a row: a page that is repeated, or two
// who work at once, write what is right once, and whoever comes next goes on from where the last one was.
import { type Database, guarded } from './database.ts';
import type { roleRecomputes } from './roles-schema.ts';
import type { UserStatus } from './schema.ts';

export type Recompute = typeof roleRecomputes.$inferSelect;

/** As many as fit the memory and the 10 ms of the free plan. */
const PAGE = 500;

/**
 * Asks for one, as a statement for the batch that changes what roles come from. One that is under way starts anew, for
 * everybody: whom it had yet to reach is nobody's to forget. ?1 is the directory.
 *
 * @param scope SQL: a JSON array of ids, or NULL for everybody
 * @param now SQL: the time in ms
 * @param condition SQL: whether there is anything to ask for
 */
export const askForRecompute = (scope: string, now: string, condition: string): string => `
  INSERT INTO role_recomputes (directory_id, run, scope, after_id, asked_ms, progress_ms)
  SELECT ?1, 1, ${scope}, '', ${now}, ${now} WHERE ${condition}
  ON CONFLICT (directory_id) DO UPDATE SET
    run = run + 1, scope = iif(finished_ms IS NULL, NULL, excluded.scope), after_id = '',
    asked_ms = excluded.asked_ms, progress_ms = excluded.progress_ms, finished_ms = NULL, seen = 0, changed = 0`;

/** The last one that was asked for, and the version that it must be made with. One query. */
export function readRecompute(
  db: Database,
  directoryId: string,
): Promise<(Recompute & { version: number }) | null> {
  return guarded(() =>
    db.d1
      .prepare(
        `SELECT r.directory_id AS directoryId, r.run AS run, r.scope AS scope, r.after_id AS afterId,
           r.asked_ms AS askedMs, r.progress_ms AS progressMs, r.finished_ms AS finishedMs, r.seen AS seen,
           r.changed AS changed, d.roles_version AS version
         FROM role_recomputes r JOIN directories d ON d.id = r.directory_id WHERE r.directory_id = ?1`,
      )
      .bind(directoryId)
      .first(),
  );
}

/** Somebody whose roles and search words are to be made anew from what is stored. */
export interface RecomputedRow {
  id: string;
  email: string;
  fullName: string;
  status: UserStatus;
  isAdmin: 0 | 1;
  orgUnitPath: string;
  customSchemas: string;
  roles: string;
  words: string;
  written: number;
}

const COLUMNS = `id, email, full_name AS fullName, status, is_admin AS isAdmin, org_unit_path AS orgUnitPath,
  custom_schemas AS customSchemas, roles, words, written`;

/** The next 500 at most, in order of id, and the last id among them; `null` = there is nobody after them. */
export function readRecomputePage(
  db: Database,
  { directoryId, scope, afterId }: Recompute,
): Promise<{ rows: RecomputedRow[]; upToId: string | null }> {
  return guarded(async () => {
    if (scope === null) {
      const { results: rows } = await db.d1
        .prepare(
          `SELECT ${COLUMNS} FROM users WHERE id > ?2 AND +directory_id = ?1 ORDER BY id LIMIT ${PAGE}`,
        )
        .bind(directoryId, afterId)
        .all<RecomputedRow>();
      return { rows, upToId: rows.length < PAGE ? null : (rows.at(-1)?.id ?? null) };
    }
    const left = (JSON.parse(scope) as string[]).filter((id) => id > afterId).toSorted();
    const ids = left.slice(0, PAGE);
    const { results: rows } = await db.d1
      .prepare(
        `SELECT ${COLUMNS} FROM users WHERE id IN (SELECT value FROM json_each(?2)) AND +directory_id = ?1`,
      )
      .bind(directoryId, JSON.stringify(ids))
      .all<RecomputedRow>();
    return { rows, upToId: left.length > ids.length ? (ids.at(-1) ?? null) : null };
  });
}

/** What has to be written of a page. */
export interface RecomputedPage {
  recompute: Recompute & { version: number };
  /** The last id of the page; `null` = it is through. */
  upToId: string | null;
  seen: number;
  roles: readonly { id: string; written: number; roles: string }[];
  words: readonly { id: string; was: string; words: string }[];
  nowMs: number;
}

// A look may have written the row since it was read, and then with roles of this version: it is left alone. `ticket` is
// nobody's look here, so it stays; `written` voids every look that began before.
// MATERIALIZED, since of that SQLite makes an index: json_each would be gone through for each person of the page.
const ROLES = `
  WITH o AS MATERIALIZED (
    SELECT value->>'$.id' AS id, value->>'$.written' AS written, value->>'$.roles' AS roles FROM json_each(?2))
  UPDATE users SET roles = o.roles, cause = 'rules', noticed_ms = ?3, changed_ms = ?4, written = d.ticket
  FROM o, directories d
  WHERE users.id IN (SELECT id FROM o) AND users.id = o.id
    AND +users.directory_id = ?1 AND d.id = ?1 AND d.roles_version = ?5
    AND users.written = o.written AND users.status <> 'deleted' AND users.roles <> o.roles`;

const WORDS = `
  WITH o AS MATERIALIZED (
    SELECT value->>'$.id' AS id, value->>'$.was' AS was, value->>'$.words' AS words FROM json_each(?2))
  UPDATE users SET words = o.words FROM o
  WHERE users.id IN (SELECT id FROM o) AND users.id = o.id AND +users.directory_id = ?1 AND users.words = o.was`;

const CURSOR = `
  UPDATE role_recomputes SET after_id = coalesce(?5, after_id), progress_ms = ?6,
    finished_ms = iif(?5 IS NULL, ?6, NULL), seen = seen + ?7, changed = changed + ?8
  WHERE directory_id = ?1 AND run = ?2 AND after_id = ?3 AND finished_ms IS NULL
    AND EXISTS (SELECT 1 FROM directories WHERE id = ?1 AND roles_version = ?4)`;

/**
 * Writes a page and moves the cursor, in one transaction.
 *
 * @returns false if the version is another by now, or somebody else has done this page: nothing to go on from here
 */
export function writeRecomputePage(db: Database, page: RecomputedPage): Promise<boolean> {
  return guarded(async () => {
    const { recompute, upToId, seen, roles, words, nowMs } = page;
    const { directoryId, run, afterId, version, askedMs } = recompute;
    const statements = [
      db.d1
        .prepare(CURSOR)
        .bind(directoryId, run, afterId, version, upToId, nowMs, seen, roles.length),
    ];
    if (roles.length > 0)
      statements.push(
        db.d1.prepare(ROLES).bind(directoryId, JSON.stringify(roles), askedMs, nowMs, version),
      );
    if (words.length > 0)
      statements.push(db.d1.prepare(WORDS).bind(directoryId, JSON.stringify(words)));
    const [moved] = await db.d1.batch(statements);
    return (moved?.meta.changes ?? 0) > 0;
  });
}
