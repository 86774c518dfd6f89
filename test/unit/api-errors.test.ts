// What the Directory API refuses → a code, and whether the same call may succeed later.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { apiError, isCredentialFailure, retryAfterSeconds } from '../../src/google/errors.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 9);

const bodyOf = (status: number, reason: string) => ({
  error: {
    code: status,
    message: 'Words',
    errors: [{ message: 'Words', domain: 'global', reason }],
  },
});

interface Row {
  status: number;
  reason: string;
  retryable: boolean;
  /** It would meet every other call as well, until somebody repairs the set-up. */
  credential?: boolean;
}

const rows: readonly Row[] = [
  { status: 400, reason: 'badRequest', retryable: false },
  { status: 400, reason: 'invalid', retryable: false },
  { status: 401, reason: 'authError', retryable: false, credential: true },
  { status: 401, reason: 'required', retryable: false, credential: true },
  { status: 403, reason: 'forbidden', retryable: false },
  { status: 403, reason: 'insufficientPermissions', retryable: false, credential: true },
  { status: 403, reason: 'accessNotConfigured', retryable: false, credential: true },
  { status: 403, reason: 'domainCannotUseApis', retryable: false, credential: true },
  { status: 403, reason: 'userRateLimitExceeded', retryable: true },
  { status: 403, reason: 'rateLimitExceeded', retryable: true },
  { status: 403, reason: 'quotaExceeded', retryable: true },
  { status: 404, reason: 'notFound', retryable: false },
  { status: 409, reason: 'duplicate', retryable: false },
  { status: 412, reason: 'conditionNotMet', retryable: true },
  { status: 429, reason: 'rateLimitExceeded', retryable: true },
  { status: 500, reason: 'backendError', retryable: true },
  { status: 500, reason: 'internalError', retryable: true },
  { status: 502, reason: 'badGateway', retryable: true },
  { status: 503, reason: 'backendError', retryable: true },
  { status: 503, reason: 'transientError', retryable: true },
  { status: 504, reason: 'gatewayTimeout', retryable: true },
];

describe('a refusal of the Directory API', () => {
  test.each(rows)('$status $reason: retryable $retryable', (row) => {
    const error = apiError(row.status, bodyOf(row.status, row.reason), undefined);

    expect(error).toMatchObject({
      code: row.reason,
      status: row.status,
      retryable: row.retryable,
    });
    expect(isCredentialFailure(error)).toBe(row.credential ?? false);
    expect(error.remedy).toMatch(/\.$|".$/);
  });

  test("one person's 403 or 404 says nothing about the directory", () => {
    for (const [status, reason] of [
      [403, 'forbidden'],
      [404, 'notFound'],
    ] as const)
      expect(isCredentialFailure(apiError(status, bodyOf(status, reason), undefined))).toBe(false);
  });

  test('is judged by its reason and not by the domain usageLimits, which a disabled API carries too', () => {
    const body = {
      error: { code: 403, errors: [{ domain: 'usageLimits', reason: 'accessNotConfigured' }] },
    };

    expect(apiError(403, body, undefined).retryable).toBe(false);
  });

  test.each([
    { status: 404, retryable: false },
    { status: 403, retryable: true },
    { status: 429, retryable: true },
    { status: 500, retryable: true },
    { status: 502, retryable: true },
    { status: 504, retryable: true },
    { status: 400, retryable: false },
  ])('in HTML or plain text, $status, is html-response: retryable $retryable', (row) => {
    expect(apiError(row.status, undefined, undefined)).toMatchObject({
      code: 'html-response',
      retryable: row.retryable,
    });
  });

  test.each([null, {}, [], 'x', { error: 'invalid' }, { error: {} }, { error: { errors: [] } }])(
    'as JSON without a reason is known by its status alone: %j',
    (body) => {
      expect(apiError(404, body, undefined)).toMatchObject({ code: 'http-404', retryable: false });
      expect(apiError(403, body, undefined)).toMatchObject({ code: 'http-403', retryable: false });
      expect(apiError(503, body, undefined)).toMatchObject({ code: 'http-503', retryable: true });
    },
  );

  test('lends no text of its own to a code: a reason that is no word does not count', () => {
    const odd = fc.string().filter((text) => !/^[A-Za-z0-9._-]{1,64}$/.test(text));
    fc.assert(
      fc.property(odd, (reason) => {
        expect(apiError(400, bodyOf(400, reason), undefined).code).toBe('http-400');
      }),
    );
    expect(apiError(400, bodyOf(400, 'ana@example.test'), undefined).message).toBe(
      'Google: http-400 (400)',
    );
  });
});

describe('Retry-After', () => {
  test.each([
    ['seconds', '17', 17],
    ['zero seconds', '0', 0],
    ['more than an hour', '86400', 3600],
    ['a date', 'Sun, 22 Nov 2026 09:01:30 GMT', 90],
    ['a date beyond an hour', 'Mon, 23 Nov 2026 09:00:00 GMT', 3600],
    ['a date that has passed', 'Sun, 22 Nov 2026 08:00:00 GMT', 0],
    ['nothing', null, undefined],
    ['an empty text', '', undefined],
    ['words', 'soon', undefined],
  ])('as %s', (_, header, seconds) => {
    expect(retryAfterSeconds(header, NOW_MS)).toBe(seconds);
  });

  test('is a whole number from 0 to 3600 or nothing, whatever the header says', () => {
    const header = fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String));
    fc.assert(
      fc.property(header, (text) => {
        const seconds = retryAfterSeconds(text, NOW_MS);
        if (seconds === undefined) return;
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(0);
        expect(seconds).toBeLessThanOrEqual(3600);
      }),
    );
  });
});
