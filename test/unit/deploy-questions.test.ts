// What a deploy asks, and what it makes of the answers; the terminal itself is setup-link.test.ts's and deploy.test.ts's.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readSettings, saveSetting } from '../../src/setup/cli/deploy-file.ts';
import { askFor, newAppSecret } from '../../src/setup/cli/deploy-questions.ts';
import { judge } from '../../src/setup/cli/deploy-settings.ts';
import { addressOf } from '../../src/setup/cli/deploy-steps.ts';
import { configuredDatabase, type Deployed } from '../../src/setup/cli/deployed.ts';
import { withoutSecrets } from '../../src/setup/cli/secrets-file.ts';
import type { Asker } from '../../src/setup/cli/terminal.ts';
import { ADMIN, APP_SECRET, KEY_FILE, KEY_LINES } from './deploy-project.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-questions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOTHING: Deployed = {
  databaseName: 'rollcall',
  hasDatabase: false,
  hasWorker: false,
  secrets: new Set(),
  vars: {},
};

function scripted(...answers: string[]) {
  const questions: string[] = [];
  const next = async (question: string) => {
    questions.push(question);
    return answers.shift() ?? '';
  };
  return { asker: { ask: next, askHidden: next } satisfies Asker, questions };
}

describe('a question', () => {
  test('is put again until the answer is one', async () => {
    const path = join(folder, 'key.json');
    writeFileSync(path, KEY_FILE);
    const { asker, questions } = scripted('', join(folder, 'none.json'), folder, path);
    const said: string[] = [];
    const value = await askFor('GOOGLE_SERVICE_ACCOUNT_KEY', NOTHING, asker, (line) =>
      said.push(line),
    );
    expect(JSON.parse(value)).toEqual(JSON.parse(KEY_FILE));
    expect(value).not.toContain('\n');
    expect(questions).toHaveLength(4);
    expect(said.join()).toMatch(/ENOENT.*EISDIR/);
  });

  test('is put five times at most', async () => {
    const { asker, questions } = scripted('a', 'b', 'c', 'd', 'e', ADMIN);
    await expect(askFor('GOOGLE_ADMIN_EMAIL', NOTHING, asker, () => {})).rejects.toThrow(
      'Nothing was changed',
    );
    expect(questions).toHaveLength(5);
  });

  test('is not put for what nobody should type', async () => {
    const { asker } = scripted(APP_SECRET);
    await expect(askFor('OPERATOR_TOKEN', NOTHING, asker, () => {})).rejects.toThrow('not set');
  });
});

describe('judging', () => {
  const given = { APP_SECRET, GOOGLE_ADMIN_EMAIL: ADMIN, GOOGLE_SERVICE_ACCOUNT_KEY: KEY_FILE };

  test('what the Worker would take is right', () => {
    expect(judge(given, NOTHING)).toEqual({ missing: [], wrong: [], wrongThere: [] });
  });

  test('an APP_SECRET made here is one that it takes', () => {
    for (let n = 0; n < 100; n++)
      expect(judge({ ...given, APP_SECRET: newAppSecret() }, NOTHING).wrong).toEqual([]);
  });

  test('rules for two settings hold before the address is known', () => {
    const key = JSON.stringify({
      ...JSON.parse(KEY_FILE),
      token_uri: 'http://localhost:8788/token',
    });
    expect(judge({ ...given, GOOGLE_SERVICE_ACCOUNT_KEY: key }, NOTHING).wrong).toMatchObject([
      { name: 'GOOGLE_SERVICE_ACCOUNT_KEY' },
    ]);
    const again = { ...given, APP_SECRET_PREVIOUS: APP_SECRET };
    expect(judge(again, NOTHING).wrong).toMatchObject([{ name: 'APP_SECRET_PREVIOUS' }]);
  });

  test('what is wrong on the Worker is told apart from what is given', () => {
    const there = { ...NOTHING, vars: { GOOGLE_DOMAIN: 'not a domain' } };
    expect(judge(given, there)).toMatchObject({
      wrong: [],
      wrongThere: [{ name: 'GOOGLE_DOMAIN' }],
    });
    const cured = judge({ ...given, GOOGLE_DOMAIN: 'acme.example' }, there);
    expect(cured).toEqual({ missing: [], wrong: [], wrongThere: [] });
  });
});

describe('the file', () => {
  test('takes a made secret in the place of the empty line, and reads it again', () => {
    const path = join(folder, 'deploy.vars');
    writeFileSync(
      path,
      `# first\nAPP_SECRET=\nGOOGLE_SERVICE_ACCOUNT_KEY='${JSON.stringify(JSON.parse(KEY_FILE))}'\nCHANNEL_EVENTS=\nOPERATOR_TOKEN=\nGOOGLE_ADMIN_EMAIL=${ADMIN}`,
    );
    saveSetting(path, 'APP_SECRET', APP_SECRET);
    const settings = readSettings(path, true, () => {});
    expect(settings).toMatchObject({ APP_SECRET, GOOGLE_ADMIN_EMAIL: ADMIN, CHANNEL_EVENTS: '' });
    expect(Object.keys(settings)).toHaveLength(4);
    expect(JSON.parse(settings['GOOGLE_SERVICE_ACCOUNT_KEY'] ?? '')).toEqual(JSON.parse(KEY_FILE));
  });
});

describe('the address', () => {
  const deploy = (...targets: string[]) => [
    { type: 'wrangler-session' },
    { type: 'deploy', targets },
  ];
  const trigger = 'schedule: */5 * * * *';

  test.each<[string, string[], string | null]>([
    [
      'workers.dev',
      ['https://rollcall.acme.workers.dev', trigger],
      'https://rollcall.acme.workers.dev',
    ],
    [
      'a custom domain',
      ['https://rollcall.acme.workers.dev', 'people.acme.example (custom domain)'],
      'https://people.acme.example',
    ],
    [
      'a custom domain in a named zone',
      ['people.acme.example (custom domain - zone name: acme.example)'],
      'https://people.acme.example',
    ],
    [
      'a route, which may be any part of a site',
      ['acme.example/people/* (zone name: acme.example)'],
      null,
    ],
    ['a workflow', ['workflow: rollcall-reconcile', trigger], null],
    ['nothing', [], null],
  ])('of %s', (_, targets, expected) => {
    expect(addressOf(deploy(...targets))).toBe(expected);
  });

  test('of a report without targets is not known', () => {
    expect(addressOf([{ type: 'deploy' }])).toBeNull();
  });
});

describe('the database', () => {
  test('is the one bound as DB, with the id that the Deploy button may have written', () => {
    const other = '[[d1_databases]]\nbinding = "OTHER"\ndatabase_name = "other"\n';
    const ours = '[[d1_databases]]\n# ours\nbinding = "DB"\ndatabase_name = "mine"\n';
    expect(configuredDatabase(other + ours)).toEqual({ name: 'mine', id: undefined });
    expect(configuredDatabase(`${ours}database_id = "0b6e"\n${other}`)).toEqual({
      name: 'mine',
      id: '0b6e',
    });
    expect(() => configuredDatabase(other)).toThrow('binding = "DB"');
  });
});

test('what somebody repeats of a secret is taken out', () => {
  const secrets = { APP_SECRET, GOOGLE_SERVICE_ACCOUNT_KEY: JSON.stringify(JSON.parse(KEY_FILE)) };
  const words = `No: ${APP_SECRET}, ${JSON.stringify(secrets)} and ${KEY_LINES[3]}`;
  const clean = withoutSecrets(words, secrets);
  for (const secret of [APP_SECRET, ...KEY_LINES]) expect(clean).not.toContain(secret);
  expect(clean).toContain('No: [hidden]');
});
