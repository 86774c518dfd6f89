// The console in the hands of whoever runs the deployment, with JavaScript and without: whose removal is held, and what
// becomes of them; passes that are asked for, and watched; and names that would rather be something else.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { GoogleUser } from '../google/person.ts';
import { appearanceFaults } from './appearance.ts';
import { launchBrowser, overhang, PHONE, styleOf, test } from './browser.ts';
import { keyboardFaults, skips } from './keyboard.ts';
import { ADMIN, type OperatorVisit, visitAs } from './operator.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const HOUR_MS = 3_600_000;
const HOSTILE = {
  primaryEmail: `${'m'.repeat(60)}@example.test`,
  givenName: '<script>alert(1)</script><img src=x onerror=alert(2)>',
  // Turns what follows around, hides an end, and never closes what it opened.
  familyName: `\u202Egnp.\u2066exe\u200F"'>${'w'.repeat(50)}`,
  orgUnitPath: `/${'Unit'.repeat(30)}`,
};

let site: SignInSite;
let browser: Browser;
let db: D1Database;
let visits: OperatorVisit[] = [];
let crowd: GoogleUser[];
let hostile: GoogleUser;

beforeAll(async () => {
  const people = (workspace: SignInSite['served']['google']['workspace']) => {
    crowd = workspace.addMany(120, { prefix: 'leaver' });
    hostile = workspace.add(HOSTILE);
  };
  [site, browser] = await Promise.all([
    startSignInSite({ importedAgoMs: HOUR_MS, isHasty: true, people }),
    launchBrowser(),
  ]);
  db = await site.database();
  // The import pass was long ago, and is not the one that a test asks for; nor is anything that it did drift.
  await db
    .prepare(
      `UPDATE reconcile_runs SET started_ms = started_ms - ${HOUR_MS}, finished_ms = finished_ms - ${HOUR_MS},
         first_seq = (SELECT max(seq) FROM events)`,
    )
    .run();
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

async function open(
  path: string,
  { as = ADMIN, ...options }: BrowserContextOptions & { as?: string | null } = {},
): Promise<OperatorVisit> {
  const opened = await visitAs(as, { site, browser }, options);
  visits.push(opened);
  await opened.page.goto(path);
  return opened;
}

/** Has people leave the company, and the pushes about it get lost. */
function leave(people: readonly GoogleUser[]): void {
  site.served.google.faults.dropPushes = 1;
  for (const { id } of people) site.served.google.workspace.remove(id);
}

/** As a pass holds people who are on no page of its list; console.test.ts waits for one real pass, and not for each. */
async function hold(people: readonly GoogleUser[]): Promise<void> {
  const held = db.prepare(
    `INSERT INTO held_removals (directory_id, user_id, reason, since_ms) VALUES ('default', ?1, 'missing', ?2)`,
  );
  await db.batch(people.map(({ id }) => held.bind(id, Date.now())));
}

const statusesOf = async (people: readonly GoogleUser[]) => {
  const ids = JSON.stringify(people.map(({ id }) => id));
  const { results } = await db
    .prepare('SELECT DISTINCT status FROM users WHERE id IN (SELECT value FROM json_each(?1))')
    .bind(ids)
    .all<{ status: string }>();
  return results.map(({ status }) => status);
};

const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click();
const said = (page: Page) => page.locator('.said').innerText();
const held = (page: Page) => page.getByRole('region', { name: 'People whose removal is held' });

describe('a stranger', () => {
  test('may sign in, and somebody who is no admin use another account', async () => {
    const { page } = await open('/console', { as: null });
    await page.getByRole('heading', { name: 'Sign in to open the console' }).waitFor();
    expect(await appearanceFaults(page, 'console-stranger')).toEqual([]);
    expect(await keyboardFaults(page)).toEqual([]);
    expect(await page.getByRole('link', { name: 'Sign in with Google' }).count()).toBe(1);

    const other = await open('/console', { as: 'sunny@example.test' });
    await other.page.getByRole('heading', { name: /is for admins$/ }).waitFor();
    expect(await appearanceFaults(other.page, 'console-no-permission')).toEqual([]);
    expect(await keyboardFaults(other.page)).toEqual([]);
  });
});

test('what looks at these pages can object: to order, focus, width, and to strangers that are asked', async () => {
  const { page, context, expectPeace } = await visitAs(null, { site, browser });
  await page.goto('/console');
  const signIn = page.getByRole('link', { name: 'Sign in with Google' });
  await signIn.evaluate((link) => {
    link.tabIndex = 1;
    link.style.outline = 'none';
  });
  const faults = (await keyboardFaults(page)).join('\n');
  expect(faults).toMatch(/focus is not seen: \d A Sign in/);
  expect(faults).toContain('the first stop is 2 A Sign in');
  await signIn.evaluate((link) => {
    link.style.width = '2000px';
  });
  const looks = (await appearanceFaults(page, 'broken-on-purpose')).join('\n');
  expect(looks).toMatch(/phone: sticks out by \d+ px/);
  await page.evaluate(`fetch('${site.served.url}/').catch(() => null)`);
  await expect(expectPeace()).rejects.toThrow('complaints: [ …(2) ]');
  await context.close();
});

test('the overview is for everybody: eyes, keyboards, phones', async () => {
  const { page } = await open('/console');
  await page.getByRole('heading', { level: 1, name: 'In step' }).waitFor();
  expect(await appearanceFaults(page, 'console-in-step')).toEqual([]);
  expect(await keyboardFaults(page)).toEqual([]);
  await page.goto('/console');
  expect(await skips(page)).toBe(true);

  const plain = await open('/console', { javaScriptEnabled: false, viewport: PHONE });
  expect(await overhang(plain.page)).toBe(0);
  expect(await keyboardFaults(plain.page)).toEqual([]);
});

test('thirty who left, and one whose name is hostile: a pass that is asked for holds them, the page shows it by itself, and a tick removes them', async () => {
  const leavers = [...crowd.slice(0, 30), hostile];
  leave(leavers);
  const { page } = await open('/console');
  await press(page, 'Reconcile now');
  expect(await said(page)).toBe('A pass has been started.');
  // Nobody reloads it.
  await page.getByRole('heading', { name: '31 removals wait for your decision' }).waitFor();
  await page.getByRole('heading', { level: 1, name: 'Not in step' }).waitFor();
  expect(await appearanceFaults(page, 'console-held')).toEqual([]);
  await page.goto('/console');
  expect(await keyboardFaults(page)).toEqual([]);
  expect(await held(page).getByRole('row').count()).toBe(21);
  await page.getByRole('link', { name: 'Look at all 31 and decide' }).click();
  await page.getByRole('heading', { level: 1, name: 'Held removals' }).waitFor();
  const rows = held(page).getByRole('row');
  expect(await rows.count()).toBe(32);
  for (const { name, primaryEmail } of leavers) {
    const row = rows.filter({ hasText: primaryEmail });
    expect(await row.locator('bdi').first().textContent()).toBe(name.fullName);
  }
  const shown = held(page).locator('bdi', { hasText: 'onerror' });
  expect(await styleOf(shown, 'unicode-bidi')).toBe('isolate');
  expect(await page.locator('main img, main script').count()).toBe(0);

  const second = await page.context().newPage();
  await second.goto('/console/held-removals');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.method()));
  await press(page, 'Remove these 31');
  const tick = page.getByRole('checkbox', { name: 'I have looked at these 31 people' });
  expect(await tick.evaluate((box) => box.matches(':invalid:focus'))).toBe(true);
  expect(asked).toEqual([]);
  await tick.check();
  await press(page, 'Remove these 31');
  expect(await said(page)).toBe('Approved: 31 people are being looked at once more.');

  await press(second, 'Keep these 31');
  expect(await second.getByRole('alert').innerText()).toMatch(/^Nothing was done: the list has/);
  expect(await second.getByText('Nobody waits for a word.').count()).toBe(1);
  expect(await appearanceFaults(second, 'held-removals-conflict')).toEqual([]);

  await expect.poll(() => statusesOf(leavers), { timeout: 30_000 }).toEqual(['deleted']);
  await page.goto('/console');
  await page.getByRole('heading', { level: 1, name: 'In step' }).waitFor();
  const actions = page.getByRole('region', { name: 'What operators did' });
  await actions.getByText('Approved held removals').waitFor();
  expect(await actions.getByText('Robin Administrator').count()).toBeGreaterThan(1);
});

test('the same without JavaScript: the browser asks for the tick, then they are removed', async () => {
  const leavers = crowd.slice(30, 42);
  leave(leavers);
  await hold(leavers);
  const { page, requests } = await open('/console', { javaScriptEnabled: false, viewport: PHONE });
  expect(await overhang(page)).toBe(0);
  expect(await held(page).getByText('Person Number 31').count()).toBe(1);
  const asked = requests.length;
  await press(page, 'Remove these 12');
  expect(requests.length).toBe(asked);
  await page.getByRole('checkbox').check();
  await press(page, 'Remove these 12');
  expect(await said(page)).toBe('Approved: 12 people are being looked at once more.');
  await expect.poll(() => statusesOf(leavers), { timeout: 30_000 }).toEqual(['deleted']);
});

test.each([true, false])(
  'whoever is kept stays, and is not asked about (JavaScript: %s)',
  async (javaScriptEnabled) => {
    const people = javaScriptEnabled ? crowd.slice(42, 50) : crowd.slice(50, 58);
    await hold(people);
    const { page } = await open('/console', { javaScriptEnabled });
    await press(page, 'Keep these 8');
    expect(await said(page)).toBe('8 people stay, and are not asked about for 24 hours.');
    expect(await held(page).count()).toBe(0);
    expect(await statusesOf(people)).toEqual(['active']);
  },
);

test('more than twenty are looked at on a page of their own, and decided about there', async () => {
  const people = crowd.slice(58, 118);
  await hold(people);
  const { page } = await open('/console');
  expect(await page.getByRole('button', { name: /^(Keep|Remove)/ }).count()).toBe(0);
  await page.getByRole('link', { name: 'Look at all 60 and decide' }).click();
  await page.getByRole('heading', { level: 1, name: 'Held removals' }).waitFor();
  expect(await held(page).getByRole('row').count()).toBe(61);
  expect(await appearanceFaults(page, 'held-removals')).toEqual([]);
  await page.goto('/console/held-removals');
  expect(await keyboardFaults(page)).toEqual([]);
  await press(page, 'Keep these 60');
  expect(await said(page)).toMatch(/^60 people stay/);
});

test('a pass that is under way is watched without a reload', async () => {
  const run = `INSERT INTO reconcile_runs (id, directory_id, ticket, started_ms, progress_ms)
    VALUES ('default-watched', 'default', 1, ?1, ?1)`;
  await db.prepare(run).bind(Date.now()).run();
  const { page } = await open('/console');
  const plain = await open('/console', { javaScriptEnabled: false });
  const passes = page.getByRole('region', { name: 'Last passes' }).last();
  await passes.getByText('Under way', { exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'A pass is under way' }).isDisabled()).toBe(true);
  expect(await appearanceFaults(page, 'console-under-way')).toEqual([]);

  const end = `UPDATE reconcile_runs SET outcome = 'failed', reason = 'backendError', finished_ms = ?1
    WHERE id = 'default-watched'`;
  await db.prepare(end).bind(Date.now()).run();
  await passes.getByText('Failed').waitFor();
  await page.getByRole('button', { name: 'Reconcile now' }).waitFor();
  expect(await plain.page.getByText('Under way', { exact: true }).count()).toBe(1);
  await plain.page.reload();
  expect(await plain.page.getByText('Under way', { exact: true }).count()).toBe(0);
});

test('everything wrong at once, to somebody with a very long name', async () => {
  const letter = db.prepare(
    `INSERT INTO dead_letters (directory_id, user_id, letter_key, body, reason, attempts, at_ms)
     VALUES ('default', ?1, ?1, '{}', ?2, 100, ?3)`,
  );
  const { id } = site.served.google.workspace.user(ADMIN);
  await db.batch([
    letter.bind(crowd[119]?.id, 'retries-exhausted', Date.now()),
    letter.bind(hostile.id, 'unstorable', Date.now()),
    db.prepare(`UPDATE users SET full_name = ?1 WHERE id = ?2`).bind('w'.repeat(120), id),
    db
      .prepare(
        `UPDATE directories SET problem = 'token-delegation', problem_since_ms = ?1, channels_until_ms = NULL`,
      )
      .bind(Date.now() - HOUR_MS),
  ]);
  await hold(crowd.slice(118, 119));
  const { page } = await open('/console');
  await page.getByRole('heading', { name: /^Google does not let Rollcall read/ }).waitFor();
  expect(await appearanceFaults(page, 'console-trouble')).toEqual([]);
  await page.goto('/console');
  expect(await keyboardFaults(page)).toEqual([]);
  expect(await page.getByRole('link', { name: /^Ask the set-up/ }).count()).toBeGreaterThan(0);
  await press(page, 'Replay these 2');
  expect(await said(page)).toBe('2 people are being looked at again.');
  expect(await page.getByRole('heading', { name: /^Hints that/ }).count()).toBe(0);
});
