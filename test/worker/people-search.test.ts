// Finding people: what the index finds is what a look at everybody would find, on however many pages, and never
// somebody of another directory.
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import {
  isCursorOf,
  type PeopleCursor,
  type PeopleFilter,
  readPerson,
  searchPeople,
} from '../../src/db/people.ts';
import type { UserStatus } from '../../src/db/schema.ts';
import { foldedWords, searchWords } from '../../src/roles/search-words.ts';
import { env, freshStorage } from './world.ts';

const db = openDatabase(env.DB);

interface Somebody {
  id: string;
  email: string;
  fullName: string;
  status: UserStatus;
  orgUnitPath: string;
  roles: string[];
}

beforeEach(freshStorage);

async function aDirectory(id: string, people: readonly Somebody[]): Promise<void> {
  const person = (one: Somebody) =>
    env.DB.prepare(
      `INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin,
         is_delegated_admin, org_unit_path, attributes, custom_schemas, roles, words, ticket, written, cause,
         noticed_ms, created_ms, changed_ms, deleted_ms)
       VALUES (?1, ?2, ?3, '', '', ?4, ?5, 0, 0, ?6, '{}', '{}', ?7, ?8, 1, 1, 'reconcile', 1, 1, 1, ?9)`,
    ).bind(
      one.id,
      id,
      one.email,
      one.fullName,
      one.status,
      one.orgUnitPath,
      JSON.stringify(one.roles),
      JSON.stringify(searchWords(one)),
      one.status === 'deleted' ? 1 : null,
    );
  await env.DB.batch([
    env.DB.prepare(
      `INSERT OR IGNORE INTO directories (id, customer, admin_email) VALUES (?1, ?1, 'a@b')`,
    ).bind(id),
    ...people.map(person),
  ]);
}

/** Whom a look at everybody finds. */
function naively(people: readonly Somebody[], filter: PeopleFilter): string[] {
  const { words = [], address = '', role, orgUnitPath = '/', status } = filter;
  return people
    .filter((one) => {
      const own = searchWords(one);
      return (
        words.every((word) => own.some((mine) => mine.startsWith(word))) &&
        one.email.startsWith(address) &&
        (role === undefined || one.roles.includes(role)) &&
        (orgUnitPath === '/' ||
          one.orgUnitPath === orgUnitPath ||
          one.orgUnitPath.startsWith(`${orgUnitPath}/`)) &&
        (status === undefined || one.status === status)
      );
    })
    .map(({ id }) => id)
    .toSorted();
}

/** Everybody whom a search finds, page by page. @param scanned how many one page asks at most; else more than there are */
async function throughPages(
  directoryId: string,
  filter: PeopleFilter,
  limit: number,
  scanned?: number,
) {
  const ids: string[] = [];
  let after: PeopleCursor | null = null;
  let short = 0;
  for (let page = 0; page < 400; page += 1) {
    const ways = { after, limit, ...(scanned !== undefined && { scanned }) };
    const { people, next } = await searchPeople(db, directoryId, filter, ways);
    ids.push(...people.map(({ id }) => id));
    if (next === null) return { ids, short };
    if (scanned === undefined) expect(people).toHaveLength(limit);
    else expect(people.length).toBeLessThanOrEqual(Math.min(limit, scanned));
    if (people.length < limit) short += 1;
    expect(isCursorOf(filter, next)).toBe(true);
    after = next;
  }
  throw new Error('the pages never end');
}

const NAMES = [
  'Ana',
  'Anna',
  'ána',
  'ANA-Maria',
  'Müller',
  'muller',
  'Straße',
  'w:ana',
  '%',
  '_',
  "'; --",
  '李小龙',
  '‮gnp',
  'İpek',
  '😀',
  'ﬁne',
];
const UNITS = ['/', '/A', '/A/B', '/A/B/C', '/A-Z', '/A B', '/a', '/A%', '/Ä', '/A/', '/😀/x'];
const ROLES = ['lead', 'lead2', 'team:a', 'team:A', 'rollcall:admin'];
const STATUSES: UserStatus[] = ['active', 'suspended', 'archived', 'deleted'];

const somebody = fc.record({
  email: fc
    .tuple(
      fc.constantFrom('ana', 'an', 'ana.maria', 'x', "o'neil", 'ana_b'),
      fc.constantFrom('@a.test', '@b.test'),
    )
    .map((parts) => parts.join('')),
  fullName: fc
    .array(fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'grapheme', maxLength: 6 })), {
      maxLength: 4,
    })
    .map((parts) => parts.join(' ').replaceAll('\0', '')),
  status: fc.constantFrom(...STATUSES),
  orgUnitPath: fc.constantFrom(...UNITS),
  roles: fc.uniqueArray(fc.constantFrom(...ROLES)),
});

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const typed = fc.oneof(
  fc.constantFrom(
    'a',
    'an',
    'ana',
    'ana ma',
    'MÜLL',
    'strasse',
    'ma ana',
    'w',
    '李',
    'an an',
    'ı',
    'ipek',
  ),
  fc.string({ unit: 'grapheme', maxLength: 4 }),
);
const filters = fc
  .record({
    q: maybe(typed),
    address: maybe(fc.constantFrom('a', 'ana@', 'ana@a.test', '', 'zz')),
    role: maybe(fc.constantFrom(...ROLES, 'nothing')),
    orgUnitPath: maybe(fc.constantFrom(...UNITS)),
    status: maybe(fc.constantFrom(...STATUSES)),
  })
  .map(({ q, ...rest }): PeopleFilter => {
    const filter = { ...rest, words: q === undefined ? undefined : foldedWords(q) };
    return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
  });

/** What leads the way, each without company. */
const ALONE: readonly PeopleFilter[] = [
  { words: ['an'] },
  { address: 'ana' },
  { role: 'lead' },
  { orgUnitPath: '/A' },
  { status: 'suspended' },
];

test('finds whom a look at everybody finds, each once, in one order, on pages of any size, however few a page asks, and nobody of another directory', async () => {
  let runs = 0;
  let hits = 0;
  let short = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(somebody, { maxLength: 14 }),
      fc.array(filters, { minLength: 6, maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 2, max: 8 }),
      async (fields, searches, limit, scanned) => {
        runs += 1;
        const directory = `d${runs}`;
        const people = fields.map((one, i) => ({ ...one, id: `${runs}-${i}` }));
        // Everybody is there twice; the others are none of ours.
        await aDirectory(directory, people);
        await aDirectory(
          `x${runs}`,
          people.map((one) => ({ ...one, id: `x${one.id}` })),
        );
        for (const filter of [...searches, ...ALONE]) {
          const found = await throughPages(directory, filter, limit);
          expect(found.ids.toSorted(), JSON.stringify(filter)).toEqual(naively(people, filter));
          const bounded = await throughPages(directory, filter, limit, scanned);
          expect(bounded.ids, JSON.stringify(filter)).toEqual(found.ids);
          if (Object.keys(filter).length > 0 && found.ids.length > 0) hits += 1;
          short += bounded.short;
        }
      },
    ),
    { numRuns: 40 },
  );
  // Or it says nothing about filters.
  expect(hits).toBeGreaterThan(20);
  expect(short).toBeGreaterThan(20);
}, 60_000);

test('whoever has several words that begin so is found once', async () => {
  await aDirectory('d', [
    {
      id: '1',
      email: 'anna@a.test',
      fullName: 'Ana An',
      status: 'active',
      orgUnitPath: '/',
      roles: [],
    },
  ]);
  expect((await throughPages('d', { words: ['an'] }, 10)).ids).toEqual(['1']);
  expect((await throughPages('d', { words: ['an'] }, 10, 1)).ids).toEqual(['1']);
});

test('a cursor of another search is seen, and finds nobody', async () => {
  await aDirectory('d', [
    {
      id: '1',
      email: 'ana@a.test',
      fullName: 'Ana',
      status: 'active',
      orgUnitPath: '/A',
      roles: ['lead'],
    },
  ]);
  const searches: [PeopleFilter, string][] = [
    [{ words: ['ana'] }, 'w:an'],
    [{ words: ['ana'] }, ''],
    [{ role: 'lead' }, 'role:le'],
    [{ status: 'suspended' }, 'is:'],
    [{ orgUnitPath: '/A' }, 'in:/'],
    [{ address: 'b' }, 'ana@a.test'],
  ];
  for (const [filter, at] of searches) {
    expect(isCursorOf(filter, { at, id: '' })).toBe(false);
    const page = await searchPeople(db, 'd', filter, { after: { at, id: '' }, limit: 10 });
    expect(page).toEqual({ people: [], next: null });
  }
});

test('a person by id, or by address in any case: the living before the gone, never one of another directory', async () => {
  const one = { email: 'ana@a.test', fullName: 'Ana', orgUnitPath: '/', roles: [] };
  await aDirectory('d', [
    { ...one, id: '100001', status: 'deleted' },
    { ...one, id: '100002', status: 'active' },
    { ...one, id: '100004', email: 'Bob@A.test', status: 'active' },
  ]);
  await aDirectory('x', [{ ...one, id: '100003', email: 'eve@a.test', status: 'active' }]);
  expect((await readPerson(db, 'd', 'ANA@a.test'))?.id).toBe('100002');
  // As Google spells it, should it ever send another case.
  expect((await readPerson(db, 'd', 'Bob@A.test'))?.id).toBe('100004');
  expect((await readPerson(db, 'd', '100001'))?.status).toBe('deleted');
  for (const key of ['100003', 'eve@a.test', '', '@', "' OR 1=1 --"])
    expect(await readPerson(db, 'd', key)).toBeNull();
});
