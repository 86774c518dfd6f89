// Events and passes over the API: whoever follows them misses nothing and gets nothing twice.
import * as fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { cursorOf } from '../../src/cursor.ts';
import { type Answer, aToken, call, type Refused } from './api-caller.ts';
import {
  anotherDirectory,
  aPerson,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
} from './operators.ts';
import { ANA, idOf, learn, listenToLog } from './signed-in.ts';
import { env } from './world.ts';

interface Event {
  seq: number;
  type: string;
  userId: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown>;
}
interface EventPage {
  events: Event[];
  next: number;
  more: boolean;
}
interface PassPage {
  passes: { id: string; startedAt: string; outcome: string | null }[];
  next: string | null;
}

let world: OperatorWorld;
let token: string;
beforeAll(async () => {
  listenToLog();
  world = await operatorWorld();
  await anotherDirectory();
  ({ token } = await aToken(world));
});
beforeEach(() => void listenToLog());

const list = (query = ''): Promise<Answer<EventPage>> =>
  call<EventPage>(world, token, `/events${query}`);

const seqs = async (where = "directory_id = 'default'") => {
  const { results } = await env.DB.prepare(
    `SELECT seq FROM events WHERE ${where} ORDER BY seq`,
  ).all<{
    seq: number;
  }>();
  return results.map(({ seq }) => seq);
};

let people = 0;
/** Something happens, to one of ours or to one of the other directory's. */
async function happens(directoryId = 'default'): Promise<void> {
  people += 1;
  await aPerson(`97${people}`, { directoryId, email: `e${people}@example.test` });
}

describe('an event', () => {
  test('says what happened, before and after', async () => {
    const id = idOf(world, ANA);
    world.google.workspace.update(id, { name: { familyName: 'Renamed' } });
    await learn(world, ANA);
    const { body } = await list(`?user=${id}`);
    expect(body.events.map(({ type }) => type)).toEqual(['user.created', 'user.updated']);
    const [came, changed] = body.events;
    expect(came?.before).toBeNull();
    expect(changed).toMatchObject({
      userId: id,
      cause: 'push',
      at: expect.stringMatching(/^2026-11-22T/),
      before: { email: ANA, familyName: 'Moreira', isAdmin: false, status: 'active' },
      after: { email: ANA, familyName: 'Renamed', isAdmin: false, attributes: expect.any(Object) },
    });
    expect(body.more).toBe(false);
  });

  test('is found by type and person, of this directory alone', async () => {
    await happens('other');
    const updated = await list('?type=user.updated');
    expect(new Set(updated.body.events.map(({ type }) => type))).toEqual(new Set(['user.updated']));
    expect((await list(`?user=${OTHER_ADMIN}`)).body).toMatchObject({ events: [], more: false });
    const { body } = await list('?limit=500');
    expect(body.events.map(({ seq }) => seq)).toEqual(await seqs());
  });
});

describe('following', () => {
  test('any limit and filter, while things happen: each once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('', '&type=user.created', '&type=user.updated'),
        fc.array(fc.constantFrom('default', 'other'), { minLength: 3, maxLength: 6 }),
        async (limit, filter, toCome) => {
          const seen: number[] = [];
          const coming = [...toCome];
          let next = 0;
          for (let i = 0; i < 400; i += 1) {
            const { body }: Answer<EventPage> = await list(
              `?after=${next}&limit=${limit}${filter}`,
            );
            expect(body.next).toBeGreaterThanOrEqual(next);
            expect(body.events.length).toBeLessThanOrEqual(limit);
            next = body.next;
            seen.push(...body.events.map(({ seq }) => seq));
            const directory = coming.shift();
            if (directory !== undefined) await happens(directory);
            else if (!body.more) break;
          }
          const type = filter.split('=')[1];
          expect(seen).toEqual(
            await seqs(`directory_id = 'default'${type ? ` AND type = '${type}'` : ''}`),
          );
        },
      ),
      { numRuns: 12 },
    );
  }, 30_000);

  test('where nothing has happened since, `next` stays', async () => {
    const last = (await seqs()).at(-1) ?? 0;
    const { body } = await list(`?after=${last}`);
    expect(body).toMatchObject({ events: [], more: false });
    // What others did is behind as well.
    expect(body.next).toBeGreaterThanOrEqual(last);
    expect((await list(`?after=${body.next}`)).body).toEqual(body);
    expect((await list(`?after=${last + 1_000}`)).body.next).toBe(last + 1_000);
    expect((await list('?after=999999999999999')).status).toBe(200);
  });
});

describe('passes', () => {
  test('are paged through from the youngest, each once, also those of one moment', async () => {
    const insert = env.DB.prepare(
      `INSERT INTO reconcile_runs (id, directory_id, ticket, started_ms, progress_ms, outcome, finished_ms, reason)
       VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7)`,
    );
    const runs = Array.from({ length: 23 }, (_, i) =>
      insert.bind(
        `run-${i}`,
        i % 5 === 4 ? 'other' : 'default',
        1_000 + (i >> 2),
        1_000 * (i >> 1),
        i % 2 ? 'complete' : null,
        i % 2 ? 5_000 : null,
        null,
      ),
    );
    await env.DB.batch(runs);
    const { results } = await env.DB.prepare(
      `SELECT id FROM reconcile_runs WHERE directory_id = 'default' ORDER BY started_ms DESC, ticket DESC, id DESC`,
    ).all<{ id: string }>();
    for (const limit of [1, 2, 3, 7, 18, 19, 20, 200]) {
      const seen: string[] = [];
      let before = '';
      for (let i = 0; i < 40; i += 1) {
        const { body }: Answer<PassPage> = await call<PassPage>(
          world,
          token,
          `/passes?limit=${limit}${before}`,
        );
        seen.push(...body.passes.map(({ id }) => id));
        if (body.next === null) break;
        before = `&before=${body.next}`;
      }
      expect(seen).toEqual(results.map(({ id }) => id));
    }
    const first = await call<PassPage>(world, token, '/passes?limit=1');
    expect(first.body.passes).toMatchObject([{ outcome: 'complete', reason: null, usersSeen: 25 }]);
  });
});

describe('a query that is none', () => {
  const cases: [path: string, name: string][] = [
    ...['-1', '1.5', '', 'x', '1e3', '9'.repeat(16), '%00'].map((one): [string, string] => [
      `/events?after=${one}`,
      'after',
    ]),
    ...['0', '501', '', '+5'].map((one): [string, string] => [`/events?limit=${one}`, 'limit']),
    ...['', 'user', 'user.created,user.updated'].map((one): [string, string] => [
      `/events?type=${one}`,
      'type',
    ]),
    ...['', 'a%20b', 'a@example.test', '%00'].map((one): [string, string] => [
      `/events?user=${one}`,
      'user',
    ]),
    ['/events?after=1&after=2', 'after'],
    ['/events?cursor=1', 'cursor'],
    ['/events?directory=other', 'directory'],
    ...[
      '',
      'x',
      cursorOf({ startedMs: -1, ticket: 0, id: '' }),
      cursorOf({ startedMs: '1', ticket: 0, id: '' }),
      cursorOf([1]),
    ].map((one): [string, string] => [`/passes?before=${one}`, 'before']),
    ['/passes?limit=201', 'limit'],
    ['/passes?after=1', 'after'],
  ];
  test.each(cases)('%s is refused with the name of the parameter', async (path, name) => {
    const { status, body } = await call<Refused>(world, token, path);
    expect([status, body.error.code]).toEqual([400, 'invalid']);
    expect(body.error.message.startsWith(`${name}: `), body.error.message).toBe(true);
  });

  test('whatever is asked, nothing is our fault', async () => {
    const name = fc.oneof(fc.constantFrom('after', 'limit', 'type', 'user', 'before'), fc.string());
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer().map(String),
      fc.json().map(cursorOf),
      fc
        .record({
          startedMs: fc.oneof(fc.maxSafeNat(), fc.double()),
          ticket: fc.maxSafeNat(),
          id: fc.string({ unit: 'binary' }),
        })
        .map(cursorOf),
      fc.constantFrom('user.created', '1'),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/events', '/passes'),
        fc.array(fc.tuple(name, value), { maxLength: 4 }),
        async (path, pairs) => {
          const query = pairs
            .map((pair) => pair.map((one) => encodeURIComponent(one.toWellFormed())).join('='))
            .join('&');
          // A full page takes a while to be held against the document.
          const few = query.includes('limit') ? '' : '&limit=2';
          expect([200, 400]).toContain((await call(world, token, `${path}?${query}${few}`)).status);
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);
});

// Last: eleven thousand events make every question slower.
test('a type that is rare takes pages that are empty, and is found', async () => {
  await env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 11000)
     SELECT 'default', 'x', 'user.updated', e.after, e.after, 'push', 1, 1 FROM n, (SELECT after FROM events LIMIT 1) e`,
  ).run();
  await env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     SELECT 'default', 'x', 'user.archived', after, after, 'push', 1, 1 FROM events LIMIT 1`,
  ).run();
  const pages: EventPage[] = [];
  let next = 0;
  do {
    const { body }: Answer<EventPage> = await list(`?after=${next}&type=user.archived&limit=5`);
    pages.push(body);
    next = body.next;
  } while (pages.at(-1)?.more);
  expect(pages.length).toBeGreaterThan(2);
  expect(pages[0]?.events).toEqual([]);
  expect(pages.flatMap(({ events }) => events)).toHaveLength(1);
});
