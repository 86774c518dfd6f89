// What Google says about a person → the row that stands for them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObservedRow } from '../../src/db/mapped.ts';
import { parseDirectoryUser } from '../../src/google/user.ts';
import { toObservedRow } from '../../src/sync/observation.ts';
import { rolesBySchema } from './roles-by-schema.ts';

const ID = '108204816326412800001';

/** Maps Google's answer about an active person, with these fields laid over it. */
function rowOf(fields: Record<string, unknown> = {}): ObservedRow | null {
  const wire = {
    id: ID,
    customerId: 'C0rollcall1',
    primaryEmail: 'ana@example.test',
    name: { givenName: 'Ana', familyName: 'New', fullName: 'Ana New' },
    suspended: false,
    archived: false,
    ...fields,
  };
  const user = parseDirectoryUser(wire);
  return toObservedRow({ id: ID, user, cause: 'push', noticedMs: 5 }, rolesBySchema('Roles'));
}

function livingRow(fields: Record<string, unknown> = {}) {
  const row = rowOf(fields);
  if (row?.kind !== 'living') throw new Error(`not kept as a living person: ${row?.kind}`);
  return row;
}

const attributes = (fields: Record<string, unknown>) => JSON.parse(livingRow(fields).attributes);

/** Custom fields nested this deep; Google's own are two deep. */
function nested(depth: number): unknown {
  let value: unknown = 'leaf';
  for (let i = 0; i < depth; i++) value = { a: value };
  return value;
}

describe('a person', () => {
  test('of whom Google tells as little as it may has a row without holes', () => {
    expect(rowOf({ name: undefined })).toEqual({
      kind: 'living',
      id: ID,
      cause: 'push',
      noticedMs: 5,
      email: 'ana@example.test',
      givenName: '',
      familyName: '',
      fullName: '',
      status: 'active',
      isAdmin: 0,
      isDelegatedAdmin: 0,
      orgUnitPath: '/',
      photoUrl: null,
      attributes: '{}',
      customSchemas: '{}',
      roles: '[]',
      words: '["ana"]',
    });
  });

  test('is known by primaryEmail, with or without the list of emails', () => {
    const emails = [{ address: 'other@example.test', primary: true }];

    expect(livingRow({ emails: undefined }).email).toBe('ana@example.test');
    expect(livingRow({ emails: [] }).email).toBe('ana@example.test');
    expect(livingRow({ emails }).email).toBe('ana@example.test');
  });

  test('has no trace of fields that nobody mapped', () => {
    const odd = { recoveryPhone: '+4612345', password: 'x', newFieldOfTomorrow: { a: 1 } };

    expect(rowOf(odd)).toEqual(rowOf());
  });

  test('who is gone leaves nothing but the id', () => {
    const row = toObservedRow(
      { id: ID, user: null, cause: 'push', noticedMs: 5 },
      rolesBySchema('Roles'),
    );

    expect(row).toEqual({ kind: 'gone', id: ID, cause: 'push', noticedMs: 5 });
  });

  test('keeps the rest of what downstream systems ask for', () => {
    expect(
      attributes({
        aliases: ['b@example.test', 'a@example.test'],
        nonEditableAliases: ['ana@example-studio.test'],
        organizations: [
          { title: 'Old', department: 'Old' },
          { primary: true, title: 'Boss', department: 'IT', name: 'Example', costCenter: '42' },
        ],
        relations: [
          { type: 'spouse', value: 'x@example.test' },
          { type: 'manager', value: 'm@example.test' },
        ],
        externalIds: [
          { type: 'account', value: 'nope' },
          { type: 'organization', value: 'E-1' },
        ],
        phones: [
          { type: 'home', value: '+1' },
          { type: 'work', primary: true, value: '+2' },
        ],
        languages: [{ languageCode: 'sv', preference: 'preferred' }],
      }),
    ).toEqual({
      aliases: ['a@example.test', 'b@example.test'],
      nonEditableAliases: ['ana@example-studio.test'],
      title: 'Boss',
      department: 'IT',
      organization: 'Example',
      costCenter: '42',
      manager: 'm@example.test',
      employeeId: 'E-1',
      phone: '+2',
      phones: [
        { primary: true, type: 'work', value: '+2' },
        { type: 'home', value: '+1' },
      ],
      language: 'sv',
    });
  });
});

describe('names and custom fields are stored faithfully', () => {
  test.each([
    ['a right-to-left name', 'نور الحداد'],
    ['an emoji made of several', '👩‍🚀 Ana 🏳️‍🌈'],
    ['a name in Han characters', '山田太郎'],
    ['an apostrophe and quotes', `O'Neil "Bo" \\ --;`],
    ['a combining accent', 'Zoe\u0308'],
    ['markup', '<b>&amp;</b>'],
  ])('%s', (_, name) => {
    const row = livingRow({ name: { givenName: name, familyName: name, fullName: name } });

    expect(row).toMatchObject({ givenName: name, familyName: name, fullName: name });
  });

  test('an int64 as the text that Google sends', () => {
    const customSchemas = { User_Level: { Grade: '9223372036854775807' } };

    expect(livingRow({ customSchemas }).customSchemas).toContain('"9223372036854775807"');
  });

  test('a text of 500 characters outside the basic plane', () => {
    const long = '𝒜'.repeat(500);
    const { customSchemas } = livingRow({ customSchemas: { User_Level: { Motto: long } } });

    expect(JSON.parse(customSchemas)).toEqual({ User_Level: { Motto: long } });
  });

  test('a schema and a field that are called __proto__', () => {
    const customSchemas = JSON.parse('{"__proto__":{"__proto__":true},"Roles":{"Editor":true}}');
    const row = livingRow({ customSchemas });

    expect(row.customSchemas).toBe('{"Roles":{"Editor":true},"__proto__":{"__proto__":true}}');
    expect(row.roles).toBe('["Editor"]');
  });

  test('whatever text it is, where the database can hold it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        fc.pre(name.isWellFormed() && !name.includes('\u0000'));
        expect(livingRow({ name: { givenName: name } }).givenName).toBe(name);
      }),
    );
  });
});

describe('NUL and lone surrogates become U+FFFD before they are stored or compared', () => {
  const bad = 'a\u0000b\uD800';
  const good = 'a\uFFFDb\uFFFD';

  test('in every column', () => {
    const row = livingRow({
      primaryEmail: `${bad}@example.test`,
      name: { givenName: bad, familyName: bad, fullName: bad },
      orgUnitPath: `/${bad}`,
      thumbnailPhotoUrl: `https://lh3.googleusercontent.com/${bad}`,
      aliases: [bad],
      organizations: [{ title: bad }],
      customSchemas: { [bad]: { [bad]: bad } },
    });

    expect(row).toMatchObject({
      email: `${good}@example.test`,
      givenName: good,
      familyName: good,
      fullName: good,
      orgUnitPath: `/${good}`,
      photoUrl: `https://lh3.googleusercontent.com/${good}`,
    });
    expect(JSON.parse(row.attributes)).toMatchObject({ aliases: [good], title: good });
    expect(JSON.parse(row.customSchemas)).toEqual({ [good]: { [good]: good } });
  });

  test('whatever Google answers', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, fc.dictionary(text, fc.dictionary(text, text)), (name, customSchemas) => {
        const row = livingRow({ name: { givenName: name }, customSchemas, aliases: [name] });
        const whole = JSON.stringify(row);
        expect(whole.isWellFormed()).toBe(true);
        expect(whole).not.toContain('\\u0000');
        expect(whole).not.toMatch(/\\ud[89a-f]/i);
      }),
    );
  });
});

describe('status', () => {
  test.each([
    { suspended: false, archived: false, status: 'active' },
    { suspended: true, archived: false, status: 'suspended' },
    { suspended: false, archived: true, status: 'archived' },
    { suspended: true, archived: true, status: 'suspended' },
  ])('is $status where suspended is $suspended and archived is $archived', (row) => {
    expect(livingRow(row).status).toBe(row.status);
  });
});

describe("Google's word: nobody stays in because their profile is odd", () => {
  const large = { customSchemas: { Big: { Text: 'x'.repeat(300_000) } } };
  const deep = { customSchemas: { Deep: nested(5_000) } };

  test.each([
    ['too large', large],
    ['nested too deep', deep],
    ['unreadable', { primaryEmail: 'no address' }],
  ])('of somebody out whose profile is %s the status is kept', (_, odd) => {
    expect(rowOf({ ...odd, suspended: true })).toEqual({
      kind: 'status',
      id: ID,
      cause: 'push',
      noticedMs: 5,
      status: 'suspended',
    });
    expect(rowOf({ ...odd, archived: true })).toMatchObject({ kind: 'status', status: 'archived' });
  });

  test.each([
    ['too large', large],
    ['nested too deep', deep],
  ])('of somebody active whose profile is %s nothing is kept', (_, odd) => {
    expect(rowOf(odd)).toMatchObject({ kind: 'present' });
  });

  test('the size counts in bytes, as the database counts it', () => {
    const text = (character: string) => ({ Big: { Text: character.repeat(100_000) } });

    expect(rowOf({ customSchemas: text('x') })?.kind).toBe('living');
    expect(rowOf({ customSchemas: text('山') })).toMatchObject({ kind: 'present' });
  });

  test('nesting that SQLite would not take as JSON is too deep, too', () => {
    expect(rowOf({ customSchemas: { Deep: nested(20) } })?.kind).toBe('living');
    expect(rowOf({ customSchemas: { Deep: nested(1_200) } })).toMatchObject({ kind: 'present' });
  });
});

describe('multi-valued fields have no order', () => {
  const people = {
    aliases: ['a@example.test', 'b@example.test', 'c@example.test'],
    organizations: [{ title: 'A' }, { title: 'B' }, { department: 'C' }],
    relations: [
      { type: 'manager', value: 'a@example.test' },
      { type: 'manager', value: 'b@example.test' },
    ],
    externalIds: [
      { type: 'organization', value: '1' },
      { type: 'organization', value: '2' },
    ],
    phones: [{ value: '1' }, { value: '2' }, { value: '3' }],
    languages: [{ languageCode: 'sv' }, { languageCode: 'en' }],
  };

  test('so the same person in another order is the same row', () => {
    const inAnyOrder = fc.record({
      aliases: fc.shuffledSubarray(people.aliases, { minLength: 3 }),
      organizations: fc.shuffledSubarray(people.organizations, { minLength: 3 }),
      relations: fc.shuffledSubarray(people.relations, { minLength: 2 }),
      externalIds: fc.shuffledSubarray(people.externalIds, { minLength: 2 }),
      phones: fc.shuffledSubarray(people.phones, { minLength: 3 }),
      languages: fc.shuffledSubarray(people.languages, { minLength: 2 }),
    });
    fc.assert(
      fc.property(inAnyOrder, (fields) => {
        expect(rowOf(fields)).toEqual(rowOf(people));
      }),
    );
  });
});
