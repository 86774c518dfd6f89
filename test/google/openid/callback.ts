// The redirect back to the app, with a code or with an error, and `iss` in both cases.
import type { Account } from './accounts.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import type { OpenId } from './openid.ts';
import { longScopes } from './scopes.ts';

export function codeCallback(
  openid: OpenId,
  request: AuthorizationRequest,
  given: { account: Account; authuser: number; wasAsked: boolean },
): string {
  const { client, redirectUri, scopes, issuer, nonce, challenge, isOffline, prompts } = request;
  const { account, authuser, wasAsked } = given;
  const code = openid.grants.issueCode({
    clientId: client.clientId,
    accountId: account.id,
    redirectUri,
    scopes,
    issuer,
    nonce,
    challenge,
    isOffline,
  });
  const long = longScopes(scopes).filter((scope) => !scopes.some((one) => one === scope));
  return callback(openid, request, {
    code,
    scope: [...scopes, ...long].join(' '),
    authuser: String(Math.max(0, authuser)),
    ...(account.hd !== null && { hd: account.hd }),
    prompt: wasAsked ? 'consent' : prompts.join(' ') || 'none',
  });
}

export function declinedCallback(openid: OpenId, request: AuthorizationRequest): string {
  return callback(openid, request, { error: 'access_denied' });
}

/** Where a silent try ends that would have needed a page. */
export function silentFailureCallback(openid: OpenId, request: AuthorizationRequest): string {
  const error = openid.silentError;
  const subtype = error === 'immediate_failed' && { error_subtype: 'access_denied' };
  return callback(openid, request, { error, ...subtype });
}

function callback(
  openid: OpenId,
  { redirectUri, state, issuer }: AuthorizationRequest,
  fields: Record<string, string>,
): string {
  const url = new URL(redirectUri);
  if (state !== null) url.searchParams.set('state', state);
  url.searchParams.set('iss', openid.callbackIss ?? issuer);
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return url.href;
}
