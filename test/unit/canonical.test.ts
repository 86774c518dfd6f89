// One spelling for equal data.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, storableText } from '../../src/sync/canonical.ts';

const anyText = fc.string({ unit: 'binary' });
const json = fc.jsonValue({ stringUnit: 'binary' });

/** The same data with every object's keys and every array's items in another order. */
function shuffled(value: unknown, random: () => number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const inAnyOrder = <T>(items: T[]) =>
    items
      .map((item) => [random(), item] as const)
      .toSorted(([a], [b]) => a - b)
      .map(([, item]) => item);
  if (Array.isArray(value)) return inAnyOrder(value.map((item) => shuffled(item, random)));
  return Object.fromEntries(
    inAnyOrder(Object.entries(value)).map(([key, item]) => [key, shuffled(item, random)]),
  );
}

describe('storable text', () => {
  test.each([
    ['NUL', 'a\u0000b', 'a\uFFFDb'],
    ['several NULs', '\u0000\u0000', '\uFFFD\uFFFD'],
    ['a high surrogate alone', 'a\uD83Db', 'a\uFFFDb'],
    ['a low surrogate alone', 'a\uDE00b', 'a\uFFFDb'],
    ['surrogates in the wrong order', '\uDE00\uD83D', '\uFFFD\uFFFD'],
  ])('holds U+FFFD in place of %s', (_, given, stored) => {
    expect(storableText(given)).toBe(stored);
  });

  test.each([
    ['emoji with a joiner', '👩‍🚀 Ana'],
    ['a right-to-left name', 'نور الحداد'],
    ['right-to-left marks', '\u202Eabc\u202C'],
    ['a combining accent, not composed', 'e\u0301'],
    ['control characters other than NUL', 'a\u0001\u001F\u007Fb'],
    ['a byte order mark', '\uFEFFAna'],
    ['blanks at both ends', '  Ana  '],
  ])('keeps %s to the letter', (_, text) => {
    expect(storableText(text)).toBe(text);
  });

  test('is well formed, without NUL, and as long as what was given', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const stored = storableText(text);
        expect(stored.isWellFormed()).toBe(true);
        expect(stored).not.toContain('\u0000');
        expect(stored.length).toBe(text.length);
        expect(storableText(stored)).toBe(stored);
      }),
    );
  });
});

describe('canonical JSON', () => {
  test('puts keys in order, however deep', () => {
    expect(canonicalJson({ b: { d: 1, c: 2 }, a: 3 })).toBe('{"a":3,"b":{"c":2,"d":1}}');
  });

  test('takes arrays as sets without an order, and keeps what occurs twice', () => {
    const one = [{ value: 'b' }, { value: 'a', type: 'work' }, { value: 'b' }];
    const other = [{ value: 'b' }, { value: 'b' }, { type: 'work', value: 'a' }];

    expect(canonicalJson(one)).toBe(canonicalJson(other));
    expect(JSON.parse(canonicalJson(one))).toHaveLength(3);
    expect(canonicalJson(one)).not.toBe(canonicalJson(one.slice(1)));
  });

  test('is the same for the same data in any order', () => {
    fc.assert(
      fc.property(json, fc.infiniteStream(fc.double({ noNaN: true })), (value, stream) => {
        const random = () => stream.next().value as number;
        expect(canonicalJson(shuffled(value, random))).toBe(canonicalJson(value));
      }),
    );
  });

  test('loses nothing but order: what it spells reads back as equal', () => {
    const plain = fc.jsonValue().filter((v) => !hasArray(v));
    fc.assert(
      fc.property(plain, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('is what reading it back would spell again', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });

  test('maps NUL and lone surrogates in keys as well as in values', () => {
    expect(canonicalJson({ 'a\u0000': 'b\uD800' })).toBe('{"a\uFFFD":"b\uFFFD"}');
    expect(canonicalJson(['\uDC00'])).toBe('["\uFFFD"]');
  });

  test('keeps a key called __proto__ as data', () => {
    const given = JSON.parse('{"__proto__":{"isAdmin":true},"a":1}');

    expect(canonicalJson(given)).toBe('{"__proto__":{"isAdmin":true},"a":1}');
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
  });

  test('keeps an int64 text to its last digit', () => {
    expect(canonicalJson({ n: '9223372036854775807' })).toBe('{"n":"9223372036854775807"}');
  });

  test('leaves out what is undefined and spells what JSON lacks as null', () => {
    expect(canonicalJson({ a: undefined, b: Number.NaN, c: Number.POSITIVE_INFINITY })).toBe(
      '{"b":null,"c":null}',
    );
  });
});

function hasArray(value: unknown): boolean {
  if (Array.isArray(value)) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasArray);
}
