// People over the API: all that is stored of each, found, paged through, and explained.
import * as fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cursorOf } from '../../src/cursor.ts';
import { decideByHand } from '../../src/db/role-rules.ts';
import { ensureFirstRule, readRoleBook } from '../../src/roles/book.ts';
import { type Answer, aToken, call, type Refused } from './api-caller.ts';
import {
  anotherDirectory,
  aPerson,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
} from './operators.ts';
import { ADMIN, ANA, idOf, listenToLog, suspend } from './signed-in.ts';
import { env } from './world.ts';

interface User {
  id: string;
  email: string;
  status: string;
  roles: string[];
}
interface Page {
  users: User[];
  next: string | null;
}

let world: OperatorWorld;
let token: string;
beforeAll(async () => {
  listenToLog();
  world = await operatorWorld();
  ({ token } = await aToken(world));
});
beforeEach(() => void listenToLog());

const list = (query = ''): Promise<Answer<Page>> => call<Page>(world, token, `/users${query}`);
const emails = async (query: string) => (await list(query)).body.users.map(({ email }) => email);

/** All pages, and how many there were. */
async function all(query: string, between: () => Promise<void> = async () => {}): Promise<User[]> {
  const users: User[] = [];
  let next: string | null = '';
  for (let i = 0; next !== null && i < 400; i += 1) {
    const { body, status }: Answer<Page> = await list(`?${query}${next && `&cursor=${next}`}`);
    expect(status).toBe(200);
    users.push(...body.users);
    next = body.next;
    if (next !== null) await between();
  }
  expect(next).toBeNull();
  return users;
}

describe('somebody', () => {
  test('is shown with all that is stored', async () => {
    const { body } = await call<{ user: User; why: object[] }>(world, token, `/users/${ANA}`);
    const row = await world.user(ANA);
    expect(body.user).toEqual({
      id: row?.id,
      email: ANA,
      name: row?.fullName,
      givenName: row?.givenName,
      familyName: row?.familyName,
      status: 'active',
      isAdmin: false,
      isDelegatedAdmin: row?.isDelegatedAdmin === 1,
      orgUnitPath: row?.orgUnitPath,
      photoUrl: row?.photoUrl,
      attributes: JSON.parse(row?.attributes ?? ''),
      customSchemas: JSON.parse(row?.customSchemas ?? ''),
      roles: JSON.parse(row?.roles ?? ''),
      createdAt: new Date(row?.createdMs ?? 0).toISOString(),
      changedAt: new Date(row?.changedMs ?? 0).toISOString(),
      deletedAt: null,
    });
    const listed = await list(`?q=${ANA}`);
    expect(listed.body.users).toEqual([body.user]);
  });

  test('is found by id, and by address in any case and encoding', async () => {
    const id = idOf(world, ANA);
    const odd = await aPerson('940', { email: "o'neil+a/b%40%2f?#&@example.test" });
    for (const [key, expected] of [
      [id, id],
      [ANA.toUpperCase(), id],
      [encodeURIComponent(ANA), id],
      [ANA.replace('a', '%61'), id],
      [encodeURIComponent("O'Neil+a/b%40%2f?#&@Example.test"), odd],
    ] as const) {
      const { status, body } = await call<{ user: User }>(world, token, `/users/${key}`);
      expect([key, status, body.user?.id]).toEqual([key, 200, expected]);
    }
  });

  test('who is not there is 404, whatever the key is', async () => {
    await anotherDirectory();
    const keys = [
      '0',
      'x',
      '%00',
      '%zz',
      '@',
      '%40%40',
      '%ff',
      '..%2f',
      '%F0%9F%91%A9',
      '%E2%80%AE',
    ];
    for (const key of [...keys, 'ana.moreira%2540example.test', 'x'.repeat(4_000), OTHER_ADMIN]) {
      const { status, body } = await call<Refused>(world, token, `/users/${key}`);
      expect([key.slice(0, 40), status, body.error.code]).toEqual([
        key.slice(0, 40),
        404,
        'not-found',
      ]);
    }
  });

  test('has for each role the rule, the value of Google’s, the word by hand, and since when', async () => {
    const holder = (await all('limit=200')).find(({ roles }) => roles.length > 0);
    const id = holder?.id ?? '';
    const [role = ''] = holder?.roles ?? [];
    const read = async () =>
      (
        await call<{ user: User; why: Record<string, unknown>[]; misfits: unknown[] }>(
          world,
          token,
          `/users/${id}`,
        )
      ).body;
    const before = await read();
    expect(before.why.find((one) => one['role'] === role)).toMatchObject({
      has: true,
      since: expect.stringMatching(/^2026-11-22T/),
      rules: [
        {
          id: expect.stringMatching(/^\d+$/),
          description: 'each ticked field of Roles',
          found: { kind: 'fields', at: `Roles.${role}`, value: 'true' },
        },
      ],
      byHand: null,
    });
    const ports = world.ports;
    await ensureFirstRule(ports, 'default');
    for (const decision of [
      { userId: id, role: 'guest', kind: 'added', reason: 'A <b>reason</b>' },
      { userId: id, role, kind: 'excepted', reason: 'On leave' },
    ] as const) {
      const version = (await readRoleBook(ports, 'default', []))?.version ?? 0;
      const madeBy = `user:${idOf(world, ADMIN)}`;
      const change = { directoryId: 'default', version, madeBy, nowMs: world.clock.nowMs };
      expect(await decideByHand(ports.db, change, decision)).toBe(true);
    }
    const after = await read();
    expect(after.why.find((one) => one['role'] === 'guest')).toEqual({
      role: 'guest',
      // A recompute is under way.
      has: false,
      since: null,
      rules: [],
      byHand: {
        kind: 'added',
        reason: 'A <b>reason</b>',
        madeBy: `user:${idOf(world, ADMIN)}`,
        at: new Date(world.clock.nowMs).toISOString(),
      },
    });
    expect(after.why.find((one) => one['role'] === role)).toMatchObject({
      rules: [{ found: { at: `Roles.${role}` } }],
      byHand: { kind: 'excepted', reason: 'On leave' },
    });
  });
});

describe('people are found', () => {
  test('by words, address, role, org unit and status, and all of them together', async () => {
    await aPerson('941', {
      email: 'zoe.q@example.test',
      orgUnitPath: '/Zoo/Birds',
      roles: ['keeper'],
      status: 'archived',
    });
    await env.DB.prepare(`UPDATE users SET words = '["zoe","muller"]' WHERE id = '941'`).run();
    for (const query of [
      '?q=zo',
      `?q=${encodeURIComponent('  ZOË  müll ')}`,
      '?q=Zoe.Q%40exam',
      '?role=keeper',
      '?org_unit=/Zoo',
      '?org_unit=/Zoo/',
      '?org_unit=/Zoo/Birds',
      '?status=archived&role=keeper',
      '?q=zoe&role=keeper&org_unit=/Zoo&status=archived&limit=1',
    ])
      expect([query, await emails(query)]).toEqual([query, ['zoe.q@example.test']]);
    for (const query of ['?q=zox', '?role=keepe', '?org_unit=/Zo', '?q=zoe&status=active'])
      expect([query, await emails(query)]).toEqual([query, []]);
    expect((await emails('?org_unit=/&limit=200')).length).toBe((await world.users()).length - 1);
  });

  test('those that are gone too, with when', async () => {
    await suspend(world, 'noor@example.test');
    expect(await emails('?status=suspended')).toContain('noor@example.test');
    await env.DB.prepare(
      "UPDATE users SET status = 'deleted', deleted_ms = 1700000000000 WHERE id = '940'",
    ).run();
    const { body } = await list('?status=deleted');
    expect(body.users).toMatchObject([{ id: '940', deletedAt: '2023-11-14T22:13:20.000Z' }]);
  });
});

describe('paging', () => {
  test('any limit, any filter: everybody once, in order, also while rows are written', async () => {
    for (let i = 0; i < 30; i += 1) {
      const fields = { email: `pager${String(i).padStart(2, '0')}@example.test`, roles: ['paged'] };
      await aPerson(`95${String(i).padStart(2, '0')}`, {
        ...fields,
        orgUnitPath: `/Paged/${i % 3}`,
      });
      await env.DB.prepare(`UPDATE users SET words = '["paging","pager"]' WHERE id = ?1`)
        .bind(`95${String(i).padStart(2, '0')}`)
        .run();
    }
    let written = 0;
    // Newcomers, changes and departures around those who stay.
    const write = async () => {
      written += 1;
      await aPerson(`96${written}`, {
        email: `pager${written % 30}x@example.test`,
        roles: ['paged'],
      });
      await env.DB.prepare(
        "UPDATE users SET full_name = full_name || '.' WHERE id LIKE '95%'",
      ).run();
    };
    const stays = ({ id }: User) => /^95\d\d$/.test(id);
    const queries = ['q=pag', 'q=pager%40', 'q=pager', 'role=paged', 'org_unit=/Paged', ''];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...queries),
        fc.integer({ min: 1, max: 40 }),
        fc.boolean(),
        async (query, limit, isBusy) => {
          const between = isBusy ? write : undefined;
          const pages = await all(
            `${query}&limit=${query === '' ? limit + 10 : limit}`.replace(/^&/, ''),
            between,
          );
          const staying = pages.filter(stays);
          expect(staying).toHaveLength(query === 'q=pager%40' ? 0 : 30);
          expect(new Set(pages.map(({ id }) => id)).size).toBe(pages.length);
          if (query === '') {
            const order = pages.map(({ email }) => email);
            expect(order).toEqual(order.toSorted());
          }
        },
      ),
      { numRuns: 12 },
    );
  }, 30_000);
});

describe('a query that is none', () => {
  const refused = async (query: string, name: string) => {
    const { status, body } = await call<Refused>(world, token, `/users?${query}`);
    expect([query.slice(0, 60), status]).toEqual([query.slice(0, 60), 400]);
    expect(body.error.code).toBe('invalid');
    expect(body.error.message.startsWith(`${name}: `), body.error.message).toBe(true);
  };

  test('is refused with the name of the parameter', async () => {
    for (const limit of [
      '0',
      '201',
      '-1',
      '1.5',
      '1e2',
      '0x10',
      '',
      '%205',
      '5%20',
      'x',
      '9'.repeat(400),
      '%00',
    ])
      await refused(`limit=${limit}`, 'limit');
    for (const q of ['', '%20', '***', '%00', 'x'.repeat(201)]) await refused(`q=${q}`, 'q');
    for (const role of ['', 'a%20b', 'x'.repeat(65), '%E2%80%AE'])
      await refused(`role=${role}`, 'role');
    for (const unit of ['', 'Zoo', `/${'x'.repeat(1_000)}`])
      await refused(`org_unit=${unit}`, 'org_unit');
    for (const status of ['', 'gone', 'ACTIVE', 'active,deleted'])
      await refused(`status=${status}`, 'status');
    await refused('limit=1&limit=1', 'limit');
    await refused('q=a&q=b', 'q');
    await refused('status=active&status=active', 'status');
    await refused('page=2', 'page');
    await refused('directory=other', 'directory');
    await refused('__proto__=1', '__proto__');
    await refused('constructor=1', 'constructor');
    await refused(`${'x'.repeat(500)}=1`, 'x'.repeat(40));
    const one = await call<Refused>(world, token, `/users/${ANA}?fields=id`);
    expect([one.status, one.body.error.message]).toEqual([400, 'fields: is no parameter here.']);
  });

  test('a cursor that no answer gave, or another one', async () => {
    const { body } = await list('?role=paged&limit=1');
    const honest = body.next ?? '';
    await refused(`cursor=${honest}`, 'cursor');
    await refused(`role=other&cursor=${honest}`, 'cursor');
    for (const cursor of [
      '',
      'x',
      '%00',
      honest.slice(1),
      `${honest}*`,
      'A'.repeat(9_000),
      ...[
        null,
        1,
        'x',
        [],
        {},
        { at: 1 },
        { at: 'a', id: 'b' },
        { at: 'a', id: 'b', of: 'c'.repeat(16), x: 1 },
      ].map(cursorOf),
    ])
      await refused(`role=paged&cursor=${cursor}`, 'cursor');
  });

  test('a made-up place is only another place', async () => {
    const { body } = await list('?role=paged&limit=1');
    const text = new TextDecoder().decode(
      Uint8Array.from(atob((body.next ?? '').replaceAll('-', '+').replaceAll('_', '/')), (c) =>
        c.charCodeAt(0),
      ),
    );
    const honest = JSON.parse(text) as object;
    for (const made of [
      { at: '', id: '' },
      { at: '\u{10FFFF}', id: '' },
      { at: 'role:\u0000', id: '\u0000' },
      { at: '\uD800', id: "' OR 1=1" },
    ]) {
      const { status, body: page } = await list(
        `?role=paged&limit=200&cursor=${cursorOf({ ...honest, ...made })}`,
      );
      expect(status).toBe(200);
      for (const { roles } of page.users) expect(roles).toContain('paged');
    }
  });

  test('whatever is asked, nothing is our fault', async () => {
    const name = fc.oneof(
      fc.constantFrom('q', 'role', 'org_unit', 'status', 'limit', 'cursor'),
      fc.string(),
    );
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.json().map(cursorOf),
      fc.constantFrom('active', '/', '5', '%', '@'),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 5 }), async (pairs) => {
        const query = pairs
          .map(
            ([a, b]) =>
              `${encodeURIComponent(a.toWellFormed())}=${encodeURIComponent(b.toWellFormed())}`,
          )
          .join('&');
        // A full page takes a while to be held against the document.
        const few = query.includes('limit') ? '' : '&limit=2';
        expect([200, 400]).toContain((await list(`?${query}${few}`)).status);
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1 }), async (key) => {
        if (['.', '..'].includes(key)) return;
        const { status } = await call(
          world,
          token,
          `/users/${encodeURIComponent(key.toWellFormed())}`,
        );
        expect([200, 404]).toContain(status);
      }),
      { numRuns: 40 },
    );
  }, 30_000);
});
