// What anybody may ask the laptop Workspace: discovery, keys, userinfo; how calls are counted, and what a snapshot keeps.
import { decodeProtectedHeader } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGoogle } from '../google/google.ts';
import { ACCOUNTS, CLIENT, openIdApp, SUNNY } from './openid-app.ts';

let app: Awaited<ReturnType<typeof openIdApp>>;

beforeAll(async () => {
  app = await openIdApp();
});
beforeEach(() => app.reset());

describe('what anybody may ask', () => {
  const DISCOVERY = '/.well-known/openid-configuration';

  test('discovery has Google’s own URLs at Google’s host', async () => {
    const { headers, body } = await app.get(ACCOUNTS + DISCOVERY);

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
      const { body } = await app.get(origin + DISCOVERY);
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
    const certs = () => app.get('https://www.googleapis.com/oauth2/v3/certs');
    const kids = async () =>
      ((await certs()).body['keys'] as { kid: string }[]).map(({ kid }) => kid);
    const { headers, body } = await certs();
    const before = await kids();
    await app.google.openid.keys.rotate();
    const after = await kids();
    const token = (await app.redeem(await app.codeFor())).body['id_token'] ?? '';

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
    const { body } = await app.redeem(await app.codeFor());
    const authorization = `Bearer ${body['access_token']}`;
    const userinfo = () =>
      app.get('https://openidconnect.googleapis.com/v1/userinfo', { authorization });
    const revoke = () =>
      app.google.fetch(
        new Request('https://oauth2.googleapis.com/revoke', {
          method: 'POST',
          body: new URLSearchParams({ token: body['access_token'] ?? '' }),
        }),
      );

    expect((await userinfo()).body).toMatchObject({ sub: app.idOf(SUNNY), email: SUNNY });
    expect(app.google.openid.grants.consents).toHaveLength(1);
    expect((await revoke()).status).toBe(200);
    expect((await userinfo()).status).toBe(401);
    expect(app.google.openid.grants.consents).toEqual([]);
    expect((await revoke()).status).toBe(400);
  });
});

describe('calls', () => {
  test('are counted by kind, and each kind can be made to fail', async () => {
    const discovery = `${ACCOUNTS}/.well-known/openid-configuration`;
    const jwks = 'https://www.googleapis.com/oauth2/v3/certs';
    for (const kind of ['discovery', 'jwks', 'code'] as const)
      app.google.faults.failNext(kind, '503');
    const code = await app.codeFor();
    const failed = [await app.get(discovery), await app.get(jwks), await app.redeem(code)];
    const fine = [await app.get(discovery), await app.get(jwks), await app.redeem(code)];

    expect(failed.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(failed[2]?.body).toMatchObject({ error: 'temporarily_unavailable' });
    expect(fine.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(app.google.calls.map(({ kind }) => kind)).toEqual([
      ...['other', 'discovery', 'jwks', 'code'],
      ...['discovery', 'jwks', 'code'],
    ]);
    expect(app.google.openid.tokenCalls).toBe(1);
  });

  test('of the service account are none of a sign-in', async () => {
    app.google.faults.failNext('token', '503');
    expect((await app.redeem(await app.codeFor())).status).toBe(200);
    expect(app.google.faults.pending).toHaveLength(1);
  });
});

describe('a snapshot', () => {
  test('keeps clients, consumers, consents, keys and switches', async () => {
    const { openid } = app.google;
    await app.codeFor();
    openid.consumers.add({ sub: '1', email: 'new@mail.test', name: 'New Comer' });
    openid.clients.register({ ...CLIENT, clientId: 'second', name: 'Second', installed: false });
    openid.silentError = 'access_denied';
    openid.callbackIss = 'https://evil.test';
    openid.coop = 'same-origin';
    const text = JSON.stringify(app.google.snapshot());
    const other = await createGoogle({ snapshot: JSON.parse(text) });

    expect(JSON.stringify(other.snapshot())).toBe(text);
    expect(other.openid.keys.jwks()).toEqual(openid.keys.jwks());
    expect(other.openid.accounts.find('NEW@mail.test')).toMatchObject({ familyName: 'Comer' });
    expect(other.openid.clients.find('second')).toMatchObject({ userType: 'external' });
  });

  test('gives way to a configured client, except in what the configuration leaves open', async () => {
    Object.assign(app.google.openid.clients.find(CLIENT.clientId) ?? {}, { installed: false });
    const oauthClient = { ...CLIENT, clientSecret: 'a new secret' };
    const other = await createGoogle({ snapshot: app.google.snapshot(), oauthClient });

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
    const { openid: _, ...old } = app.google.snapshot() as { openid: unknown };
    app.google.openid.consumers.add({ sub: '1', email: 'new@mail.test', name: 'New' });
    app.google.openid.silentError = 'access_denied';
    app.google.restore(old);

    expect(app.google.openid.consumers.all).toHaveLength(2);
    expect(app.google.openid.silentError).toBe('interaction_required');
    expect(app.google.openid.clients.find(CLIENT.clientId)).toMatchObject({ installed: true });
  });

  test('without keys leaves those at hand: nobody had seen any', async () => {
    const fresh = await createGoogle();
    expect(fresh.openid.keys.jwks()).toEqual({ keys: [] });
    const before = app.google.openid.keys.jwks();
    app.google.restore(fresh.snapshot());
    expect(app.google.openid.keys.jwks()).toEqual(before);
  });
});
