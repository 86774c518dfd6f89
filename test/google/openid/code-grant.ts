// The token endpoint's grant `authorization_code`: who the client is, whether the code is theirs, and
// the tokens for it. Asks nothing about the person: somebody suspended after the authorization still
// gets an ID token, as at Google. That is the app's to notice.
import { base64url } from 'jose';
import { ACCESS_TOKEN_SECONDS } from '../access-tokens.ts';
import { json, oauthError } from '../oauth-call.ts';
import type { OAuthClient } from './clients.ts';
import { type CodeGrant, noise } from './grants.ts';
import { type HonestToken, idTokenClaims, signIdToken } from './id-token.ts';
import type { OpenId } from './openid.ts';
import { longScopes } from './scopes.ts';

/** Anything else than whole base64 would make `atob` throw. */
const BASIC = /^Basic ((?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?)$/i;

export async function redeemCode(
  openid: OpenId,
  form: URLSearchParams,
  authorization: string | undefined,
): Promise<Response> {
  openid.tokenCalls++;
  const client = authenticated(openid, form, authorization);
  if (client instanceof Response) return client;

  const code = form.get('code');
  if (!code) return oauthError(400, 'invalid_request', 'Missing required parameter: code');
  // Somebody else's code stays whole: a stranger must not be able to use it up.
  if (openid.grants.clientOf(code) !== client.clientId) {
    return oauthError(400, 'invalid_grant', 'Malformed auth code.');
  }
  const grant = openid.grants.takeCode(code);
  if (!grant || grant.redirectUri !== form.get('redirect_uri')) {
    return oauthError(400, 'invalid_grant', 'Bad Request');
  }
  const objection = await objectionTo(form.get('code_verifier'), grant.challenge);
  if (objection) return oauthError(400, 'invalid_grant', objection);
  return tokensFor(openid, grant);
}

function authenticated(
  openid: OpenId,
  form: URLSearchParams,
  authorization: string | undefined,
): OAuthClient | Response {
  const { clientId, clientSecret } = basic(authorization) ?? {
    clientId: form.get('client_id'),
    clientSecret: form.get('client_secret'),
  };
  if (!clientId) {
    return oauthError(400, 'invalid_request', 'Could not determine client ID from request.');
  }
  const client = openid.clients.find(clientId);
  if (!client) return oauthError(401, 'invalid_client', 'The OAuth client was not found.');
  if (client.status !== 'enabled') {
    return oauthError(401, `${client.status}_client`, `The OAuth client was ${client.status}.`);
  }
  if (clientSecret === null) {
    return oauthError(400, 'invalid_request', 'client_secret is missing.');
  }
  if (clientSecret !== client.clientSecret) {
    return oauthError(401, 'invalid_client', 'Unauthorized');
  }
  return client;
}

/** Both halves are form-encoded before they are joined (RFC 6749, 2.3.1), so they are ASCII. */
function basic(header: string | undefined) {
  const encoded = BASIC.exec(header ?? '')?.[1];
  if (encoded === undefined) return null;
  const [id, ...secret] = atob(encoded).split(':');
  const decode = (half: string) => new URLSearchParams(`x=${half}`).get('x');
  return {
    clientId: decode(id ?? ''),
    clientSecret: secret.length > 0 ? decode(secret.join(':')) : null,
  };
}

/** A verifier without a challenge is refused, too: somebody took the challenge out on the way. */
async function objectionTo(
  verifier: string | null,
  challenge: CodeGrant['challenge'],
): Promise<string | null> {
  if (!challenge) return verifier === null ? null : 'code_verifier is not needed.';
  if (verifier === null) return 'Missing code verifier.';
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
  const proof = challenge.method === 'plain' ? verifier : base64url.encode(new Uint8Array(digest));
  return proof === challenge.value ? null : 'Invalid code verifier.';
}

async function tokensFor(openid: OpenId, grant: CodeGrant): Promise<Response> {
  const { clientId, accountId, scopes, nonce, isOffline } = grant;
  const account = openid.accounts.find(accountId);
  if (!account) return oauthError(400, 'invalid_grant', 'Account has been deleted');
  const accessToken = openid.grants.issueToken({ clientId, accountId, scopes });
  const { kid, key, publicJwk } = await openid.keys.signer();
  const issuer = openid.issWithoutScheme ? grant.issuer.replace(/^https?:\/\//, '') : grant.issuer;
  const subject = { issuer, clientId, account, scopes, accessToken, nonce, nowMs: openid.nowMs() };
  const honest: HonestToken = {
    header: { alg: 'RS256', kid, typ: 'JWT' },
    claims: await idTokenClaims(subject),
    key,
    accessToken,
    publicJwk,
  };
  const make = openid.forge ?? signIdToken;
  return json(200, {
    access_token: accessToken,
    expires_in: ACCESS_TOKEN_SECONDS,
    ...(isOffline && { refresh_token: `1//0${noise(60)}` }),
    scope: longScopes(scopes).join(' '),
    token_type: 'Bearer',
    id_token: await make(honest),
  });
}
