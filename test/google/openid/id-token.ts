// ID tokens as Google makes them (facts 6.4): which claims somebody has, and the signature.
import { base64url, type JWK, SignJWT } from 'jose';
import type { Account } from './accounts.ts';

const ID_TOKEN_SECONDS = 3600;

/** Everything that an honest ID token is made of. */
export interface HonestToken {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  /** The private key that signs now. */
  key: CryptoKey;
  accessToken: string;
  publicJwk: JWK;
}

export interface TokenSubject {
  issuer: string;
  clientId: string;
  account: Account;
  scopes: readonly string[];
  accessToken: string;
  nonce: string | null;
  nowMs: number;
}

export async function idTokenClaims(subject: TokenSubject): Promise<Record<string, unknown>> {
  const { issuer, clientId, account, scopes, accessToken, nonce, nowMs } = subject;
  const now = Math.floor(nowMs / 1000);
  return {
    iss: issuer,
    azp: clientId,
    aud: clientId,
    sub: account.id,
    ...(account.hd !== null && { hd: account.hd }),
    ...profileClaims(account, scopes),
    at_hash: await accessTokenHash(accessToken),
    ...(nonce !== null && { nonce }),
    iat: now,
    exp: now + ID_TOKEN_SECONDS,
  };
}

/** What the scopes let an app know about somebody; the userinfo endpoint says the same. */
export function profileClaims(
  { email, name, givenName, familyName, picture }: Account,
  scopes: readonly string[],
): Record<string, unknown> {
  const profile = {
    name,
    ...(picture !== null && { picture }),
    ...(givenName !== '' && { given_name: givenName }),
    ...(familyName !== '' && { family_name: familyName }),
  };
  return {
    ...(scopes.includes('email') && { email, email_verified: true }),
    ...(scopes.includes('profile') && profile),
  };
}

export function signIdToken({ header, claims, key }: HonestToken): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ ...header, alg: 'RS256' }).sign(key);
}

async function accessTokenHash(accessToken: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(accessToken));
  return base64url.encode(new Uint8Array(digest).slice(0, 16));
}
