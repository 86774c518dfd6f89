// `npm run deploy` with the real wrangler, against as much of Cloudflare's API as it needs on loopback: that a deploy
// creates the rest of what is missing, that `--var` and `keep_vars` ask for the others to be kept, that wrangler's words
// are those which the scripts (and the stand-in of deploy.test.ts) go by, and that neither they nor wrangler's own log
// repeat a secret.

import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Cloudflare, serveCloudflare } from './deploy-cloudflare.ts';
import {
  ADMIN,
  APP_SECRET,
  KEY_FILE,
  KEY_LINES,
  newProject,
  type Project,
  ROOT,
} from './deploy-project.ts';

const ADDRESS = 'https://rollcall.acme.workers.dev';
const WORKER = `import { WorkflowEntrypoint } from 'cloudflare:workers';
export class Reconcile extends WorkflowEntrypoint {}
export default { fetch: () => new Response('') };`;
const made: { project: Project; cloudflare: Cloudflare }[] = [];

async function account(file: string) {
  const project = newProject();
  const cloudflare = await serveCloudflare();
  made.push({ project, cloudflare });
  rmSync(project.path('bin/wrangler'));
  mkdirSync(project.path('src'));
  project.write('src/index.ts', WORKER);
  cpSync(`${ROOT}migrations`, project.path('migrations'), { recursive: true });
  copyFileSync(`${ROOT}wrangler.toml`, project.path('wrangler.toml'));
  project.write('key.json', KEY_FILE);
  project.write('.deploy.vars', file);
  const run = (args: string[] = [], env: NodeJS.ProcessEnv = {}) =>
    project.run('deploy', args, {
      PATH: `${ROOT}node_modules/.bin:${process.env['PATH']}`,
      CLOUDFLARE_API_BASE_URL: cloudflare.url,
      CLOUDFLARE_API_TOKEN: 'a-token',
      CLOUDFLARE_ACCOUNT_ID: 'acme',
      WRANGLER_SEND_METRICS: 'false',
      ...env,
    });
  return { project, cloudflare, run };
}

const FILE = `APP_SECRET=${APP_SECRET}\nGOOGLE_ADMIN_EMAIL=${ADMIN}\n`;
const textOf = ({ bindings }: Cloudflare, name: string) =>
  bindings()?.find((one) => one.name === name)?.text;

/** All that is written anywhere in the project, which is the processes' home too; but for what we wrote there. */
function written({ folder }: Project): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !['.deploy.vars', 'key.json'].includes(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
    .join('\n');
}

function expectNoSecret(text: string): void {
  for (const secret of [APP_SECRET, ...KEY_LINES]) expect(text).not.toContain(secret);
}

afterEach(() => {
  for (const { project, cloudflare } of made.splice(0)) {
    cloudflare.close();
    expect(cloudflare.unknown).toEqual([]);
    expect(project.leftovers()).toEqual([]);
    project.remove();
  }
});

describe('npm run deploy with wrangler itself', { timeout: 300_000 }, () => {
  test('into an empty account, and again', async () => {
    const { project, cloudflare, run } = await account(FILE);
    const first = await run(['--key', 'key.json']);
    expect(first).toMatchObject({
      code: 0,
      output: expect.stringContaining(`Deployed: ${ADDRESS}`),
    });
    expect([...cloudflare.databases.values()].map(({ name }) => name)).toEqual(['rollcall']);
    expect(cloudflare.queues.sort()).toEqual(['rollcall-changes', 'rollcall-changes-dead']);
    const [database] = cloudflare.databases.values();
    const applied = database?.sqlite.prepare('SELECT name FROM d1_migrations ORDER BY id').all();
    expect(applied?.map((row) => row['name'])).toEqual(readdirSync(`${ROOT}migrations`).sort());
    // The code met a database that was there and migrated.
    const order = cloudflare.changes.map((one) => one.replace('/workers/scripts/rollcall', ''));
    expect(order.indexOf('POST /d1/database')).toBe(0);
    const [upload, second] = cloudflare.uploads;
    expect(upload?.bindings).toContainEqual({
      name: 'DB',
      type: 'd1',
      id: [...cloudflare.databases.keys()][0],
    });
    expect(upload?.bindings).toContainEqual({
      name: 'APP_SECRET',
      type: 'secret_text',
      text: APP_SECRET,
    });
    // What `--var` with keep_vars comes to.
    expect(second?.keep_bindings).toEqual(['plain_text', 'json', 'secret_text', 'secret_key']);
    expect(second?.bindings).toContainEqual({
      name: 'PUBLIC_URL',
      type: 'plain_text',
      text: ADDRESS,
    });
    expect(second?.bindings.filter(({ type }) => type === 'secret_text')).toEqual([]);

    project.write('.deploy.vars', '');
    const again = await run();
    expect({ ...again }).toMatchObject({ code: 0 });
    expect(cloudflare.uploads).toHaveLength(3);
    expect(cloudflare.uploads[2]?.bindings.filter(({ type }) => /text/.test(type))).toEqual([]);
    expect(cloudflare.uploads[2]?.keep_bindings).toEqual(second?.keep_bindings);
    expect(cloudflare.databases.size).toBe(1);
    expect(textOf(cloudflare, 'PUBLIC_URL')).toBe(ADDRESS);
    expect(textOf(cloudflare, 'GOOGLE_ADMIN_EMAIL')).toBe(ADMIN);
    expect(textOf(cloudflare, 'APP_SECRET')).toBe(APP_SECRET);
    expectNoSecret(`${first.output}${again.output}${written(project)}`);
  });

  test('over a Worker that has secrets and no code yet', async () => {
    const { project, cloudflare, run } = await account('');
    cloudflare.giveSecret('APP_SECRET', APP_SECRET);
    cloudflare.giveSecret('GOOGLE_SERVICE_ACCOUNT_KEY', KEY_FILE);
    cloudflare.giveSecret('GOOGLE_ADMIN_EMAIL', ADMIN);
    const { code, output } = await run([], { CI: 'true', WORKERS_CI: '1' });
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).not.toContain('Not set yet');
    expect(textOf(cloudflare, 'APP_SECRET')).toBe(APP_SECRET);
    expect(textOf(cloudflare, 'PUBLIC_URL')).toBe(ADDRESS);
    expectNoSecret(output + written(project));
  });

  test('where an upload is refused: the words, no secret in them, and a second run finishes', async () => {
    const { project, cloudflare, run } = await account(FILE);
    cloudflare.failing = 'PUT /workers/scripts/rollcall';
    // It would print what it sends.
    const first = await run(['--key', 'key.json'], { WRANGLER_LOG: 'debug' });
    expect(first).toMatchObject({ code: 1, output: expect.stringContaining('Not this') });
    expect(cloudflare.bindings()).toBeNull();
    expectNoSecret(first.output + written(project));
    cloudflare.failing = null;
    const second = await run(['--key', 'key.json']);
    expect(second).toMatchObject({ code: 0, output: expect.stringContaining(ADDRESS) });
    expect(cloudflare.databases.size).toBe(1);
  });
});
