// API tokens in the hands of whoever runs the deployment, with JavaScript and without: one is made, copied, used from
// outside, revoked, and revoked once more in a window that does not know yet.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { appearanceFaults } from './appearance.ts';
import { launchBrowser, overhang, PHONE, test } from './browser.ts';
import { keyboardFaults } from './keyboard.ts';
import { ADMIN, type OperatorVisit, visitAs } from './operator.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const HOSTILE = `<b>Pay</b>\u202Ellor "’& ${'w'.repeat(35)}`;

let site: SignInSite;
let browser: Browser;
let visits: OperatorVisit[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([
    startSignInSite({ importedAgoMs: 3_600_000, isHasty: true }),
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

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const opened = await visitAs(ADMIN, { site, browser }, options);
  visits.push(opened);
  await opened.page.goto('/console/tokens');
  return opened.page;
}

/** Asks the API from outside any browser. */
const ask = (token: string) =>
  fetch(`${site.app}/api/v1/users?limit=2`, {
    headers: { authorization: `Bearer ${token}` },
  });

const row = (page: Page, name: string) =>
  page.getByRole('region', { name: 'API tokens' }).getByRole('row').filter({ hasText: name });

test.each([true, false])(
  'a token is made, opens the API, and is revoked (JavaScript: %s)',
  async (javaScriptEnabled) => {
    const name = `${HOSTILE}${javaScriptEnabled ? 1 : 2}`;
    const looks = javaScriptEnabled ? {} : { viewport: PHONE };
    const page = await open({
      javaScriptEnabled,
      ...looks,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.getByRole('textbox', { name: /^Name/ }).fill(name);
    await page.getByRole('combobox', { name: 'It ends after' }).selectOption('30');
    await page.getByRole('button', { name: 'Make the token' }).click();
    // Nothing was ticked; what was typed is there.
    expect(await page.getByRole('alert').innerText()).toContain('Say what it may read.');
    expect(await page.getByRole('textbox', { name: /^Name/ }).inputValue()).toBe(name);
    if (javaScriptEnabled) expect(await appearanceFaults(page, 'tokens-refused')).toEqual([]);
    await page.getByRole('checkbox', { name: /^People/ }).check();
    await page.getByRole('button', { name: 'Make the token' }).click();

    const token = await page.locator('#made-0').innerText();
    expect(token).toMatch(/^rollcall_[A-Za-z0-9]{16}_[\w-]{43}$/);
    expect(await page.locator('main b').count()).toBe(0);
    const copy = page.getByRole('button', { name: 'Copy The token' });
    expect(await copy.count()).toBe(javaScriptEnabled ? 1 : 0);
    if (javaScriptEnabled) {
      await copy.click();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(token);
      expect(await appearanceFaults(page, 'tokens-made')).toEqual([]);
    } else expect(await overhang(page)).toBe(0);
    expect((await ask(token)).status).toBe(200);

    await page.getByRole('link', { name: 'I have it' }).click();
    expect(page.url()).not.toContain(token.slice(-43));
    expect(await page.content()).not.toContain(token.slice(-43));
    await row(page, name).getByText('live', { exact: true }).waitFor();
    if (javaScriptEnabled) {
      expect(await appearanceFaults(page, 'tokens')).toEqual([]);
      expect(await keyboardFaults(page)).toEqual([]);
      await page.goto('/console/tokens');
    }
    const other = await open({ javaScriptEnabled });
    await row(page, name).getByRole('button', { name: 'Revoke' }).click();
    expect(await page.locator('.said').innerText()).toMatch(/^Revoked/);
    await row(page, name).getByText('revoked', { exact: true }).waitFor();
    expect((await ask(token)).status).toBe(401);
    await row(other, name).getByRole('button', { name: 'Revoke' }).click();
    expect(await other.getByRole('alert').innerText()).toMatch(/^Nothing was done/);
  },
);
