// What the ID token of the laptop Workspace says, and how a test makes Google lie.
import { createHash } from 'node:crypto';
import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNTS, CLIENT, FREELANCE, openIdApp, START_MS, SUNNY } from './openid-app.ts';

let app: Awaited<ReturnType<typeof openIdApp>>;

beforeAll(async () => {
  app = await openIdApp();
});
beforeEach(() => app.reset());

describe('the ID token', () => {
  test('says who it is, for whom, and binds the access token', async () => {
    app.google.workspace.update(SUNNY, { thumbnailPhotoUrl: 'https://photos.test/sunny' });
    const { body } = await app.redeem(await app.codeFor(SUNNY, { nonce: 'the nonce' }));
    const { keys } = app.google.openid.keys.jwks();
    const verified = await jwtVerify(
      body['id_token'] ?? '',
      createLocalJWKSet({ keys: keys as never }),
      {
        currentDate: new Date(app.clock.nowMs),
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
      sub: app.idOf(SUNNY),
      hd: 'example.test',
      email: SUNNY,
      email_verified: true,
      name: app.google.workspace.user(SUNNY).name.fullName,
      picture: 'https://photos.test/sunny',
      given_name: app.google.workspace.user(SUNNY).name.givenName,
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
    const claims = await app.claimsFor(address);
    expect([claims['email'], claims['hd'], claims.sub]).toEqual([address, hd, app.idOf(address)]);
  });

  test('holds no more than the scopes allow', async () => {
    const names = async (scope: string) => Object.keys(await app.claimsFor(SUNNY, { scope }));
    const bare = ['iss', 'azp', 'aud', 'sub', 'hd', 'at_hash', 'iat', 'exp'];
    const long = 'https://www.googleapis.com/auth/userinfo.email';

    expect(await names('openid')).toEqual(bare);
    expect((await names(`openid ${long}`)).sort()).toEqual(
      [...bare, 'email', 'email_verified'].sort(),
    );
    expect(await names('openid profile')).not.toContain('email');
  });

  test('names the issuer by whose name the browser was here', async () => {
    expect((await app.claimsFor(SUNNY, {}, 'http://localhost:8788')).iss).toBe(
      'http://localhost:8788',
    );
    expect((await app.claimsFor(SUNNY, {}, 'http://127.0.0.1:9')).iss).toBe('http://127.0.0.1:9');
  });

  test('can name it without scheme', async () => {
    app.google.openid.issWithoutScheme = true;
    expect((await app.claimsFor()).iss).toBe('accounts.google.com');
  });

  test('can be forged from all that the honest one is made of', async () => {
    app.google.openid.forge = ({ header, claims, key }) =>
      new SignJWT({ ...claims, aud: 'somebody else' })
        .setProtectedHeader({ ...header, alg: 'RS256' })
        .sign(key);
    expect((await app.claimsFor()).aud).toBe('somebody else');
    app.reset();
    expect((await app.claimsFor()).aud).toBe(CLIENT.clientId);
  });

  test('comes with a refresh token only for offline access', async () => {
    const { body } = await app.redeem(await app.codeFor(SUNNY, { access_type: 'offline' }));
    expect(body['refresh_token']).toMatch(/^1\/\/0/);
  });
});
