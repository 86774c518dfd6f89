// `npm run screenshots`: README's pictures of the console and of the doctor, taken of what `npm start` runs, on ports of its
// own. Run it after a change of those pages, and commit the PNGs beside this file.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import sparticuz from '@sparticuz/chromium';
import type { Page } from 'playwright-core';
import { launch } from '../browser/launch.ts';
import { withPalette } from './palette.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);
const HERE = `${ROOT}test/screenshots`;
const WIDTH = 1280;
const DEADLINE_MS = 90_000;
const MARGIN = 24;

// In scripts for which this machine's fonts are likely to have letters.
const LEAVERS = [
  ['Ada', 'Lindqvist', '/Sales'],
  ['Bruno', 'Castello', '/Sales/South'],
  ['Chloé', 'Marchand', '/Sales'],
  ['Зоя', 'Коваль', '/Engineering'],
  ['Dario', 'Brandt', '/Sales/South'],
  ['Łucja', 'Dvořák', '/Engineering'],
  ['Edda', 'Þórsdóttir', '/Engineering'],
  ['Farid', 'Mansour', '/Sales'],
  ['Greta', 'Ångström', '/Design'],
  ['Héctor', 'Núñez', '/Design'],
  ['Іван', 'Мельник', '/Engineering'],
  ['Jonas', 'Okafor', '/Sales/South'],
] as const;
/** So many the deletion guard lets go; the others are held. */
const LET_GO = 5;

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`never: ${what}\n${said}`);
    await pause(250);
  }
}

const [workerPort, googlePort] = [await freePort(), await freePort()];
const [app, google] = [`http://localhost:${workerPort}`, `http://localhost:${googlePort}`];
let said = '';
const start = spawn(process.execPath, [`${ROOT}test/start/start.ts`], {
  cwd: ROOT,
  env: { ...process.env, WORKER_PORT: String(workerPort), GOOGLE_PORT: String(googlePort) },
  stdio: ['ignore', 'pipe', 'pipe'],
});
for (const stream of [start.stdout, start.stderr]) {
  stream.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
}
const ended = new Promise((resolve) => start.on('exit', resolve));

/** Presses a button of the Workspace's Admin console. @returns where it leads */
async function atGoogle(path: string, form: Record<string, string> = {}): Promise<string> {
  const body = new URLSearchParams(form);
  const headers = { origin: google };
  const answer = await fetch(google + path, { method: 'POST', redirect: 'manual', headers, body });
  if (answer.status !== 303) throw new Error(`${path} answered ${answer.status}`);
  return answer.headers.get('location') ?? '';
}

async function hire([givenName, familyName, orgUnitPath]: (typeof LEAVERS)[number], at: number) {
  const form = { local: `leaver-${at + 1}`, domain: 'example.test' };
  const location = await atGoogle('/people/new', { ...form, givenName, familyName, orgUnitPath });
  return /^\/people\/(\d+)/.exec(location)?.[1] ?? '';
}

/** The page down to the end of an element, light and dark. */
async function take(page: Page, name: string, last: string): Promise<void> {
  const box = await page.locator(last).boundingBox();
  if (box === null) throw new Error(`${last} is not on the page`);
  const clip = { x: 0, y: 0, width: WIDTH, height: Math.ceil(box.y + box.height) + MARGIN };
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    const file = `${name}${colorScheme === 'dark' ? '-dark' : ''}.png`;
    const picture = withPalette(await page.screenshot({ fullPage: true, clip }));
    writeFileSync(`${HERE}/${file}`, picture);
    process.stdout.write(`${file}  ${clip.width} × ${clip.height}  ${picture.length} bytes\n`);
  }
}

async function takeConsole(page: Page): Promise<void> {
  for (let pass = 0; pass < 2; pass += 1) {
    await page.goto(`${app}/console`);
    await page.getByRole('button', { name: 'Reconcile now' }).click();
    const region = page.getByRole('region', { name: 'Last passes' });
    await until('the pass is complete', async () => {
      await page.goto(`${app}/console`);
      return (await region.getByText('Complete').count()) === pass + 2;
    });
  }
  for (const id of leavers) await atGoogle(`/people/${id}/delete`);
  const waiting = `${LEAVERS.length - LET_GO} removals wait for your decision`;
  await until(waiting, async () => {
    await page.goto(`${app}/console`);
    return (await page.getByRole('heading', { name: waiting }).count()) === 1;
  });
  await take(page, 'console', '#last-passes');
}

async function takeDoctor(page: Page): Promise<void> {
  await atGoogle('/access/delegate-nothing');
  await page.goto(`${app}/setup`);
  await page.getByRole('button', { name: 'Check everything' }).click();
  await page.getByRole('heading', { name: 'One thing is wrong' }).waitFor();
  await take(page, 'doctor', '#check-api');
}

const profiles = mkdtempSync(join(tmpdir(), 'rollcall-screenshots-'));
const program = process.env['CHROME_PATH'] || (await sparticuz.executablePath());
const browser = await launch({ program, profiles });
let leavers: string[] = [];
try {
  await until('npm start is ready', () => said.includes('In step.'));
  leavers = await Promise.all(LEAVERS.map(hire));
  await until('everybody has come', () => said.split('  added').length > LEAVERS.length);
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 900 } });
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setScrollbarsHidden', { hidden: true });
  await page.goto(`${app}/auth/login`);
  await page.getByRole('button', { name: 'admin@example.test' }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
  await takeConsole(page);
  await takeDoctor(page);
} finally {
  await browser.close();
  rmSync(profiles, { recursive: true, force: true, maxRetries: 5 });
  start.kill('SIGTERM');
  await ended;
  rmSync(`${ROOT}.wrangler/laptop-${workerPort}`, { recursive: true, force: true });
}
