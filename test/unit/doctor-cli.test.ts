// `npm run doctor` as a process of its own, against a Google served over HTTP.
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ServedGoogle, serveGoogle } from '../google/server.ts';
import { USER_READONLY_SCOPE } from '../google/service-accounts.ts';
import { APP_SECRET } from './environment.ts';

const SCRIPT = fileURLToPath(new URL('../../src/setup/cli/doctor.ts', import.meta.url).href);
const PUBLIC_URL = 'http://localhost:8787';
const CLIENT = {
  clientId: '100000000001-cli.apps.googleusercontent.com',
  clientSecret: 'GOCSPX-cli-R7q2Lx9vTz',
  redirectUris: [`${PUBLIC_URL}/auth/callback`],
};

// Each run is a Node of its own.
vi.setConfig({ testTimeout: 30_000 });

let served: ServedGoogle;
let folder: string;
beforeAll(async () => {
  served = await serveGoogle({ port: 0, oauthClient: CLIENT });
});
afterAll(() => served.close());
beforeEach(async () => {
  served.google.accounts.delegate([USER_READONLY_SCOPE]);
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  return () => rm(folder, { recursive: true });
});

const vars = (): Record<string, string> => ({
  PUBLIC_URL,
  GOOGLE_ADMIN_EMAIL: served.google.workspace.adminEmail,
  GOOGLE_API_ORIGIN: served.url,
  GOOGLE_ISSUER: served.url,
  GOOGLE_SERVICE_ACCOUNT_KEY: JSON.stringify(JSON.parse(served.google.serviceAccountKey)),
  GOOGLE_CLIENT_ID: CLIENT.clientId,
  GOOGLE_CLIENT_SECRET: CLIENT.clientSecret,
  APP_SECRET,
});

async function file(name: string, settings: Record<string, string>): Promise<string> {
  const path = join(folder, name);
  const lines = Object.entries(settings).map(([key, value]) => `${key}='${value}'`);
  await writeFile(path, lines.join('\n'), { mode: 0o600 });
  return path;
}

interface Run {
  code: number | null;
  out: string;
  errors: string;
}

/** In the test's folder, with an environment of no more than is given. */
function doctor(args: string[] = [], env: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], { cwd: folder, env });
    let out = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject).on('close', (code) => resolve({ code, out, errors }));
  });
}

const secretsIn = (text: string) =>
  [
    ...JSON.parse(served.google.serviceAccountKey)
      .private_key.split('\n')
      .filter((line: string) => line.length > 20),
    APP_SECRET,
    CLIENT.clientSecret,
    'ya29.',
  ].filter((secret) => text.includes(secret));

describe('before the first deploy', () => {
  test('a set-up in order: .dev.vars is read, nothing failed, and what needs the Worker waits', async () => {
    await file('.dev.vars', vars());
    const { code, out, errors } = await doctor();

    expect(errors).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('9 in order, 0 to be repaired, 5 waiting');
    expect(out).toContain('… The database is migrated');
    expect(out).not.toContain('is not bound');
    expect(secretsIn(out)).toEqual([]);
  });

  test('delegation is missing: exit code 1, and the client id and scope to copy', async () => {
    await file('.dev.vars', vars());
    served.google.accounts.removeDelegation();
    const { code, out } = await doctor();

    expect(code).toBe(1);
    expect(out).toContain('✗ Google hands out access tokens');
    expect(out).toContain(`\n         ${served.google.accounts.first.clientId}\n`);
    expect(out).toContain(`\n         ${USER_READONLY_SCOPE}\n`);
    expect(out).toContain('https://admin.google.com/ac/owl/domainwidedelegation');
    expect(secretsIn(out)).toEqual([]);
  });

  test('no APP_SECRET yet: the deploy makes it, and Google’s side is examined all the same', async () => {
    const { APP_SECRET: _, ...settings } = vars();
    await file('.dev.vars', settings);
    const { code, out } = await doctor();

    expect(code).toBe(0);
    expect(out).toContain('… The configuration is complete');
    expect(out).toContain('✓ The admin may read users');
  });

  test('no address yet: the deploy finds it out, and it is not called amiss', async () => {
    // With the real hosts of Google in the place of those on this machine: nothing may be asked of them.
    const { GOOGLE_ADMIN_EMAIL = '' } = vars();
    await file('.dev.vars', { APP_SECRET, GOOGLE_ADMIN_EMAIL });
    const { out } = await doctor();

    expect(out).toContain('    GOOGLE_SERVICE_ACCOUNT_KEY is not set.\n');
    expect(out).not.toContain('PUBLIC_URL');
  });
});

describe('settings', () => {
  test('come from the file that is named, and the environment wins', async () => {
    const path = await file('prod.vars', { ...vars(), GOOGLE_ADMIN_EMAIL: 'nobody@example.test' });
    await file('.dev.vars', { PUBLIC_URL: 'nonsense' });

    const named = await doctor(['--env-file', path]);
    expect(named.code).toBe(1);
    expect(named.out).toContain('nobody@example.test is unknown to Google');
    const { GOOGLE_ADMIN_EMAIL = '' } = vars();
    expect((await doctor(['--env-file', path], { GOOGLE_ADMIN_EMAIL })).code).toBe(0);
  });

  test('for a deploy count before those of the laptop', async () => {
    await file('.deploy.vars', vars());
    await file('.dev.vars', { PUBLIC_URL: 'nonsense' });

    expect((await doctor()).code).toBe(0);
  });

  test('are closed to others on this machine, with a word', async () => {
    const path = await file('.dev.vars', vars());
    await chmod(path, 0o644);
    const { code, errors } = await doctor();

    expect(code).toBe(0);
    expect(errors).toContain('closed (mode 0600)');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  test('take the key file as it was downloaded', async () => {
    const { GOOGLE_SERVICE_ACCOUNT_KEY: _, ...others } = vars();
    await file('.dev.vars', others);
    const path = join(folder, 'key.json');
    await writeFile(path, served.google.serviceAccountKey);

    expect((await doctor()).out).toContain('GOOGLE_SERVICE_ACCOUNT_KEY is not set');
    expect((await doctor(['--key', path])).code).toBe(0);
  });

  test('that can’t be read, or a wrong option: exit code 2, and how it is used', async () => {
    const missing = await doctor(['--key', 'no\u001b[2Jthing.json']);
    expect(missing.code).toBe(2);
    expect(missing.errors).toContain('The key file can');
    expect(missing.errors).not.toContain('\u001b');
    const wrong = await doctor(['--secret=hunter2']);
    expect(wrong.code).toBe(2);
    expect(wrong.errors).toContain('Usage: npm run doctor');
    expect(wrong.errors).not.toContain('hunter2');
    expect(await doctor(['--help'])).toMatchObject({ code: 0, errors: '' });
    await mkdir(join(folder, '.dev.vars'));
    const noFile = await doctor();
    expect(noFile).toMatchObject({ code: 2, errors: ".dev.vars can't be read: EISDIR\n" });
  });
});

test('no colour where nobody sees it, nor with NO_COLOR', async () => {
  await file('.dev.vars', vars());

  expect((await doctor()).out).not.toContain('\u001b');
  expect((await doctor([], { FORCE_COLOR: '1' })).out).toContain('\u001b[');
  expect((await doctor([], { NO_COLOR: '1' })).out).not.toContain('\u001b');
});
