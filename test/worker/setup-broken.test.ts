// The set-up while the configuration can't be used: it says what is wrong to whoever may know, and to nobody else.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  actionRows,
  actionsTaken,
  everything,
  expectGuarded,
  type OperatorWorld,
  operatorWorld,
  post,
  windowAt,
} from './operators.ts';
import { newToken, pathOf, press, statusOf, visitBy } from './setup-links.ts';
import { ADMIN, ANA, listenToLog, rows } from './signed-in.ts';
import { APP, setCookies, Visitor } from './visitor.ts';

let world: OperatorWorld;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
});

/** The same deployment with other settings; `undefined` = not set, or not bound. */
function reconfigure(vars: Record<string, unknown>): void {
  const settings = Object.entries({ ...world.env, ...vars });
  world.env = Object.fromEntries(settings.filter(([, value]) => value !== undefined)) as never;
}

interface Broken {
  what: string;
  vars: Record<string, unknown>;
  /** What the page must say of it. */
  says: RegExp[];
}

const BAD_ADMIN = 'nobody-at-all<b>';
const BAD_DOMAIN = 'not a domain at all';
const BAD_TOKEN = 'short-operator-token';
const BAD_KEY = '{"private_key":"-----BEGIN nothing that anybody should read-----"}';
const VALUES = new RegExp(
  [BAD_ADMIN, BAD_DOMAIN, BAD_TOKEN, 'nothing that anybody', 'GOCSPX', 'PRIVATE KEY'].join('|'),
);
const NAMES =
  /PUBLIC_URL|GOOGLE_[A-Z_]+|APP_SECRET|OPERATOR_TOKEN|CHANNEL_[A-Z]+|RECONCILE|wrangler/;

const BROKEN: Broken[] = [
  {
    what: 'PUBLIC_URL missing',
    vars: { PUBLIC_URL: undefined },
    says: [/PUBLIC_URL is not set/, /the address at which browsers and Google reach the Worker/],
  },
  {
    what: 'GOOGLE_ADMIN_EMAIL bad',
    vars: { GOOGLE_ADMIN_EMAIL: BAD_ADMIN },
    says: [/GOOGLE_ADMIN_EMAIL must be the address of an admin/, /Variables and Secrets/],
  },
  {
    what: 'the key missing',
    vars: { GOOGLE_SERVICE_ACCOUNT_KEY: undefined },
    says: [/GOOGLE_SERVICE_ACCOUNT_KEY is not set/, /npm run deploy -- --key key.json/],
  },
  {
    what: 'several',
    vars: {
      GOOGLE_DOMAIN: BAD_DOMAIN,
      OPERATOR_TOKEN: BAD_TOKEN,
      GOOGLE_SERVICE_ACCOUNT_KEY: BAD_KEY,
      RECONCILE_EVERY_MINUTES: '7',
    },
    says: [
      /GOOGLE_DOMAIN must be a domain name/,
      /OPERATOR_TOKEN must be at least 32 characters/,
      /wrangler secret put OPERATOR_TOKEN/,
      /RECONCILE_EVERY_MINUTES must be a multiple of 5/,
    ],
  },
  {
    what: 'a queue that is not bound',
    vars: { CHANGES: undefined },
    says: [/CHANGES is not bound/, /npm run deploy/],
  },
  {
    what: 'limits that are not bound',
    vars: { LOGIN_LIMIT: undefined },
    says: [/LOGIN_LIMIT is not bound/, /npm run deploy/],
  },
];

describe.each(BROKEN)('$what', ({ vars, says }) => {
  test('a stranger, and somebody of the house, learn no name of a setting', async () => {
    const ana = await windowAt(world, ANA);
    reconfigure(vars);
    for (const path of ['/setup', '/setup/marketplace', '/setup/open', '/setup/nothing']) {
      for (const visitor of [new Visitor(world), ana]) {
        const response = await visitor.ask(path);
        expect([401, 403]).toContain(response.status);
        expectGuarded(response, path === '/setup/open' ? 'strict-origin' : 'same-origin');
        expect(await response.text()).not.toMatch(NAMES);
      }
    }
    for (const path of ['/setup/check', '/setup/import']) {
      expect((await post(new Visitor(world), path)).status).toBe(401);
      expect((await post(ana, path)).status).toBe(403);
    }
  });

  test('the bearer of a link reads names and remedies, and no value', async () => {
    reconfigure(vars);
    const visitor = new Visitor(world);
    const token = await newToken(world);
    expect(await statusOf(visitor, pathOf(token))).toBe(200);
    const opened = await press(world, token, visitor);
    expect([opened.status, opened.headers.get('location')]).toEqual([303, `${APP}/setup`]);
    const response = await visitor.ask('/setup');
    expect(response.status).toBe(503);
    expectGuarded(response);
    const text = await response.text();
    for (const one of says) expect(text).toMatch(one);
    expect(text).not.toMatch(VALUES);
    expect(text).not.toContain(String(world.env['APP_SECRET']));
    expect(await actionRows()).toMatchObject([
      { action: 'setup.open', outcome: 'opened', request_id: opened.headers.get('x-request-id') },
    ]);
  });

  test('a super admin who is signed in reads the same', async () => {
    const admin = await windowAt(world, ADMIN);
    reconfigure(vars);
    const response = await admin.ask('/setup');
    expect(response.status).toBe(503);
    const text = await response.text();
    for (const one of says) expect(text).toMatch(one);
    expect(text).not.toMatch(VALUES);
  });

  test('nothing can be checked or started, and Google is asked nothing', async () => {
    const visitor = await visitBy(world);
    reconfigure(vars);
    const calls = world.google.calls.length;
    const before = await everything(world);
    for (const path of ['/setup/check', '/setup/import']) {
      const response = await post(visitor, path);
      expect([response.status, response.headers.get('location')]).toEqual([303, `${APP}/setup`]);
    }
    expect((await visitor.ask('/setup/marketplace')).status).toBe(303);
    expect(await everything(world)).toEqual(before);
    expect(world.google.calls).toHaveLength(calls);
  });

  test('everywhere else there is only that something is wrong', async () => {
    const admin = await windowAt(world, ADMIN);
    reconfigure(vars);
    for (const path of ['/', '/console', '/auth/login', '/healthz', '/setupx', '/api/v1/x']) {
      const response = await admin.ask(path);
      expect([path, response.status]).toEqual([path, 503]);
      expect(await response.json()).toEqual({ ok: false, reason: 'configuration' });
    }
  });
});

test('the log names what is wrong, and repeats no value', async () => {
  const lines = listenToLog();
  const visitor = await visitBy(world);
  reconfigure(BROKEN[3]?.vars ?? {});
  await visitor.ask('/setup');
  const text = JSON.stringify(lines);
  expect(text).toContain('OPERATOR_TOKEN must be');
  expect(text).not.toMatch(VALUES);
});

test.each([
  ['missing', undefined],
  ['weak', 'x'.repeat(40)],
  ['an example', 'example-secret-0123456789-abcdefghij'],
])('without a usable APP_SECRET nobody is let in: %s', async (_, APP_SECRET) => {
  const visitor = await visitBy(world);
  const admin = await windowAt(world, ADMIN);
  const token = await newToken(world);
  reconfigure({ APP_SECRET });
  for (const one of [visitor, admin]) {
    for (const path of ['/setup', pathOf(token)]) {
      const response = await one.ask(path);
      expect([path, response.status]).toEqual([path, 503]);
      expect(await response.json()).toEqual({ ok: false, reason: 'configuration' });
    }
  }
  const response = await press(world, token);
  expect([response.status, setCookies(response)]).toEqual([503, []]);
  expect(await actionsTaken()).toHaveLength(1);
});

test('security 6: while PUBLIC_URL is missing a link is still good at one origin only', async () => {
  reconfigure({ PUBLIC_URL: undefined });
  const elsewhere = await newToken(world, { origin: 'https://rollcall.workers.example' });
  expect((await press(world, elsewhere)).status).toBe(403);
  expect(await rows('setup_visits')).toEqual([]);
});

test('security 5: while something else is wrong another host is misdirected all the same', async () => {
  const visitor = await visitBy(world);
  reconfigure({ GOOGLE_ADMIN_EMAIL: BAD_ADMIN, PUBLIC_URL: 'https://moved.rollcall.example' });
  for (const path of ['/setup', '/setup/open']) expect(await statusOf(visitor, path)).toBe(421);
});

test('D1 that is not bound: the bearer of a good link reads so, and no cookie is set', async () => {
  const token = await newToken(world);
  const admin = await windowAt(world, ADMIN);
  reconfigure({ DB: undefined });
  const response = await press(world, token);
  expect([response.status, setCookies(response)]).toEqual([503, []]);
  expect(await response.text()).toContain('DB is not bound');
  expect(await statusOf(admin)).toBe(503);
  expect(await (await admin.ask('/setup')).text()).not.toMatch(NAMES);
});
