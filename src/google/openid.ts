// Signing in with Google: the OIDC code flow with PKCE. oauth4webapi makes and checks the messages; the four checks
// that it leaves to its callers are id-token.ts.
// https://developers.google.com/identity/openid-connect/openid-connect ; OpenID Connect Core 1.0 section 3.1
import * as oauth from 'oauth4webapi';
import { type IdTokenClaims, type Issuers, issuerSpelling, verifyIdToken } from './id-token.ts';
import { errorWord, libraryCode, OpenIdError } from './openid-errors.ts';
import { type OpenIdPorts, readProvider, requestOptions } from './openid-provider.ts';

const SCOPE = 'openid email profile';
const CLOCK_TOLERANCE_SECONDS = 60;
/** The issuer that also spells itself without scheme: https://developers.google.com/identity/openid-connect/reference */
const GOOGLE = 'https://accounts.google.com';

/** What one sign-in must find again in its answer. */
export interface Attempt {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** Three secrets of 256 bits, base64url. */
export function newAttempt(): Attempt {
  return {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    codeVerifier: oauth.generateRandomCodeVerifier(),
  };
}

/** Never `consent`: whoever has agreed once is not asked again. */
export type Prompt = 'none' | 'select_account';

/**
 * Where to send the browser.
 *
 * @param hints.prompt left out: Google shows what it needs to
 * @param hints.loginHint an address or id that Google may preselect; it decides nothing
 * @throws {OpenIdError} `unavailable`
 */
export async function authorizationUrl(
  ports: OpenIdPorts,
  attempt: Attempt,
  hints: { prompt: Prompt | null; loginHint: string | null },
): Promise<URL> {
  const provider = await readProvider(ports);
  const url = new URL(provider.authorization_endpoint);
  const parameters = {
    client_id: ports.client.clientId,
    redirect_uri: ports.client.redirectUri,
    response_type: 'code',
    scope: SCOPE,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(attempt.codeVerifier),
    code_challenge_method: 'S256',
    // Shapes Google's account chooser and enforces nothing.
    hd: '*',
    ...(hints.prompt === null ? {} : { prompt: hints.prompt }),
    ...(hints.loginHint === null ? {} : { login_hint: hints.loginHint }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** Statuses that say nothing about the question: a stumble, a limit, or a detour to a page for people. */
const isBusy = (status: number) =>
  status >= 500 || status === 408 || status === 429 || (status >= 300 && status < 400);

function toOpenIdError(error: unknown): OpenIdError {
  if (error instanceof OpenIdError) return error;
  if (error instanceof oauth.AuthorizationResponseError) {
    return new OpenIdError('refused-by-google', errorWord(error.error));
  }
  if (error instanceof oauth.ResponseBodyError) {
    const code = errorWord(error.error);
    if (isBusy(error.status)) return new OpenIdError('unavailable', code);
    // A used, foreign or expired code is the caller's; anything else is our registration.
    return new OpenIdError(code === 'invalid_grant' ? 'not-believable' : 'misconfigured', code);
  }
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return new OpenIdError('misconfigured', 'client-authentication');
  }
  if (error instanceof oauth.OperationProcessingError) {
    const cause = error.cause as { status?: unknown } | undefined;
    const isOutage = typeof cause?.status === 'number' && isBusy(cause.status);
    return new OpenIdError(isOutage ? 'unavailable' : 'not-believable', libraryCode(error.code));
  }
  if (error instanceof oauth.UnsupportedOperationError) {
    return new OpenIdError('not-believable', libraryCode(error.code));
  }
  // What fetch throws.
  return new OpenIdError('unavailable', 'token-endpoint-unreachable');
}

/**
 * Judges a callback and redeems its code for the claims of a verified ID token.
 *
 * @param parameters the callback's query
 * @throws {OpenIdError}
 */
export async function redeemCallback(
  ports: OpenIdPorts,
  parameters: URLSearchParams,
  attempt: Attempt,
): Promise<IdTokenClaims> {
  const provider = await readProvider(ports);
  const { clientId, clientSecret, redirectUri, issuer } = ports.client;
  const issuers: Issuers = issuer === GOOGLE ? [GOOGLE, new URL(GOOGLE).host] : [issuer];
  const client: oauth.Client = {
    client_id: clientId,
    id_token_signed_response_alg: 'RS256',
    [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
    // Zero but for a clock that is held.
    [oauth.clockSkew]: Math.round((ports.nowMs() - Date.now()) / 1000),
  };
  try {
    const callback = oauth.validateAuthResponse(provider, client, parameters, attempt.state);
    const response = await oauth.authorizationCodeGrantRequest(
      provider,
      client,
      oauth.ClientSecretPost(clientSecret),
      callback,
      redirectUri,
      attempt.codeVerifier,
      requestOptions(ports),
    );
    const spelled = { ...provider, issuer: await issuerSpelling(response.clone(), issuers) };
    const result = await oauth.processAuthorizationCodeResponse(spelled, client, response, {
      expectedNonce: attempt.nonce,
      requireIdToken: true,
    });
    return await verifyIdToken(ports, provider, {
      idToken: result.id_token ?? '',
      accessToken: result.access_token,
      issuers,
      clockToleranceSeconds: CLOCK_TOLERANCE_SECONDS,
    });
  } catch (error) {
    throw toOpenIdError(error);
  }
}
