// Whether this browser protects anybody at all. With web security off, or deaf to what a page complains of,
// the other files would pass whatever the pages do; here they would not.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FOREIGN_NAME, launchBrowser, visit } from './browser.ts';

let browser: Browser;
const servers: Server[] = [];

/** A page on a port of its own, so that every call is another origin. */
async function aSite(headers: Record<string, string>, body: string): Promise<string> {
  const server = createServer((_, response) => response.writeHead(200, headers).end(body));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
const HTML = { 'content-type': 'text/html' };
const EMPTY = '<link rel="icon" href="data:,">';

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  for (const server of servers) server.close();
});

const read = (url: string) =>
  fetch(url).then(
    (response) => response.text(),
    () => 'refused',
  );

test('keeps what one origin says from another that was not allowed to read it', async () => {
  const { page } = await visit(browser);
  await page.goto(await aSite(HTML, EMPTY));

  const closed = await aSite({}, 'for nobody else');
  const open = await aSite({ 'access-control-allow-origin': '*' }, 'for everybody');
  expect(await page.evaluate(read, closed)).toBe('refused');
  expect(await page.evaluate(read, open)).toBe('for everybody');
});

test('runs no inline script against the CSP, and the complaint is heard', async () => {
  const csp = "default-src 'none'; img-src data:";
  const body = `${EMPTY}<p>before</p><script>document.querySelector('p').textContent = 'run'</script>`;
  const { page, complaints } = await visit(browser);
  await page.goto(await aSite({ ...HTML, 'content-security-policy': csp }, body));

  expect(await page.locator('p').textContent()).toBe('before');
  await expect.poll(() => complaints.join('\n')).toContain('Content Security Policy');
});

test('an error that a page does not catch is heard', async () => {
  const { page, complaints } = await visit(browser);
  await page.goto(await aSite(HTML, `${EMPTY}<script>throw new Error('not caught')</script>`));

  await expect.poll(() => complaints).toEqual(['Error: not caught']);
});

test('runs no script where JavaScript is off', async () => {
  const { page } = await visit(browser, { javaScriptEnabled: false });
  await page.goto(
    await aSite(HTML, `${EMPTY}<p>off</p><script>document.querySelector('p').remove()</script>`),
  );

  expect(await page.locator('p').textContent()).toBe('off');
});

test('reaches this machine and nothing else', async () => {
  const site = await aSite(HTML, `${EMPTY}<p>here</p>`);
  const { page: lost } = await visit(browser);
  const { page } = await visit(browser);

  // Chromium knows by itself where every *.localhost is; only our rule can make one lead nowhere.
  const other = site.replace('127.0.0.1', 'other.localhost');
  await expect(lost.goto(other)).rejects.toThrow('ERR_NAME_NOT_RESOLVED');
  await page.goto(site.replace('127.0.0.1', FOREIGN_NAME));
  expect(await page.locator('p').textContent()).toBe('here');
});
