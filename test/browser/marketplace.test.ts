// The Marketplace kit in a browser: long, full of values to copy, and to be read on a phone beside Google's form. And the
// public pages that a listing links to, with its pictures.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { appearanceFaults } from './appearance.ts';
import { objections } from './axe.ts';
import { launchBrowser, overhang, PHONE, test, visit } from './browser.ts';
import { keyboardFaults, skips } from './keyboard.ts';
import { ADMIN, visitAs } from './operator.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const KIT = '/setup/marketplace';

let site: SignInSite;
let browser: Browser;

beforeAll(async () => {
  [site, browser] = await Promise.all([startSignInSite(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

test('is for everybody, copies what it shows, and shows every picture', async () => {
  const { page, context, expectPeace } = await visitAs(ADMIN, { site, browser });
  await page.goto(KIT);
  expect(await page.locator('nav [aria-current="page"]').innerText()).toBe('Marketplace kit');
  expect(await appearanceFaults(page, 'marketplace')).toEqual([]);
  await page.goto(KIT);
  expect(await keyboardFaults(page)).toEqual([]);
  await page.goto(KIT);
  expect(await skips(page)).toBe(true);

  const sizes = await page
    .locator('main img')
    .evaluateAll((all) => all.map((one) => [one.naturalWidth, one.width]));
  expect(sizes.length).toBe(5);
  expect(sizes.filter(([real, shown]) => real === 0 || real !== shown)).toEqual([]);

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const button of await page.locator('button[data-copy]').all()) {
    const shown = await button.locator('xpath=preceding-sibling::code[1]').textContent();
    await button.click();
    await expect.poll(() => button.textContent()).toBe('Copied');
    // With every line break and space of a text of several paragraphs.
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(shown);
  }
  await expectPeace();
  await context.close();
});

test('without JavaScript, on a phone, its values are there to be selected', async () => {
  const { page, context, expectPeace } = await visitAs(
    ADMIN,
    { site, browser },
    { javaScriptEnabled: false, viewport: PHONE },
  );
  await page.goto(KIT);
  expect(await overhang(page)).toBe(0);
  expect(await page.getByRole('button', { name: /^Copy/ }).count()).toBe(0);
  expect(await page.locator('code.value').count()).toBeGreaterThan(10);
  expect(await keyboardFaults(page)).toEqual([]);
  await expectPeace();
  await context.close();
});

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test.each(['/privacy', '/terms', '/support'])('%s reads well', async (path) => {
    const { page, context, complaints } = await visit(browser, { colorScheme, viewport: PHONE });
    await page.goto(site.app + path);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await overhang(page)).toBe(0);
    expect(await objections(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});

test('every picture is one that a browser reads, under our CSP', async () => {
  const { page, context, complaints } = await visit(browser);
  await page.goto(`${site.app}/support`);
  const sizes = await page.evaluate(`Promise.all(
    ['icon-32', 'icon-48', 'icon-96', 'icon-128', 'banner-220x140'].map(async (name) => {
      const image = new Image();
      image.src = '/icons/' + name + '.png';
      await image.decode();
      return image.naturalWidth + 'x' + image.naturalHeight;
    }))`);
  expect(sizes).toEqual(['32x32', '48x48', '96x96', '128x128', '220x140']);
  const icon = page.locator('link[rel="icon"]');
  expect(await icon.getAttribute('href')).toBe('/icons/icon.svg');
  const mark = await page.evaluate(`(async () => {
    const image = new Image();
    image.src = '/icons/icon.svg';
    await image.decode();
    return image.complete;
  })()`);
  expect(mark).toBe(true);
  expect(complaints).toEqual([]);
  await context.close();
});
