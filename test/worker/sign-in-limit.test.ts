// How many sign-ins one network may begin or finish.
import { beforeEach, describe, expect, test } from 'vitest';
import { expectNobody, expectSignedIn } from './sign-in-endings.ts';
import { ANA, type Line, left, listenToLog, openPopup, redeem } from './signed-in.ts';
import { APP, createSignInWorld, setCookies, Visitor } from './visitor.ts';
import type { World } from './world.ts';

const LIMITED = { status: 429, reason: 'rate-limited' };

let world: World;
let lines: Line[];
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
  lines = listenToLog();
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
      await expectNobody(visitor, response, LIMITED, lines);
      expect(world.google.calls.length).toBe(calls);
    },
  );

  test('a limited callback loses nothing: the same one succeeds a minute later', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = await ana.callbackUrl();
    isWithin = false;
    await expectNobody(ana, await ana.ask(url), LIMITED, lines);
    world.advance(60_000);
    isWithin = true;
    await expectSignedIn(ana, await ana.ask(url), lines);
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

  test('a limited redemption loses nothing: the frame’s code is good as soon as there is room', async () => {
    const { code, verifier } = await openPopup(world, ANA);
    const frame = new Visitor(world);
    isWithin = false;
    keys = [];
    const response = await redeem(frame, { code, verifier });
    expect([response.status, frame.cookies.size]).toEqual([429, 0]);
    expect(response.headers.get('retry-after')).toBe('60');
    expect(keys).toHaveLength(1);
    expect(await left()).toMatchObject({ sessions: 1, codes: 1 });
    isWithin = true;
    expect((await redeem(frame, { code, verifier })).status).toBe(204);
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
    expect([response.status, keys]).toEqual([302, [`login ${key}`]]);
    await visitor.ask('/auth/callback', { headers });
    // Each with a count of its own, or an office could begin and not finish.
    expect(keys).toEqual([`login ${key}`, `callback ${key}`]);
  });
});
