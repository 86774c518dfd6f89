// The operator's routes: what they show, and what a word about the list does.
import { beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { approveHeldRemovals, readHeldRemovals } from '../../src/sync/held-removals.ts';
import { getsOf, notFound, onGet } from './hints.ts';
import {
  aCompany,
  ask,
  eightWait,
  expectPrivate,
  type List,
  read,
  refusalOf,
  say,
} from './operator.ts';
import {
  census,
  DAY,
  HOUR,
  heldRows,
  idsOf,
  lookNow,
  MINUTE,
  pass,
  passAndSettle,
  removeSilently,
} from './removals.ts';
import { listenToLog } from './signed-in.ts';

const TIMEOUT_MS = 60_000;

beforeEach(() => void listenToLog());

describe('GET', () => {
  test('says nobody waits', async () => {
    const world = await aCompany(1);
    const response = await ask(world);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expectPrivate(response);
    expect(await response.json()).toEqual({
      heldRemovals: [],
      count: 0,
      hash: expect.stringMatching(/^[0-9a-z]+\.[\w-]{43}$/),
    });
  });

  test('says who waits, why and since when, in order of id', async () => {
    const world = await aCompany();
    const sinceMs = world.clock.nowMs;
    const ids = idsOf(world, 1, 8);
    removeSilently(world, ids);
    await pass(world);
    const admin = world.google.workspace.user('admin@example.test');
    world.advance(HOUR);
    onGet(world, admin.id, notFound);
    expect(await lookNow(world, [admin.id])).toEqual(['held']);

    const list = await read(world);

    expect(list.count).toBe(9);
    expect(list.heldRemovals.map(({ userId }) => userId)).toEqual([...ids, admin.id].toSorted());
    expect(list.heldRemovals.find(({ userId }) => userId === ids[0])).toEqual({
      userId: ids[0],
      email: 'person1@example.test',
      name: 'Person Number 1',
      status: 'active',
      isAdmin: false,
      orgUnitPath: '/',
      reason: 'missing',
      since: new Date(sinceMs + 30_000).toISOString(),
    });
    expect(list.heldRemovals.find(({ userId }) => userId === admin.id)).toMatchObject({
      email: 'admin@example.test',
      isAdmin: true,
      reason: 'last-admin',
    });
  });

  test('HEAD answers as GET does, without a body', async () => {
    const world = await aCompany(1);
    const response = await ask(world, '', { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
  });

  test('security 6: shows the directory of the token and no other', async () => {
    const { world } = await eightWait();
    const { d1 } = world.ports.db;
    await d1.batch([
      d1.prepare(
        "INSERT INTO directories (id, customer, admin_email) VALUES ('other', 'C0other', 'a@other.test')",
      ),
      d1.prepare(
        `INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin,
           is_delegated_admin, org_unit_path, attributes, custom_schemas, roles, ticket, written, cause, noticed_ms,
           created_ms, changed_ms)
         VALUES ('999999', 'other', 'o@other.test', '', '', '', 'active', 1, 0, '/', '{}', '{}', '[]', 0, 0,
           'push', 0, 0, 0)`,
      ),
      d1.prepare(
        "INSERT INTO held_removals (directory_id, user_id, reason, since_ms) VALUES ('other', '999999', 'guard', 0)",
      ),
    ]);
    const { hash, count } = await read(world);
    expect(count).toBe(8);
    expect(await (await say(world, 'approve', { hash })).json()).toEqual({ approved: 8 });
    expect(await heldRows('other')).toMatchObject([{ approved_until_ms: null }]);
    const others = await readHeldRemovals(world.ports, 'other');
    expect(await refusalOf(await say(world, 'approve', { hash: others.hash }))).toMatchObject({
      status: 409,
    });
  });

  test('security 5: hostile names are JSON, never HTML', async () => {
    const world = await aCompany();
    const name = `</script><img src=x onerror=alert(1)>"\\\u0000\u2028\u202E${'山'.repeat(300)}`;
    const ids = idsOf(world, 1, 8);
    world.google.workspace.silently(() =>
      world.google.workspace.update(ids[0] ?? '', {
        name: { givenName: name, familyName: name, fullName: name },
        orgUnitPath: '/<b>"&',
      }),
    );
    await passAndSettle(world);
    removeSilently(world, ids);
    await pass(world);

    const response = await ask(world, '', { headers: { accept: 'text/html' } });

    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const { heldRemovals } = await response.json<List>();
    expect(heldRemovals.find(({ userId }) => userId === ids[0])).toMatchObject({
      name: name.replaceAll('\u0000', '\uFFFD'),
      orgUnitPath: '/<b>"&',
    });
  });

  test('a database that is away is a 503 in the app’s shape, and nothing of it is kept by caches', async () => {
    const world = await aCompany(1);
    listenToLog();
    const fail = () => {
      throw new Error('D1_ERROR: Network connection lost. person1@example.test');
    };
    const db = world.env.DB;
    world.env.DB = { prepare: fail, batch: fail } as unknown as D1Database;
    const response = await ask(world);
    world.env.DB = db;
    expectPrivate(response);
    expect(await refusalOf(response)).toEqual({ status: 503, code: 'database' });
  });
});

describe('a word', () => {
  const bodies: [what: string, body: string][] = [
    ['no body', ''],
    ['no JSON', 'hash=abc'],
    ['null', 'null'],
    ['a list', '["a"]'],
    ['no hash', '{}'],
    ['an empty hash', '{"hash":""}'],
    ['a hash that is no text', '{"hash":{"$ne":""}}'],
    ['a hash of 201 characters', JSON.stringify({ hash: 'a'.repeat(201) })],
    ['more than a hash', '{"hash":"a","ids":["1"]}'],
    ['more than 4 KB', JSON.stringify({ hash: 'a', padding: 'x'.repeat(5_000) })],
    ['a hash and 5 KB of space', `{"hash":"a"}${' '.repeat(5_000)}`],
  ];
  test.each(bodies)('that is none is a 400, and changes nothing: %s', async (_, body) => {
    const { world } = await eightWait();
    const before = await heldRows();
    for (const word of ['approve', 'reject'] as const) {
      const response = await say(world, word, body);
      expectPrivate(response);
      expect(await refusalOf(response)).toEqual({ status: 400, code: 'invalid' });
    }
    expect(await heldRows()).toEqual(before);
  });

  test('whose size nobody announced is cut off as well', async () => {
    const { world } = await eightWait();
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1024;
        if (sent > 64 * 1024) controller.close();
        else controller.enqueue(new Uint8Array(1024).fill(0x20));
      },
    });
    const response = await ask(world, '/approve', {
      method: 'POST',
      body,
      duplex: 'half',
    } as RequestInit & {
      headers?: Record<string, string>;
    });
    expect(response.status).toBe(400);
    expect(sent).toBeLessThan(16 * 1024);
  });

  test.each(['approve', 'reject'] as const)(
    'about no list that ever was is a 409: %s',
    async (word) => {
      const { world } = await eightWait();
      const { hash } = await read(world);
      const [shown = '', digest = ''] = hash.split('.');
      const later = (Number.parseInt(shown, 36) + 1).toString(36);
      const guesses = [
        'a',
        '.',
        '-1.a',
        'NaN.',
        `${shown}.`,
        `${later}.${digest}`,
        `${hash}=`,
        ` ${hash}`,
      ];
      for (const guess of guesses) {
        const response = await say(world, word, { hash: guess });
        expectPrivate(response);
        expect(await refusalOf(response)).toEqual({ status: 409, code: 'list-changed' });
      }
      expect(await heldRows()).toMatchObject(
        Array(8).fill({ approved_until_ms: null, rejected_until_ms: null }),
      );
    },
  );

  test.each(['approve', 'reject'] as const)(
    'security 6: counts for 24 hours after the list was shown, and then no longer: %s',
    async (word) => {
      const { world } = await eightWait();
      const { hash } = await read(world);
      world.advance(DAY);
      expect(await refusalOf(await say(world, word, { hash }))).toEqual({
        status: 409,
        code: 'list-changed',
      });
      world.advance(-1);
      expect((await say(world, word, { hash })).status).toBe(200);
    },
  );

  test.each(['approve', 'reject'] as const)(
    'security 6: is about the list that was shown: one more on it, and nothing is decided: %s',
    async (word) => {
      const { world } = await eightWait();
      const { hash } = await read(world);
      removeSilently(world, idsOf(world, 9, 9));
      await pass(world);
      expect(await heldRows()).toHaveLength(9);
      world.queue.length = 0;

      const response = await say(world, word, { hash });

      expect((await response.clone().json<{ error: { message: string } }>()).error.message).toMatch(
        /read it again/,
      );
      expect(await refusalOf(response)).toEqual({ status: 409, code: 'list-changed' });
      expect(world.queue).toEqual([]);
      expect(await heldRows()).toMatchObject(
        Array(9).fill({ approved_until_ms: null, rejected_until_ms: null }),
      );
    },
  );

  test('about a list from which somebody came back is a 409 as well', async () => {
    const { world, ids } = await eightWait();
    const { hash } = await read(world);
    world.google.workspace.silently(() => world.google.workspace.undelete(ids[0] ?? ''));
    await pass(world);
    expect(await heldRows()).toHaveLength(7);
    expect((await say(world, 'approve', { hash })).status).toBe(409);
  });

  test('about nobody is a word about nobody', async () => {
    const world = await aCompany(1);
    const { hash } = await read(world);
    expect(await (await say(world, 'approve', { hash })).json()).toEqual({ approved: 0 });
    expect(world.queue).toEqual([]);
  });
});

describe('approved', () => {
  test('each is looked at again, and deleted once Google has denied them twice', async () => {
    const { world, ids } = await eightWait();
    const { hash } = await read(world);

    const response = await say(world, 'approve', { hash });

    expectPrivate(response);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ approved: 8 });
    // Nobody is removed by the word alone.
    expect(await census()).toEqual({ active: 26 });
    expect(world.queue.map(({ body }) => body)).toMatchObject(
      ids.toSorted().map((userId) => ({ userId, cause: 'operator', event: null })),
    );
    // Whoever has been approved is not asked about again.
    expect(await read(world)).toMatchObject({ count: 0 });
    const gets = getsOf(world);
    await world.settle();
    expect(getsOf(world) - gets).toBe(16);
    expect(await census()).toEqual({ active: 18, deleted: 8 });
    for (const id of ids) {
      expect(await world.user(id)).toMatchObject({ status: 'deleted', cause: 'operator' });
      expect((await world.events(id)).map(({ type, cause }) => [type, cause])).toEqual([
        ['user.created', 'reconcile'],
        ['user.deleted', 'operator'],
      ]);
    }
    expect(await heldRows()).toEqual([]);
  });

  test('who is alive by then is let go, and not deleted', async () => {
    const { world, ids } = await eightWait();
    const { hash } = await read(world);
    const [back = ''] = ids;
    world.google.workspace.silently(() => world.google.workspace.undelete(back));

    expect(await (await say(world, 'approve', { hash })).json()).toEqual({ approved: 8 });
    await world.settle();

    expect(await world.user(back)).toMatchObject({ status: 'active' });
    expect(await world.events(back)).toHaveLength(1);
    expect(await census()).toEqual({ active: 19, deleted: 7 });
    expect(await heldRows()).toEqual([]);
  });

  test('two words at once count once', async () => {
    const { world } = await eightWait();
    const { hash } = await read(world);
    const answers = await Promise.all([
      say(world, 'approve', { hash }),
      say(world, 'approve', { hash }),
    ]);
    const approved = await Promise.all(
      answers.map(async (one) => (await one.json<{ approved?: number }>()).approved ?? 0),
    );
    expect(approved.toSorted()).toEqual([0, 8]);
    expect(world.queue).toHaveLength(8);
    await world.settle();
    expect(await census()).toEqual({ active: 18, deleted: 8 });
  });

  test('and rejected at once: one of the two words counts for everybody', async () => {
    const { world } = await eightWait();
    const { hash } = await read(world);
    await Promise.all([say(world, 'approve', { hash }), say(world, 'reject', { hash })]);
    const states = (await heldRows()).map(
      ({ approved_until_ms: a, rejected_until_ms: r }) =>
        [a, r].filter((one) => one !== null).length,
    );
    expect(states).toEqual(Array(8).fill(1));
    await world.settle();
    const { deleted = 0 } = await census();
    expect([0, 8]).toContain(deleted);
  });

  test('while the queue refuses, the next pass removes them', async () => {
    const { world, ids } = await eightWait();
    const { hash } = await read(world);
    const { sendBatch } = world.ports.changes;
    world.env.CHANGES = {
      sendBatch: () => Promise.reject(new Error('quota')),
    } as unknown as typeof world.env.CHANGES;
    const lines = listenToLog();
    expect(await (await say(world, 'approve', { hash })).json()).toEqual({ approved: 8 });
    expect(lines).toContainEqual(expect.objectContaining({ event: 'hints.refused', left: 8 }));
    expect(world.queue).toEqual([]);

    world.advance(5 * MINUTE);
    world.ports.changes = { ...world.ports.changes, sendBatch };
    await passAndSettle(world);

    expect(await census()).toEqual({ active: 18, deleted: 8 });
    expect(await world.user(ids[0] ?? '')).toMatchObject({ status: 'deleted', cause: 'operator' });
    expect(await heldRows()).toEqual([]);
  });

  test('does not count against the guard: as many as before may go without a word', async () => {
    const { world } = await eightWait();
    const { hash } = await read(world);
    await say(world, 'approve', { hash });
    await world.settle();
    const more = idsOf(world, 9, 14);
    removeSilently(world, more);
    expect((await lookNow(world, more)).toSorted()).toEqual(['held', ...Array(5).fill('written')]);
  });

  test('an approval that nobody could act on within 24 hours is over, and asked for again', async () => {
    const { world } = await eightWait();
    const { hash } = await read(world);
    await say(world, 'approve', { hash });
    world.queue.length = 0;
    world.advance(DAY);
    expect(await read(world)).toMatchObject({ count: 8 });
    await pass(world);
    expect(world.queue).toEqual([]);
    expect(await census()).toEqual({ active: 26 });
  });
});

describe('rejected', () => {
  test('everybody is kept and not asked about for 24 hours, whatever comes; then again', async () => {
    const { world, ids } = await eightWait();
    const { hash } = await read(world);

    const response = await say(world, 'reject', { hash });

    expectPrivate(response);
    expect(await response.json()).toEqual({ rejected: 8 });
    expect(world.queue).toEqual([]);
    expect(await read(world)).toMatchObject({ count: 0 });
    for (let hours = 0; hours < 23; hours += 6) {
      world.advance(6 * HOUR - MINUTE);
      await passAndSettle(world);
      expect(await lookNow(world, ids)).toEqual(Array(8).fill('held'));
      expect(await read(world)).toMatchObject({ count: 0 });
    }
    expect(await census()).toEqual({ active: 26 });
    world.advance(HOUR);
    expect(await read(world)).toMatchObject({ count: 8 });
    expect(await census()).toEqual({ active: 26 });
  });

  test('whoever comes to the list later is asked about', async () => {
    const { world } = await eightWait();
    const { hash } = await read(world);
    await say(world, 'reject', { hash });
    removeSilently(world, idsOf(world, 9, 14));
    await pass(world);
    expect(await read(world)).toMatchObject({
      count: 6,
      heldRemovals: Array(6).fill({ reason: 'missing' }),
    });
  });
});

test(
  'a list of a thousand is read, named and approved in one go',
  async () => {
    const world = await aCompany(1_100);
    removeSilently(world, idsOf(world, 1, 1_000));
    await pass(world);
    const list = await read(world);
    expect(list.count).toBe(1_000);
    expect(list.heldRemovals).toHaveLength(1_000);
    const response = await say(world, 'approve', { hash: list.hash });
    expect(await response.json()).toEqual({ approved: 1_000 });
    expect(world.queue).toHaveLength(1_000);
    await world.settle();
    expect(await census()).toEqual({ active: 101, deleted: 1_000 });
    expect(await heldRows()).toEqual([]);
  },
  TIMEOUT_MS,
);

test('what the console will call and what the route calls are one list', async () => {
  const { world } = await eightWait();
  const { hash } = await read(world);
  const ports = { ...world.ports, db: openDatabase(world.env.DB) };
  expect(await approveHeldRemovals(ports, 'default', hash)).toMatchObject({
    kind: 'decided',
    count: 8,
  });
});
