// Writing what roles come from: rules, and people by hand. Each write names the version that it was decided on, makes the
// next one, and asks for a recompute, all in one batch; if the version is another by then, nothing is written.
import { type Database, guarded } from './database.ts';
import { askForRecompute } from './role-recomputes.ts';
import type { HandKind } from './roles-schema.ts';

/** ?1 is the directory and ?4 the version in every statement of such a batch. */
const IS_CURRENT = 'EXISTS (SELECT 1 FROM directories WHERE id = ?1 AND roles_version = ?4)';
const NEXT_VERSION =
  'UPDATE directories SET roles_version = roles_version + 1 WHERE id = ?1 AND roles_version = ?2';

export interface NewRule {
  /** JSON text of a parsed source. */
  source: string;
  role: string;
}

/** Who changes something, seeing which version. */
export interface Change {
  directoryId: string;
  version: number;
  /** `user:<id>` */
  madeBy: string;
  nowMs: number;
}

async function write(
  db: Database,
  change: Pick<Change, 'directoryId' | 'version' | 'nowMs'>,
  scope: readonly string[] | null,
  statement: D1PreparedStatement,
): Promise<boolean> {
  const { directoryId, version, nowMs } = change;
  // The first rule makes the first version: a change before it would leave everybody without.
  if (version === 0) return false;
  const results = await db.d1.batch([
    statement,
    db.d1
      .prepare(askForRecompute('?2', '?3', IS_CURRENT))
      .bind(directoryId, scope === null ? null : JSON.stringify(scope), nowMs, version),
    db.d1.prepare(NEXT_VERSION).bind(directoryId, version),
  ]);
  return (results[2]?.meta.changes ?? 0) > 0;
}

/**
 * Makes the first rule, once; whoever is there already has their search words made as well.
 *
 * @param rule.source an object, as parsed
 */
export function seedRoleRules(
  db: Database,
  directoryId: string,
  rule: { source: object; role: string },
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    await db.d1.batch([
      db.d1
        .prepare(
          `INSERT INTO role_rules (directory_id, source, role, made_by, made_ms)
           SELECT ?1, ?2, ?3, 'configuration', ?5 WHERE ${IS_CURRENT}`,
        )
        .bind(directoryId, JSON.stringify(rule.source), rule.role, 0, nowMs),
      db.d1
        .prepare(
          askForRecompute(
            '?2',
            '?3',
            `${IS_CURRENT} AND EXISTS (SELECT 1 FROM users WHERE directory_id = ?1)`,
          ),
        )
        .bind(directoryId, null, nowMs, 0),
      db.d1.prepare(NEXT_VERSION).bind(directoryId, 0),
    ]);
  });
}

/** @returns false if what roles come from is another by now */
export function addRule(db: Database, change: Change, rule: NewRule): Promise<boolean> {
  return guarded(() => {
    const { directoryId, version, madeBy, nowMs } = change;
    return write(
      db,
      change,
      null,
      db.d1
        .prepare(
          `INSERT INTO role_rules (directory_id, source, role, made_by, made_ms)
           SELECT ?1, ?2, ?3, ?5, ?6 WHERE ${IS_CURRENT}`,
        )
        .bind(directoryId, rule.source, rule.role, version, madeBy, nowMs),
    );
  });
}

/** @returns false if what roles come from is another by now */
export function replaceRule(
  db: Database,
  change: Change,
  id: number,
  rule: NewRule,
): Promise<boolean> {
  return guarded(() => {
    const { directoryId, version, madeBy, nowMs } = change;
    return write(
      db,
      change,
      null,
      db.d1
        .prepare(
          `UPDATE role_rules SET source = ?2, role = ?3, made_by = ?5, made_ms = ?6
           WHERE id = ?7 AND directory_id = ?1 AND ${IS_CURRENT}`,
        )
        .bind(directoryId, rule.source, rule.role, version, madeBy, nowMs, id),
    );
  });
}

/** @returns false if what roles come from is another by now */
export function removeRule(db: Database, change: Change, id: number): Promise<boolean> {
  return guarded(() => {
    const { directoryId, version } = change;
    return write(
      db,
      change,
      null,
      db.d1
        .prepare(`DELETE FROM role_rules WHERE id = ?2 AND directory_id = ?1 AND ${IS_CURRENT}`)
        .bind(directoryId, id, null, version),
    );
  });
}

/** What an operator decides about one person and one role. `kind: null` takes an earlier decision back. */
export interface HandDecision {
  userId: string;
  role: string;
  kind: HandKind | null;
  reason: string;
}

/** @returns false if what roles come from is another by now */
export function decideByHand(
  db: Database,
  change: Change,
  decision: HandDecision,
): Promise<boolean> {
  return guarded(() => {
    const { directoryId, version, madeBy, nowMs } = change;
    const { userId, role, kind, reason } = decision;
    const statement =
      kind === null
        ? db.d1
            .prepare(
              `DELETE FROM roles_by_hand WHERE directory_id = ?1 AND user_id = ?2 AND role = ?3 AND ${IS_CURRENT}`,
            )
            .bind(directoryId, userId, role, version)
        : db.d1
            .prepare(
              `INSERT INTO roles_by_hand (directory_id, user_id, role, kind, reason, made_by, made_ms)
               SELECT ?1, ?2, ?3, ?5, ?6, ?7, ?8 WHERE ${IS_CURRENT}
                 AND EXISTS (SELECT 1 FROM users WHERE id = ?2 AND directory_id = ?1)
               ON CONFLICT (directory_id, user_id, role) DO UPDATE SET
                 kind = excluded.kind, reason = excluded.reason, made_by = excluded.made_by, made_ms = excluded.made_ms`,
            )
            .bind(directoryId, userId, role, version, kind, reason, madeBy, nowMs);
    return write(db, change, [userId], statement);
  });
}

/** A rule as the console shows it. */
export interface RuleRecord {
  id: number;
  source: string;
  role: string;
  madeBy: string;
  madeMs: number;
  madeByName: string | null;
}

/** The rules of a directory in the order in which they were made. */
export function readRuleRecords(db: Database, directoryId: string): Promise<RuleRecord[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT r.id AS id, r.source AS source, r.role AS role, r.made_by AS madeBy, r.made_ms AS madeMs,
           (SELECT u.full_name FROM users u WHERE u.id = substr(r.made_by, 6) AND +u.directory_id = ?1) AS madeByName
         FROM role_rules r WHERE r.directory_id = ?1 ORDER BY r.id`,
      )
      .bind(directoryId)
      .all<RuleRecord>();
    return results;
  });
}

/** What was decided by hand, with who decided it. */
export interface HandRecord {
  userId: string;
  role: string;
  kind: HandKind;
  reason: string;
  madeBy: string;
  madeByName: string | null;
  madeMs: number;
  fullName: string | null;
  email: string | null;
}

/** @param userId `null` = everybody's, the youngest first */
export function readHandRecords(
  db: Database,
  directoryId: string,
  userId: string | null,
  limit: number,
): Promise<HandRecord[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT h.user_id AS userId, h.role AS role, h.kind AS kind, h.reason AS reason, h.made_by AS madeBy,
           h.made_ms AS madeMs, u.full_name AS fullName, u.email AS email,
           (SELECT m.full_name FROM users m WHERE m.id = substr(h.made_by, 6) AND +m.directory_id = ?1) AS madeByName
         FROM roles_by_hand h LEFT JOIN users u ON u.id = h.user_id AND +u.directory_id = h.directory_id
         WHERE h.directory_id = ?1 AND (?2 IS NULL OR h.user_id = ?2) ORDER BY h.made_ms DESC LIMIT ?3`,
      )
      .bind(directoryId, userId, limit)
      .all<HandRecord>();
    return results;
  });
}
