// What a search for people costs: it goes by an index, sorts nothing, and reads a few rows for each who is shown, on the
// first page as on a deep one, whatever statistics there are; and where nobody fits, it stops.
import { beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { type PeopleCursor, type PeopleFilter, searchPeople } from '../../src/db/people.ts';
import { env, freshStorage } from './world.ts';

const db = openDatabase(env.DB);

beforeEach(freshStorage);

/** Searches, and the rows that a page of each may read for each person on it. */
const FILTERS: readonly (readonly [string, PeopleFilter, number])[] = [
  ['everybody', {}, 2],
  ['a word', { words: ['ana'] }, 4],
  // Each of them is met twice.
  ['a word that they have twice', { words: ['an'] }, 6.2],
  ['two words', { words: ['ana', 'per'] }, 4],
  ['an address', { address: 'ana' }, 2],
  ['a role', { role: 'team:a' }, 4],
  ['an org unit', { orgUnitPath: '/A' }, 4],
  ['a status', { status: 'suspended' }, 4],
  ['the active', { status: 'active' }, 2],
];

/** Searches that find nobody among the 3,000 whom what leads the way finds. */
const IN_VAIN: readonly (readonly [string, PeopleFilter])[] = [
  ['a word, and a role of nobody', { words: ['person'], role: 'nobody' }],
  ['a word, and an org unit of nobody', { words: ['person'], orgUnitPath: '/nowhere' }],
  ['a word, and one of nobody', { words: ['person', 'zzz'] }],
  ['an address, and a role of nobody', { address: '', role: 'nobody' }],
  ['a role, and an org unit of nobody', { role: 'all', orgUnitPath: '/nowhere' }],
  ['a role, and a letter of nobody', { role: 'all', words: ['z'] }],
  ['a letter, and a word part of nobody', { words: ['p', 'z'] }],
  ['an org unit of nobody', { orgUnitPath: '/nowhere', status: 'active', address: '' }],
];

/** Searches of which one condition finds nobody at once. */
const AT_ONCE: readonly (readonly [string, PeopleFilter])[] = [
  ['a letter, and a role of nobody', { words: ['p'], role: 'nobody' }],
  ['two letters, and a status of nobody', { words: ['pe'], status: 'archived' }],
  ['a role, and a status of nobody', { role: 'all', status: 'archived' }],
  ['an org unit, and a role of nobody', { orgUnitPath: '/A', role: 'nobody' }],
  ['a role, and a word of nobody', { role: 'all', words: ['zzz'] }],
];

/** So many people as rows, a few of whom are anything in particular. */
async function fill(directoryId: string, count: number): Promise<void> {
  await env.DB.prepare(`INSERT INTO directories (id, customer, admin_email) VALUES (?1, ?1, 'a@b')`)
    .bind(directoryId)
    .run();
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
     INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin,
       is_delegated_admin, org_unit_path, attributes, custom_schemas, roles, words, ticket, written, cause, noticed_ms,
       created_ms, changed_ms)
     SELECT ?1 || i, ?1, iif(i % 3 = 0, 'ana', 'bob') || i || '@example.test', 'P', 'N', 'P N',
       iif(i % 4 = 0, 'suspended', 'active'), 0, 0,
       iif(i % 5 < 3, iif(i % 5 = 1, '/A', '/A/B') , '/A-' || i % 5), '{}', '{}', iif(i % 3 = 1, '["lead","team:a","all"]', '["all"]'),
       json_array(iif(i % 3 = 0, 'ana', 'bob') || i, 'person', iif(i % 3 = 0, 'anders', 'bo')), 1, 1, 'reconcile', 1, 1, 1
     FROM n`,
  )
    .bind(directoryId, count)
    .run();
}

/** What a page costs: the statements and the rows they read. */
async function costOf(filter: PeopleFilter, after: PeopleCursor | null, limit = 50) {
  let read = 0;
  const asked: { sql: string; values: unknown[] }[] = [];
  const prepare = (sql: string) => ({
    bind: (...values: unknown[]) => ({
      all: async () => {
        asked.push({ sql, values });
        const result = await env.DB.prepare(sql)
          .bind(...values)
          .all();
        read += result.meta.rows_read;
        return result;
      },
    }),
  });
  const counting = { ...db, d1: { prepare } as unknown as D1Database };
  const page = await searchPeople(counting, 'big', filter, { after, limit });
  return { page, read, asked };
}

const STATISTICS = {
  'no statistics': async () => fill('big', 3_000),
  'statistics from before anybody was there': async () => {
    await env.DB.exec('ANALYZE');
    await fill('big', 3_000);
  },
  'statistics of a crowd that is all of another directory': async () => {
    await fill('crowd', 3_000);
    await env.DB.exec('ANALYZE');
    await fill('big', 3_000);
  },
  'statistics of everybody': async () => {
    await fill('big', 3_000);
    await fill('crowd', 5);
    await env.DB.exec('ANALYZE');
  },
};

describe.each(Object.entries(STATISTICS))('with %s', (_, prepare) => {
  test('each search goes by an index and sorts nothing; each page costs a few rows for each person', async () => {
    await prepare();
    for (const [name, filter, most] of FILTERS) {
      const first = await costOf(filter, null);
      const deep = await costOf(filter, await cursorAt(filter, 600));
      for (const [where, { page, read, asked }] of Object.entries({ first, deep })) {
        expect(page.people.length, `${name}, ${where}`).toBe(50);
        expectWays(await planOf(asked), name);
        expect(read, `${name}, ${where}`).toBeLessThanOrEqual(most * 50);
      }
    }
  });

  test('where nobody fits, a page stops at 2,000 who were asked, and the next goes on behind them', async () => {
    await prepare();
    for (const [name, filter] of IN_VAIN) {
      const first = await costOf(filter, null);
      expect(first.page.people, name).toEqual([]);
      expect(first.page.next, name).not.toBeNull();
      // Of each the way to them, they themselves, and a word that they do not have; then the way to the edge.
      expect(first.read, name).toBeLessThanOrEqual(4 * 2_000 + 10);
      const second = await costOf(filter, first.page.next);
      expect(second.page, name).toEqual({ people: [], next: null });
      expect(second.read, name).toBeLessThanOrEqual(4 * 1_000 + 10);
      for (const { asked } of [first, second]) expectWays(await planOf(asked), name);
    }
    for (const [name, filter] of AT_ONCE) {
      const { page, read } = await costOf(filter, null);
      expect(page, name).toEqual({ people: [], next: null });
      expect(read, name).toBeLessThanOrEqual(10);
    }
  });
});

/** That a search goes by an index, and sorts nothing. */
function expectWays(plan: readonly string[], name: string): void {
  // What a search of an index found may be called `u` as well.
  const isFound = plan.includes('CO-ROUTINE u');
  const scan = isFound ? /^SCAN [to]\b/ : /^SCAN [tou]\b/;
  const wrong = plan.filter(
    (step) => scan.test(step) || /TEMP B-TREE|AUTOMATIC|MATERIALIZE/.test(step),
  );
  expect(wrong, name).toEqual([]);
  const ways = plan.filter((step) => /^SEARCH [tou]\b/.test(step));
  expect(ways.length, name).toBeGreaterThan(0);
  for (const way of ways) expect(way, name).toMatch(WAY);
}

const WAY =
  /^SEARCH (t USING PRIMARY KEY \(directory_id=\? AND (term>\?|\(term,user_id\)>\(\?,\?\)) AND term<\?\)|u USING PRIMARY KEY \(id=\?\)( LEFT-JOIN)?|o USING (COVERING )?INDEX users_by_email \(directory_id=\? AND (email>\?|\(email,id\)>\(\?,\?\)) AND email<\?\))$/;

async function planOf(asked: readonly { sql: string; values: unknown[] }[]): Promise<string[]> {
  const steps: string[] = [];
  for (const { sql, values } of asked) {
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
      .bind(...values)
      .all<{ detail: string }>();
    steps.push(...results.map(({ detail }) => detail));
  }
  return steps;
}

/** Where the page behind the first so many begins. */
async function cursorAt(filter: PeopleFilter, count: number): Promise<PeopleCursor | null> {
  const { next } = await searchPeople(db, 'big', filter, { after: null, limit: count });
  return next;
}
