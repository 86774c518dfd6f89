// Sessions and the popup's one-time codes. Both are born only from `INSERT … SELECT … FROM users … 'active'`, and
// every read joins the user: a suspension that lands in between wins. Tokens arrive here as hashes.
import { type Database, guarded } from './database.ts';
import type { SessionKind } from './schema.ts';

/** Somebody who is signed in, as their row says at this moment. */
export interface Session {
  readonly user: {
    /** Google's immutable user id, the OIDC `sub`. */
    readonly id: string;
    readonly directoryId: string;
    readonly email: string;
    readonly name: string;
    readonly roles: readonly string[];
    readonly isAdmin: boolean;
    readonly orgUnitPath: string;
    readonly photoUrl: string | null;
  };
  readonly expiresMs: number;
}

interface NewSession {
  tokenHash: string;
  nowMs: number;
  expiresMs: number;
  /** The hash of the token that was presented until now, to be ended; `null` = none. */
  replaces: string | null;
}

interface NewCode {
  codeHash: string;
  /** SHA-256 of the frame's verifier, base64url. */
  challenge: string;
  expiresMs: number;
}

/** Only where the new one was started: whoever is refused keeps what they had. */
function replacing(
  { d1 }: Database,
  session: NewSession,
  kind: SessionKind,
): D1PreparedStatement[] {
  if (session.replaces === null) return [];
  const sql = `DELETE FROM sessions WHERE token_hash = ?1 AND kind = ?2
    AND EXISTS (SELECT 1 FROM sessions WHERE token_hash = ?3)`;
  return [d1.prepare(sql).bind(session.replaces, kind, session.tokenHash)];
}

/**
 * Starts a session in a window of ours for somebody who is active, in one transaction of one to three statements.
 *
 * @param code for the frame that opened the window, if one did
 * @returns the person's directory, and whether its roles depend on groups; `null` if they are unknown or not active, and then nothing was written
 */
export function startSession(
  db: Database,
  userId: string,
  session: NewSession,
  code: NewCode | null,
): Promise<{ directoryId: string; hasGroups: 0 | 1 } | null> {
  return guarded(async () => {
    const { tokenHash, nowMs, expiresMs } = session;
    const statements = [
      db.d1
        .prepare(
          `INSERT INTO sessions (token_hash, directory_id, user_id, kind, created_ms, expires_ms)
           SELECT ?2, directory_id, id, 'page', ?3, ?4 FROM users WHERE id = ?1 AND status = 'active'
           RETURNING directory_id AS directoryId,
             EXISTS (SELECT 1 FROM groups g WHERE g.directory_id = sessions.directory_id) AS hasGroups`,
        )
        .bind(userId, tokenHash, nowMs, expiresMs),
      ...replacing(db, session, 'page'),
    ];
    if (code !== null) {
      statements.push(
        db.d1
          .prepare(
            `INSERT INTO hand_over_codes (code_hash, directory_id, user_id, challenge, created_ms, expires_ms)
             SELECT ?2, directory_id, id, ?3, ?4, ?5 FROM users WHERE id = ?1 AND status = 'active'`,
          )
          .bind(userId, code.codeHash, code.challenge, nowMs, code.expiresMs),
      );
    }
    const [started] = await db.d1.batch<{ directoryId: string; hasGroups: 0 | 1 }>(statements);
    return started?.results[0] ?? null;
  });
}

/**
 * Redeems a popup's code for a frame's session. The code is used up, whatever comes of it.
 *
 * @param presented.challenge what the presented verifier hashes to
 * @returns who was signed in; `null` for a code that is unknown, used, too old, of another frame, or of somebody
 * who is not active any more
 */
export function redeemCode(
  db: Database,
  presented: { codeHash: string; challenge: string },
  session: NewSession,
): Promise<{ userId: string; directoryId: string } | null> {
  return guarded(async () => {
    const { tokenHash, nowMs, expiresMs } = session;
    const [started] = await db.d1.batch<{ userId: string; directoryId: string }>([
      db.d1
        .prepare(
          `INSERT INTO sessions (token_hash, directory_id, user_id, kind, created_ms, expires_ms)
           SELECT ?3, u.directory_id, u.id, 'frame', ?4, ?5
           FROM hand_over_codes c JOIN users u ON u.id = c.user_id AND u.directory_id = c.directory_id
           WHERE c.code_hash = ?1 AND c.challenge = ?2 AND c.expires_ms > ?4 AND u.status = 'active'
           RETURNING user_id AS userId, directory_id AS directoryId`,
        )
        .bind(presented.codeHash, presented.challenge, tokenHash, nowMs, expiresMs),
      db.d1.prepare('DELETE FROM hand_over_codes WHERE code_hash = ?1').bind(presented.codeHash),
      ...replacing(db, session, 'frame'),
    ]);
    return started?.results[0] ?? null;
  });
}

interface SessionRow {
  id: string;
  directoryId: string;
  email: string;
  name: string;
  isAdmin: 0 | 1;
  orgUnitPath: string;
  photoUrl: string | null;
  roles: string;
  expiresMs: number;
}

/** Who is signed in by this token, as their row says now. One query, two rows read; `null` = nobody. */
export function readSession(
  db: Database,
  tokenHash: string,
  kind: SessionKind,
  nowMs: number,
): Promise<Session | null> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT u.id AS id, u.directory_id AS directoryId, u.email AS email, u.full_name AS name,
           u.is_admin AS isAdmin, u.org_unit_path AS orgUnitPath, u.photo_url AS photoUrl, u.roles AS roles,
           s.expires_ms AS expiresMs
         FROM sessions s JOIN users u ON u.id = s.user_id AND u.directory_id = s.directory_id
         WHERE s.token_hash = ?1 AND s.kind = ?2 AND s.expires_ms > ?3 AND u.status = 'active'`,
      )
      .bind(tokenHash, kind, nowMs)
      .first<SessionRow>();
    if (row === null) return null;
    const { expiresMs, roles, isAdmin, ...rest } = row;
    const user = { ...rest, isAdmin: isAdmin === 1, roles: JSON.parse(roles) as string[] };
    return { user, expiresMs };
  });
}

/**
 * Ends sessions; nothing happens to one that is over already.
 *
 * @param reach `everywhere` ends every session of the people whom these belong to, frames included, and their unused
 * codes
 * @returns whose they were; empty if all were over, and then nothing was ended
 */
export function endSessions(
  db: Database,
  presented: { tokenHashes: readonly string[]; kind: SessionKind },
  reach: 'these' | 'everywhere',
  nowMs: number,
): Promise<string[]> {
  return guarded(async () => {
    const { tokenHashes, kind } = presented;
    const everywhere = reach === 'everywhere';
    const these = `token_hash IN (SELECT value FROM json_each(?1)) AND kind = ?2 AND expires_ms > ?3`;
    const owners = `user_id IN (SELECT user_id FROM sessions WHERE ${these})`;
    const statements = [
      `DELETE FROM sessions WHERE ${everywhere ? owners : these} RETURNING user_id AS userId`,
    ];
    if (everywhere) statements.unshift(`DELETE FROM hand_over_codes WHERE ${owners}`);
    const results = await db.d1.batch<{ userId: string }>(
      statements.map((one) => db.d1.prepare(one).bind(JSON.stringify(tokenHashes), kind, nowMs)),
    );
    return [...new Set(results.at(-1)?.results.map(({ userId }) => userId))];
  });
}

const SWEPT_AT_ONCE = 5_000;

/** Deletes sessions (at most 5,000 at a time), codes and refusals that have expired. Returns how many sessions went. */
export function sweepExpired(db: Database, nowMs: number): Promise<number> {
  return guarded(async () => {
    const [sessions] = await db.d1.batch([
      db.d1
        .prepare(
          `DELETE FROM sessions WHERE token_hash IN
             (SELECT token_hash FROM sessions WHERE expires_ms <= ?1 LIMIT ${SWEPT_AT_ONCE})`,
        )
        .bind(nowMs),
      db.d1.prepare('DELETE FROM hand_over_codes WHERE expires_ms <= ?1').bind(nowMs),
      db.d1.prepare('DELETE FROM sign_in_refusals WHERE until_ms <= ?1').bind(nowMs),
    ]);
    return sessions?.meta.changes ?? 0;
  });
}
