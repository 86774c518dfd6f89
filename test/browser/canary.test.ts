// Whether this browser protects anybody at all. With web security off, or deaf to what a page complains of,
// the other files would pass whatever the pages do; here they would not.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { aSite, closeSites, HTML, NO_ICON } from './a-site.ts';
import { FOREIGN_NAME, launchBrowser, test, visit } from './browser.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  closeSites();
});

const read = (url: string) =>
  fetch(url).then(
    (response) => response.text(),
    () => 'refused',
  );

test('keeps what one origin says from another that was not allowed to read it', async () => {
  const { page } = await visit(browser);
  await page.goto(await aSite(HTML, NO_ICON));

  const closed = await aSite({}, 'for nobody else');
  const open = await aSite({ 'access-control-allow-origin': '*' }, 'for everybody');
  expect(await page.evaluate(read, closed)).toBe('refused');
  expect(await page.evaluate(read, open)).toBe('for everybody');
});

test('runs no inline script against the CSP, and the complaint is heard', async () => {
  const csp = "default-src 'none'; img-src data:";
  const body = `${NO_ICON}<p>before</p><script>document.querySelector('p').textContent = 'run'</script>`;
  const { page, complaints } = await visit(browser);
  await page.goto(await aSite({ ...HTML, 'content-security-policy': csp }, body));

  expect(await page.locator('p').textContent()).toBe('before');
  await expect.poll(() => complaints.join('\n')).toContain('Content Security Policy');
});

test('an error that a page does not catch is heard', async () => {
  const { page, complaints } = await visit(browser);
  await page.goto(await aSite(HTML, `${NO_ICON}<script>throw new Error('not caught')</script>`));

  await expect.poll(() => complaints).toEqual(['Error: not caught']);
});

test('runs no script where JavaScript is off', async () => {
  const { page } = await visit(browser, { javaScriptEnabled: false });
  await page.goto(
    await aSite(HTML, `${NO_ICON}<p>off</p><script>document.querySelector('p').remove()</script>`),
  );

  expect(await page.locator('p').textContent()).toBe('off');
});

test('reaches this machine and nothing else', async () => {
  const site = await aSite(HTML, `${NO_ICON}<p>here</p>`);
  const { page: lost } = await visit(browser);
  const { page } = await visit(browser);

  // Chromium knows by itself where every *.localhost is; only our rule can make one lead nowhere.
  const other = site.replace('127.0.0.1', 'other.localhost');
  await expect(lost.goto(other)).rejects.toThrow('ERR_NAME_NOT_RESOLVED');
  await page.goto(site.replace('127.0.0.1', FOREIGN_NAME));
  expect(await page.locator('p').textContent()).toBe('here');
});

/** The cookies that come back from a frame at `localhost` in a page at `127.0.0.1`, which is another site. */
async function cookiesInAFrame(thirdPartyCookies?: 'blocked'): Promise<string> {
  const cookies = [
    'everywhere=1; Path=/; Secure; SameSite=None',
    '__Host-here=1; Path=/; Secure; SameSite=None; Partitioned',
  ];
  const show = (_: string, sent: string) => `${NO_ICON}<p>${sent || 'none'}</p>`;
  const framed = await aSite({ ...HTML, 'set-cookie': cookies }, show);
  const url = framed.replace('127.0.0.1', 'localhost');
  const options = thirdPartyCookies ? { thirdPartyCookies } : {};
  const { page } = await visit(browser, options);
  await page.goto(await aSite(HTML, `${NO_ICON}<iframe src="${url}"></iframe>`));
  const said = page.frameLocator('iframe').locator('p');
  expect(await said.textContent()).toBe('none');
  await page.reload();
  return (await said.textContent()) ?? '';
}

test('keeps an unpartitioned cookie out of a frame of another site, where third-party cookies are blocked', async () => {
  expect(await cookiesInAFrame('blocked')).toBe('__Host-here=1');
  expect(await cookiesInAFrame()).toBe('everywhere=1; __Host-here=1');
});

const OPENER = `${NO_ICON}<button>Open</button><script>
  let opened = null;
  document.querySelector('button').addEventListener('click', () => {
    const isClick = navigator.userActivation.isActive;
    opened = window.open('about:blank');
    document.title = (opened ? 'opened' : 'blocked') + (isClick ? ' by a click' : ' by itself');
  });
</script>`;

test('opens a window after a click, and none where windows are blocked', async () => {
  const strict = await launchBrowser({ popups: 'blocked' });
  try {
    const url = await aSite(HTML, OPENER);
    const click = async (at: Browser) => {
      const { page } = await visit(at);
      await page.goto(url);
      await page.getByRole('button').click();
      return page.title();
    };
    expect(await click(browser)).toBe('opened by a click');
    expect(await click(strict)).toBe('blocked by a click');
  } finally {
    await strict.close();
  }
});

test('tells a click from a script that presses by itself', async () => {
  const pressing = `${OPENER}<script>document.querySelector('button').click()</script>`;
  const { page } = await visit(browser);
  await page.goto(await aSite(HTML, pressing));
  expect(await page.title()).toMatch(/ by itself$/);
});

const SAY = `${NO_ICON}<script>window.opener?.postMessage('to anybody', '*')</script>`;

test('lets a message through that is for anybody, and cuts an opener off that wants to be alone', async () => {
  const talkative = (await aSite(HTML, SAY)).replace('127.0.0.1', 'localhost');
  const opener = `${NO_ICON}<p>nothing</p><button>Open</button><script>
    addEventListener('message', ({ data }) => { document.querySelector('p').textContent = data; });
    document.querySelector('button').addEventListener('click', () => {
      document.title = String(window.open('${talkative}') !== null);
    });
  </script>`;
  const alone = await aSite({ ...HTML, 'cross-origin-opener-policy': 'same-origin' }, opener);
  for (const [url, said] of [
    [await aSite(HTML, opener), 'to anybody'],
    [alone, 'nothing'],
  ] as const) {
    const { page, context } = await visit(browser);
    await page.goto(url);
    const popup = context.waitForEvent('page');
    await page.getByRole('button').click();
    await (await popup).waitForLoadState();
    await expect.poll(() => page.locator('p').textContent()).toBe(said);
    const hasOpener = await (await popup).evaluate('window.opener !== null');
    expect(hasOpener).toBe(said === 'to anybody');
  }
});
