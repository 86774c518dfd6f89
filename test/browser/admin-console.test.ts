// The Admin console in the hands of a person, with JavaScript and without: what is pressed happens in the
// company, what somebody is called stays text, and the browser has nothing to complain of.
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { type ServedGoogle, serveGoogle } from '../google/server.ts';
import { launchBrowser, overhang, PHONE, styleOf, test, type Visit, visit } from './browser.ts';

const SUNNY = 'sunny@example.test';
const HOSTILE = {
  givenName: '<img src=x onerror=alert(1)>',
  // Turns what follows around, hides an end, and never closes what it opened.
  familyName: '\u202Egnp.\u2066exe\u200F"><script>alert(2)</script>',
};

let browser: Browser;
let served: ServedGoogle;
let pristine: unknown;
let visits: Visit[] = [];

beforeAll(async () => {
  served = await serveGoogle({ port: 0, pushes: 'manual' });
  pristine = served.google.snapshot();
  browser = await launchBrowser();
});
beforeEach(() => {
  served.google.restore(pristine);
  visits = [];
});
// Whatever a test is about: no error, no warning, nothing that the CSP had to stop.
afterEach(async () => {
  const complaints = visits.flatMap((one) => one.complaints);
  await Promise.all(visits.map((one) => one.page.context().close()));
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await served?.close();
});

async function open(path: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const opened = await visit(browser, { baseURL: served.url, ...options });
  visits.push(opened);
  await opened.page.goto(path);
  return opened;
}
const workspace = () => served.google.workspace;
const sunny = () => workspace().user(SUNNY);
const notice = ({ page }: Visit) => page.getByRole('status').innerText();
const press = ({ page }: Visit, name: string) =>
  page.getByRole('button', { name, exact: true }).click();

describe.each([
  { how: 'with JavaScript', javaScriptEnabled: true },
  { how: 'without JavaScript', javaScriptEnabled: false },
])('a person $how', ({ javaScriptEnabled }) => {
  const visitOf = (path: string) => open(path, { javaScriptEnabled });

  test('finds somebody, and sees when they came: in UTC, or in the local zone where a script can tell it', async () => {
    const at = await visitOf('/');
    await at.page.getByRole('searchbox', { name: 'Search people' }).fill('Sunny');
    if (!javaScriptEnabled) await press(at, 'Search');
    await at.page.waitForURL('**/?q=Sunny');
    await at.page.getByRole('link', { name: SUNNY }).click();

    const created = at.page.locator('dd time').first();
    await created.waitFor();
    expect(/ UTC$/.test(await created.innerText())).toBe(!javaScriptEnabled);
  });

  test('adds somebody', async () => {
    const at = await visitOf('/');
    await at.page.getByRole('link', { name: 'Add a person' }).click();
    await at.page.getByLabel('Given name').fill('Jun');
    await at.page.getByLabel('Family name').fill('Takeda');
    await at.page.getByLabel('Address').fill('jun.takeda');
    await press(at, 'Add');

    expect(await notice(at)).toBe('Added. The channels have been told.');
    expect(await at.page.getByRole('heading', { level: 1 }).innerText()).toBe('Jun Takeda');
    expect(workspace().user('jun.takeda@example.test').name.fullName).toBe('Jun Takeda');
  });

  test('ticks a role and unticks it', async () => {
    const rolesOf = () => sunny().customSchemas?.['Roles'] ?? {};
    const wasBilling = rolesOf()['Billing'] === true;
    const at = await visitOf(`/people/${sunny().id}`);
    const billing = at.page.getByRole('group', { name: 'Roles' }).getByLabel('Billing');
    expect(await billing.isChecked()).toBe(wasBilling);

    await billing.setChecked(!wasBilling);
    await press(at, 'Save custom fields');
    expect(await notice(at)).toBe('Saved. The channels have been told.');
    expect(rolesOf()['Billing'] === true).toBe(!wasBilling);
    expect(await billing.isChecked()).toBe(!wasBilling);

    await billing.setChecked(wasBilling);
    await press(at, 'Save custom fields');
    await expect.poll(() => rolesOf()['Billing'] === true).toBe(wasBilling);
  });

  test('renames somebody, who keeps the id and the old address', async () => {
    const { id } = sunny();
    const at = await visitOf(`/people/${id}`);
    await at.page.getByLabel('Primary address').fill('sun@example.test');
    await press(at, 'Rename');

    expect(await notice(at)).toBe('Renamed. The old address still leads here, as an alias.');
    const { primaryEmail, aliases } = workspace().user(id);
    expect({ primaryEmail, hasOld: aliases?.includes(SUNNY) }).toEqual({
      primaryEmail: 'sun@example.test',
      hasOld: true,
    });
  });

  test('suspends somebody, and lifts it', async () => {
    const at = await visitOf(`/people/${sunny().id}`);
    await press(at, 'Suspend');
    expect(await notice(at)).toBe('Suspended.');
    expect(sunny().suspended).toBe(true);

    await press(at, 'Lift suspension');
    await at.page.getByRole('button', { name: 'Suspend', exact: true }).waitFor();
    expect(sunny().suspended).toBe(false);
  });

  test('deletes somebody and brings them back', async () => {
    const { id } = sunny();
    const at = await visitOf(`/people/${id}`);
    await press(at, 'Delete');
    await at.page.waitForURL('**/deleted');
    expect(workspace().find(id)).toBeUndefined();
    expect(at.questions).toHaveLength(javaScriptEnabled ? 1 : 0);

    await press(at, 'Bring back');
    expect(await notice(at)).toBe('Back again, with the same id.');
    expect(workspace().user(id).primaryEmail).toBe(SUNNY);
  });

  test('meets a hostile name as text, wherever it is shown', async () => {
    const at = await visitOf('/people/new');
    await at.page.getByLabel('Given name').fill(HOSTILE.givenName);
    await at.page.getByLabel('Family name').fill(HOSTILE.familyName);
    await at.page.getByLabel('Address').fill('hostile');
    await press(at, 'Add');
    await at.page.getByRole('status').waitFor();
    const { id, name } = workspace().user('hostile@example.test');
    expect(name.fullName).toBe(`${HOSTILE.givenName} ${HOSTILE.familyName}`);

    const isTextHere = async () => {
      const shown = at.page.locator('bdi', { hasText: 'onerror' });
      expect(await shown.textContent()).toBe(name.fullName);
      // What turns text around ends with the name.
      expect(await styleOf(shown, 'unicode-bidi')).toBe('isolate');
      expect(await at.page.locator('main img, main script').count()).toBe(0);
    };
    await isTextHere();
    await at.page.goto('/?q=hostile');
    await isTextHere();
    workspace().remove(id);
    await at.page.goto('/deleted');
    await isTextHere();
    expect(at.questions).toEqual([]);
  });

  test('switches faults on, and all of them off', async () => {
    const { faults } = served.google;
    const at = await visitOf('/faults');
    await at.page.locator('#fault-silentAliasChanges').check();
    await at.page.locator('#fault-getLagMs').fill('250');
    await press(at, 'Save switches');
    expect(await notice(at)).toBe('Saved. It holds from the next call on.');
    expect([faults.silentAliasChanges, faults.getLagMs]).toEqual([true, 250]);

    await press(at, 'All off');
    await at.page.getByText('Everything is off: this Google behaves.').waitFor();
    expect([faults.silentAliasChanges, faults.getLagMs]).toEqual([false, 0]);
    expect(await at.page.locator('#fault-silentAliasChanges').isChecked()).toBe(false);
  });
});

/** The way to an app of another origin than the accounts site: as it happens, the team's page. */
function signInPath(params: Record<string, string> = {}): string {
  const app = `${served.url.replace('localhost', '127.0.0.1')}/sites/team`;
  const clientId = 'browser-client';
  served.google.openid.clients.register({ clientId, clientSecret: 's', redirectUris: [app] });
  const query = { client_id: clientId, redirect_uri: app, response_type: 'code', scope: 'openid' };
  return `/o/oauth2/v2/auth?${new URLSearchParams({ ...query, ...params })}`;
}

test.each([true, false])(
  'somebody signs in at an app, is asked once, and is known the next time (JavaScript: %s)',
  async (javaScriptEnabled) => {
    const at = await open(signInPath(), { javaScriptEnabled });
    await at.page.getByRole('searchbox', { name: 'Search accounts' }).fill('francis');
    await press(at, 'Search');
    await at.page.getByRole('button', { name: 'freelance@example.test' }).click();
    await at.page.getByRole('heading', { name: 'Rollcall wants to know who you are' }).waitFor();
    await press(at, 'Continue');
    await at.page.waitForURL(/127\.0\.0\.1.*[?&]code=/);

    await at.page.goto(signInPath({ prompt: 'none' }));
    await at.page.waitForURL(/127\.0\.0\.1.*[?&]code=/);
    await at.page.goto('/sign-in');
    await press(at, 'Sign out of Google in this browser');
    await at.page.getByText('Nobody is signed in at Google.').waitFor();
    await at.page.goto(signInPath({ prompt: 'none' }));
    await at.page.waitForURL(/127\.0\.0\.1.*[?&]error=interaction_required/);
  },
);

test('the accounts pages fit a phone, whatever people are called', async () => {
  const { id } = workspace().add({
    primaryEmail: `${'m'.repeat(60)}@example.test`,
    givenName: 'w'.repeat(60),
    familyName: 'm'.repeat(60),
  });
  const { page } = await open(signInPath(), { viewport: PHONE });
  expect(await overhang(page)).toBe(0);
  for (const prompt of ['select_account', 'consent']) {
    await page.context().addCookies([{ name: 'google_accounts', value: id, url: served.url }]);
    const path = signInPath({ prompt });
    Object.assign(served.google.openid.clients.find('browser-client') ?? {}, {
      installed: false,
      name: 'w'.repeat(60),
    });
    await page.goto(path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await overhang(page)).toBe(0);
  }
});

test('deletes nobody when the answer is no', async () => {
  const at = await open(`/people/${sunny().id}`);
  at.answer = 'no';
  await press(at, 'Delete');
  await expect.poll(() => at.questions).toHaveLength(1);
  // Comes after whatever the first press would have sent.
  await press(at, 'Suspend');
  await at.page.getByText('Suspended.').waitFor();

  expect(at.questions).toEqual(['Delete this person? They can be brought back for 20 days.']);
  expect(workspace().deleted).toEqual([]);
  expect(sunny().suspended).toBe(true);
});

async function overhangOnAPhone(path: string): Promise<number> {
  const long = (letter: string) => ({
    primaryEmail: `${letter.repeat(60)}@example.test`,
    givenName: letter.repeat(60),
    familyName: letter.repeat(60),
    orgUnitPath: '/',
  });
  const { id } = workspace().add(long('m'));
  workspace().remove(workspace().add(long('w')).id);
  const { page } = await open(path.replace(':id', id), { viewport: PHONE });
  await page.getByRole('heading', { level: 1 }).waitFor();
  return overhang(page);
}

const PAGES = [
  '/',
  '/people/new',
  '/people/:id',
  '/deleted',
  '/channels',
  '/groups',
  '/access',
  '/sign-in',
  '/faults',
];
test.each(PAGES)('%s fits a phone, whatever people are called', async (path) => {
  expect(await overhangOnAPhone(path)).toBe(0);
});
