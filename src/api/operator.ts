// Who may call the operator's routes: whoever sends OPERATOR_TOKEN in the Authorization header (RFC 6750).
//
// The attack: another site's page calls us with its visitor's cookies. Nothing in this room reads a cookie, and no
// CORS header lets a page of another origin send a token, or read an answer.
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../config.ts';
import { sha256Of } from '../hash.ts';
import { log } from '../log.ts';
import { bearerToken, isSameHash } from './bearer.ts';
import { refuse } from './refusal.ts';

/** Their hashes are compared: those are of one length. */
const isSame = async (presented: string, token: string): Promise<boolean> =>
  isSameHash(await sha256Of(presented), await sha256Of(token));

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
