// What operators do is written down before it is done, and how it ended; and the action that starts a pass.
import { beforeEach, describe, expect, test } from 'vitest';
import { DatabaseError } from '../../src/db/database.ts';
import { endOperatorAction, type NewOperatorAction } from '../../src/db/operator-actions.ts';
import { beginRun, noteProgress, readRecentRuns } from '../../src/db/reconcile-runs.ts';
import { operatorAction } from '../../src/sync/operator-action.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { durableSteps } from './durable-steps.ts';
import {
  actionRows,
  actionsTaken,
  aLetter,
  everything,
  expectGuarded,
  hold,
  type OperatorWorld,
  operatorWorld,
  post,
  windowAt,
} from './operators.ts';
import { ADMIN, ANA, idOf, type Line, listenToLog } from './signed-in.ts';
import { APP, type Visitor } from './visitor.ts';
import { env } from './world.ts';

const MINUTE = 60_000;

let world: OperatorWorld;
let admin: Visitor;
let lines: Line[];
beforeEach(async () => {
  lines = listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
});

const ACTION: Omit<NewOperatorAction, 'atMs'> = {
  directoryId: 'default',
  actor: 'user:1',
  action: 'pass.start',
  detail: { letters: 2 },
  requestId: 'r1',
};
const WRITTEN = {
  directory_id: 'default',
  actor: 'user:1',
  action: 'pass.start',
  detail: '{"letters":2}',
  request_id: 'r1',
};

/** The app's D1, in which statements of this kind fail with a text that nobody may read. */
function failing(sql: string): () => void {
  const { DB } = world.env;
  const broken = () =>
    Promise.reject(new Error(`D1_ERROR: no such thing: ana@example.test ${sql}`));
  const bad = { bind: () => bad, run: broken, first: broken, all: broken, raw: broken };
  world.env.DB = new Proxy(DB, {
    get: (target, name) => {
      if (name === 'prepare')
        return (text: string) => (text.includes(sql) ? bad : target.prepare(text));
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return () => {
    world.env.DB = DB;
  };
}

describe('an action', () => {
  test('is written before it is done, and its outcome after', async () => {
    const seen: unknown[] = [];
    const done = await operatorAction(
      world.ports,
      ACTION,
      async () => {
        seen.push(...(await actionRows()));
        return 3;
      },
      (people) => ({ code: 'replayed', result: { people, userIds: ['1', '2'] } }),
    );
    expect(done).toBe(3);
    expect(seen).toMatchObject([{ ...WRITTEN, at_ms: world.clock.nowMs, outcome: null }]);
    const result = '{"people":3,"userIds":["1","2"]}';
    expect(await actionRows()).toMatchObject([{ ...WRITTEN, outcome: 'replayed', result }]);
    // Counts and no ids: the log is a story, the row is the record.
    const [acted] = world.logs.filter(({ event }) => event === 'operator.acted');
    expect(acted?.fields).toMatchObject({ outcome: 'replayed', people: 3 });
    expect(acted?.fields).not.toHaveProperty('userIds');
  });

  test('that is cut off stays as one that was begun, and the page says so', async () => {
    const never = new Promise<never>(() => {});
    await new Promise<void>((begun) => {
      const work = () => {
        begun();
        return never;
      };
      void operatorAction(world.ports, ACTION, work, () => '');
    });
    expect(await actionRows()).toMatchObject([{ ...WRITTEN, outcome: null }]);
    expect(await (await admin.ask('/console')).text()).toContain('Under way, or cut off');
  });

  test('that can’t be written down is not done', async () => {
    const mend = failing('INSERT INTO operator_actions');
    const before = await everything(world);
    for (const path of ['/console/passes', '/setup/import', '/console/dead-letters/replay']) {
      const response = await post(admin, path);
      expect([path, response.status]).toEqual([path, 503]);
      expect(await response.text()).not.toMatch(/D1_ERROR|no such thing|INSERT|ana@/);
    }
    mend();
    expect(await everything(world)).toEqual(before);
    expect(JSON.stringify(lines)).not.toMatch(/D1_ERROR|ana@/);
  });

  test('whose outcome can’t be written is done all the same, and the log says so', async () => {
    const mend = failing('UPDATE operator_actions');
    const response = await post(admin, '/console/passes');
    mend();
    expect([response.status, world.started.length]).toEqual([303, 1]);
    expect((await actionRows())[0]?.outcome).toBeNull();
    expect(lines.map(({ event }) => event)).toContain('operator.not-noted');
  });

  const failures: [what: string, error: unknown, outcome: string][] = [
    ['of D1', new DatabaseError('database-quota'), 'failed:database-quota'],
    // It may have been done before its answer was lost.
    ['of the way to D1', new DatabaseError('database-unavailable'), 'unclear:database-unavailable'],
    ['with words', new TypeError('no row for ana.moreira@example.test'), 'failed:TypeError'],
    ['that is no error', 'ana.moreira@example.test', 'failed:unknown'],
  ];
  test.each(failures)('that fails leaves its code: an error %s', async (_, error, outcome) => {
    const work = () => Promise.reject(error);
    await expect(operatorAction(world.ports, ACTION, work, () => 'done')).rejects.toBe(error);
    expect(await actionRows()).toMatchObject([{ ...WRITTEN, outcome }]);
    expect(world.logs.at(-1)).toMatchObject({ event: 'operator.acted', fields: { outcome } });
    expect(JSON.stringify([world.logs, await actionRows()])).not.toContain('moreira');
  });
});

describe('what was written down is final', () => {
  test('an outcome is given once', async () => {
    await operatorAction(
      world.ports,
      ACTION,
      async () => {},
      () => 'first',
    );
    const [row] = await actionRows();
    await endOperatorAction(world.ports.db, row?.id ?? 0, 'second');
    expect((await actionRows())[0]?.outcome).toBe('first');
    for (const outcome of ["'second'", 'NULL', "'first'"]) {
      const sql = `UPDATE operator_actions SET outcome = ${outcome}`;
      await expect(env.DB.prepare(sql).run()).rejects.toThrow('operator actions are final');
    }
  });

  test.each([
    "directory_id = 'other'",
    "actor = 'user:2'",
    "action = 'setup.check'",
    "request_id = 'r2'",
    'at_ms = at_ms + 1',
    'id = id + 1',
  ])('also while it is under way: %s', async (set) => {
    await env.DB.prepare(
      `INSERT INTO operator_actions (directory_id, actor, action, detail, request_id, at_ms)
       VALUES ('default', 'user:1', 'pass.start', '{}', 'r1', 1)`,
    ).run();
    const change = env.DB.prepare(`UPDATE operator_actions SET ${set}, outcome = 'done'`).run();
    await expect(change).rejects.toThrow('operator actions are final');
  });
});

test('security 7: neither rows nor log hold a name or an address, whatever was done', async () => {
  await hold(idOf(world, ANA), world.clock.nowMs);
  const id = await aLetter({ userId: idOf(world, ANA) });
  const page = await (await admin.ask('/console/held-removals')).text();
  const hash = /name="hash" value="([^"]*)"/.exec(page)?.[1] ?? '';
  await post(admin, '/console/held-removals/reject', { hash });
  await post(admin, '/console/held-removals/approve', { hash, looked: 'yes' });
  await post(admin, '/console/dead-letters/replay', { id: [String(id), 'ana@example.test'] });
  await post(admin, '/console/passes', { name: 'ana@example.test' });
  await post(admin, '/setup/import');
  expect((await actionsTaken()).map(([, action]) => action)).toEqual([
    'held-removals.reject',
    'held-removals.approve',
    'dead-letters.replay',
    'pass.start',
    'pass.start',
  ]);
  const acted = lines.filter(({ event }) => event === 'operator.acted');
  expect(acted).toHaveLength(5);
  expect(JSON.stringify([await actionRows(), lines])).not.toMatch(/@|Moreira/i);
});

describe('reconcile now', () => {
  const reconcileNow = () => post(admin, '/console/passes');
  const said = (response: Response) => response.headers.get('location');
  const STARTED = `${APP}/console?said=started&n=0`;
  const UNDER_WAY = `${APP}/console?said=under-way&n=0`;

  const begin = (id: string) =>
    beginRun(world.ports.db, {
      id,
      directoryId: 'default',
      ticket: 1_000,
      startedMs: world.clock.nowMs,
      chainId: id,
      chainTicket: 1_000,
      previousId: null,
    });
  const lastRuns = () => readRecentRuns(world.ports.db, 'default', 3);

  test('starts a pass that runs; while it does, a second click starts none', async () => {
    world.advance(MINUTE);
    const response = await reconcileNow();
    expect(said(response)).toBe(STARTED);
    expectGuarded(response);
    const [id = ''] = world.started;
    expect(id).toBe(`default-${Math.floor(world.clock.nowMs / MINUTE)}`);
    await begin(id);
    world.advance(2 * MINUTE);
    expect(said(await reconcileNow())).toBe(UNDER_WAY);
    expect(world.started).toEqual([id]);
    expect(await reconcile(world.ports, durableSteps(), { id, directoryId: 'default' })).toBe(
      'complete',
    );
    world.advance(MINUTE);
    expect(said(await reconcileNow())).toBe(STARTED);
    expect(world.started).toHaveLength(2);
    const outcomes = (await actionsTaken()).map(([, , outcome]) => outcome);
    expect(outcomes).toEqual(['started', 'under-way', 'started']);
  });

  test('after one that ended within its minute another one runs, and several clicks are one again', async () => {
    const run = async () => {
      const id = world.started.at(-1) ?? '';
      await reconcile(world.ports, durableSteps(), { id, directoryId: 'default' });
    };
    const minute = `default-${Math.floor(world.clock.nowMs / MINUTE)}`;
    for (const _ of [1, 2, 3]) {
      await Promise.all([reconcileNow(), reconcileNow()]);
      await run();
      world.advance(1_000);
    }
    expect(world.started).toEqual([minute, `${minute}-2`, `${minute}-3`]);
    expect((await lastRuns()).map(({ outcome }) => outcome)).toEqual(Array(3).fill('complete'));
  });

  test('clicked by several at once it is one instance', async () => {
    const responses = await Promise.all([1, 2, 3, 4].map(() => reconcileNow()));
    expect(responses.map(said)).toEqual([STARTED, STARTED, STARTED, STARTED]);
    expect(world.started).toHaveLength(1);
  });

  test('a pass that was cut off is declared lost ten minutes after its last progress, and not before', async () => {
    await begin('default-lost');
    world.advance(8 * MINUTE);
    const counts = { usersSeen: 4, contradictions: 0, hinted: 0, googleCalls: 1 };
    await noteProgress(world.ports.db, 'default-lost', counts, world.clock.nowMs);
    world.advance(10 * MINUTE);
    expect(said(await reconcileNow())).toBe(UNDER_WAY);
    expect((await lastRuns())[0]).toMatchObject({ id: 'default-lost', outcome: null });
    world.advance(1);
    expect(said(await reconcileNow())).toBe(STARTED);
    expect((await lastRuns())[0]).toMatchObject({
      id: 'default-lost',
      outcome: 'lost',
      reason: 'no-progress',
    });
    expect(world.started).toHaveLength(1);
    expect(await (await admin.ask('/console')).text()).toMatch(/Lost<.*no-progress/);
  });

  test('a Workflow that takes nothing: said with a reference, and written down', async () => {
    const refuse = () => Promise.reject(new Error('workflow of ana@example.test'));
    world.env.RECONCILE = { create: refuse, get: refuse } as never;
    const response = await reconcileNow();
    expect(response.status).toBe(500);
    expectGuarded(response);
    const text = await response.text();
    expect(text).toContain(`Reference: ${response.headers.get('x-request-id')}`);
    expect(text).not.toContain('workflow of');
    expect((await actionRows())[0]?.outcome).toBe('failed:Error');
  });
});
