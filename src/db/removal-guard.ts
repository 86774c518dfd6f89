// The deletion guard, as SQL: how many may be removed in 24 hours, who is held, who is let go again. It runs
// inside the one batch through which every observation becomes a row, whoever asked for the observation:
// a storm of pushes that Google answers with 404 is held like a bad list.
//
// ?1 directory, ?2 JSON array of ObservedRow, ?3 the look's ticket, ?4 now in ms, ?5 and ?6 the guard, ?7 the version
// of what the roles were made from.

export interface DeletionGuard {
  /** So many removals in 24 hours need no approval, … */
  readonly count: number;
  /** … nor so many percent of the active. The larger of the two counts. */
  readonly percent: number;
}

const DAY_MS = 86_400_000;

/** Removals of the last 24 hours that nobody approved. An approved one carries the cause `operator`. */
export const REMOVED = `(SELECT count(*) FROM events
  WHERE directory_id = ?1 AND type = 'user.deleted' AND at_ms > ?4 - ${DAY_MS} AND cause <> 'operator')`;

/**
 * The active of today and those of them whom the guard let go: one by one or all at once, as many may go.
 * Whoever was suspended before they went was none of the active.
 */
export const STAFF = `((SELECT count(*) FROM users WHERE directory_id = ?1 AND status = 'active')
  + (SELECT count(*) FROM events WHERE directory_id = ?1 AND type = 'user.deleted' AND at_ms > ?4 - ${DAY_MS}
      AND cause <> 'operator' AND before->>'$.status' = 'active'))`;

/**
 * Statistics from when the directory was small would have SQLite read everybody to find these few; joined in a
 * fixed order (CROSS JOIN), or asked for like this, they are found by their ids.
 */
export const AMONG_THEM = `users.id IN (SELECT value->>'$.id' FROM json_each(?2))`;

/** A look is accepted where nobody wrote the row, and no pass began, since it took its ticket; with current roles. */
export const gate = (users: string) =>
  // The plus keeps SQLite off the index that begins with the directory: through it every observation would
  // read every person of the directory, instead of the one row that its id names.
  `+${users}.directory_id = ?1 AND d.id = ?1 AND ?3 > ${users}.written AND ?3 >= d.floor AND d.roles_version = ?7`;

const held = (id: string, state: string) =>
  `EXISTS (SELECT 1 FROM held_removals h WHERE h.directory_id = ?1 AND h.user_id = ${id} AND (${state}))`;

/** Neither approved nor rejected at that moment, given as SQL: an operator's word is asked for. */
export const waitsAt = (nowMs: string) =>
  `coalesce(approved_until_ms, 0) <= ${nowMs} AND coalesce(rejected_until_ms, 0) <= ${nowMs}`;

/** An operator has agreed to this removal, and it is not too long ago. */
export const isAllowed = (id: string) => held(id, 'coalesce(h.approved_until_ms, 0) > ?4');

/**
 * Nobody has agreed. Who is merely missing on a list may still go within the guard: what is held against
 * them is that they were not asked about.
 */
export const isBlocked = (id: string) =>
  held(
    id,
    `coalesce(h.approved_until_ms, 0) <= ?4 AND (h.reason <> 'missing' OR coalesce(h.rejected_until_ms, 0) > ?4)`,
  );

// Whom this very batch shows as gone, suspended or demoted is nobody to leave the house to.
const NO_ADMINS = `SELECT value->>'$.id' FROM json_each(?2)
  WHERE NOT (value->>'$.kind' = 'living' AND value->>'$.status' = 'active' AND value->>'$.isAdmin' = 1)`;

/**
 * Whoever is gone, beyond the guard's room or the last to administer, waits for approval. Counting the
 * active reads every person, so it is done only once the count alone is exceeded.
 */
export const HOLD = `
  WITH gone AS MATERIALIZED (
    SELECT u.id AS id, u.is_admin = 1 AND u.status = 'active' AND NOT EXISTS (
        SELECT 1 FROM users a WHERE a.directory_id = ?1 AND a.is_admin = 1 AND a.status = 'active'
          AND a.id NOT IN (${NO_ADMINS})) AS is_last_admin
    FROM json_each(?2) o CROSS JOIN users u ON u.id = o.value->>'$.id' CROSS JOIN directories d
    WHERE o.value->>'$.kind' = 'gone' AND ${gate('u')} AND u.status <> 'deleted'
      AND NOT ${isAllowed('u.id')} AND NOT ${isBlocked('u.id')}),
  numbered AS (SELECT id, is_last_admin, sum(NOT is_last_admin) OVER (ORDER BY id) AS n FROM gone)
  INSERT INTO held_removals (directory_id, user_id, reason, since_ms)
  SELECT ?1, id, iif(is_last_admin, 'last-admin', 'guard'), ?4 FROM numbered
  WHERE is_last_admin
    OR CASE WHEN n + ${REMOVED} <= ?5 THEN 0 ELSE (n + ${REMOVED}) * 100 > ${STAFF} * ?6 END
  ON CONFLICT (directory_id, user_id) DO UPDATE SET reason = excluded.reason`;

/** Whoever is seen alive waits no longer. Where nobody waits, which is nearly always, nobody's row is read. */
export const RELEASE = `
  DELETE FROM held_removals WHERE EXISTS (SELECT 1 FROM held_removals WHERE directory_id = ?1)
    AND directory_id = ?1 AND user_id IN (
    SELECT u.id FROM json_each(?2) o CROSS JOIN users u ON u.id = o.value->>'$.id' CROSS JOIN directories d
    WHERE o.value->>'$.kind' <> 'gone' AND ${gate('u')})`;
