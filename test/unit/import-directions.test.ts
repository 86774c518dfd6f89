// The frame of the house, read from the sources: which room may import which, what lives where, how long
// a file may grow. A rule that the compiler can't hold.

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);
const SRC = join(ROOT, 'src');

/** What each room may import besides itself, as design.md section 6 has it; `log`, `hash`, `keys` and `targets` are everybody's. */
const ROOMS_BELOW = ['google', 'db', 'config', 'log', 'hash', 'keys', 'targets'];
const ALL_ROOMS = [
  'page',
  'google',
  'db',
  'roles',
  'sync',
  'sso',
  'sample',
  'setup',
  'outbound',
  'api',
  'console',
];
/** The sample gives way to its owner's pages: nothing of the product may go with it. */
const WITHOUT_SAMPLE = ALL_ROOMS.filter((room) => room !== 'sample');
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  google: [],
  db: [],
  log: [],
  hash: [],
  keys: [],
  targets: [],
  config: ['google', 'log', 'targets', 'config-fields'],
  'config-fields': ['google', 'targets'],
  headers: ['config'],
  page: [],
  roles: ROOMS_BELOW,
  sync: [...ROOMS_BELOW, 'roles'],
  sso: [...ROOMS_BELOW, 'sync', 'page'],
  outbound: ROOMS_BELOW,
  sample: [...ROOMS_BELOW, 'sso', 'sync/health', 'page'],
  setup: [...ROOMS_BELOW, ...WITHOUT_SAMPLE, 'config-fields'],
  cursor: [],
  api: [...ROOMS_BELOW, ...WITHOUT_SAMPLE, 'cursor'],
  console: [...ROOMS_BELOW, ...WITHOUT_SAMPLE, 'cursor'],
  app: [...ROOMS_BELOW, ...ALL_ROOMS, 'headers'],
  index: [...ROOMS_BELOW, ...ALL_ROOMS, 'app'],
};

interface Import {
  /** From `src/`, with `/` and without extension: `sync/health`. */
  file: string;
  /** The same for a file of ours; a package's name otherwise. */
  target: string;
  isOurs: boolean;
}

interface Source {
  /** From the root: `src/sync/health.ts`. */
  path: string;
  text: string;
}

function sourcesIn(folder: string): Source[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: relative(ROOT, path), text: readFileSync(path, 'utf8') };
    });
}

const withoutExtension = (path: string) => path.replace(/\.tsx?$/, '');
const roomOf = (file: string) => file.split('/')[0] ?? '';

/** Static, dynamic, type-only and re-exporting imports alike. */
function importsOf({ path, text }: Source): Import[] {
  const file = withoutExtension(relative('src', path));
  const code = text.replace(/^\s*\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
  const specifiers = code.matchAll(
    /(?<![-/'"`])(?:\bfrom\s*|\bimport\s*\(?\s*)(['"`])([^'"`]+)\1/g,
  );
  return [...specifiers].map(([, , specifier = '']) => {
    const isOurs = specifier.startsWith('.') || specifier.startsWith('/');
    const target = isOurs
      ? withoutExtension(relative('src', join(dirname(path), specifier)))
      : specifier;
    return { file, target, isOurs };
  });
}

/** Why an import is not allowed; `null` if it is. */
function objectionTo({ file, target, isOurs }: Import): string | null {
  const room = roomOf(file);
  if (!isOurs) {
    if (/^drizzle-orm(\/|$)/.test(target) && room !== 'db') return 'only db/ speaks drizzle';
    if (/^hono(\/|$)/.test(target) && (room === 'google' || room === 'db'))
      return `${room}/ knows no Hono`;
    if (target.startsWith('node:') && !file.startsWith('setup/cli/'))
      return 'only the command line runs in Node';
    if (target === 'cloudflare:workers' && file !== 'index') return 'only index.ts is wiring';
    return null;
  }
  if (target.startsWith('..')) return 'src/ imports nothing from outside, least of all test/';
  if (target.startsWith('setup/cli/') && !file.startsWith('setup/cli/'))
    return "the command line is nobody's to import";
  const mayImport = MAY_IMPORT[room];
  if (mayImport === undefined) return `no such room: ${room}`;
  if (target === 'index' || (target === 'app' && file !== 'index'))
    return 'nobody imports the frame';
  if (roomOf(target) === room || mayImport.includes(roomOf(target)) || mayImport.includes(target))
    return null;
  return `${room} may not import ${roomOf(target)}`;
}

const objections = (sources: readonly Source[]) =>
  sources
    .flatMap(importsOf)
    .map((one) => ({ one, objection: objectionTo(one) }))
    .filter(({ objection }) => objection !== null)
    .map(({ one, objection }) => `${one.file} → ${one.target}: ${objection}`);

const sources = sourcesIn(SRC);

describe('imports', () => {
  test('go only where design.md section 6 lets them', () => {
    expect(sources.length).toBeGreaterThan(30);
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(100);
    expect(objections(sources)).toEqual([]);
  });

  const forbidden: [what: string, path: string, text: string][] = [
    ['google from db', 'src/google/x.ts', "import { a } from '../db/users.ts';"],
    ['google from config', 'src/google/x.ts', "import type { Config } from '../config.ts';"],
    ['google from log', 'src/google/x.ts', "import { log } from '../log.ts';"],
    ['db from google', 'src/db/x.ts', "import { a } from '../google/user.ts';"],
    ['db from config', 'src/db/x.ts', "import { a } from '../config.ts';"],
    ['sync from sample', 'src/sync/x.ts', "import { a } from '../sample/home.tsx';"],
    ['console from sample', 'src/console/x.ts', "import { a } from '../sample/person.tsx';"],
    ['sync from sso', 'src/sync/x.ts', "export * from '../sso/session.ts';"],
    ['sync from the app', 'src/sync/x.ts', "import { app } from '../app.tsx';"],
    [
      'sample from sync beyond its health',
      'src/sample/x.ts',
      "import { a } from '../sync/apply.ts';",
    ],
    ['app from index', 'src/app.tsx', "import worker from './index.ts';"],
    [
      'sync from the fake Google',
      'src/sync/x.ts',
      "import { a } from '../../test/google/google.ts';",
    ],
    ['index from a test, at run time', 'src/index.ts', "await import('../test/google/google.ts');"],
    ['drizzle outside db', 'src/sync/x.ts', "import { eq } from 'drizzle-orm';"],
    ['drizzle for D1 outside db', 'src/sync/x.ts', "import { drizzle } from 'drizzle-orm/d1';"],
    ['Hono in google', 'src/google/x.ts', "import { Hono } from 'hono';"],
    ['the runtime outside index', 'src/sync/x.ts', "import { env } from 'cloudflare:workers';"],
    ['Node in the Worker', 'src/setup/x.ts', "import { readFileSync } from 'node:fs';"],
    ['the command line in the Worker', 'src/setup/x.ts', "import { a } from './cli/deploy.ts';"],
    ['a new room that nobody planned', 'src/shared/x.ts', "import { a } from '../log.ts';"],
    [
      'an import over several lines',
      'src/db/x.ts',
      "import {\n  a,\n  b,\n} from '../google/user.ts';",
    ],
    ['an import for its effects', 'src/db/x.ts', "import '../google/user.ts';"],
  ];
  test.each(forbidden)('this check finds: %s', (_, path, text) => {
    expect(objections([{ path, text }])).toHaveLength(1);
  });

  test('name only packages that a deploy installs', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const packages = sources
      .flatMap(importsOf)
      .filter(({ isOurs, target }) => !isOurs && !/^(cloudflare|node):/.test(target))
      .map(({ target }) => target.split('/')[0]);
    expect([...new Set(packages)].filter((one) => !((one ?? '') in manifest.dependencies))).toEqual(
      [],
    );
  });
});

describe('files', () => {
  const everything = [...sources, ...sourcesIn(join(ROOT, 'test'))];

  test('are named after what they know: no utils, helpers, types or common', () => {
    const dumps = everything.filter(({ path }) =>
      withoutExtension(path)
        .split('/')
        .some((part) => /^(utils?|helpers?|types?|commons?|misc|shared)$/i.test(part)),
    );
    expect(dumps).toEqual([]);
  });

  test('are spelled in kebab-case', () => {
    const odd = everything.filter(
      ({ path }) => !/^[a-z0-9]+([-.][a-z0-9]+)*\.tsx?$/.test(basename(path)),
    );
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  test('of the product stay within 300 lines', () => {
    const long = sources.filter(({ text }) => text.trimEnd().split('\n').length > 300);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('of the product say first what they are for', () => {
    const silent = sources.filter(({ text }) => !/^(\/\/ |\/\*\* )/.test(text));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test('at the top level are those of the design, and what the tools insist on', () => {
    const known = new Set([
      ...[
        'src',
        'migrations',
        'test',
        'package.json',
        'tsconfig.json',
        'wrangler.toml',
        'README.md',
      ],
      ...['package-lock.json', 'biome.json', 'LICENSE', 'node_modules'],
    ]);
    const odd = readdirSync(ROOT).filter((name) => !known.has(name) && !name.startsWith('.'));
    expect(odd).toEqual([]);
  });

  test('.ci/run runs exactly the test command of the README', ({ skip }) => {
    const readme = readdirSync(ROOT).includes('README.md')
      ? readFileSync(join(ROOT, 'README.md'), 'utf8')
      : skip('the README is not written yet');
    const script = readFileSync(join(ROOT, '.ci', 'run'), 'utf8');
    const command = 'npm ci && npm test';
    expect(readme).toMatch(new RegExp(`^\`\`\`sh\n${command}\n\`\`\`$`, 'm'));
    const lines = script.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(lines).toEqual(['set -euo pipefail', 'cd "$(dirname "$0")/.."', command]);
  });
});
