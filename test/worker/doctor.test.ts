// The doctor as a whole: every question is answered, in order, and a question whose answer depends on another waits for it.
import { expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { type DoctorWorld, examine } from '../../src/setup/doctor.ts';
import { CHECKS, type Check, type Finding, parseFindings } from '../../src/setup/finding.ts';
import {
  ADMIN,
  createPatient,
  doctorWorld,
  examined,
  importAll,
  states,
  told,
  withKey,
  withoutBinding,
} from './doctor-patient.ts';

test('a set-up in order: all fourteen are fine, in order, with nothing to do', async () => {
  const world = await createPatient();
  const findings = await examine(doctorWorld(world));

  expect(findings.map(({ check }) => check)).toEqual(CHECKS);
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  expect(findings.flatMap(({ steps, paste }) => [...steps, ...paste])).toEqual([]);
});

test('a bad configuration: each name with its own remedy, no value, and all else waits', async () => {
  const world = await createPatient({ import: false });
  const vars = {
    ...world.env,
    PUBLIC_URL: 'ftp://leaked.example',
    APP_SECRET: 'leaked',
    GOOGLE_SERVICE_ACCOUNT_KEY: '{"private_key":"leaked"}',
    GOOGLE_ADMIN_EMAIL: undefined,
    CHANNELS: undefined,
  } as never;
  const found = await examined(world, { parsed: parseConfig(vars), deployed: null });
  const { configuration } = found;

  expect(configuration.state).toBe('failed');
  expect(configuration.says).toContain('GOOGLE_ADMIN_EMAIL is not set');
  expect(configuration.says).toContain('APP_SECRET must be at least 32 bytes');
  expect(told(configuration)).not.toContain('leaked');
  expect(configuration.paste.map(({ value }) => value)).toEqual([
    'PUBLIC_URL',
    'npm run deploy -- --key key.json',
    'GOOGLE_ADMIN_EMAIL',
    'npm run deploy',
    'npm run deploy',
  ]);
  expect(told(configuration)).toContain('CHANNELS: take wrangler.toml as it is');
  const others = CHECKS.filter((check) => check !== 'configuration');
  expect(new Set(states(found, ...others))).toEqual(new Set(['waiting']));
  expect(world.google.calls).toEqual([]);
});

test('before the first deploy: what needs the Worker waits, and the rest is examined', async () => {
  const world = await createPatient({ import: false });
  const found = await examined(world, { deployed: null });

  const needWorker = ['channel', 'sync', 'database', 'queues', 'import'] as const;
  expect(states(found, ...needWorker)).toEqual(Array(5).fill('waiting'));
  expect(told(found.channel)).toContain('npm run deploy');
  const rest = CHECKS.filter((check) => !(needWorker as readonly string[]).includes(check));
  expect(new Set(states(found, ...rest))).toEqual(new Set(['ok']));
  expect(world.google.channels.live).toEqual([]);
});

test('before the first deploy: what the deploy finds out is not amiss, and the address it finds is not guessed', async () => {
  const world = await createPatient({ import: false });
  const notBeforeDeploy = ['PUBLIC_URL'] as const;
  const { configuration, people, oauth } = await examined(world, {
    deployed: null,
    notBeforeDeploy,
  });

  expect(configuration).toMatchObject({ state: 'waiting' });
  expect(configuration.says).toContain('PUBLIC_URL');
  expect(people.state).toBe('ok');
  expect(oauth.state).toBe('waiting');
  expect(told(oauth)).not.toContain('/auth/callback');
});

test('a key that is no key: everything after it waits and says so; the sign-in is examined all the same', async () => {
  const world = await createPatient({ import: false });
  const private_key = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n';
  const found = await examined(world, { parsed: withKey(world, { private_key }) });

  expect(found.key.state).toBe('failed');
  expect(told(found.key)).toContain('Add key > Create new key > JSON');
  expect(told(found.key)).toContain(
    'https://console.cloud.google.com/iam-admin/serviceaccounts?project=rollcall-test',
  );
  const after = ['token', 'api', 'people', 'roles', 'channel', 'sync'] as const;
  expect(states(found, ...after)).toEqual(Array(6).fill('waiting'));
  for (const check of after)
    expect(found[check].says).toContain('The service-account key is a key');
  expect(states(found, 'clock', 'oauth', 'database')).toEqual(['ok', 'ok', 'ok']);
});

test('an elliptic key is no key for Google', async () => {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const der = (await crypto.subtle.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer;
  const base64 = btoa(String.fromCharCode(...new Uint8Array(der)));
  const private_key = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----\n`;
  const world = await createPatient({ import: false });
  const { key } = await examined(world, { parsed: withKey(world, { private_key }) });

  expect(key.state).toBe('failed');
  expect(key.says).toContain('RSA');
});

test('a key without its client_id signs, and is told of: nobody could grant delegation by it', async () => {
  const world = await createPatient({ import: false });
  const parsed = withKey(world, { client_id: undefined });
  const { key, token } = await examined(world, { parsed });

  expect(key.state).toBe('failed');
  expect(key.says).toContain('client_id');
  expect(token.state).toBe('ok');
});

test.each([
  ['ahead of', -10 * 60_000, '10 minutes ahead of'],
  ['behind', 90_000, '90 seconds behind'],
])('our clock is %s Google’s: told by the Date of its answers', async (_, clockAheadMs, words) => {
  const world = await createPatient();
  world.google.faults.clockAheadMs = clockAheadMs;
  const { clock } = await examined(world);

  expect(clock.state).toBe('failed');
  expect(clock.says).toContain(words);
  expect(told(clock)).toContain('NTP');
});

test('half a minute is no wrong clock', async () => {
  const world = await createPatient();
  world.google.faults.clockAheadMs = 40_000;

  expect((await examined(world)).clock.state).toBe('ok');
});

test('a clock so wrong that Google refuses: the token waits for the clock', async () => {
  const world = await createPatient();
  world.google.faults.clockAheadMs = -30 * 60_000;
  const { clock, token, api } = await examined(world);

  expect(clock.state).toBe('failed');
  expect(token).toMatchObject({ state: 'waiting', says: 'The clock comes first.' });
  expect(api.state).toBe('waiting');
});

test('an answer out of a cache does not tell the time', async () => {
  const world = await createPatient();
  const fetch = async (request: Request) => {
    const answer = await world.google.fetch(request);
    const headers = new Headers(answer.headers);
    headers.set('age', '3600');
    return new Response(answer.body, { status: answer.status, headers });
  };
  const { surroundings } = doctorWorld(world);
  world.google.faults.clockAheadMs = -3_600_000;
  const { clock } = await examined(world, { surroundings: { ...surroundings, fetch } });

  expect(clock.state).toBe('waiting');
});

test('one answer that was long on its way does not make the clock wrong', async () => {
  const vars = { GOOGLE_ADMIN_EMAIL: 'admin@example.test,it@example.test' };
  const world = await createPatient({ vars });
  let asked = 0;
  const fetch = async (request: Request) => {
    const answer = await world.google.fetch(request);
    asked += 1;
    if (asked === 2) world.advance(90_000);
    return answer;
  };
  const { surroundings } = doctorWorld(world);
  const { clock } = await examined(world, { surroundings: { ...surroundings, fetch } });

  expect(clock.state).toBe('ok');
});

test('nobody answers at all: the clock is unknown, and nothing is said to be in order', async () => {
  const world = await createPatient();
  world.google.faults.failNext('any', 'dropped connection', Infinity);
  const found = await examined(world);

  expect(states(found, 'clock', 'token', 'api', 'oauth', 'channel')).toEqual([
    'waiting',
    'failed',
    'waiting',
    'waiting',
    'waiting',
  ]);
  expect(told(found.token)).toContain('oauth2.googleapis.com gave no answer');
});

test('nobody answers at all: what waits names the one that failed, not one that waits itself', async () => {
  const world = await createPatient();
  world.google.faults.failNext('any', 'dropped connection', Infinity);
  const { channel, sync } = await examined(world);

  for (const { says } of [channel, sync])
    expect(says).toBe('Waits for “Google hands out access tokens”.');
});

test.each(['constructor', 'toString', '__proto__', 'valueOf', 'hasOwnProperty'])(
  'Google’s reason may be a name that every object has: %s',
  async (reason) => {
    const world = await createPatient();
    const { surroundings } = doctorWorld(world);
    const refuse = async (request: Request) =>
      new URL(request.url).pathname.startsWith('/admin/')
        ? Response.json({ error: { code: 403, errors: [{ reason }] } }, { status: 403 })
        : world.google.fetch(request);
    const bent = { surroundings: { ...surroundings, fetch: refuse } };
    const findings = await examine(doctorWorld(world, bent));
    const people = findings.find(({ check }) => check === 'people') as Finding;

    expect(people.says).toContain(reason);
    expect(people.steps).toEqual([expect.stringContaining('Troubleshoot error codes')]);
    // As they are kept, and read again.
    expect(parseFindings(JSON.parse(JSON.stringify(findings)))).toEqual(findings);
  },
);

test.each<[string, Partial<DoctorWorld['surroundings']>, string, Check[], Check[]]>([
  [
    'the wait for a message',
    {
      wait: () => {
        throw new RangeError(`with a secret: ${ADMIN}`);
      },
    },
    'RangeError',
    ['channel', 'sync'],
    ['people', 'oauth', 'import'],
  ],
  [
    'our clock',
    {
      nowMs: () => {
        throw new SyntaxError(`with a secret: ${ADMIN}`);
      },
    },
    'SyntaxError',
    ['token'],
    ['key', 'database', 'import'],
  ],
])(
  'a check that fails itself is one finding, and takes none of the others with it: %s',
  async (_, broken, name, itself, others) => {
    const world = await createPatient();
    const { surroundings } = doctorWorld(world);
    const found = await examined(world, { surroundings: { ...surroundings, ...broken } });

    expect(Object.keys(found)).toEqual(CHECKS);
    for (const check of itself) {
      expect(found[check].state).toBe('failed');
      expect(found[check].says).toContain(`The check itself failed (${name})`);
      expect(told(found[check])).toContain('report it');
      expect(told(found[check])).not.toContain(ADMIN);
    }
    expect(new Set(states(found, ...others))).toEqual(new Set(['ok']));
    expect(world.logs).toContainEqual(
      expect.objectContaining({
        event: 'doctor.check-failed',
        fields: { code: name, checks: itself },
      }),
    );
    expect(JSON.stringify(world.logs)).not.toContain('with a secret');
  },
);

test('a binding that is missing is named, with the file that names it', async () => {
  const world = await createPatient();
  const bindings = withoutBinding(world, 'DEAD_CHANGES');
  const { queues } = await examined(world, { deployed: { ports: world.ports, bindings } });

  expect(queues.state).toBe('failed');
  expect(queues.says).toBe('Not bound: DEAD_CHANGES (the queue rollcall-changes-dead).');
  expect(told(queues)).toContain('wrangler.toml');
});

test('a migration that is missing: which, and the commands that apply it; no channel is opened meanwhile', async () => {
  const world = await createPatient();
  await world.ports.db.d1.prepare("DELETE FROM d1_migrations WHERE name = '0005_roles.sql'").run();
  const found = await examined(world);

  expect(found.database.state).toBe('failed');
  expect(found.database.says).toBe('It is at 0004_set_up.sql; 0005_roles.sql is needed.');
  expect(told(found.database)).toContain('npm run deploy');
  expect(told(found.database)).toContain('npx wrangler d1 migrations apply DB --remote');
  expect(states(found, 'channel', 'sync', 'import')).toEqual(['waiting', 'waiting', 'waiting']);
  expect(found.channel.says).toContain('The database is migrated');
  expect(world.google.channels.live).toEqual([]);
});

test('a database that is ahead of the code asks for the newer code', async () => {
  const world = await createPatient();
  await world.ports.db.d1
    .prepare("INSERT INTO d1_migrations (name) VALUES ('0099_later.sql')")
    .run();
  const { database } = await examined(world);

  expect(database.state).toBe('failed');
  expect(database.says).toContain('ahead of the code');
});

test.each([
  ['no such table: d1_migrations', 'failed', 'No migration has been applied.'],
  ['D1_ERROR: Exceeded daily quota', 'failed', 'a quota of the account is used up'],
  ['Network connection lost.', 'waiting', 'does not answer at the moment'],
  ['something new', 'failed', 'database-failed'],
])('D1 answers “%s”: %s', async (words, state, says) => {
  const world = await createPatient();
  const prepare = () => {
    throw new Error(words);
  };
  const db = { ...world.ports.db, d1: { prepare } as unknown as D1Database };
  const ports = { ...world.ports, db };
  const found = await examined(world, { deployed: { ports, bindings: world.env } });

  expect(found.database.state).toBe(state);
  expect(found.database.says).toContain(says);
  expect(states(found, 'people', 'channel', 'import')).toEqual(['ok', 'waiting', 'waiting']);
});

test('no import yet: how long a new cron trigger takes, and the button', async () => {
  const world = await createPatient({ import: false });
  const found = await examined(world);

  expect(found.import.state).toBe('waiting');
  expect(found.import.says).toContain('15 minutes');
  expect(told(found.import)).toContain('Start it now');
  await importAll(world);
  expect((await examined(world)).import.state).toBe('ok');
});

test('an import that failed says why, and what to do', async () => {
  const world = await createPatient({ import: false });
  world.google.accounts.disableApi();
  await importAll(world);
  world.google.accounts.enableApi();
  const found = await examined(world);

  expect(found.import.state).toBe('failed');
  expect(found.import.says).toContain('accessNotConfigured');
  expect(told(found.import)).toContain('enable it in the Google Cloud console');
});

test('an import that goes on with the next pass says how far it is', async () => {
  const world = await createPatient({ import: false, vars: { GOOGLE_CALLS_PER_PASS: '5' } });
  world.google.workspace.addMany(3_000, { push: false });
  await importAll(world);
  const found = await examined(world);

  expect(found.import.state).toBe('waiting');
  expect(found.import.says).toMatch(/^[1-9]\d{2,} people seen so far/);
});

test('an import under way says how many it has seen', async () => {
  const world = await createPatient({ import: false });
  await importAll(world);
  const { d1 } = world.ports.db;
  await d1.batch([
    d1.prepare('UPDATE directories SET imported_ms = NULL'),
    d1.prepare('UPDATE reconcile_runs SET outcome = NULL, finished_ms = NULL, users_seen = 17'),
  ]);
  const found = await examined(world);

  expect(found.import.state).toBe('waiting');
  expect(found.import.says).toContain('17 people seen so far');
});
