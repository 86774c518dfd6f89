// People in the console, in a real browser, among ten thousand: finding somebody, reading why they have a role, deciding by
// hand, with JavaScript and without.
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { searchWords } from '../../src/roles/search-words.ts';
import { appearanceFaults } from './appearance.ts';
import { launchBrowser, overhang, PHONE, styleOf, test } from './browser.ts';
import { keyboardFaults } from './keyboard.ts';
import { ADMIN, type OperatorVisit, visitAs } from './operator.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const CROWD = 10_000;
const HOSTILE = {
  primaryEmail: `${'m'.repeat(60)}@example.test`,
  givenName: '<script>alert(1)</script>',
  familyName: `\u202Egnp.\u2066exe\u200F"'>${'w'.repeat(50)}`,
  orgUnitPath: `/${'Unit'.repeat(30)}`,
  customSchemas: {
    Roles: { 'team-alpha': true, Köln: true },
    User_Level: { Grade: '4', Team_Lead: true },
  },
};

let site: SignInSite;
let browser: Browser;
let db: D1Database;
let visits: OperatorVisit[] = [];
let hostileId: string;

beforeAll(async () => {
  const people = (workspace: SignInSite['served']['google']['workspace']) => {
    hostileId = workspace.add(HOSTILE).id;
  };
  [site, browser] = await Promise.all([
    startSignInSite({ importedAgoMs: 3_600_000, people }),
    launchBrowser(),
  ]);
  db = await site.database();
  await fillCrowd();
});
afterEach(async () => {
  for (const one of visits) await one.expectPeace();
  await Promise.all(visits.map(({ context }) => context.close()));
  visits = [];
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const GIVEN = ['Ana', 'Bram', 'Chidi', 'Dagny', 'Elif', 'Zoë'];
const FAMILY = ['Abara', 'Müller', 'Castellanos', "O'Neil", 'Yılmaz'];
const UNITS = ['/', '/Staff', '/Staff/Engineering', '/Staff/Field teams', '/Contractors'];

/** Rows as a pass would have written them; what is looked at is how they are found. */
async function fillCrowd(): Promise<void> {
  for (let from = 0; from < CROWD; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, i) => {
      const n = from + i;
      const names = [GIVEN[n % GIVEN.length] ?? '', FAMILY[n % FAMILY.length] ?? ''] as const;
      const fullName = names.join(' ');
      const email = `person${n}@example.test`;
      const roles = n % 4 === 0 ? ['staff', 'team:alpha', 'team:beta', 'lead', 'cook'] : ['staff'];
      return {
        id: String(500_000_000 + n),
        names,
        fullName,
        email,
        unit: UNITS[n % UNITS.length],
        status: n % 7 < 2 ? 'suspended' : 'active',
        roles: JSON.stringify(roles.toSorted()),
        words: JSON.stringify(searchWords({ fullName, email })),
      };
    });
    await db
      .prepare(
        `INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin,
           is_delegated_admin, org_unit_path, attributes, custom_schemas, roles, words, ticket, written, cause,
           noticed_ms, created_ms, changed_ms)
         SELECT value->>'$.id', 'default', value->>'$.email', value->>'$.names[0]', value->>'$.names[1]',
           value->>'$.fullName', value->>'$.status', 0, 0, value->>'$.unit', '{}', '{}', value->>'$.roles',
           value->>'$.words', 1, 1, 'reconcile', ?2, ?2, ?2 FROM json_each(?1)`,
      )
      .bind(JSON.stringify(rows), Date.now() - 3_600_000)
      .run();
  }
}

async function open(path: string, options: BrowserContextOptions = {}): Promise<OperatorVisit> {
  const opened = await visitAs(ADMIN, { site, browser }, options);
  visits.push(opened);
  await opened.page.goto(path);
  return opened;
}

test('somebody is found among ten thousand, page by page, by eyes, keyboards and phones', async () => {
  const { page } = await open('/console/people');
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  await page.getByLabel('Name, address or id').fill('zoe mull');
  await page.getByLabel('Status').selectOption('Suspended');
  await page.getByRole('button', { name: 'Search' }).click();
  const rows = page.getByRole('region', { name: 'People' }).getByRole('row');
  expect(await rows.count()).toBe(51);
  expect(await rows.nth(1).getByRole('link').innerText()).toBe('Zoë Müller');
  expect(await appearanceFaults(page, 'people')).toEqual([]);
  const first = await rows.nth(1).innerText();
  await page.getByRole('link', { name: 'Next page' }).click();
  expect(await rows.count()).toBeGreaterThan(1);
  expect(await rows.nth(1).innerText()).not.toBe(first);
  expect(await page.getByLabel('Name, address or id').inputValue()).toBe('zoe mull');
  await page.getByRole('link', { name: 'First page' }).click();
  expect(await rows.nth(1).innerText()).toBe(first);
  await page.goto('/console/people?q=nobody+at+all');
  await page.getByText('Nobody was found.').waitFor();
  expect(await appearanceFaults(page, 'people-nobody')).toEqual([]);
  await page.goto('/console/people?q=person77@');
  expect(await rows.count()).toBe(2);
  expect(await keyboardFaults(page)).toEqual([]);
});

test('a person whose name is hostile: all of it is text, at any width; roles are decided by hand', async () => {
  const { page } = await open(`/console/people/${hostileId}`);
  const name = page.getByRole('heading', { level: 1 }).locator('bdi');
  expect(await name.textContent()).toContain('<script>alert(1)</script>');
  expect(await styleOf(name, 'unicode-bidi')).toBe('isolate');
  expect(await page.locator('main script').count()).toBe(0);
  const roles = page.getByRole('region', { name: 'Roles' });
  await roles.getByText('Roles.team-alpha is ticked').waitFor();
  await page.getByText('would give Köln, which is no role’s name').waitFor();
  await roles.getByText('Except', { exact: false }).first().click();
  await roles.getByLabel('Why they are not to have it').fill('On leave');
  await roles.getByRole('button', { name: 'Except from this role' }).click();
  expect(await page.locator('.said').innerText()).toMatch(/^Excepted\./);
  await roles.getByText('Excepted by hand by Robin Administrator').waitFor();
  await page.getByText('Give a role by hand').click();
  await page.getByLabel('Role', { exact: true }).fill('cook');
  await page.getByLabel('Why they are to have it').fill('For the feast');
  await page.getByRole('button', { name: 'Give this role' }).click();
  expect(await page.locator('.said').innerText()).toMatch(/^Given by hand\./);
  await page.getByRole('button', { name: 'Look again now' }).click();
  expect(await page.locator('.said').innerText()).toMatch(/^Google says/);
  expect(await appearanceFaults(page, 'person')).toEqual([]);
  await page.goto(`/console/people/${hostileId}`);
  expect(await keyboardFaults(page)).toEqual([]);
});

test('the same without JavaScript, on a phone', async () => {
  const { page } = await open('/console/people', { javaScriptEnabled: false, viewport: PHONE });
  expect(await overhang(page)).toBe(0);
  await page.getByLabel('Name, address or id').fill('robin');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByRole('link', { name: 'Robin Administrator' }).click();
  await page.getByRole('heading', { level: 1, name: 'Robin Administrator' }).waitFor();
  expect(await overhang(page)).toBe(0);
  await page.getByText('Give a role by hand').click();
  await page.getByLabel('Role', { exact: true }).fill('host');
  await page.getByLabel('Why they are to have it').fill('They asked');
  await page.getByRole('button', { name: 'Give this role' }).click();
  const roles = page.getByRole('region', { name: 'Roles' });
  await roles.getByText('They asked').waitFor();
  await roles.getByRole('button', { name: /^Take back/ }).click();
  expect(await page.locator('.said').innerText()).toMatch(/^Taken back\./);
  expect(await overhang(page)).toBe(0);
  // Their own: it takes them back to the door.
  await page.getByRole('button', { name: 'End all sessions' }).click();
  await page.getByRole('heading', { name: 'Sign in to open the console' }).waitFor();
});
