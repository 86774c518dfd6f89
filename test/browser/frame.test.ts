// Signing in inside a frame on another site, with third-party cookies blocked as browsers have it, and everything
// that another site may try: to listen, to forge, to frame what may not be framed, to use the frame's cookie.
import type { Browser, BrowserContext, Frame, FrameLocator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { aSite, closeSites, HTML, NO_ICON } from './a-site.ts';
import { launchBrowser, styleOf, test, type Visit, visit } from './browser.ts';
import { type SignInSite, startSignInSite } from './sign-in-site.ts';

/** How soon a change at Google is to be seen here; with room for a slow machine. */
const SOON = { timeout: 15_000 };
const FULL_WINDOW = 'Open in a full window';
const CUT_OFF = 'Your browser keeps this page and the sign-in window apart, or has blocked it.';

let site: SignInSite;
let browser: Browser;
let pristine: unknown;
let visits: Visit[] = [];
/** What the browser has to say about an attack; everything else is a fault. */
let expected: RegExp[] = [];

beforeAll(async () => {
  [site, browser] = await Promise.all([startSignInSite(), launchBrowser()]);
  pristine = site.served.google.openid.snapshot();
});
beforeEach(() => {
  visits = [];
  expected = [];
});
afterEach(async () => {
  const complaints = visits
    .flatMap((one) => one.complaints)
    .filter((one) => !expected.some((pattern) => pattern.test(one)));
  const questions = visits.flatMap((one) => one.questions);
  await Promise.all(visits.map(({ context }) => context.close()));
  site.served.google.openid.restore(pristine as never);
  expect({ complaints, questions }).toEqual({ complaints: [], questions: [] });
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
  closeSites();
});

/** A page with the app in it, in the browser of somebody who is signed in at Google. */
async function framePage(url = site.team, person = site.newcomer(), others: string[] = []) {
  const opened = await visit(browser, { thirdPartyCookies: 'blocked' });
  visits.push(opened);
  await site.atGoogle(opened.context, person.id, ...others);
  await opened.page.goto(url);
  return { ...opened, person, frame: opened.page.frameLocator('iframe') };
}

const button = (frame: FrameLocator) => frame.getByRole('button', { name: 'Sign in with Google' });
const heading = (at: Page | FrameLocator, name: string) =>
  at.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const fullWindow = (frame: FrameLocator) => frame.getByRole('link', { name: FULL_WINDOW });
const nameOf = ({ name }: { name: { fullName: string } }) => name.fullName;

/** Presses the button; the window that opens. */
async function popupOf(frame: FrameLocator, context: BrowserContext): Promise<Page> {
  const [popup] = await Promise.all([context.waitForEvent('page'), button(frame).click()]);
  return popup;
}

/** Somebody signed in inside the frame, the popup gone. */
async function signedIn(url = site.team, person = site.newcomer()) {
  const opened = await framePage(url, person);
  const popup = await popupOf(opened.frame, opened.context);
  if (!popup.isClosed()) await popup.waitForEvent('close');
  await heading(opened.frame, nameOf(person));
  return opened;
}

/** Every request to redeem a code, as `POST 204`. */
function redemptions(context: BrowserContext): string[] {
  const seen: string[] = [];
  context.on('requestfinished', async (request) => {
    if (!request.url().endsWith('/embed/session')) return;
    seen.push(`${request.method()} ${(await request.response())?.status()}`);
  });
  return seen;
}

/** The app's frame itself, to run a script in. */
async function insideOf(page: Page): Promise<Frame> {
  const inside = await (await page.locator('iframe').elementHandle())?.contentFrame();
  if (!inside) throw new Error('there is no frame');
  return inside;
}

describe('in a frame on another site', () => {
  test('it is another site to the browser, or nothing here would prove anything', async () => {
    const { page, context } = await framePage();
    const asked = context.waitForEvent('request', (one) => one.url().endsWith('/embed/sample'));
    await page.reload();
    expect((await (await asked).allHeaders())['sec-fetch-site']).toBe('cross-site');
  });

  test('one click signs in: a window opens, closes by itself, and the frame knows who it is', async () => {
    const { page, context, frame, person } = await framePage();
    await page.evaluate('window.isSamePage = true');
    const popup = await popupOf(frame, context);
    if (!popup.isClosed()) await popup.waitForEvent('close');

    await heading(frame, nameOf(person));
    expect(context.pages()).toEqual([page]);
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    expect(await (await insideOf(page)).evaluate('document.cookie')).toBe('');
  });

  test('the window is opened while the click is handled, or browsers would block it', async () => {
    const { page, context, frame, person } = await framePage();
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

  test('it stays so when the page is opened again, and is so nowhere else', async () => {
    const { page, frame, person } = await signedIn();
    await page.reload();
    await heading(frame, nameOf(person));

    await page.goto(site.neighbour);
    await button(frame).waitFor();
    await page.goto(site.team);
    await heading(frame, nameOf(person));
  });

  test('a suspension ends it', async () => {
    const { page, frame, person } = await signedIn();
    site.served.google.workspace.suspend(person.id);
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
    const { frame, person } = await signedIn(site.team, site.newcomer(name));
    const shown = frame.locator('bdi', { hasText: 'onerror' });
    expect(await shown.textContent()).toBe(nameOf(person));
    expect(await styleOf(shown, 'unicode-bidi')).toBe('isolate');
    expect(await frame.locator('img').count()).toBe(0);
  });

  test('a code that comes too late is said, and the button works again', async () => {
    const { page, context, frame, person } = await framePage();
    let isFirst = true;
    await page.route('**/embed/session', (route) => {
      const isLate = isFirst;
      isFirst = false;
      return isLate ? route.abort() : route.continue();
    });
    expected = [/^Failed to load resource: net::ERR_FAILED/];
    await popupOf(frame, context);
    await frame.getByText('That took too long or was interrupted.').waitFor();
    await popupOf(frame, context);
    await heading(frame, nameOf(person));
  });

  test('a cookie that is not kept is said, with the full window', async () => {
    const { page, context, frame } = await framePage();
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
    const { context, frame, person } = await framePage(`${site.team}?coop=same-origin`);
    const popup = await popupOf(frame, context);
    await frame.getByText(CUT_OFF).waitFor();
    await heading(popup, 'You are signed in');
    await goesOnInAFullWindow(frame, context, nameOf(person));
  });

  test('by Google: the window says so, and the frame offers the full one', async () => {
    site.served.google.openid.coop = 'same-origin';
    const seen: string[] = [];
    const { context, frame, person } = await framePage();
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
    expected = [/^Blocked opening .* sandboxed frame whose 'allow-popups' permission is not set/];
    const { context, frame } = await framePage(`${site.team}?sandbox=no-popups`);
    await button(frame).click();
    await frame.getByText(CUT_OFF).waitFor();
    await fullWindow(frame).waitFor();
    expect(context.pages()).toHaveLength(1);
  });

  test('by the browser, which opens none at all: the frame says so', async () => {
    const strict = await launchBrowser({ popups: 'blocked' });
    try {
      const opened = await visit(strict, { thirdPartyCookies: 'blocked' });
      await opened.page.goto(site.team);
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

/** A challenge whose verifier its maker knows. */
const THEIR_CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('a page that opens the window itself', () => {
  test.each(['another origin', 'a page that embeds the app'])(
    '%s hears nothing of the code, nor does its frame',
    async (which) => {
      expected = [/^Failed to execute 'postMessage' on 'DOMWindow': The target origin provided/];
      const talkative = `${NO_ICON}<script>opener.postMessage('to anybody', '*'); close()</script>`;
      const canary = (await aSite(HTML, talkative)).replace('127.0.0.1', 'localhost');
      const hostile = which === 'another origin' ? await aSite(HTML, NO_ICON) : site.team;
      const { page, context } = await framePage(hostile);
      const redeemed = redemptions(context);
      await page.evaluate(`
        window.heard = [];
        addEventListener('message', ({ data }) => heard.push(data));
      `);
      const opens = async (url: string) => {
        const script = `void window.open(${JSON.stringify(url)})`;
        const [popup] = await Promise.all([context.waitForEvent('page'), page.evaluate(script)]);
        return popup;
      };
      const popup = await opens(`${site.app}/auth/login?embed=${THEIR_CHALLENGE}`);
      // The window has done what it does: it says so, and closes or not.
      await expect.poll(() => popup.isClosed() || popup.title()).not.toBe('');
      await expect.poll(() => popup.isClosed()).toBe(true);
      // Messages keep their order: what comes after this one would have been here before it.
      await opens(canary);
      await expect.poll(() => page.evaluate('heard.length')).toBeGreaterThan(0);
      expect(await page.evaluate('heard')).toEqual(['to anybody']);
      expect(redeemed).toEqual([]);
    },
  );
});

const FORGED = `{ type: 'rollcall:code', code: '${'A'.repeat(43)}' }`;

describe('a forged message', () => {
  test('from the page around, from our own origin, or from the window while it is elsewhere, is nothing', async () => {
    const { page, context, frame, person } = await framePage(site.embedder, site.newcomer(), [
      site.newcomer().id,
    ]);
    const redeemed = redemptions(context);
    const inside = await insideOf(page);
    await inside.evaluate(`
      window.heard = [];
      addEventListener('message', ({ origin }) => heard.push(origin));
    `);
    const heard = () => inside.evaluate('heard');
    const around = `document.querySelector('iframe').contentWindow.postMessage(${FORGED}, '*')`;
    const theirs = new URL(site.embedder).origin;
    await page.evaluate(around);
    await expect.poll(heard).toEqual([theirs]);

    // It waits at Google's chooser.
    const popup = await popupOf(frame, context);
    await heading(popup, 'Choose an account');
    await page.evaluate(around);
    await popup.evaluate(`opener.postMessage(${FORGED}, '*')`);
    await inside.evaluate(`postMessage(${FORGED}, '*')`);
    await expect.poll(heard).toEqual([theirs, theirs, site.served.url, site.app]);

    await popup.getByRole('button', { name: person.primaryEmail }).click();
    await heading(frame, nameOf(person));
    expect(redeemed).toEqual(['POST 204']);
  });
});

describe('what may not be framed', () => {
  const REFUSED =
    /^(Framing '.*' violates the following Content Security Policy directive: "frame-ancestors|Refused to (frame|display) )/;

  test('the sample, by an origin that is not in the list', async () => {
    expected = [REFUSED];
    const { app } = site;
    const stranger = await aSite(HTML, `${NO_ICON}<iframe src="${app}/embed/sample"></iframe>`);
    const { page, complaints } = await framePage(stranger);
    await expect.poll(() => complaints.join('\n')).toContain('frame-ancestors');
    expect(await (await insideOf(page)).content()).not.toContain('Rollcall');
  });

  test.each(['/', '/auth/login', '/auth/callback', '/auth/login?silent=1'])(
    '%s, by anybody, who may frame the sample or not',
    async (path) => {
      expected = [REFUSED, /^Failed to load resource: the server responded with a status of 4/];
      const { page, frame, complaints } = await framePage(site.embedder);
      await button(frame).waitFor();
      const url = JSON.stringify(site.app + path);
      await page.evaluate(`document.querySelector('iframe').src = ${url}`);
      await expect.poll(() => complaints.join('\n')).toMatch(/frame-ancestors|X-Frame-Options/);
      const inside = await insideOf(page);
      expect(inside.url()).toMatch(/^chrome-error:/);
      expect(await inside.content()).not.toContain('Rollcall');
    },
  );
});

/** What the app got from this window's requests, and answered, whatever the page was allowed to see of it. */
async function exchanges(page: Page) {
  const session = await page.context().newCDPSession(page);
  const seen: { what: string; hasCookie: boolean; status: number }[] = [];
  const paths = new Map<string, string>();
  const cookies = new Map<string, boolean>();
  session.on('Network.requestWillBeSent', ({ requestId, request }) =>
    paths.set(requestId, `${request.method} ${new URL(request.url).pathname}`),
  );
  session.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    const cookie = headers['Cookie'] ?? headers['cookie'] ?? '';
    cookies.set(requestId, cookie.includes('__Host-embed='));
  });
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => {
    const hasCookie = cookies.get(requestId) ?? false;
    seen.push({ what: paths.get(requestId) ?? '', hasCookie, status: statusCode });
  });
  await session.send('Network.enable');
  return seen;
}

describe('the page around a frame where somebody is signed in', () => {
  test('has the frame’s cookie in its requests, and can neither read nor change anything with it', async () => {
    expected = [/blocked by CORS policy/, /^Failed to load resource: /];
    const { page, frame, person } = await signedIn(site.embedder);
    const seen = await exchanges(page);
    const ask = (path: string, init: string) =>
      page.evaluate(`fetch('${site.app}${path}', { credentials: 'include', ${init} }).then(
        ({ type }) => type,
        () => 'refused',
      )`);
    const body = `body: JSON.stringify({ code: '${'A'.repeat(43)}', verifier: '${'B'.repeat(43)}' })`;
    const post = `mode: 'no-cors', method: 'POST', ${body}`;

    expect(await ask('/embed/session', '')).toBe('refused');
    expect(await ask('/embed/session', "mode: 'no-cors'")).toBe('refused');
    expect(await ask('/auth/session', "mode: 'no-cors'")).toBe('refused');
    expect(await ask('/embed/session', post)).toBe('refused');
    expect(await ask('/auth/logout?everywhere=1', post)).toBe('refused');
    await expect.poll(() => seen).toHaveLength(5);
    expect(seen.map(({ what, status }) => `${what} ${status}`)).toEqual([
      'GET /embed/session 200',
      'GET /embed/session 200',
      'GET /auth/session 401',
      'POST /embed/session 403',
      'POST /auth/logout 403',
    ]);
    expect(seen.every(({ hasCookie }) => hasCookie)).toBe(true);
    await page.reload();
    await heading(frame, nameOf(person));
  });
});
