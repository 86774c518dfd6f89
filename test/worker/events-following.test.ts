// Whoever follows events by type or person: nothing is skipped or repeated though events are stored between two queries, and
// what was looked through once is not read again.
import { beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { type EventFilter, readEvents } from '../../src/db/events.ts';
import { aToken, call } from './api-caller.ts';
import { anotherDirectory, type OperatorWorld, operatorWorld } from './operators.ts';
import { listenToLog } from './signed-in.ts';
import { env } from './world.ts';

interface EventPage {
  events: { seq: number }[];
  next: number;
  more: boolean;
}

let world: OperatorWorld;
let token: string;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  await anotherDirectory();
  ({ token } = await aToken(world));
  await env.DB.exec('DELETE FROM events');
  await env.DB.exec(`UPDATE sqlite_sequence SET seq = 0 WHERE name = 'events'`);
});

/** So many events that are alike. */
const happen = (
  count: number,
  type = 'user.updated',
  { directoryId = 'default', userId = '1' } = {},
) =>
  env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     SELECT ?2, ?3, ?4, after, after, 'push', 1, 1 FROM n, (SELECT ?5 AS after)`,
  )
    .bind(count, directoryId, userId, type, PROFILE)
    .run();

const PROFILE = JSON.stringify({
  ...{ email: 'a@example.test', givenName: '', familyName: '', fullName: 'A', status: 'active' },
  ...{ isAdmin: 0, isDelegatedAdmin: 0, orgUnitPath: '/', photoUrl: null },
  ...{ attributes: {}, customSchemas: {}, roles: [] },
});

/** The database, told of each transaction that reads events, when it is over. */
function watched(over: (rowsRead: number) => Promise<void> | void): D1Database {
  const inner = new Map<object, { statement: D1PreparedStatement; sql: string }>();
  const told = async (sqls: readonly string[], results: readonly D1Result[]) => {
    if (!sqls.some((sql) => sql.includes('FROM events'))) return;
    await over(results.reduce((sum, { meta }) => sum + meta.rows_read, 0));
  };
  const wrap = (statement: D1PreparedStatement, sql: string): D1PreparedStatement => {
    const all = async () => {
      const result = await statement.all();
      await told([sql], [result]);
      return result;
    };
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
      all,
      run: all,
      first: async (column?: string) => {
        const row = (await all()).results[0] ?? null;
        return row !== null && column !== undefined ? row[column] : row;
      },
      raw: () => statement.raw(),
    };
    inner.set(wrapped, { statement, sql });
    return wrapped as unknown as D1PreparedStatement;
  };
  return {
    prepare: (sql: string) => wrap(env.DB.prepare(sql), sql),
    batch: async (statements: D1PreparedStatement[]) => {
      const known = statements.flatMap((one) => inner.get(one) ?? []);
      const results = await env.DB.batch(known.map(({ statement }) => statement));
      await told(
        known.map(({ sql }) => sql),
        results,
      );
      return results;
    },
  } as unknown as D1Database;
}

/** Follows to the end, as the document says. */
async function follow(query: string, next = 0): Promise<{ seqs: number[]; next: number }> {
  const seqs: number[] = [];
  for (let pages = 0; pages < 20; pages += 1) {
    const { body } = await call<EventPage>(world, token, `/events?after=${next}${query}`);
    seqs.push(...body.events.map(({ seq }) => seq));
    expect(body.next).toBeGreaterThanOrEqual(next);
    next = body.next;
    if (!body.more) return { seqs, next };
  }
  throw new Error('no end');
}

const seqsOf = async (where: string) => {
  const { results } = await env.DB.prepare(
    `SELECT seq FROM events WHERE ${where} ORDER BY seq`,
  ).all<{ seq: number }>();
  return results.map(({ seq }) => seq);
};

describe('while events are stored between any two queries', () => {
  const BEFORE = [0, 1, 4_990, 4_998, 4_999, 5_000, 5_001];
  test.each(
    BEFORE.flatMap((count) => [
      [count, 'type=user.deleted', "type = 'user.deleted'"] as const,
      [count, 'user=2', "user_id = '2'"] as const,
      [count, 'user=1&type=user.deleted', "user_id = '1' AND type = 'user.deleted'"] as const,
    ]),
  )('behind %i others, %s: each once, in order', async (count, query, where) => {
    if (count > 0) await happen(count);
    let times = 0;
    world.env.DB = watched(async () => {
      times += 1;
      if (times > 3) return;
      await happen(3, 'user.deleted');
      await happen(2, 'user.deleted', { userId: '2' });
      await happen(9, 'user.deleted', { directoryId: 'other', userId: '1' });
      await happen(10, 'user.updated');
    });
    let next = 0;
    const all: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const turned = await follow(`&${query}&limit=4`, next);
      all.push(...turned.seqs);
      next = turned.next;
    }
    expect(all).toEqual(await seqsOf(`directory_id = 'default' AND ${where}`));
  });

  test('the oldest are swept meanwhile: none of the younger is missing', async () => {
    await happen(4_990);
    let times = 0;
    await happen(5, 'user.deleted');
    await happen(100);
    await happen(2, 'user.deleted');
    const expected = await seqsOf("type = 'user.deleted'");
    world.env.DB = watched(async () => {
      times += 1;
      if (times === 1) await env.DB.exec('DELETE FROM events WHERE seq <= 300');
    });
    expect((await follow('&type=user.deleted')).seqs).toEqual(expected);
  });
});

describe('a poll', () => {
  test.each(['&type=user.deleted', '&user=2', '&user=1&type=user.deleted', '&limit=500'])(
    'reads once what has happened, and next to nothing where nothing has: %s',
    async (query) => {
      await happen(4_900);
      await happen(5, 'user.updated', { directoryId: 'other' });
      const reads: number[] = [];
      world.env.DB = watched((rowsRead) => void reads.push(rowsRead));
      const first = await follow(query);
      expect(first.next).toBe(4_905);
      expect(reads.reduce((sum, one) => sum + one, 0)).toBeLessThan(
        query === '&limit=500' ? 21_000 : 10_000,
      );
      reads.length = 0;
      for (let i = 0; i < 3; i += 1)
        expect(await follow(query, first.next)).toEqual({ seqs: [], next: first.next });
      expect(reads.reduce((sum, one) => sum + one, 0)).toBeLessThan(20);
      await happen(1, 'user.deleted', { userId: query === '&user=2' ? '2' : '1' });
      expect((await follow(query, first.next)).seqs).toEqual([4_906]);
    },
  );

  test('of a cursor beyond everything stays there', async () => {
    await happen(3);
    expect((await follow('&type=user.deleted', 10)).next).toBe(10);
    expect((await follow('', 10)).next).toBe(10);
  });

  test('where all have been swept goes on from where it was', async () => {
    expect(await follow('&type=user.deleted', 70)).toEqual({ seqs: [], next: 70 });
  });
});

test('a page that is full reads about what it shows', async () => {
  await happen(3_000);
  const cost = async (filter: EventFilter, direction: 'up' | 'down') => {
    let read = 0;
    const db = openDatabase(
      watched((rowsRead) => {
        read += rowsRead;
      }),
    );
    const page = await readEvents(db, 'default', filter, { direction, from: null, limit: 50 });
    expect([page.events.length, page.next !== null]).toEqual([50, true]);
    return read;
  };
  for (const direction of ['up', 'down'] as const) {
    expect(await cost({}, direction)).toBeLessThan(250);
    expect(await cost({ userId: '1' }, direction)).toBeLessThan(250);
    expect(await cost({ type: 'user.updated' }, direction)).toBeLessThan(250);
  }
});
