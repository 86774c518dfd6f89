// People's rows, and the one statement set through which every observation of Google becomes one.
// The SQL is plain: it must run as one batch() from one JSON parameter, whatever the number of people.
import { type Database, guarded } from './database.ts';
import type { Cause, EventType, UserStatus, users } from './schema.ts';

export type UserRow = typeof users.$inferSelect;

/** What a living person's row says about them, as Google said it. JSON columns are canonical text. */
export interface MappedRow {
  email: string;
  givenName: string;
  familyName: string;
  fullName: string;
  status: Exclude<UserStatus, 'deleted'>;
  isAdmin: 0 | 1;
  isDelegatedAdmin: 0 | 1;
  orgUnitPath: string;
  photoUrl: string | null;
  attributes: string;
  customSchemas: string;
  roles: string;
}

/**
 * One look's result, ready for SQL: a living person, a person of whom only the status could be kept,
 * or one who is gone.
 */
export type ObservedRow = { id: string; cause: Cause; noticedMs: number } & (
  | ({ kind: 'living' } & MappedRow)
  | { kind: 'status'; status: 'suspended' | 'archived' }
  | { kind: 'gone' }
);

/**
 * - `written` the row changed, or was made
 * - `unchanged` the row already said so, and now carries this look's ticket; or it was to be left alone
 * - `answered` refused: a look that began at the same time or later has written the row already
 * - `lost` refused: somebody wrote the row, or a pass began, after this look began. Look again
 * - `foreign` refused: another directory holds this id
 * - `unstorable` the profile can't be kept, or a bare status is about somebody who has no row
 */
export type ApplyOutcome = 'written' | 'unchanged' | 'answered' | 'lost' | 'foreign' | 'unstorable';

export interface AppliedRow {
  id: string;
  outcome: ApplyOutcome;
  /** Names of the mapped columns that differed; empty unless written over an earlier row. */
  changed: readonly string[];
  /** The event that the triggers recorded; `null` unless written. */
  event: EventType | null;
}

const MAPPED = [
  ['email', 'email'],
  ['given_name', 'givenName'],
  ['family_name', 'familyName'],
  ['full_name', 'fullName'],
  ['status', 'status'],
  ['is_admin', 'isAdmin'],
  ['is_delegated_admin', 'isDelegatedAdmin'],
  ['org_unit_path', 'orgUnitPath'],
  ['photo_url', 'photoUrl'],
  ['attributes', 'attributes'],
  ['custom_schemas', 'customSchemas'],
  ['roles', 'roles'],
] as const satisfies readonly (readonly [string, keyof MappedRow])[];

const columns = MAPPED.map(([column]) => column).join(', ');
const observed = (value: string) => MAPPED.map(([, key]) => `${value}->>'$.${key}'`).join(', ');
const row = (table: string) => MAPPED.map(([column]) => `${table}.${column}`).join(', ');

// ?1 directory, ?2 JSON array of ObservedRow, ?3 the look's ticket, ?4 now in ms.
const OUTCOMES = `
  WITH o AS (SELECT value AS v, value->>'$.id' AS id, value->>'$.kind' AS kind FROM json_each(?2))
  SELECT o.id AS id,
    CASE
      WHEN u.directory_id <> ?1 THEN 'foreign'
      WHEN ?3 < d.floor OR ?3 <= u.written THEN iif(?3 <= u.ticket, 'answered', 'lost')
      WHEN o.kind = 'gone' THEN iif(u.id IS NULL OR u.status = 'deleted', 'unchanged', 'written')
      WHEN o.kind = 'status' THEN
        CASE WHEN u.id IS NULL THEN 'unstorable' ELSE iif(u.status = o.v->>'$.status', 'unchanged', 'written') END
      WHEN u.id IS NULL OR (${row('u')}) IS NOT (${observed('o.v')}) THEN 'written'
      ELSE 'unchanged'
    END AS outcome,
    CASE WHEN u.id IS NULL THEN ''
      WHEN o.kind <> 'living' THEN 'status'
      ELSE ${MAPPED.map(([column, key]) => `iif(u.${column} IS NOT o.v->>'$.${key}', '${column} ', '')`).join(' || ')}
    END AS changed
  FROM o JOIN directories d ON d.id = ?1 LEFT JOIN users u ON u.id = o.id`;

const INSERT_ONLY_OUTCOMES = `
  SELECT o.value->>'$.id' AS id, '' AS changed,
    CASE
      WHEN u.directory_id <> ?1 THEN 'foreign'
      WHEN ?3 < d.floor THEN 'lost'
      WHEN u.id IS NOT NULL THEN 'unchanged'
      ELSE iif(o.value->>'$.kind' = 'living', 'written', 'unstorable')
    END AS outcome
  FROM json_each(?2) o JOIN directories d ON d.id = ?1 LEFT JOIN users u ON u.id = o.value->>'$.id'`;

const INSERT = `
  INSERT INTO users (id, directory_id, ${columns}, ticket, written, cause, noticed_ms, created_ms, changed_ms, deleted_ms)
  SELECT value->>'$.id', ?1, ${observed('value')}, ?3, d.ticket, value->>'$.cause', value->>'$.noticedMs', ?4, ?4, NULL
  FROM json_each(?2) JOIN directories d ON d.id = ?1
  WHERE ?3 >= d.floor AND value->>'$.kind' = 'living'`;

// A page of a list may only add people: whoever has a row, even a tombstone, is left alone.
const LIVING_INSERT_ONLY = `${INSERT}
  ON CONFLICT (id) DO NOTHING`;

const LIVING = `${INSERT}
  ON CONFLICT (id) DO UPDATE SET
    ${MAPPED.map(([column]) => `${column} = excluded.${column}`).join(', ')},
    ticket = excluded.ticket, written = excluded.written, cause = excluded.cause,
    noticed_ms = excluded.noticed_ms, changed_ms = excluded.changed_ms, deleted_ms = NULL
  WHERE users.directory_id = excluded.directory_id AND excluded.ticket > users.written
    AND (${row('users')}) IS NOT (${row('excluded')})`;

// The plus keeps SQLite off the index that begins with the directory: through it every observation would
// read every person of the directory, instead of the one row that its id names.
const GATE = `+users.directory_id = ?1 AND d.id = ?1 AND ?3 > users.written AND ?3 >= d.floor`;

// Nobody stays in because their profile is odd: a status that could be read is kept without the rest.
const STATUS_ONLY = `
  UPDATE users SET status = o.status, deleted_ms = NULL, changed_ms = ?4,
    ticket = ?3, written = d.ticket, cause = o.cause, noticed_ms = o.noticed_ms
  FROM (SELECT value->>'$.id' AS id, value->>'$.status' AS status, value->>'$.cause' AS cause,
          value->>'$.noticedMs' AS noticed_ms
        FROM json_each(?2) WHERE value->>'$.kind' = 'status') AS o, directories AS d
  WHERE users.id = o.id AND ${GATE} AND users.status <> o.status`;

const GONE = `
  UPDATE users SET status = 'deleted', deleted_ms = ?4, changed_ms = ?4,
    ticket = ?3, written = d.ticket, cause = o.cause, noticed_ms = o.noticed_ms
  FROM (SELECT value->>'$.id' AS id, value->>'$.cause' AS cause, value->>'$.noticedMs' AS noticed_ms
        FROM json_each(?2) WHERE value->>'$.kind' = 'gone') AS o, directories AS d
  WHERE users.id = o.id AND ${GATE} AND users.status <> 'deleted'`;

// Every look stamps its row, changed or not. Rows that the statements above wrote fail the gate by now,
// and no indexed column is set: a stamp costs one written row.
const STAMP = `
  UPDATE users SET ticket = ?3, written = d.ticket
  FROM (SELECT value->>'$.id' AS id FROM json_each(?2)) AS o, directories AS d
  WHERE users.id = o.id AND ${GATE}`;

// The events of this batch are the youngest: it is one transaction, and one person has one event in it.
const NEWEST_EVENTS = `SELECT user_id AS id, type FROM events ORDER BY seq DESC LIMIT ?1`;

/**
 * Writes a set of observations in one transaction of at most six statements.
 *
 * @param look.insertOnly the observations come from a list: whoever has a row is left alone and `unchanged`
 * @param observations at most one for each id; their JSON must stay below D1's 2 MB for a parameter
 * @returns one row for each observation; none at all if the directory has no row
 */
export function applyObservedRows(
  db: Database,
  directoryId: string,
  look: { ticket: number; nowMs: number; insertOnly: boolean },
  observations: readonly ObservedRow[],
): Promise<AppliedRow[]> {
  return guarded(async () => {
    const parameters = [
      directoryId,
      JSON.stringify(observations),
      look.ticket,
      look.nowMs,
    ] as const;
    const bind = (statement: string, count: 3 | 4) =>
      db.d1.prepare(statement).bind(...parameters.slice(0, count));
    const statements = look.insertOnly
      ? [bind(INSERT_ONLY_OUTCOMES, 3), bind(LIVING_INSERT_ONLY, 4)]
      : [
          bind(OUTCOMES, 3),
          bind(LIVING, 4),
          bind(STATUS_ONLY, 4),
          bind(GONE, 4),
          bind(STAMP, 3),
          db.d1.prepare(NEWEST_EVENTS).bind(observations.length),
        ];
    const results = await db.d1.batch(statements);
    const outcomes = results[0]?.results as {
      id: string;
      outcome: ApplyOutcome;
      changed: string;
    }[];
    const newest = new Map(
      ((results[5]?.results ?? []) as { id: string; type: EventType }[])
        .toReversed()
        .map((e) => [e.id, e.type]),
    );
    return outcomes.map(({ id, outcome, changed }) => {
      if (outcome !== 'written') return { id, outcome, changed: [], event: null };
      const event = look.insertOnly ? 'user.created' : (newest.get(id) ?? null);
      return { id, outcome, changed: changed.split(' ').filter(Boolean), event };
    });
  });
}

export type KnownUser = Pick<UserRow, 'id' | 'directoryId' | 'status' | 'written' | 'createdMs'>;

/** What is known of these people, in one query and one parameter; whoever has no row is left out. */
export function readKnownUsers(
  db: Database,
  ids: readonly string[],
): Promise<Map<string, KnownUser>> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT id, directory_id AS directoryId, status, written, created_ms AS createdMs
         FROM users WHERE id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(ids))
      .all<KnownUser>();
    return new Map(results.map((user) => [user.id, user]));
  });
}
