// What operators asked for, kept for EVENT_DAYS: written before it is done, so that nothing is done without a word of it.
import { type Database, guarded } from './database.ts';

/** What operators can do, as the record names it. */
export type ActionName =
  | 'held-removals.approve'
  | 'held-removals.reject'
  | 'dead-letters.replay'
  | 'pass.start'
  | 'pass.dry-run'
  | 'role-rules.save'
  | 'roles.by-hand'
  | 'sessions.end'
  | 'person.look'
  | 'api-token.make'
  | 'api-token.revoke'
  | 'setup.open'
  | 'setup.check';

export interface NewOperatorAction {
  directoryId: string;
  /** `user:<id>`, `operator-token` or `setup-link`. */
  actor: string;
  action: ActionName;
  /** Ids and counts; never an address or a name. */
  detail: Readonly<Record<string, string | number>>;
  requestId: string;
  atMs: number;
}

/** Ids and counts that belong to an outcome; never an address or a name. */
export type ActionResult = Readonly<Record<string, string | number | readonly string[]>>;

export interface OperatorAction extends Omit<NewOperatorAction, 'detail'> {
  id: number;
  detail: Record<string, string | number>;
  /** The name of who it was, if they are still known here. */
  actorName: string | null;
  /** A code for how it ended; `null` while it is under way, or when it was cut off. */
  outcome: string | null;
  /** `null` = the code says it all. */
  result: ActionResult | null;
}

/** Writes down what is about to be done. @returns its number */
export function beginOperatorAction(db: Database, action: NewOperatorAction): Promise<number> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `INSERT INTO operator_actions (directory_id, actor, action, detail, request_id, at_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6) RETURNING id`,
      )
      .bind(
        action.directoryId,
        action.actor,
        action.action,
        JSON.stringify(action.detail),
        action.requestId,
        action.atMs,
      )
      .first<{ id: number }>();
    return row?.id ?? 0;
  });
}

/**
 * Writes down how it ended. Once: an outcome is never changed.
 *
 * @param outcome a code
 */
export function endOperatorAction(
  db: Database,
  id: number,
  outcome: string,
  result: ActionResult | null = null,
): Promise<void> {
  return guarded(async () => {
    await db.d1
      .prepare(
        'UPDATE operator_actions SET outcome = ?2, result = ?3 WHERE id = ?1 AND outcome IS NULL',
      )
      .bind(id, outcome, result && JSON.stringify(result))
      .run();
  });
}

/** The place of an action in the order from the youngest back. */
export type ActionPlace = Pick<OperatorAction, 'atMs' | 'id'>;

/**
 * Actions of a directory, the youngest first.
 *
 * @param before only those that come after this one in the order; `null` = from the youngest
 */
export function readOperatorActions(
  db: Database,
  directoryId: string,
  limit: number,
  before: ActionPlace | null = null,
): Promise<OperatorAction[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT a.id AS id, a.directory_id AS directoryId, a.actor AS actor, a.action AS action,
           a.detail AS detail, a.request_id AS requestId, a.at_ms AS atMs, a.outcome AS outcome,
           a.result AS result,
           (SELECT u.full_name FROM users u
             WHERE u.id = substr(a.actor, 6) AND a.actor LIKE 'user:%' AND +u.directory_id = ?1) AS actorName
         FROM operator_actions a WHERE a.directory_id = ?1 AND (a.at_ms, a.id) < (?3, ?4)
         ORDER BY a.at_ms DESC, a.id DESC LIMIT ?2`,
      )
      .bind(
        directoryId,
        limit,
        before?.atMs ?? Number.MAX_SAFE_INTEGER,
        before?.id ?? Number.MAX_SAFE_INTEGER,
      )
      .all<Omit<OperatorAction, 'detail' | 'result'> & { detail: string; result: string | null }>();
    return results.map((row) => ({
      ...row,
      detail: JSON.parse(row.detail) as OperatorAction['detail'],
      result: row.result === null ? null : (JSON.parse(row.result) as ActionResult),
    }));
  });
}
