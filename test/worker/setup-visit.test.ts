// A visit of the set-up that a link opened: how long it lasts, what it may do, and how the door closes for good.
import { applyD1Migrations, reset } from 'cloudflare:test';
import { beforeEach, describe, expect, test } from 'vitest';
import { sweepSetupVisits } from '../../src/db/setup.ts';
import {
  actionRows,
  actionsTaken,
  anotherDirectory,
  aPerson,
  everything,
  expectGuarded,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  post,
  SETUP_COOKIE,
  windowAt,
  windowOf,
} from './operators.ts';
import { newToken, pathOf, press, statusOf, visitBy } from './setup-links.ts';
import { ADMIN, ANA, listenToLog, openPopup, redeem, rows, signIn } from './signed-in.ts';
import { APP, setCookies, Visitor } from './visitor.ts';
import { env } from './world.ts';

const MINUTE = 60_000;

let world: OperatorWorld;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld({ vars: { EMBED_ANCESTORS: 'https://sites.google.com' } });
});

/** Google lets nobody act as a suspended admin, so a look would find out nothing. */
async function suspendAdmin(): Promise<void> {
  world.google.workspace.suspend(ADMIN);
  const sql = "UPDATE users SET status = 'suspended' WHERE email = ?1";
  await env.DB.prepare(sql).bind(ADMIN).run();
}

/** No link opens anything any more, whenever it was made, and no visit is open. */
async function expectClosed(visit: Visitor, unused: string): Promise<void> {
  expect(await statusOf(visit)).toBe(401);
  for (const token of [unused, await newToken(world)]) {
    const response = await press(world, token);
    expect([response.status, setCookies(response)]).toEqual([403, []]);
  }
  expect(await rows('setup_visits')).toEqual([]);
}

async function expectOpen(visit: Visitor, unused: string): Promise<void> {
  expect(await statusOf(visit)).toBe(200);
  expect((await press(world, unused)).status).toBe(303);
  expect(await rows('setup_closed')).toEqual([]);
}

describe('security 6: a visit', () => {
  test('is a cookie of this host alone, that no script and no other site can use', async () => {
    const visitor = await visitBy(world);
    expect(visitor.cookies.get(SETUP_COOKIE)?.line).toMatch(
      /^__Host-setup=[A-Za-z0-9_-]{43}; Max-Age=1800; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  test('is over after half an hour, also for a browser that keeps the cookie', async () => {
    const visitor = await visitBy(world);
    world.advance(30 * MINUTE - 1);
    expect(await statusOf(visitor)).toBe(200);
    world.advance(1);
    const response = await visitor.ask('/setup');
    expect(response.status).toBe(401);
    expectGuarded(response);
    expect(await actionsTaken()).toHaveLength(1);
    expect((await post(visitor, '/setup/import')).status).toBe(401);
    expect([world.started, (await actionsTaken()).length]).toEqual([[], 1]);
  });

  test('is no longer for being used', async () => {
    const visitor = await visitBy(world);
    for (let i = 0; i < 5; i += 1) {
      world.advance(6 * MINUTE - 1);
      expect(await statusOf(visitor)).toBe(200);
    }
    world.advance(5);
    expect(await statusOf(visitor)).toBe(401);
  });

  test.each([
    ['two of them', (value: string) => `${SETUP_COOKIE}=${value}; ${SETUP_COOKIE}=${value}`],
    ['one without the prefix', (value: string) => `setup=${value}`],
    ['the session’s', (value: string) => `__Host-session=${value}`],
    ['another value', (value: string) => `${SETUP_COOKIE}=${[...value].reverse().join('')}`],
    ['an empty one', () => `${SETUP_COOKIE}=`],
    ['one that is no secret', () => `${SETUP_COOKIE}=' OR 1=1 --`],
  ])('is not another cookie: %s', async (_, cookieOf) => {
    const visitor = await visitBy(world);
    const cookie = cookieOf(visitor.cookies.get(SETUP_COOKIE)?.value ?? '');
    const response = await new Visitor(world).ask('/setup', { headers: { cookie } });
    expect(response.status).toBe(401);
  });

  test('opens the set-up and not the console, and what it does is written down as the link’s', async () => {
    const visitor = await visitBy(world);
    const text = await (await visitor.ask('/setup')).text();
    expect(text).not.toContain('href="/console"');
    expect(await statusOf(visitor, '/console')).toBe(401);
    expect((await post(visitor, '/console/passes')).status).toBe(401);
    expect(await statusOf(visitor, '/setup/marketplace')).toBe(200);
    const response = await post(visitor, '/setup/import');
    expect([response.status, response.headers.get('location')]).toEqual([
      303,
      `${APP}/setup?said=started&n=0`,
    ]);
    expect(world.started).toHaveLength(1);
    expect(await actionRows()).toMatchObject([
      { directory_id: 'default', actor: 'setup-link', action: 'setup.open', outcome: 'opened' },
      {
        actor: 'setup-link',
        action: 'pass.start',
        outcome: 'started',
        request_id: response.headers.get('x-request-id'),
      },
    ]);
  });

  test('lets somebody in who is signed in and may not by that', async () => {
    const ana = await windowAt(world, ANA);
    expect(await statusOf(ana)).toBe(403);
    await press(world, await newToken(world), ana);
    expect(await statusOf(ana)).toBe(200);
  });

  test('is forgotten by the sweep only when its link is too old to be used again', async () => {
    const token = await newToken(world, { madeMs: world.clock.nowMs + 5 * MINUTE });
    await visitBy(world, token);
    world.advance(65 * MINUTE - 1);
    await sweepSetupVisits(world.ports.db, world.clock.nowMs - 2 * 60 * MINUTE);
    expect((await press(world, token)).status).toBe(403);
    expect(await rows('setup_visits')).toHaveLength(1);
  });
});

describe('security 6: the first super admin’s sign-in closes the set-up’s door for good', () => {
  test('and so does somebody’s becoming one who is signed in', async () => {
    const visit = await visitBy(world);
    const unused = await newToken(world);
    const ana = world.google.workspace.user(ANA).id;
    await windowOf(world, ana);
    await expectOpen(visit, unused);
    await env.DB.prepare('UPDATE users SET is_admin = 1 WHERE id = ?1').bind(ana).run();
    await expectClosed(visit, await newToken(world));
  });

  let visit: Visitor;
  let unused: string;
  beforeEach(async () => {
    visit = await visitBy(world);
    unused = await newToken(world);
  });

  test('an open visit ends with it, and links that nobody has used', async () => {
    const { visitor: admin, response } = await signIn(world, ADMIN);
    expect(response.status).toBe(302);
    await expectClosed(visit, unused);
    expect(await statusOf(admin)).toBe(200);
    expect(await (await visit.ask('/setup')).text()).toContain('npm run setup-link');
  });

  test('also where the first window is a frame', async () => {
    const { code, verifier } = await openPopup(world, ANA);
    const frame = new Visitor(world);
    await env.DB.prepare('UPDATE users SET is_admin = 1 WHERE email = ?1').bind(ANA).run();
    expect((await redeem(frame, { code, verifier })).ok).toBe(true);
    await expectClosed(visit, unused);
  });

  test('an ordinary person’s, and a delegated admin’s, do not', async () => {
    await signIn(world, ANA);
    await aPerson('950', { isDelegatedAdmin: true, roles: ['rollcall:admin'] });
    await windowOf(world, '950');
    await expectOpen(visit, unused);
  });

  test('that of a super admin of another directory does not', async () => {
    await anotherDirectory();
    await windowOf(world, OTHER_ADMIN);
    await expectOpen(visit, unused);
  });

  test('that of a super admin who is refused does not', async () => {
    const admin = new Visitor(world).atGoogle(ADMIN);
    const callback = await admin.callbackUrl();
    await suspendAdmin();
    expect((await admin.ask(callback)).status).not.toBe(302);
    await expectOpen(visit, unused);
  });

  test('nothing opens it again: sign-out, suspension, the table’s own deletion', async () => {
    const { visitor: admin } = await signIn(world, ADMIN);
    await post(admin, '/auth/logout?everywhere=1');
    await expectClosed(visit, unused);
    const run = (sql: string) => env.DB.prepare(sql).run();
    await expect(run('DELETE FROM setup_closed')).rejects.toThrow('set-up stays closed');
    const insert =
      "INSERT INTO setup_visits (link_hash, visit_hash, created_ms, expires_ms) VALUES ('a', 'b', 1, 9e15)";
    await expect(run(insert)).rejects.toThrow('set-up stays closed');
    await expect(run('INSERT INTO setup_closed (id, closed_ms) VALUES (2, 1)')).rejects.toThrow();
    await suspendAdmin();
    await run('DELETE FROM sessions');
    await expectClosed(visit, unused);
  });

  test('one who signs in between the check of a link and its use wins', async () => {
    const { DB } = world.env;
    world.env.DB = new Proxy(DB, {
      get: (target, name) => {
        const value = Reflect.get(target, name);
        if (name !== 'prepare') return typeof value === 'function' ? value.bind(target) : value;
        return (sql: string) => {
          const statement = target.prepare(sql);
          if (!sql.includes('INSERT INTO setup_visits')) return statement;
          return {
            bind: (...values: unknown[]) => ({
              run: async () => {
                await windowAt(world, ADMIN);
                return statement.bind(...values).run();
              },
            }),
          };
        };
      },
    });
    const response = await press(world, unused);
    world.env.DB = DB;
    expect([response.status, setCookies(response)]).toEqual([403, []]);
    expect((await actionsTaken()).at(-1)).toEqual(['setup-link', 'setup.open', 'refused']);
    await expectClosed(visit, unused);
  });
});

describe('a database without its tables', () => {
  test('shows the bearer of a good link what to do, and the link stays good', async () => {
    const token = await newToken(world);
    await reset();
    const visitor = new Visitor(world);
    expect(await statusOf(visitor, pathOf(token))).toBe(200);
    for (let i = 0; i < 2; i += 1) {
      const response = await press(world, token, visitor);
      expect([response.status, setCookies(response)]).toEqual([503, []]);
      expectGuarded(response, 'strict-origin');
      const text = await response.text();
      expect(text).toContain('No migration has been applied.');
      expect(text).toContain('npx wrangler d1 migrations apply DB --remote');
      expect(text).not.toMatch(/no such table|SQLITE|D1_ERROR/i);
    }
    expect((await press(world, `${token}A`, visitor)).status).toBe(403);
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    expect((await press(world, token, visitor)).status).toBe(303);
    expect(await statusOf(visitor)).toBe(200);
  });

  test('tells nobody apart: 503 with a reference, whatever the cookie', async () => {
    const visitor = await visitBy(world);
    const admin = await windowAt(world, ADMIN);
    await reset();
    for (const one of [visitor, admin]) {
      const response = await one.ask('/setup');
      expect(response.status).toBe(503);
      expectGuarded(response);
      const text = await response.text();
      expect(text).toContain(response.headers.get('x-request-id'));
      expect(text).not.toMatch(/no such table|migrat|D1_ERROR|@/i);
    }
    await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
    expect(await everything(world)).toMatchObject({ rows: { setup_visits: [] } });
  });
});
