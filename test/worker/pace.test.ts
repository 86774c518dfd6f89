// The consumer keeps to a pace that Google can take, and nobody else waits for it.
import { describe, expect, test } from 'vitest';
import { lookAt } from '../../src/sync/look.ts';
import { acquaint, aHint, getsOf, give } from './hints.ts';
import { createWorld, env, type World } from './world.ts';

const MINUTE = 60_000;
const TIMEOUT_MS = 120_000;

/** Notes when each call to Google is made, and each rest of the consumer. */
function watch(world: World) {
  const { fetch } = world.google;
  const { wait } = world.ports;
  const callsAtMs: number[] = [];
  const restsMs: number[] = [];
  world.google.fetch = (request) => {
    callsAtMs.push(world.clock.nowMs);
    return fetch(request);
  };
  world.ports.wait = (ms) => {
    restsMs.push(ms);
    return wait(ms);
  };
  return { callsAtMs, restsMs };
}

/** The most calls in any sixty seconds. */
function mostInAMinute(callsAtMs: readonly number[]): number {
  let most = 0;
  let from = 0;
  for (const [i, atMs] of callsAtMs.entries()) {
    while ((callsAtMs[from] ?? atMs) <= atMs - MINUTE) from += 1;
    most = Math.max(most, i - from + 1);
  }
  return most;
}

async function withPeople(count: number): Promise<World & { ids: string[] }> {
  const world = await createWorld({ seed: false });
  const people = world.google.workspace.addMany(count, { push: false });
  return { ...world, ids: people.map(({ id }) => id) };
}

const countUsers = async () =>
  (await env.DB.prepare('SELECT count(*) AS n FROM users').first<{ n: number }>())?.n;

test(
  '5,000 hints at once keep Google’s 2,400 calls a minute while it answers in no time',
  async () => {
    const world = await withPeople(5_000);
    const { callsAtMs } = watch(world);
    const startMs = world.clock.nowMs;
    await give(world, ...world.ids.map((id) => aHint(world, id, { event: 'add' })));
    await world.consume();
    expect(world.queue).toEqual([]);
    expect(await countUsers()).toBe(5_000);
    expect(callsAtMs.length).toBeGreaterThanOrEqual(5_000);
    expect(mostInAMinute(callsAtMs)).toBeLessThan(2_400);
    // And go no slower than they must: a thousand at once, the rest at twenty a second.
    expect(world.clock.nowMs - startMs).toBeLessThan(205_000);
  },
  TIMEOUT_MS,
);

test('an ordinary day never rests', async () => {
  const world = await withPeople(40);
  const { restsMs } = watch(world);
  for (const id of world.ids) await give(world, aHint(world, id, { event: 'add' }));
  await world.settle();
  expect(await countUsers()).toBe(40);
  expect(restsMs).toEqual([]);
});

describe('a rate limit', () => {
  test(
    'that lasts slows the consumer down as a whole, and nothing is lost',
    async () => {
      const world = await withPeople(200);
      const { restsMs } = watch(world);
      world.google.faults.failNext('get', '429', Number.POSITIVE_INFINITY);
      await give(world, ...world.ids.map((id) => aHint(world, id, { event: 'add' })));
      const startMs = world.clock.nowMs;
      await world.settle(10 * MINUTE);
      const tookMs = world.clock.nowMs - startMs;
      expect(tookMs).toBeGreaterThanOrEqual(10 * MINUTE);
      const [first = 0, second = 0, third = 0] = restsMs;
      expect(first).toBeLessThanOrEqual(1_000);
      expect(second).toBeGreaterThan(first);
      expect(third).toBeGreaterThan(second);
      expect(Math.min(...restsMs.slice(5))).toBeGreaterThanOrEqual(15_000);
      // Six in flight, and no batch more than every 15 seconds, once it has found out.
      expect(getsOf(world)).toBeLessThan(6 * (5 + tookMs / 15_000 + 1));
      expect(world.queue).toHaveLength(200);

      world.google.faults.reset();
      await world.settle(60 * MINUTE);
      expect(world.queue).toEqual([]);
      expect(await countUsers()).toBe(200);
    },
    TIMEOUT_MS,
  );

  test('is over for the next one with a batch that met none', async () => {
    const world = await withPeople(10);
    const { restsMs } = watch(world);
    world.google.faults.failNext('get', '429', 3);
    for (let i = 0; i < 3; i += 1) {
      await give(world, aHint(world, world.ids[i] ?? '', { event: 'add' }));
      await world.consume();
    }
    expect(restsMs).toHaveLength(3);
    expect(restsMs[2]).toBeGreaterThanOrEqual(2_000);
    await give(world, aHint(world, world.ids[8] ?? '', { event: 'add' }));
    await world.consume();
    expect(restsMs).toHaveLength(3);
    world.google.faults.failNext('get', '429');
    await give(world, aHint(world, world.ids[9] ?? '', { event: 'add' }));
    await world.consume();
    expect(restsMs.at(-1)).toBeLessThanOrEqual(1_000);
  });

  test('is rested for as long as Google asks, after the messages are settled', async () => {
    const world = await withPeople(3);
    const { restsMs } = watch(world);
    const { nowMs } = world.clock;
    world.google.faults.failNext('get', '429', 1, { retryAfterSeconds: 45 });
    await give(world, ...world.ids.map((id) => aHint(world, id, { event: 'add' })));
    const handled = await world.consume();
    expect(restsMs).toEqual([45_000]);
    expect(world.clock.nowMs).toBe(nowMs + 45_000);
    expect(handled.some(({ outcome }) => outcome === 'retry')).toBe(true);
    const events = world.logs.map(({ event }) => event);
    expect(events.indexOf('hints.paced')).toBeGreaterThan(events.indexOf('hints.consumed'));
    expect(world.logs.find(({ event }) => event === 'hints.paced')?.fields).toEqual({
      directoryId: 'default',
      restMs: 45_000,
      isRateLimited: true,
    });
  });

  test.each([
    ['429', true],
    ['403 userRateLimitExceeded', true],
    ['403 quotaExceeded', true],
    ['403 forbidden', false],
    ['500', false],
    ['503', false],
    ['502 html', false],
    ['404 html', false],
    ['dropped connection', false],
  ] as const)('is what %s is: %s', async (fault, isOne) => {
    const world = await createWorld();
    const { id } = world.google.workspace.user('noor@example.test');
    await acquaint(world, id);
    const { tokens } = world.ports.api;
    tokens.forget(await tokens.accessToken());
    await tokens.accessToken();
    const { restsMs } = watch(world);
    world.google.faults.failNext('get', fault);
    await give(world, aHint(world, id));
    await world.consume();
    expect(restsMs).toHaveLength(isOne ? 1 : 0);
  });
});

test('whoever signs in waits for nobody, and spends nothing of it', async () => {
  const world = await withPeople(3);
  const { restsMs } = watch(world);
  const { pace, nowMs } = world.ports;
  pace.restAfter(
    { googleCalls: 5_000, rateLimit: { retryAfterSeconds: 60 } },
    world.clock.nowMs,
    0.5,
  );
  const before = nowMs();
  const person = { cause: 'sign-in', noticedMs: before, announcedDelete: false } as const;
  const looked = await lookAt(
    world.ports,
    'default',
    [{ ...person, id: world.ids[0] ?? '' }],
    null,
  );
  expect(looked?.conclusions.get(world.ids[0] ?? '')?.kind).toBe('applied');
  expect(restsMs).toEqual([]);
  expect(nowMs()).toBe(before);
});
