// How many sign-ins one address may begin or finish: 300 a minute, since a whole office shares one.
import { createMiddleware } from 'hono/factory';
import type { Env } from '../config.ts';

/** Whoever has an IPv6 address has 2^64 of them: the network counts. IPv4 stays as it is. */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const groups = head.split(':').filter(Boolean);
  const rest = (tail ?? '').split(':').filter(Boolean);
  // What `::` leaves out are zeros.
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...rest];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
}

/**
 * Refuses what is not a window: otherwise any site that somebody of an office has open could use up the office's limit
 * with images. Browsers that don't say what they fetch for are let through.
 */
export const onlyWindows = createMiddleware(async (c, next) => {
  if ((c.req.header('sec-fetch-dest') ?? 'document') === 'document') return next();
  return c.text('Sign-in happens in a window of its own.\n', 403);
});

/** Lets a request through, or calls `refuse` when its network has had too many. */
export const limited = (refuse: (c: never) => Response | Promise<Response>) =>
  createMiddleware<{ Bindings: Env }>(async (c, next) => {
    // Set by Cloudflare, whatever a client sends; absent on a laptop.
    const key = networkOf(c.req.header('cf-connecting-ip') ?? 'local');
    if ((await c.env.LOGIN_LIMIT.limit({ key })).success) return next();
    return refuse(c as never);
  });
