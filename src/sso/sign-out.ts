// Signing out: this session, or all of this person's, frames included.
import type { Context } from 'hono';
import { deleteCookie, setCookie } from 'hono/cookie';
import type { AppEnv } from '../config.ts';
import { DatabaseError, openDatabase } from '../db/database.ts';
import { endSessions } from '../db/sessions.ts';
import { errorCode, log } from '../log.ts';
import { pageCookie, sessionCookie, signedOutCookie } from './cookies.ts';
import { endWith } from './endings.ts';
import { presentedTokens } from './session.ts';
import { hashOf } from './token.ts';

const SIGNED_OUT_SECONDS = 30 * 24 * 3600;
/** So many session cookies nobody has; a header of thousands is not worth their hashes. */
const MAX_ENDED = 5;

/** Ends what the browser presented, more than one cookie included. @returns whose it was */
async function endPresented(c: Context<AppEnv>, reach: 'these' | 'everywhere'): Promise<string[]> {
  const tokens = presentedTokens(c.get('config'), c.req.header('cookie'), 'page');
  if (tokens.length === 0) return [];
  const tokenHashes = await Promise.all(tokens.slice(0, MAX_ENDED).map(hashOf));
  const db = openDatabase(c.env.DB);
  return endSessions(db, { tokenHashes, kind: 'page' }, reach, Date.now());
}

/** Answers a sign-out: a browser goes to `/`, a script gets 204. */
export async function signOut(c: Context<AppEnv>): Promise<Response> {
  const config = c.get('config');
  const everywhere = c.req.query('everywhere') === '1';
  // Whatever becomes of the row, this browser is signed out: the person asked for it.
  deleteCookie(c, sessionCookie(config), pageCookie(config, 0));
  // Until the next click nobody is signed in again by themselves, and then they may choose another account.
  setCookie(c, signedOutCookie(config), '1', pageCookie(config, SIGNED_OUT_SECONDS));
  try {
    const userIds = await endPresented(c, everywhere ? 'everywhere' : 'these');
    for (const userId of userIds) log('info', 'session.ended', { userId, everywhere });
    if (!c.req.header('accept')?.includes('text/html')) return c.body(null, 204);
    if (everywhere && userIds.length === 0) return endWith(c, 'nothing-ended');
    return c.redirect(new URL('/', config.publicUrl).href, 303);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    return endWith(c, 'not-ended', { code: errorCode(error) });
  }
}
