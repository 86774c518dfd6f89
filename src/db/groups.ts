// Who is in the groups that rules name. A reading may take several events: its pages wait in group_pages and become
// group_members all at once. Each write names the place that it goes on from; who comes second writes nothing.
import { type Database, guarded } from './database.ts';
import { askForRecompute, MOST_IN_SCOPE } from './role-recomputes.ts';

/** A group that no rule names yet was read for a preview: it is kept until somebody has had time to save. */
const KEPT_MS = 3_600_000;

/** A group as its reading begins or goes on. */
export interface GroupReading {
  directoryId: string;
  groupKey: string;
  /** Where the reading goes on; `null` = at the start. */
  pageToken: string | null;
  /** When it was last read to the end. */
  readMs: number | null;
  /** How often sign-ins have brought news of it. */
  touched: number;
  /** The customer whose CUSTOMER member is everybody; `null` = not known yet. */
  customerId: string | null;
}

/** What was read in one event. */
export interface ReadMembers {
  userIds: readonly string[];
  hasEverybody: boolean;
}

/**
 * Makes rows for groups that are to be read, and forgets those that no stored rule names, nor anybody has asked for within the
 * hour. What a caller does not name may be named by a rule that was saved since: the table decides.
 *
 * @returns the wanted groups, those first of whom Google was asked longest ago
 */
export function keepNamedGroups(
  db: Database,
  directoryId: string,
  groupKeys: readonly string[],
  nowMs: number,
): Promise<GroupReading[]> {
  return guarded(async () => {
    const names = JSON.stringify(groupKeys);
    const wanted = new Set(groupKeys);
    const read = db.d1
      .prepare(
        `SELECT g.group_key AS groupKey, g.page_token AS pageToken, g.read_ms AS readMs, g.touched AS touched,
           d.customer_id AS customerId, d.id AS directoryId
         FROM groups g JOIN directories d ON d.id = g.directory_id
         WHERE g.directory_id = ?1 ORDER BY coalesce(g.tried_ms, 0), g.group_key`,
      )
      .bind(directoryId);
    const { results: stored } = await read.all<GroupReading>();
    if (stored.length === wanted.size && stored.every(({ groupKey }) => wanted.has(groupKey)))
      return stored;
    const unnamed = `directory_id = ?1 AND group_key IN (SELECT group_key FROM groups
      WHERE directory_id = ?1 AND tried_ms < ?2 AND group_key NOT IN (
        SELECT source->>'$.group' FROM role_rules WHERE directory_id = ?1 AND source->>'$.kind' = 'group'
        UNION ALL SELECT value FROM json_each(?3)))`;
    const results = await db.d1.batch<GroupReading>([
      db.d1
        .prepare(
          'INSERT INTO groups (directory_id, group_key) SELECT ?1, value FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING',
        )
        .bind(directoryId, names),
      ...['group_pages', 'group_members', 'groups'].map((table) =>
        db.d1
          .prepare(`DELETE FROM ${table} WHERE ${unnamed}`)
          .bind(directoryId, nowMs - KEPT_MS, names),
      ),
      read,
    ]);
    const known = results.at(-1)?.results ?? [];
    return known.filter(({ groupKey }) => wanted.has(groupKey));
  });
}

/** ?1 directory, ?2 group, ?3 to ?5 where the reading goes on: nobody else has, and no sign-in knows better. */
const PLACE =
  'directory_id = ?1 AND group_key = ?2 AND page_token IS ?3 AND read_ms IS ?4 AND touched = ?5';
const IS_HERE = `EXISTS (SELECT 1 FROM groups WHERE ${PLACE})`;

const place = ({ directoryId, groupKey, pageToken, readMs, touched }: GroupReading) =>
  [directoryId, groupKey, pageToken, readMs, touched] as const;

/**
 * Keeps what was read until calls ran out.
 *
 * @returns false if somebody else has gone on from here
 */
export function storePages(
  db: Database,
  reading: GroupReading,
  read: ReadMembers,
  nextPageToken: string,
  nowMs: number,
): Promise<boolean> {
  return guarded(async () => {
    const here = place(reading);
    const [stored] = await db.d1.batch([
      db.d1
        .prepare(
          `INSERT INTO group_pages (directory_id, group_key, page, ids, has_everybody)
           SELECT ?1, ?2, (SELECT coalesce(max(page) + 1, 0) FROM group_pages WHERE directory_id = ?1 AND group_key = ?2),
             ?6, ?7 WHERE ${IS_HERE}`,
        )
        .bind(...here, JSON.stringify(read.userIds), read.hasEverybody ? 1 : 0),
      db.d1
        .prepare(`UPDATE groups SET page_token = ?6, tried_ms = ?7, problem = NULL WHERE ${PLACE}`)
        .bind(...here, nextPageToken, nowMs),
    ]);
    return (stored?.meta.changes ?? 0) > 0;
  });
}

/** Begins a reading anew: what it has read so far is of a list that Google no longer goes on with. */
export function dropPages(db: Database, reading: GroupReading): Promise<void> {
  return guarded(async () => {
    const here = place(reading);
    await db.d1.batch([
      db.d1
        .prepare(
          `DELETE FROM group_pages WHERE directory_id = ?1 AND group_key = ?2 AND ${IS_HERE}`,
        )
        .bind(...here),
      db.d1.prepare(`UPDATE groups SET page_token = NULL WHERE ${PLACE}`).bind(...here),
    ]);
  });
}

/** Notes why groups could not be read. Who is in them stays as it was. */
export function noteGroupProblem(
  db: Database,
  directoryId: string,
  groupKeys: readonly string[],
  problem: string,
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        `UPDATE groups SET tried_ms = ?3, problem = ?4
         WHERE directory_id = ?1 AND group_key IN (SELECT value FROM json_each(?2))`,
      )
      .bind(directoryId, JSON.stringify(groupKeys), nowMs, problem)
      .run();
  });
}

const BUMP = `UPDATE directories SET roles_version = roles_version + 1
  WHERE id = ?1 AND roles_version > 0 AND ${IS_HERE}`;
const REMOVED = `DELETE FROM group_members WHERE directory_id = ?1 AND group_key = ?2
  AND user_id IN (SELECT value FROM json_each(?6)) AND ${IS_HERE}`;
const ADDED = `INSERT INTO group_members (directory_id, group_key, user_id)
  SELECT ?1, ?2, value FROM json_each(?6) WHERE ${IS_HERE} ON CONFLICT DO NOTHING`;
// A reading that ends within the millisecond of another is a later one too.
const END = `UPDATE groups SET has_everybody = ?6, tried_ms = ?7, problem = NULL, page_token = NULL,
    read_ms = max(?7, coalesce(read_ms + 1, 0))
  WHERE ${PLACE}`;
// Without a token there is nothing to go on with; a reading of somebody else's has one, and keeps its pages.
const NO_PAGES = `DELETE FROM group_pages WHERE directory_id = ?1 AND group_key = ?2
  AND EXISTS (SELECT 1 FROM groups WHERE directory_id = ?1 AND group_key = ?2 AND page_token IS NULL)`;

/** Who is stored as a member, and what the pages before this event said. One row for each member. */
async function readBefore({ d1 }: Database, { directoryId, groupKey }: GroupReading) {
  const bind = (sql: string) => d1.prepare(sql).bind(directoryId, groupKey);
  const [members, pages, group] = await d1.batch([
    bind('SELECT user_id AS id FROM group_members WHERE directory_id = ?1 AND group_key = ?2'),
    bind(
      'SELECT ids, has_everybody AS hasEverybody FROM group_pages WHERE directory_id = ?1 AND group_key = ?2',
    ),
    bind(
      'SELECT has_everybody AS hasEverybody FROM groups WHERE directory_id = ?1 AND group_key = ?2',
    ),
  ]);
  const read = (pages?.results ?? []) as { ids: string; hasEverybody: 0 | 1 }[];
  return {
    stored: new Set((members?.results as { id: string }[] | undefined)?.map(({ id }) => id)),
    read: read.flatMap(({ ids }) => JSON.parse(ids) as string[]),
    hasEverybody: read.some((page) => page.hasEverybody === 1),
    hadEverybody: (group?.results[0] as { hasEverybody: 0 | 1 } | undefined)?.hasEverybody === 1,
  };
}

/**
 * Ends a reading: who was read is who is in the group, all at once. If that is news, there is another version of what
 * roles come from, and the roles of those concerned are to be made anew. Without news one row is written.
 *
 * @returns whether it was news; `null` if somebody else has gone on from here, or a sign-in knows better
 */
export function endReading(
  db: Database,
  reading: GroupReading,
  { userIds, hasEverybody: isInLast }: ReadMembers,
  nowMs: number,
): Promise<boolean | null> {
  return guarded(async () => {
    const { directoryId, groupKey } = reading;
    const here = place(reading);
    const before = await readBefore(db, reading);
    const members = new Set([...before.read, ...userIds]);
    const added = [...members].filter((id) => !before.stored.has(id));
    const removed = [...before.stored].filter((id) => !members.has(id));
    const hasEverybody = isInLast || before.hasEverybody;
    const isOther = hasEverybody !== before.hadEverybody;
    const changed = [...added, ...removed];
    const scope = isOther || changed.length > MOST_IN_SCOPE ? null : JSON.stringify(changed);
    const bind = (sql: string, ...more: unknown[]) => db.d1.prepare(sql).bind(...here, ...more);
    const news =
      isOther || changed.length > 0
        ? [
            bind(BUMP),
            bind(askForRecompute('?6', '?7', IS_HERE), scope, nowMs),
            bind(REMOVED, JSON.stringify(removed)),
            bind(ADDED, JSON.stringify(added)),
          ]
        : [];
    const results = await db.d1.batch([
      ...news,
      bind(END, hasEverybody ? 1 : 0, nowMs),
      db.d1.prepare(NO_PAGES).bind(directoryId, groupKey),
    ]);
    if ((results.at(-2)?.meta.changes ?? 0) === 0) return null;
    return news.length > 0;
  });
}

/** What is known of a group, for people. */
export interface GroupState {
  groupKey: string;
  /** Whether the whole customer is a member. */
  hasEverybody: boolean;
  /** How many were in it when it was last read to the end, or were found at their sign-in since. */
  members: number;
  readMs: number | null;
  triedMs: number | null;
  /** Why it could not be read the last time; `notFound` = Google knows no such group. */
  problem: string | null;
  /** Whether a reading has begun that has yet to come to its end. */
  isReading: boolean;
}

/** The groups that rules name, by their key. */
export function readGroupStates(db: Database, directoryId: string): Promise<GroupState[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT group_key AS groupKey, has_everybody AS hasEverybody, read_ms AS readMs, tried_ms AS triedMs, problem,
           page_token IS NOT NULL AS isReading,
           (SELECT count(*) FROM group_members m
             WHERE m.directory_id = g.directory_id AND m.group_key = g.group_key) AS members
         FROM groups g WHERE directory_id = ?1 ORDER BY group_key`,
      )
      .bind(directoryId)
      .all<
        Omit<GroupState, 'hasEverybody' | 'isReading'> & Record<'hasEverybody' | 'isReading', 0 | 1>
      >();
    return results.map((row) => ({
      ...row,
      hasEverybody: row.hasEverybody === 1,
      isReading: row.isReading === 1,
    }));
  });
}

/** Whether a rule names a group: only then is a second scope of Google's needed. */
export function hasGroupRules(db: Database, directoryId: string): Promise<boolean> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT 1 FROM role_rules WHERE directory_id = ?1 AND source->>'$.kind' = 'group' LIMIT 1`,
      )
      .bind(directoryId)
      .first();
    return row !== null;
  });
}
