// Sign-in at the laptop Workspace, held to the libraries that real apps use: what they discover, ask
// and verify must hold here as at Google.
import { createPublicKey } from 'node:crypto';
import { CodeChallengeMethod, OAuth2Client } from 'google-auth-library';
import type { JWK } from 'jose';
import * as oauth from 'oauth4webapi';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ServedGoogle, serveGoogle } from '../google/server.ts';

const CLIENT = {
  clientId: '7204-rollcall.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-1a/+ 2b',
  redirectUris: ['http://localhost:8787/auth/callback'],
};
const [REDIRECT_URI = ''] = CLIENT.redirectUris;
const SUNNY = 'sunny@example.test';
let served: ServedGoogle;
let pristine: unknown;

beforeAll(async () => {
  const appOrigin = 'http://localhost:8787';
  served = await serveGoogle({ port: 0, pushes: 'manual', oauthClient: CLIENT, appOrigin });
  await served.google.openid.keys.ready();
  pristine = served.google.snapshot();
});
beforeEach(() => served.google.restore(pristine));
afterAll(() => served?.close());

/** As a browser in which this person alone is signed in at Google. */
async function callbackFor(url: URL | string, address = SUNNY): Promise<URL> {
  const { id } = served.google.workspace.user(address);
  const headers = { cookie: `google_accounts=${id}` };
  const response = await fetch(url, { headers, redirect: 'manual' });
  return new URL(response.headers.get('location') ?? `about:${await response.text()}`);
}

const insecure = { [oauth.allowInsecureRequests]: true };

async function discover(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(served.url);
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oidc', ...insecure });
  return oauth.processDiscoveryResponse(issuer, response);
}

describe('oauth4webapi', () => {
  test.each([
    ['client_secret_basic', oauth.ClientSecretBasic],
    ['client_secret_post', oauth.ClientSecretPost],
  ])('signs somebody in with %s, PKCE, nonce and its own checks', async (_, authentication) => {
    const server = await discover();
    const client = { client_id: CLIENT.clientId };
    const verifier = oauth.generateRandomCodeVerifier();
    const nonce = oauth.generateRandomNonce();
    const url = new URL(server.authorization_endpoint ?? '');
    url.search = String(
      new URLSearchParams({
        client_id: CLIENT.clientId,
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        scope: 'openid email profile',
        state: 'the state',
        nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    );
    const params = oauth.validateAuthResponse(server, client, await callbackFor(url), 'the state');
    const answer = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication(CLIENT.clientSecret),
      params,
      REDIRECT_URI,
      verifier,
      insecure,
    );
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer, {
      expectedNonce: nonce,
      requireIdToken: true,
    });
    await oauth.validateApplicationLevelSignature(server, answer, insecure);

    const { id } = served.google.workspace.user(SUNNY);
    expect(oauth.getValidatedIdTokenClaims(tokens)).toMatchObject({
      iss: served.url,
      aud: CLIENT.clientId,
      azp: CLIENT.clientId,
      sub: id,
      hd: 'example.test',
      email: SUNNY,
      email_verified: true,
      nonce,
    });
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3599 });
    expect(tokens).not.toHaveProperty('refresh_token');
    expect(tokens.scope?.split(' ')).toEqual([
      'openid',
      'https://www.googleapis.com/auth/userinfo.email',
      'https://www.googleapis.com/auth/userinfo.profile',
    ]);
  });
});

/** The form in which this library takes a key outside browsers. */
const pemOf = (jwk: JWK) =>
  String(
    createPublicKey({ key: jwk as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
  );

describe('google-auth-library', () => {
  test('signs somebody in, and verifies the ID token with the published keys', async () => {
    const { url } = served;
    const client = new OAuth2Client({
      clientId: CLIENT.clientId,
      clientSecret: CLIENT.clientSecret,
      redirectUri: REDIRECT_URI,
      endpoints: {
        oauth2AuthBaseUrl: `${url}/o/oauth2/v2/auth`,
        oauth2TokenUrl: `${url}/token`,
      },
    });
    const { codeVerifier, codeChallenge = '' } = await client.generateCodeVerifierAsync();
    const asked = client.generateAuthUrl({
      scope: ['openid', 'email', 'profile'],
      access_type: 'offline',
      state: 's',
      code_challenge: codeChallenge,
      code_challenge_method: CodeChallengeMethod.S256,
    });
    const code = (await callbackFor(asked)).searchParams.get('code') ?? '';
    const { tokens } = await client.getToken({ code, codeVerifier });
    const published = (await (await fetch(`${url}/oauth2/v3/certs`)).json()) as { keys: JWK[] };
    const certificates = Object.fromEntries(published.keys.map((jwk) => [jwk.kid, pemOf(jwk)]));
    const verify = (audience: string) =>
      client.verifySignedJwtWithCertsAsync(tokens.id_token ?? '', certificates, audience, [url]);

    expect((await verify(CLIENT.clientId)).getPayload()).toMatchObject({ email: SUNNY });
    await expect(verify('another client')).rejects.toThrow('audience');
    expect(tokens.refresh_token).toMatch(/^1\/\/0/);
  });
});

describe('the team’s page', () => {
  const get = async (query = '', url = served.url) => {
    const { headers, text } = await fetch(`${url}/sites/team${query}`).then(async (response) => ({
      headers: response.headers,
      text: await response.text(),
    }));
    return { headers, frame: /<iframe[^>]*>/.exec(text)?.[0], text };
  };

  test('holds the app in a frame, and lets nothing else in', async () => {
    const { headers, frame } = await get();
    expect(frame?.trim()).toMatch(
      /^<iframe src="http:\/\/localhost:8787\/embed\/sample" title="Rollcall" ?>$/,
    );
    expect(headers.get('content-security-policy')).toContain('frame-src http://localhost:8787;');
    expect(headers.get('cross-origin-opener-policy')).toBeNull();
  });

  test('can cut openers off, and forbid the frame to open windows', async () => {
    const { headers } = await get('?coop=same-origin');
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect((await get('?sandbox=no-popups')).frame).toContain(
      'sandbox="allow-scripts allow-forms allow-same-origin"',
    );
  });

  test('says so when there is no app', async () => {
    const other = await serveGoogle({ port: 0, pushes: 'manual' });
    const { text, frame } = await get('', other.url);
    await other.close();
    expect(text).toContain('No app is configured');
    expect(frame).toBeUndefined();
  });
});
