// Bearer tokens of other systems (RFC 6750): how they look, and who may call with one. `rollcall_<id>_<secret>`: the id finds
// the row, and the whole of it is held against the hash there.
//
// The attack: somebody tries tokens, or has one that is over. All of them get one answer, in which nothing is said about why.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../config.ts';
import { type ApiToken, noteTokenUse, readApiToken, type TokenScope } from '../db/api-tokens.ts';
import { type Database, DatabaseError, openDatabase } from '../db/database.ts';
import { log } from '../log.ts';
import { hashOf, isSecret, newSecret } from '../sso/token.ts';
import { bearerToken, isSameHash } from './bearer.ts';
import { refuse } from './refusal.ts';

/** The routes behind `tokenOnly`: what they read is of this directory and no other. */
export interface ApiEnv {
  Bindings: AppEnv['Bindings'];
  Variables: AppEnv['Variables'] & { directoryId: string };
}

const ID_LENGTH = 16;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const TOKEN = /^rollcall_([A-Za-z0-9]{16})_([A-Za-z0-9_-]{43})$/;

/** Ids are no secrets: that some letters are a little more frequent than others costs nothing but chance. */
const newId = () =>
  Array.from(
    crypto.getRandomValues(new Uint8Array(ID_LENGTH)),
    (byte) => LETTERS[byte % LETTERS.length],
  ).join('');

/** A token of 256 random bits. It is shown to whoever made it, and nobody can read it afterwards. */
export async function newApiToken(): Promise<{ id: string; token: string; tokenHash: string }> {
  const id = newId();
  const token = `rollcall_${id}_${newSecret()}`;
  return { id, token, tokenHash: await hashOf(token) };
}

/** The id in a token; `null` if it is none. */
function idIn(presented: string): string | null {
  const [, id, secret] = TOKEN.exec(presented) ?? [];
  return id !== undefined && isSecret(secret) ? id : null;
}

/** As long as every hash, and the hash of nothing. */
const NO_HASH = 'A'.repeat(43);

/** What became of a token, for the console and the log. */
export type TokenState = 'live' | 'expired' | 'revoked' | 'suspended';

/** `suspended`: whoever made it may no longer; it lives again when they may. */
export function stateOf(
  { revokedMs, expiresMs, makerMay }: Pick<ApiToken, 'revokedMs' | 'expiresMs' | 'makerMay'>,
  nowMs: number,
): TokenState {
  if (revokedMs !== null) return 'revoked';
  if (expiresMs <= nowMs) return 'expired';
  return makerMay === 1 ? 'live' : 'suspended';
}

/** The row that a token opens, or a code for the log. */
async function admitted(
  db: Database,
  presented: string | null,
  nowMs: number,
): Promise<ApiToken | 'no-token' | 'malformed-token' | 'wrong-token' | TokenState> {
  if (presented === null) return 'no-token';
  const id = idIn(presented);
  if (id === null) return 'malformed-token';
  const [row, presentedHash] = await Promise.all([readApiToken(db, id), hashOf(presented)]);
  // Compared where there is no row as well: an id that is known takes no longer than one that is not.
  const isSame = isSameHash(presentedHash, row?.tokenHash ?? NO_HASH);
  if (row === null || !isSame) return 'wrong-token';
  const state = stateOf(row, nowMs);
  return state === 'live' ? row : state;
}

/** A use that could not be written down is no reason to refuse it. */
async function noteUse(db: Database, token: ApiToken, requestId: string): Promise<void> {
  try {
    await noteTokenUse(db, token, Date.now());
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    log('warn', 'api.use-not-noted', { requestId, code: error.code });
  }
}

/**
 * Lets in whoever sends a live token with this scope; cookies are not read, and no CORS header is sent. 401
 * `invalid_token`, the same for an unknown, expired, revoked or suspended one, or 403 `insufficient_scope` (RFC 6750,
 * section 3.1). One D1 query; one more in an hour.
 */
export const tokenOnly = (scope: TokenScope) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    c.header('cache-control', 'no-store');
    const requestId = c.get('requestId');
    const db = openDatabase(c.env.DB);
    const presented = bearerToken(c.req.header('authorization'));
    const token = await admitted(db, presented, Date.now());
    if (typeof token === 'string') {
      log('warn', 'api.refused', { requestId, reason: token });
      c.header(
        'www-authenticate',
        token === 'no-token' ? 'Bearer' : 'Bearer error="invalid_token"',
      );
      return refuse(c, 401, 'unauthorized', 'Send a live API token: Authorization: Bearer …');
    }
    if (!(JSON.parse(token.scopes) as string[]).includes(scope)) {
      log('warn', 'api.refused', { requestId, tokenId: token.id, reason: 'scope' });
      c.header('www-authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
      return refuse(c, 403, 'insufficient-scope', `This token lacks the scope ${scope}.`);
    }
    await noteUse(db, token, requestId);
    c.set('directoryId', token.directoryId);
    return next();
  });
