// Bearer tokens of the API. Of each only the hash is kept. Whoever made one lends it their right: the row says at each
// reading whether they still have it.
import { type Database, guarded } from './database.ts';

/** What a token may read. */
export const TOKEN_SCOPES = ['users:read', 'events:read', 'passes:read'] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];

/** So many of a directory can be neither expired nor revoked. */
export const MAX_LIVE_TOKENS = 50;

/** Tokens that are over are listed so long. */
const REMEMBERED_MS = 90 * 86_400_000;
/** `used_ms` is written once in this time at most: a poll a second is no write a second. */
const USED_EVERY_MS = 3_600_000;
const MAX_LISTED = 200;

interface NewApiToken {
  id: string;
  directoryId: string;
  /** SHA-256 of the whole token, base64url. */
  tokenHash: string;
  name: string;
  scopes: readonly TokenScope[];
  /** `user:<id>` */
  madeBy: string;
  expiresMs: number;
}

/** A token as a request is held against it. */
export interface ApiToken {
  id: string;
  directoryId: string;
  tokenHash: string;
  /** JSON array. */
  scopes: string;
  expiresMs: number;
  revokedMs: number | null;
  usedMs: number | null;
  /** Whether whoever made it may still open the console of its directory. */
  makerMay: 0 | 1;
}

export interface ListedApiToken extends Omit<ApiToken, 'tokenHash' | 'directoryId'> {
  name: string;
  madeBy: string;
  /** `null` = they have been forgotten. */
  madeByName: string | null;
  madeMs: number;
}

// As console/access.ts says who may: an active super admin of the directory, or whoever has the role there.
const MAKER = `LEFT JOIN users u ON u.id = substr(t.made_by, 6) AND t.made_by LIKE 'user:%'
  AND +u.directory_id = t.directory_id`;
const MAKER_MAY = `coalesce(u.status = 'active' AND (u.is_admin = 1
  OR EXISTS (SELECT 1 FROM json_each(u.roles) WHERE value = 'rollcall:admin')), 0) AS makerMay`;
const COLUMNS = `t.id AS id, t.scopes AS scopes, t.expires_ms AS expiresMs, t.revoked_ms AS revokedMs, t.used_ms AS usedMs,
  ${MAKER_MAY}`;

/**
 * Keeps a new token, unless there are as many as may be; forgets those that have been over for 90 days.
 *
 * @returns false if there were too many
 */
export function keepApiToken(db: Database, token: NewApiToken, nowMs: number): Promise<boolean> {
  return guarded(async () => {
    const { id, directoryId, tokenHash, name, scopes, madeBy, expiresMs } = token;
    const [, kept] = await db.d1.batch([
      db.d1
        .prepare(
          `DELETE FROM api_tokens WHERE directory_id = ?1
             AND min(expires_ms, coalesce(revoked_ms, expires_ms)) < ?2`,
        )
        .bind(directoryId, nowMs - REMEMBERED_MS),
      // The count and the row are one statement: two who make the last one at once don't both get it.
      db.d1
        .prepare(
          `INSERT INTO api_tokens (id, directory_id, token_hash, name, scopes, made_by, made_ms, expires_ms)
           SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE ${MAX_LIVE_TOKENS} >
             (SELECT count(*) FROM api_tokens WHERE directory_id = ?2 AND revoked_ms IS NULL AND expires_ms > ?7)`,
        )
        .bind(id, directoryId, tokenHash, name, JSON.stringify(scopes), madeBy, nowMs, expiresMs),
    ]);
    return (kept?.meta.changes ?? 0) > 0;
  });
}

/** Ends a token. @returns false if it is none of this directory's, or over already */
export function revokeApiToken(
  db: Database,
  directoryId: string,
  id: string,
  nowMs: number,
): Promise<boolean> {
  return guarded(async () => {
    const { meta } = await db.d1
      .prepare(
        `UPDATE api_tokens SET revoked_ms = ?3
         WHERE id = ?2 AND directory_id = ?1 AND revoked_ms IS NULL AND expires_ms > ?3`,
      )
      .bind(directoryId, id, nowMs)
      .run();
    return meta.changes > 0;
  });
}

/** The token with this id, whatever became of it, and whether its maker still may. One query. */
export function readApiToken(db: Database, id: string): Promise<ApiToken | null> {
  return guarded(() =>
    db.d1
      .prepare(
        `SELECT ${COLUMNS}, t.directory_id AS directoryId, t.token_hash AS tokenHash
         FROM api_tokens t ${MAKER} WHERE t.id = ?1`,
      )
      .bind(id)
      .first<ApiToken>(),
  );
}

/** Writes down that a token was used, once an hour. */
export function noteTokenUse(
  db: Database,
  { id, usedMs }: Pick<ApiToken, 'id' | 'usedMs'>,
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    if (usedMs !== null && usedMs > nowMs - USED_EVERY_MS) return;
    await db.d1
      .prepare(
        'UPDATE api_tokens SET used_ms = ?2 WHERE id = ?1 AND (used_ms IS NULL OR used_ms <= ?3)',
      )
      .bind(id, nowMs, nowMs - USED_EVERY_MS)
      .run();
  });
}

/** A directory's tokens, those that are not over first, then the youngest; 200 at most. */
export function readApiTokens(
  db: Database,
  directoryId: string,
  nowMs: number,
): Promise<ListedApiToken[]> {
  return guarded(async () => {
    const { results } = await db.d1
      .prepare(
        `SELECT ${COLUMNS}, t.name AS name, t.made_by AS madeBy, u.full_name AS madeByName, t.made_ms AS madeMs
         FROM api_tokens t ${MAKER} WHERE t.directory_id = ?1
         ORDER BY t.revoked_ms IS NULL AND t.expires_ms > ?2 DESC, t.made_ms DESC, t.id LIMIT ${MAX_LISTED}`,
      )
      .bind(directoryId, nowMs)
      .all<ListedApiToken>();
    return results;
  });
}
