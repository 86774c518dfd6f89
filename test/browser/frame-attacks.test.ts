// What another site may try against the app in a frame: to listen, to forge, to frame what may not be framed, to use the
// frame's cookie.
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { aSite, HTML, NO_ICON } from './a-site.ts';
import { test } from './browser.ts';
import { button, Framed, heading, insideOf, nameOf, popupOf } from './framed.ts';

let framed: Framed;
beforeAll(async () => {
  framed = await Framed.start();
});
afterEach(() => framed.clear());
afterAll(() => framed?.close());

/** Every request to redeem a code, as `POST 204`. */
function redemptions(context: BrowserContext): string[] {
  const seen: string[] = [];
  context.on('requestfinished', async (request) => {
    if (!request.url().endsWith('/embed/session')) return;
    seen.push(`${request.method()} ${(await request.response())?.status()}`);
  });
  return seen;
}

/** A challenge whose verifier its maker knows. */
const THEIR_CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';

describe('a page that opens the window itself', () => {
  test.each(['another origin', 'a page that embeds the app'])(
    '%s hears nothing of the code, nor does its frame',
    async (which) => {
      framed.expected = [
        /^Failed to execute 'postMessage' on 'DOMWindow': The target origin provided/,
      ];
      const talkative = `${NO_ICON}<script>opener.postMessage('to anybody', '*'); close()</script>`;
      const canary = (await aSite(HTML, talkative)).replace('127.0.0.1', 'localhost');
      const hostile = which === 'another origin' ? await aSite(HTML, NO_ICON) : framed.site.team;
      const { page, context } = await framed.page(hostile);
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
      const popup = await opens(`${framed.site.app}/auth/login?embed=${THEIR_CHALLENGE}`);
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
    const { page, context, frame, person } = await framed.page(
      framed.site.embedder,
      framed.site.newcomer(),
      [framed.site.newcomer().id],
    );
    const redeemed = redemptions(context);
    const inside = await insideOf(page);
    await inside.evaluate(`
      window.heard = [];
      addEventListener('message', ({ origin }) => heard.push(origin));
    `);
    const heard = () => inside.evaluate('heard');
    const around = `document.querySelector('iframe').contentWindow.postMessage(${FORGED}, '*')`;
    const theirs = new URL(framed.site.embedder).origin;
    await page.evaluate(around);
    await expect.poll(heard).toEqual([theirs]);

    // It waits at Google's chooser.
    const popup = await popupOf(frame, context);
    await heading(popup, 'Choose an account');
    await page.evaluate(around);
    await popup.evaluate(`opener.postMessage(${FORGED}, '*')`);
    await inside.evaluate(`postMessage(${FORGED}, '*')`);
    await expect.poll(heard).toEqual([theirs, theirs, framed.site.served.url, framed.site.app]);

    await popup.getByRole('button', { name: person.primaryEmail }).click();
    await heading(frame, nameOf(person));
    expect(redeemed).toEqual(['POST 204']);
  });
});

describe('what may not be framed', () => {
  const REFUSED =
    /^(Framing '.*' violates the following Content Security Policy directive: "frame-ancestors|Refused to (frame|display) )/;

  test('the sample, by an origin that is not in the list', async () => {
    framed.expected = [REFUSED];
    const { app } = framed.site;
    const stranger = await aSite(HTML, `${NO_ICON}<iframe src="${app}/embed/sample"></iframe>`);
    const { page, complaints } = await framed.page(stranger);
    await expect.poll(() => complaints.join('\n')).toContain('frame-ancestors');
    expect(await (await insideOf(page)).content()).not.toContain('Rollcall');
  });

  test.each(['/', '/auth/login', '/auth/callback', '/auth/login?silent=1'])(
    '%s, by anybody, who may frame the sample or not',
    async (path) => {
      framed.expected = [
        REFUSED,
        /^Failed to load resource: the server responded with a status of 4/,
      ];
      const { page, frame, complaints } = await framed.page(framed.site.embedder);
      await button(frame).waitFor();
      const url = JSON.stringify(framed.site.app + path);
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
  // The three events of a request come in any order.
  const paths = new Map<string, string>();
  const cookies = new Map<string, boolean>();
  const statuses = new Map<string, number>();
  session.on('Network.requestWillBeSent', ({ requestId, request }) =>
    paths.set(requestId, `${request.method} ${new URL(request.url).pathname}`),
  );
  session.on('Network.requestWillBeSentExtraInfo', ({ requestId, headers }) => {
    const cookie = headers['Cookie'] ?? headers['cookie'] ?? '';
    cookies.set(requestId, cookie.includes('__Host-embed='));
  });
  session.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) =>
    statuses.set(requestId, statusCode),
  );
  await session.send('Network.enable');
  return () =>
    [...paths]
      .filter(([id]) => cookies.has(id) && statuses.has(id))
      .map(([id, what]) => ({ what: `${what} ${statuses.get(id)}`, hasCookie: cookies.get(id) }));
}

describe('the page around a frame where somebody is signed in', () => {
  test('has the frame’s cookie in its requests, and can neither read nor change anything with it', async () => {
    framed.expected = [/blocked by CORS policy/, /^Failed to load resource: /];
    const { page, frame, person } = await framed.signedIn(framed.site.embedder);
    const seen = await exchanges(page);
    const ask = (path: string, init: string) =>
      page.evaluate(`fetch('${framed.site.app}${path}', { credentials: 'include', ${init} }).then(
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
    await expect.poll(seen).toHaveLength(5);
    expect(seen().map(({ what }) => what)).toEqual([
      'GET /embed/session 200',
      'GET /embed/session 200',
      'GET /auth/session 401',
      'POST /embed/session 403',
      'POST /auth/logout 403',
    ]);
    expect(seen().every(({ hasCookie }) => hasCookie)).toBe(true);
    await page.reload();
    await heading(frame, nameOf(person));
  });
});
