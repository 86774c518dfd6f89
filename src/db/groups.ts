// Who is in the groups that rules name. A reading may take several events: its pages wait in group_pages and become
// group_members all at once. Each write names the place that it goes on from; who comes second writes nothing.
import { type Database, guarded } from './database.ts';
import { askForRecompute } from './role-recomputes.ts';

/** More than so many people are not counted out one by one: everybody's roles are made anew. */
const MOST_IN_SCOPE = 5_000;

/** A group as its reading begins or goes on. */
export interface GroupReading {
  directoryId: string;
  groupKey: string;
  /** Where the reading goes on; `null` = at the start. */
  pageToken: string | null;
  /** When it was last read to the end. */
  readMs: number | null;
  /** The customer whose CUSTOMER member is everybody; `null` = not known yet. */
  customerId: string | null;
}

/** What was read in one event. */
export interface ReadMembers {
  userIds: readonly string[];
  hasEverybody: boolean;
}

/**
 * Forgets the groups that no rule names any more, and makes rows for new ones. One query where nothing is to do.
 *
 * @returns the named groups, those first of whom Google was asked longest ago
 */
export function keepNamedGroups(
  db: Database,
  directoryId: string,
  groupKeys: readonly string[],
): Promise<GroupReading[]> {
  return guarded(async () => {
    const names = JSON.stringify(groupKeys);
    const read = async () => {
      const { results } = await db.d1
        .prepare(
          `SELECT g.group_key AS groupKey, g.page_token AS pageToken, g.read_ms AS readMs,
             d.customer_id AS customerId, d.id AS directoryId
           FROM groups g JOIN directories d ON d.id = g.directory_id
           WHERE g.directory_id = ?1 ORDER BY coalesce(g.tried_ms, 0), g.group_key`,
        )
        .bind(directoryId)
        .all<GroupReading>();
      return results;
    };
    const stored = await read();
    const wanted = new Set(groupKeys);
    if (stored.length === wanted.size && stored.every(({ groupKey }) => wanted.has(groupKey)))
      return stored;
    const unnamed = 'directory_id = ?1 AND group_key NOT IN (SELECT value FROM json_each(?2))';
    await db.d1.batch(
      [
        'INSERT INTO groups (directory_id, group_key) SELECT ?1, value FROM json_each(?2) WHERE true ON CONFLICT DO NOTHING',
        `DELETE FROM group_pages WHERE ${unnamed}`,
        `DELETE FROM group_members WHERE ${unnamed}`,
        `DELETE FROM groups WHERE ${unnamed}`,
      ].map((sql) => db.d1.prepare(sql).bind(directoryId, names)),
    );
    return read();
  });
}

/** ?1 directory, ?2 group, ?3 page token and ?4 `read_ms` of the reading: nobody else has gone on with it. */
const IS_HERE = `EXISTS (SELECT 1 FROM groups
  WHERE directory_id = ?1 AND group_key = ?2 AND page_token IS ?3 AND read_ms IS ?4)`;

const place = ({ directoryId, groupKey, pageToken, readMs }: GroupReading) =>
  [directoryId, groupKey, pageToken, readMs] as const;

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
             ?5, ?6 WHERE ${IS_HERE}`,
        )
        .bind(...here, JSON.stringify(read.userIds), read.hasEverybody ? 1 : 0),
      db.d1
        .prepare(
          `UPDATE groups SET page_token = ?5, tried_ms = ?6, problem = NULL
           WHERE directory_id = ?1 AND group_key = ?2 AND page_token IS ?3 AND read_ms IS ?4`,
        )
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
      db.d1
        .prepare(
          `UPDATE groups SET page_token = NULL
           WHERE directory_id = ?1 AND group_key = ?2 AND page_token IS ?3 AND read_ms IS ?4`,
        )
        .bind(...here),
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

/** Who is in the group by this reading (?5 and the pages before), who was, and who is in only one of the two. */
const READ = `
  WITH members(id) AS (
    SELECT value FROM json_each(?5)
    UNION SELECT j.value FROM group_pages p, json_each(p.ids) j WHERE p.directory_id = ?1 AND p.group_key = ?2),
  stored(id) AS (SELECT user_id FROM group_members WHERE directory_id = ?1 AND group_key = ?2),
  changed(id) AS (
    SELECT id FROM members WHERE id NOT IN stored UNION ALL SELECT id FROM stored WHERE id NOT IN members),
  everybody(was, now) AS (
    SELECT (SELECT has_everybody FROM groups WHERE directory_id = ?1 AND group_key = ?2),
      max(?6, coalesce((SELECT max(has_everybody) FROM group_pages WHERE directory_id = ?1 AND group_key = ?2), 0)))`;
const CHANGES = `${IS_HERE} AND (EXISTS (SELECT 1 FROM changed) OR (SELECT was <> now FROM everybody))`;
const SCOPE = `iif((SELECT was <> now FROM everybody) OR (SELECT count(*) FROM changed) > ${MOST_IN_SCOPE},
  NULL, (SELECT json_group_array(id) FROM changed))`;

const BUMP = `${READ} UPDATE directories SET roles_version = roles_version + 1
  WHERE id = ?1 AND roles_version > 0 AND ${CHANGES}`;
const REMOVED = `${READ} DELETE FROM group_members
  WHERE directory_id = ?1 AND group_key = ?2 AND user_id NOT IN members AND ${IS_HERE}`;
const ADDED = `${READ} INSERT INTO group_members (directory_id, group_key, user_id)
  SELECT ?1, ?2, id FROM members WHERE id NOT IN stored AND ${IS_HERE}`;
const RECOMPUTE = `${READ} ${askForRecompute(SCOPE, '?7', CHANGES)}`;
// A reading that ends within the millisecond of another is a later one too.
const END = `${READ} UPDATE groups SET has_everybody = (SELECT now FROM everybody), tried_ms = ?7, problem = NULL,
    page_token = NULL, read_ms = max(?7, coalesce(read_ms + 1, 0))
  WHERE directory_id = ?1 AND group_key = ?2 AND page_token IS ?3 AND read_ms IS ?4`;
// Without a token there is nothing to go on with; a reading of somebody else's has one, and keeps its pages.
const NO_PAGES = `DELETE FROM group_pages WHERE directory_id = ?1 AND group_key = ?2
  AND EXISTS (SELECT 1 FROM groups WHERE directory_id = ?1 AND group_key = ?2 AND page_token IS NULL)`;

/**
 * Ends a reading: who was read is who is in the group, all at once. If that is news, there is another version of what
 * roles come from, and the roles of those concerned are to be made anew.
 *
 * @returns whether it was news; `null` if somebody else has gone on from here
 */
export function endReading(
  db: Database,
  reading: GroupReading,
  read: ReadMembers,
  nowMs: number,
): Promise<boolean | null> {
  return guarded(async () => {
    const { directoryId, groupKey } = reading;
    const found = [
      ...place(reading),
      JSON.stringify(read.userIds),
      read.hasEverybody ? 1 : 0,
    ] as const;
    const prepare = (sql: string) => db.d1.prepare(sql);
    const last = [
      prepare(END).bind(...found, nowMs),
      prepare(NO_PAGES).bind(directoryId, groupKey),
    ];
    // Nearly every reading is no news, and each statement that looks for some reads all members.
    const news = await prepare(`${READ} SELECT ${CHANGES} AS isNews`)
      .bind(...found)
      .first<{ isNews: 0 | 1 }>();
    // Each asks who is a member now, so the members themselves change last.
    const changes =
      news?.isNews === 1
        ? [
            prepare(BUMP).bind(...found),
            prepare(RECOMPUTE).bind(...found, nowMs),
            prepare(REMOVED).bind(...found),
            prepare(ADDED).bind(...found),
          ]
        : [];
    const results = await db.d1.batch([...changes, ...last]);
    const changed = (at: number) => (results.at(at)?.meta.changes ?? 0) > 0;
    if (!changed(-2)) return null;
    return changes.length > 0 && changed(0);
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
