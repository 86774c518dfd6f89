// Who may open the set-up: the super admins of the directory `default`, and until the first of them has signed in,
// whoever opened it with the set-up link. It works with a configuration that is broken, since it is there to say so.
import type { CookieOptions } from 'hono/utils/cookie';
import { DEFAULT_DIRECTORY_ID, type Env, type ParsedConfig, usableParts } from '../config.ts';
import { openDatabase } from '../db/database.ts';
import { isSetupVisitOpen, openSetupVisit } from '../db/setup.ts';
import { log } from '../log.ts';
import { onlyCookie, pageCookie, setupCookie } from '../sso/cookies.ts';
import { type Session, sessionOf } from '../sso/session.ts';
import { hashOf, isSecret, newSecret } from '../sso/token.ts';
import { operatorAction } from '../sync/operator-action.ts';
import type { SetupAuthority } from './link.ts';

const VISIT_TTL_SECONDS = 30 * 60;

/** Whom the door lets in, and under what name their actions are written down. */
export type Visitor =
  | { kind: 'admin'; actor: string; session: Session }
  | { kind: 'link'; actor: 'setup-link' }
  | { kind: 'stranger'; session: Session | null };

/**
 * What set-up links are checked against; `null` without a usable APP_SECRET, and then there is no door.
 *
 * @param requestUrl stands in for a PUBLIC_URL that is not set yet: a link is still good at one origin only
 */
export function authorityOf(
  env: Env,
  parsed: ParsedConfig,
  requestUrl: string,
): SetupAuthority | null {
  const { appSecret, publicUrl } = parsed.ok ? parsed.config : usableParts(env);
  if (appSecret === undefined) return null;
  return { appSecret, origin: (publicUrl ?? new URL(requestUrl)).origin };
}

/** What concerns the whole deployment is for the super admins of its own directory. */
export const mayOpenSetup = ({ user }: Session): boolean =>
  user.isAdmin && user.directoryId === DEFAULT_DIRECTORY_ID;

const hostOf = ({ origin }: SetupAuthority) => ({ publicUrl: new URL(origin) });

/**
 * Who asks. One D1 query for each cookie of ours, none without.
 *
 * @throws {DatabaseError}
 */
export async function visitorOf(
  env: Env,
  authority: SetupAuthority,
  cookies: string | undefined,
): Promise<Visitor> {
  const host = hostOf(authority);
  const session = await sessionOf(env, host, cookies, 'page');
  if (session !== null && mayOpenSetup(session))
    return { kind: 'admin', actor: `user:${session.user.id}`, session };
  const visit = onlyCookie(cookies, setupCookie(host));
  const isOpen =
    isSecret(visit) &&
    (await isSetupVisitOpen(openDatabase(env.DB), await hashOf(visit), Date.now()));
  return isOpen ? { kind: 'link', actor: 'setup-link' } : { kind: 'stranger', session };
}

/**
 * Uses a link's token up and gives its bearer a visit of half an hour. The token must have been checked.
 *
 * @returns the visit's cookie; `null` for a link that was used, or once set-up is closed
 * @throws {DatabaseError} the link is not used up then
 */
export async function openVisit(
  env: Env,
  authority: SetupAuthority,
  token: string,
  requestId: string,
): Promise<{ name: string; value: string; options: CookieOptions } | null> {
  const nowMs = Date.now();
  const visit = newSecret();
  const db = openDatabase(env.DB);
  const hashes = { linkHash: await hashOf(token), visitHash: await hashOf(visit) };
  const isOpen = await operatorAction(
    { db, log, nowMs: () => nowMs },
    {
      directoryId: DEFAULT_DIRECTORY_ID,
      actor: 'setup-link',
      action: 'setup.open',
      detail: {},
      requestId,
    },
    () => openSetupVisit(db, { ...hashes, nowMs, expiresMs: nowMs + VISIT_TTL_SECONDS * 1000 }),
    (opened) => (opened ? 'opened' : 'refused'),
  );
  if (!isOpen) return null;
  const host = hostOf(authority);
  const options: CookieOptions = { ...pageCookie(host, VISIT_TTL_SECONDS), sameSite: 'Strict' };
  return { name: setupCookie(host), value: visit, options };
}
