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
  /** The youngest `seq` there was, whoever's: where there is no more, whoever asks above it again misses nothing. */
  youngest: number;
}

/** So many rows are read for one page at most: what is rare may take several pages that hold little. */
const SCANNED = 5_000;

/** Moments follow `seq` but for what clocks differ, and what was stored a while after it was stamped. */
const OUT_OF_ORDER_MS = 10 * 60_000;

const FILTER = `directory_id = ?1 AND (?4 IS NULL OR type = ?4) AND (?5 IS NULL OR cause = ?5)
  AND (?6 IS NULL OR at_ms >= ?6) AND (?7 IS NULL OR at_ms < ?7)`;

const COLUMNS = `e.seq AS seq, e.user_id AS userId, u.full_name AS name, e.type AS type, e.before AS before, e.after AS after,
  e.cause AS cause, e.at_ms AS atMs, e.noticed_ms AS noticedMs`;

const middle = '(lo + hi) / 2';
const IS_EARLIER = `(SELECT at_ms FROM events WHERE seq >= ${middle} ORDER BY seq LIMIT 1) < ?1`;

// Halves the stretch until one is left: some twenty rows, where time has no index.
const SEQ_AT = `
  WITH RECURSIVE stretch(lo, hi) AS (
    SELECT (SELECT coalesce(min(seq), 1) FROM events), (SELECT coalesce(max(seq), 0) + 1 FROM events)
    UNION ALL
    SELECT iif(${IS_EARLIER}, ${middle} + 1, lo), iif(${IS_EARLIER}, hi, ${middle}) FROM stretch WHERE lo < hi)
  SELECT lo AS seq FROM stretch WHERE lo >= hi LIMIT 1`;

/** The first `seq` of that moment or later, in any directory. */
async function seqAt({ d1 }: Database, atMs: number): Promise<number> {
  const row = await d1.prepare(SEQ_AT).bind(atMs).first<{ seq: number }>();
  return row?.seq ?? 0;
}

/** Between which `seq` the answer lies, both left out. */
async function stretchOf(
  db: Database,
  { fromMs, toMs }: EventFilter,
  direction: 'up' | 'down',
  from: number | null,
): Promise<[above: number, below: number]> {
  const first = fromMs === undefined ? 1 : await seqAt(db, fromMs - OUT_OF_ORDER_MS);
  const end =
    toMs === undefined ? Number.MAX_SAFE_INTEGER : await seqAt(db, toMs + OUT_OF_ORDER_MS);
  return direction === 'up'
    ? [Math.max(first - 1, from ?? 0), end]
    : [first - 1, Math.min(end, from ?? end)];
}

/** An event of a page, or the one row of an empty page; and where the page ends. */
type FoundRow = Omit<EventRecord, 'seq'> & {
  seq: number | null;
  youngest: number | null;
  edge: number | null;
};

/**
 * A page of events. Reads 5,000 rows at most, whoever's they are: a page may hold few, or none, and still have a next one.
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
    const { userId, type, cause, fromMs, toMs } = filter;
    const order = direction === 'up' ? 'ASC' : 'DESC';
    const [above, below] = await stretchOf(db, filter, direction, from);
    // One person's are found by their index, everybody's by seq.
    const whose = userId === undefined ? '?3 IS NULL' : 'user_id = ?3';
    const scanned = `FROM events WHERE ${whose} AND seq > ?2 AND seq < ?8 ORDER BY seq ${order}`;
    // In one statement: what is stored, or swept, between the page and its end would be skipped. The page stops where it is
    // full, as most are; only one that is not needs to know whether there is no more, or it lies beyond what was read.
    const { results } = await db.d1
      .prepare(
        `WITH page AS MATERIALIZED (
           SELECT * FROM (SELECT * ${scanned} LIMIT ${SCANNED}) WHERE ${FILTER} LIMIT ?9)
         SELECT ${COLUMNS}, m.youngest AS youngest, m.edge AS edge
         FROM (SELECT (SELECT max(seq) FROM events) AS youngest,
             iif((SELECT count(*) FROM page) < ?9, (SELECT seq ${scanned} LIMIT 1 OFFSET ${SCANNED - 1}), NULL) AS edge) m
         LEFT JOIN page e ON true
         LEFT JOIN users u ON u.id = e.user_id AND +u.directory_id = ?1 ORDER BY e.seq ${order}`,
      )
      .bind(
        directoryId,
        above,
        userId ?? null,
        type ?? null,
        cause ?? null,
        fromMs ?? null,
        toMs ?? null,
        below,
        limit + 1,
      )
      .all<FoundRow>();
    const { youngest = null, edge = null } = results[0] ?? {};
    const found = results.flatMap(({ youngest: _, edge: __, seq, ...event }) =>
      seq === null ? [] : [{ seq, ...event }],
    );
    const events = found.slice(0, limit);
    const next = found.length > limit ? (events.at(-1)?.seq ?? null) : edge;
    return { events, next, youngest: youngest ?? 0 };
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

/** What a change that a push announced took from being noticed to being stored. */
export interface Latency {
  atMs: number;
  latencyMs: number;
}

const SAMPLE = 5_000;

/**
 * The changes that a push announced since that moment, the oldest first, among the youngest 5,000 of all.
 *
 * @returns `sinceMs`: they are all there are since then; later than asked for where there were more
 */
export function readLatencies(
  db: Database,
  directoryId: string,
  sinceMs: number,
): Promise<{ latencies: Latency[]; sinceMs: number }> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT at_ms AS atMs, max(0, at_ms - noticed_ms) AS latencyMs FROM events
         WHERE directory_id = ?1 AND at_ms >= ?2 AND cause = 'push' ORDER BY at_ms DESC LIMIT ${SAMPLE + 1}`,
      )
      .bind(directoryId, sinceMs)
      .all<Latency>();
    const latencies = results.slice(0, SAMPLE).toReversed();
    const left = results[SAMPLE];
    return { latencies, sinceMs: left === undefined ? sinceMs : left.atMs + 1 };
  });
}
