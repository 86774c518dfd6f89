// People's rows, and the one statement set through which every observation of Google becomes one.
// The SQL is plain: it must run as one batch() from one JSON parameter, whatever the number of people.
import { type Database, guarded } from './database.ts';
import { columns, MAPPED, type ObservedRows, observed, row } from './mapped.ts';
import {
  AMONG_THEM,
  type DeletionGuard,
  gate,
  HOLD,
  isAllowed,
  isBlocked,
  RELEASE,
} from './removal-guard.ts';
import type { EventType, users } from './schema.ts';

export type UserRow = typeof users.$inferSelect;

/**
 * - `written` the row changed, or was made
 * - `unchanged` the row already said so, and now carries this look's ticket; or it was to be left alone
 * - `answered` refused: a look that began at the same time or later has written the row already
 * - `held` Google denies the person, and an operator has to agree before they are removed
 * - `lost` refused: somebody wrote the row, or a pass began, after this look began. Look again
 * - `outdated` refused: the roles were made from rules that are others by now. Make them anew; the look is good
 * - `foreign` refused: another directory holds this id
 * - `unstorable` the profile can't be kept, or a bare status is about somebody who has no row
 */
export type ApplyOutcome =
  | 'written'
  | 'unchanged'
  | 'answered'
  | 'held'
  | 'lost'
  | 'outdated'
  | 'foreign'
  | 'unstorable';

export interface AppliedRow {
  id: string;
  outcome: ApplyOutcome;
  /** Names of the mapped columns that differed; empty unless written over an earlier row. */
  changed: readonly string[];
  /** The event that the triggers recorded; `null` unless written. */
  event: EventType | null;
}

// ?1 directory, ?2 JSON array of ObservedRow, ?3 the look's ticket, ?4 now in ms, ?5 and ?6 the deletion guard, ?7 the
// version of what the roles were made from.
const OUTCOMES = `
  WITH o AS (SELECT value AS v, value->>'$.id' AS id, value->>'$.kind' AS kind FROM json_each(?2))
  SELECT o.id AS id,
    CASE
      WHEN d.roles_version <> ?7 THEN 'outdated'
      WHEN u.directory_id <> ?1 THEN 'foreign'
      WHEN ?3 < d.floor OR ?3 <= u.written THEN iif(?3 <= u.ticket, 'answered', 'lost')
      WHEN o.kind = 'present' THEN 'unstorable'
      WHEN o.kind = 'gone' THEN
        CASE WHEN u.id IS NULL OR u.status = 'deleted' THEN 'unchanged' ELSE iif(${isBlocked('u.id')}, 'held', 'written') END
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
      WHEN d.roles_version <> ?7 THEN 'outdated'
      WHEN u.directory_id <> ?1 THEN 'foreign'
      WHEN ?3 < d.floor THEN 'lost'
      WHEN u.id IS NOT NULL THEN 'unchanged'
      ELSE iif(o.value->>'$.kind' = 'living', 'written', 'unstorable')
    END AS outcome
  FROM json_each(?2) o JOIN directories d ON d.id = ?1 LEFT JOIN users u ON u.id = o.value->>'$.id'`;

const INSERT = `
  INSERT INTO users (id, directory_id, ${columns}, words, ticket, written, cause, noticed_ms, created_ms, changed_ms, deleted_ms)
  SELECT value->>'$.id', ?1, ${observed('value')}, value->>'$.words', ?3, d.ticket, value->>'$.cause', value->>'$.noticedMs', ?4, ?4, NULL
  FROM json_each(?2) JOIN directories d ON d.id = ?1
  WHERE ?3 >= d.floor AND d.roles_version = ?7 AND value->>'$.kind' = 'living'`;

// A page of a list may only add people: whoever has a row, even a tombstone, is left alone.
const LIVING_INSERT_ONLY = `${INSERT}
  ON CONFLICT (id) DO NOTHING`;

const LIVING = `${INSERT}
  ON CONFLICT (id) DO UPDATE SET
    ${MAPPED.map(([column]) => `${column} = excluded.${column}`).join(', ')}, words = excluded.words,
    ticket = excluded.ticket, written = excluded.written, cause = excluded.cause,
    noticed_ms = excluded.noticed_ms, changed_ms = excluded.changed_ms, deleted_ms = NULL
  WHERE users.directory_id = excluded.directory_id AND excluded.ticket > users.written
    AND (${row('users')}) IS NOT (${row('excluded')})`;

// Nobody stays in because their profile is odd: a status that could be read is kept without the rest.
const STATUS_ONLY = `
  UPDATE users SET status = o.status, deleted_ms = NULL, changed_ms = ?4,
    ticket = ?3, written = d.ticket, cause = o.cause, noticed_ms = o.noticed_ms
  FROM (SELECT value->>'$.id' AS id, value->>'$.status' AS status, value->>'$.cause' AS cause,
          value->>'$.noticedMs' AS noticed_ms
        FROM json_each(?2) WHERE value->>'$.kind' = 'status') AS o, directories AS d
  WHERE users.id = o.id AND ${AMONG_THEM} AND ${gate('users')} AND users.status <> o.status`;

// The guard does not count removals by an operator, so only an approval that holds now makes one: an operator's
// hint may come again when the person was seen alive, or the approval has run out.
const CAUSE_OF_REMOVAL = `CASE WHEN ${isAllowed('users.id')} THEN 'operator'
  WHEN o.cause = 'operator' THEN 'reconcile' ELSE o.cause END`;

const GONE = `
  UPDATE users SET status = 'deleted', roles = '[]', deleted_ms = ?4, changed_ms = ?4,
    ticket = ?3, written = d.ticket, noticed_ms = o.noticed_ms,
    cause = ${CAUSE_OF_REMOVAL}
  FROM (SELECT value->>'$.id' AS id, value->>'$.cause' AS cause, value->>'$.noticedMs' AS noticed_ms
        FROM json_each(?2) WHERE value->>'$.kind' = 'gone') AS o, directories AS d
  WHERE users.id = o.id AND ${AMONG_THEM} AND ${gate('users')} AND users.status <> 'deleted' AND NOT ${isBlocked('users.id')}`;

// Every look stamps its row, changed or not. Rows that the statements above wrote fail the gate by now,
// and no indexed column is set: a stamp costs one written row.
const STAMP = `
  UPDATE users SET ticket = ?3, written = d.ticket FROM directories AS d
  WHERE ${AMONG_THEM} AND ${gate('users')}`;

// The events of this batch are the youngest: it is one transaction, and one person has one event in it.
const NEWEST_EVENTS = `SELECT user_id AS id, type FROM events ORDER BY seq DESC LIMIT ?1`;

interface NewEvent {
  id: string;
  type: EventType;
}

/**
 * Writes a set of observations in one transaction of at most eight statements.
 *
 * @param look.insertOnly the observations come from a list: whoever has a row is left alone and `unchanged`
 * @returns one row for each observation; none at all if the directory has no row
 */
export function applyObservedRows(
  db: Database,
  directoryId: string,
  look: {
    ticket: number;
    nowMs: number;
    insertOnly: boolean;
    guard: DeletionGuard;
    rolesVersion: number;
  },
  observations: ObservedRows,
): Promise<AppliedRow[]> {
  return guarded(async () => {
    const { ticket, nowMs, guard } = look;
    const parameters = [
      directoryId,
      observations.json,
      ticket,
      nowMs,
      guard.count,
      guard.percent,
      look.rolesVersion,
    ] as const;
    const bind = (statement: string) => db.d1.prepare(statement).bind(...parameters);
    const before = look.insertOnly ? [] : [bind(RELEASE)];
    const { someGone } = observations;
    if (someGone && !look.insertOnly) before.unshift(bind(HOLD));
    const statements = look.insertOnly
      ? [bind(INSERT_ONLY_OUTCOMES), bind(LIVING_INSERT_ONLY)]
      : [
          ...before,
          bind(OUTCOMES),
          bind(LIVING),
          bind(STATUS_ONLY),
          ...(someGone ? [bind(GONE)] : []),
          bind(STAMP),
          db.d1.prepare(NEWEST_EVENTS).bind(observations.count),
        ];
    const results = await db.d1.batch(statements);
    const outcomes = results[before.length]?.results as {
      id: string;
      outcome: ApplyOutcome;
      changed: string;
    }[];
    const events = look.insertOnly ? [] : ((results.at(-1)?.results ?? []) as NewEvent[]);
    const newest = new Map(events.toReversed().map(({ id, type }) => [id, type]));
    return outcomes.map(({ id, outcome, changed }) => {
      if (outcome !== 'written') return { id, outcome, changed: [], event: null };
      const event = look.insertOnly ? 'user.created' : (newest.get(id) ?? null);
      return { id, outcome, changed: changed.split(' ').filter(Boolean), event };
    });
  });
}

export type KnownUser = Pick<UserRow, 'id' | 'directoryId' | 'status' | 'written' | 'createdMs'> & {
  /** An operator has agreed to their removal. */
  isApproved: 0 | 1;
};

/** What is known of these people, in one query and one parameter; whoever has no row is left out. */
export function readKnownUsers(
  db: Database,
  ids: readonly string[],
  nowMs: number,
): Promise<Map<string, KnownUser>> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT id, directory_id AS directoryId, status, written, created_ms AS createdMs,
           EXISTS (SELECT 1 FROM held_removals h WHERE h.directory_id = users.directory_id
             AND h.user_id = users.id AND h.approved_until_ms > ?2) AS isApproved
         FROM users WHERE id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(ids), nowMs)
      .all<KnownUser>();
    return new Map(results.map((user) => [user.id, user]));
  });
}
