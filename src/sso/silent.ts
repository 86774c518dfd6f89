// When a silent sign-in (`prompt=none`) is in place: not after a sign-out until a click, and not over and over, as when
// an application sends everybody here whose cookie the browser drops.
import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import type { AppEnv } from '../config.ts';
import {
  hasCookie,
  onlyCookie,
  pageCookie,
  signedOutCookie,
  silentTriesCookie,
} from './cookies.ts';

const MAX_TRIES = 5;
const TRIES_SECONDS = 60;

/** Whether this browser was signed out on purpose, and nobody has clicked since. */
export function isSignedOut(c: Context<AppEnv>): boolean {
  return hasCookie(c.req.header('cookie'), signedOutCookie(c.get('config')));
}

/** Counts a silent try; false where it is out of place. */
export function takeSilentTry(c: Context<AppEnv>): boolean {
  if (isSignedOut(c)) return false;
  const config = c.get('config');
  const name = silentTriesCookie(config);
  const tries = Number(onlyCookie(c.req.header('cookie'), name) ?? '0');
  if (!(tries < MAX_TRIES)) return false;
  setCookie(c, name, String(tries + 1), pageCookie(config, TRIES_SECONDS));
  return true;
}
