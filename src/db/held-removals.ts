// People whom something says are gone, and who stay until an operator agrees or somebody sees them alive.
// Who is put here by a look is removal-guard.ts; this file is the list itself, and what a pass adds to it.
import { type Database, guarded } from './database.ts';
import { type DeletionGuard, REMOVED, STAFF, waitsAt } from './removal-guard.ts';
import type { HeldReason, UserStatus } from './schema.ts';

/** So many are a megabyte and a half at most; D1 takes 2 MB for a parameter. */
const AT_ONCE = 15_000;

function pieces(items: readonly unknown[]): string[] {
  return Array.from({ length: Math.ceil(items.length / AT_ONCE) }, (_, i) =>
    JSON.stringify(items.slice(i * AT_ONCE, (i + 1) * AT_ONCE)),
  );
}

/** Whoever is on the list again in the last hour of a rejection is let go by it, and not asked about once more. */
const LAST_HOUR_MS = 3_600_000;

/** Neither approved nor rejected at the moment `?2`, milliseconds. */
const WAITS = waitsAt('?2');

/** Somebody who waits for an operator's word, as their row says. */
export interface HeldRemoval {
  userId: string;
  email: string;
  fullName: string;
  status: UserStatus;
  isAdmin: 0 | 1;
  orgUnitPath: string;
  reason: HeldReason;
  sinceMs: number;
}

/** Everybody who waits, in order of id. @param limit as many of them at most; negative = all */
export function readHeldRemovals(
  db: Database,
  directoryId: string,
  nowMs: number,
  limit = -1,
): Promise<HeldRemoval[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT h.user_id AS userId, u.email AS email, u.full_name AS fullName, u.status AS status,
           u.is_admin AS isAdmin, u.org_unit_path AS orgUnitPath, h.reason AS reason, h.since_ms AS sinceMs
         FROM held_removals h JOIN users u ON u.id = h.user_id AND +u.directory_id = h.directory_id
         WHERE h.directory_id = ?1 AND ${WAITS} ORDER BY h.user_id LIMIT ?3`,
      )
      .bind(directoryId, nowMs, limit)
      .all<HeldRemoval>();
    return results;
  });
}

/** How many wait, and since when the longest. */
export function readHeldSummary(
  db: Database,
  directoryId: string,
  nowMs: number,
): Promise<{ waiting: number; sinceMs: number | null }> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT count(*) AS waiting, min(since_ms) AS sinceMs FROM held_removals
         WHERE directory_id = ?1 AND ${WAITS}`,
      )
      .bind(directoryId, nowMs)
      .first<{ waiting: number; sinceMs: number | null }>();
    return row ?? { waiting: 0, sinceMs: null };
  });
}

/**
 * Writes an operator's word about people who wait; nothing is said about anybody who waits no longer, or for
 * another reason. One transaction.
 *
 * @returns whom it is about
 */
export function decideHeldRemovals(
  db: Database,
  directoryId: string,
  decision: 'approved' | 'rejected',
  list: { removals: readonly HeldRemoval[]; untilMs: number; nowMs: number },
): Promise<string[]> {
  return guarded(async () => {
    const statements = pieces(
      list.removals.map(({ userId, reason, sinceMs }) => ({ userId, reason, sinceMs })),
    ).map((json) =>
      db.d1
        .prepare(
          `UPDATE held_removals SET ${decision}_until_ms = ?3
           WHERE directory_id = ?1 AND ${WAITS} AND (user_id, reason, since_ms) IN
             (SELECT value->>'$.userId', value->>'$.reason', value->>'$.sinceMs' FROM json_each(?4))
           RETURNING user_id AS userId`,
        )
        .bind(directoryId, list.nowMs, list.untilMs, json),
    );
    if (statements.length === 0) return [];
    const results = await db.d1.batch<{ userId: string }>(statements);
    return results.flatMap(({ results }) => results.map(({ userId }) => userId));
  });
}

interface HeldState {
  userId: string;
  reason: HeldReason;
  isApproved: 0 | 1;
  /** Not removed whatever Google says: an operator's word is needed, or was given against it. */
  isBlocked: 0 | 1;
}

/** Everybody on the list, whatever was said about them. */
export function readHeldStates(
  db: Database,
  directoryId: string,
  nowMs: number,
): Promise<HeldState[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT user_id AS userId, reason, coalesce(approved_until_ms, 0) > ?2 AS isApproved,
           coalesce(approved_until_ms, 0) <= ?2
             AND (reason <> 'missing' OR coalesce(rejected_until_ms, 0) > ?2) AS isBlocked
         FROM held_removals WHERE directory_id = ?1 ORDER BY user_id`,
      )
      .bind(directoryId, nowMs)
      .all<HeldState>();
    return results;
  });
}

/** How many may still be removed without an operator's word. Counts the active: reads every person. */
export function readRemovalRoom(
  db: Database,
  directoryId: string,
  guard: DeletionGuard,
  nowMs: number,
): Promise<number> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        // The same parameters as in the batch, of which two are not needed.
        `SELECT max(?5, ${STAFF} * ?6 / 100) - ${REMOVED} AS room WHERE ?2 IS NULL AND ?3 IS NULL`,
      )
      .bind(directoryId, null, null, nowMs, guard.count, guard.percent)
      .first<{ room: number }>();
    return Math.max(0, row?.room ?? 0);
  });
}

/** Holds people whom a list did not show; whoever is on the list already stays there as they are. */
export function holdMissing(
  db: Database,
  directoryId: string,
  ids: readonly string[],
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    for (const json of pieces(ids)) {
      await db.d1
        .prepare(
          `INSERT INTO held_removals (directory_id, user_id, reason, since_ms)
           SELECT ?1, u.id, 'missing', ?3 FROM json_each(?2) o JOIN users u ON u.id = o.value
           WHERE +u.directory_id = ?1 AND u.status <> 'deleted'
           ON CONFLICT (directory_id, user_id) DO NOTHING`,
        )
        .bind(directoryId, json, nowMs)
        .run();
    }
  });
}

/**
 * Lets people go who were only missing on a list, and are on it again. An operator's word about them stays
 * until the last hour of its day.
 */
export function releaseMissing(
  db: Database,
  directoryId: string,
  ids: readonly string[],
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    for (const json of pieces(ids)) {
      await db.d1
        .prepare(
          `DELETE FROM held_removals WHERE directory_id = ?1 AND reason = 'missing'
             AND coalesce(approved_until_ms, 0) <= ?2 AND coalesce(rejected_until_ms, 0) <= ?2 + ${LAST_HOUR_MS}
             AND user_id IN (SELECT value FROM json_each(?3))`,
        )
        .bind(directoryId, nowMs, json)
        .run();
    }
  });
}
