// Starts a Chromium with our own arguments. The package's own `args` switch web security and site isolation off,
// and Playwright's defaults switch off more, so neither is used: what is blocked here is blocked for people too.
import { mkdtempSync } from 'node:fs';
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

/** @param profiles a folder for what browsers keep; whoever made it removes it */
export function launch(
  { program, profiles }: { program: string; profiles: string },
  { popups }: LaunchOptions = {},
): Promise<Browser> {
  // A Chrome of somebody's own is not to be driven with its owner's profile.
  const profile = mkdtempSync(join(profiles, 'profile-'));
  return chromium.launch({
    executablePath: program,
    ignoreDefaultArgs: true,
    args: [
      ...ARGS,
      `--user-data-dir=${profile}`,
      ...(popups === 'blocked' ? ['--block-new-web-contents'] : []),
    ],
  });
}
