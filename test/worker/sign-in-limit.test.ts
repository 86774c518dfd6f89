// How many sign-ins one network may begin or finish, and an app in which nobody can sign in at all.
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ANA, expectNobody, expectSignedIn, setCookies, watchLog } from './sign-in-endings.ts';
import { APP, createSignInWorld, Visitor } from './visitor.ts';
import type { World } from './world.ts';

const LIMITED = { status: 429, reason: 'rate-limited' };

let world: World;
/** For whom the limit was asked. */
let keys: string[];
let isWithin: boolean;
beforeEach(async () => {
  world = await createSignInWorld({ vars: { EMBED_ANCESTORS: 'https://sites.google.com' } });
  keys = [];
  isWithin = true;
  world.env.LOGIN_LIMIT = {
    limit: async ({ key }: { key: string }) => {
      keys.push(key);
      return { success: isWithin };
    },
  } as RateLimit;
  watchLog();
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('security 3: too many sign-ins', () => {
  test.each(['/auth/login', '/auth/login?silent=1', '/auth/callback', '/auth/callback?state=x'])(
    '%s says so, and when to come again',
    async (path) => {
      isWithin = false;
      const visitor = new Visitor(world).atGoogle(ANA);
      const calls = world.google.calls.length;
      const response = await visitor.ask(path);
      expect(response.headers.get('retry-after')).toBe('60');
      expect(setCookies(response)).toEqual([]);
      const page = await response.clone().text();
      expect(page).toContain('Too many sign-ins at once');
      expect(page).toContain('href="/auth/login"');
      await expectNobody(visitor, response, LIMITED);
      expect(world.google.calls.length).toBe(calls);
    },
  );

  test('a limited callback loses nothing: the same one succeeds a minute later', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = await ana.callbackUrl();
    isWithin = false;
    await expectNobody(ana, await ana.ask(url), LIMITED);
    world.advance(60_000);
    isWithin = true;
    await expectSignedIn(ana, await ana.ask(url));
  });

  test('a frame’s redemption counts, too, and is told in JSON', async () => {
    isWithin = false;
    const response = await new Visitor(world).ask('/embed/session', {
      method: 'POST',
      headers: { origin: APP, 'content-type': 'application/json' },
      body: JSON.stringify({ code: 'A'.repeat(43), verifier: 'A'.repeat(43) }),
    });
    expect([response.status, setCookies(response)]).toEqual([429, []]);
    expect(await response.json()).toMatchObject({ error: { code: 'rate-limited' } });
  });

  test('who is signed in may be asked, and anybody may leave', async () => {
    isWithin = false;
    const visitor = new Visitor(world);
    expect((await visitor.ask('/auth/session')).status).toBe(401);
    const headers = { origin: APP };
    expect((await visitor.ask('/auth/logout', { method: 'POST', headers })).status).toBe(303);
    expect(keys).toEqual([]);
  });

  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ])('the network of %s counts, once a request', async (address, key) => {
    const visitor = new Visitor(world).atGoogle(ANA);
    visitor.address = address;
    const headers = { 'x-forwarded-for': '192.0.2.9', 'x-real-ip': '192.0.2.9' };
    const response = await visitor.ask('/auth/login', { headers });
    expect([response.status, keys]).toEqual([302, [key]]);
    await visitor.ask('/auth/callback', { headers });
    expect(keys).toEqual([key, key]);
  });
});

describe('without an OAuth client', () => {
  test.each(['/auth/login', '/auth/login?silent=1', '/auth/callback?state=x&code=x'])(
    '%s is a page that says so',
    async (path) => {
      world = await createSignInWorld({
        vars: { GOOGLE_CLIENT_ID: undefined, GOOGLE_CLIENT_SECRET: undefined },
      });
      const visitor = new Visitor(world);
      const response = await visitor.ask(path);
      expect(setCookies(response)).toEqual([]);
      expect(await response.clone().text()).not.toContain('href="/auth/login');
      await expectNobody(visitor, response, { status: 503, reason: 'not-configured' });
      expect(world.google.calls.filter(({ kind }) => kind === 'discovery')).toEqual([]);
    },
  );
});

// The rules are a table in test/unit/return-to.test.ts; these go the whole way.
describe('security 3: a sign-in ends at our own address', () => {
  test.each([
    ['a path with query and fragment', '/welcome?x=1&y=2#part', '/welcome?x=1&y=2#part'],
    ['another site', '//evil.example', '/'],
    ['a back-slash', '/\\evil.example', '/'],
    ['a dot and two slashes', '/.//evil.example', '/'],
    ['two dots in percent', '/%2e%2e//evil.example', '/'],
    ['another origin', 'https://evil.example', '/'],
    ['a script', 'javascript:alert(1)', '/'],
    ['a tab', '/\t/evil.example', '/'],
    ['a header', '/x\r\nSet-Cookie: a=b', '/'],
    ['the sign-in', '/%61uth/login', '/'],
    ['2,001 characters', `/${'x'.repeat(2_000)}`, '/'],
  ])('return_to with %s', async (_, returnTo, path) => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = await ana.callbackUrl(`/auth/login?return_to=${encodeURIComponent(returnTo)}`);
    const response = await ana.ask(url);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(`${APP}${path}`);
    expect(response.headers.get('set-cookie')).not.toMatch(/(^|, )a=b/);
  });

  test('a return_to at the callback says nothing', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = `${await ana.callbackUrl()}&return_to=/elsewhere&returnTo=/elsewhere`;
    expect((await ana.ask(url)).headers.get('location')).toBe(`${APP}/`);
  });
});
