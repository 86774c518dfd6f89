// The security headers of every answer. Three kinds of pages: our own, those that a popup's opener must reach, and
// those that others may frame.
import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Config } from './config.ts';

/** Everything is forbidden but what our pages use; no inline script or style anywhere. */
const CONTENT = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  connectSrc: ["'self'"],
  // Google's photos of people, and the empty icon.
  imgSrc: ["'self'", 'data:', 'https://*.googleusercontent.com'],
  formAction: ["'self'"],
  baseUri: ["'none'"],
};
// `no-referrer` would make a plain form send `Origin: null`.
const referrerPolicy = 'same-origin';

const unframed = (
  crossOriginOpenerPolicy: 'same-origin' | 'unsafe-none',
  referrer: 'same-origin' | 'strict-origin' = referrerPolicy,
) =>
  secureHeaders({
    contentSecurityPolicy: { ...CONTENT, frameAncestors: ["'none'"] },
    referrerPolicy: referrer,
    xFrameOptions: 'DENY',
    crossOriginOpenerPolicy,
  });
const own = unframed('same-origin');
// Its address holds the set-up link's token: no request may carry that on, and the form's must still say its origin.
const secretAddress = unframed('same-origin', 'strict-origin');
// Also on redirects: `same-origin` on any hop would cut the popup from the frame that opened it.
const popup = unframed('unsafe-none');

/** `X-Frame-Options` knows no list, and browsers that know `frame-ancestors` ignore it. */
const framed = (ancestors: readonly string[]) =>
  secureHeaders({
    contentSecurityPolicy: { ...CONTENT, frameAncestors: [...ancestors] },
    referrerPolicy,
    xFrameOptions: false,
    crossOriginOpenerPolicy: 'unsafe-none',
  });

const framedBy = new WeakMap<Config, MiddlewareHandler>();

/** The headers for a path; `null` for the configuration before it could be read. */
export function headersFor(path: string, config: Config | null): MiddlewareHandler {
  if (/^\/auth(\/|$)/.test(path)) return popup;
  if (path === '/setup/open') return secretAddress;
  if (config === null || config.embedAncestors.length === 0 || !/^\/embed(\/|$)/.test(path)) {
    return own;
  }
  const handler = framedBy.get(config) ?? framed(config.embedAncestors);
  framedBy.set(config, handler);
  return handler;
}
