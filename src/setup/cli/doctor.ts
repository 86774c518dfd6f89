// `npm run doctor`: the checks of the set-up at a terminal, before the first deploy as well. What needs the deployed Worker
// waits there for the page /setup.
//
//   npm run doctor                          settings from .deploy.vars, or .dev.vars; the environment wins
//   npm run doctor -- --key key.json        the service account's key file as it was downloaded
//   npm run doctor -- --env-file prod.vars  settings from another file
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { parseArgs, styleText } from 'node:util';
import { type Env, parseConfig } from '../../config.ts';
import { examine } from '../doctor.ts';
import { readSettings, readText } from './deploy-file.ts';
import { type Style, showFindings } from './doctor-text.ts';
import { complain } from './printable.ts';
import { Stop } from './wrangler.ts';

/** The first that is there; as the other commands look for them. */
const ENV_FILES = ['.deploy.vars', '.dev.vars'];
const USAGE = `Usage: npm run doctor -- [--env-file PATH] [--key PATH]

  --env-file PATH   the file of settings; left out: ${ENV_FILES.join(', or ')}
  --key PATH        the service account's JSON key file; left out: GOOGLE_SERVICE_ACCOUNT_KEY
`;

/** Bindings exist in the Worker alone: here they are neither there nor missing. */
const NO_BINDINGS = Object.fromEntries(
  ['DB', 'CHANNELS', 'CHANGES', 'RECONCILE', 'PUSH_LIMIT', 'LOGIN_LIMIT'].map((name) => [name, {}]),
);

/** What the first deploy finds out or makes; until then the checks of Google's side need something in its place. */
const STAND_INS = {
  PUBLIC_URL: () => 'https://rollcall.workers.dev',
  APP_SECRET: () => randomBytes(36).toString('base64'),
};

class UsageError extends Error {}

function readKey(path: string): string {
  try {
    return readText(path);
  } catch {
    throw new UsageError(`The key file can't be read: ${path}`);
  }
}

function settings(args: string[]): { env: Env; isHelp: boolean } {
  let values: { 'env-file'?: string; key?: string; help?: boolean };
  try {
    const options = {
      'env-file': { type: 'string' },
      key: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    } as const;
    ({ values } = parseArgs({ args, options }));
  } catch {
    // Its words repeat what was typed; a secret may have been.
    throw new UsageError(USAGE);
  }
  const { 'env-file': file, key, help = false } = values;
  const found = file ?? ENV_FILES.find((path) => existsSync(path));
  const vars = found === undefined ? {} : readSettings(found, true, complain);
  const keyFile = key === undefined ? {} : { GOOGLE_SERVICE_ACCOUNT_KEY: readKey(key) };
  const env = { ...vars, ...process.env, ...keyFile, ...NO_BINDINGS };
  return { env: env as unknown as Env, isHelp: help };
}

const style: Style = (format, text) => styleText(format, text, { stream: process.stdout });

async function main(): Promise<number> {
  const { env, isHelp } = settings(process.argv.slice(2));
  if (isHelp) {
    process.stdout.write(USAGE);
    return 0;
  }
  const notBeforeDeploy = (['PUBLIC_URL', 'APP_SECRET'] as const).filter((name) => !env[name]);
  const standIns = notBeforeDeploy.map((name) => [name, STAND_INS[name]()]);
  const findings = await examine({
    parsed: parseConfig({ ...env, ...Object.fromEntries(standIns) }),
    notBeforeDeploy,
    surroundings: {
      fetch: (request) => fetch(request),
      nowMs: () => Date.now(),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      log: () => {},
    },
    deployed: null,
  });
  const width = Math.min(process.stdout.columns ?? 100, 100);
  process.stdout.write(showFindings(findings, { style, width }));
  return findings.some(({ state }) => state === 'failed') ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  // Of any other error the words may hold what was read.
  const isOurs = error instanceof UsageError || error instanceof Stop;
  const name = error instanceof Error ? ` (${error.name})` : '';
  complain(isOurs ? error.message : `The doctor itself failed${name}.`);
  process.exitCode = 2;
}
