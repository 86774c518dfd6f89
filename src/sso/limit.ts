// How many sign-ins and redemptions one address may ask for; wrangler.toml says how many, since a whole office shares one.
import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import type { AppEnv } from '../config.ts';

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
 * Lets a request through, or answers with `refuse` when its network has had too many.
 *
 * @param what each has a count of its own: whoever may begin must be able to finish
 */
export const limited = (
  what: 'login' | 'callback' | 'redemption' | 'setup-link',
  refuse: (c: Context<AppEnv>) => Response | Promise<Response>,
) =>
  createMiddleware<AppEnv>(async (c, next) => {
    const { LOGIN_LIMIT } = c.env as Partial<AppEnv['Bindings']>;
    // Only a configuration that can't be used lacks it; then there is only the set-up, which is there to say so.
    if (LOGIN_LIMIT === undefined) return next();
    // Set by Cloudflare, whatever a client sends; absent on a laptop.
    const network = networkOf(c.req.header('cf-connecting-ip') ?? 'local');
    const key = `${what} ${network}`;
    return (await LOGIN_LIMIT.limit({ key })).success ? next() : refuse(c);
  });
