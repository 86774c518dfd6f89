// Judges the assertion of a JWT-bearer token request, in the order recorded against the live
// service (facts 5.3): structure, signature and algorithm, account, presence of iat and exp, time
// window, empty scope, audience. Then what 5.4 adds: condition of the account, subject, delegation.
import { base64url, compactVerify } from 'jose';
import type { ServiceAccount, ServiceAccounts } from './service-accounts.ts';
import type { Workspace } from './workspace.ts';

/** Google names no figure; test doubles assume this much clock skew. */
const CLOCK_SKEW_SECONDS = 300;
const LONGEST_LIFE_SECONDS = 3600;
const AUDIENCES = [
  'https://oauth2.googleapis.com/token',
  'https://www.googleapis.com/oauth2/v4/token',
  'https://accounts.google.com/o/oauth2/token',
];

/** Scopes that exist. Anything else gives the odd answer without an access token. */
const KNOWN_SCOPE =
  /^(openid|email|profile|https:\/\/www\.googleapis\.com\/auth\/(cloud-platform|userinfo\.(email|profile)|admin\.(directory\.(customer|domain|group|group\.member|orgunit|rolemanagement|user|user\.alias|userschema)(\.readonly)?|directory\.user\.security|reports\.(audit|usage)\.readonly)))$/;

export interface TokenRefusal {
  status: number;
  error: string;
  description: string;
}

export type AssertionVerdict =
  | { kind: 'refused'; refusal: TokenRefusal }
  | { kind: 'id-token-only'; account: ServiceAccount; scope: string }
  | { kind: 'granted'; account: ServiceAccount; subjectId: string | null; scopes: string[] };

interface Judges {
  accounts: ServiceAccounts;
  workspace: Workspace;
  nowMs: number;
  /** The URL at which this fake itself was asked. */
  ownTokenUrls: string[];
}

export async function judgeAssertion(
  assertion: string,
  { accounts, workspace, nowMs, ownTokenUrls }: Judges,
): Promise<AssertionVerdict> {
  const decoded = decode(assertion);
  if (!decoded) return refused(400, 'invalid_request', 'Bad Request');
  const { header, claims } = decoded;

  if (header['alg'] !== 'RS256') return refusedGrant('Invalid JWT Signature.');
  const account = accounts.find(claims['iss']);
  if (!account) {
    const isKnownAsElse = accounts.isClientId(claims['iss']) || isUser(workspace, claims['iss']);
    return isKnownAsElse
      ? refusedGrant('Invalid JWT: No valid verifier found for issuer.')
      : refusedGrant('Invalid grant: account not found');
  }
  if (!(await isSignedBy(assertion, await accounts.verifiers(account, header['kid'])))) {
    return refusedGrant('Invalid JWT Signature.');
  }

  const [iat, exp] = [seconds(claims['iat']), seconds(claims['exp'])];
  if (iat === null) return refusedGrant('Invalid JWT: iat (issued at) is not set.');
  if (exp === null) return refusedGrant('Invalid JWT: exp (expiration time) is not set.');
  if (!isInWindow(iat, exp, nowMs / 1000)) {
    return refusedGrant(
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. ' +
        'Check your iat and exp values in the JWT claim.',
    );
  }
  const scopes = typeof claims['scope'] === 'string' ? words(claims['scope']) : [];
  if (scopes.length === 0) {
    return refused(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  }
  if (![...AUDIENCES, ...ownTokenUrls].includes(String(claims['aud']))) {
    return refusedGrant('Invalid JWT: Failed audience check.');
  }
  if (!scopes.every((scope) => KNOWN_SCOPE.test(scope))) {
    return { kind: 'id-token-only', account, scope: String(claims['scope']) };
  }
  return judgeDelegation(account, claims['sub'], scopes, workspace);
}

function judgeDelegation(
  account: ServiceAccount,
  sub: unknown,
  scopes: string[],
  workspace: Workspace,
): AssertionVerdict {
  if (account.condition === 'disabled') {
    return refused(401, 'disabled_client', 'The OAuth client was disabled.');
  }
  if (account.condition === 'deleted') {
    return refused(401, 'deleted_client', 'The OAuth client was deleted.');
  }
  if (account.condition === 'blocked') {
    return refused(400, 'access_denied', 'Requested client not authorized.');
  }
  if (sub === undefined || sub === '') return { kind: 'granted', account, subjectId: null, scopes };
  if (typeof sub !== 'string' || !/^([^@\s]+@[^@\s]+|\d+)$/.test(sub)) {
    return refused(400, 'invalid_request', 'Invalid impersonation "sub" field: not an address');
  }
  const standing = workspace.store.standing(sub);
  if (standing === 'deleted') return refusedGrant('The account has been deleted');
  if (standing === 'gone') {
    return refused(400, 'invalid_request', 'Invalid impersonation prn email address.');
  }
  const user = workspace.find(sub);
  if (!user || user.suspended || user.archived) {
    return refusedGrant(user ? 'Invalid email or User ID' : 'Not a valid email or user ID.');
  }
  if (!scopes.every((scope) => account.delegatedScopes.includes(scope))) {
    return refused(
      401,
      'unauthorized_client',
      'Client is unauthorized to retrieve access tokens using this method, or client not ' +
        'authorized for any of the scopes requested.',
    );
  }
  return { kind: 'granted', account, subjectId: user.id, scopes };
}

function decode(assertion: string) {
  const [head, body, signature, ...rest] = assertion.split('.');
  if (!head || !body || signature === undefined || rest.length > 0) return null;
  const [header, claims] = [parsePart(head), parsePart(body)];
  return header && claims ? { header, claims } : null;
}

function parsePart(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(base64url.decode(part)));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    // Not base64url, not UTF-8 or not JSON: not decodable, which is all the caller asks.
    return null;
  }
}

type Verifier = Awaited<ReturnType<ServiceAccounts['verifiers']>>[number];

async function isSignedBy(assertion: string, keys: Verifier[]): Promise<boolean> {
  for (const key of keys) {
    try {
      await compactVerify(assertion, key, { algorithms: ['RS256'] });
      return true;
    } catch {
      // This key did not sign it; perhaps the next one did.
    }
  }
  return false;
}

/** Digit strings are accepted, as the live service does. */
function seconds(value: unknown): number | null {
  if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function isInWindow(iat: number, exp: number, now: number): boolean {
  const isShort = exp - iat <= LONGEST_LIFE_SECONDS && exp > iat;
  return isShort && iat <= now + CLOCK_SKEW_SECONDS && exp > now - CLOCK_SKEW_SECONDS;
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function isUser(workspace: Workspace, text: unknown): boolean {
  return typeof text === 'string' && workspace.find(text) !== undefined;
}

function refused(status: number, error: string, description: string): AssertionVerdict {
  return { kind: 'refused', refusal: { status, error, description } };
}

function refusedGrant(description: string): AssertionVerdict {
  return refused(400, 'invalid_grant', description);
}
