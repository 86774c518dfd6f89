// A real Chromium with our own arguments. The package's own `args` switch web security and site isolation off,
// and Playwright's defaults switch off more, so neither is used: what is blocked here is blocked for people too.
import sparticuz from '@sparticuz/chromium';
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Dialog,
  type Locator,
  type Page,
} from 'playwright-core';

/** A web site's name that leads to this machine, as somebody's DNS may have it at any moment. */
export const FOREIGN_NAME = 'elsewhere.example';
export const PHONE = { width: 390, height: 844 };
/** A wait ends well before the test does, so that a failure tells what was waited for. */
const PATIENCE_MS = 10_000;

const ARGS = [
  '--remote-debugging-pipe',
  '--headless',
  '--no-sandbox',
  '--no-first-run',
  '--disable-gpu',
  '--disable-background-networking',
  '--block-new-web-contents',
  // Loopback only: every other name leads nowhere.
  `--host-resolver-rules=MAP ${FOREIGN_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
];

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await sparticuz.executablePath(),
    ignoreDefaultArgs: true,
    args: ARGS,
  });
}

export interface Visit {
  page: Page;
  /** What the browser complained of: errors, warnings, violations of the CSP. */
  complaints: string[];
  /** What the page asked; every question is answered with yes, unless `answer` is changed. */
  questions: string[];
  answer: 'yes' | 'no';
}

export async function visit(browser: Browser, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ timezoneId: 'Asia/Tokyo', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const visit: Visit = { page, complaints: [], questions: [], answer: 'yes' };
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) visit.complaints.push(message.text());
  });
  page.on('pageerror', (error) => visit.complaints.push(String(error)));
  page.on('dialog', async (dialog: Dialog) => {
    visit.questions.push(dialog.message());
    await (visit.answer === 'yes' ? dialog.accept() : dialog.dismiss());
  });
  return visit;
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
