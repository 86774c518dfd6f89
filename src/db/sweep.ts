// What is old goes: events, passes, tombstones, dead letters, operators' actions. A little at each cron, so that no run of it is
// long: deleting is writing, and the free plan writes 100,000 rows a day.
import { type Database, guarded } from './database.ts';

const AT_ONCE = 500;

interface Swept {
  events: number;
  passes: number;
  tombstones: number;
  deadLetters: number;
  operatorActions: number;
}

// Events are in order of time, or nearly: the oldest says whether there is anything to do, for one row read.
const EVENTS = `
  DELETE FROM events WHERE at_ms < ?1
    AND seq <= (SELECT iif(at_ms < ?1, seq + ${AT_ONCE}, 0) FROM events ORDER BY seq LIMIT 1)`;

// The last pass stays, however old: the next one continues its counts. CROSS JOIN keeps the order of the
// tables: the other way round every pass would be read.
const PASSES = `
  DELETE FROM reconcile_runs WHERE id IN (
    SELECT r.id FROM directories d CROSS JOIN reconcile_runs r ON r.directory_id = d.id
      AND r.started_ms < min(?1, (SELECT max(started_ms) FROM reconcile_runs WHERE directory_id = d.id))
    ORDER BY r.started_ms LIMIT ${AT_ONCE})`;

const TOMBSTONES = `
  DELETE FROM users WHERE id IN (
    SELECT id FROM users WHERE status = 'deleted' AND deleted_ms < ?1 ORDER BY deleted_ms LIMIT ${AT_ONCE})`;

const DEAD_LETTERS = `
  DELETE FROM dead_letters WHERE id IN (
    SELECT id FROM dead_letters WHERE at_ms < ?1 ORDER BY at_ms LIMIT ${AT_ONCE})`;

// Numbered in order of time, like events.
const OPERATOR_ACTIONS = `
  DELETE FROM operator_actions WHERE at_ms < ?1
    AND id <= (SELECT iif(at_ms < ?1, id + ${AT_ONCE}, 0) FROM operator_actions ORDER BY id LIMIT 1)`;

/**
 * Deletes at most 500 of each kind.
 *
 * @param before.eventsMs events, passes, dead letters and operators' actions older than this, milliseconds since the epoch
 * @param before.tombstonesMs people deleted before this
 */
export function sweepOld(
  db: Database,
  before: { eventsMs: number; tombstonesMs: number },
): Promise<Swept> {
  return guarded(async () => {
    const { eventsMs, tombstonesMs } = before;
    const results = await db.d1.batch([
      db.d1.prepare(EVENTS).bind(eventsMs),
      db.d1.prepare(PASSES).bind(eventsMs),
      db.d1.prepare(TOMBSTONES).bind(tombstonesMs),
      db.d1.prepare(DEAD_LETTERS).bind(eventsMs),
      db.d1.prepare(OPERATOR_ACTIONS).bind(eventsMs),
    ]);
    const [events = 0, passes = 0, tombstones = 0, deadLetters = 0, operatorActions = 0] =
      results.map(({ meta }) => meta.changes);
    return { events, passes, tombstones, deadLetters, operatorActions };
  });
}
