// What the token endpoint refuses → a code and a sentence of advice. The rows are Google's answers as
// they were recorded in 2026.
import { describe, expect, test } from 'vitest';
import { isCredentialFailure } from '../../src/google/errors.ts';
import { tokenError, tokenMissing } from '../../src/google/token-errors.ts';

interface Row {
  code: string;
  status: number;
  error: string;
  description: string;
  /** A word that the advice must hold. */
  advice: string;
  /** Whether the next admin of GOOGLE_ADMIN_EMAIL is worth a try. */
  nextAdmin: boolean;
}

const rows: readonly Row[] = [
  {
    code: 'token-grant-type',
    status: 400,
    error: 'unsupported_grant_type',
    description: 'Invalid grant_type: ',
    advice: 'token_uri',
    nextAdmin: false,
  },
  {
    code: 'token-assertion',
    status: 400,
    error: 'invalid_request',
    description: 'Bad Request',
    advice: 'whole key file',
    nextAdmin: true,
  },
  {
    code: 'token-signature',
    status: 400,
    error: 'invalid_grant',
    description: 'Invalid JWT Signature.',
    advice: 'create a new JSON key',
    nextAdmin: true,
  },
  {
    code: 'token-account-not-found',
    status: 400,
    error: 'invalid_grant',
    description: 'Invalid grant: account not found',
    advice: 'does not know the service account',
    nextAdmin: true,
  },
  {
    code: 'token-claims-missing',
    status: 400,
    error: 'invalid_grant',
    description: 'Invalid JWT: iat (issued at) is not set.',
    advice: 'alters requests',
    nextAdmin: true,
  },
  {
    code: 'token-claims-missing',
    status: 400,
    error: 'invalid_grant',
    description: 'Invalid JWT: exp (expiration time) is not set.',
    advice: 'alters requests',
    nextAdmin: true,
  },
  {
    code: 'token-lifetime',
    status: 400,
    error: 'invalid_grant',
    description:
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
    advice: 'clock',
    nextAdmin: true,
  },
  {
    code: 'token-scope',
    status: 400,
    error: 'invalid_scope',
    description: 'Invalid OAuth scope or ID token audience provided.',
    advice: 'scope',
    nextAdmin: false,
  },
  {
    code: 'token-audience',
    status: 400,
    error: 'invalid_grant',
    description: 'Invalid JWT: Failed audience check.',
    advice: 'token_uri',
    nextAdmin: true,
  },
  {
    code: 'token-audience',
    status: 400,
    error: 'invalid_grant',
    description:
      'Invalid JWT: Failed audience check. The right audience is https://oauth2.googleapis.com/token',
    advice: 'token_uri',
    nextAdmin: true,
  },
  {
    code: 'token-delegation',
    status: 401,
    error: 'unauthorized_client',
    description:
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.',
    advice: 'Domain-wide delegation',
    nextAdmin: false,
  },
  {
    code: 'token-delegation',
    status: 401,
    error: 'unauthorized_client',
    description: 'Unauthorized client or scope in request.',
    advice: 'numeric client_id',
    nextAdmin: false,
  },
  {
    code: 'token-admin-unknown',
    status: 400,
    error: 'invalid_grant',
    description: 'Invalid email or User ID',
    advice: 'active admin',
    nextAdmin: true,
  },
  {
    code: 'token-admin-unknown',
    status: 400,
    error: 'invalid_grant',
    description: 'Not a valid email or user ID.',
    advice: 'active admin',
    nextAdmin: true,
  },
  {
    code: 'token-admin-deleted',
    status: 400,
    error: 'invalid_grant',
    description: 'The account has been deleted',
    advice: 'another admin',
    nextAdmin: true,
  },
  {
    code: 'token-admin-malformed',
    status: 400,
    error: 'invalid_request',
    description: 'Invalid impersonation "sub" field: not an address',
    advice: 'active admin',
    nextAdmin: true,
  },
  {
    code: 'token-admin-malformed',
    status: 400,
    error: 'invalid_request',
    description: 'Invalid impersonation prn email address.',
    advice: 'active admin',
    nextAdmin: true,
  },
  {
    code: 'token-issuer',
    status: 400,
    error: 'invalid_grant',
    description: 'Invalid JWT: No valid verifier found for issuer.',
    advice: 'service-account key',
    nextAdmin: true,
  },
  {
    code: 'token-access-denied',
    status: 400,
    error: 'access_denied',
    description: 'Requested client not authorized',
    advice: 'App access control',
    nextAdmin: false,
  },
  {
    code: 'token-access-denied',
    status: 403,
    error: 'access_denied',
    description: 'Account restricted',
    advice: 'App access control',
    nextAdmin: false,
  },
  {
    code: 'token-client-disabled',
    status: 401,
    error: 'disabled_client',
    description: 'The OAuth client was disabled.',
    advice: 'enable it',
    nextAdmin: false,
  },
  {
    code: 'token-client-deleted',
    status: 401,
    error: 'deleted_client',
    description: 'The OAuth client was deleted.',
    advice: 'restore it',
    nextAdmin: false,
  },
  {
    code: 'token-client-invalid',
    status: 401,
    error: 'invalid_client',
    description: 'The OAuth client was not found.',
    advice: 'exists and is enabled',
    nextAdmin: false,
  },
  {
    code: 'token-admin-policy',
    status: 400,
    error: 'admin_policy_enforced',
    description: '',
    advice: 'policy',
    nextAdmin: false,
  },
  {
    code: 'token-org-internal',
    status: 403,
    error: 'org_internal',
    description: '',
    advice: 'another organisation',
    nextAdmin: false,
  },
  {
    code: 'token-invalid-account',
    status: 400,
    error: 'invalid_account',
    description: 'Forbidden',
    advice: 'another admin',
    nextAdmin: true,
  },
  {
    code: 'token-invalid-grant',
    status: 400,
    error: 'invalid_grant',
    description: 'Words that Google has not used yet',
    advice: 'GOOGLE_ADMIN_EMAIL',
    nextAdmin: true,
  },
];

describe('a refusal of the token endpoint', () => {
  test.each(rows)('$error "$description" is $code, with what to do', (row) => {
    const body = { error: row.error, error_description: row.description };
    const { failure, mayBeSubject } = tokenError(row.status, body, undefined);

    expect(failure).toMatchObject({ code: row.code, status: row.status, retryable: false });
    expect(failure.remedy).toContain(row.advice);
    expect(failure.remedy).toMatch(/^[A-Z].{20,}\.$/s);
    expect(mayBeSubject).toBe(row.nextAdmin);
    expect(isCredentialFailure(failure)).toBe(true);
  });

  test('never repeats Google’s words in its message, which may hold an address', () => {
    const body = {
      error: 'invalid_grant',
      error_description: 'Not a valid email: ana@example.test',
    };
    const { failure } = tokenError(400, body, undefined);

    expect(`${failure.message} ${failure.remedy}`).not.toContain('ana@example.test');
  });

  test('unknown in every way is still an error of its own', () => {
    for (const body of [undefined, null, 'Forbidden', {}, { error: 7 }, { error: 'new_word' }]) {
      const { failure, mayBeSubject } = tokenError(403, body, undefined);
      expect(failure).toMatchObject({ code: 'token-refused', status: 403, retryable: false });
      expect(mayBeSubject).toBe(false);
    }
  });
});

describe('a stumble of the token endpoint is repeated', () => {
  test.each([
    { status: 408, body: undefined },
    { status: 429, body: { error: 'rate_limit_exceeded' } },
    { status: 500, body: { error: 'internal_failure', error_description: 'Backend Error' } },
    { status: 500, body: undefined },
    { status: 502, body: undefined },
    { status: 503, body: { error: 'temporarily_unavailable' } },
    { status: 504, body: undefined },
    { status: 400, body: { error: 'internal_failure', error_description: 'Backend Error' } },
    { status: 400, body: { error: 'server_error' } },
    { status: 400, body: { error: 'temporarily_unavailable' } },
  ])('$status $body.error', ({ status, body }) => {
    const { failure, mayBeSubject } = tokenError(status, body, 17);

    expect(failure).toMatchObject({
      code: 'token-temporary',
      status,
      retryable: true,
      retryAfterSeconds: 17,
    });
    expect(mayBeSubject).toBe(false);
    expect(isCredentialFailure(failure)).toBe(false);
  });
});

test('a 200 without an access token is an error that time does not cure', () => {
  expect(tokenMissing()).toMatchObject({ code: 'token-missing', status: 200, retryable: false });
  expect(isCredentialFailure(tokenMissing())).toBe(true);
});
