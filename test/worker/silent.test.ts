// Silent sign-in: tried once, then a page of Google's; never in a circle, and never after a sign-out until a click.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SILENT_ERRORS } from '../google/openid/openid.ts';
import {
  DECLINED,
  expectNobody,
  expectSignedIn,
  NO_ATTEMPT,
  NOT_BELIEVED,
} from './sign-in-endings.ts';
import { ANA, type Line, listenToLog } from './signed-in.ts';
import { APP, createSignInWorld, setCookies, Visitor } from './visitor.ts';
import type { World } from './world.ts';

const SILENT = '/auth/login?silent=1';
const KWAME = 'kwame.boateng@example.test';
const AT_GOOGLE = 'https://accounts.google.com/o/oauth2/v2/auth';

let world: World;
let lines: Line[];
beforeAll(async () => {
  world = await createSignInWorld();
});
beforeEach(() => {
  lines = listenToLog();
});
afterEach(() => {
  world.google.openid.silentError = 'interaction_required';
  for (const client of world.google.openid.clients.all) client.installed = true;
  world.google.openid.grants.forgetConsents();
});

/** Where a redirect to Google goes, and how it prompts. */
function promptOf(response: Response): string | null {
  const url = new URL(response.headers.get('location') ?? '');
  expect([response.status, url.origin + url.pathname]).toEqual([302, AT_GOOGLE]);
  return url.searchParams.get('prompt');
}

/** A page of ours with a button, instead of a redirect. */
async function expectButton(response: Response, href = '/auth/login'): Promise<void> {
  expect([response.status, response.headers.get('location')]).toEqual([200, null]);
  expect(setCookies(response)).toEqual([]);
  const page = await response.text();
  expect(page).toContain('You are signed out');
  expect(page).toContain(`href="${href}"`);
  expect(page).not.toMatch(/http-equiv|<script/i);
}

const signOut = (visitor: Visitor, headers: Record<string, string> = {}) =>
  visitor.ask('/auth/logout', { method: 'POST', headers: { origin: APP, ...headers } });

describe('security 3: a silent sign-in', () => {
  test('shows no page to somebody who is signed in at Google and known there', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    expect(promptOf(await ana.ask(SILENT))).toBe('none');
    const response = await ana.open(`${SILENT}&return_to=/welcome`);
    expect([response.status, ana.lastUrl]).toEqual([404, `${APP}/welcome`]);
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
  });

  test.each(SILENT_ERRORS)('that ends with %s goes on with a page, once', async (error) => {
    world.google.openid.silentError = error;
    const stranger = new Visitor(world);
    const callback = await stranger.callbackUrl(`${SILENT}&return_to=/welcome`);
    const interactive = await stranger.ask(callback);
    expect(promptOf(interactive)).toBeNull();
    expect(setCookies(interactive, '__Host-session=')).toEqual([]);
    expect(await stranger.session()).toBe(401);

    // The page at Google: Ana signs in there, and is where she wanted to go.
    stranger.atGoogle(ANA);
    await stranger.open(interactive.headers.get('location') ?? '');
    expect(stranger.lastUrl).toBe(`${APP}/welcome`);
    expect(await stranger.session()).toMatchObject({ user: { email: ANA } });
  });

  test.each(SILENT_ERRORS)('an interactive one that ends with %s does not go on', async (error) => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = new URL(await ana.callbackUrl());
    url.searchParams.delete('code');
    url.searchParams.set('error', error);
    await expectNobody(ana, await ana.ask(url.href), DECLINED, lines);
  });

  test('whose second, interactive half is declined ends there', async () => {
    for (const client of world.google.openid.clients.all) client.installed = false;
    const ana = new Visitor(world).atGoogle(ANA);
    const page = await ana.open(SILENT);
    expect(page.status).toBe(200);
    expect(new URL(ana.lastUrl).host).toBe('accounts.google.com');
    const form = new URLSearchParams({
      continue: new URL(ana.lastUrl).search.slice(1),
      account: world.google.openid.accounts.find(ANA)?.id ?? '',
      decision: 'cancel',
    });
    const declined = await ana.ask(`${AT_GOOGLE}/consent`, { method: 'POST', body: form });
    const response = await ana.ask(declined.headers.get('location') ?? '');
    await expectNobody(ana, response, DECLINED, lines);
  });

  test('that is not believed does not go on', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = new URL(await ana.callbackUrl(SILENT));
    url.searchParams.set('code', '4/0Amade-up');
    await expectNobody(ana, await ana.ask(url.href), NOT_BELIEVED, lines);
  });

  test('goes on with a page when several accounts are signed in at Google', async () => {
    const both = new Visitor(world).atGoogle(ANA, KWAME);
    expect(promptOf(await both.ask(await both.callbackUrl(SILENT)))).toBeNull();
    const hinted = new Visitor(world).atGoogle(KWAME, ANA);
    const callback = await hinted.callbackUrl(`${SILENT}&login_hint=${ANA}`);
    await expectSignedIn(hinted, await hinted.ask(callback), lines);
  });

  test('is none in a popup of a frame', async () => {
    const framed = await createSignInWorld({
      vars: { EMBED_ANCESTORS: 'https://sites.google.com' },
    });
    const visitor = new Visitor(framed);
    const login = `${SILENT}&embed=${'A'.repeat(43)}`;
    expect(promptOf(await visitor.ask(login))).toBeNull();
    world = await createSignInWorld();
  });
});

describe('security 3: no circle', () => {
  test('with cookies off a silent sign-in ends at a button', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    const callback = await ana.callbackUrl(SILENT);
    ana.cookies.clear();
    const response = await ana.ask(callback);
    await expectNobody(ana, response, NO_ATTEMPT, lines);
  });

  test('more than five silent tries in a minute end at a button', async () => {
    // An application that sends everybody here whose cookie the browser drops.
    const ana = new Visitor(world).atGoogle(ANA);
    for (let i = 0; i < 5; i += 1) {
      expect(promptOf(await ana.ask(SILENT))).toBe('none');
    }
    await expectButton(await ana.ask(SILENT));
    await expectButton(
      await ana.ask(`${SILENT}&return_to=/welcome`),
      '/auth/login?return_to=%2Fwelcome',
    );
    expect(promptOf(await ana.ask('/auth/login'))).toBeNull();
  });

  test('the tries are counted in a cookie that lives a minute', async () => {
    const [line] = setCookies(await new Visitor(world).ask(SILENT), '__Host-silent-tries');
    expect(line).toBe('__Host-silent-tries=1; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax');
  });

  test.each(['x', '9e99', 'NaN', '5'])('a count of %s ends at a button, too', async (value) => {
    const visitor = new Visitor(world);
    visitor.cookies.set('__Host-silent-tries', { value, line: '' });
    await expectButton(await visitor.ask(SILENT));
  });
});

describe('security 3: after a sign-out', () => {
  async function signedOut(headers: Record<string, string> = {}): Promise<Visitor> {
    const ana = new Visitor(world).atGoogle(ANA);
    await ana.open('/auth/login');
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
    await signOut(ana, headers);
    return ana;
  }

  test('the marker is set with exactly these attributes, and the session’s cookie cleared', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    await ana.open('/auth/login');
    const response = await signOut(ana);
    expect([response.status, response.headers.get('location')]).toEqual([303, `${APP}/`]);
    expect(setCookies(response)).toEqual([
      '__Host-session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
      '__Host-signed-out=1; Max-Age=2592000; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
    expect(await ana.session()).toBe(401);
  });

  test('nobody is signed in silently: a button, and no way to Google', async () => {
    const ana = await signedOut();
    const calls = world.google.calls.length;
    await expectButton(await ana.ask(SILENT));
    expect(world.google.calls.length).toBe(calls);
    expect(await ana.session()).toBe(401);
  });

  test('the click lets choose the account, and once somebody is in the marker is gone', async () => {
    const ana = await signedOut();
    const click = await ana.ask('/auth/login');
    expect(promptOf(click)).toBe('select_account');
    const form = new URLSearchParams({
      continue: new URL(click.headers.get('location') ?? '').search.slice(1),
      account: world.google.openid.accounts.find(KWAME)?.id ?? '',
    });
    const chosen = await ana.ask(`${AT_GOOGLE}/account`, { method: 'POST', body: form });
    const response = await ana.ask(chosen.headers.get('location') ?? '');
    expect(setCookies(response, '__Host-signed-out')).toEqual([
      '__Host-signed-out=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    ]);
    expect(await ana.session()).toMatchObject({ user: { email: KWAME } });
    expect(promptOf(await ana.ask('/auth/login'))).toBeNull();
    expect(promptOf(await ana.ask(SILENT))).toBe('none');
  });

  test('somebody who is refused after the click still counts as signed out', async () => {
    const ana = await signedOut();
    const click = await ana.ask('/auth/login');
    const form = new URLSearchParams({
      continue: new URL(click.headers.get('location') ?? '').search.slice(1),
      account: '112233445566778899001',
    });
    const asked = await ana.ask(`${AT_GOOGLE}/account`, { method: 'POST', body: form });
    expect(asked.status).toBe(200);
    form.set('decision', 'continue');
    const agreed = await ana.ask(`${AT_GOOGLE}/consent`, { method: 'POST', body: form });
    const response = await ana.ask(agreed.headers.get('location') ?? '');
    await expectNobody(ana, response, { status: 403, reason: 'consumer-account' }, lines);
    await expectButton(await ana.ask(SILENT));
  });

  test('a script that signs out gets no page', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    await ana.open('/auth/login');
    const response = await signOut(ana, { accept: 'application/json' });
    expect([response.status, response.headers.get('location')]).toEqual([204, null]);
    expect(await ana.session()).toBe(401);
  });
});
