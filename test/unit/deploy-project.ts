// A folder with a copy of wrangler.toml, the stand-in on PATH, and the deploy scripts run in it as real processes.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Account, type Call, NEW_ACCOUNT } from './deploy-stand-in.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);
const NODE = `${ROOT}node_modules/.bin/node`;

/** All these processes load the same code: compiled once. Outside the project, whose files a test looks through. */
const COMPILED = `${ROOT}node_modules/.cache/deploy-tests`;

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
export const KEY_FILE = JSON.stringify(
  {
    type: 'service_account',
    project_id: 'rollcall-test',
    private_key_id: 'test-key-1',
    private_key: PEM,
    client_email: 'rollcall@rollcall-test.iam.gserviceaccount.com',
    client_id: '100000000000000000001',
    token_uri: 'https://oauth2.googleapis.com/token',
  },
  null,
  2,
);
/** Lines of the private key: what must never be seen. */
export const KEY_LINES = PEM.split('\n').filter(
  (line) => line.length >= 20 && !line.startsWith('-'),
);
export const APP_SECRET = 'q3vJ8sK1mZ0xR7tY5wB2nL9cF4hD6gPaUeIoTqWkXzVb';
export const ADMIN = 'admin@acme.example';

export interface Outcome {
  code: number;
  output: string;
}

export interface Project {
  folder: string;
  path: (name: string) => string;
  write: (name: string, text: string) => void;
  read: (name: string) => string;
  has: (name: string) => boolean;
  account: () => Account;
  setAccount: (changes: Partial<Account>) => void;
  calls: () => Call[];
  /** What was called since the last look, each by its first words; without the looking. */
  steps: () => string[];
  run: (
    script: 'deploy' | 'setup-link',
    args?: string[],
    env?: NodeJS.ProcessEnv,
  ) => Promise<Outcome>;
  /** The same at a terminal, typing `input`. */
  runAtTerminal: (
    script: 'deploy' | 'setup-link',
    args: string[],
    input: string,
  ) => Promise<Outcome>;
  /** Starts it and leaves it to the test. */
  start: (script: 'deploy' | 'setup-link', args?: string[]) => ChildProcess;
  /** Files of ours left in the temporary folder. */
  leftovers: () => string[];
  remove: () => void;
}

/** `script` of util-linux gives a child a terminal. */
export const hasPseudoTerminal =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

const LOOKS = ['d1 list', 'secret list', 'deployments status', 'versions view'];

export function newProject(account: Partial<Account> = {}): Project {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-deploy-test-'));
  const path = (name: string) => join(folder, name);
  for (const name of ['bin', 'state', 'tmp']) mkdirSync(path(name));
  copyFileSync(`${ROOT}wrangler.toml`, path('wrangler.toml'));
  const stand = fileURLToPath(new URL('deploy-stand-in.ts', import.meta.url).href);
  writeFileSync(path('bin/wrangler'), `#!/bin/sh\nexec "${NODE}" "${stand}" "$@"\n`);
  chmodSync(path('bin/wrangler'), 0o755);
  const setAccount = (changes: Partial<Account>) => {
    const before = existsSync(path('state/account.json'))
      ? JSON.parse(readFileSync(path('state/account.json'), 'utf8'))
      : NEW_ACCOUNT;
    writeFileSync(path('state/account.json'), JSON.stringify({ ...before, ...changes }));
  };
  setAccount(account);
  const environment = (extra: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
    PATH: `${path('bin')}:${process.env['PATH']}`,
    HOME: folder,
    TMPDIR: path('tmp'),
    NODE_COMPILE_CACHE: COMPILED,
    STAND_IN_FOLDER: path('state'),
    ...extra,
  });
  const outcome = (command: string, args: string[], env: NodeJS.ProcessEnv, input: string | null) =>
    new Promise<Outcome>((resolve) => {
      const child = spawn(command, args, { cwd: folder, env: environment(env), stdio: 'pipe' });
      let output = '';
      // A line at a time, each when it has been asked for, as a person would.
      const typed = input === null ? [] : input.split('\n').slice(0, -1);
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          output += chunk;
          if (/(:|Worker:) $/.test(chunk) && typed.length > 0)
            child.stdin.write(`${typed.shift()}\n`);
        });
      if (input === null) child.stdin.end();
      child.on('close', (code) => resolve({ code: code ?? 1, output }));
    });
  const calls = () =>
    existsSync(path('state/calls.ndjson'))
      ? readFileSync(path('state/calls.ndjson'), 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line): Call => JSON.parse(line))
      : [];
  let seen = 0;
  const script = (name: string) => `${ROOT}src/setup/cli/${name}.ts`;
  return {
    folder,
    path,
    write: (name, text) => writeFileSync(path(name), text),
    read: (name) => readFileSync(path(name), 'utf8'),
    has: (name) => existsSync(path(name)),
    account: () => JSON.parse(readFileSync(path('state/account.json'), 'utf8')),
    setAccount,
    calls,
    steps: () => {
      const all = calls();
      const fresh = all.slice(seen).map(({ args }) => args.join(' '));
      seen = all.length;
      return fresh
        .filter((one) => !LOOKS.some((look) => one.startsWith(look)))
        .map((one) => one.replace(/ --secrets-file \S+/, ' --secrets-file FILE'));
    },
    run: (name, args = [], env = {}) => outcome(NODE, [script(name), ...args], env, null),
    runAtTerminal: (name, args, input) =>
      outcome(
        'script',
        ['-qec', [NODE, script(name), ...args].map((one) => `'${one}'`).join(' '), '/dev/null'],
        { TERM: 'dumb' },
        input,
      ),
    start: (name, args = []) =>
      spawn(NODE, [script(name), ...args], { cwd: folder, env: environment({}), stdio: 'ignore' }),
    leftovers: () => readdirSync(path('tmp')).filter((name) => name.startsWith('rollcall-')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
