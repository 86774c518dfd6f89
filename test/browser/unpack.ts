// Finds the browser before the first file asks for it: this machine's own, or the package's, which is unpacked here,
// since two at once would write over one another. Where neither runs the tests are skipped, loudly, except on CI.
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import sparticuz from '@sparticuz/chromium';
import type { TestProject } from 'vitest/node';
import { launch } from './launch.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The browser's program, and where its profiles go; `null` where none can run. */
    chromium: { program: string; profiles: string } | null;
  }
}

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
] as const;
const ON_A_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** What `CHROME_PATH` says counts alone; else the first of the usual names, the package's at last. */
async function program(): Promise<string> {
  const wanted = process.env['CHROME_PATH'];
  if (wanted) return wanted;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...paths, ON_A_MAC].find(isProgram) ?? sparticuz.executablePath();
}

export default async function unpack(project: TestProject): Promise<() => void> {
  const profiles = mkdtempSync(join(tmpdir(), 'rollcall-browser-'));
  const clean = () => rmSync(profiles, { recursive: true, force: true, maxRetries: 5 });
  try {
    const chromium = { program: await program(), profiles };
    await (await launch(chromium)).close();
    project.provide('chromium', chromium);
  } catch (error) {
    if (process.env['CI']) {
      clean();
      throw error;
    }
    const [why] = String(error).split('\n');
    process.stderr.write(
      `\nNO BROWSER RUNS HERE, so nothing in test/browser is tested: ${why}\n\n`,
    );
    project.provide('chromium', null);
  }
  return clean;
}
