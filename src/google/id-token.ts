// The checks of an ID token that oauth4webapi leaves to its callers: the signature, `azp` even with one audience,
// `at_hash`, an `iat` in the future, and both spellings of Google's `iss`. Then what the token says, in types of ours.
// OpenID Connect Core 1.0 sections 3.1.3.7 and 3.1.3.8; https://developers.google.com/identity/openid-connect/openid-connect#validatinganidtoken
import { base64url, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { libraryCode, OpenIdError } from './openid-errors.ts';
import { type OpenIdPorts, type Provider, providerKeys } from './openid-provider.ts';
import { USER_ID_PATTERN } from './user.ts';

export interface IdTokenClaims {
  /** Google's immutable user id, the same as the Directory's. */
  sub: string;
  /** The Workspace domain, in lower case; `null` for a consumer account, whatever its address. */
  hostedDomain: string | null;
  isEmailVerified: boolean;
}

/** The spellings of one issuer that count; the first is that of its discovery document. */
export type Issuers = readonly [string, ...string[]];

/**
 * Which of the accepted spellings a token endpoint's answer uses, unverified: oauth4webapi compares with one. The
 * first where it uses none, so that the comparison fails.
 */
export async function issuerSpelling(response: Response, issuers: Issuers): Promise<string> {
  try {
    const { id_token } = (await response.json()) as { id_token: string };
    return issuers.find((one) => one === decodeJwt(id_token).iss) ?? issuers[0];
  } catch {
    // Not a token, or none at all: whoever reads the answer next says so.
    return issuers[0];
  }
}

const refuse = (code: string) => new OpenIdError('not-believable', code);

/** The left half of the access token's SHA-256, base64url. */
async function accessTokenHash(accessToken: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
  return base64url.encode(new Uint8Array(bytes, 0, 16));
}

async function verifySignature(
  ports: OpenIdPorts,
  provider: Provider,
  token: { idToken: string; issuers: Issuers; clockToleranceSeconds: number },
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token.idToken, providerKeys(ports, provider), {
      algorithms: ['RS256'],
      audience: ports.client.clientId,
      issuer: [...token.issuers],
      currentDate: new Date(ports.nowMs()),
      clockTolerance: token.clockToleranceSeconds,
      requiredClaims: ['sub', 'aud', 'iss', 'exp', 'iat', 'nonce'],
    });
    return payload;
  } catch (error) {
    if (error instanceof OpenIdError) throw error;
    throw refuse(
      error instanceof errors.JOSEError
        ? `id-token-${libraryCode(error.code)}`
        : 'id-token-invalid',
    );
  }
}

/**
 * Verifies an ID token that came from the token endpoint.
 *
 * @param token.issuers the spellings of the issuer that count
 * @throws {OpenIdError} `not-believable`, or `unavailable` while Google's keys can't be read
 */
export async function verifyIdToken(
  ports: OpenIdPorts,
  provider: Provider,
  token: {
    idToken: string;
    accessToken: string;
    issuers: Issuers;
    clockToleranceSeconds: number;
  },
): Promise<IdTokenClaims> {
  const claims = await verifySignature(ports, provider, token);
  const { azp, at_hash, iat, sub, hd, email_verified } = claims;
  // Neither jose nor oauth4webapi minds a token from tomorrow.
  const latest = ports.nowMs() / 1000 + token.clockToleranceSeconds;
  if (iat === undefined || iat > latest) throw refuse('id-token-iat');
  if (Array.isArray(claims.aud) && claims.aud.length !== 1) throw refuse('id-token-audiences');
  if (azp !== undefined && azp !== ports.client.clientId) throw refuse('id-token-azp');
  if (at_hash !== undefined && at_hash !== (await accessTokenHash(token.accessToken))) {
    throw refuse('id-token-at-hash');
  }
  if (sub === undefined || !USER_ID_PATTERN.test(sub)) throw refuse('id-token-sub');
  return {
    sub,
    hostedDomain: typeof hd === 'string' && hd !== '' ? hd.toLowerCase() : null,
    isEmailVerified: email_verified === true,
  };
}
