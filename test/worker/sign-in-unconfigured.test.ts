// An app in which nobody can sign in at all.
import { expect, test } from 'vitest';
import { expectNobody } from './sign-in-endings.ts';
import { callsOf, listenToLog } from './signed-in.ts';
import { createSignInWorld, setCookies, Visitor } from './visitor.ts';

test.each(['/auth/login', '/auth/login?silent=1', '/auth/callback?state=x&code=x'])(
  'without an OAuth client %s is a page that says so',
  async (path) => {
    const world = await createSignInWorld({
      vars: { GOOGLE_CLIENT_ID: undefined, GOOGLE_CLIENT_SECRET: undefined },
    });
    const lines = listenToLog();
    const visitor = new Visitor(world);
    const response = await visitor.ask(path);
    expect(setCookies(response)).toEqual([]);
    expect(await response.clone().text()).not.toContain('href="/auth/login');
    await expectNobody(visitor, response, { status: 503, reason: 'not-configured' }, lines);
    expect(callsOf(world, 'discovery')).toBe(0);
  },
);
