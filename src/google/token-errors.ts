// What Google's token endpoint refuses, told apart as far as it lets one, each with what to do.
// `error` and the HTTP status decide behaviour; the description only refines the name and the advice.
// Rows: google's answers as recorded in 2026, https://developers.google.com/identity/protocols/oauth2/service-account#error-codes
import { GoogleApiError } from './errors.ts';

interface TokenFailure {
  code: string;
  error: string;
  /** Refines rows that share one `error`; a row without it is that error's default and stands last. */
  description?: RegExp;
  remedy: string;
}

const TOKEN_FAILURES: readonly TokenFailure[] = [
  {
    code: 'token-grant-type',
    error: 'unsupported_grant_type',
    remedy:
      'The token endpoint does not take service-account assertions: check `token_uri` in GOOGLE_SERVICE_ACCOUNT_KEY.',
  },
  {
    code: 'token-signature',
    error: 'invalid_grant',
    description: /jwt signature/i,
    remedy:
      'The service-account key was deleted, disabled or has expired: create a new JSON key and set GOOGLE_SERVICE_ACCOUNT_KEY.',
  },
  {
    code: 'token-account-not-found',
    error: 'invalid_grant',
    description: /account not found/i,
    remedy:
      'Google does not know the service account of GOOGLE_SERVICE_ACCOUNT_KEY: it was deleted; create another with a new key.',
  },
  {
    code: 'token-claims-missing',
    error: 'invalid_grant',
    description: /is not set/i,
    remedy:
      'Google misses a date in our assertion: something between the worker and `token_uri` alters requests.',
  },
  {
    code: 'token-lifetime',
    error: 'invalid_grant',
    description: /short-lived|reasonable timeframe|iat|exp\b/i,
    remedy:
      'Google finds our assertion outside its time window: the clock of the machine that runs the worker is wrong.',
  },
  {
    code: 'token-audience',
    error: 'invalid_grant',
    description: /audience/i,
    remedy:
      'Google expects another audience: restore `token_uri` in GOOGLE_SERVICE_ACCOUNT_KEY to what the downloaded key file says.',
  },
  {
    code: 'token-issuer',
    error: 'invalid_grant',
    description: /verifier/i,
    remedy:
      'The key in GOOGLE_SERVICE_ACCOUNT_KEY is not one of a service account: download a service-account key, type JSON.',
  },
  {
    code: 'token-admin-deleted',
    error: 'invalid_grant',
    description: /deleted/i,
    remedy: 'The admin of GOOGLE_ADMIN_EMAIL has been deleted: name another admin.',
  },
  {
    code: 'token-admin-unknown',
    error: 'invalid_grant',
    description: /email|user id/i,
    remedy:
      'The admin of GOOGLE_ADMIN_EMAIL is unknown or suspended: name an active admin of this organisation.',
  },
  {
    code: 'token-invalid-grant',
    error: 'invalid_grant',
    remedy:
      'Google refuses the grant: check GOOGLE_ADMIN_EMAIL, then create a new service-account key.',
  },
  {
    code: 'token-scope',
    error: 'invalid_scope',
    remedy:
      'Google refuses the scope that was asked for: this version of Rollcall and Google disagree; please report it.',
  },
  {
    code: 'token-admin-malformed',
    error: 'invalid_request',
    description: /impersonation|prn|email/i,
    remedy:
      'GOOGLE_ADMIN_EMAIL is not an address Google can impersonate, or that admin is long gone: name an active admin.',
  },
  {
    code: 'token-assertion',
    error: 'invalid_request',
    remedy:
      'Google could not read our assertion: check that GOOGLE_SERVICE_ACCOUNT_KEY is the whole key file.',
  },
  {
    code: 'token-delegation',
    error: 'unauthorized_client',
    remedy:
      'Domain-wide delegation is missing: Admin console > Security > API controls > Domain-wide delegation, add the numeric client_id of the key file (not its address) with the scope https://www.googleapis.com/auth/admin.directory.user.readonly. It may take minutes, at most 24 hours, to spread.',
  },
  {
    code: 'token-access-denied',
    error: 'access_denied',
    remedy:
      'An admin control blocks this client or scope: allow it in the Admin console, Security > API controls > App access control.',
  },
  {
    code: 'token-client-disabled',
    error: 'disabled_client',
    remedy: 'The service account or its Cloud project is disabled: enable it.',
  },
  {
    code: 'token-client-deleted',
    error: 'deleted_client',
    remedy: 'The service account or its Cloud project was deleted: restore it or create another.',
  },
  {
    code: 'token-client-invalid',
    error: 'invalid_client',
    remedy:
      'Google does not accept the service account as a client: check that it exists and is enabled.',
  },
  {
    code: 'token-admin-policy',
    error: 'admin_policy_enforced',
    remedy:
      'A policy of the organisation blocks this scope: an admin must allow it in the Admin console, Security > API controls.',
  },
  {
    code: 'token-org-internal',
    error: 'org_internal',
    remedy:
      'The client is limited to another organisation: use a service account of a project that may serve this one.',
  },
  {
    code: 'token-invalid-account',
    error: 'invalid_account',
    remedy: 'The impersonated account can’t be used: name another admin in GOOGLE_ADMIN_EMAIL.',
  },
];

/** What to do about an error code, for whoever has only the code left: one sentence for the operator. */
export function remedyOf(code: string): string {
  const row = TOKEN_FAILURES.find((one) => one.code === code);
  return row?.remedy ?? new GoogleApiError({ code, status: 0, retryable: false }).remedy;
}

// Google's own libraries repeat the call on these: google-auth-library, gaxios retry settings.
const RETRYABLE_ERRORS: ReadonlySet<string> = new Set([
  'internal_failure',
  'server_error',
  'temporarily_unavailable',
]);
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** `error` values that can mean that this admin is gone, so that the next one is worth a try. */
const SUBJECT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_grant',
  'invalid_request',
  'invalid_account',
]);

/** An unsuccessful answer of the token endpoint; `body` is its JSON, `undefined` for anything else. */
export function tokenError(
  status: number,
  body: unknown,
  retryAfterSeconds: number | undefined,
): { failure: GoogleApiError; mayBeSubject: boolean } {
  const { error, error_description: description } = (body ?? {}) as Record<string, unknown>;
  const name = typeof error === 'string' ? error : '';
  const words = typeof description === 'string' ? description : '';
  const retryable = RETRYABLE_STATUSES.has(status) || RETRYABLE_ERRORS.has(name);
  const row = TOKEN_FAILURES.find((r) => r.error === name && (r.description?.test(words) ?? true));
  const failure = new GoogleApiError({
    code: row?.code ?? (retryable ? 'token-temporary' : 'token-refused'),
    status,
    retryable,
    retryAfterSeconds,
    remedy:
      row?.remedy ??
      (retryable
        ? 'Google’s token endpoint stumbled; the call is repeated.'
        : 'Google’s token endpoint refused in a way not known here: check `token_uri` in GOOGLE_SERVICE_ACCOUNT_KEY.'),
  });
  return { failure, mayBeSubject: !retryable && SUBJECT_ERRORS.has(name) };
}

/** A 200 without an `access_token` that is one: seen when a scope is unknown to Google, even one among valid ones. */
export function tokenMissing(): GoogleApiError {
  return new GoogleApiError({
    code: 'token-missing',
    status: 200,
    retryable: false,
    remedy:
      'Google answered without an access token, as it does for a scope it does not know: this version of Rollcall and Google disagree; please report it.',
  });
}
