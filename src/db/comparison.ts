// What a list says against what is stored. Everything here only reads: a list changes nobody who is known.
// A row that somebody wrote since the pass began (`written` not below its ticket) was looked at by id at the same
// time or later, so the list says nothing about it.
import { type Database, guarded } from './database.ts';
import { MAPPED } from './mapped.ts';

/**
 * - `unknown` somebody without a row
 * - `status` the row has another status: a suspension, a return
 * - `changed` the row differs in something else
 * - `held` waits on the list of held removals, and is on a page
 * - `missing` has a living row, and is on no page
 * - `unreadable` somebody without a row of whom the page says nothing that could be stored
 * - `approved` an operator agreed to the removal, and nobody has looked since
 */
export type SuspectKind =
  | 'unreadable'
  | 'unknown'
  | 'status'
  | 'changed'
  | 'held'
  | 'missing'
  | 'approved';

/** Somebody whom a list and the stored row disagree about. */
export interface Suspect {
  id: string;
  kind: SuspectKind;
}

// Photo addresses are signed anew now and then: a difference there is not worth a look. Roles are no word of Google's: they
// follow from the rest, and where rules have changed a recompute brings them up to date without asking Google.
const COMPARED = MAPPED.filter(([column]) => column !== 'photo_url' && column !== 'roles');
const STORED = COMPARED.map(([column]) => `u.${column}`).join(', ');
const LISTED = COMPARED.map(([, key]) => `o.value->>'$.${key}'`).join(', ');

interface PageComparison {
  /** How many of these people have a living row. */
  living: number;
  suspects: Suspect[];
}

/**
 * Compares people as a page shows them with their rows: one query, one row read for each.
 *
 * @param ticket of the pass
 * @param json of an array of ObservedRow; at most one for each id, below D1's 2 MB
 */
export function comparePage(
  db: Database,
  directoryId: string,
  ticket: number,
  json: string,
): Promise<PageComparison> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT count(*) FILTER (WHERE is_living) AS living,
           json_group_array(json_object('id', id, 'kind', kind)) FILTER (WHERE kind IS NOT NULL) AS suspects
         FROM (
           SELECT o.value->>'$.id' AS id, u.directory_id = ?1 AND u.status <> 'deleted' AS is_living,
             CASE
               WHEN u.id IS NULL THEN iif(o.value->>'$.kind' = 'living', 'unknown', 'unreadable')
               WHEN u.directory_id <> ?1 OR u.written >= ?3 OR o.value->>'$.kind' = 'present' THEN NULL
               WHEN u.status <> o.value->>'$.status' THEN 'status'
               WHEN o.value->>'$.kind' = 'living' AND (${STORED}) IS NOT (${LISTED}) THEN 'changed'
             END AS kind
           FROM json_each(?2) o LEFT JOIN users u ON u.id = o.value->>'$.id')`,
      )
      .bind(directoryId, json, ticket)
      .first<{ living: number; suspects: string }>();
    return {
      living: row?.living ?? 0,
      suspects: JSON.parse(row?.suspects ?? '[]') as Suspect[],
    };
  });
}

const DAY_MS = 86_400_000;

/**
 * Those of whom still nobody has written the row, or who still have none, since the pass took its ticket. Who could
 * not be stored, and is on the page as they were, is asked about once a day: their letter says so.
 */
export function stillSuspect(
  db: Database,
  directoryId: string,
  ticket: number,
  suspects: readonly Suspect[],
  nowMs: number,
): Promise<Suspect[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT o.value->>'$.id' AS id, o.value->>'$.kind' AS kind
         FROM json_each(?2) o LEFT JOIN users u ON u.id = o.value->>'$.id'
         WHERE CASE o.value->>'$.kind'
           WHEN 'unknown' THEN u.id IS NULL
           WHEN 'unreadable' THEN u.id IS NULL AND NOT EXISTS (
             SELECT 1 FROM dead_letters WHERE at_ms > ?4 - ${DAY_MS} AND letter_key IN (
               ?1 || ':' || (o.value->>'$.id') || ':unstorable',
               ?1 || ':' || (o.value->>'$.id') || ':invalid-response'))
           ELSE u.directory_id = ?1 AND u.written < ?3 END`,
      )
      .bind(directoryId, JSON.stringify(suspects), ticket, nowMs)
      .all<Suspect>();
    return results;
  });
}

const IDS_AT_ONCE = 20_000;

/** Ids of everybody with a living row that nobody wrote since the ticket was taken. Reads every person. */
export async function readUntouchedLiving(
  db: Database,
  directoryId: string,
  ticket: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const page = await guarded(() =>
      db.d1
        .prepare(
          `SELECT id FROM users WHERE id > ?3 AND +directory_id = ?1 AND status <> 'deleted' AND written < ?2
           ORDER BY id LIMIT ${IDS_AT_ONCE}`,
        )
        .bind(directoryId, ticket, after)
        .all<{ id: string }>(),
    );
    for (const { id } of page.results) ids.push(id);
    if (page.results.length < IDS_AT_ONCE) return ids;
    after = ids.at(-1) ?? '';
  }
}

/** Whether anybody has come, gone or returned since that event. */
export function haveSomeComeOrGone(
  db: Database,
  directoryId: string,
  afterSeq: number,
): Promise<boolean> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT 1 AS found FROM events WHERE seq > ?2 AND directory_id = ?1
           AND type IN ('user.created', 'user.deleted', 'user.restored') LIMIT 1`,
      )
      .bind(directoryId, afterSeq)
      .first<{ found: 1 }>();
    return row !== null;
  });
}
