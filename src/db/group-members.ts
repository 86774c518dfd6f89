// One person's membership in the groups that rules name, as Google says it at their sign-in.
import { type Database, guarded } from './database.ts';
import { askForRecompute } from './role-recomputes.ts';

export interface StoredMembership {
  groupKey: string;
  isMember: boolean;
}

/**
 * Which of these groups are worth a question about somebody, with what is stored, those first that were read longest
 * ago: all but the ones with the whole customer in them.
 */
export function readMembership(
  db: Database,
  directoryId: string,
  groupKeys: readonly string[],
  userId: string,
): Promise<StoredMembership[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT k.value AS groupKey, EXISTS (SELECT 1 FROM group_members m
             WHERE m.directory_id = ?1 AND m.user_id = ?3 AND m.group_key = k.value) AS isMember
         FROM json_each(?2) k LEFT JOIN groups g ON g.directory_id = ?1 AND g.group_key = k.value
         WHERE coalesce(g.has_everybody, 0) = 0 ORDER BY coalesce(g.read_ms, 0), k.value`,
      )
      .bind(directoryId, JSON.stringify(groupKeys), userId)
      .all<{ groupKey: string; isMember: 0 | 1 }>();
    return results.map(({ groupKey, isMember }) => ({ groupKey, isMember: isMember === 1 }));
  });
}

/** ?2 what Google says as `[{groupKey, isMember}]`, ?3 whom it is about: what of it is news. */
const NEWS = `
  WITH said(group_key, is_member) AS (SELECT value->>'$.groupKey', value->>'$.isMember' FROM json_each(?2)),
  news(group_key, is_member) AS (SELECT group_key, is_member FROM said WHERE is_member <> EXISTS (
    SELECT 1 FROM group_members m WHERE m.directory_id = ?1 AND m.user_id = ?3 AND m.group_key = said.group_key))`;

// A reading that is under way may have been past this person already: its pages say the same from now on.
const IN_PAGES = `${NEWS} UPDATE group_pages SET ids = json_insert(ids, '$[#]', ?3)
  WHERE directory_id = ?1 AND page = 0 AND group_key IN (SELECT group_key FROM said WHERE is_member = 1)`;
const OUT_OF_PAGES = `${NEWS} UPDATE group_pages
  SET ids = (SELECT json_group_array(value) FROM json_each(ids) WHERE value <> ?3)
  WHERE directory_id = ?1 AND group_key IN (SELECT group_key FROM said WHERE is_member = 0)
    AND EXISTS (SELECT 1 FROM json_each(ids) WHERE value = ?3)`;
const BUMP = `${NEWS} UPDATE directories SET roles_version = roles_version + 1
  WHERE id = ?1 AND roles_version > 0 AND EXISTS (SELECT 1 FROM news)`;
const RECOMPUTE = `${NEWS} ${askForRecompute('json_array(?3)', '?4', 'EXISTS (SELECT 1 FROM news)')}`;
const NAMED = `${NEWS} INSERT INTO groups (directory_id, group_key, tried_ms) SELECT ?1, group_key, ?4 FROM news
  WHERE ?3 IS NOT NULL ON CONFLICT DO NOTHING`;
// A reading that is under way in somebody's memory is older than this.
const TOUCHED = `${NEWS} UPDATE groups SET touched = touched + 1
  WHERE directory_id = ?1 AND group_key IN (SELECT group_key FROM news) AND ?3 IS NOT NULL`;
const REMOVED = `${NEWS} DELETE FROM group_members WHERE directory_id = ?1 AND user_id = ?3
  AND group_key IN (SELECT group_key FROM said WHERE is_member = 0)`;
const ADDED = `${NEWS} INSERT INTO group_members (directory_id, group_key, user_id)
  SELECT ?1, group_key, ?3 FROM said WHERE is_member = 1 ON CONFLICT DO NOTHING`;

/**
 * Stores what Google says about one person; if it is news, there is another version of what roles come from, and theirs
 * are to be made anew.
 *
 * @returns whether it was news
 */
export function storeMembership(
  db: Database,
  directoryId: string,
  said: readonly StoredMembership[],
  userId: string,
  nowMs: number,
): Promise<boolean> {
  return guarded(async () => {
    const found = [directoryId, JSON.stringify(said), userId] as const;
    const plain = (sql: string) => db.d1.prepare(sql).bind(...found);
    const [bumped] = await db.d1.batch([
      plain(BUMP),
      ...[RECOMPUTE, NAMED].map((sql) => db.d1.prepare(sql).bind(...found, nowMs)),
      ...[TOUCHED, IN_PAGES, OUT_OF_PAGES, REMOVED, ADDED].map(plain),
    ]);
    return (bumped?.meta.changes ?? 0) > 0;
  });
}
