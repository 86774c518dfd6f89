// Signing in inside a frame on another site, with third-party cookies blocked as browsers have it, and what is left where
// the window is kept apart.
import type { BrowserContext, FrameLocator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { launchBrowser, styleOf, test, visit } from './browser.ts';
import { button, Framed, heading, insideOf, nameOf, popupOf } from './framed.ts';

/** How soon a change at Google is to be seen here; with room for a slow machine. */
const SOON = { timeout: 15_000 };
const FULL_WINDOW = 'Open in a full window';
const CUT_OFF = 'Your browser keeps this page and the sign-in window apart, or has blocked it.';

let framed: Framed;
beforeAll(async () => {
  framed = await Framed.start();
});
afterEach(() => framed.clear());
afterAll(() => framed?.close());

const fullWindow = (frame: FrameLocator) => frame.getByRole('link', { name: FULL_WINDOW });

describe('in a frame on another site', () => {
  test('it is another site to the browser, or nothing here would prove anything', async () => {
    const { page, context } = await framed.page();
    const asked = context.waitForEvent('request', (one) => one.url().endsWith('/embed/sample'));
    await page.reload();
    expect((await (await asked).allHeaders())['sec-fetch-site']).toBe('cross-site');
  });

  test('one click signs in: a window opens, closes by itself, and the frame knows who it is', async () => {
    const { page, context, frame, person } = await framed.page();
    await page.evaluate('window.isSamePage = true');
    const popup = await popupOf(frame, context);
    if (!popup.isClosed()) await popup.waitForEvent('close');

    await heading(frame, nameOf(person));
    expect(context.pages()).toEqual([page]);
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    expect(await (await insideOf(page)).evaluate('document.cookie')).toBe('');
  });

  test('the window is opened while the click is handled, or browsers would block it', async () => {
    const { page, context, frame, person } = await framed.page();
    const inside = await insideOf(page);
    await inside.evaluate(`{
      const open = window.open;
      window.open = (...all) => {
        window.wasClick = navigator.userActivation.isActive && window.event?.type === 'click';
        return open(...all);
      };
    }`);
    const popup = await popupOf(frame, context);
    expect(await inside.evaluate('window.wasClick')).toBe(true);
    if (!popup.isClosed()) await popup.waitForEvent('close');
    await heading(frame, nameOf(person));
  });

  test('a page with a query of its own keeps it, and nothing else is left in it', async () => {
    const { page, context, frame, person } = await framed.page();
    const inside = await insideOf(page);
    await inside.goto(`${inside.url()}?tab=2`);
    const popup = await popupOf(frame, context);
    if (!popup.isClosed()) await popup.waitForEvent('close');
    await heading(frame, nameOf(person));
    const query = async () => new URL((await insideOf(page)).url()).search;
    await expect.poll(query, SOON).toBe('?tab=2');
  });

  test('it stays so when the page is opened again, and is so nowhere else', async () => {
    const { page, frame, person } = await framed.signedIn();
    await page.reload();
    await heading(frame, nameOf(person));

    await page.goto(framed.site.neighbour);
    await button(frame).waitFor();
    await page.goto(framed.site.team);
    await heading(frame, nameOf(person));
  });

  test('a suspension ends it', async () => {
    const { page, frame, person } = await framed.signedIn();
    framed.site.served.google.workspace.suspend(person.id);
    const isStranger = async () => {
      await page.reload();
      await frame.getByRole('heading', { level: 1 }).waitFor();
      return (await button(frame).count()) === 1;
    };
    await expect.poll(isStranger, SOON).toBe(true);
    expect(await frame.locator('body').innerText()).not.toContain(person.primaryEmail);
  });

  test('a hostile name is text, and turns nothing around', async () => {
    const name = { givenName: '<img src=x onerror=alert(1)>', familyName: '\u202Egnp.\u2066exe' };
    const { frame, person } = await framed.signedIn(framed.site.team, framed.site.newcomer(name));
    const shown = frame.locator('bdi', { hasText: 'onerror' });
    expect(await shown.textContent()).toBe(nameOf(person));
    expect(await styleOf(shown, 'unicode-bidi')).toBe('isolate');
    expect(await frame.locator('img').count()).toBe(0);
  });

  test('a code that comes too late is said, and the button works again', async () => {
    const { page, context, frame, person } = await framed.page();
    let isFirst = true;
    await page.route('**/embed/session', (route) => {
      const isLate = isFirst;
      isFirst = false;
      return isLate ? route.abort() : route.continue();
    });
    framed.expected = [/^Failed to load resource: net::ERR_FAILED/];
    await popupOf(frame, context);
    await frame.getByText('That took too long or was interrupted.').waitFor();
    await popupOf(frame, context);
    await heading(frame, nameOf(person));
  });

  test('a cookie that is not kept is said, with the full window', async () => {
    const { page, context, frame } = await framed.page();
    // Redeemed, and the cookie lost on the way.
    await page.route('**/embed/session', (route) => route.fulfill({ status: 204 }));
    await popupOf(frame, context);
    await frame.getByText('your browser keeps no cookies for this page here').waitFor();
    await fullWindow(frame).waitFor();
  });
});

/** The way on that a frame offers leads to the app in a window of its own. */
async function goesOnInAFullWindow(frame: FrameLocator, context: BrowserContext, name: string) {
  const [full] = await Promise.all([context.waitForEvent('page'), fullWindow(frame).click()]);
  await heading(full, name);
}

describe('a window that is kept apart', () => {
  test('by the page around the frame: the frame says so, and the window says who is signed in', async () => {
    const { context, frame, person } = await framed.page(`${framed.site.team}?coop=same-origin`);
    const popup = await popupOf(frame, context);
    await frame.getByText(CUT_OFF).waitFor();
    await heading(popup, 'You are signed in');
    await goesOnInAFullWindow(frame, context, nameOf(person));
  });

  test('by Google: the window says so, and the frame offers the full one', async () => {
    framed.site.served.google.openid.coop = 'same-origin';
    const seen: string[] = [];
    const { context, frame, person } = await framed.page();
    const popup = await popupOf(frame, context);
    popup.on('close', () => seen.push('closed'));
    await heading(popup, 'You are signed in');
    await frame.getByText('Finish signing in in the window that opened.').waitFor();
    await goesOnInAFullWindow(frame, context, nameOf(person));
    expect(seen).toEqual([]);
    // Nothing hangs: the button still opens a window.
    await heading(await popupOf(frame, context), 'You are signed in');
  });

  test('by a sandbox, which opens none at all: the frame says so', async () => {
    framed.expected = [
      /^Blocked opening .* sandboxed frame whose 'allow-popups' permission is not set/,
    ];
    const { context, frame } = await framed.page(`${framed.site.team}?sandbox=no-popups`);
    await button(frame).click();
    await frame.getByText(CUT_OFF).waitFor();
    await fullWindow(frame).waitFor();
    expect(context.pages()).toHaveLength(1);
  });

  test('by the browser, which opens none at all: the frame says so', async () => {
    const strict = await launchBrowser({ popups: 'blocked' });
    try {
      const opened = await visit(strict, { thirdPartyCookies: 'blocked' });
      await opened.page.goto(framed.site.team);
      const frame = opened.page.frameLocator('iframe');
      await button(frame).click();
      await frame.getByText(CUT_OFF).waitFor();
      await fullWindow(frame).waitFor();
      expect(opened.complaints).toEqual([]);
    } finally {
      await strict.close();
    }
  });
});
