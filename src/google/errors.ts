// Every failure of a call to Google is one GoogleApiError. Whether it is tried again follows from status and
// Google's `reason`/`error`, never from its prose: Google rewords that.

/**
 * @property code Google's own `reason` (`notFound`, `forbidden`, `userRateLimitExceeded`, …), a token
 * code of token-errors.ts, or one of ours: `timeout`, `network`, `html-response`, `invalid-response`,
 * `too-large`, `list-without-users`, `answer-mismatch`, `http-<status>`
 * @property status HTTP status; 0 if there was no answer
 * @property retryable whether the same call may succeed later without anybody doing anything
 * @property retryAfterSeconds what Google's `Retry-After` asked for
 * @property remedy one sentence for the operator: what is wrong and what to do
 */
export class GoogleApiError extends Error {
  override readonly name = 'GoogleApiError';
  readonly code: string;
  readonly status: number;
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly remedy: string;

  constructor(failure: {
    code: string;
    status: number;
    retryable: boolean;
    retryAfterSeconds?: number | undefined;
    remedy?: string | undefined;
  }) {
    super(`Google: ${failure.code} (${failure.status})`);
    this.code = failure.code;
    this.status = failure.status;
    this.retryable = failure.retryable;
    this.retryAfterSeconds = failure.retryAfterSeconds;
    this.remedy =
      failure.remedy ??
      // Google's word, and so it may be that of a property that every object has.
      (Object.hasOwn(REMEDIES, failure.code) ? REMEDIES[failure.code] : undefined) ??
      'Look the code up in the Directory API’s guide, Troubleshoot error codes.';
  }
}

// https://developers.google.com/workspace/admin/directory/v1/limits and …/guides/troubleshoot-error-codes
const RETRYABLE_REASONS: ReadonlySet<string> = new Set([
  'userRateLimitExceeded',
  'rateLimitExceeded',
  'quotaExceeded',
  'backendError',
  'internalError',
  'badGateway',
  'gatewayTimeout',
  'transientError',
  'conditionNotMet',
]);

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 412, 429, 500, 502, 503, 504]);

/** Failures that say something about the directory's credential, not about one person. */
const CREDENTIAL_CODES: ReadonlySet<string> = new Set([
  'authError',
  'required',
  'insufficientPermissions',
  'accessNotConfigured',
  'domainCannotUseApis',
]);

/** Whether a code stands for a credential that is refused, whoever is asked about. */
export function isCredentialCode(code: string): boolean {
  return code.startsWith('token-') || CREDENTIAL_CODES.has(code);
}

/** Whether the failure would meet every other call as well, until somebody repairs the set-up. */
export function isCredentialFailure(error: unknown): error is GoogleApiError {
  return error instanceof GoogleApiError && !error.retryable && isCredentialCode(error.code);
}

/** Whether Google said that we call too often: what would meet the next call as well, and passes by itself. */
export function isRateLimit(error: unknown): error is GoogleApiError {
  if (!(error instanceof GoogleApiError)) return false;
  return error.status === 429 || (error.status === 403 && error.retryable);
}

const REMEDIES: Readonly<Record<string, string>> = {
  authError:
    'Google refuses our access token twice in a row: check that the service account and its project are enabled.',
  required:
    'Google asks for a login although a token was sent: check that the admin keeps the Users > Read privilege.',
  forbidden:
    'The admin of GOOGLE_ADMIN_EMAIL lacks the Users > Read privilege, or GOOGLE_DOMAIN belongs to another organisation: give the admin the privilege, or correct the domain.',
  insufficientPermissions:
    'The token lacks a scope: in the Admin console, API controls > Domain-wide delegation, add https://www.googleapis.com/auth/admin.directory.user.readonly to the service account.',
  accessNotConfigured:
    'The Admin SDK API is off in the service account’s project: enable it in the Google Cloud console, APIs & Services > Library > Admin SDK API.',
  domainCannotUseApis:
    'API access is off for this organisation: an admin must allow it in the Admin console, API controls.',
  notFound: 'Google knows no such resource: check GOOGLE_CUSTOMER and GOOGLE_DOMAIN.',
  'push.webhookUrlUnauthorized':
    'Google does not accept the host of PUBLIC_URL: verify the domain in Search Console with an owner of the Cloud project.',
  'push.webhookUrlNotHttps':
    'PUBLIC_URL must be https with a valid certificate before Google pushes to it.',
  'list-without-users':
    'Google answered a list without its users: nothing was concluded from it, the pass is repeated.',
  timeout: 'Google did not answer in time; the call is repeated.',
  network: 'Google could not be reached; the call is repeated.',
  'html-response': 'Something that is not the Directory API answered: check GOOGLE_API_ORIGIN.',
  'answer-mismatch':
    'An answer carried another user id or customer than was asked for: check that GOOGLE_CUSTOMER and the service account belong to the organisation that was imported first.',
};

/** Seconds of a `Retry-After` in either of its forms, at most an hour (RFC 9110 section 10.2.3). */
export function retryAfterSeconds(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - nowMs) / 1000;
  return Number.isFinite(seconds) ? Math.min(3600, Math.max(0, Math.ceil(seconds))) : undefined;
}

interface ErrorBody {
  error?: { status?: unknown; message?: unknown; errors?: unknown; details?: unknown };
}

function reasonOf(body: unknown): string | undefined {
  const error = (body as ErrorBody | null)?.error;
  if (typeof error !== 'object' || error === null) return undefined;
  const first = Array.isArray(error.errors)
    ? (error.errors[0] as { reason?: unknown } | undefined)
    : undefined;
  const reason = first?.reason;
  return typeof reason === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(reason) ? reason : undefined;
}

/**
 * Turns an unsuccessful answer of the Directory API into an error. `body` is its parsed JSON, or
 * `undefined` for HTML and plain text (502 pages, 404 for an unknown path, some quota refusals).
 */
export function apiError(
  status: number,
  body: unknown,
  retryAfter: number | undefined,
): GoogleApiError {
  const reason = reasonOf(body);
  const code = reason ?? (body === undefined ? 'html-response' : `http-${status}`);
  // A 403 without any reason was seen for "Request rate higher than configured", and nothing else.
  const retryable =
    RETRYABLE_STATUSES.has(status) ||
    (reason === undefined ? status === 403 && body === undefined : RETRYABLE_REASONS.has(reason));
  return new GoogleApiError({ code, status, retryable, retryAfterSeconds: retryAfter });
}
