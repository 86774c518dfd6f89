// The token endpoint of the fake: every row of the recorded refusals, and their order.
import { base64url } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGoogle, type Google } from '../google/google.ts';
import { ServiceAccounts, USER_READONLY_SCOPE, USER_SCOPE } from '../google/service-accounts.ts';
import {
  accessToken,
  callApi,
  JWT_BEARER,
  keyFileOf,
  requestToken,
  signAssertion,
} from '../google/signed-caller.ts';

const START_MS = Date.UTC(2026, 9, 1, 12);
const now = START_MS / 1000;
let google: Google;
let nowMs = START_MS;
let pristine: unknown;
let stranger: string;

beforeAll(async () => {
  google = await createGoogle({ nowMs: () => nowMs });
  pristine = google.snapshot();
  stranger = (await ServiceAccounts.strangerKey()).privateKeyPem;
});
beforeEach(() => {
  nowMs = START_MS;
  google.restore(pristine);
});

const ask = (assertion: string, form: Record<string, string> = {}) =>
  requestToken(google, { grant_type: JWT_BEARER, assertion, ...form });
const askWith = async (claims: Record<string, unknown>) =>
  ask(await signAssertion(google, nowMs, claims));

/** An assertion with no real signature. */
const unsigned = (header: unknown, claims: unknown, signature = 'AAAA') =>
  `${encoded(header)}.${encoded(claims)}.${signature}`;
const encoded = (value: unknown) =>
  base64url.encode(new TextEncoder().encode(JSON.stringify(value)));

describe('grants', () => {
  test('a bearer token of 3599 seconds and nothing else', async () => {
    const answer = await askWith({});

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(/^ya29\./),
      expires_in: 3599,
      token_type: 'Bearer',
    });
  });

  test.each([
    ["Google's URL", () => 'https://oauth2.googleapis.com/token'],
    ['its own URL, as the key file says', () => keyFileOf(google).token_uri],
  ])('an assertion whose audience is %s', async (_, aud) => {
    expect((await askWith({ aud: aud() })).status).toBe(200);
  });

  test('iat and exp as digit strings', async () => {
    const { status } = await askWith({ iat: String(now), exp: String(now + 3600) });

    expect(status).toBe(200);
  });

  test('only an ID token, whose audience is the scope text, when one scope does not exist', async () => {
    const scope = `${USER_READONLY_SCOPE} https://www.googleapis.com/auth/no.such.scope`;
    const answer = await askWith({ scope });

    expect(answer.status).toBe(200);
    expect(Object.keys(answer.body)).toEqual(['id_token']);
    const [, claims = ''] = answer.body.id_token.split('.');
    expect(JSON.parse(new TextDecoder().decode(base64url.decode(claims))).aud).toBe(scope);
  });
});

const CLAIM_REFUSALS: [string, Record<string, unknown>, number, string, RegExp][] = [
  [
    'an unknown issuer',
    { iss: 'x@y.iam.gserviceaccount.com' },
    400,
    'invalid_grant',
    /account not found/,
  ],
  ['no iat', { iat: undefined }, 400, 'invalid_grant', /iat \(issued at\) is not set/],
  ['no exp', { exp: undefined }, 400, 'invalid_grant', /exp \(expiration time\) is not set/],
  ['an expired one', { iat: now - 7200, exp: now - 3600 }, 400, 'invalid_grant', /short-lived/],
  ['more than 60 minutes', { exp: now + 3601 }, 400, 'invalid_grant', /short-lived/],
  ['an iat in the future', { iat: now + 600, exp: now + 900 }, 400, 'invalid_grant', /short-lived/],
  ['no scope', { scope: undefined }, 400, 'invalid_scope', /Invalid OAuth scope/],
  ['an empty scope', { scope: ' ' }, 400, 'invalid_scope', /Invalid OAuth scope/],
  ['another audience', { aud: 'https://example.test/token' }, 400, 'invalid_grant', /audience/],
  [
    'the client id as issuer',
    { iss: '108204816326412800001' },
    400,
    'invalid_grant',
    /No valid verifier/,
  ],
  ['an unknown subject', { sub: 'nobody@example.test' }, 400, 'invalid_grant', /valid email/],
  ['a subject that is no address', { sub: 'no address' }, 400, 'invalid_request', /impersonation/],
  [
    'a scope that is not delegated',
    { scope: USER_SCOPE },
    401,
    'unauthorized_client',
    /unauthorized/,
  ],
];

describe('refuses', () => {
  test.each(CLAIM_REFUSALS)('%s', async (_, claims, status, error, description) => {
    const answer = await askWith(claims);

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: expect.stringMatching(description) });
  });

  test.each([
    ['a wrong grant type', { grant_type: 'password' }, 'unsupported_grant_type'],
    ['scope as a form field', { scope: USER_READONLY_SCOPE }, 'invalid_scope'],
    ['something that is no JWT', { assertion: 'a.b' }, 'invalid_request'],
    ['nothing at all', { assertion: '' }, 'invalid_request'],
  ])('%s', async (_, form, error) => {
    const answer = await ask(await signAssertion(google, nowMs), form);

    expect([answer.status, answer.body.error]).toEqual([400, error]);
  });

  test.each([
    ['alg none', { alg: 'none' }],
    ['alg HS256', { alg: 'HS256' }],
    ['no alg', {}],
    ['a forged RS256 signature', { alg: 'RS256' }],
  ])('%s', async (_, header) => {
    const { client_email: iss } = keyFileOf(google);
    const answer = await ask(unsigned(header, { iss, iat: now, exp: now + 60, scope: 'email' }));

    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' },
    ]);
  });

  test.each([
    ['a key of somebody else', { privateKeyPem: () => stranger }],
    ['a wrong kid', { kid: 'f00d' }],
  ])('%s', async (_, options) => {
    const pem =
      'privateKeyPem' in options ? { privateKeyPem: options.privateKeyPem?.() ?? '' } : {};
    const kid = 'kid' in options ? { kid: options.kid ?? '' } : {};
    const answer = await ask(await signAssertion(google, nowMs, {}, { ...pem, ...kid }));

    expect(answer.body.error_description).toBe('Invalid JWT Signature.');
  });
});

describe('checks in the recorded order', () => {
  // Each assertion has the fault of its row and of every row below; the first fault must win.
  const faults: [string, Record<string, unknown>, RegExp][] = [
    ['account', { iss: 'x@y.iam.gserviceaccount.com' }, /account not found/],
    ['iat', { iat: undefined }, /iat/],
    ['exp', { exp: undefined }, /exp/],
    ['time window', { iat: now - 7200, exp: now - 3600 }, /short-lived/],
    ['scope', { scope: '' }, /Invalid OAuth scope/],
    ['audience', { aud: 'https://example.test/' }, /audience/],
    ['subject', { sub: 'nobody@example.test' }, /valid email/],
  ];
  test.each(faults.map(([name], i) => [name, i] as const))(
    '%s before all that follows',
    async (_, i) => {
      const claims = Object.assign(
        {},
        ...faults
          .slice(i)
          .reverse()
          .map(([, bent]) => bent),
      );
      const answer = await askWith(claims);

      expect(answer.body.error_description).toMatch(faults[i]?.[2] ?? /never/);
    },
  );

  test('the algorithm before the account', async () => {
    const answer = await ask(unsigned({ alg: 'none' }, { iss: 'nobody' }));

    expect(answer.body.error_description).toBe('Invalid JWT Signature.');
  });
});

describe('what an admin or the Cloud console breaks', () => {
  const day = 24 * 60 * 60 * 1000;
  const cases: [string, (g: Google) => void, number, string, RegExp][] = [
    ['delegation removed', (g) => g.accounts.removeDelegation(), 401, 'unauthorized_client', /./],
    ['account disabled', (g) => g.accounts.disable(), 401, 'disabled_client', /was disabled/],
    ['account deleted', (g) => g.accounts.remove(), 401, 'deleted_client', /was deleted/],
    ['app blocked', (g) => g.accounts.block(), 400, 'access_denied', /not authorized/],
    ['key deleted', (g) => g.accounts.deleteKeys(), 400, 'invalid_grant', /Signature/],
    [
      'admin suspended',
      (g) => g.workspace.suspend('admin@example.test'),
      400,
      'invalid_grant',
      /Invalid email/,
    ],
    [
      'admin deleted',
      (g) => g.workspace.remove('admin@example.test'),
      400,
      'invalid_grant',
      /been deleted/,
    ],
    [
      'admin long gone',
      (g) => {
        g.workspace.remove('admin@example.test');
        nowMs += 21 * day;
      },
      400,
      'invalid_request',
      /prn email address/,
    ],
  ];
  test.each(cases)('%s', async (_, breakIt, status, error, description) => {
    breakIt(google);
    const answer = await askWith({});

    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error, error_description: expect.stringMatching(description) });
  });

  test('a rotated key works beside the old one, until the old one is withdrawn', async () => {
    const old = await signAssertion(google, nowMs);
    await google.accounts.rotateKey();

    expect((await ask(old)).status).toBe(200);
    expect((await askWith({})).status).toBe(200);

    await google.accounts.rotateKey({ keepOld: false });

    expect((await ask(old)).body.error_description).toBe('Invalid JWT Signature.');
    expect((await askWith({})).status).toBe(200);
  });
});

describe('an access token', () => {
  test('ends after 3599 seconds, with 401 authError', async () => {
    const token = await accessToken(google, nowMs);
    nowMs += 3_598_000;
    const before = await callApi(google, '/users?customer=my_customer', { token });
    nowMs += 1000;
    const after = await callApi(google, '/users?customer=my_customer', { token });

    expect(before.status).toBe(200);
    expect([after.status, after.body.error.errors[0].reason]).toEqual([401, 'authError']);
    expect(after.headers.get('www-authenticate')).toContain('error="invalid_token"');
  });

  test('is worth nothing while the switch deadTokens is on', async () => {
    google.faults.deadTokens = true;
    const token = await accessToken(google, nowMs);
    const answer = await callApi(google, '/users?customer=my_customer', { token });

    expect(answer.status).toBe(401);
  });

  test('loses its power with its subject', async () => {
    const token = await accessToken(google, nowMs);
    google.workspace.makeAdmin('admin@example.test', false);
    const answer = await callApi(google, '/users?customer=my_customer', { token });

    expect([answer.status, answer.body.error.errors[0].reason]).toEqual([403, 'forbidden']);
  });
});
