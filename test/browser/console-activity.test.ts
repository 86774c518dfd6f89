// What happened, and what keeps people in step, in a browser: each page with JavaScript and without, at a desk and on a
// phone, light and dark; the file that is downloaded; a dry run; letters that are ticked.
import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { appearanceFaults } from './appearance.ts';
import { launchBrowser, overhang, PHONE, test } from './browser.ts';
import { keyboardFaults } from './keyboard.ts';
import { ADMIN, type OperatorVisit, visitAs } from './operator.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const HOUR = 3_600_000;
const HOSTILE = `${'w'.repeat(70)}<img src=x onerror=alert(1)>\u202Egnp.exe`;

let site: SignInSite;
let browser: Browser;
let db: D1Database;
let ana: string;
let visits: OperatorVisit[] = [];

/** A day as busy as a day is: pushes at every hour, some of them slow. */
async function aDay(): Promise<void> {
  const nowMs = Date.now();
  const event = db.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     VALUES ('default', ?1, ?2, ?3, ?4, ?5, ?6, ?7)`,
  );
  const all: D1PreparedStatement[] = [];
  for (let i = 0; i < 220; i += 1) {
    const atMs = nowMs - 23 * HOUR + i * 370_000;
    const took = i % 29 === 0 ? 48_000 + i * 90 : 220 + ((i * 7_919) % 2_300);
    const before = {
      email: 'ana@example.test',
      attributes: { title: 'Engineer' },
      roles: ['lead'],
    };
    const after = {
      email: 'ana@example.test',
      attributes: { title: '=Lead' },
      roles: ['owner', 'b'],
    };
    const type = ['user.updated', 'user.suspended', 'user.reactivated'][i % 3];
    const sides = [JSON.stringify(before), JSON.stringify(after)];
    all.push(event.bind(ana, type, ...sides, i % 36 ? 'push' : 'reconcile', atMs, atMs - took));
  }
  const many = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`Field_${i}`, HOSTILE]));
  const wild = JSON.stringify({ email: 'x@example.test', customSchemas: { Schema: many } });
  all.push(event.bind(ana, 'user.deleted', '{}', wild, 'operator', nowMs, nowMs - 900));
  await db.batch(all);
}

beforeAll(async () => {
  [site, browser] = await Promise.all([
    startSignInSite({ importedAgoMs: HOUR, isHasty: true }),
    launchBrowser(),
  ]);
  db = await site.database();
  ana = site.served.google.workspace.user('ana.moreira@example.test').id;
  await db.prepare('UPDATE users SET full_name = ?2 WHERE id = ?1').bind(ana, HOSTILE).run();
  await aDay();
});
afterEach(async () => {
  site.served.google.faults.reset();
  for (const one of visits) await one.expectPeace();
  await Promise.all(visits.map(({ context }) => context.close()));
  visits = [];
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

async function open(path: string, options: BrowserContextOptions = {}): Promise<OperatorVisit> {
  const opened = await visitAs(ADMIN, { site, browser }, options);
  visits.push(opened);
  await opened.page.goto(path);
  return opened;
}

const letters = (count: number) =>
  db.batch(
    Array.from({ length: count }, (_, i) =>
      db
        .prepare(
          `INSERT INTO dead_letters (directory_id, user_id, letter_key, body, reason, attempts, at_ms)
           VALUES ('default', ?1, ?2, '{}', ?3, 100, ?4)`,
        )
        .bind(ana, crypto.randomUUID(), ['retries-exhausted', 'forbidden'][i % 2], Date.now() - i),
    ),
  );

test('activity: filtered, gone through, opened and downloaded', async () => {
  const { page } = await open('/console/activity');
  expect(await page.locator('.events > li').count()).toBe(50);
  expect(await page.locator('main img').count()).toBe(0);
  await page.getByText('9 more').click();
  expect(await page.getByText('Schema.Field_13').isVisible()).toBe(true);
  // Few enough to be looked at.
  await page.goto('/console/activity?type=user.updated&cause=reconcile');
  expect(await appearanceFaults(page, 'activity')).toEqual([]);
  expect(await keyboardFaults(page)).toEqual([]);
  await page.getByRole('link', { name: 'Show all' }).click();

  await page.locator('select[name="type"]').selectOption({ label: 'Suspended' });
  await page.getByRole('button', { name: 'Show' }).click();
  expect(await page.locator('.events .tag').allInnerTexts()).toEqual(Array(50).fill('Suspended'));
  await page.getByRole('link', { name: 'Earlier' }).click();
  await page.getByText('That is where it begins.').waitFor();
  expect(await page.locator('select[name="type"]').inputValue()).toBe('user.suspended');

  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download as CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^rollcall-activity-\d{4}-\d\d-\d\d\.csv$/);
  const text = readFileSync((await download.path()) ?? '', 'utf8');
  const records = parse(text, { bom: true, columns: true }) as Record<string, string>[];
  expect(records.length).toBeGreaterThan(70);
  expect(new Set(records.map(({ type }) => type))).toEqual(new Set(['user.suspended']));

  await page.goto('/console/activity?of=operators');
  expect(await appearanceFaults(page, 'activity-operators')).toEqual([]);
});

test('without JavaScript, on a phone: every page, and none sticks out', async () => {
  await letters(2);
  const { page } = await open('/console/activity?type=user.updated', {
    javaScriptEnabled: false,
    viewport: PHONE,
  });
  expect(await page.locator('.events > li').count()).toBe(50);
  for (const path of [
    '/console/activity',
    '/console/passes',
    '/console/channels',
    '/console/dead-letters',
    '/console',
  ]) {
    await page.goto(path);
    expect([path, await overhang(page)]).toEqual([path, 0]);
    expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
  }
  await page.goto('/console/dead-letters');
  await page.getByRole('checkbox').first().check();
  await page.getByRole('button', { name: 'Replay the ticked' }).click();
  expect(await page.locator('.said').innerText()).toBe('1 person is being looked at again.');
  expect(new URL(page.url()).pathname).toBe('/console/dead-letters');
  await page.getByRole('button', { name: 'Replay the one here' }).click();
  await page.getByText('No letter waits').waitFor();
});

test('passes: one is asked for, and a dry run says what would change without doing it', async () => {
  const { page } = await open('/console/passes');
  expect(await page.getByRole('region', { name: 'Passes' }).getByRole('row').count()).toBe(2);
  expect(await appearanceFaults(page, 'passes')).toEqual([]);
  expect(await keyboardFaults(page)).toEqual([]);

  const { workspace } = site.served.google;
  workspace.silently(() => {
    workspace.suspend('sunny@example.test');
    workspace.add({ primaryEmail: 'fresh@example.test', givenName: 'Fresh', familyName: HOSTILE });
  });
  await page.goto('/console/passes');
  await page.getByRole('button', { name: 'Dry run: what would change' }).click();
  await page.getByRole('heading', { name: 'Unknown here: 1' }).waitFor();
  expect(await page.getByText('Nothing was written, and nobody was looked at.').count()).toBe(1);
  expect(await appearanceFaults(page, 'dry-run')).toEqual([]);

  site.served.google.faults.listWithoutUsers = true;
  await page.getByRole('button', { name: 'Dry run: what would change' }).click();
  await page.getByRole('alert').getByText('list-without-users').waitFor();
  expect(await appearanceFaults(page, 'dry-run-failed')).toEqual([]);
  site.served.google.faults.reset();

  await page.goto('/console/passes');
  await page.getByRole('button', { name: 'Reconcile now' }).click();
  expect(await page.locator('.said').innerText()).toBe('A pass has been started.');
  // Nobody reloads it.
  await expect.poll(() => page.getByText('Complete').count(), { timeout: 15_000 }).toBe(2);
});

test('channels and dead letters, and a day on the overview', async () => {
  await letters(3);
  const { page } = await open('/console/channels');
  expect(
    await page.getByRole('region', { name: 'Notification channels' }).getByRole('row').count(),
  ).toBe(6);
  expect(await appearanceFaults(page, 'channels')).toEqual([]);
  await page.goto('/console/dead-letters');
  expect(await appearanceFaults(page, 'dead-letters')).toEqual([]);
  expect(await keyboardFaults(page)).toEqual([]);

  await page.goto('/console');
  await page.getByRole('img', { name: 'From change to stored, by the hour' }).waitFor();
  expect(await appearanceFaults(page, 'overview-day')).toEqual([]);
  await page.getByText('The same as a table').click();
  expect(
    await page
      .getByRole('region', { name: /by the hour$/ })
      .getByRole('row')
      .count(),
  ).toBeGreaterThan(20);
});
