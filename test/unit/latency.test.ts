// What changes took, in all and by the hour: quantiles that were measured, in the hour where they belong.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tookWords } from '../../src/console/event-words.ts';
import { dayStart, latencyDay, quantilesOf } from '../../src/console/latency.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 22, 9, 30);

describe('quantiles', () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

  test.each([
    [[], null],
    [[7], { count: 1, p50: 7, p99: 7 }],
    [[3, 1], { count: 2, p50: 1, p99: 3 }],
    [upTo(100), { count: 100, p50: 50, p99: 99 }],
    [upTo(101), { count: 101, p50: 51, p99: 100 }],
    [upTo(1_000).reverse(), { count: 1_000, p50: 500, p99: 990 }],
    [[10, 9, 100], { count: 3, p50: 10, p99: 100 }],
  ])('%j', (latencies, expected) => {
    expect(quantilesOf(latencies)).toEqual(expected);
  });

  test('are measured values, and as many lie below as they say (a property)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e9), { minLength: 1 }), (latencies) => {
        const found = quantilesOf(latencies);
        for (const [value = -1, share] of [
          [found?.p50, 0.5],
          [found?.p99, 0.99],
        ] as const) {
          expect(latencies).toContain(value);
          const below = latencies.filter((one) => one <= value).length;
          expect(below / latencies.length).toBeGreaterThanOrEqual(share);
          const under = latencies.filter((one) => one < value).length;
          expect(under / latencies.length).toBeLessThan(share);
        }
      }),
    );
  });
});

describe('a day', () => {
  const START = dayStart(NOW);

  test('is 24 hours of the clock, the last one under way', () => {
    const { hours, all } = latencyDay([], NOW, START);
    expect([hours.length, hours[0]?.startMs, hours.at(-1)?.startMs]).toEqual([
      24,
      Date.UTC(2026, 10, 21, 10),
      Date.UTC(2026, 10, 22, 9),
    ]);
    expect(all).toBeNull();
  });

  test('has each change in its hour, and none from before or after', () => {
    const { hours, all } = latencyDay(
      [
        { atMs: START - 1, latencyMs: 1 },
        { atMs: START, latencyMs: 2 },
        { atMs: START + HOUR - 1, latencyMs: 4 },
        { atMs: NOW, latencyMs: 8 },
        { atMs: NOW + HOUR, latencyMs: 16 },
      ],
      NOW,
      START,
    );
    expect(hours[0]?.taken).toEqual({ count: 2, p50: 2, p99: 4 });
    expect(hours[23]?.taken).toEqual({ count: 1, p50: 8, p99: 8 });
    expect(hours.slice(1, 23).every(({ taken }) => taken === null)).toBe(true);
    expect(all).toEqual({ count: 3, p50: 4, p99: 8 });
  });

  test('knows whether it is whole', () => {
    expect(latencyDay([], NOW, START).isWhole).toBe(true);
    expect(latencyDay([], NOW, START + 1).isWhole).toBe(false);
  });
});

test.each([
  [0, '0 ms'],
  [-5, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [9_949, '9.9 s'],
  [9_950, '10 s'],
  [119_000, '119 s'],
  [119_500, '2 min'],
  [3_600_000, '60 min'],
  [7_200_000, '2 h'],
])('%i is %s', (ms, words) => {
  expect(tookWords(ms)).toBe(words);
});
