// The search for people, as an operator has it: what is typed, what narrows it down, pages, and addresses that somebody made
// up. What the index finds is people-search.test.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import { searchWords } from '../../src/roles/search-words.ts';
import {
  anotherDirectory,
  aPerson,
  expectGuarded,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  type PersonFields,
  windowAt,
  windowOf,
} from './operators.ts';
import { ADMIN, listenToLog } from './signed-in.ts';
import type { Visitor } from './visitor.ts';
import { env } from './world.ts';

let world: OperatorWorld;
let admin: Visitor;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
});

/** Somebody who can be found by name and address. */
async function findable(id: string, fields: PersonFields & { email: string; fullName: string }) {
  await aPerson(id, fields);
  await env.DB.prepare('UPDATE users SET words = ?2 WHERE id = ?1')
    .bind(id, JSON.stringify(searchWords(fields)))
    .run();
}

const path = (fields: Record<string, string>) =>
  `/console/people?${new URLSearchParams(fields).toString()}`;

interface Page {
  status: number;
  text: string;
  /** In order. */
  ids: string[];
  next: string | null;
}

async function pageOf(address: string, visitor = admin): Promise<Page> {
  const response = await visitor.ask(address);
  expectGuarded(response);
  const text = await response.text();
  const ids = [...text.matchAll(/href="\/console\/people\/(\d+)"/g)].map(([, id = '']) => id);
  const next = /<a class="button" href="([^"]+)" rel="next">/.exec(text)?.[1] ?? null;
  return { status: response.status, text, ids, next: next?.replaceAll('&amp;', '&') ?? null };
}

const found = async (fields: Record<string, string>) => (await pageOf(path(fields))).ids;
const wordsOf = (text: string) => text.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

describe('what is typed', () => {
  beforeEach(async () => {
    await findable('700001', {
      email: 'zoe.muller@example.test',
      fullName: 'Zoë Müller-Straße',
      orgUnitPath: '/Zed/Two',
      roles: ['lead', 'team:a', 'team:b', 'team:c', 'team:d'],
      isAdmin: true,
    });
    await findable('700002', {
      email: '123456@example.test',
      fullName: 'Zoe Other',
      orgUnitPath: '/Zed-Not',
      status: 'suspended',
      roles: ['lead'],
    });
    await findable('700003', { email: 'gone@example.test', fullName: 'Zora', orgUnitPath: '/Zed' });
  });

  test.each<[Record<string, string>, string[]]>([
    [{ q: 'zoe' }, ['700001', '700002']],
    [{ q: '  ZOË  mull' }, ['700001']],
    [{ q: 'strasse' }, ['700001']],
    [{ q: 'zoe.muller@' }, ['700001']],
    [{ q: 'Zoe.Muller@Example.Test' }, ['700001']],
    [{ q: 'muller@' }, []],
    [{ q: '700002' }, ['700002']],
    [{ q: '123456' }, ['700002']],
    [{ q: '700009' }, []],
    [{ q: '%' }, []],
    [{ q: 'zo', role: 'lead' }, ['700001', '700002']],
    [{ role: 'team:a' }, ['700001']],
    [{ role: 'no-such-role' }, []],
    [{ org_unit: '/Zed' }, ['700003', '700001']],
    [{ org_unit: 'Zed/' }, ['700003', '700001']],
    [{ q: 'zo', status: 'suspended' }, ['700002']],
    [{ q: 'zoe', role: 'lead', org_unit: '/Zed', status: 'active' }, ['700001']],
    [{ q: 'zoe', status: 'no-such-status' }, ['700001', '700002']],
  ])('%j', async (fields, ids) => {
    expect(await found(fields)).toEqual(ids);
  });

  test('the page says what it looked for, keeps it in the form, and shows a few roles of many', async () => {
    const { text } = await pageOf(
      path({ q: 'zoe', role: 'lead', org_unit: '/Zed', status: 'active' }),
    );
    const words = wordsOf(text);
    expect(words).toContain(
      '1 found: active people with a name or address with “ zoe ” and the role lead in /Zed or below it',
    );
    for (const field of ['value="zoe"', 'value="lead"', 'value="/Zed"', 'value="active" selected'])
      expect(text).toContain(field);
    expect(words).toContain('lead team:a team:b +2 and 2 more');
    expect(words).toContain('super admin');
    const nobody = await pageOf(path({ q: 'nobody', org_unit: '/Zed' }));
    expect(nobody.status).toBe(200);
    expect(wordsOf(nobody.text)).toContain('Nobody was found.');
    expect(wordsOf((await pageOf(path({ q: '!!!' }))).text)).toContain('no letter or digit');
  });

  test('somebody of another directory is found by nothing, and their operator finds only them', async () => {
    await anotherDirectory();
    await findable('800001', {
      directoryId: 'other',
      email: 'zoe.muller@other.test',
      fullName: 'Zoe Elsewhere',
      roles: ['lead'],
      orgUnitPath: '/Zed',
      status: 'suspended',
    });
    const boss = await windowOf(world, OTHER_ADMIN);
    const searches = [
      { q: 'zoe' },
      { q: 'zoe.muller@' },
      { q: '800001' },
      { role: 'lead' },
      { org_unit: '/Zed' },
      { status: 'suspended' },
      {},
    ];
    for (const fields of searches) {
      expect(await found(fields)).not.toContain('800001');
      const theirs = (await pageOf(path(fields), boss)).ids;
      expect(theirs.filter((id) => !['800001', OTHER_ADMIN].includes(id))).toEqual([]);
      expect(theirs).toContain('800001');
    }
    expect((await pageOf(path({ q: '700001' }), boss)).ids).toEqual([]);
  });
});

describe('pages', () => {
  beforeEach(async () => {
    for (let i = 0; i < 120; i += 1) {
      const number = String(700_000 + i);
      const fields = { email: `crowd${number}@example.test`, fullName: 'Crowd', orgUnitPath: '/C' };
      await findable(number, { ...fields, roles: ['crowd'] });
    }
  });

  test.each([[{ q: 'crowd' }], [{ role: 'crowd' }], [{ org_unit: '/C' }]])(
    '%j: everybody once, fifty at a time, with a way back',
    async (fields) => {
      const ids: string[] = [];
      let at: string | null = path(fields);
      const sizes: number[] = [];
      while (at !== null) {
        const page: Page = await pageOf(at);
        expect(page.status).toBe(200);
        expect(page.text.includes('First page')).toBe(sizes.length > 0);
        sizes.push(page.ids.length);
        ids.push(...page.ids);
        at = page.next;
      }
      expect(sizes).toEqual([50, 50, 20]);
      expect(new Set(ids).size).toBe(120);
    },
  );

  test('an `after` that is of no page of this search is refused with a page, whatever it is', async () => {
    const { next } = await pageOf(path({ q: 'crowd' }));
    const after = new URL(next ?? '', 'https://x').searchParams.get('after') ?? '';
    const encoded = (value: unknown) => btoa(JSON.stringify(value)).replaceAll('=', '');
    const hostile = [
      'x',
      '%00',
      '=',
      "' OR 1=1 --",
      'A'.repeat(5_000),
      encoded([]),
      encoded(['w:crowd']),
      encoded(['w:crowd', 1]),
      encoded(['w:crowd', '1', '2']),
      encoded({ at: 'w:crowd' }),
      encoded(['is:admin', '']),
      encoded(['', '']),
      encoded('w:crowd'),
      btoa('[[[[[').replaceAll('=', ''),
      '_w',
    ];
    for (const text of hostile) {
      const page = await pageOf(path({ q: 'crowd', after: text }));
      expect([text, page.status]).toEqual([text, 400]);
      expect(wordsOf(page.text)).toContain('There is no such page of this search');
      expect(page.ids).toEqual([]);
    }
    for (const other of [{ q: 'ana' }, { role: 'crowd' }, { q: '!!' }])
      expect((await pageOf(path({ ...other, after }))).status).toBe(400);
    expect((await pageOf(path({ q: 'crowd', after }))).status).toBe(200);
  });
});

/** 2,100 people, of whom one near the beginning and one near the end have a role. */
const manyPeople = () =>
  env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2100)
     INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin, is_delegated_admin,
       org_unit_path, attributes, custom_schemas, roles, words, ticket, written, cause, noticed_ms, created_ms, changed_ms)
     SELECT 7000000 + i, 'default', 'many' || i || '@example.test', '', '', 'Many', 'active', 0, 0, '/Many', '{}', '{}',
       iif(7000000 + i IN (7000005, 7002050), '["rare"]', '[]'), '["many"]', 1, 1, 'reconcile', 1, 1, 1 FROM n`,
  ).run();

test('who are few among many: a page that is not full says so, and the next looks further', async () => {
  await manyPeople();
  // The word leads: everybody has it.
  const few = await pageOf(path({ q: 'many', role: 'rare' }));
  expect(few.ids).toEqual(['7000005']);
  expect(wordsOf(few.text)).toContain(
    'Look further Nobody else among those who were looked through so far. There are more.',
  );
  const rest = await pageOf(few.next ?? '');
  expect([rest.ids, rest.next]).toEqual([['7002050'], null]);

  const nobody = await pageOf(path({ q: 'many', org_unit: '/Nowhere' }));
  expect(nobody.ids).toEqual([]);
  expect(wordsOf(nobody.text)).toContain(
    'Look further Nobody among those who were looked through so far. There are more.',
  );
  expect(nobody.text).not.toContain('Nobody was found');
  const end = await pageOf(nobody.next ?? '');
  expect([end.ids, end.next]).toEqual([[], null]);
  expect(wordsOf(end.text)).toContain('Nobody more was found.');

  const full = await pageOf(path({ q: 'many' }));
  expect(full.ids).toHaveLength(50);
  expect(full.text).toContain('Next page');
  expect(full.text).not.toContain('Look further');
});

test.each([
  '?q=%ff%fe',
  '?q=%',
  `?q=${'a'.repeat(5_000)}`,
  `?org_unit=${'/x'.repeat(3_000)}`,
  '?q=a&q=b&status=active&status=x',
  '?q=%00',
  '?role=%00%0a&org_unit=%00',
  '?q=%E2%80%AE%40',
  `?q=${'ab '.repeat(60)}`,
])('made up: %s', async (query) => {
  const { status } = await pageOf(`/console/people${query}`);
  expect(status).toBe(200);
});
