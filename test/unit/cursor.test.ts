// Cursors: what was given comes back, and nothing else is a place.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { cursorOf, placeIn, placeInTime, seqIn } from '../../src/cursor.ts';

const named = z.strictObject({ at: z.string(), id: z.string() });

describe('a cursor', () => {
  test('gives its place back, and stands in an address as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), fc.string(), (at, id) => {
        const cursor = cursorOf({ at, id });
        expect(cursor).toMatch(/^[\w-]+$/);
        expect(placeIn(cursor, named)).toEqual({ at, id });
      }),
    );
  });

  test('is of the longest org unit, and of nothing longer than all', () => {
    const place = { at: `/${'\u{10348}'.repeat(999)}`, id: '1'.repeat(21) };
    expect(placeIn(cursorOf(place), named)).toEqual(place);
    expect(placeIn(cursorOf({ at: 'a'.repeat(6_000), id: '1' }), named)).toBe(null);
  });

  test.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['no base64url', 'a.b'],
    ['no text', '_w'],
    ['no JSON', 'YQ'],
    ['null', cursorOf(null)],
    ['another place', cursorOf({ atMs: 1 })],
    ['more than a place', cursorOf({ atMs: 1, id: 1, more: 1 })],
    ['what is before all', cursorOf({ atMs: -1, id: 1 })],
    ['what is no whole number', cursorOf({ atMs: 1.5, id: 1 })],
    ['what is beyond all numbers', cursorOf({ atMs: 1e20, id: 1 })],
    ['words for numbers', cursorOf({ atMs: '1', id: 1 })],
  ])('is none: %s', (_, cursor) => {
    expect(placeIn(cursor, placeInTime)).toBe(null);
  });

  test('whatever it says throws nothing', () => {
    fc.assert(fc.property(fc.string(), (text) => placeIn(text, placeInTime) === null));
    fc.assert(fc.property(fc.json().map(cursorOf), (text) => placeIn(text, named) === null));
  });
});

test('a seq is a number of up to 15 digits', () => {
  expect(['0', '17', '9'.repeat(15)].map(seqIn)).toEqual([0, 17, 999_999_999_999_999]);
  expect([undefined, '', '-1', '1e9', '1.5', 'x', '9'.repeat(16)].map((one) => seqIn(one))).toEqual(
    Array(7).fill(null),
  );
});
