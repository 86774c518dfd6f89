// `npm run doctor`: the checks of the set-up at a terminal, before the first deploy as well. What needs the deployed Worker
// waits there for the page /setup.
//
//   npm run doctor                          settings from .deploy.vars, or .dev.vars; the environment wins
//   npm run doctor -- --key key.json        the service account's key file as it was downloaded
//   npm run doctor -- --env-file prod.vars  settings from another file
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { styleText } from 'node:util';
import { BINDINGS, type Env, parseConfig } from '../../config.ts';
import { examine } from '../doctor.ts';
import { optionsOf, run } from './command.ts';
import { readSettings } from './deploy-file.ts';
import { readKeyFile } from './deploy-questions.ts';
import { type Style, showFindings } from './doctor-text.ts';
import { complain } from './printable.ts';

/** The first that is there; as the other commands look for them. */
const ENV_FILES = ['.deploy.vars', '.dev.vars'];
const USAGE = `Usage: npm run doctor -- [--env-file PATH] [--key PATH]

  --env-file PATH   the file of settings; left out: ${ENV_FILES.join(', or ')}
  --key PATH        the service account's JSON key file; left out: GOOGLE_SERVICE_ACCOUNT_KEY
`;

/** Bindings exist in the Worker alone: here they are neither there nor missing. */
const NO_BINDINGS = Object.fromEntries(BINDINGS.map((name) => [name, {}]));

/** What the first deploy finds out or makes; until then the checks of Google's side need something in its place. */
const STAND_INS = {
  PUBLIC_URL: () => 'https://rollcall.workers.dev',
  APP_SECRET: () => randomBytes(36).toString('base64'),
};

function settings(file: string | undefined, key: string | undefined): Env {
  const found = file ?? ENV_FILES.find((path) => existsSync(path));
  const vars = found === undefined ? {} : readSettings(found, true, complain);
  const keyFile = key === undefined ? {} : { GOOGLE_SERVICE_ACCOUNT_KEY: readKeyFile(key) };
  return { ...vars, ...process.env, ...keyFile, ...NO_BINDINGS } as unknown as Env;
}

const style: Style = (format, text) => styleText(format, text, { stream: process.stdout });

async function main(): Promise<void> {
  const options = {
    'env-file': { type: 'string' },
    key: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  } as const;
  const { 'env-file': file, key, help } = optionsOf(options, USAGE);
  if (help) return void process.stdout.write(USAGE);
  const env = settings(file, key);
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
  process.exitCode = findings.some(({ state }) => state === 'failed') ? 1 : 0;
}

await run(main, 2);
