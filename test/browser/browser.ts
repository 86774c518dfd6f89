// What every file here needs of a browser: to start it, to open a page in it, and to hear what it complains of.
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  Locator,
  Page,
} from 'playwright-core';
import { test as everyTest, inject } from 'vitest';
import { type LaunchOptions, launch } from './launch.ts';

export { FOREIGN_NAME } from './launch.ts';
export const PHONE = { width: 390, height: 844 };
/** A wait ends well before the test does, so that a failure tells what was waited for. */
const PATIENCE_MS = 10_000;

const chromium = inject('chromium');
/** Skipped where no browser runs; unpack.ts has said so. */
export const test = chromium === null ? everyTest.skip : everyTest;

export async function launchBrowser(options: LaunchOptions = {}): Promise<Browser> {
  if (chromium === null) throw new Error('no browser runs here');
  return launch(chromium, options);
}

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** What the browser complained of in any window: errors, warnings, violations of the CSP. */
  complaints: string[];
  /** What a page asked; every question is answered with yes, unless `answer` is changed. */
  questions: string[];
  answer: 'yes' | 'no';
}

export interface VisitOptions extends BrowserContextOptions {
  /** `blocked`: a frame of another site gets only the cookies of its own partition. */
  thirdPartyCookies?: 'blocked';
}

export async function visit(browser: Browser, options: VisitOptions = {}): Promise<Visit> {
  const { thirdPartyCookies, ...contextOptions } = options;
  const context = await browser.newContext({ timezoneId: 'Asia/Tokyo', ...contextOptions });
  context.setDefaultTimeout(PATIENCE_MS);
  const visit = { context, complaints: [], questions: [], answer: 'yes' } as Omit<Visit, 'page'>;
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) visit.complaints.push(message.text());
  });
  context.on('weberror', (error) => visit.complaints.push(String(error.error())));
  context.on('dialog', async (dialog) => {
    visit.questions.push(dialog.message());
    await (visit.answer === 'yes' ? dialog.accept() : dialog.dismiss());
  });
  const page = await context.newPage();
  if (thirdPartyCookies === 'blocked') await blockThirdPartyCookies(page);
  return Object.assign(visit, { page });
}

/** As a setting of the browser: no flag does it, and it holds for this window and its frames only. */
async function blockThirdPartyCookies(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.setCookieControls', {
    enableThirdPartyCookieRestriction: true,
  });
}

/** How many pixels of the page stick out to the right; 0 = nobody has to scroll sideways. */
export function overhang(page: Page): Promise<number> {
  return page.locator('html').evaluate((html) => Math.max(0, html.scrollWidth - html.clientWidth));
}

/** How the browser in the end shows it, whichever rules said so. */
export function styleOf(locator: Locator, property: string): Promise<string> {
  return locator.evaluate(
    (element, name) =>
      element.ownerDocument.defaultView.getComputedStyle(element).getPropertyValue(name),
    property,
  );
}
