// Decides, from the request and who is signed in at Google in this browser, what comes next: which
// account it is about, and whether that one may go on.
import { normalAddress } from '../address-book.ts';
import type { Account } from './accounts.ts';
import type { AuthorizationRequest, PageError } from './authorization-request.ts';
import type { OpenId } from './openid.ts';

export type AccountStep =
  | { kind: 'go-on'; account: Account }
  | { kind: 'choose' }
  | { kind: 'sign-in' }
  | { kind: 'silent-failure' };

/** Which account; without one signed in, or with several, only a person can tell. */
export function accountStep(
  { prompts, loginHint }: AuthorizationRequest,
  signedIn: readonly Account[],
): AccountStep {
  const isSilent = prompts.includes('none');
  const [first] = signedIn;
  const hinted = signedIn.find((account) => isHinted(account, loginHint));
  const only = signedIn.length === 1 && loginHint === null ? first : undefined;
  const account = hinted ?? only;
  if (account && !prompts.includes('select_account')) return { kind: 'go-on', account };
  if (isSilent) return { kind: 'silent-failure' };
  // A hint at somebody who is not signed in here never ends with somebody else.
  if (!first || (loginHint !== null && !hinted)) return { kind: 'sign-in' };
  return { kind: 'choose' };
}

export function isHinted({ id, email }: Account, hint: string | null): boolean {
  return hint !== null && (id === hint || normalAddress(email) === normalAddress(hint));
}

/** What `hd` leaves of a list of accounts. It hides; whoever goes on all the same is not stopped. */
export function shapedBy(hd: string | null, accounts: readonly Account[]): Account[] {
  if (hd === null) return [...accounts];
  const wanted = normalAddress(hd);
  return accounts.filter((one) => one.hd !== null && (wanted === '*' || one.hd === wanted));
}

export type Decision =
  | { kind: 'disabled' }
  | { kind: 'refused'; refusal: PageError }
  | { kind: 'consent' }
  | { kind: 'granted' };

export function decide(openid: OpenId, request: AuthorizationRequest, account: Account): Decision {
  const { client, scopes, prompts } = request;
  if (account.condition !== 'active') return { kind: 'disabled' };
  const isOurs = account.hd !== null;
  if (client.userType === 'internal' && !isOurs) {
    const detail = 'This app is for the people of its own organisation only.';
    return { kind: 'refused', refusal: { status: 403, error: 'org_internal', detail } };
  }
  if (openid.adminPolicy === 'blocked' && isOurs) {
    const detail = 'The admin of your organisation blocks this app.';
    return { kind: 'refused', refusal: { status: 400, error: 'admin_policy_enforced', detail } };
  }
  if (client.installed && isOurs) return { kind: 'granted' };
  const { clientId } = client;
  const has = openid.grants.hasConsent({ clientId, accountId: account.id, scopes });
  return { kind: has && !prompts.includes('consent') ? 'granted' : 'consent' };
}
