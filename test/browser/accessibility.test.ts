// Every page of the app for everybody: axe finds nothing to object to, light and dark, and a phone shows all of it
// without scrolling sideways, whatever people are called.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { objections } from './axe.ts';
import { launchBrowser, overhang, PHONE, test, type Visit, visit } from './browser.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
const LONG = { givenName: 'w'.repeat(60), familyName: 'm'.repeat(60) };
/** What the frame's script says when; shown here without the occasion. */
const MESSAGES = ['waiting', 'cut-off', 'failed', 'no-cookie'] as const;

let site: SignInSite;
let browser: Browser;
let pristine: unknown;
let visits: Visit[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([startSignInSite(), launchBrowser()]);
  pristine = site.served.google.openid.snapshot();
});
afterEach(async () => {
  await Promise.all(visits.map(({ context }) => context.close()));
  visits = [];
  site.served.google.openid.restore(pristine as never);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

interface Scene {
  name: string;
  /** Opens the page, by somebody who has one account at Google. */
  open(page: Page): Promise<unknown>;
  heading: string | RegExp;
}

const go = (path: string) => (page: Page) => page.goto(site.app + path);
/** The frame's page as its own window, with one of its messages. */
const saying = (what: string) => async (page: Page) => {
  await page.goto(`${site.app}/embed/sample`);
  await page.locator(`[data-say="${what}"]`).evaluate((text) => text.removeAttribute('hidden'));
};

const SCENES: Scene[] = [
  { name: 'the page for strangers', open: go('/'), heading: /^Your people/ },
  { name: 'the page for a person', open: go('/auth/login'), heading: /^w+ m+$/ },
  { name: 'a callback without its attempt', open: go('/auth/callback'), heading: /again$/ },
  {
    name: 'a refusal',
    open: async (page) => {
      const { consumers } = site.served.google.openid;
      const { sub } = consumers.add({ sub: '12345678901', email: 'a@b.test', name: 'A B' });
      await site.atGoogle(page.context(), sub);
      await page.goto(`${site.app}/auth/login`);
      await page.getByRole('button', { name: 'Continue' }).click();
    },
    heading: 'This is a personal Google Account',
  },
  {
    name: 'the end of a window that was cut off from its frame',
    open: go(`/auth/login?embed=${CHALLENGE}`),
    heading: 'You are signed in',
  },
  {
    name: 'after a sign-out, where somebody is sent here silently',
    open: async (page) => {
      await page.goto(`${site.app}/auth/login`);
      await page.getByRole('button', { name: 'Sign out', exact: true }).click();
      await page.goto(`${site.app}/auth/login?silent=1`);
    },
    heading: 'You are signed out',
  },
  {
    name: 'a sign-out everywhere from a page that was signed out meanwhile',
    open: async (page) => {
      await page.goto(`${site.app}/auth/login`);
      const other = await page.context().newPage();
      await other.goto(site.app);
      await other.getByRole('button', { name: 'Sign out', exact: true }).click();
      await other.getByRole('link', { name: 'Sign in with Google' }).waitFor();
      await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    },
    heading: 'You were signed out already',
  },
  { name: 'the frame for strangers', open: go('/embed/sample'), heading: 'Rollcall' },
  ...MESSAGES.map((what) => ({
    name: `the frame that says ${what}`,
    open: saying(what),
    heading: 'Rollcall',
  })),
];

describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
  async function open(scene: Scene, options = {}): Promise<Page> {
    const opened = await visit(browser, { colorScheme, ...options });
    visits.push(opened);
    await site.atGoogle(opened.context, site.newcomer(LONG).id);
    await scene.open(opened.page);
    await opened.page.getByRole('heading', { level: 1, name: scene.heading }).waitFor();
    return opened.page;
  }

  test.each(SCENES)('$name is for everybody, and fits a phone', async (scene) => {
    const page = await open(scene, { viewport: PHONE });
    expect({ overhang: await overhang(page), objections: await objections(page) }).toEqual({
      overhang: 0,
      objections: [],
    });
  });

  test('the frame for a person is for everybody, and fits its place on a phone', async () => {
    const opened = await visit(browser, { colorScheme, viewport: PHONE });
    visits.push(opened);
    const { page, context } = opened;
    await site.atGoogle(context, site.newcomer(LONG).id);
    await page.goto(site.team);
    const inFrame = page.frameLocator('iframe');
    await inFrame.getByRole('button', { name: 'Sign in with Google' }).click();
    await inFrame.getByRole('heading', { level: 1, name: /^w+ m+$/ }).waitFor();
    const inside = page.frames().find((frame) => frame.url().startsWith(site.app));
    if (!inside) throw new Error('there is no frame');
    expect(await objections(inside)).toEqual([]);
    const sticksOut = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    expect(await inside.evaluate(sticksOut)).toBe(0);
  });
});

test('axe can object', async () => {
  const { page, context } = await visit(browser);
  await page.goto(site.app);
  await page.locator('.google').evaluate((link) => link.setAttribute('style', 'color: #eeeeee'));
  await page.locator('html').evaluate((html) => html.removeAttribute('lang'));
  expect((await objections(page)).join('\n')).toMatch(/html-has-lang: /);
  await context.close();
});
