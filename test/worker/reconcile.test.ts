// A pass through Google's list: the first import, what later passes find, and what none of them may do.
import { describe, expect, test } from 'vitest';
import { type Directory, readDirectory, takePassTicket } from '../../src/db/directories.ts';
import { type ReconcileRun, readLastRun } from '../../src/db/reconcile-runs.ts';
import { syncHealth } from '../../src/sync/health.ts';
import type { Steps } from '../../src/sync/pass.ts';
import { declareLost } from '../../src/sync/pass-due.ts';
import type { SyncPorts } from '../../src/sync/ports.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { durableSteps } from './durable-steps.ts';
import { createWorld, env, START_MS, type World, type WorldOptions } from './world.ts';

const MINUTE = 60_000;
const TIMEOUT_MS = 30_000;

let passes = 0;
/** One whole pass under an id of its own. */
async function pass(
  world: World,
  steps: Steps = durableSteps([], (ms) => world.advance(ms)),
  ports: Partial<SyncPorts> = {},
) {
  passes += 1;
  const id = `default-${passes}`;
  return reconcile({ ...world.ports, ...ports }, steps, { id, directoryId: 'default' });
}

async function directoryOf(world: World): Promise<Directory> {
  const directory = await readDirectory(world.ports.db, 'default');
  if (directory === null) throw new Error('no directory yet');
  return directory;
}

async function lastRun(world: World): Promise<ReconcileRun> {
  const run = await readLastRun(world.ports.db, 'default');
  if (run === null) throw new Error('no pass yet');
  return run;
}

const ids = (people: readonly { id: string }[]) => people.map(({ id }) => id).toSorted();

/** Everything that is known about people, to the last column. */
async function peopleAndEvents(): Promise<unknown> {
  const users = await env.DB.prepare('SELECT * FROM users ORDER BY id').all();
  const events = await env.DB.prepare('SELECT * FROM events ORDER BY seq').all();
  return { users: users.results, events: events.results };
}

/** People and events without what the number of looks decides. */
async function whatIsKnown(): Promise<unknown> {
  const users = await env.DB.prepare(
    'SELECT id, email, status, full_name, is_admin, roles, cause FROM users ORDER BY id',
  ).all();
  const events = await env.DB.prepare(
    'SELECT user_id, type FROM events ORDER BY user_id, seq',
  ).all();
  return { users: users.results, events: events.results };
}

/** Which of them comes first is another person's turn in each pass. */
const inOrder = <T>(hints: readonly T[]) =>
  hints.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const lists = (world: World) => world.google.calls.filter(({ kind }) => kind === 'list');

/** A world whose first import is complete. */
async function imported(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld(options);
  expect(await pass(world)).toBe('complete');
  world.advance(15 * MINUTE);
  return world;
}

const newcomer = (name: string) => ({
  primaryEmail: `${name}@example.test`,
  givenName: name,
  familyName: 'New',
});

describe('the first import', () => {
  test(
    'brings in everybody, over several pages, each with one event',
    async () => {
      const world = await createWorld();
      world.google.workspace.addMany(1_200, { push: false });
      expect(await pass(world)).toBe('complete');
      expect(lists(world)).toHaveLength(3);
      const everybody = world.google.workspace.users;
      expect(everybody.length).toBeGreaterThan(1_200);
      const { results } = await env.DB.prepare('SELECT id, email, cause FROM users').all<{
        id: string;
        email: string;
        cause: string;
      }>();
      expect(ids(results)).toEqual(ids(everybody));
      expect(new Set(results.map(({ cause }) => cause))).toEqual(new Set(['reconcile']));
      const events = await world.events();
      expect(events.map(({ user_id }) => user_id).toSorted()).toEqual(ids(everybody));
      expect(events.every(({ type }) => type === 'user.created')).toBe(true);
      expect(await lastRun(world)).toMatchObject({
        outcome: 'complete',
        usersSeen: everybody.length,
        created: everybody.length,
        hinted: 0,
        startedMs: START_MS,
        finishedMs: START_MS,
      });
      expect(await directoryOf(world)).toMatchObject({
        importedMs: START_MS,
        lastReconciledMs: START_MS,
        customerId: world.google.workspace.customerId,
        problem: null,
      });
      expect(world.queue).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test('keeps suspended and archived people as what they are', async () => {
    const world = await createWorld({ seed: false });
    world.google.workspace.silently(() => {
      world.google.workspace.add({ ...newcomer('sus'), suspended: true });
      world.google.workspace.add({ ...newcomer('arc'), archived: true });
    });
    await pass(world);
    expect((await world.user('sus@example.test'))?.status).toBe('suspended');
    expect((await world.user('arc@example.test'))?.status).toBe('archived');
  });

  test('leaves alone whom a push has brought in before', async () => {
    const world = await createWorld();
    await runSchedule(world.ports, async () => {}, world.clock.nowMs);
    await world.settle();
    const ana = world.google.workspace.add(newcomer('ana'));
    await world.push();
    await world.consume();
    const before = await world.user(ana.id);
    expect(before?.cause).toBe('push');
    expect(await pass(world)).toBe('complete');
    expect(await world.user(ana.id)).toEqual(before);
    expect(await world.events(ana.id)).toHaveLength(1);
  });

  test('leaves alone whom a push brings in between reading the page and inserting it', async () => {
    const world = await createWorld();
    await runSchedule(world.ports, async () => {}, world.clock.nowMs);
    await world.settle();
    const noor = world.google.workspace.user('noor@example.test');
    let hasPushed = false;
    const d1 = new Proxy(env.DB, {
      get(target, member) {
        if (member === 'batch')
          return async (statements: D1PreparedStatement[]) => {
            if (!hasPushed) {
              hasPushed = true;
              world.google.workspace.update(noor.id, { orgUnitPath: '/Moved' });
              await world.push();
              await world.consume();
            }
            return target.batch(statements);
          };
        const value = Reflect.get(target, member);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    expect(await pass(world, durableSteps(), { db: { ...world.ports.db, d1 } })).toBe('complete');
    expect(hasPushed).toBe(true);
    expect(await world.user(noor.id)).toMatchObject({ orgUnitPath: '/Moved', cause: 'push' });
    expect(await world.events(noor.id)).toHaveLength(1);
    expect(await world.users()).toHaveLength(world.google.workspace.users.length);
  });

  test('pages that overlap bring nobody in twice', async () => {
    const world = await createWorld();
    world.google.workspace.addMany(600, { push: false });
    world.google.faults.duplicatePageItems = true;
    expect(await pass(world)).toBe('complete');
    expect(await world.events()).toHaveLength(world.google.workspace.users.length);
    expect(await lastRun(world)).toMatchObject({
      created: world.google.workspace.users.length,
    });
  });

  test('a malformed person in a page does not stop the rest', async () => {
    const world = await createWorld();
    const odd = world.google.workspace.user('noor@example.test');
    world.google.workspace.raw(odd.id, { suspended: undefined });
    expect(await pass(world)).toBe('complete');
    expect(await world.user(odd.id)).toBeNull();
    expect(await world.users()).toHaveLength(world.google.workspace.users.length - 1);
    expect(world.logs).toContainEqual({
      level: 'warn',
      event: 'reconcile.malformed',
      fields: expect.objectContaining({ malformed: 1 }),
    });
  });

  test('of which nobody can be read concludes nothing: it is a stumble, not an empty directory', async () => {
    const world = await createWorld();
    for (const { id } of world.google.workspace.users) {
      world.google.workspace.raw(id, { customerId: undefined });
    }
    expect(await pass(world)).toBe('failed');
    expect(await lastRun(world)).toMatchObject({ reason: 'list-without-users' });
    expect(await directoryOf(world)).toMatchObject({ importedMs: null });
  });

  test('counts everybody it brought in, also whom an earlier try of a step had brought in', async () => {
    const world = await createWorld();
    const people = world.google.workspace.users.length;
    expect(await pass(world, durableSteps(['pages 1']))).toBe('complete');
    expect(await lastRun(world)).toMatchObject({ created: people });
  });

  test('of one domain lists that domain only', async () => {
    const world = await createWorld({ vars: { GOOGLE_DOMAIN: 'example-studio.test' } });
    await pass(world);
    const rows = await world.users();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ email }) => email.endsWith('@example-studio.test'))).toBe(true);
  });
});

describe('a later pass', () => {
  test('through an unchanged directory writes nothing to users and events', async () => {
    const world = await imported();
    const before = await peopleAndEvents();
    const statements: string[] = [];
    const d1 = new Proxy(env.DB, {
      get(target, member) {
        const value = Reflect.get(target, member);
        if (member !== 'prepare') return typeof value === 'function' ? value.bind(target) : value;
        return (sql: string) => {
          statements.push(sql);
          return target.prepare(sql);
        };
      },
    });
    expect(await pass(world, durableSteps(), { db: { ...world.ports.db, d1 } })).toBe('complete');
    expect(statements.length).toBeGreaterThan(0);
    expect(
      statements.filter((sql) => /\b(INTO|UPDATE|DELETE FROM)\s+(users|events)\b/.test(sql)),
    ).toEqual([]);
    expect(await peopleAndEvents()).toEqual(before);
    expect(await lastRun(world)).toMatchObject({ outcome: 'complete', created: 0, hinted: 0 });
    expect(world.queue).toEqual([]);
  });

  test('security 2: a list never changes someone already known, not to active, admin or richer in roles', async () => {
    const world = await imported();
    const { workspace } = world.google;
    const before = await peopleAndEvents();
    workspace.silently(() => {
      workspace.makeAdmin('noor@example.test', true);
      workspace.update('noor@example.test', { customSchemas: { Roles: { Owner: true } } });
      for (const { primaryEmail, suspended } of workspace.users)
        if (suspended) workspace.unsuspend(primaryEmail);
    });
    expect(await pass(world)).toBe('complete');
    expect(await peopleAndEvents()).toEqual(before);
  });

  test('leaves a tombstone alone that a stale list still shows as living, once Google has denied them again', async () => {
    const world = await imported();
    await runSchedule(world.ports, async () => {}, world.clock.nowMs);
    await world.settle();
    const noor = world.google.workspace.user('noor@example.test');
    world.google.workspace.remove(noor.id);
    await world.settle();
    const events = await world.events(noor.id);
    expect(await world.user(noor.id)).toMatchObject({ status: 'deleted' });
    world.google.faults.listLagMs = 60 * MINUTE;
    expect(await pass(world)).toBe('complete');
    await world.settle();
    expect(await world.user(noor.id)).toMatchObject({ status: 'deleted' });
    expect(await world.events(noor.id)).toEqual(events);
  });

  test('removes nobody whom the list leaves out: they are looked at by id', async () => {
    const world = await imported();
    const noor = world.google.workspace.silently(() =>
      world.google.workspace.remove('noor@example.test'),
    );
    const before = await peopleAndEvents();
    expect(await pass(world)).toBe('complete');
    expect(await peopleAndEvents()).toEqual(before);
    expect(world.queue.map(({ body }) => body)).toMatchObject([{ userId: noor.id, event: null }]);
    await world.settle();
    expect(await world.user(noor.id)).toMatchObject({ status: 'deleted', cause: 'reconcile' });
  });

  test('turns unknown people into hints, and the consumer looks at each', async () => {
    const world = await imported();
    const people = world.google.workspace.silently(() =>
      ['ana', 'ben', 'cleo'].map((name) => world.google.workspace.add(newcomer(name))),
    );
    const startedMs = world.clock.nowMs;
    expect(await pass(world)).toBe('complete');
    expect(await world.user(people[0]?.id ?? '')).toBeNull();
    expect(inOrder(world.queue.map(({ body }) => body))).toEqual(
      inOrder(people.map(({ id: userId }) => ({ userId }))).map(({ userId }) => ({
        kind: 'look',
        directoryId: 'default',
        userId,
        event: null,
        cause: 'reconcile',
        noticedMs: startedMs + 30_000,
      })),
    );
    expect(await lastRun(world)).toMatchObject({ created: 0, hinted: 3 });
    await world.settle();
    for (const { id } of people)
      expect(await world.user(id)).toMatchObject({ status: 'active', cause: 'reconcile' });
  });

  test('sends 500 hints at most, in batches that the queue takes', async () => {
    const world = await imported({ seed: false });
    world.google.workspace.addMany(500, { push: false });
    const batches: number[] = [];
    const changes: SyncPorts['changes'] = {
      ...world.ports.changes,
      sendBatch: (messages) => {
        const all = [...messages];
        batches.push(all.length);
        return world.ports.changes.sendBatch(all);
      },
    };
    await pass(world, durableSteps(), { changes });
    expect(batches).toEqual([100, 100, 100, 100, 100]);
    expect(new Set(world.queue.map(({ body }) => body.kind === 'look' && body.userId)).size).toBe(
      500,
    );
    expect(await world.users()).toHaveLength(1);
  });

  test(
    'inserts more than 500 unknown people straight from the page',
    async () => {
      const world = await imported({ seed: false });
      world.google.workspace.addMany(1_100, { push: false });
      expect(await pass(world)).toBe('complete');
      const { hinted, created } = await lastRun(world);
      expect({ hinted, created, sum: hinted + created }).toEqual({
        hinted: world.queue.length,
        created: expect.any(Number),
        sum: 1_100,
      });
      expect(created).toBeGreaterThan(0);
      expect(hinted).toBeLessThanOrEqual(500);
      const { results } = await env.DB.prepare('SELECT id FROM users').all<{ id: string }>();
      const known = [
        ...results.map(({ id }) => id),
        ...world.queue.map(({ body }) => (body.kind === 'look' ? body.userId : '')),
      ];
      expect(known.toSorted()).toEqual(ids(world.google.workspace.users));
    },
    TIMEOUT_MS,
  );

  describe('with a queue that refuses, its daily quota used up', () => {
    const refused = (world: World) => ({
      ...world.ports.changes,
      sendBatch: () => Promise.reject(new Error('quota')),
    });

    test('looks at people itself, twice at whoever is denied', async () => {
      const world = await imported();
      const { workspace } = world.google;
      const ana = workspace.silently(() => {
        workspace.suspend('noor@example.test');
        workspace.remove('ana.moreira@example.test');
        return workspace.add(newcomer('ana'));
      });
      const steps = durableSteps([], (ms) => world.advance(ms));
      expect(await pass(world, steps, { changes: refused(world) })).toBe('complete');
      expect(world.queue).toEqual([]);
      expect(await lastRun(world)).toMatchObject({
        hinted: 0,
        contradictions: 1,
        created: 1,
        changed: 1,
        removed: 1,
        drift: 3,
        missed: expect.any(String),
      });
      expect(await world.user(ana.id)).toMatchObject({ status: 'active' });
      expect(await world.user('noor@example.test')).toMatchObject({ status: 'suspended' });
      expect(await world.user('ana.moreira@example.test')).toBeNull();
    });

    test('stays within its calls, and the next one goes on', async () => {
      const world = await imported({ vars: { GOOGLE_CALLS_PER_PASS: '10' } });
      const changes = refused(world);
      world.google.workspace.silently(() => {
        for (let i = 0; i < 12; i += 1) world.google.workspace.add(newcomer(`n${i}`));
      });
      const before = world.google.calls.length;
      await pass(world, durableSteps(), { changes });
      expect(world.google.calls.length - before).toBeLessThanOrEqual(10);
      const { length } = await world.users();
      for (let i = 0; i < 3; i += 1) await pass(world, durableSteps(), { changes });
      expect(length).toBeLessThan(world.google.workspace.users.length);
      expect(await world.users()).toHaveLength(world.google.workspace.users.length);
    });
  });
});

describe('a bad answer is an error and never an empty directory', () => {
  const faults: [what: string, set: (world: World) => void, reason: string][] = [
    [
      'a list without users',
      ({ google }) => {
        google.faults.listWithoutUsers = true;
      },
      'list-without-users',
    ],
    [
      'an empty object',
      ({ google }) => google.faults.failNext('list', 'empty 200', 99),
      'list-without-users',
    ],
    [
      'an empty body',
      ({ google }) => google.faults.failNext('list', 'empty body', 99),
      'invalid-response',
    ],
    ['503', ({ google }) => google.faults.failNext('list', '503', 99), 'backendError'],
    ['429', ({ google }) => google.faults.failNext('list', '429', 99), 'rateLimitExceeded'],
    [
      'a 502 in HTML',
      ({ google }) => google.faults.failNext('list', '502 html', 99),
      'html-response',
    ],
    [
      'a dropped connection',
      ({ google }) => google.faults.failNext('list', 'dropped connection', 99),
      'network',
    ],
  ];
  test.each(faults)(
    '%s: tried again, then the pass fails with its reason, and nobody is touched',
    async (_, set, reason) => {
      const world = await imported();
      const before = await peopleAndEvents();
      const { lastReconciledMs } = await directoryOf(world);
      set(world);
      const calls = lists(world).length;
      expect(await pass(world)).toBe('failed');
      expect(lists(world).length - calls).toBe(6);
      expect(await lastRun(world)).toMatchObject({
        outcome: 'failed',
        reason,
        finishedMs: world.clock.nowMs,
      });
      expect(await peopleAndEvents()).toEqual(before);
      // A stumble is no problem of the set-up: the next pass comes soon enough.
      expect(await directoryOf(world)).toMatchObject({ problem: null, lastReconciledMs });
      world.google.faults.reset();
      expect(await pass(world)).toBe('complete');
    },
  );

  test.each(['503', '502 html', 'empty 200'] as const)(
    'one %s is got over within the pass',
    async (fault) => {
      const world = await createWorld();
      world.google.faults.failNext('list', fault);
      expect(await pass(world)).toBe('complete');
      expect(await world.users()).toHaveLength(world.google.workspace.users.length);
    },
  );

  test('a 404 in HTML, which waiting does not cure, ends the pass at once', async () => {
    const world = await imported();
    const before = await peopleAndEvents();
    world.google.faults.failNext('list', '404 html', 99);
    const calls = lists(world).length;
    expect(await pass(world)).toBe('failed');
    expect(lists(world).length - calls).toBe(1);
    expect(await lastRun(world)).toMatchObject({ reason: 'html-response' });
    expect(await peopleAndEvents()).toEqual(before);
  });

  test(
    'an import that breaks off half-way does not count as an import; the next one completes it',
    async () => {
      const world = await createWorld({ seed: false });
      world.google.workspace.addMany(1_200, { push: false });
      world.google.faults.listCutAfterPages = 1;
      expect(await pass(world)).toBe('failed');
      expect(await lastRun(world)).toMatchObject({ reason: 'backendError' });
      expect(await directoryOf(world)).toMatchObject({ importedMs: null, lastReconciledMs: null });
      const count = async () =>
        (await env.DB.prepare('SELECT count(*) AS n FROM users').first<{ n: number }>())?.n;
      expect(await count()).toBe(500);
      world.google.faults.reset();
      expect(await pass(world)).toBe('complete');
      expect(await count()).toBe(1_201);
      expect(await world.events()).toHaveLength(1_201);
    },
    TIMEOUT_MS,
  );
});

describe('security 1: the customer', () => {
  test('is pinned by the first import; a list of another one is refused and nobody of it comes in', async () => {
    const world = await imported();
    const before = await peopleAndEvents();
    world.google.workspace.customerId = 'C0another';
    world.google.workspace.silently(() => world.google.workspace.add(newcomer('intruder')));
    expect(await pass(world)).toBe('failed');
    expect(await lastRun(world)).toMatchObject({ reason: 'answer-mismatch' });
    expect(await peopleAndEvents()).toEqual(before);
    expect(world.queue).toEqual([]);
    expect(await directoryOf(world)).toMatchObject({
      customerId: 'C0rollcall1',
      problem: 'answer-mismatch',
    });
  });

  test('of one person in the page being another refuses the page', async () => {
    const world = await imported();
    const ana = world.google.workspace.silently(() => world.google.workspace.add(newcomer('ana')));
    world.google.workspace.raw(ana.id, { customerId: 'C0another' });
    expect(await pass(world)).toBe('failed');
    expect(world.queue).toEqual([]);
  });

  test('is not pinned by a page that is not of one mind', async () => {
    const world = await createWorld();
    const [first] = world.google.workspace.users;
    world.google.workspace.raw(first?.id ?? '', { customerId: 'C0another' });
    expect(await pass(world)).toBe('failed');
    expect(await directoryOf(world)).toMatchObject({ customerId: null });
    expect(await world.users()).toEqual([]);
    world.google.workspace.raw(first?.id ?? '', {});
    expect(await pass(world)).toBe('complete');
  });
});

describe('a list that is refused', () => {
  test('is the directory’s problem until a list is answered again: a get takes nothing back', async () => {
    const world = await imported();
    world.google.faults.failNext('list', '403 forbidden', 2);
    expect(await pass(world)).toBe('failed');
    expect(await directoryOf(world)).toMatchObject({ problem: 'forbidden', inStepSinceMs: null });
    expect(world.logs).toContainEqual({
      level: 'error',
      event: 'directory.problem',
      fields: {
        directoryId: 'default',
        code: 'forbidden',
        remedy: expect.stringContaining('Users > Read'),
      },
    });

    const [somebody] = world.google.workspace.users;
    await world.ports.changes.sendBatch([
      {
        body: {
          kind: 'look',
          directoryId: 'default',
          userId: somebody?.id ?? '',
          event: 'update',
          cause: 'push',
          noticedMs: world.clock.nowMs,
        },
      },
    ]);
    await world.settle();
    expect(await directoryOf(world)).toMatchObject({ problem: 'forbidden' });

    expect(await pass(world)).toBe('complete');
    expect(await directoryOf(world)).toMatchObject({ problem: null });
  });
});

describe('GOOGLE_CALLS_PER_PASS', () => {
  test(
    'bounds what a pass asks of Google, and the next goes on at the page where it stopped',
    async () => {
      const world = await createWorld({ seed: false, vars: { GOOGLE_CALLS_PER_PASS: '5' } });
      world.google.workspace.addMany(2_600, { push: false });
      expect(await pass(world)).toBe('budget');
      // Tokens are calls as well.
      expect(world.google.calls).toHaveLength(5);
      const pages = lists(world).length;
      expect(await lastRun(world)).toMatchObject({
        googleCalls: 5,
        created: pages * 500,
        nextPageToken: expect.any(String),
      });
      expect(await directoryOf(world)).toMatchObject({ importedMs: null });
      world.advance(5 * MINUTE);
      expect(await pass(world)).toBe('complete');
      expect(lists(world)).toHaveLength(6);
      expect(await lastRun(world)).toMatchObject({
        created: 2_601 - pages * 500,
        nextPageToken: null,
      });
      expect((await directoryOf(world)).importedMs).toBe(world.clock.nowMs);
      const { results } = await env.DB.prepare('SELECT id FROM users').all<{ id: string }>();
      expect(ids(results)).toEqual(ids(world.google.workspace.users));
    },
    TIMEOUT_MS,
  );

  test(
    'a follower whose first step is repeated still goes on where the last one stopped',
    async () => {
      const world = await createWorld({ seed: false, vars: { GOOGLE_CALLS_PER_PASS: '5' } });
      world.google.workspace.addMany(2_600, { push: false });
      await pass(world);
      world.advance(5 * MINUTE);
      expect(await pass(world, durableSteps(['begin']))).toBe('complete');
      expect(lists(world)).toHaveLength(6);
    },
    TIMEOUT_MS,
  );
});

describe('two passes', () => {
  test(
    'a pass that a younger one has overtaken ends itself before its next page',
    async () => {
      const world = await createWorld({ seed: false });
      world.google.workspace.addMany(2_600, { push: false });
      const steps = durableSteps();
      let listed = 0;
      const overtaken: Steps = {
        sleep: steps.sleep,
        do: async (name, work) => {
          const result = await steps.do(name, work);
          if (name === 'pages 1') {
            listed = lists(world).length;
            expect(await pass(world)).toBe('complete');
          }
          return result;
        },
      };
      expect(
        await reconcile(world.ports, overtaken, { id: 'default-old', directoryId: 'default' }),
      ).toBe('superseded');
      expect(steps.ran).toEqual(['begin', 'pages 1', 'pages 2', 'end']);
      // The younger one's six pages were the last: none after that.
      expect(lists(world)).toHaveLength(listed + 6);
      expect(await world.events()).toHaveLength(2_601);
    },
    TIMEOUT_MS,
  );

  test('one that is overtaken while Google answers does not take its page, nor call itself complete', async () => {
    const world = await createWorld();
    const { api } = world.ports;
    let hasBegun = false;
    const fetch: typeof api.fetch = async (request) => {
      if (request.url.includes('/users?') && !hasBegun) {
        hasBegun = true;
        await takePassTicket(world.ports.db, 'default');
      }
      return api.fetch(request);
    };
    expect(await pass(world, durableSteps(), { api: { ...api, fetch } })).toBe('superseded');
    expect(hasBegun).toBe(true);
    expect(await world.users()).toEqual([]);
    expect(await directoryOf(world)).toMatchObject({ importedMs: null, lastReconciledMs: null });
    expect(await pass(world)).toBe('complete');
    expect(await world.users()).toHaveLength(world.google.workspace.users.length);
  });

  test('a lost pass is declared so after ten minutes, the next starts under another id, and it never comes back', async () => {
    const world = await createWorld();
    const started: string[] = [];
    const cron = () =>
      runSchedule(world.ports, async ({ id }) => void started.push(id), world.clock.nowMs);
    await cron();
    let wakeUp = () => {};
    const asleep = new Promise<void>((resolve) => {
      wakeUp = resolve;
    });
    const steps = durableSteps();
    const begun = Promise.withResolvers<void>();
    const lost = reconcile(
      world.ports,
      {
        sleep: steps.sleep,
        do: async (name, work) => {
          if (name === 'pages 1') {
            begun.resolve();
            await asleep;
          }
          return steps.do(name, work);
        },
      },
      { id: started[0] ?? '', directoryId: 'default' },
    );
    await begun.promise;
    for (const minutes of [5, 10]) {
      world.clock.nowMs = START_MS + minutes * MINUTE;
      await cron();
    }
    expect(started).toHaveLength(1);
    world.clock.nowMs = START_MS + 15 * MINUTE;
    await cron();
    expect(started).toHaveLength(2);
    expect(started[1]).not.toBe(started[0]);
    expect(await lastRun(world)).toMatchObject({
      id: started[0],
      outcome: 'lost',
      reason: 'no-progress',
    });
    expect(
      await reconcile(world.ports, durableSteps(), {
        id: started[1] ?? '',
        directoryId: 'default',
      }),
    ).toBe('complete');
    const before = await peopleAndEvents();
    wakeUp();
    expect(await lost).toBe('lost');
    expect(await peopleAndEvents()).toEqual(before);
    const row = await env.DB.prepare('SELECT outcome FROM reconcile_runs WHERE id = ?1')
      .bind(started[0])
      .first();
    expect(row).toEqual({ outcome: 'lost' });
  });
});

describe('a step that is repeated after a crash', () => {
  test.each(['begin', 'pages 1', 'end'])(
    'leaves the same table behind an import: %s',
    async (name) => {
      const calm = await createWorld();
      await pass(calm);
      const expected = await whatIsKnown();
      const world = await createWorld();
      const steps = durableSteps([name]);
      expect(await pass(world, steps)).toBe('complete');
      expect(steps.ran.filter((one) => one === name)).toHaveLength(2);
      expect(await whatIsKnown()).toEqual(expected);
      expect(await directoryOf(world)).toMatchObject({ importedMs: START_MS, problem: null });
    },
  );

  test.each(['pages 1', 'pages 2'])(
    'leaves the same table behind an import of six pages: %s',
    async (name) => {
      const world = await createWorld({ seed: false });
      world.google.workspace.addMany(2_600, { push: false });
      expect(await pass(world, durableSteps([name]))).toBe('complete');
      expect(await world.events()).toHaveLength(2_601);
    },
    TIMEOUT_MS,
  );

  test.each(['begin', 'pages 1', 'hints', 'end'])(
    'leaves the same people behind a later pass: %s',
    async (name) => {
      const world = await imported();
      const people = world.google.workspace.silently(() =>
        ['ana', 'ben'].map((one) => world.google.workspace.add(newcomer(one))),
      );
      expect(await pass(world, durableSteps([name]))).toBe('complete');
      await world.settle();
      for (const { id } of people) expect(await world.events(id)).toHaveLength(1);
      expect(await world.users()).toHaveLength(world.google.workspace.users.length);
    },
  );

  test('a pass that is run again from its kept steps does no work twice', async () => {
    const world = await createWorld();
    const steps = durableSteps();
    const one = { id: 'default-again', directoryId: 'default' };
    expect(await reconcile(world.ports, steps, one)).toBe('complete');
    const before = await peopleAndEvents();
    const { length } = world.google.calls;
    expect(await reconcile(world.ports, steps, one)).toBe('complete');
    expect(world.google.calls).toHaveLength(length);
    expect(await peopleAndEvents()).toEqual(before);
  });

  test('security 7: a step returns ids and counts, nothing of a person', async () => {
    const world = await imported();
    world.google.workspace.silently(() => world.google.workspace.add(newcomer('ana')));
    const results: unknown[] = [];
    const steps = durableSteps();
    const watched: Steps = {
      sleep: steps.sleep,
      do: async (name, work) => {
        const result = await steps.do(name, work);
        results.push(result);
        return result;
      },
    };
    await pass(world, watched);
    // begin, pages 1, missing, compare again, hints, end
    expect(results).toHaveLength(6);
    expect(JSON.stringify([results, world.logs])).not.toMatch(/@|Ana|New/);
  });
});

describe('a broken credential', () => {
  const broken: [
    what: string,
    breakIt: (world: World) => void,
    repair: (world: World) => void,
    problem: string,
  ][] = [
    [
      'the delegation is taken away',
      ({ google }) => google.accounts.removeDelegation(),
      ({ google }) =>
        google.accounts.delegate(['https://www.googleapis.com/auth/admin.directory.user.readonly']),
      'token-delegation',
    ],
    [
      'every token is refused',
      ({ google }) => {
        google.faults.deadTokens = true;
      },
      ({ google }) => google.faults.reset(),
      'authError',
    ],
  ];
  test.each(broken)(
    'is noted on the directory with its first moment, and cleared by the next pass that is complete: %s',
    async (_, breakIt, repair, problem) => {
      const world = await imported();
      const before = await peopleAndEvents();
      // The cached access token outlives the delegation by up to an hour.
      world.advance(60 * MINUTE);
      breakIt(world);
      const sinceMs = world.clock.nowMs;
      expect(await pass(world)).toBe('failed');
      expect(await lastRun(world)).toMatchObject({ reason: problem });
      world.advance(5 * MINUTE);
      await pass(world);
      const directory = await directoryOf(world);
      expect(directory).toMatchObject({ problem, problemSinceMs: sinceMs });
      expect(syncHealth(directory, 5, world.clock.nowMs)).toMatchObject({
        inStep: false,
        reason: `credential:${problem}`,
      });
      expect(await peopleAndEvents()).toEqual(before);
      repair(world);
      world.advance(5 * MINUTE);
      expect(await pass(world)).toBe('complete');
      expect(await directoryOf(world)).toMatchObject({ problem: null, problemSinceMs: null });
    },
  );
});

test('a directory that has no row is an error with a reason, not a pass', async () => {
  const world = await createWorld();
  const outcome = await reconcile(world.ports, durableSteps(), {
    id: 'customer-2-1',
    directoryId: 'customer-2',
  });
  expect(outcome).toBe('failed');
  expect(lists(world)).toEqual([]);
});

test('a pass that was declared lost and ends all the same counts no longer', async () => {
  const world = await createWorld();
  const overtaken = durableSteps();
  const steps: Steps = {
    sleep: overtaken.sleep,
    do: async (name, work) => {
      if (name === 'end') {
        const run = await lastRun(world);
        await declareLost(world.ports, run);
      }
      return overtaken.do(name, work);
    },
  };
  await pass(world, steps);
  expect(await lastRun(world)).toMatchObject({ outcome: 'lost' });
  expect(await directoryOf(world)).toMatchObject({ lastReconciledMs: null, importedMs: null });
});
