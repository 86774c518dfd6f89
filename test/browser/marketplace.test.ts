// The public pages that a listing links to, in the browser: nothing for axe to object to, light and dark; a phone shows
// all of it; nothing complains; and the browser reads every picture at its size.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { launchBrowser, overhang, PHONE, test, visit } from './browser.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

let site: SignInSite;
let browser: Browser;
beforeAll(async () => {
  [site, browser] = await Promise.all([startSignInSite(), launchBrowser()]);
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  test.each(['/privacy', '/terms', '/support'])('%s reads well', async (path) => {
    const { page, context, complaints } = await visit(browser, { colorScheme, viewport: PHONE });
    await page.goto(site.app + path);
    expect(await page.locator('h1').count()).toBe(1);
    expect(await overhang(page)).toBe(0);
    await page.evaluate(AXE);
    const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
    expect(
      violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`)),
    ).toEqual([]);
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
