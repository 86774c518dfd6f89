// What a code is worth at the laptop Workspace, to whom and for how long; what the ID token says; keys,
// discovery and snapshots; and how a test makes Google lie.
import { createHash } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGoogle, type Google } from '../google/google.ts';

const ACCOUNTS = 'https://accounts.google.com';
const REDIRECT_URI = 'https://people.rollcall.example/auth/callback';
const CLIENT = { clientId: 'the-client', clientSecret: 'the secret', redirectUris: [REDIRECT_URI] };
const SUNNY = 'sunny@example.test';
const FREELANCE = 'freelance@example.test';
const START_MS = Date.UTC(2026, 10, 22, 12);
const VERIFIER = 'v'.repeat(43);
const S256 = createHash('sha256').update(VERIFIER).digest('base64url');
let google: Google;
let pristine: unknown;
let nowMs = START_MS;

beforeAll(async () => {
  google = await createGoogle({ nowMs: () => nowMs, oauthClient: CLIENT });
  await google.openid.keys.ready();
  pristine = google.snapshot();
});
beforeEach(() => {
  nowMs = START_MS;
  google.restore(pristine);
  google.calls.length = 0;
});

const idOf = (address: string) => google.openid.accounts.find(address)?.id ?? '';

async function codeFor(address = SUNNY, params = {}, at = ACCOUNTS): Promise<string> {
  const scope = 'openid email profile';
  const asked = {
    client_id: CLIENT.clientId,
    redirect_uri: REDIRECT_URI,
    response_type: 'code',
    scope,
  };
  const form = {
    continue: String(new URLSearchParams({ ...asked, ...params })),
    account: idOf(address),
    decision: 'continue',
  };
  const response = await google.fetch(
    new Request(`${at}/o/oauth2/v2/auth/consent`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers: { cookie: `google_accounts=${idOf(address)}` },
    }),
  );
  return new URL(response.headers.get('location') ?? '').searchParams.get('code') ?? '';
}

/** `null` leaves a field out. */
async function redeem(code: string, fields: Record<string, string | null> = {}, headers = {}) {
  const form = Object.entries({
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT_URI,
    client_id: CLIENT.clientId,
    client_secret: CLIENT.clientSecret,
    ...fields,
  }).filter((one): one is [string, string] => one[1] !== null);
  const response = await google.fetch(
    new Request('https://oauth2.googleapis.com/token', {
      method: 'POST',
      body: new URLSearchParams(form),
      headers,
    }),
  );
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}
const claimsFor = async (address?: string, params?: object, at?: string) => {
  const { body } = await redeem(await codeFor(address, params, at));
  return decodeJwt(body['id_token'] ?? '');
};
const get = async (url: string, headers = {}) => {
  const response = await google.fetch(new Request(url, { headers }));
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
};
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };

describe('a code', () => {
  test('works once', async () => {
    const code = await codeFor();
    expect((await redeem(code)).status).toBe(200);
    expect(await redeem(code)).toMatchObject(invalidGrant);
    expect(google.openid.tokenCalls).toBe(2);
  });

  test('works for five minutes', async () => {
    const [early, late] = [await codeFor(), await codeFor()];
    nowMs += 5 * 60_000 - 1;
    expect((await redeem(early)).status).toBe(200);
    nowMs += 1;
    expect(await redeem(late)).toMatchObject(invalidGrant);
  });

  test('works only where it was sent', async () => {
    for (const redirect_uri of [`${REDIRECT_URI}/`, null]) {
      expect(await redeem(await codeFor(), { redirect_uri })).toMatchObject(invalidGrant);
    }
  });

  test('works only for its client, and a stranger can not use it up', async () => {
    google.openid.clients.register({ ...CLIENT, clientId: 'another' });
    const code = await codeFor();
    expect(await redeem(code, { client_id: 'another' })).toMatchObject(invalidGrant);
    expect(await redeem(code, { client_secret: 'wrong' })).toMatchObject({ status: 401 });
    expect((await redeem(code)).status).toBe(200);
  });

  test.each<[string, object, string | null, number]>([
    ['its S256 verifier', { code_challenge: S256, code_challenge_method: 'S256' }, VERIFIER, 200],
    [
      'its plain verifier',
      { code_challenge: VERIFIER, code_challenge_method: 'plain' },
      VERIFIER,
      200,
    ],
    ['a plain verifier by default', { code_challenge: VERIFIER }, VERIFIER, 200],
    ['no verifier', { code_challenge: S256, code_challenge_method: 'S256' }, null, 400],
    ['a wrong one', { code_challenge: S256, code_challenge_method: 'S256' }, 'w'.repeat(43), 400],
    ['the challenge', { code_challenge: S256, code_challenge_method: 'S256' }, S256, 400],
    ['a verifier nobody asked for', {}, VERIFIER, 400],
  ])('with %s', async (_, params, code_verifier, status) => {
    const answer = await redeem(await codeFor(SUNNY, params), { code_verifier });
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer).toMatchObject(invalidGrant);
  });

  test('of somebody suspended meanwhile still works, of somebody deleted it does not', async () => {
    const [first, second] = [await codeFor(), await codeFor()];
    google.workspace.suspend(SUNNY);
    expect((await redeem(first)).status).toBe(200);
    google.workspace.remove(SUNNY);
    expect(await redeem(second)).toMatchObject(invalidGrant);
  });

  test('does not outlive a restore', async () => {
    const code = await codeFor();
    google.restore(google.snapshot());
    expect(await redeem(code)).toMatchObject(invalidGrant);
  });

  test('that never was is no grant, and none at all is a bad request', async () => {
    expect(await redeem('4/0Amade-up')).toMatchObject(invalidGrant);
    expect(await redeem('', { code: null })).toMatchObject({ body: { error: 'invalid_request' } });
  });
});

describe('the client', () => {
  const basic = (text: string) => ({ authorization: `Basic ${btoa(text)}` });
  const silent = { client_id: null, client_secret: null };

  test('authenticates by form or by header', async () => {
    expect((await redeem(await codeFor())).status).toBe(200);
    const header = basic('the-client:the+secret');
    expect((await redeem(await codeFor(), silent, header)).status).toBe(200);
  });

  test('may have a secret of any characters', async () => {
    const clientSecret = '?~>:ü+/ %';
    google.openid.clients.register({ ...CLIENT, clientSecret });
    const encoded = String(new URLSearchParams({ x: clientSecret })).slice(2);
    for (const text of [`the-client:${encoded}`, 'the-client:?~>:%C3%BC%2B/+%25']) {
      expect((await redeem(await codeFor(), silent, basic(text))).status).toBe(200);
    }
  });

  test.each<[string, Record<string, string | null>, Record<string, string>, number, string]>([
    ['a wrong secret', { client_secret: 'x' }, {}, 401, 'invalid_client'],
    ['a wrong secret in the header', silent, basic('the-client:x'), 401, 'invalid_client'],
    ['a header without colon', silent, basic('the-client'), 400, 'invalid_request'],
    ['a header that is no base64', silent, { authorization: 'Basic %%%' }, 400, 'invalid_request'],
    ['an unknown id', { client_id: 'x' }, {}, 401, 'invalid_client'],
    ['no id', silent, {}, 400, 'invalid_request'],
    ['no secret', { client_secret: null }, {}, 400, 'invalid_request'],
  ])('is refused with %s', async (_, fields, headers, status, error) => {
    const answer = await redeem(await codeFor(), fields, headers);
    expect(answer).toMatchObject({ status, body: { error } });
  });

  test.each(['disabled', 'deleted'] as const)('is refused when %s', async (status) => {
    const code = await codeFor();
    Object.assign(google.openid.clients.find(CLIENT.clientId) ?? {}, { status });
    expect(await redeem(code)).toMatchObject({ status: 401, body: { error: `${status}_client` } });
  });
});

describe('the ID token', () => {
  test('says who it is, for whom, and binds the access token', async () => {
    google.workspace.update(SUNNY, { thumbnailPhotoUrl: 'https://photos.test/sunny' });
    const { body } = await redeem(await codeFor(SUNNY, { nonce: 'the nonce' }));
    const { keys } = google.openid.keys.jwks();
    const verified = await jwtVerify(
      body['id_token'] ?? '',
      createLocalJWKSet({ keys: keys as never }),
      {
        currentDate: new Date(nowMs),
      },
    );
    const hash = createHash('sha256')
      .update(body['access_token'] ?? '')
      .digest();

    expect(verified.protectedHeader).toEqual({ alg: 'RS256', kid: keys[0]?.kid, typ: 'JWT' });
    expect(verified.payload).toEqual({
      iss: ACCOUNTS,
      azp: CLIENT.clientId,
      aud: CLIENT.clientId,
      sub: idOf(SUNNY),
      hd: 'example.test',
      email: SUNNY,
      email_verified: true,
      name: google.workspace.user(SUNNY).name.fullName,
      picture: 'https://photos.test/sunny',
      given_name: google.workspace.user(SUNNY).name.givenName,
      family_name: 'Vale',
      at_hash: hash.subarray(0, 16).toString('base64url'),
      nonce: 'the nonce',
      iat: START_MS / 1000,
      exp: START_MS / 1000 + 3600,
    });
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'expires_in',
      'id_token',
      'scope',
      'token_type',
    ]);
  });

  test.each([
    ['ravi@example-studio.test', 'example-studio.test'],
    [FREELANCE, undefined],
    ['rosa.quill@gmail.com', undefined],
  ])('of %s has hd %s', async (address, hd) => {
    const claims = await claimsFor(address);
    expect([claims['email'], claims['hd'], claims.sub]).toEqual([address, hd, idOf(address)]);
  });

  test('holds no more than the scopes allow', async () => {
    const names = async (scope: string) => Object.keys(await claimsFor(SUNNY, { scope }));
    const bare = ['iss', 'azp', 'aud', 'sub', 'hd', 'at_hash', 'iat', 'exp'];
    const long = 'https://www.googleapis.com/auth/userinfo.email';

    expect(await names('openid')).toEqual(bare);
    expect((await names(`openid ${long}`)).sort()).toEqual(
      [...bare, 'email', 'email_verified'].sort(),
    );
    expect(await names('openid profile')).not.toContain('email');
  });

  test('names the issuer by whose name the browser was here', async () => {
    expect((await claimsFor(SUNNY, {}, 'http://localhost:8788')).iss).toBe('http://localhost:8788');
    expect((await claimsFor(SUNNY, {}, 'http://127.0.0.1:9')).iss).toBe('http://127.0.0.1:9');
  });

  test('can name it without scheme', async () => {
    google.openid.issWithoutScheme = true;
    expect((await claimsFor()).iss).toBe('accounts.google.com');
  });

  test('can be forged from all that the honest one is made of', async () => {
    google.openid.forge = ({ header, claims, key }) =>
      new SignJWT({ ...claims, aud: 'somebody else' })
        .setProtectedHeader({ ...header, alg: 'RS256' })
        .sign(key);
    expect((await claimsFor()).aud).toBe('somebody else');
    google.restore(pristine);
    expect((await claimsFor()).aud).toBe(CLIENT.clientId);
  });

  test('comes with a refresh token only for offline access', async () => {
    const { body } = await redeem(await codeFor(SUNNY, { access_type: 'offline' }));
    expect(body['refresh_token']).toMatch(/^1\/\/0/);
  });
});

describe('what anybody may ask', () => {
  const DISCOVERY = '/.well-known/openid-configuration';

  test('discovery has Google’s own URLs at Google’s host', async () => {
    const { headers, body } = await get(ACCOUNTS + DISCOVERY);

    expect(headers.get('cache-control')).toBe('public, max-age=3600');
    expect(body).toMatchObject({
      issuer: ACCOUNTS,
      authorization_endpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      token_endpoint: 'https://oauth2.googleapis.com/token',
      userinfo_endpoint: 'https://openidconnect.googleapis.com/v1/userinfo',
      revocation_endpoint: 'https://oauth2.googleapis.com/revoke',
      jwks_uri: 'https://www.googleapis.com/oauth2/v3/certs',
      id_token_signing_alg_values_supported: ['RS256'],
      authorization_response_iss_parameter_supported: true,
    });
    expect(body).not.toHaveProperty('end_session_endpoint');
  });

  test('discovery has the laptop’s own at any of its names', async () => {
    for (const origin of ['http://localhost:8788', 'http://127.0.0.1:8788', 'http://[::1]:99']) {
      const { body } = await get(origin + DISCOVERY);
      expect(body).toMatchObject({
        issuer: origin,
        authorization_endpoint: `${origin}/o/oauth2/v2/auth`,
        token_endpoint: `${origin}/token`,
        userinfo_endpoint: `${origin}/v1/userinfo`,
        revocation_endpoint: `${origin}/revoke`,
        jwks_uri: `${origin}/oauth2/v3/certs`,
      });
    }
  });

  test('the keys are two and public; rotation brings a new one that signs, and the oldest leaves', async () => {
    const certs = () => get('https://www.googleapis.com/oauth2/v3/certs');
    const kids = async () =>
      ((await certs()).body['keys'] as { kid: string }[]).map(({ kid }) => kid);
    const { headers, body } = await certs();
    const before = await kids();
    await google.openid.keys.rotate();
    const after = await kids();
    const token = (await redeem(await codeFor())).body['id_token'] ?? '';

    expect(headers.get('cache-control')).toBe(
      'public, max-age=22704, must-revalidate, no-transform',
    );
    expect((body['keys'] as object[]).map((key) => Object.keys(key).sort())).toEqual([
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
      ['alg', 'e', 'kid', 'kty', 'n', 'use'],
    ]);
    expect([after.length, after[1]]).toEqual([2, before[0]]);
    expect(before).not.toContain(after[0]);
    expect(decodeProtectedHeader(token).kid).toBe(after[0]);
  });

  test('an access token tells who it is about, until it is revoked, which takes the consent along', async () => {
    const { body } = await redeem(await codeFor());
    const authorization = `Bearer ${body['access_token']}`;
    const userinfo = () =>
      get('https://openidconnect.googleapis.com/v1/userinfo', { authorization });
    const revoke = () =>
      google.fetch(
        new Request('https://oauth2.googleapis.com/revoke', {
          method: 'POST',
          body: new URLSearchParams({ token: body['access_token'] ?? '' }),
        }),
      );

    expect((await userinfo()).body).toMatchObject({ sub: idOf(SUNNY), email: SUNNY });
    expect(google.openid.grants.consents).toHaveLength(1);
    expect((await revoke()).status).toBe(200);
    expect((await userinfo()).status).toBe(401);
    expect(google.openid.grants.consents).toEqual([]);
    expect((await revoke()).status).toBe(400);
  });
});

describe('calls', () => {
  test('are counted by kind, and each kind can be made to fail', async () => {
    const discovery = `${ACCOUNTS}/.well-known/openid-configuration`;
    const jwks = 'https://www.googleapis.com/oauth2/v3/certs';
    for (const kind of ['discovery', 'jwks', 'code'] as const) google.faults.failNext(kind, '503');
    const code = await codeFor();
    const failed = [await get(discovery), await get(jwks), await redeem(code)];
    const fine = [await get(discovery), await get(jwks), await redeem(code)];

    expect(failed.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(failed[2]?.body).toMatchObject({ error: 'temporarily_unavailable' });
    expect(fine.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(google.calls.map(({ kind }) => kind)).toEqual([
      ...['other', 'discovery', 'jwks', 'code'],
      ...['discovery', 'jwks', 'code'],
    ]);
    expect(google.openid.tokenCalls).toBe(1);
  });

  test('of the service account are none of a sign-in', async () => {
    google.faults.failNext('token', '503');
    expect((await redeem(await codeFor())).status).toBe(200);
    expect(google.faults.pending).toHaveLength(1);
  });
});

describe('a snapshot', () => {
  test('keeps clients, consumers, consents, keys and switches', async () => {
    const { openid } = google;
    await codeFor();
    openid.consumers.add({ sub: '1', email: 'new@mail.test', name: 'New Comer' });
    openid.clients.register({ ...CLIENT, clientId: 'second', name: 'Second', installed: false });
    openid.silentError = 'access_denied';
    openid.callbackIss = 'https://evil.test';
    openid.coop = 'same-origin';
    const text = JSON.stringify(google.snapshot());
    const other = await createGoogle({ snapshot: JSON.parse(text) });

    expect(JSON.stringify(other.snapshot())).toBe(text);
    expect(other.openid.keys.jwks()).toEqual(openid.keys.jwks());
    expect(other.openid.accounts.find('NEW@mail.test')).toMatchObject({ familyName: 'Comer' });
    expect(other.openid.clients.find('second')).toMatchObject({ userType: 'external' });
  });

  test('gives way to a configured client, except in what the configuration leaves open', async () => {
    Object.assign(google.openid.clients.find(CLIENT.clientId) ?? {}, { installed: false });
    const oauthClient = { ...CLIENT, clientSecret: 'a new secret' };
    const other = await createGoogle({ snapshot: google.snapshot(), oauthClient });

    expect(other.openid.clients.all).toEqual([
      {
        ...CLIENT,
        clientSecret: 'a new secret',
        name: 'Rollcall',
        userType: 'external',
        installed: false,
        status: 'enabled',
      },
    ]);
  });

  test('from before there was sign-in is as good', async () => {
    const { openid: _, ...old } = google.snapshot() as { openid: unknown };
    google.openid.consumers.add({ sub: '1', email: 'new@mail.test', name: 'New' });
    google.openid.silentError = 'access_denied';
    google.restore(old);

    expect(google.openid.consumers.all).toHaveLength(2);
    expect(google.openid.silentError).toBe('interaction_required');
    expect(google.openid.clients.find(CLIENT.clientId)).toMatchObject({ installed: true });
  });

  test('without keys leaves those at hand: nobody had seen any', async () => {
    const fresh = await createGoogle();
    expect(fresh.openid.keys.jwks()).toEqual({ keys: [] });
    const before = google.openid.keys.jwks();
    google.restore(fresh.snapshot());
    expect(google.openid.keys.jwks()).toEqual(before);
  });
});
