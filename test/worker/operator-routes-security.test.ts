// Who may open console and set-up: one suite against every route of both. A route that is not in the table fails it.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { app } from '../../src/app.tsx';
import {
  CONSOLE,
  Deployment,
  expectImpersonal,
  GUARDED,
  PERSONAL,
  ROUTES,
  SETUP,
} from './operator-routes.ts';
import {
  aPerson,
  everything,
  expectGuarded,
  OTHER_ADMIN,
  OURS,
  SETUP_COOKIE,
  windowOf,
} from './operators.ts';
import { ADMIN, listenToLog, SESSION, waitInWorldTime } from './signed-in.ts';
import { Visitor } from './visitor.ts';

/** Forms whose answer is a page: the preview of a rule, a dry run, and the one sight of a token. */
const ANSWERED = ['/console/roles/preview', '/console/passes/dry-run', '/console/tokens'];

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open();
});
beforeEach(() => void listenToLog());

test('every route under /console and /setup is in the table', () => {
  const there = app.routes
    .filter(({ path }) => /^\/(console|setup)(\/|$)/.test(path) && !path.endsWith('*'))
    .map(({ method, path }) => `${method} ${path}`);
  const known = ROUTES.map(([method, path]) => `${method} ${path}`);
  expect([...new Set(there)].toSorted()).toEqual(known.toSorted());
});

describe('security 6: who may open neither console nor set-up', () => {
  const strangers: [who: string, visitor: () => Visitor | Promise<Visitor>][] = [
    ['a stranger', () => new Visitor(deployment.world)],
    ['somebody whose session is over', async () => windowOf(deployment.world, idOfAdmin(), 0)],
    [
      'a super admin who has been suspended',
      async () => {
        await aPerson('911', { isAdmin: true, fullName: 'Noor Gone' });
        const visitor = await windowOf(deployment.world, '911');
        await env911();
        return visitor;
      },
    ],
    [
      'a frame’s session',
      async () => {
        const visitor = await windowOf(deployment.world, idOfAdmin());
        const token = visitor.cookies.get(SESSION)?.value ?? '';
        visitor.cookies.clear();
        visitor.cookies.set('__Host-embed', { value: token, line: '' });
        return visitor;
      },
    ],
    [
      'the right token under the cookie of the set-up',
      () => {
        const visitor = new Visitor(deployment.world);
        const value = deployment.admin.cookies.get(SESSION)?.value ?? '';
        visitor.cookies.set(SETUP_COOKIE, { value, line: '' });
        return visitor;
      },
    ],
    [
      'the cookie without its prefix',
      () => {
        const visitor = new Visitor(deployment.world);
        const value = deployment.admin.cookies.get(SESSION)?.value ?? '';
        visitor.cookies.set('session', { value, line: '' });
        return visitor;
      },
    ],
  ];
  const idOfAdmin = () => deployment.world.google.workspace.user(ADMIN).id;
  const env911 = () =>
    deployment.world.env.DB.prepare("UPDATE users SET status = 'suspended' WHERE id = '911'").run();

  test.each(strangers)('%s: 401 without anybody’s name', async (_, make) => {
    const visitor = await make();
    for (const route of GUARDED) {
      const response = await deployment.refused(visitor, route);
      expect([route[1], response.status]).toEqual([route[1], 401]);
      await expectImpersonal(response);
    }
    await deployment.world.env.DB.prepare("DELETE FROM sessions WHERE user_id = '911'").run();
  });

  test('two session cookies: 401, whichever is right', async () => {
    const value = deployment.admin.cookies.get(SESSION)?.value ?? '';
    const pairs = [
      `${SESSION}=${value}; ${SESSION}=x`,
      `${SESSION}=x; ${SESSION}=${value}`,
      `${SESSION}=${value}; ${SESSION}=${value}`,
    ];
    for (const cookie of pairs) {
      for (const route of GUARDED) {
        const headers = { ...OURS, cookie };
        const response = await deployment.refused(new Visitor(deployment.world), route, {
          headers,
        });
        expect([route[1], response.status]).toEqual([route[1], 401]);
        await expectImpersonal(response);
      }
    }
  });

  test('an ordinary person and a delegated admin: 403, and no name but their own', async () => {
    await aPerson('912', { fullName: 'Delia Gated', isDelegatedAdmin: true });
    const delegated = await windowOf(deployment.world, '912');
    for (const route of GUARDED) {
      const toDelegated = await deployment.refused(delegated, route);
      expect([route[1], toDelegated.status]).toEqual([route[1], 403]);
      const text = await toDelegated.text();
      expect(text).toContain('Delia Gated');
      expect(text).not.toMatch(PERSONAL);
      const toOrdinary = await deployment.refused(deployment.ordinary, route);
      expect([route[1], toOrdinary.status]).toEqual([route[1], 403]);
      expect(await toOrdinary.text()).not.toMatch(/Held Person|admin@example\.test/);
    }
  });

  test('roles that are only like the one', async () => {
    const roles = ['rollcall', 'rollcall:admins', 'Rollcall:Admin', 'admin', 'x:rollcall:admin'];
    await aPerson('913', { roles });
    const visitor = await windowOf(deployment.world, '913');
    for (const route of GUARDED)
      expect((await deployment.refused(visitor, route)).status).toBe(403);
  });
});

test('security 6: whoever has lost the right since the page was shown is refused by the next request', async () => {
  const set = (column: string, value: unknown) =>
    deployment.world.env.DB.prepare(`UPDATE users SET ${column} = ?1 WHERE id = '916'`)
      .bind(value)
      .run();
  await aPerson('916', { isAdmin: true, roles: ['rollcall:admin'] });
  const visitor = await windowOf(deployment.world, '916');
  expect((await deployment.refused(visitor, ['GET', '/setup', 'setup'])).status).toBe(200);
  await set('is_admin', 0);
  for (const route of SETUP) expect((await deployment.refused(visitor, route)).status).toBe(403);
  expect((await deployment.refused(visitor, ['GET', '/console', 'console'])).status).toBe(200);
  await set('roles', '[]');
  for (const route of GUARDED) expect((await deployment.refused(visitor, route)).status).toBe(403);
  await set('status', 'archived');
  for (const route of GUARDED) expect((await deployment.refused(visitor, route)).status).toBe(401);
});

/** To the admin of another directory, who sends what would do something here. */
function statusesOf(path: string): number[] {
  // Of their own: a token, and a rule where the name of our list is that of theirs.
  if (path === '/console/tokens') return [200];
  if (path.startsWith('/console/roles/')) return [200, 303, 409];
  // Ours are nobody there, and what asks Google is refused.
  return /:id\/(roles|sessions)/.test(path) ? [404] : [409];
}

describe('security 6: the super admin of another directory', () => {
  test('sees nothing of ours in the console', async () => {
    const boss = await windowOf(deployment.world, OTHER_ADMIN);
    for (const route of CONSOLE.filter(([method]) => method === 'GET')) {
      const response = await deployment.refused(boss, route);
      // Who is of another directory is nobody.
      expect(response.status).toBe(route[1] === '/console/people/:id' ? 404 : 200);
      const text = await response.text();
      expect(text).toContain('Boss Other');
      expect(text).not.toMatch(PERSONAL);
      expect(text).not.toContain('href="/setup');
    }
  });

  test('changes nothing of ours, with the list’s right name and the letter’s right number', async () => {
    const boss = await windowOf(deployment.world, OTHER_ADMIN);
    const ours = async () => {
      const { rows, queue } = (await everything(deployment.world)) as {
        rows: Record<string, { id?: unknown; directory_id?: string }[]>;
        queue: unknown;
      };
      const theirs = (table: string) =>
        (rows[table] ?? []).filter((one) => ![one.id, one.directory_id].includes('other'));
      return [queue, Object.keys(rows).map(theirs)];
    };
    const before = await ours();
    for (const route of CONSOLE.filter(([method]) => method === 'POST')) {
      const response = await deployment.ask(boss, route);
      expectGuarded(response);
      expect([route[1], statusesOf(route[1])]).toEqual([
        route[1],
        expect.arrayContaining([response.status]),
      ]);
      // The group is what they typed themselves.
      const text = (await response.text()).replaceAll(/engineering(@|%40)example.test/g, '');
      expect(text).not.toMatch(PERSONAL);
    }
    expect(await ours()).toEqual(before);
    expect(deployment.world.started.splice(0).filter((id) => !id.startsWith('other-'))).toEqual([]);
  });

  test('is nobody at the set-up', async () => {
    const boss = await windowOf(deployment.world, OTHER_ADMIN);
    for (const route of SETUP) {
      const response = await deployment.refused(boss, route);
      expect([route[1], response.status]).toEqual([route[1], 403]);
      await expectImpersonal(response);
    }
  });
});

test('security 6: the role rollcall:admin opens the console, and not the set-up', async () => {
  await aPerson('914', { fullName: 'Olga Operator', roles: ['rollcall:admin'] });
  const olga = await windowOf(deployment.world, '914');
  for (const route of SETUP) expect((await deployment.refused(olga, route)).status).toBe(403);
  for (const path of ['/console', '/console/held-removals']) {
    const response = await deployment.refused(olga, ['GET', path, 'console']);
    expect(response.status).toBe(200);
    const text = await response.text();
    expect(text).toContain('Held Person');
    expect(text).not.toContain('href="/setup');
  }
  // The role counts where it was given.
  await aPerson('915', { directoryId: 'other', roles: ['rollcall:admin'] });
  const elsewhere = await windowOf(deployment.world, '915');
  const overview = await deployment.refused(elsewhere, ['GET', '/console', 'console']);
  expect(await overview.text()).not.toMatch(PERSONAL);
});

test('security 7: a refusal leaves ids in the log, and no name', async () => {
  const lines = listenToLog();
  for (const route of GUARDED) await deployment.ask(deployment.ordinary, route);
  expect(lines.length).toBeGreaterThan(0);
  expect(JSON.stringify(lines)).not.toMatch(/Ana|Moreira|@/);
});

test.each(GUARDED)(
  'a super admin is let in, and each of these does something: %s %s',
  async (method, path, room) => {
    deployment = await Deployment.open();
    waitInWorldTime(deployment.world);
    const before = await everything(deployment.world);
    const response = await deployment.ask(deployment.admin, [method, path, room]);
    expectGuarded(response);
    // What a form leads to is a page of its own, but for what can be shown only in the answer.
    const isShown = method === 'GET' || ANSWERED.includes(path);
    expect(response.status).toBe(isShown ? 200 : 303);
    const after = await everything(deployment.world);
    if (method === 'GET') expect(after).toEqual(before);
    else expect(after).not.toEqual(before);
  },
);
