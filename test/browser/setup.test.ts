// The set-up as a newcomer meets it: the link from a terminal, the door behind it, and the doctor, who says what is wrong,
// what to paste where, and that it is mended. With JavaScript and without.
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { makeSetupLink } from '../../src/setup/link.ts';
import { USER_READONLY_SCOPE } from '../google/service-accounts.ts';
import { APP_SECRET } from '../unit/environment.ts';
import { aSite, closeSites, HTML, NO_ICON } from './a-site.ts';
import { appearanceFaults } from './appearance.ts';
import { launchBrowser, overhang, PHONE, styleOf, test } from './browser.ts';
import { keyboardFaults, skips } from './keyboard.ts';
import { ADMIN, type OperatorVisit, visitAs } from './operator.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

let site: SignInSite;
let browser: Browser;
let db: D1Database;
let visits: OperatorVisit[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([startSignInSite(), launchBrowser()]);
  db = await site.database();
  refuseToBeFollowed(site);
});
// What was found by a test before: the doctor asks nobody twice within half a minute.
beforeEach(() => db?.prepare('DELETE FROM setup_findings').run());
afterEach(async () => {
  for (const one of visits) await one.expectPeace();
  await Promise.all(visits.map(({ context }) => context.close()));
  visits = [];
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  closeSites();
});

/**
 * Redirects of the Worker's own requests are followed by its harness, also those that it asked to see; in workerd, and in
 * `npm start`, they are not. So the sign-in page tells the doctor where it would send a person in an answer that nobody follows.
 */
function refuseToBeFollowed({ served: { google } }: SignInSite): void {
  const { fetch } = google;
  google.fetch = async (request) => {
    const answer = await fetch(request);
    const isBrowser = request.headers.get('sec-fetch-dest') === 'document';
    if (isBrowser || answer.status !== 302) return answer;
    return new Response(null, { headers: answer.headers });
  };
}

interface Options extends BrowserContextOptions {
  as?: string;
}

async function fresh({ as, ...options }: Options = {}): Promise<OperatorVisit> {
  const opened = await visitAs(as ?? null, { site, browser }, options);
  visits.push(opened);
  return opened;
}

const newLink = async () =>
  (await makeSetupLink({ appSecret: APP_SECRET, origin: site.app }, Date.now())).href;
const pageWithLinkTo = (url: string) => aSite(HTML, `${NO_ICON}<a href="${url}">Go on</a>`);
const follow = (page: Page) => page.getByRole('link', { name: 'Go on' }).click();
const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
const heading = (page: Page, name: string | RegExp) =>
  page.getByRole('heading', { name }).first().waitFor();

/** A browser that the link has let in. */
async function letIn(options: Options = {}): Promise<OperatorVisit> {
  const opened = await fresh(options);
  await opened.page.goto(await newLink());
  await press(opened.page, 'Open the set-up');
  await heading(opened.page, 'Set-up');
  return opened;
}

/** As if the last check had been made a minute ago. */
const letTimePass = () =>
  db.prepare('UPDATE setup_findings SET checked_ms = checked_ms - 60000').run();

describe.each([
  { how: 'with JavaScript', javaScriptEnabled: true },
  { how: 'without JavaScript', javaScriptEnabled: false },
])('somebody with the link, $how', ({ javaScriptEnabled }) => {
  test('gets in by a click, once, in this browser only; the token goes nowhere else', async () => {
    const { page, context, requests } = await fresh({ javaScriptEnabled });
    const link = await newLink();
    // From another site, as a chat or a mail program is.
    await page.goto(await pageWithLinkTo(link));
    await follow(page);
    await heading(page, 'Set up Rollcall');
    if (javaScriptEnabled) {
      expect(await appearanceFaults(page, 'setup-link')).toEqual([]);
      expect(await keyboardFaults(page)).toEqual([]);
    }
    await press(page, 'Open the set-up');
    await heading(page, 'Set-up');
    expect(page.url()).toBe(`${site.app}/setup`);
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({ name: 'setup', sameSite: 'Strict', httpOnly: true });
    const referers = requests.map(async (one) => (await one.allHeaders())['referer'] ?? '');
    expect((await Promise.all(referers)).join('\n')).not.toMatch(/link=|s1\./);

    // A Strict cookie stays behind when another site leads here; it is there when we come by ourselves.
    await page.goto(await pageWithLinkTo(`${site.app}/setup`));
    await follow(page);
    await heading(page, 'Only for whoever runs Rollcall');
    if (javaScriptEnabled) expect(await appearanceFaults(page, 'setup-door')).toEqual([]);
    await page.goto('/setup');
    await heading(page, 'Set-up');

    const other = await fresh({ javaScriptEnabled });
    await other.page.goto(link);
    await press(other.page, 'Open the set-up');
    await heading(other.page, 'This link is no longer good');
    expect(await other.context.cookies()).toEqual([]);
    await other.page.goto('/setup');
    await heading(other.page, 'Only for whoever runs Rollcall');
  });

  test('is told what is wrong and what to paste where, mends it, and is told so', async () => {
    const { page } = await letIn({ javaScriptEnabled });
    const { accounts } = site.served.google;
    if (javaScriptEnabled) expect(await appearanceFaults(page, 'setup-unchecked')).toEqual([]);
    accounts.removeDelegation();
    try {
      await press(page, 'Check everything');
      await heading(page, 'One thing is wrong');
      const token = page.locator('#check-token');
      expect(await token.getByRole('heading').innerText()).toContain('Google hands out access');
      const values = await token.locator('code').allTextContents();
      expect(values.slice(0, 2)).toEqual([accounts.first.clientId, USER_READONLY_SCOPE]);
      if (javaScriptEnabled) {
        expect(await appearanceFaults(page, 'setup-red')).toEqual([]);
        await page.goto('/setup');
        expect(await keyboardFaults(page)).toEqual([]);
        await copiesEachOf(page);
      } else {
        expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
        expect(await styleOf(token.locator('code').first(), 'user-select')).toBe('all');
        await page.setViewportSize(PHONE);
        expect(await overhang(page)).toBe(0);
        expect(await keyboardFaults(page)).toEqual([]);
      }
    } finally {
      accounts.delegate([USER_READONLY_SCOPE]);
    }
    await press(page, 'Check again');
    await heading(page, 'One thing is wrong');
    await letTimePass();
    await press(page, 'Check again');
    await heading(page, 'All is well');
    expect(await page.locator('.findings > li.bad, .findings > li.wait').count()).toBe(0);
    if (javaScriptEnabled) expect(await appearanceFaults(page, 'setup-green')).toEqual([]);
  });
});

/** Presses every copy button, and compares what is pasted then. */
async function copiesEachOf(page: Page): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const buttons = await page.locator('button[data-copy]').all();
  expect(buttons.length).toBeGreaterThan(5);
  for (const button of buttons) {
    const shown = await valueBeside(button).textContent();
    await button.click();
    await expect.poll(() => button.textContent()).toBe('Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(shown);
  }
  await page.context().clearPermissions();
}

const valueBeside = (button: Locator) => button.locator('xpath=preceding-sibling::code[1]');

test('a value that may not be copied is selected instead', async () => {
  const { page } = await letIn();
  // Whoever refuses a page the clipboard.
  await page.evaluate(`navigator.clipboard.writeText = () => Promise.reject(new Error('no'))`);
  const button = page.locator('button[data-copy]').first();
  const shown = await valueBeside(button).textContent();
  await button.click();
  await page.getByText('Selected: press Ctrl+C').waitFor();
  expect(await page.evaluate('getSelection().toString()')).toBe(shown);
});

test('an import that waits is watched without a reload', async () => {
  const { page } = await letIn();
  await db.batch([
    db.prepare('UPDATE directories SET imported_ms = NULL'),
    db
      .prepare(
        `INSERT INTO reconcile_runs (id, directory_id, ticket, started_ms, progress_ms, users_seen)
         VALUES ('default-watched', 'default', 1, ?1, ?1, 12)`,
      )
      .bind(Date.now()),
  ]);
  await press(page, 'Check everything');
  await heading(page, 'Nothing is wrong, but not everything is done');
  await page.getByText('12 people seen so far').waitFor();
  expect(await appearanceFaults(page, 'setup-waiting')).toEqual([]);
  await press(page, 'Start it now');
  expect(await page.locator('.said').innerText()).toBe('A pass is under way already.');
  await db.batch([
    db.prepare('UPDATE directories SET imported_ms = ?1').bind(Date.now()),
    db.prepare(`DELETE FROM reconcile_runs WHERE id = 'default-watched'`),
  ]);
  await heading(page, 'All is well');
  expect(await page.locator('[data-live]').count()).toBe(0);
});

test('somebody of the company who is no admin is told so', async () => {
  const { page } = await fresh({ as: 'sunny@example.test' });
  await page.goto('/setup');
  await page.getByText('You are signed in, and you are no super admin').waitFor();
  expect(await appearanceFaults(page, 'setup-no-permission')).toEqual([]);
  expect(await keyboardFaults(page)).toEqual([]);
});

// The first of them closes set-up for good, so this stands last.
test('a super admin needs no link, and after their first sign-in there is none', async () => {
  const { page: early } = await letIn();
  const { page } = await fresh({ as: ADMIN });
  await page.goto('/setup');
  await page.getByRole('navigation').getByRole('link', { name: 'Overview' }).waitFor();
  expect(await appearanceFaults(page, 'setup-admin')).toEqual([]);
  expect(await keyboardFaults(page)).toEqual([]);
  await page.goto('/setup');
  expect(await skips(page)).toBe(true);

  await early.reload();
  await heading(early, 'Only for whoever runs Rollcall');
  await early.goto(await newLink());
  await press(early, 'Open the set-up');
  await heading(early, 'This link is no longer good');
  expect(await appearanceFaults(early, 'setup-link-over')).toEqual([]);
});
