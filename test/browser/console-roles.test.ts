// Rules for roles in the hands of whoever runs the deployment, with JavaScript and without: a rule is written, previewed and
// saved, somebody is asked why they have a role, excepted by hand, and asked again.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { appearanceFaults } from './appearance.ts';
import { launchBrowser, test } from './browser.ts';
import { keyboardFaults } from './keyboard.ts';
import { ADMIN, type OperatorVisit, visitAs } from './operator.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const TEAM = { PM_Teams: { team_name1: true, Köln: true } };
const MEMBER = {
  primaryEmail: 'tea.member@example.test',
  givenName: 'Tea',
  familyName: '\u202EMember <b>',
  customSchemas: TEAM,
};

let site: SignInSite;
let browser: Browser;
let visits: OperatorVisit[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([
    startSignInSite({
      importedAgoMs: 3_600_000,
      isHasty: true,
      people: (workspace) => {
        workspace.add(MEMBER);
        workspace.addMany(12, {
          prefix: 'teammate',
          with: { customSchemas: { PM_Teams: { team_name1: true } } },
        });
      },
    }),
    launchBrowser(),
  ]);
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

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const opened = await visitAs(ADMIN, { site, browser }, options);
  visits.push(opened);
  await opened.page.goto(path);
  return opened.page;
}

async function write(page: Page, schema: string, role: string): Promise<void> {
  await page.getByRole('link', { name: 'Add a rule' }).click();
  await page.getByRole('radio', { name: /any fields of a custom schema/ }).check();
  await page.locator('input[name="fields_schema"]').fill(schema);
  await page.getByRole('textbox', { name: 'Role', exact: true }).fill(role);
  await page.getByRole('button', { name: 'Show what it would do' }).click();
}

/** Asks why somebody has a role, excepts them by hand, asks again, and takes it back. */
async function why(page: Page): Promise<void> {
  await page.goto('/console/people?q=tea.member@');
  await page.getByRole('link', { name: /Tea/ }).click();
  const row = page.getByRole('row', { name: /team:team_name1/ });
  await row.getByText(/^Rule \d+: each ticked field of PM_Teams/).waitFor();
  await row.getByText('PM_Teams.team_name1 is ticked').waitFor();
  await page.getByText('would give team:Köln, which is no role’s name').waitFor();
  await row.getByText('Except', { exact: false }).first().click();
  await row.getByRole('textbox').fill('On leave until May');
  await row.getByRole('button', { name: 'Except from this role' }).click();
  await row.getByText('Excepted by hand by').waitFor();
  await row.getByText('On leave until May').waitFor();
  await row.getByText('Does not have it').waitFor();
  await row.getByRole('button', { name: /Take back/ }).click();
  await row.getByText('Excepted by hand by').waitFor({ state: 'detached' });
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

test.each([true, false])(
  'a rule is written, previewed and saved, and removed again (JavaScript: %s)',
  async (javaScriptEnabled) => {
    const page = await open('/console/roles', { javaScriptEnabled });
    await write(page, 'PM_Teams', 'team:{field}');
    expect(await heading(page)).toMatch(/^\d+ people would have other roles$/);
    const main = page.getByRole('main');
    await main.getByText('team:team_name1', { exact: true }).waitFor();
    await main.getByText('would give “team:Köln”, which is no role’s name').waitFor();
    // Nothing is saved yet.
    const other = await open('/console/roles', { javaScriptEnabled });
    expect(await other.getByRole('main').textContent()).not.toContain(
      'each ticked field of PM_Teams',
    );
    await page.getByRole('button', { name: 'Save the rule' }).click();
    await page.getByText('Saved, and everybody has the roles').waitFor();
    await page.getByRole('link', { name: /^team:team_name1 13$/ }).waitFor();
    await why(page);
    await page.goto('/console/roles');
    // The other tab saw the rules as they were.
    await write(other, 'PM_Teams', 'other:{field}');
    await page.getByRole('link', { name: 'Change the rule for team:{field}' }).click();
    await page.getByRole('button', { name: 'Show what removing it would do' }).click();
    await page.getByRole('heading', { name: 'Would lose' }).waitFor();
    await page.getByRole('button', { name: 'Remove the rule' }).click();
    await page.getByText('Saved, and everybody has the roles').waitFor();
    await other.getByRole('button', { name: 'Save the rule' }).click();
    await other.getByText('somebody else has changed the rules').waitFor();
    expect(await other.getByRole('main').textContent()).not.toContain('other:');
  },
);

test('what is no rule is said so, with what was typed still there', async () => {
  const page = await open('/console/roles');
  await write(page, '', 'a b');
  await page.getByText('This is not a rule yet').waitFor();
  expect(await page.getByRole('alert').textContent()).toContain('{field} once');
  expect(await page.getByRole('textbox', { name: 'Role', exact: true }).inputValue()).toBe('a b');
});

test('the pages are fit to be seen, and reached by keyboard', async () => {
  const page = await open('/console/roles');
  const faults = await appearanceFaults(page, 'roles');
  await write(page, 'PM_Teams', 'team:{field}');
  faults.push(...(await appearanceFaults(page, 'role-preview')));
  await page.getByRole('link', { name: 'Change it' }).click();
  expect(await page.locator('input[name="fields_schema"]').inputValue()).toBe('PM_Teams');
  faults.push(...(await appearanceFaults(page, 'role-rule')));
  faults.push(...(await keyboardFaults(page)));
  expect(faults).toEqual([]);
});
