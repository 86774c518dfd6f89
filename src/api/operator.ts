// Who may call the operator's routes: whoever sends OPERATOR_TOKEN in the Authorization header (RFC 6750).
//
// The attack: another site's page calls us with its visitor's cookies. Nothing in this room reads a cookie, and no
// CORS header lets a page of another origin send a token, or read an answer.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../config.ts';
import { log } from '../log.ts';
import { refuse } from './refusal.ts';

/** The one token of an Authorization header; `null` without one. Two headers arrive as one, with a comma and a space. */
export function bearerToken(header: string | undefined): string | null {
  return /^Bearer +([\x21-\x7e]+)$/i.exec(header ?? '')?.[1] ?? null;
}

const hashOf = (text: string) => crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));

/** Compares hashes: they are of one length, and how much of a guess was right is not in the time it took. */
async function isSame(presented: string, token: string): Promise<boolean> {
  return crypto.subtle.timingSafeEqual(await hashOf(presented), await hashOf(token));
}

/** Without OPERATOR_TOKEN there is nothing here; otherwise 401 to everybody who does not send it. */
export const operatorOnly = createMiddleware<AppEnv>(async (c, next) => {
  const { operatorToken } = c.get('config');
  if (operatorToken === undefined) return c.notFound();
  c.header('cache-control', 'no-store');
  const presented = bearerToken(c.req.header('authorization'));
  if (presented !== null && (await isSame(presented, operatorToken))) return next();
  log('warn', 'api.refused', {
    requestId: c.get('requestId'),
    reason: presented === null ? 'no-token' : 'wrong-token',
  });
  c.header('www-authenticate', 'Bearer');
  return refuse(c, 401, 'unauthorized', 'Send the operator token: Authorization: Bearer …');
});
