// How long a hint waits before its next try.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffSeconds } from '../../src/sync/backoff.ts';

const attempts = fc.integer({ min: 1, max: 200 });
/** In [0, 1), as Math.random gives it. */
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before the next try', () => {
  test.each([
    { attempt: 1, shortest: 1, longest: 2 },
    { attempt: 2, shortest: 2, longest: 4 },
    { attempt: 3, shortest: 4, longest: 8 },
    { attempt: 5, shortest: 16, longest: 32 },
    { attempt: 9, shortest: 256, longest: 512 },
    { attempt: 10, shortest: 450, longest: 900 },
    { attempt: 100, shortest: 450, longest: 900 },
  ])('lies between $shortest and $longest s after try $attempt', (row) => {
    expect(backoffSeconds(row.attempt, 0)).toBe(row.shortest);
    expect(backoffSeconds(row.attempt, 0.999_999)).toBe(row.longest);
  });

  test('is always a whole number of seconds from 1 s to 15 minutes', () => {
    fc.assert(
      fc.property(attempts, chance, (attempt, random) => {
        const seconds = backoffSeconds(attempt, random);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(1);
        expect(seconds).toBeLessThanOrEqual(900);
      }),
    );
  });

  test('never shrinks from one try to the next, for the same chance', () => {
    fc.assert(
      fc.property(attempts, chance, (attempt, random) => {
        expect(backoffSeconds(attempt + 1, random)).toBeGreaterThanOrEqual(
          backoffSeconds(attempt, random),
        );
      }),
    );
  });

  test('is spread by chance over half of its range, so that a crowd does not come back at once', () => {
    const waits = new Set(
      Array.from({ length: 100 }, (_, i) => backoffSeconds(8, i / 100)).toSorted((a, b) => a - b),
    );

    expect(Math.min(...waits)).toBe(128);
    expect(Math.max(...waits)).toBeGreaterThan(250);
    expect(waits.size).toBeGreaterThan(90);
  });

  test('is never less than Retry-After, and honours at most an hour of it', () => {
    fc.assert(
      fc.property(
        attempts,
        chance,
        fc.integer({ min: 0, max: 100_000 }),
        (attempt, random, asked) => {
          const seconds = backoffSeconds(attempt, random, asked);
          expect(seconds).toBe(Math.max(backoffSeconds(attempt, random), Math.min(3_600, asked)));
        },
      ),
    );
  });
});
