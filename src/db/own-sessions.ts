// The sessions of one person, for whoever runs the deployment: to be seen and ended, never to be used. A session is named
// by the beginning of its token's hash, which opens nothing.
import { type Database, guarded } from './database.ts';
import type { SessionKind } from './schema.ts';

/** How many characters of the hash name a session: 96 bits, among the few of one person. */
export const HANDLE_LENGTH = 16;

export interface OwnSession {
  handle: string;
  kind: SessionKind;
  createdMs: number;
  expiresMs: number;
}

const MOST = 100;

/** Who is signed in where as this person, the youngest first; 100 at most. */
export function readOwnSessions(
  db: Database,
  directoryId: string,
  userId: string,
  nowMs: number,
): Promise<OwnSession[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT substr(token_hash, 1, ${HANDLE_LENGTH}) AS handle, kind, created_ms AS createdMs,
           expires_ms AS expiresMs
         FROM sessions WHERE user_id = ?2 AND +directory_id = ?1 AND +expires_ms > ?3
         ORDER BY created_ms DESC, token_hash LIMIT ${MOST}`,
      )
      .bind(directoryId, userId, nowMs)
      .all<OwnSession>();
    return results;
  });
}

/**
 * Ends one session of a person, or all with the unused codes of their popups.
 *
 * @param handle `null` = all
 * @returns how many were ended; 0 = they were over already
 */
export function endOwnSessions(
  db: Database,
  directoryId: string,
  userId: string,
  { handle, nowMs }: { handle: string | null; nowMs: number },
): Promise<number> {
  return guarded(async () => {
    const theirs = 'user_id = ?2 AND +directory_id = ?1';
    const sessions = db.d1
      .prepare(
        `DELETE FROM sessions WHERE ${theirs} AND +expires_ms > ?3
           AND (?4 IS NULL OR substr(token_hash, 1, ${HANDLE_LENGTH}) = ?4) RETURNING 1 AS ended`,
      )
      .bind(directoryId, userId, nowMs, handle);
    const codes = db.d1
      .prepare(`DELETE FROM hand_over_codes WHERE ${theirs}`)
      .bind(directoryId, userId);
    const [ended] = await db.d1.batch(handle === null ? [sessions, codes] : [sessions]);
    return ended?.results.length ?? 0;
  });
}
