// Sessions: 256 random bits in a cookie, their hash in D1. Name and roles come from the user's row at every read, and
// the row's end is the session's end.
import type { Env } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import type { SessionKind } from '../db/schema.ts';
import { readSession, type Session } from '../db/sessions.ts';
import {
  type CookieHost,
  FRAME_COOKIE,
  onlyCookie,
  requestCookies,
  sessionCookie,
} from './cookies.ts';
import { hashOf, isSecret } from './token.ts';

export type { Session };

const cookieOf = (config: CookieHost, kind: SessionKind) =>
  kind === 'frame' ? FRAME_COOKIE : sessionCookie(config);

/** What somebody is called; whoever has no name by their address. */
export const nameOf = ({ user }: Session): string => user.name || user.email;

/** Every token that a request presents, more than one included: what a sign-out has to end. */
export function presentedTokens(
  config: CookieHost,
  cookieHeader: string | undefined,
  kind: SessionKind,
): string[] {
  const name = cookieOf(config, kind);
  return requestCookies(cookieHeader).flatMap(([one, value]) =>
    one === name && isSecret(value) ? [value] : [],
  );
}

/** The token that a request presents; `null` without one, with two, or with something that is no token. */
export function presentedToken(
  config: CookieHost,
  cookieHeader: string | undefined,
  kind: SessionKind,
): string | null {
  const token = onlyCookie(cookieHeader, cookieOf(config, kind));
  return isSecret(token) ? token : null;
}

/**
 * Who is signed in. One D1 query where there is a token, none for strangers.
 *
 * @param kind `page` everywhere but under `/embed`, where it is `frame`
 */
export async function sessionOf(
  env: Env,
  config: CookieHost,
  cookieHeader: string | undefined,
  kind: SessionKind,
): Promise<Session | null> {
  const token = presentedToken(config, cookieHeader, kind);
  if (token === null) return null;
  return readSession(openDatabase(env.DB), await hashOf(token), kind, Date.now());
}

/** The answer of `GET /auth/session`; times are ISO 8601. */
export function sessionBody({ user, expiresMs }: Session) {
  const { id, email, name, roles, isAdmin } = user;
  return {
    user: { id, email, name, roles, isAdmin },
    expiresAt: new Date(expiresMs).toISOString(),
  };
}
