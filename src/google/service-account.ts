// Access tokens for a service account that acts as an admin (domain-wide delegation, RFC 7523).
// https://developers.google.com/identity/protocols/oauth2/service-account#httprest
import { importPKCS8, SignJWT } from 'jose';
import { GoogleApiError, isCredentialFailure } from './errors.ts';
import { exchange, type Fetch } from './http.ts';
import { tokenError, tokenMissing } from './token-errors.ts';

/** The one scope that reading, watching and stopping need. */
export const DIRECTORY_SCOPE = 'https://www.googleapis.com/auth/admin.directory.user.readonly';

/** What is used of a downloaded key file. */
export interface ServiceAccountKey {
  clientEmail: string;
  /** Numeric: what the Admin console wants for domain-wide delegation. Every key file has it; ours may be cut short. */
  clientId: string | null;
  /** Of the Google Cloud project, for links into its console; `null` in a key file that was cut short. */
  projectId: string | null;
  privateKeyId: string;
  /** PKCS#8 PEM. */
  privateKey: string;
  tokenUri: string;
}

export interface AccessToken {
  value: string;
  /** The admin it acts as. */
  subject: string;
  issuedMs: number;
}

export interface TokenSource {
  /**
   * A token for the first admin of the list who is not gone, or for just `subject` if one is named.
   *
   * @throws {GoogleApiError} a `token-*` code; that of the first admin if all of them are refused
   */
  accessToken(subject?: string): Promise<AccessToken>;
  /** Forgets a token that the API refused. */
  forget(token: AccessToken): void;
}

const ASSERTION_LIFETIME_SECONDS = 3600;
// Guards against a clock that runs ahead of Google's, which refuses an `iat` in the future.
const BACKDATED_SECONDS = 30;
// google-auth-library for Node refreshes five minutes before the end as well.
const REFRESH_BEFORE_MS = 5 * 60_000;
// An admin who was refused is not asked about at every call; one who comes back is found soon enough.
const SUBJECT_GONE_FOR_MS = 5 * 60_000;
const TIMEOUT_MS = 8_000;
const MAX_BYTES = 64 * 1024;
const MAX_CACHED = 1_000;

// Lives as long as the isolate. Only values are kept, never a promise: a fetch that another request began
// may never settle for this one.
const tokens = new Map<string, { value: string; issuedMs: number; expiresAtMs: number }>();
const goneUntilMs = new Map<string, number>();

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= MAX_CACHED) map.clear();
  map.set(key, value);
}

/** Reads the private key. @throws {GoogleApiError} `token-key` for a key that is damaged or not RSA */
export async function importSigningKey({ privateKey }: ServiceAccountKey): Promise<CryptoKey> {
  try {
    return await importPKCS8(privateKey, 'RS256');
  } catch {
    // The error's words may hold a part of the key.
    throw new GoogleApiError({
      code: 'token-key',
      status: 0,
      retryable: false,
      remedy:
        'The private key in GOOGLE_SERVICE_ACCOUNT_KEY is damaged or not RSA: set the whole key file again.',
    });
  }
}

export interface Grant {
  key: ServiceAccountKey;
  /** The admin to act as; `null` for the service account itself, which needs no delegation. */
  subject: string | null;
  scopes: readonly string[];
  fetch: Fetch;
  nowMs: () => number;
}

/**
 * Asks the token endpoint once, and keeps nothing.
 *
 * @param onSubjectGone called before a refusal is thrown that may mean that this subject is gone
 * @returns the token, and how long it lives in milliseconds
 * @throws {GoogleApiError} a `token-*` code
 */
export async function exchangeAssertion(
  { key, subject, scopes, fetch, nowMs }: Grant,
  onSubjectGone: () => void = () => {},
): Promise<{ token: string; lifetimeMs: number }> {
  const issuedAtSeconds = Math.floor(nowMs() / 1000) - BACKDATED_SECONDS;
  const assertion = new SignJWT({ scope: scopes.join(' ') })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.privateKeyId })
    .setIssuer(key.clientEmail)
    .setAudience(key.tokenUri)
    .setIssuedAt(issuedAtSeconds)
    .setExpirationTime(issuedAtSeconds + ASSERTION_LIFETIME_SECONDS);
  if (subject !== null) assertion.setSubject(subject);
  const answer = await exchange(
    fetch,
    new Request(key.tokenUri, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: await assertion.sign(await importSigningKey(key)),
      }),
    }),
    { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, nowMs },
  );
  if (answer.status !== 200) {
    const { failure, mayBeSubject } = tokenError(
      answer.status,
      answer.body,
      answer.retryAfterSeconds,
    );
    if (mayBeSubject) onSubjectGone();
    throw failure;
  }
  const { access_token: token, expires_in: lifetime } = (answer.body ?? {}) as Record<
    string,
    unknown
  >;
  // Only what a header takes is a token.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw tokenMissing();
  const lifetimeMs = (typeof lifetime === 'number' && lifetime > 0 ? lifetime : 3599) * 1000;
  return { token, lifetimeMs };
}

/** @param nowMs the clock; @param fetch how requests leave */
export function createTokenSource(options: {
  key: ServiceAccountKey;
  admins: readonly string[];
  scopes: readonly string[];
  fetch: Fetch;
  nowMs: () => number;
}): TokenSource {
  const { key, admins, scopes, fetch, nowMs } = options;
  // Six looks that start together share one exchange; the promise does not outlive this event.
  const underWay = new Map<string, Promise<AccessToken>>();

  const cacheKey = (subject: string) =>
    JSON.stringify([key.tokenUri, key.clientEmail, key.privateKeyId, subject, scopes]);

  async function request(subject: string): Promise<AccessToken> {
    const { token, lifetimeMs } = await exchangeAssertion(
      { key, subject, scopes, fetch, nowMs },
      () => remember(goneUntilMs, cacheKey(subject), nowMs() + SUBJECT_GONE_FOR_MS),
    );
    const issuedMs = nowMs();
    const expiresAtMs = issuedMs + lifetimeMs;
    remember(tokens, cacheKey(subject), { value: token, issuedMs, expiresAtMs });
    return { value: token, subject, issuedMs };
  }

  function tokenFor(subject: string): Promise<AccessToken> {
    const cached = tokens.get(cacheKey(subject));
    if (cached && nowMs() < cached.expiresAtMs - REFRESH_BEFORE_MS) {
      return Promise.resolve({ value: cached.value, subject, issuedMs: cached.issuedMs });
    }
    const running =
      underWay.get(subject) ?? request(subject).finally(() => underWay.delete(subject));
    underWay.set(subject, running);
    return running;
  }

  async function accessToken(subject?: string): Promise<AccessToken> {
    if (subject !== undefined) return tokenFor(subject);
    const present = admins.filter((admin) => (goneUntilMs.get(cacheKey(admin)) ?? 0) <= nowMs());
    let first: GoogleApiError | undefined;
    for (const admin of present.length > 0 ? present : admins) {
      try {
        return await tokenFor(admin);
      } catch (error) {
        // Only a refusal that names no cure by waiting makes the next admin worth a try.
        if (!(error instanceof GoogleApiError) || !isCredentialFailure(error)) throw error;
        first ??= error;
        if (!goneUntilMs.has(cacheKey(admin))) throw error;
      }
    }
    throw first ?? tokenMissing();
  }

  return {
    accessToken,
    forget(token) {
      if (tokens.get(cacheKey(token.subject))?.value === token.value)
        tokens.delete(cacheKey(token.subject));
    },
  };
}
