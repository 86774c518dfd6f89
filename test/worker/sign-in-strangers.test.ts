// What a stranger, or another site in somebody's browser, can do about a sign-in: nothing that outlasts a page.
import { beforeEach, expect, test, vi } from 'vitest';
import { app } from '../../src/app.tsx';
import { ANA, changed, listenToLog, signIn } from './signed-in.ts';
import { APP, createSignInWorld, Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createSignInWorld();
});

test('security 3: a silent try that was under way at a sign-out does not undo it', async () => {
  const { visitor } = await signIn(world, ANA);
  const callback = await visitor.callbackUrl('/auth/login?silent=1');
  await visitor.ask('/auth/logout', { method: 'POST', headers: { origin: APP } });
  const response = await visitor.ask(callback);

  expect(response.headers.get('location')).toBeNull();
  expect(await response.text()).toContain('You are signed out');
  expect(await visitor.session()).toBe(401);
  // The click is another matter.
  await visitor.open('/auth/login');
  expect(visitor.lastUrl).toContain('prompt=select_account');
});

test.each(['image', 'iframe', 'empty', 'script'])(
  'security 3: another site can’t use up an office’s limit with what it loads as %s',
  async (destination) => {
    const visitor = new Visitor(world).atGoogle(ANA);
    const headers = { 'sec-fetch-dest': destination };
    for (const path of ['/auth/login', '/auth/callback?state=x']) {
      const response = await visitor.ask(path, { headers });
      expect([response.status, response.headers.getSetCookie()]).toEqual([403, []]);
    }
    const limit = vi.spyOn(world.env.LOGIN_LIMIT, 'limit');
    await visitor.ask('/auth/login', { headers });
    expect(limit).not.toHaveBeenCalled();
    const window = await visitor.ask('/auth/login', { headers: { 'sec-fetch-dest': 'document' } });
    expect(window.status).toBe(302);
  },
);

test('odd cookies that look like attempts stop nobody', async () => {
  const names = ['a[0]', 'b(', 'c d', 'e,f', 'g/'].map((odd) => `__Host-login-${odd}=1`);
  const visitor = new Visitor(world);
  const response = await visitor.ask('/auth/login', { headers: { cookie: names.join('; ') } });
  expect(response.status).toBe(302);
});

test('security 7: a request’s own id is neither shown nor logged, ours is both', async () => {
  const lines = listenToLog();
  const visitor = new Visitor(world).atGoogle(ANA);
  const url = changed(await visitor.callbackUrl(), { code: '4/0Amade-up' });
  const headers = { 'x-request-id': 'ana@example.test' };
  const response = await visitor.ask(url, { headers });
  const requestId = response.headers.get('x-request-id');

  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  const page = await response.text();
  expect(page).toContain(`Reference: ${requestId}`);
  expect(page).not.toContain('ana@example.test');
  const line = { event: 'sign-in.ended', requestId };
  expect(lines).toContainEqual(expect.objectContaining(line));
  expect(JSON.stringify(lines)).not.toContain('ana@');
});

test.each(['/auth/login?return_to=/x', '//evil.example/x', '/.//evil.example', '/'])(
  'whoever comes over plain http is sent to https at the same host, where the cookies count: %s',
  async (path) => {
    const headers = { 'x-forwarded-proto': 'http', 'cf-connecting-ip': '198.51.100.7' };
    const request = new Request(`http://people.rollcall.example${path}`, { headers });
    const response = await app.fetch(request, world.env);
    expect(response.status).toBe(308);
    const { origin, href } = new URL(response.headers.get('location') ?? '');
    expect(origin).toBe(APP);
    expect(href).toBe(request.url.replace('http:', 'https:'));
    expect(response.headers.getSetCookie()).toEqual([]);
  },
);
