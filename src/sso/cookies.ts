// Our cookies: their names, and how they are read. Names and `Secure` follow the configuration, never the request.
//
// The attack: somebody plants a second cookie of the same name (from a sibling host, or on loopback from another
// port). `__Host-` stops it where https is; two of one name are refused everywhere.
import type { CookieOptions } from 'hono/utils/cookie';
import type { Config } from '../config.ts';

/** All that cookies need to know of the deployment. */
export type CookieHost = Pick<Config, 'publicUrl'>;

/** `__Host-` needs `Secure`, which a browser takes from http only on loopback, and then not everywhere. */
function hostPrefixed(config: CookieHost, name: string): string {
  return config.publicUrl.protocol === 'https:' ? `__Host-${name}` : name;
}

export const sessionCookie = (config: CookieHost) => hostPrefixed(config, 'session');
/** One for each attempt, named by the beginning of its `state`, so that two tabs don't meet. */
export const loginCookie = (config: Config, state: string) =>
  `${loginCookiePrefix(config)}${state.slice(0, 12)}`;
const loginCookiePrefix = (config: Config) => hostPrefixed(config, 'login-');
export const isLoginCookie = (config: Config, name: string) =>
  name.startsWith(loginCookiePrefix(config)) &&
  /^[A-Za-z0-9_-]{12}$/.test(name.slice(loginCookiePrefix(config).length));
/** Signed out on purpose: nobody is signed in silently again until they click. */
export const signedOutCookie = (config: Config) => hostPrefixed(config, 'signed-out');
/** The visit that a set-up link opened. */
export const setupCookie = (config: CookieHost) => hostPrefixed(config, 'setup');
/** How often a silent sign-in was tried lately. */
export const silentTriesCookie = (config: Config) => hostPrefixed(config, 'silent-tries');
/** In a frame on another site the cookie must be `Secure`, also on loopback, or the browser drops it. */
export const FRAME_COOKIE = '__Host-embed';

/** For cookies of our own windows. */
export function pageCookie(config: CookieHost, maxAgeSeconds: number): CookieOptions {
  const secure = config.publicUrl.protocol === 'https:';
  return { path: '/', httpOnly: true, sameSite: 'Lax', secure, maxAge: maxAgeSeconds };
}

/** For the frame's cookie, which lives in its embedder's partition. */
export function frameCookie(maxAgeSeconds: number): CookieOptions {
  return {
    path: '/',
    httpOnly: true,
    sameSite: 'None',
    secure: true,
    partitioned: true,
    maxAge: maxAgeSeconds,
  };
}

// Space and tab only (RFC 6265 section 4.2.1). `trim()` takes U+2000 and its like away too, and a browser lets any sibling
// host set a cookie whose name begins with one: it is not `__Host-` to the browser, and would be to us.
const bare = (text: string) => text.replace(/^[ \t]+|[ \t]+$/g, '');

/** Every value that a request carries under each name, in the browser's order: longest path, then oldest first. */
export function requestCookies(header: string | undefined): [name: string, value: string][] {
  return (header ?? '').split(';').flatMap((pair): [string, string][] => {
    const [name = '', ...value] = pair.split('=');
    return value.length > 0 ? [[bare(name), bare(value.join('='))]] : [];
  });
}

/** Whether a cookie of this name is there, however often. */
export function hasCookie(header: string | undefined, name: string): boolean {
  return requestCookies(header).some(([one]) => one === name);
}

/** The one cookie of this name: `null` where there is none, or more than one. */
export function onlyCookie(header: string | undefined, name: string): string | null {
  const values = requestCookies(header).filter(([one]) => one === name);
  return values.length === 1 ? (values[0]?.[1] ?? null) : null;
}
