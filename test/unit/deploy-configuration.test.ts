// What a deploy, and the Deploy to Cloudflare button, read from this repository: wrangler.toml, package.json and
// .dev.vars.example hold together.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { experimental_readRawConfig } from 'wrangler';
import { SECRETS } from '../../src/config-fields.ts';
import { VARS } from '../../src/setup/cli/deploy-settings.ts';
import { configuredDatabase } from '../../src/setup/cli/deployed.ts';
import { ROOT } from './deploy-project.ts';

const read = (name: string) => readFileSync(`${ROOT}${name}`, 'utf8');
const { rawConfig } = experimental_readRawConfig({ config: `${ROOT}wrangler.toml` });
const manifest = JSON.parse(read('package.json'));
const described: Record<string, { description: string }> = manifest.cloudflare.bindings;
/** Also those behind a `#`. */
const exampleLines = [...read('.dev.vars.example').matchAll(/^(# )?([A-Z_]+)=(.*)$/gm)].map(
  ([, comment, name = '', value = '']) => ({ isAsked: comment === undefined, name, value }),
);
const asked = exampleLines.filter(({ isAsked }) => isAsked).map(({ name }) => name);

/** Every name under which the code sees something of the platform. */
function bindingNames(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(bindingNames);
  if (typeof part !== 'object' || part === null) return [];
  const { binding } = part as { binding?: unknown };
  return [
    ...(typeof binding === 'string' ? [binding] : []),
    ...Object.values(part).flatMap(bindingNames),
  ];
}
const bindings = [
  ...bindingNames(rawConfig),
  ...(rawConfig.ratelimits ?? []).map(({ name }: { name: string }) => name),
];

describe('wrangler.toml', () => {
  test('names no account and no id, so that a deploy finds or creates what it needs', () => {
    expect(JSON.stringify(rawConfig)).not.toMatch(/"(account_id|database_id|id|preview_id)":/);
    expect(configuredDatabase(read('wrangler.toml')).name).toBe(
      rawConfig.d1_databases?.[0]?.database_name,
    );
  });

  test('keeps what is set on the Worker, and sets nothing of it', () => {
    expect(rawConfig).toMatchObject({ keep_vars: true });
    expect(rawConfig).not.toHaveProperty('vars');
    expect(rawConfig).not.toHaveProperty('secrets');
  });
});

describe('the Deploy to Cloudflare button', () => {
  test('finds words for every binding and for all that it asks', () => {
    expect(bindings.length).toBeGreaterThan(5);
    expect(Object.keys(described).sort()).toEqual([...bindings, ...asked].sort());
    for (const { description } of Object.values(described)) expect(description).toMatch(/\.$/);
  });

  test('asks for what the Worker needs and a deploy can not find out, and nothing else', () => {
    expect(asked.sort()).toEqual([
      'APP_SECRET',
      'GOOGLE_ADMIN_EMAIL',
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ]);
  });

  test('runs the deploy script, which needs nothing to be built before', () => {
    expect(manifest.scripts.deploy).toBe('node src/setup/cli/deploy.ts');
    expect(manifest.scripts).not.toHaveProperty('build');
  });
});

describe('.dev.vars.example', () => {
  test('names settings that there are, with nothing filled in', () => {
    const known = [...SECRETS, ...VARS];
    expect(exampleLines.length).toBeGreaterThan(5);
    for (const { name, value } of exampleLines) {
      expect(known).toContain(name);
      expect(value).toBe('');
    }
    expect(SECRETS.filter((name) => name !== 'APP_SECRET_PREVIOUS')).toEqual(
      expect.arrayContaining(
        exampleLines.map(({ name }) => name).filter((name) => SECRETS.includes(name)),
      ),
    );
  });
});

test('a deploy knows the settings that the configuration knows', () => {
  const table = /const VARS = \{([\s\S]*?)\n\};/.exec(read('src/config.ts'))?.[1] ?? '';
  const names = [...table.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(15);
  expect([...SECRETS, ...VARS].sort()).toEqual(names.sort());
});

test('git ignores the files that hold secrets', () => {
  const secret = ['.deploy.vars', '.deploy.vars.staging', 'prod.vars', 'key.json'];
  const files = [...secret, '.dev.vars.example'];
  const ignored = spawnSync('git', ['check-ignore', ...files], { cwd: ROOT, encoding: 'utf8' });
  expect(ignored.stdout.trim().split('\n')).toEqual(secret);
});
