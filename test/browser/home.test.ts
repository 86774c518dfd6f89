// The Worker's page at `/` as a person meets it: the real bundle in workerd, a real browser in front.
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { createTestHarness } from 'wrangler';
import { APP_SECRET, aKeyFile } from '../unit/environment.ts';
import { FOREIGN_NAME, launchBrowser, overhang, PHONE, styleOf, test, visit } from './browser.ts';

const settings = (publicUrl: string) => ({
  workers: [
    {
      configPath: fileURLToPath(new URL('../../wrangler.toml', import.meta.url).href),
      secrets: {
        PUBLIC_URL: publicUrl,
        GOOGLE_ADMIN_EMAIL: 'admin@example.test',
        GOOGLE_SERVICE_ACCOUNT_KEY: aKeyFile(),
        APP_SECRET,
      },
    },
  ],
});
const worker = createTestHarness(settings('http://localhost'));
let url: URL;
let browser: Browser;

beforeAll(async () => {
  // The port is known only now, and stays.
  url = (await worker.listen()).url;
  await worker.update(settings(url.origin));
  await worker.getWorker().applyD1Migrations('DB');
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await worker.close();
});

test('says what this is, and that people are being brought in', async () => {
  const { page, complaints } = await visit(browser);
  const response = await page.goto(url.href);

  expect(response?.status()).toBe(200);
  await page.getByRole('heading', { level: 1, name: 'Your people, in step' }).waitFor();
  expect(await page.getByRole('status').innerText()).toBe(
    'People are being brought in for the first time.',
  );
  expect(complaints).toEqual([]);
});

test('wears its style sheet, which the CSP lets in', async () => {
  const { page, complaints } = await visit(browser);
  await page.goto(url.href);

  expect(await styleOf(page.getByRole('main'), 'border-top-left-radius')).toBe('16px');
  expect(complaints).toEqual([]);
});

test.each(['light', 'dark'] as const)('fits a phone, %s', async (colorScheme) => {
  const { page, complaints } = await visit(browser, { viewport: PHONE, colorScheme });
  await page.goto(url.href);

  expect(await styleOf(page.locator('body'), 'background-color')).toBe(
    colorScheme === 'light' ? 'rgb(246, 247, 244)' : 'rgb(16, 22, 19)',
  );
  expect(await overhang(page)).toBe(0);
  expect(complaints).toEqual([]);
});

test('is refused under a name that leads here but is not ours', async () => {
  const { page } = await visit(browser);
  const response = await page.goto(`http://${FOREIGN_NAME}:${url.port}/`);

  expect(response?.status()).toBe(421);
  expect(await response?.text()).toBe('Misdirected request\n');
});
