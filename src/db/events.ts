// Reading what happened: `events` in order of `seq`, for the console, the API and whoever asks since when. A question reads
// a bounded number of rows, whatever it filters by.
import { type Database, guarded } from './database.ts';
import type { Cause, EventType } from './schema.ts';

export interface EventRecord {
  seq: number;
  userId: string;
  /** Of the person as they are now; `null` = swept. */
  name: string | null;
  type: EventType;
  /** The mapped columns as JSON text; `null` = they came. */
  before: string | null;
  after: string;
  cause: Cause;
  atMs: number;
  noticedMs: number;
}

export interface EventFilter {
  userId?: string;
  type?: EventType;
  cause?: Cause;
  /** Stored at this moment or later, and before that one; ms. */
  fromMs?: number;
  toMs?: number;
}

export interface EventPage {
  events: EventRecord[];
  /** Where to go on; `null` = there is no more. */
  next: number | null;
}

/** So many rows are read for one page at most: a rare type may take several pages that hold little. */
const SCANNED = 5_000;

const FILTER = `(?4 IS NULL OR type = ?4) AND (?5 IS NULL OR cause = ?5)
  AND (?6 IS NULL OR at_ms >= ?6) AND (?7 IS NULL OR at_ms < ?7)`;

const COLUMNS = `e.seq AS seq, e.user_id AS userId, u.full_name AS name, e.type AS type, e.before AS before, e.after AS after,
  e.cause AS cause, e.at_ms AS atMs, e.noticed_ms AS noticedMs`;

/**
 * A page of events.
 *
 * @param direction `down` from the youngest, below `from`; `up` from the oldest, above `from`
 * @param from a `seq`; `null` = from the end or the beginning
 */
export function readEvents(
  db: Database,
  directoryId: string,
  filter: EventFilter,
  { direction, from, limit }: { direction: 'up' | 'down'; from: number | null; limit: number },
): Promise<EventPage> {
  return guarded(async () => {
    const order = direction === 'up' ? 'ASC' : 'DESC';
    const beyond = direction === 'up' ? 'seq > ?2' : 'seq < ?2';
    const start = from ?? (direction === 'up' ? 0 : Number.MAX_SAFE_INTEGER);
    // One person's are found by their index, everybody's by seq.
    const whose = filter.userId === undefined ? '?3 IS NULL' : 'user_id = ?3';
    const scanned = `SELECT seq, type, cause, at_ms FROM events
      WHERE ${whose} AND ${beyond} AND +directory_id = ?1 ORDER BY seq ${order} LIMIT ${SCANNED}`;
    const [page, scan] = await db.d1.batch<EventRecord & { scanned: number; last: number | null }>([
      db.d1
        .prepare(
          `SELECT ${COLUMNS} FROM (SELECT seq FROM (${scanned}) WHERE ${FILTER} ORDER BY seq ${order} LIMIT ?8) f
           CROSS JOIN events e ON e.seq = f.seq LEFT JOIN users u ON u.id = e.user_id AND u.directory_id = ?1
           ORDER BY e.seq ${order}`,
        )
        .bind(
          directoryId,
          start,
          filter.userId ?? null,
          filter.type ?? null,
          filter.cause ?? null,
          filter.fromMs ?? null,
          filter.toMs ?? null,
          limit + 1,
        ),
      db.d1
        .prepare(
          `SELECT count(*) AS scanned, ${direction === 'up' ? 'max' : 'min'}(seq) AS last FROM (${scanned})`,
        )
        .bind(directoryId, start, filter.userId ?? null),
    ]);
    const events = (page?.results ?? []).slice(0, limit);
    if ((page?.results.length ?? 0) > limit) return { events, next: events.at(-1)?.seq ?? null };
    const { scanned: count = 0, last = null } = scan?.results[0] ?? {};
    return { events, next: count < SCANNED ? null : last };
  });
}

/**
 * Since when somebody has each role that they have had without a break, as far as events go back: the moment of the event
 * that gave it last. A role that no event tells of is older than the oldest of them.
 */
export function readRolesSince(
  db: Database,
  directoryId: string,
  userId: string,
): Promise<Map<string, { seq: number; atMs: number }>> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT r.value AS role, max(e.seq) AS seq, e.at_ms AS atMs
         FROM events e, json_each(e.after, '$.roles') r
         WHERE e.user_id = ?2 AND +e.directory_id = ?1 AND (e.before IS NULL
           OR r.value NOT IN (SELECT value FROM json_each(e.before, '$.roles')))
         GROUP BY r.value`,
      )
      .bind(directoryId, userId)
      .all<{ role: string; seq: number; atMs: number }>();
    return new Map(results.map(({ role, seq, atMs }) => [role, { seq, atMs }]));
  });
}

/** What a day's pushes took from being noticed to being stored. */
export interface Latency {
  atMs: number;
  latencyMs: number;
}

const SAMPLE = 5_000;

/** The youngest changes that a push announced, since that moment; 5,000 at most. */
export function readLatencies(
  db: Database,
  directoryId: string,
  sinceMs: number,
): Promise<Latency[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT at_ms AS atMs, at_ms - noticed_ms AS latencyMs FROM
           (SELECT * FROM events WHERE +directory_id = ?1 ORDER BY seq DESC LIMIT ${SAMPLE})
         WHERE at_ms >= ?2 AND cause = 'push' ORDER BY seq`,
      )
      .bind(directoryId, sinceMs)
      .all<Latency>();
    return results;
  });
}
