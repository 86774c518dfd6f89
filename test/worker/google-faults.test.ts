// Google fails in every way it has been seen to: nothing is lost, nothing is wrongly written.
import { afterEach, describe, expect, test, vi } from 'vitest';
import { noteProblem, readDirectory } from '../../src/db/directories.ts';
import type { ApiFault } from '../google/fault-switches.ts';
import { acquaint, aHint, deadLetters, getsOf, give } from './hints.ts';
import { createWorld, type World } from './world.ts';

const KEYS = ['noor@example.test', 'it@example.test', 'margit.holm@example.test'];

afterEach(() => {
  vi.restoreAllMocks();
});

/** A world in which three known people were suspended a moment ago. */
async function suspended(): Promise<World & { ids: string[] }> {
  const world = await createWorld();
  const ids = KEYS.map((key) => world.google.workspace.user(key).id);
  await acquaint(world, ...ids);
  // A fresh token: a 403 with an old one is asked again (service-account.test.ts).
  const { tokens } = world.ports.api;
  tokens.forget(await tokens.accessToken());
  await tokens.accessToken();
  world.google.calls.length = 0;
  for (const key of KEYS) world.google.workspace.suspend(key);
  await give(world, ...ids.map((id) => aHint(world, id)));
  return { ...world, ids };
}

async function statuses(world: World & { ids: string[] }): Promise<(string | undefined)[]> {
  const rows = await Promise.all(world.ids.map((id) => world.user(id)));
  return rows.map((row) => row?.status);
}

const ALL = (status: string) => KEYS.map(() => status);

/** A call that takes longer than we wait: the platform's timer is the only clock that a test can't hold. */
function everyCallTimesOut(): void {
  vi.spyOn(AbortSignal, 'timeout').mockImplementation(() =>
    AbortSignal.abort(new DOMException('timed out', 'TimeoutError')),
  );
}

interface Case {
  fault: ApiFault;
  code: string;
  /** How it goes on if it goes on: tried until it works, or a dead letter after seven tries. */
  ends: 'never' | 'dead letter';
}

const cases: readonly Case[] = [
  { fault: '429', code: 'rateLimitExceeded', ends: 'never' },
  { fault: '403 userRateLimitExceeded', code: 'userRateLimitExceeded', ends: 'never' },
  { fault: '403 quotaExceeded', code: 'quotaExceeded', ends: 'never' },
  { fault: '500', code: 'internalError', ends: 'never' },
  { fault: '503', code: 'backendError', ends: 'never' },
  { fault: '502 html', code: 'html-response', ends: 'never' },
  { fault: 'dropped connection', code: 'network', ends: 'never' },
  { fault: 'slow', code: 'timeout', ends: 'never' },
  { fault: 'empty body', code: 'invalid-response', ends: 'never' },
  { fault: '403 forbidden', code: 'forbidden', ends: 'dead letter' },
  { fault: '404 html', code: 'html-response', ends: 'dead letter' },
  { fault: 'empty 200', code: 'invalid-response', ends: 'dead letter' },
];

describe('a get that fails', () => {
  test.each(cases)(
    'once, with $fault: nobody is written wrongly, and the next look stores it',
    async ({ fault, code }) => {
      const world = await suspended();
      if (fault === 'slow') everyCallTimesOut();
      world.google.faults.failNext('get', fault, 3);

      const handled = await world.consume();
      vi.restoreAllMocks();

      expect(handled.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'retry']);
      for (const { delaySeconds } of handled) expect(delaySeconds).toBeGreaterThanOrEqual(1);
      expect(await statuses(world)).toEqual(ALL('active'));
      expect(world.logs.find(({ event }) => event === 'hints.consumed')?.fields).toMatchObject({
        again: 3,
        reasons: [code],
      });
      world.google.faults.reset();
      await world.settle();
      expect(await statuses(world)).toEqual(ALL('suspended'));
      expect(world.queue).toEqual([]);
      expect(await deadLetters()).toEqual([]);
    },
  );

  test.each(cases.filter(({ ends, fault }) => ends === 'never' && fault !== 'slow'))(
    'for an hour, with $fault: every hint waits, and is stored when Google is back',
    async ({ fault }) => {
      const world = await suspended();
      world.google.faults.failNext('get', fault, Number.POSITIVE_INFINITY);

      await world.settle(3_600_000);

      expect(world.queue).toHaveLength(3);
      expect(await statuses(world)).toEqual(ALL('active'));
      // Backed off: three people, about a dozen tries each.
      expect(getsOf(world)).toBeLessThan(60);
      world.google.faults.reset();
      await world.settle(3_600_000);
      expect(await statuses(world)).toEqual(ALL('suspended'));
      expect(await deadLetters()).toEqual([]);
    },
  );

  test.each(cases.filter(({ ends }) => ends === 'dead letter'))(
    'for good, with $fault: tries for three intervals, then a dead letter, and nobody is written wrongly',
    async ({ fault, code }) => {
      const world = await suspended();
      world.google.faults.failNext('get', fault, Number.POSITIVE_INFINITY);

      await world.settle(3_600_000);

      expect(world.queue).toEqual([]);
      expect(await statuses(world)).toEqual(ALL('active'));
      expect((await deadLetters()).map(({ reason }) => reason)).toEqual(KEYS.map(() => code));
    },
  );

  test.each(cases.filter(({ fault }) => fault !== 'slow'))(
    'for one person only, with $fault, delays that person alone or those behind it, and decides nobody’s row',
    async ({ fault }) => {
      const world = await suspended();
      world.google.faults.failNext('get', fault, 1);

      await world.consume();
      const early = await statuses(world);
      await world.settle();

      expect(new Set(early)).not.toContain('deleted');
      expect(early).toContain('active');
      expect(await statuses(world)).toEqual(ALL('suspended'));
    },
  );
});

describe('Retry-After', () => {
  test.each(['429', '503', '403 userRateLimitExceeded'] as const)(
    'of a %s is the least that every message waits',
    async (fault) => {
      const world = await suspended();
      world.google.faults.failNext('get', fault, 3, { retryAfterSeconds: 300 });

      const handled = await world.consume();

      expect(handled.map(({ outcome }) => outcome)).toEqual(['retry', 'retry', 'retry']);
      for (const { delaySeconds } of handled) expect(delaySeconds).toBeGreaterThanOrEqual(300);
    },
  );

  test('of a day is honoured for an hour', async () => {
    const world = await suspended();
    world.google.faults.failNext('get', '429', 3, { retryAfterSeconds: 86_400 });

    const handled = await world.consume();

    expect(handled.map(({ delaySeconds }) => delaySeconds)).toEqual([3_600, 3_600, 3_600]);
  });
});

describe('a refusal that everybody would meet', () => {
  test.each(['429', '403 quotaExceeded', '403 userRateLimitExceeded'] as const)(
    'ends the asking of the batch: %s',
    async (fault) => {
      const world = await createWorld();
      const people = world.google.workspace.addMany(20, { push: false });
      world.google.faults.failNext('get', fault, Number.POSITIVE_INFINITY);

      await give(world, ...people.map(({ id }) => aHint(world, id, { event: 'add' })));
      const handled = await world.consume();

      expect(handled.every(({ outcome }) => outcome === 'retry')).toBe(true);
      expect(getsOf(world)).toBeLessThanOrEqual(6);
      world.google.faults.reset();
      await world.settle(3_600_000);
      expect((await world.users()).length).toBe(20);
    },
  );

  test('a 503 of one person does not: the others are asked', async () => {
    const world = await createWorld();
    const people = world.google.workspace.addMany(20, { push: false });
    world.google.faults.failNext('get', '503', 1);

    await give(world, ...people.map(({ id }) => aHint(world, id, { event: 'add' })));
    await world.consume();

    expect((await world.users()).length).toBe(19);
  });
});

describe('a broken credential', () => {
  const breakages: { code: string; how: (world: World) => void; mend: (world: World) => void }[] = [
    {
      code: 'token-delegation',
      how: ({ google }) => {
        google.accounts.removeDelegation();
        google.tokens.revokeAll();
      },
      mend: ({ google }) =>
        google.accounts.delegate(['https://www.googleapis.com/auth/admin.directory.user.readonly']),
    },
    {
      code: 'token-client-disabled',
      how: ({ google }) => {
        google.accounts.disable();
        google.tokens.revokeAll();
      },
      mend: ({ google }) => google.accounts.enable(),
    },
    {
      code: 'accessNotConfigured',
      how: ({ google }) => google.accounts.disableApi(),
      mend: ({ google }) => google.accounts.enableApi(),
    },
    {
      code: 'domainCannotUseApis',
      how: ({ google }) => {
        google.accounts.domainAllowsApis = false;
      },
      mend: ({ google }) => {
        google.accounts.domainAllowsApis = true;
      },
    },
  ];

  test.each(breakages)(
    'keeps every hint until it is mended, and is noted: $code',
    async ({ code, how, mend }) => {
      const world = await suspended();
      how(world);

      await world.settle(3_600_000);

      expect(world.queue).toHaveLength(3);
      expect(await statuses(world)).toEqual(ALL('active'));
      expect(await deadLetters()).toEqual([]);
      const directory = await readDirectory(world.ports.db, 'default');
      expect(directory?.problem).toBe(code);
      expect(directory?.problemSinceMs).not.toBeNull();

      mend(world);
      await world.settle(3_600_000);
      expect(await statuses(world)).toEqual(ALL('suspended'));
      expect(await readDirectory(world.ports.db, 'default')).toMatchObject({
        problem: null,
        problemSinceMs: null,
      });
    },
  );

  test("is not what one person's 403 or 404 is", async () => {
    const world = await suspended();
    world.google.faults.failNext('get', '403 forbidden', 3);

    await world.consume();

    expect(await readDirectory(world.ports.db, 'default')).toMatchObject({ problem: null });
  });

  test("lets one person's refusal wait as well, instead of ending it as a dead letter", async () => {
    const world = await suspended();
    await noteProblem(world.ports.db, 'default', 'forbidden', world.clock.nowMs);
    world.google.faults.failNext('get', '403 forbidden', Number.POSITIVE_INFINITY);

    await world.settle(3_600_000);

    expect(await deadLetters()).toEqual([]);
    expect(world.queue).toHaveLength(3);
    world.google.faults.reset();
    await world.settle(3_600_000);
    expect(await statuses(world)).toEqual(ALL('suspended'));
  });

  test.each(['429', '500', '503', '502 html', 'dropped connection'] as const)(
    'is not a stumble of the token endpoint: %s',
    async (fault) => {
      const world = await suspended();
      world.google.tokens.revokeAll();
      world.google.faults.failNext('token', fault, 2);

      await world.consume();
      expect(await readDirectory(world.ports.db, 'default')).toMatchObject({ problem: null });
      await world.settle();

      expect(await statuses(world)).toEqual(ALL('suspended'));
    },
  );
});

test('a token that ends in the middle of a batch is replaced once, and nobody waits', async () => {
  const world = await suspended();
  world.google.tokens.revokeAll();

  const handled = await world.consume();

  expect(handled.map(({ outcome }) => outcome)).toEqual(['ack', 'ack', 'ack']);
  expect(world.google.calls.filter(({ kind }) => kind === 'token')).toHaveLength(1);
  expect(await statuses(world)).toEqual(ALL('suspended'));
});

test('an admin who leaves while the token lives is followed by the next of GOOGLE_ADMIN_EMAIL', async () => {
  const world = await createWorld({
    vars: { GOOGLE_ADMIN_EMAIL: 'admin@example.test, it@example.test' },
  });
  const { id } = world.google.workspace.user('noor@example.test');
  await acquaint(world, id);
  world.google.workspace.suspend('admin@example.test');
  world.google.workspace.suspend('noor@example.test');

  await give(world, aHint(world, id));
  await world.consume();

  expect(await world.user(id)).toMatchObject({ status: 'suspended' });
});
