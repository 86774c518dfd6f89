// Signing in as a person does it: the real Worker and a Workspace side by side, a real browser between them. Whatever
// happens, the browser has nothing to complain of, and nobody needs more clicks than the one on the app's button.
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { signIdToken } from '../google/openid/id-token.ts';
import { launchBrowser, styleOf, test, type Visit, visit } from './browser.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const HOSTILE = {
  givenName: '<img src=x onerror=alert(1)>',
  // Turns what follows around, hides an end, and never closes what it opened.
  familyName: '\u202Egnp.\u2066exe\u200F"><script>alert(2)</script>',
};
/** How soon a change at Google is to be seen here; with room for a slow machine. */
const SOON = { timeout: 15_000 };
/** What Chromium says of any answer that is no 2xx; the pages that refuse are such answers. */
const NOT_OK = /^Failed to load resource: the server responded with a status of 4/;

let site: SignInSite;
let browser: Browser;
let pristine: unknown;
let visits: Visit[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([startSignInSite(), launchBrowser()]);
  pristine = site.served.google.openid.snapshot();
});
beforeEach(() => {
  visits = [];
});
afterEach(async () => {
  const complaints = visits.flatMap((one) => one.complaints).filter((one) => !NOT_OK.test(one));
  const questions = visits.flatMap((one) => one.questions);
  await Promise.all(visits.map(({ context }) => context.close()));
  site.served.google.openid.restore(pristine as never);
  expect({ complaints, questions }).toEqual({ complaints: [], questions: [] });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

/** A new browser in which these accounts are signed in at Google. */
async function browserOf(...ids: string[]): Promise<Visit> {
  const opened = await visit(browser, { baseURL: site.app });
  visits.push(opened);
  if (ids.length > 0) await site.atGoogle(opened.context, ...ids);
  return opened;
}

/** What the address bar went through: redirects as their status, pages as `page`. */
function trailOf(context: BrowserContext): string[] {
  const trail: string[] = [];
  context.on('response', (response) => {
    if (!response.request().isNavigationRequest()) return;
    const { origin, pathname } = new URL(response.url());
    const where = origin === site.app ? 'app' : 'google';
    const status = response.status();
    trail.push(`${where}${pathname} ${status >= 300 && status < 400 ? 'redirect' : 'page'}`);
  });
  return trail;
}

const clickSignIn = (page: Page) => page.getByRole('link', { name: 'Sign in with Google' }).click();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
/** Nobody is signed in, and the page says how to change that. */
const stranger = (page: Page) => heading(page, 'Your people, in step with Google Workspace');
const nameOf = ({ name }: { name: { fullName: string } }) => name.fullName;

/** Somebody of the company on the app's page, in a browser of their own. */
async function signedIn(person = site.newcomer()) {
  const opened = await browserOf(person.id);
  await opened.page.goto('/');
  await clickSignIn(opened.page);
  await heading(opened.page, nameOf(person));
  return { ...opened, person };
}

/** As the app says to this browser at this moment. */
async function isSignedIn(page: Page): Promise<boolean> {
  return (await page.request.get('/auth/session')).ok();
}

describe('at Google', () => {
  test('no page is met, and nothing clicked, by somebody with one account where the app is installed', async () => {
    const person = site.newcomer();
    const { page, context } = await browserOf(person.id);
    await page.goto('/');
    const trail = trailOf(context);
    await clickSignIn(page);
    await heading(page, nameOf(person));

    expect(trail).toEqual([
      'app/auth/login redirect',
      'google/o/oauth2/v2/auth redirect',
      'app/auth/callback redirect',
      'app/ page',
    ]);
    expect(page.url()).toBe(`${site.app}/`);
  });

  test('the list is met by somebody who is not signed in there', async () => {
    const person = site.newcomer();
    const { page } = await browserOf();
    await page.goto('/');
    await clickSignIn(page);
    await heading(page, 'Sign in');
    await page.getByRole('button', { name: person.primaryEmail }).click();
    await heading(page, nameOf(person));
  });

  test('the chooser is met by somebody with several accounts', async () => {
    const [one, other] = [site.newcomer(), site.newcomer()];
    const { page } = await browserOf(one.id, other.id);
    await page.goto('/');
    await clickSignIn(page);
    await heading(page, 'Choose an account');
    await page.getByRole('button', { name: other.primaryEmail }).click();
    await heading(page, nameOf(other));
  });

  test('somebody says no, hears that nothing was changed, and can say yes', async () => {
    for (const client of site.served.google.openid.clients.all) client.installed = false;
    const person = site.newcomer();
    const { page } = await browserOf(person.id);
    await page.goto('/');
    await clickSignIn(page);
    await heading(page, 'Rollcall wants to know who you are');
    await press(page, 'Cancel');
    await heading(page, 'You are not signed in');
    await clickSignIn(page);
    await press(page, 'Continue');
    await heading(page, nameOf(person));
  });
});

describe('who may not enter', () => {
  test('somebody whom an admin suspends on the way back from Google reads so', async () => {
    const { page, person } = await signedIn();
    // Google itself lets nobody in who is suspended.
    site.served.google.openid.forge = async (honest) => {
      site.served.google.workspace.suspend(person.id);
      await expect.poll(() => isSignedIn(page), SOON).toBe(false);
      return signIdToken(honest);
    };
    await page.goto('/auth/login');
    await heading(page, 'Your account is suspended');
  });

  test('a personal account reads what it is, and the way on is another account', async () => {
    const sub = '100200300400500600700';
    const { consumers } = site.served.google.openid;
    consumers.add({ sub, email: 'nia@example.test', name: 'Nia Personal' });
    const { page } = await browserOf(sub);
    await page.goto('/auth/login');
    await press(page, 'Continue');
    await heading(page, 'This is a personal Google Account');

    const person = site.newcomer();
    await page.getByRole('link', { name: 'Use another account' }).click();
    await heading(page, 'Choose an account');
    await page.getByRole('link', { name: 'Use another account' }).click();
    await page.getByRole('button', { name: person.primaryEmail }).click();
    await heading(page, nameOf(person));
  });

  test('an account of another organisation reads that theirs is not connected', async () => {
    const person = site.newcomer();
    const { page } = await browserOf(person.id);
    const claims = { sub: '300300300300300300300', hd: 'other-company.test' };
    site.served.google.openid.forge = (honest) =>
      signIdToken({ ...honest, claims: { ...honest.claims, ...claims } });
    await page.goto('/auth/login');
    await heading(page, 'Your organisation is not connected');
  });
});

test('a suspension signs somebody out whose page is open', async () => {
  const { page, person } = await signedIn();
  site.served.google.workspace.suspend(person.id);
  await expect.poll(() => isSignedIn(page), SOON).toBe(false);
  await page.reload();
  await stranger(page);
  expect(await page.content()).not.toContain(person.primaryEmail);
});

test('somebody ends where they wanted to go, query and all', async () => {
  const person = site.newcomer();
  const { page } = await browserOf(person.id);
  const wanted = '/?tab=roles&q=a%26b';
  await page.goto(`/auth/login?return_to=${encodeURIComponent(wanted)}`);
  await heading(page, nameOf(person));
  expect(page.url()).toBe(site.app + wanted);
});

describe('signing out', () => {
  test('lasts until a click, and the click asks which account', async () => {
    const { page, person } = await signedIn();
    await press(page, 'Sign out');
    await stranger(page);

    await page.goto('/auth/login?silent=1');
    await heading(page, 'You are signed out');
    expect(await isSignedIn(page)).toBe(false);
    await clickSignIn(page);
    await heading(page, 'Choose an account');
    await page.getByRole('button', { name: person.primaryEmail }).click();
    await heading(page, nameOf(person));

    // Whoever did not sign out is signed in again without a click.
    await page.context().clearCookies({ name: 'session' });
    await page.goto('/auth/login?silent=1');
    await heading(page, nameOf(person));
  });

  test('everywhere ends what another browser holds', async () => {
    const { page, person } = await signedIn();
    const other = await signedIn(person);
    await press(page, 'Sign out everywhere');
    await stranger(page);
    await other.page.reload();
    await stranger(other.page);
  });

  // A path of its own each time: what comes after the sign-out must not take its place in the cache.
  test('leaves nothing personal behind the back button', async () => {
    const { page, person } = await signedIn();
    await page.goto('/?mine');
    await press(page, 'Sign out');
    await stranger(page);
    await page.goBack();
    expect(page.url()).toBe(`${site.app}/?mine`);
    await stranger(page);
    expect(await page.content()).not.toContain(person.primaryEmail);
  });

  test('in another window shows nobody to this one, which goes back from another site', async () => {
    const { page, person, context } = await signedIn();
    await page.goto('/?mine');
    await page.goto(site.team);
    const other = await context.newPage();
    await other.goto('/');
    await press(other, 'Sign out');
    await stranger(other);
    await page.goBack();
    expect(page.url()).toBe(`${site.app}/?mine`);
    await stranger(page);
    expect(await page.content()).not.toContain(person.primaryEmail);
  });
});

test('a hostile name is text, and turns nothing around', async () => {
  const person = site.newcomer(HOSTILE);
  const { page } = await signedIn(person);
  const shown = page.locator('bdi', { hasText: 'onerror' });
  expect(await shown.textContent()).toBe(nameOf(person));
  expect(await styleOf(shown, 'unicode-bidi')).toBe('isolate');
  expect(await page.locator('main img, main script').count()).toBe(0);
});

test('no script can read a cookie of the app', async () => {
  const { page, context } = await signedIn();
  await page.goto('/auth/login?silent=1');
  expect((await context.cookies()).map(({ name }) => name)).toContain('session');
  expect(await page.evaluate('document.cookie')).toBe('');
});
