// Which accounts are signed in at Google in one browser: a cookie with their ids, `id.id.id`, in the
// order of `authuser`. On a laptop it needs no signature. Browsers share the cookies of `localhost`
// between ports, so its name is nobody else's; not Secure and without __Host-, to work over http.
import { parse } from 'hono/utils/cookie';
import type { Account, Accounts } from './accounts.ts';

export const ACCOUNTS_COOKIE = 'google_accounts';

/** Ids that lead to nobody, or no longer, are passed over. */
export function signedInAccounts(cookie: string | undefined, accounts: Accounts): Account[] {
  const ids = parse(cookie ?? '', ACCOUNTS_COOKIE)[ACCOUNTS_COOKIE]?.split('.') ?? [];
  return [...new Set(ids)]
    .map((id) => accounts.find(id))
    .filter((account): account is Account => account !== undefined);
}

/** `Set-Cookie` for these accounts; nobody signs all of them out. */
export function accountsCookie(signedIn: readonly Account[]): string {
  const value = signedIn.map(({ id }) => id).join('.');
  const life = value === '' ? '; Max-Age=0' : '';
  return `${ACCOUNTS_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax${life}`;
}
