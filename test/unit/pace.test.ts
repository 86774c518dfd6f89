// How long the consumer rests after a batch, as a pure rule: by what it has spent, and by what Google says.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { Pace, paceOf } from '../../src/sync/pace.ts';
import { anEnv } from './environment.ts';

const START_MS = Date.UTC(2026, 10, 22, 9);
const MINUTE = 60_000;

const calls = (googleCalls: number) => ({ googleCalls, rateLimit: null });
const limited = (retryAfterSeconds = 0, googleCalls = 1) => ({
  googleCalls,
  rateLimit: { retryAfterSeconds },
});

describe('what is spent', () => {
  test('up to a thousand calls at once cost no rest, and the next one does', () => {
    const pace = new Pace();
    for (let i = 0; i < 25; i += 1) expect(pace.restAfter(calls(40), START_MS, 0)).toBe(0);
    expect(pace.restAfter(calls(1), START_MS, 0)).toBe(50);
    expect(pace.restAfter(calls(45), START_MS + 50, 0)).toBe(2_250);
  });

  test('comes back at twenty a second, up to a thousand', () => {
    const pace = new Pace();
    pace.restAfter(calls(1_000), START_MS, 0);
    expect(pace.restAfter(calls(200), START_MS + 10_000, 0)).toBe(0);
    expect(pace.restAfter(calls(1_001), START_MS + 24 * 60 * MINUTE, 0)).toBe(50);
  });

  test('is not given back by a clock that runs backwards', () => {
    const pace = new Pace();
    pace.restAfter(calls(1_000), START_MS, 0);
    expect(pace.restAfter(calls(20), START_MS - MINUTE, 0)).toBe(1_000);
  });

  test('a steady trickle never rests', () => {
    const pace = new Pace();
    for (let second = 0; second < 3_600; second += 2) {
      expect(pace.restAfter(calls(40), START_MS + second * 1_000, 0)).toBe(0);
    }
  });

  test('never comes to more than 2,245 in any minute, however batches come', () => {
    const batch = fc.record({
      googleCalls: fc.integer({ min: 0, max: 45 }),
      tookMs: fc.constantFrom(0, 0, 0, 1, 500, 20_000),
    });
    const batches = fc.array(batch, { minLength: 200, maxLength: 400 });
    fc.assert(
      fc.property(batches, (all) => {
        const pace = new Pace();
        const spent: { atMs: number; googleCalls: number }[] = [];
        let nowMs = START_MS;
        for (const { googleCalls, tookMs } of all) {
          spent.push({ atMs: nowMs, googleCalls });
          nowMs += tookMs;
          nowMs += pace.restAfter(calls(googleCalls), nowMs, 0.5);
        }
        for (const { atMs } of spent) {
          const inMinute = spent.filter((one) => one.atMs >= atMs && one.atMs < atMs + MINUTE);
          expect(inMinute.reduce((sum, one) => sum + one.googleCalls, 0)).toBeLessThanOrEqual(
            2_245,
          );
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('a rate limit', () => {
  const rests = (random: number, count: number) => {
    const pace = new Pace();
    return Array.from({ length: count }, () => pace.restAfter(limited(0, 0), START_MS, random));
  };

  test('is answered by a rest that doubles, up to half a minute, jittered over its upper half', () => {
    expect(rests(0, 7)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(rests(0.5, 7)).toEqual([750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500]);
    expect(rests(0.999_999, 3)).toEqual([1_000, 2_000, 4_000]);
  });

  test('however long it lasts', () => {
    expect(rests(0, 5_000).at(-1)).toBe(15_000);
  });

  test('is over with a batch that met none, and not with one that asked nothing', () => {
    const pace = new Pace();
    for (let i = 0; i < 3; i += 1) pace.restAfter(limited(), START_MS, 0);
    expect(pace.restAfter(calls(0), START_MS, 0)).toBe(0);
    expect(pace.restAfter(limited(), START_MS, 0)).toBe(4_000);
    expect(pace.restAfter(calls(1), START_MS, 0)).toBe(0);
    expect(pace.restAfter(limited(), START_MS, 0)).toBe(500);
  });

  test.each([
    [0, 500],
    [1, 1_000],
    [45, 45_000],
    [60, 60_000],
    [3_600, 60_000],
  ])('that asks for %d seconds is given %d ms', (seconds, restMs) => {
    expect(new Pace().restAfter(limited(seconds), START_MS, 0)).toBe(restMs);
  });

  test('does not shorten our own rest', () => {
    const pace = new Pace();
    for (let i = 0; i < 5; i += 1) pace.restAfter(limited(), START_MS, 0);
    expect(pace.restAfter(limited(2), START_MS, 0)).toBe(15_000);
  });

  test('comes on top of an empty bucket', () => {
    const pace = new Pace();
    pace.restAfter(calls(1_000), START_MS, 0);
    expect(pace.restAfter(limited(0, 20), START_MS, 0)).toBe(1_500);
  });
});

test('a deployment has one pace, another one its own', () => {
  const configOf = () => {
    const parsed = parseConfig(anEnv());
    if (!parsed.ok) throw new Error('no configuration');
    return parsed.config;
  };
  const config = configOf();
  expect(paceOf(config)).toBe(paceOf(config));
  expect(paceOf(configOf())).not.toBe(paceOf(config));
});
