// Callbacks that don't belong to the sign-in that this browser began: forged, swapped, mixed up, replayed.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { app } from '../../src/app.tsx';
import {
  DECLINED,
  expectNobody,
  expectSignedIn,
  NO_ATTEMPT,
  NOT_BELIEVED,
} from './sign-in-endings.ts';
import { ANA, changed, codesOf, type Line, listenToLog } from './signed-in.ts';
import { APP, createSignInWorld, OAUTH_CLIENT, setCookies, Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
let lines: Line[];
let ana: Visitor;
beforeAll(async () => {
  world = await createSignInWorld();
});
beforeEach(() => {
  lines = listenToLog();
  ana = new Visitor(world).atGoogle(ANA);
});
afterEach(() => {
  world.google.openid.callbackIss = null;
});

const parameter = (url: string, name: string) => new URL(url).searchParams.get(name) ?? '';

describe('security 3: a callback is not accepted', () => {
  test('in another browser: a page with a button, and it goes nowhere by itself', async () => {
    const url = await ana.callbackUrl();
    const victim = new Visitor(world).atGoogle('kwame.boateng@example.test');
    const response = await victim.ask(url);
    const page = await response.clone().text();
    expect(page).toContain('href="/auth/login"');
    expect(page).not.toMatch(/http-equiv|<script/i);
    expect(setCookies(response)).toEqual([]);
    expect(response.headers.get('refresh')).toBeNull();
    const before = world.google.openid.tokenCalls;
    await expectNobody(victim, response, NO_ATTEMPT, lines);
    expect(world.google.openid.tokenCalls).toBe(before);
  });

  test.each([
    ['without state', null],
    ['with an empty state', ''],
    ['with a state that is none of ours', 'x'],
    ['with another state', 'A'.repeat(43)],
    ['with a state that only begins right', (state: string) => `${state.slice(0, 12)}x`],
  ])('%s', async (_, change) => {
    const url = await ana.callbackUrl();
    const state = typeof change === 'function' ? change(parameter(url, 'state')) : change;
    const before = world.google.openid.tokenCalls;
    await expectNobody(ana, await ana.ask(changed(url, { state })), NO_ATTEMPT, lines);
    expect(world.google.openid.tokenCalls).toBe(before);
  });

  test('with a state that finds the cookie by its beginning and is another', async () => {
    const url = await ana.callbackUrl();
    const state = parameter(url, 'state').slice(0, 12) + 'A'.repeat(31);
    const before = world.google.openid.tokenCalls;
    await expectNobody(ana, await ana.ask(changed(url, { state })), NOT_BELIEVED, lines);
    expect(world.google.openid.tokenCalls).toBe(before);
  });

  test('with the state of another tab: its code has another verifier', async () => {
    const [one, two] = [await ana.callbackUrl(), await ana.callbackUrl()];
    const swapped = changed(one, { state: parameter(two, 'state') });
    await expectNobody(ana, await ana.ask(swapped), NOT_BELIEVED, lines);
    expect(codesOf(lines)).toEqual(['invalid_grant']);
  });

  test('with a code that somebody else got at Google (code injection)', async () => {
    const mallory = new Visitor(world).atGoogle('kwame.boateng@example.test');
    const stolen = parameter(await ana.callbackUrl(), 'code');
    const url = changed(await mallory.callbackUrl(), { code: stolen });
    await expectNobody(mallory, await mallory.ask(url), NOT_BELIEVED, lines);
  });

  test('with a code that was used', async () => {
    const url = await ana.callbackUrl();
    await expectSignedIn(ana, await ana.ask(url), lines);
    const other = new Visitor(world).atGoogle(ANA);
    const next = changed(await other.callbackUrl(), { code: parameter(url, 'code') });
    await expectNobody(other, await other.ask(next), NOT_BELIEVED, lines);
    expect(codesOf(lines).at(-1)).toBe('invalid_grant');
  });

  test('twice: the second finds no attempt, and who is signed in stays so', async () => {
    const url = await ana.callbackUrl();
    await expectSignedIn(ana, await ana.ask(url), lines);
    const response = await ana.ask(url);
    expect(response.status).toBe(400);
    expect(setCookies(response)).toEqual([]);
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
  });

  test.each([
    'https://accounts.evil.example',
    'https://accounts.google.com/',
    'accounts.google.com',
    'http://accounts.google.com',
  ])('from the issuer %s (mix-up)', async (iss) => {
    world.google.openid.callbackIss = iss;
    const url = await ana.callbackUrl();
    const before = world.google.openid.tokenCalls;
    await expectNobody(ana, await ana.ask(url), NOT_BELIEVED, lines);
    expect(world.google.openid.tokenCalls).toBe(before);
  });

  test('without issuer, since Google says that it names itself', async () => {
    const url = await ana.callbackUrl();
    await expectNobody(ana, await ana.ask(changed(url, { iss: null })), NOT_BELIEVED, lines);
  });

  test.each<[what: string, change: Record<string, string | string[] | null>]>([
    ['two codes', { code: ['4/0A-one', '4/0A-two'] }],
    ['two issuers', { iss: ['https://accounts.google.com', 'https://evil.example'] }],
    ['no code', { code: null }],
    ['an empty code', { code: '' }],
    ['a made-up code', { code: '4/0Amade-up' }],
    ['an ID token in the query', { id_token: 'eyJhbGciOiJub25lIn0.e30.' }],
    ['an answer that is a token itself', { response: 'eyJhbGciOiJub25lIn0.e30.' }],
  ])('with %s', async (_, change) => {
    const url = await ana.callbackUrl();
    await expectNobody(ana, await ana.ask(changed(url, change)), NOT_BELIEVED, lines);
  });

  test('with two states', async () => {
    const url = await ana.callbackUrl();
    const state = parameter(url, 'state');
    const doubled = changed(url, { state: [state, 'A'.repeat(43)] });
    await expectNobody(ana, await ana.ask(doubled), NOT_BELIEVED, lines);
  });

  test('with both a code and an error', async () => {
    const url = changed(await ana.callbackUrl(), { error: 'access_denied' });
    await expectNobody(ana, await ana.ask(url), DECLINED, lines);
  });

  test('whose error is a stranger’s text: neither page nor log repeats it', async () => {
    const url = changed(await ana.callbackUrl(), {
      code: null,
      error: '<b>call 555-0100</b>',
      error_description: 'pay-here',
    });
    const response = await ana.ask(url);
    const page = await response.clone().text();
    expect(page).not.toMatch(/555-0100|pay-here/);
    await expectNobody(ana, response, DECLINED, lines);
    expect(codesOf(lines)).toEqual(['unknown-error']);
  });

  test('by POST', async () => {
    const url = await ana.callbackUrl();
    expect((await ana.ask(url, { method: 'POST' })).status).toBe(404);
    expect(await ana.session()).toBe(401);
  });
});

test('after a refused callback the page’s button begins again, at the same place', async () => {
  world.google.openid.callbackIss = 'https://evil.example';
  const url = await ana.callbackUrl('/auth/login?return_to=/reports%3Fyear=2026');
  const page = await (await ana.ask(url)).text();
  world.google.openid.callbackIss = null;
  const again = /href="(\/auth\/login[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const response = await ana.ask(await ana.callbackUrl(again));
  expect(response.headers.get('location')).toBe(`${APP}/reports?year=2026`);
});

test('on a laptop the cookies have plain names, and no Secure', async () => {
  const ORIGIN = 'http://localhost:8787';
  const local = await createSignInWorld({ vars: { PUBLIC_URL: ORIGIN } });
  const redirectUris = [`${ORIGIN}/auth/callback`];
  local.google.openid.clients.register({ ...OAUTH_CLIENT, redirectUris });
  const ask = (url: string, cookie = '') =>
    app.fetch(new Request(url, { redirect: 'manual', headers: { cookie } }), local.env);

  const begun = await ask(`${ORIGIN}/auth/login`);
  const [line = ''] = setCookies(begun);
  const [pair = '', ...attributes] = line.split('; ');
  expect(pair).toMatch(/^login-[A-Za-z0-9_-]{12}=/);
  expect(attributes).toEqual(['Max-Age=600', 'Path=/', 'HttpOnly', 'SameSite=Lax']);
  const google = new Visitor(local).atGoogle(ANA);
  const callback = (await google.ask(begun.headers.get('location') ?? '')).headers.get('location');
  const ended = await ask(callback ?? '', pair);
  expect(ended.headers.get('location')).toBe(`${ORIGIN}/`);
  const [session = '', ...cleared] = setCookies(ended).toSorted((a) =>
    a.startsWith('session') ? -1 : 1,
  );
  expect(session).toMatch(
    /^session=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  for (const one of cleared)
    expect(one).toMatch(/^(login-.{12}|signed-out)=; Max-Age=0; Path=\/; HttpOnly; SameSite=Lax$/);
  expect((await ask(`${ORIGIN}/auth/session`, session.split(';')[0])).status).toBe(200);
  // The name follows the configuration: here the other one counts for nothing.
  expect((await ask(`${ORIGIN}/auth/session`, `__Host-${session.split(';')[0]}`)).status).toBe(401);
});
