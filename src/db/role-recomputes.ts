// Bringing stored roles to the current version, in pages of 500. The cursor is a row: a page that is repeated, or two
// who work at once, write what is right once, and whoever comes next goes on from where the last one was.
import { type Database, guarded } from './database.ts';
import type { roleRecomputes } from './roles-schema.ts';
import type { UserStatus } from './schema.ts';

export type Recompute = typeof roleRecomputes.$inferSelect;

/** As many as fit the memory and the 10 ms of the free plan. */
const PAGE = 500;

/** More than so many people are not counted out one by one: everybody's roles are made anew. */
export const MOST_IN_SCOPE = 5_000;

const union = (one: string, other: string) =>
  `(SELECT json_group_array(value) FROM (SELECT value FROM json_each(${one}) UNION SELECT value FROM json_each(${other})))`;

/**
 * Asks for one, as a statement for the batch that changes what roles come from. ?1 is the directory. Where one is under way
 * nobody whom it had yet to reach is forgotten: everybody begins anew; some are joined to the others; and while everybody is
 * being gone through, some come once more after that.
 *
 * @param scope SQL: a JSON array of ids, or NULL for everybody
 * @param now SQL: the time in ms
 * @param condition SQL: whether there is anything to ask for
 */
export const askForRecompute = (scope: string, now: string, condition: string): string => `
  INSERT INTO role_recomputes (directory_id, run, scope, after_id, asked_ms, progress_ms)
  SELECT ?1, 1, ${scope}, '', ${now}, ${now} WHERE ${condition}
  ON CONFLICT (directory_id) DO UPDATE SET run = run + 1,
    scope = CASE WHEN finished_ms IS NOT NULL OR excluded.scope IS NULL THEN excluded.scope
      WHEN scope IS NULL OR json_array_length(scope) > ${MOST_IN_SCOPE} THEN NULL ELSE ${union('scope', 'excluded.scope')} END,
    also = iif(finished_ms IS NULL AND scope IS NULL AND excluded.scope IS NOT NULL AND json_array_length(also) <= ${MOST_IN_SCOPE},
      ${union('also', 'excluded.scope')}, '[]'),
    after_id = iif(finished_ms IS NULL AND scope IS NULL AND excluded.scope IS NOT NULL
      AND json_array_length(also) <= ${MOST_IN_SCOPE}, after_id, ''),
    seen = iif(finished_ms IS NULL, seen, 0), changed = iif(finished_ms IS NULL, changed, 0),
    asked_ms = iif(finished_ms IS NULL, asked_ms, excluded.asked_ms), progress_ms = excluded.progress_ms, finished_ms = NULL`;

/** Asks for one of everybody, with nothing changed: whatever wrote a row another way is put right. */
export function askForEverybody(db: Database, directoryId: string, nowMs: number): Promise<void> {
  return guarded(async () => {
    const sql = askForRecompute(
      'NULL',
      '?2',
      'EXISTS (SELECT 1 FROM users WHERE directory_id = ?1)',
    );
    await db.d1.prepare(sql).bind(directoryId, nowMs).run();
  });
}

/** The directories for which one has ever been asked for. */
export function readRecomputedDirectories(db: Database): Promise<string[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare('SELECT directory_id AS id FROM role_recomputes')
      .all<{ id: string }>();
    return results.map(({ id }) => id);
  });
}

/** The last one that was asked for, and the version that it must be made with. One query. */
export function readRecompute(
  db: Database,
  directoryId: string,
): Promise<(Recompute & { version: number }) | null> {
  return guarded(() =>
    db.d1
      .prepare(
        `SELECT r.directory_id AS directoryId, r.run AS run, r.scope AS scope, r.also AS also, r.after_id AS afterId,
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

/** These people, whoever of them is of this directory. */
export function readRecomputed(
  db: Database,
  directoryId: string,
  ids: readonly string[],
): Promise<RecomputedRow[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT ${COLUMNS} FROM users WHERE id IN (SELECT value FROM json_each(?2)) AND +directory_id = ?1`,
      )
      .bind(directoryId, JSON.stringify(ids))
      .all<RecomputedRow>();
    return results;
  });
}

/** The next 500 at most, in order of id, and the last id among them; `null` = there is nobody after them. */
export async function readRecomputePage(
  db: Database,
  { directoryId, scope, afterId }: Recompute,
): Promise<{ rows: RecomputedRow[]; upToId: string | null }> {
  if (scope !== null) {
    const left = (JSON.parse(scope) as string[]).filter((id) => id > afterId).toSorted();
    const ids = left.slice(0, PAGE);
    const rows = await readRecomputed(db, directoryId, ids);
    return { rows, upToId: left.length > ids.length ? (ids.at(-1) ?? null) : null };
  }
  return guarded(async () => {
    const { results: rows } = await db.d1
      .prepare(
        `SELECT ${COLUMNS} FROM users WHERE id > ?2 AND +directory_id = ?1 ORDER BY id LIMIT ${PAGE}`,
      )
      .bind(directoryId, afterId)
      .all<RecomputedRow>();
    return { rows, upToId: rows.length < PAGE ? null : (rows.at(-1)?.id ?? null) };
  });
}

/** What has to be written of a page. */
export interface RecomputedPage {
  recompute: Recompute & { version: number };
  /** The last id of the page; `null` = it is through. */
  upToId: string | null;
  seen: number;
  roles: readonly { id: string; written: number; was: string; roles: string }[];
  words: readonly { id: string; was: string; words: string }[];
  nowMs: number;
}

// Not where a look has written the row since it was read. Such a look may have brought the roles of this version, or none (it
// saw no more than that the person is there): CURSOR waits for those. `ticket` is nobody's look here, so it stays; `written`
// voids every look that began before.
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

// After the roles: a page is done once nobody on it has the roles that it found.
const CURSOR = `
  UPDATE role_recomputes SET
    after_id = CASE WHEN ?5 IS NOT NULL THEN ?5 WHEN also <> '[]' THEN '' ELSE after_id END,
    scope = iif(?5 IS NULL AND also <> '[]', also, scope), also = iif(?5 IS NULL, '[]', also),
    finished_ms = iif(?5 IS NULL AND also = '[]', ?6, NULL), progress_ms = ?6, seen = seen + ?7, changed = changed + ?8
  WHERE directory_id = ?1 AND run = ?2 AND after_id = ?3 AND finished_ms IS NULL
    AND EXISTS (SELECT 1 FROM directories WHERE id = ?1 AND roles_version = ?4)
    AND NOT EXISTS (SELECT 1 FROM json_each(?9) o CROSS JOIN users u ON u.id = o.value->>'$.id'
      WHERE u.roles = o.value->>'$.was' AND u.status <> 'deleted')`;

function writing(
  { d1 }: Database,
  {
    recompute,
    roles,
    words,
    nowMs,
  }: Pick<RecomputedPage, 'recompute' | 'roles' | 'words' | 'nowMs'>,
): D1PreparedStatement[] {
  const { directoryId, version, askedMs } = recompute;
  return [
    ...(roles.length > 0
      ? [d1.prepare(ROLES).bind(directoryId, JSON.stringify(roles), askedMs, nowMs, version)]
      : []),
    ...(words.length > 0 ? [d1.prepare(WORDS).bind(directoryId, JSON.stringify(words))] : []),
  ];
}

/**
 * Writes a page and moves the cursor, in one transaction.
 *
 * @returns false if the version is another by now, somebody else has done this page, or some are to be read again
 */
export function writeRecomputePage(db: Database, page: RecomputedPage): Promise<boolean> {
  return guarded(async () => {
    const { recompute, upToId, seen, roles, nowMs } = page;
    const { directoryId, run, afterId, version } = recompute;
    const cursor = db.d1
      .prepare(CURSOR)
      .bind(
        directoryId,
        run,
        afterId,
        version,
        upToId,
        nowMs,
        seen,
        roles.length,
        JSON.stringify(roles.map(({ id, was }) => ({ id, was }))),
      );
    const results = await db.d1.batch([...writing(db, page), cursor]);
    return (results.at(-1)?.meta.changes ?? 0) > 0;
  });
}

/** Writes some people's roles without a word about how far everybody is. */
export function writeRecomputed(
  db: Database,
  page: Pick<RecomputedPage, 'recompute' | 'roles' | 'words' | 'nowMs'>,
): Promise<void> {
  return guarded(async () => {
    const statements = writing(db, page);
    if (statements.length > 0) await db.d1.batch(statements);
  });
}
