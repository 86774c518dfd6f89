// Starts a Chromium with our own arguments. The package's own `args` switch web security and site isolation off,
// and Playwright's defaults switch off more, so neither is used: what is blocked here is blocked for people too.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** A web site's name that leads to this machine, as somebody's DNS may have it at any moment. */
export const FOREIGN_NAME = 'elsewhere.example';

const ARGS = [
  '--remote-debugging-pipe',
  '--headless',
  '--no-sandbox',
  '--no-first-run',
  '--disable-gpu',
  '--disable-background-networking',
  // Loopback only: every other name leads nowhere.
  `--host-resolver-rules=MAP ${FOREIGN_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1`,
];

export interface LaunchOptions {
  /** `blocked`: every window is, also after a click, as a strict browser or an extension has it. */
  popups?: 'blocked';
}

export async function launch(program: string, { popups }: LaunchOptions = {}): Promise<Browser> {
  // A Chrome of somebody's own is not to be driven with its owner's profile.
  const profile = mkdtempSync(join(tmpdir(), 'rollcall-browser-'));
  const forget = () => rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  const args = [
    ...ARGS,
    `--user-data-dir=${profile}`,
    ...(popups === 'blocked' ? ['--block-new-web-contents'] : []),
  ];
  try {
    const browser = await chromium.launch({
      executablePath: program,
      ignoreDefaultArgs: true,
      args,
    });
    browser.on('disconnected', forget);
    return browser;
  } catch (error) {
    forget();
    throw error;
  }
}
