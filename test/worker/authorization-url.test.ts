// Where a sign-in sends the browser, parameter by parameter, and what it brings to the token endpoint afterwards.
import { base64url } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { ANA } from './signed-in.ts';
import { APP, createSignInWorld, OAUTH_CLIENT, Visitor } from './visitor.ts';
import type { World } from './world.ts';

const SECRET = /^[A-Za-z0-9_-]{43}$/;

let world: World;
beforeAll(async () => {
  world = await createSignInWorld();
});

async function authorizationUrl(login = '/auth/login', visitor = new Visitor(world)): Promise<URL> {
  const response = await visitor.ask(login);
  expect(response.status).toBe(302);
  return new URL(response.headers.get('location') ?? '');
}

/** The forms that are brought to the token endpoint for a code, from now on. */
function tokenForms(): URLSearchParams[] {
  const forms: URLSearchParams[] = [];
  const { fetch } = world.google;
  world.google.fetch = async (request) => {
    if (request.url === 'https://oauth2.googleapis.com/token') {
      const form = new URLSearchParams(
        new TextDecoder().decode(await request.clone().arrayBuffer()),
      );
      if (form.has('code')) forms.push(form);
    }
    return fetch(request);
  };
  return forms;
}

describe('security 3: the authorization request', () => {
  test('holds what it must, and nothing else', async () => {
    const url = await authorizationUrl();
    expect(url.origin + url.pathname).toBe('https://accounts.google.com/o/oauth2/v2/auth');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: OAUTH_CLIENT.clientId,
      redirect_uri: `${APP}/auth/callback`,
      response_type: 'code',
      scope: 'openid email profile',
      state: expect.stringMatching(SECRET),
      nonce: expect.stringMatching(SECRET),
      code_challenge: expect.stringMatching(SECRET),
      code_challenge_method: 'S256',
      hd: '*',
    });
  });

  test('is new each time: state, nonce and challenge', async () => {
    const values = [await authorizationUrl(), await authorizationUrl()].flatMap((url) =>
      ['state', 'nonce', 'code_challenge'].map((name) => url.searchParams.get(name)),
    );
    expect(new Set(values).size).toBe(6);
  });

  test('is followed by the verifier of its challenge, the client’s secret and the same redirect URI', async () => {
    const forms = tokenForms();
    const visitor = new Visitor(world).atGoogle(ANA);
    const callback = await visitor.callbackUrl();
    const asked = visitor.trail.map((url) => new URL(url).searchParams.get('code_challenge'));
    await visitor.ask(callback);

    const [form] = forms;
    expect(forms).toHaveLength(1);
    const verifier = form?.get('code_verifier') ?? '';
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier));
    const challenge = base64url.encode(new Uint8Array(hash));
    expect(asked.filter(Boolean)).toEqual([challenge]);
    expect(Object.fromEntries(form ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code'),
      redirect_uri: `${APP}/auth/callback`,
      code_verifier: verifier,
      client_id: OAUTH_CLIENT.clientId,
      client_secret: OAUTH_CLIENT.clientSecret,
    });
  });

  test.each([
    ['/auth/login', null],
    ['/auth/login?silent=1', 'none'],
    ['/auth/login?silent=0', null],
    ['/auth/login?silent=true', null],
    ['/auth/login?prompt=select_account', 'select_account'],
    ['/auth/login?prompt=consent', null],
    ['/auth/login?prompt=consent%20select_account', null],
    ['/auth/login?prompt=none', null],
    ['/auth/login?access_type=offline&include_granted_scopes=true&scope=openid', null],
  ])('%s asks for the prompt %s, never for consent or offline access', async (login, prompt) => {
    const { searchParams } = await authorizationUrl(login);
    expect(searchParams.get('prompt')).toBe(prompt);
    expect(searchParams.has('access_type')).toBe(false);
    expect(searchParams.has('include_granted_scopes')).toBe(false);
    expect(searchParams.getAll('scope')).toEqual(['openid email profile']);
  });

  test.each(['ana.moreira@example.test', '158847221179180517686', 'x'.repeat(320)])(
    'passes a sane login_hint on: %s',
    async (hint) => {
      const url = await authorizationUrl(`/auth/login?login_hint=${encodeURIComponent(hint)}`);
      expect(url.searchParams.getAll('login_hint')).toEqual([hint]);
    },
  );

  test.each([
    ['empty', ''],
    ['with a space', 'ana moreira@example.test'],
    ['with a line break', 'ana@example.test\r\nx: y'],
    ['with a control character', 'ana\u0000@example.test'],
    ['not ASCII', 'zoë@example.test'],
    ['of 321 characters', 'x'.repeat(321)],
  ])('leaves out a login_hint that is %s', async (_, hint) => {
    const url = await authorizationUrl(`/auth/login?login_hint=${encodeURIComponent(hint)}`);
    expect(url.searchParams.has('login_hint')).toBe(false);
  });

  test('a login_hint can’t bring in another parameter', async () => {
    const hint = encodeURIComponent('a@example.test&prompt=consent&scope=drive');
    const { searchParams } = await authorizationUrl(`/auth/login?login_hint=${hint}`);
    expect(searchParams.has('prompt')).toBe(false);
    expect(searchParams.getAll('scope')).toEqual(['openid email profile']);
  });

  test('a challenge of a frame is 404 where there are no frames', async () => {
    const response = await new Visitor(world).ask(`/auth/login?embed=${'A'.repeat(43)}`);
    expect([response.status, response.headers.getSetCookie()]).toEqual([404, []]);
  });
});
