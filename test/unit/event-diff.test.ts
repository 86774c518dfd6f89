// What an event changed, in words: fields, paths into JSON, lists by what came and went, and text that means no good.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, diffOf, valueText } from '../../src/console/event-diff.ts';

const PERSON = {
  email: 'ana@example.test',
  givenName: 'Ana',
  familyName: 'Moreira',
  fullName: 'Ana Moreira',
  status: 'active',
  isAdmin: 0,
  isDelegatedAdmin: 0,
  orgUnitPath: '/',
  photoUrl: null,
  attributes: {},
  customSchemas: {},
  roles: [],
};

const line = ({ kind, field, before, after }: Change) =>
  kind === 'value'
    ? `${field}: ${before} → ${after}`
    : `${field} ${before === null ? '+' : '−'}${before ?? after}`;

const linesOf = (before: object | null, after: object) =>
  diffOf(
    before === null ? null : JSON.stringify({ ...PERSON, ...before }),
    JSON.stringify({ ...PERSON, ...after }),
  ).map(line);

describe('diffOf', () => {
  test.each<[string, object, object, string[]]>([
    ['nothing', {}, {}, []],
    ['an address', {}, { email: 'b@example.test' }, ['Address: ana@example.test → b@example.test']],
    ['a status', {}, { status: 'suspended' }, ['Status: active → suspended']],
    ['a right', {}, { isAdmin: 1 }, ['Super admin: no → yes']],
    ['a photo that came', {}, { photoUrl: 'https://p' }, ['Photo: null → https://p']],
    [
      'a field of a schema',
      { customSchemas: { User_Level: { Grade: '4', Lead: true } } },
      { customSchemas: { User_Level: { Grade: '6', Lead: true } } },
      ['User_Level.Grade: 4 → 6'],
    ],
    [
      'a tick that was taken away, and one that was unset',
      { customSchemas: { PM: { a: true, b: true } } },
      { customSchemas: { PM: { a: false } } },
      ['PM.a: true → false', 'PM.b: true → null'],
    ],
    [
      'a whole schema',
      {},
      { customSchemas: { PM: { a: true, n: 3 } } },
      ['PM.a: null → true', 'PM.n: null → 3'],
    ],
    [
      'one of several values',
      { customSchemas: { S: { f: [{ type: 'work', value: 'x' }, { value: 'y' }] } } },
      {
        customSchemas: {
          S: { f: [{ value: 'y' }, { type: 'custom', customType: 'Q', value: 'z' }] },
        },
      },
      ['S.f −x (work)', 'S.f +z (Q)'],
    ],
    ['an order', { roles: ['a', 'b'] }, { roles: ['b', 'a'] }, []],
    [
      'attributes',
      { attributes: { title: 'Clerk', aliases: ['a@x', 'b@x'] } },
      { attributes: { title: 'Chief', aliases: ['b@x', 'c@x'], department: 'D' } },
      ['Title: Clerk → Chief', 'Alias −a@x', 'Alias +c@x', 'Department: null → D'],
    ],
    ['roles', { roles: ['a', 'b'] }, { roles: ['b', 'c'] }, ['Role −a', 'Role +c']],
    [
      'the number 1 and the text',
      { customSchemas: { S: { f: 1 } } },
      { customSchemas: { S: { f: '1' } } },
      ['S.f: 1 → "1"'],
    ],
    [
      'a value that became a group of them',
      { customSchemas: { S: { f: 'x' } } },
      { customSchemas: { S: { f: { g: 1 } } } },
      ['S.f: x → {"g":1}'],
    ],
    [
      'names that every object has',
      {},
      JSON.parse('{"customSchemas":{"__proto__":{"constructor":true},"toString":{"x":1}}}'),
      ['__proto__.constructor: null → true', 'toString.x: null → 1'],
    ],
  ])('%s', (_, before, after, lines) => {
    expect(linesOf(before, after)).toEqual(lines);
  });

  test('somebody came: what they came with, and not what they lack', () => {
    expect(linesOf(null, { roles: ['lead'], customSchemas: { S: { f: true } } })).toEqual([
      'Address: null → ana@example.test',
      'Given name: null → Ana',
      'Family name: null → Moreira',
      'Name: null → Ana Moreira',
      'Status: null → active',
      'Organisation unit: null → /',
      'S.f: null → true',
      'Role +lead',
    ]);
  });

  test.each(['', 'null', '[]', '7', '{"roles":{}}', '{"attributes":[1],"customSchemas":"x"}', '{'])(
    'what is no event has no readable change, or one: %s',
    (text) => {
      expect(diffOf(text, text)).toEqual([]);
      expect(diffOf(null, text).length).toBeLessThan(2);
    },
  );

  test('a huge value is cut between characters, and a huge event counts what it leaves out', () => {
    const [change] = diffOf(
      JSON.stringify(PERSON),
      JSON.stringify({ ...PERSON, fullName: '😀'.repeat(5_000) }),
    );
    expect(change?.after).toBe(`${'😀'.repeat(160)}…`);
    const fields = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`f${i}`, i]));
    const changes = diffOf(
      JSON.stringify(PERSON),
      JSON.stringify({ ...PERSON, customSchemas: { ['s'.repeat(500)]: fields } }),
    );
    expect(changes).toHaveLength(61);
    expect(changes[60]).toEqual({ kind: 'more', field: '', before: null, after: '40' });
    expect(changes[0]?.field).toBe(`${'s'.repeat(80)}…`);
  });

  test('what differs far inside is shown from there', () => {
    const far = (end: string) =>
      JSON.stringify({ ...PERSON, fullName: `${'x'.repeat(900)}${end}` });
    expect(diffOf(far('1'), far('2')).map(line)).toEqual([
      `Name: …${'x'.repeat(40)}1" → …${'x'.repeat(40)}2"`,
    ]);
  });

  test('what is nested a thousand deep is told as text', () => {
    const deep = `${'{"a":'.repeat(900)}1${'}'.repeat(900)}`;
    const [change] = diffOf('{}', `{"customSchemas":${deep}}`);
    expect(change?.field).toBe('a.a.a.a.a.a');
    expect(change?.after).toMatch(/^\{"a":/);
  });

  test('any two sides: bounded, never thrown at, and empty for the same', () => {
    const side = fc.record({
      email: fc.string(),
      roles: fc.array(fc.string()),
      attributes: fc.dictionary(fc.string(), fc.jsonValue()),
      customSchemas: fc.dictionary(fc.string(), fc.jsonValue()),
    });
    fc.assert(
      fc.property(side, side, (before, after) => {
        const [was, is] = [JSON.stringify(before), JSON.stringify(after)];
        expect(diffOf(is, is)).toEqual([]);
        const changes = diffOf(was, is);
        expect(changes.length).toBeLessThanOrEqual(61);
        for (const { field, before: from, after: to } of changes) {
          expect(from).not.toBe(to);
          for (const text of [field, from ?? '', to ?? ''])
            expect([...text].length).toBeLessThanOrEqual(161);
        }
      }),
    );
  });
});

test('a value as a line', () => {
  expect(valueText({ value: '+49 1', type: 'work', primary: true })).toBe('+49 1 (work)');
  expect(valueText({ value: 3 })).toBe('3');
  expect(valueText({ value: { a: 1 } })).toBe('{"value":{"a":1}}');
  expect(valueText([1, 'x'])).toBe('[1,"x"]');
});
