// `npm run deploy` as a real process against a stand-in for wrangler: the order of its steps from every state it may
// find, what it refuses before it changes anything, and that no secret is seen anywhere but where it belongs.

import { statSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { isSetupToken } from '../../src/setup/link.ts';
import {
  ADMIN,
  APP_SECRET,
  hasPseudoTerminal,
  KEY_FILE,
  KEY_LINES,
  newProject,
  type Project,
} from './deploy-project.ts';
import type { Account } from './deploy-stand-in.ts';

const ADDRESS = 'https://rollcall.acme.workers.dev';
const MIGRATE = 'd1 migrations apply DB --remote';
const CREATE = 'd1 create rollcall';
const projects: Project[] = [];

function project(
  account: Partial<Account> = {},
  file: string | null = `APP_SECRET=${APP_SECRET}\nGOOGLE_ADMIN_EMAIL=${ADMIN}\n`,
) {
  const made = newProject(account);
  projects.push(made);
  made.write('key.json', KEY_FILE);
  if (file !== null) made.write('.deploy.vars', file);
  return made;
}

const withKey = ['--key', 'key.json'];

/** Everything that was printed, passed as an argument or left in a temporary folder. */
function seen(made: Project, output: string): string {
  return `${output}\n${made
    .calls()
    .map(({ args }) => args.join('\n'))
    .join('\n')}`;
}

function expectNoSecret(text: string): void {
  for (const secret of [APP_SECRET, ...KEY_LINES]) expect(text).not.toContain(secret);
}

afterEach(() => {
  for (const made of projects.splice(0)) {
    expect(made.leftovers()).toEqual([]);
    made.remove();
  }
});

const DEPLOYED: Partial<Account> = {
  hasDatabase: true,
  isMigrated: true,
  hasWorker: true,
  isBound: true,
  secrets: { APP_SECRET, GOOGLE_SERVICE_ACCOUNT_KEY: KEY_FILE },
  vars: { PUBLIC_URL: ADDRESS, GOOGLE_ADMIN_EMAIL: ADMIN, GOOGLE_DOMAIN: 'acme.example' },
};

describe('npm run deploy', { timeout: 120_000 }, () => {
  test('the first time: database, migrations, code with its secrets, then the address', async () => {
    const made = project();
    const { code, output } = await made.run('deploy', withKey);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(made.steps()).toEqual([
      CREATE,
      MIGRATE,
      `deploy --var GOOGLE_ADMIN_EMAIL:${ADMIN} --secrets-file FILE`,
      `deploy --var GOOGLE_ADMIN_EMAIL:${ADMIN} --var PUBLIC_URL:${ADDRESS}`,
    ]);
    expect(made.account().vars).toEqual({ GOOGLE_ADMIN_EMAIL: ADMIN, PUBLIC_URL: ADDRESS });
    expect(Object.keys(made.account().secrets).sort()).toEqual([
      'APP_SECRET',
      'GOOGLE_SERVICE_ACCOUNT_KEY',
    ]);
    expect(JSON.parse(made.account().secrets['GOOGLE_SERVICE_ACCOUNT_KEY'] ?? '')).toEqual(
      JSON.parse(KEY_FILE),
    );
    const file = made.calls().find((call) => call.secretsFile)?.secretsFile;
    expect(file?.mode).toBe(0o600);
    // No longer than the one command that reads it.
    for (const { secretsFile, secretsFiles } of made.calls())
      expect(secretsFiles).toBe(secretsFile ? 1 : 0);
    expect(made.calls().every((call) => !call.isInteractive && call.wranglerLog === 'log')).toBe(
      true,
    );
    expectNoSecret(seen(made, output));
    expect(output).not.toContain('/setup/open');
    expect(output).toContain('npm run setup-link');
  });

  test('the second time: migrations before code, and neither address nor vars are touched', async () => {
    const made = project(DEPLOYED, null);
    const { code, output } = await made.run('deploy');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(made.steps()).toEqual([MIGRATE, 'deploy']);
    expect(made.account().vars).toEqual(DEPLOYED.vars);
    expect(made.account().secrets).toEqual(DEPLOYED.secrets);
  });

  test.each<[string, Partial<Account>, string[]]>([
    ['a database and no Worker', { hasDatabase: true }, [MIGRATE]],
    ['a migrated database and no Worker', { hasDatabase: true, isMigrated: true }, [MIGRATE]],
    ['a Worker and no database', { hasWorker: true }, [CREATE, MIGRATE]],
    ['a Worker and an empty database', { hasWorker: true, hasDatabase: true }, [MIGRATE]],
    ['secrets and no code', { secrets: { APP_SECRET } }, [CREATE, MIGRATE]],
  ])('goes on from %s', async (_, account, before) => {
    const made = project(account);
    const { code, output } = await made.run('deploy', withKey);
    expect({ code, output }).toMatchObject({ code: 0 });
    const steps = made.steps();
    expect(steps.slice(0, -2)).toEqual(before);
    expect(made.account()).toMatchObject({
      isMigrated: true,
      hasWorker: true,
      vars: { PUBLIC_URL: ADDRESS },
    });
  });

  test('without anybody to ask it lists all that is missing, and has only looked', async () => {
    const made = project({}, null);
    const { code, output } = await made.run('deploy');
    expect(code).toBe(1);
    for (const name of ['APP_SECRET', 'GOOGLE_SERVICE_ACCOUNT_KEY', 'GOOGLE_ADMIN_EMAIL'])
      expect(output).toContain(`${name} is not set`);
    expect(output).not.toContain('PUBLIC_URL');
    expect(made.steps()).toEqual([]);
    expect(made.has('.deploy.vars')).toBe(false);
  });

  test('one that is set there already is not missing', async () => {
    const made = project({ ...DEPLOYED, secrets: { APP_SECRET } }, null);
    const { code, output } = await made.run('deploy');
    expect(code).toBe(1);
    expect(output).toContain('GOOGLE_SERVICE_ACCOUNT_KEY is not set');
    expect(output).not.toContain('APP_SECRET is not set');
    expect(made.steps()).toEqual([]);
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a key file that is not one',
      '{"type":"authorized_user"}',
      '',
      /GOOGLE_SERVICE_ACCOUNT_KEY must be/,
    ],
    [
      'a key file that is no JSON',
      `nonsense ${APP_SECRET}`,
      '',
      /GOOGLE_SERVICE_ACCOUNT_KEY must be/,
    ],
    [
      'a weak APP_SECRET',
      KEY_FILE,
      'APP_SECRET=changemechangemechangemechangeme',
      /APP_SECRET looks like/,
    ],
    [
      'an address that is not https',
      KEY_FILE,
      'PUBLIC_URL=http://localhost:8787',
      /PUBLIC_URL must be https/,
    ],
    ['a strange admin', KEY_FILE, 'GOOGLE_ADMIN_EMAIL=somebody', /GOOGLE_ADMIN_EMAIL must be/],
    [
      'a misspelt name',
      KEY_FILE,
      'GOOGLE_ADMIN_MAIL=a@acme.example',
      /no setting of Rollcall: GOOGLE_ADMIN_MAIL/,
    ],
  ])('refuses %s before anything is changed', async (_, key, line, words) => {
    const made = project({}, `APP_SECRET=${APP_SECRET}\nGOOGLE_ADMIN_EMAIL=${ADMIN}\n${line}\n`);
    made.write('key.json', key);
    const { code, output } = await made.run('deploy', withKey);
    expect(code).toBe(1);
    expect(output).toMatch(words);
    expectNoSecret(output);
    expect(made.steps()).toEqual([]);
  });

  test.each([`APP_SECRET=${APP_SECRET}`, `--app-secret=${APP_SECRET}`])(
    'what was typed at the wrong place is not repeated: %#',
    async (strange) => {
      const made = project();
      const { code, output } = await made.run('deploy', [strange]);
      expect(code).toBe(1);
      expect(output).toContain('npm run deploy -- [--file PATH]');
      expectNoSecret(output);
      expect(made.calls()).toEqual([]);
    },
  );

  test('a key pasted into the file as it was downloaded is refused, and not repeated', async () => {
    const made = project(
      {},
      `GOOGLE_SERVICE_ACCOUNT_KEY=${KEY_FILE}
AbC=1
`,
    );
    const { code, output } = await made.run('deploy');
    expect(code).toBe(1);
    expect(output).toContain('on one line, in single quotes');
    expectNoSecret(output);
    expect(made.calls()).toEqual([]);
  });

  test('names and words of Cloudflare’s are printed without what a terminal would obey', async () => {
    const name = 'X\u001b]0;pwned\u0007\u202e\u061cY';
    const otherBindings = [{ type: 'kv_namespace', name }];
    const made = project({ ...DEPLOYED, otherBindings, isBound: false });
    const strange = await made.run('deploy', withKey);
    const failing = project({ failing: 'd1 list', words: name });
    const failed = await failing.run('deploy', withKey);
    expect(strange.output).toContain('not Rollcall: it has X');
    expect(failed.output).toContain('A request to the Cloudflare API');
    for (const { output } of [strange, failed])
      expect(output.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('a key file that is not there is named', async () => {
    const made = project();
    const { code, output } = await made.run('deploy', ['--key', 'other.json']);
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining("other.json can't be read: ENOENT"),
    });
    expect(made.calls()).toEqual([]);
  });

  test.each([
    'd1 list',
    'secret list',
    'd1 create',
    'd1 migrations apply',
    'deploy --var GOOGLE_ADMIN_EMAIL:admin@acme.example --secrets-file',
    `deploy --var GOOGLE_ADMIN_EMAIL:admin@acme.example --var PUBLIC_URL`,
  ])(
    'where `wrangler %s` fails its words are shown, and a second run finishes',
    async (failing) => {
      const made = project({ failing });
      const first = await made.run('deploy', withKey);
      expect(first.code).toBe(1);
      expect(first.output).toContain('A request to the Cloudflare API');
      expectNoSecret(seen(made, first.output));
      expect(made.leftovers()).toEqual([]);
      const done = made.steps().slice(0, -1);
      made.setAccount({ failing: null });
      const second = await made.run('deploy', withKey);
      expect(second).toMatchObject({ code: 0 });
      expect(made.account()).toMatchObject({
        isMigrated: true,
        hasWorker: true,
        vars: { PUBLIC_URL: ADDRESS },
      });
      // What can be made once only is not made twice.
      if (done.includes(CREATE)) expect(made.steps()).not.toContain(CREATE);
    },
  );

  test.each(['deployments status', 'versions view'])(
    'an unclear `wrangler %s` ends it',
    async (failing) => {
      const made = project({ ...DEPLOYED, failing });
      expect((await made.run('deploy')).code).toBe(1);
      expect(made.steps()).toEqual([]);
    },
  );

  test.each<[string, Partial<Account>, string]>([
    [
      'a stranger that has our name',
      { otherBindings: [{ type: 'kv_namespace', name: 'CART' }], isBound: false },
      'not Rollcall: it has CART',
    ],
    ['whose people are in another database', { boundTo: 'another-id' }, 'database another-id'],
    ['whose database is not the one that is there', { hasDatabase: false }, 'does not exist'],
  ])('a Worker %s is left alone', async (_, account, words) => {
    const made = project({ ...DEPLOYED, ...account });
    const { code, output } = await made.run('deploy', withKey);
    expect(code).toBe(1);
    expect(output).toContain(words);
    expect(made.steps()).toEqual([]);
  });

  test('an answer in another shape is no answer', async () => {
    const made = project({ ...DEPLOYED, boundTo: 7 as never });
    const { code, output } = await made.run('deploy', withKey);
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining('versions view'),
    });
    expect(output).not.toContain('    at ');
    expect(made.steps()).toEqual([]);
  });

  test('a PUBLIC_URL in the file wins, and one deploy is enough', async () => {
    const made = project(
      {},
      `APP_SECRET=${APP_SECRET}\nGOOGLE_ADMIN_EMAIL=${ADMIN}\nPUBLIC_URL=https://people.acme.example\n`,
    );
    expect(await made.run('deploy', withKey)).toMatchObject({ code: 0 });
    expect(made.steps().filter((step) => step.startsWith('deploy'))).toHaveLength(1);
    expect(made.account().vars['PUBLIC_URL']).toBe('https://people.acme.example');
  });

  test('a custom domain comes before the workers.dev address', async () => {
    const made = project({
      targets: [ADDRESS, 'people.acme.example (custom domain)', 'schedule: */5 * * * *'],
    });
    expect(await made.run('deploy', withKey)).toMatchObject({ code: 0 });
    expect(made.account().vars['PUBLIC_URL']).toBe('https://people.acme.example');
  });

  test('without any address it says what to do', async () => {
    const made = project({ targets: ['schedule: */5 * * * *'] });
    const { code, output } = await made.run('deploy', withKey);
    expect(code).toBe(0);
    expect(output).toContain('set PUBLIC_URL');
    expect(made.account().vars['PUBLIC_URL']).toBeUndefined();
  });

  test('the file is closed to others, wherever it is', async () => {
    const made = project({}, null);
    made.write('mine.vars', `APP_SECRET=${APP_SECRET}\nGOOGLE_ADMIN_EMAIL=${ADMIN}\n`);
    const { code, output } = await made.run('deploy', [...withKey, '--file', 'mine.vars']);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('closed (mode 0600)');
    expect(statSync(made.path('mine.vars')).mode & 0o777).toBe(0o600);
    expectNoSecret(seen(made, output));
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s leaves no secret behind, and no wrangler',
    async (signal) => {
      const made = project({ hanging: 'deploy --var' });
      const child = made.start('deploy', withKey);
      const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
      const deploying = () => made.calls().find((call) => call.secretsFile);
      await vi.waitUntil(deploying, { timeout: 60_000, interval: 50 });
      expect(made.leftovers()).toHaveLength(2);
      child.kill(signal);
      expect(await ended).toBe(130);
      const isAlive = () => {
        try {
          return process.kill(deploying()?.pid ?? 0, 0);
        } catch {
          return false;
        }
      };
      await vi.waitUntil(() => !isAlive(), { timeout: 30_000, interval: 50 });
      expect(made.leftovers()).toEqual([]);
    },
  );

  test('a rotation is an edit of the file', async () => {
    const next = 'Zt8Yw3Qk6Lr1Np5Vx9Hs2Dj7Fb4Gm0CaEuIoRlKvXz';
    const made = project(DEPLOYED, `APP_SECRET=${next}\nAPP_SECRET_PREVIOUS=${APP_SECRET}\n`);
    expect(await made.run('deploy')).toMatchObject({ code: 0 });
    expect(made.account().secrets).toMatchObject({
      APP_SECRET: next,
      APP_SECRET_PREVIOUS: APP_SECRET,
    });
    expect(made.account().vars).toEqual(DEPLOYED.vars);
  });
});

describe('inside Workers Builds', { timeout: 120_000 }, () => {
  const BUILD = { CI: 'true', WORKERS_CI: '1' };

  test('nothing is asked and nothing needs to be in a file', async () => {
    const made = project(DEPLOYED, null);
    const { code, output } = await made.run('deploy', [], BUILD);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(made.steps()).toEqual([MIGRATE, 'deploy']);
    expect(output).not.toContain('/setup/open');
  });

  test("on the button's first deploy what is not there yet is told, and is no failure", async () => {
    const made = project({ hasDatabase: true }, null);
    const { code, output } = await made.run('deploy', [], BUILD);
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain(
      'Not set yet: GOOGLE_SERVICE_ACCOUNT_KEY, GOOGLE_ADMIN_EMAIL, APP_SECRET',
    );
    expect(made.account().vars).toEqual({ PUBLIC_URL: ADDRESS });
    expect(made.account().secrets).toEqual({});
  });

  test('a Worker that Cloudflare has connected is ours, whatever it holds yet', async () => {
    const otherBindings = [{ type: 'kv_namespace', name: 'CHANNELS' }];
    const made = project({ hasDatabase: true, hasWorker: true, otherBindings }, null);
    const { code, output } = await made.run('deploy', [], BUILD);
    expect({ code, output }).toMatchObject({ code: 0 });
  });

  test('what the button has made a secret stays one', async () => {
    const made = project(
      { hasDatabase: true, secrets: { APP_SECRET, GOOGLE_ADMIN_EMAIL: ADMIN } },
      null,
    );
    const { code } = await made.run('deploy', [], {
      ...BUILD,
      GOOGLE_ADMIN_EMAIL: 'other@acme.example',
    });
    expect(code).toBe(0);
    expect(made.account().secrets['GOOGLE_ADMIN_EMAIL']).toBe('other@acme.example');
    expect(made.account().vars).toEqual({ PUBLIC_URL: ADDRESS });
  });

  test('variables of the build count, and their secrets are not seen', async () => {
    const made = project({ hasDatabase: true }, null);
    const { code, output } = await made.run('deploy', [], {
      ...BUILD,
      APP_SECRET,
      GOOGLE_ADMIN_EMAIL: ADMIN,
    });
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(made.account().secrets).toEqual({ APP_SECRET });
    expectNoSecret(seen(made, output));
  });

  test("elsewhere the environment is somebody else's", async () => {
    const made = project(DEPLOYED, null);
    await made.run('deploy', [], { GOOGLE_ADMIN_EMAIL: 'other@acme.example' });
    expect(made.account().vars).toEqual(DEPLOYED.vars);
  });
});

describe.skipIf(!hasPseudoTerminal)('at a terminal', { timeout: 120_000 }, () => {
  test('asks for what is missing, makes APP_SECRET and keeps it, and ends with the link', async () => {
    const made = project({}, null);
    const { code, output } = await made.runAtTerminal(
      'deploy',
      [],
      `nowhere.json\nkey.json\nsomebody\n${ADMIN}\n`,
    );
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain("nowhere.json can't be read");
    expect(output).toContain('GOOGLE_ADMIN_EMAIL must be');
    const secret = /^APP_SECRET=(.+)$/m.exec(made.read('.deploy.vars'))?.[1] ?? '';
    expect(Buffer.from(secret, 'base64')).toHaveLength(48);
    expect(statSync(made.path('.deploy.vars')).mode & 0o777).toBe(0o600);
    expect(made.account().secrets['APP_SECRET']).toBe(secret);
    expect(seen(made, output)).not.toContain(secret);
    const settings = { appSecret: secret, origin: ADDRESS };
    const token = /link=(s1[^\s]+)/.exec(output)?.[1] ?? '';
    expect(await isSetupToken(settings, token, Date.now())).toBe(true);
    expect(output).toMatch(/https:\/\/rollcall\.acme\.workers\.dev\/setup\/open\?link=s1\./);
    expect(output).toContain('good for an hour');
  });

  test('without APP_SECRET at hand it says how to get the link', async () => {
    const made = project(DEPLOYED, null);
    const { code, output } = await made.runAtTerminal('deploy', [], '');
    expect({ code, output }).toMatchObject({ code: 0 });
    expect(output).toContain('npm run setup-link');
    expect(output).not.toContain('/setup/open');
  });

  test('--yes asks nothing', async () => {
    const made = project({}, null);
    const { code, output } = await made.runAtTerminal('deploy', ['--yes'], '');
    expect({ code, output }).toMatchObject({ code: 1 });
    expect(output).toContain('APP_SECRET is not set');
    expect(made.steps()).toEqual([]);
  });
});
