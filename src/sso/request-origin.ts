// Where a browser says that a request comes from (Origin, RFC 6454; Fetch Metadata, W3C). Requests that change something
// must come from our own pages. Hono's own check looks only at form content types,
// and passes if either header passes; this one wants both to hold and at least one to be there.
//
// The attack: another site's page posts here with our visitor's cookies (CSRF).
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../config.ts';

/**
 * Whether a browser says that our own page sent this. `Origin`, if sent, must be ours; `Sec-Fetch-Site`, if sent,
 * must be `same-origin`; a request with neither is refused.
 */
export function isSameOrigin(headers: Headers, origin: string): boolean {
  const sentOrigin = headers.get('origin');
  const site = headers.get('sec-fetch-site');
  if (sentOrigin === null && site === null) return false;
  return (sentOrigin ?? origin) === origin && (site ?? 'same-origin') === 'same-origin';
}

/** The answer to a request that another site's page may have made. */
export function crossOrigin(c: Context): Response {
  const message = 'This request did not come from a page of this application.';
  return c.json({ error: { code: 'cross-origin', message } }, 403);
}

/** Answers 403 to everything that is not from our own pages. */
export const sameOriginOnly = createMiddleware<AppEnv>(async (c, next) =>
  isSameOrigin(c.req.raw.headers, c.get('config').publicUrl.origin) ? next() : crossOrigin(c),
);

/**
 * Refuses what is not a window: otherwise any site that somebody of an office has open could use up the office's limit
 * with images. Browsers that don't say what they fetch for are let through.
 */
export const onlyWindows = createMiddleware(async (c, next) => {
  if ((c.req.header('sec-fetch-dest') ?? 'document') === 'document') return next();
  return c.text('Sign-in happens in a window of its own.\n', 403);
});
