// What one run of cron does: every part is tried, whatever fails, and nothing is done twice in one minute.
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { readDirectory } from '../../src/db/directories.ts';
import type { ChannelStore } from '../../src/sync/ports.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { durableSteps } from './durable-steps.ts';
import { createWorld, START_MS, type World } from './world.ts';

const MINUTE = 60_000;

/** A Workflow that remembers which instances were asked for, and runs none. */
function aWorkflow() {
  const started: { id: string; directoryId: string }[] = [];
  return {
    started,
    startPass: async (pass: { id: string; directoryId: string }) => void started.push(pass),
  };
}

const brokenStore = () =>
  new Proxy(
    {},
    { get: () => () => Promise.reject(new Error('KV is away')) },
  ) as unknown as ChannelStore;

const loggedEvents = (world: World) => world.logs.map(({ event }) => event);

describe('cron', () => {
  test('opens the channels, starts the first pass, and makes the directory’s row', async () => {
    const world = await createWorld({ seed: false });
    const { started, startPass } = aWorkflow();
    await runSchedule(world.ports, startPass, START_MS);
    expect(world.google.workspace.channels).toHaveLength(5);
    expect(started).toEqual([{ id: `default-${START_MS / MINUTE}`, directoryId: 'default' }]);
    expect(await readDirectory(world.ports.db, 'default')).toMatchObject({
      customer: 'my_customer',
      adminEmail: 'admin@example.test',
    });
  });

  test('twice in one minute names one pass', async () => {
    const world = await createWorld({ seed: false });
    const { started, startPass } = aWorkflow();
    await Promise.all([
      runSchedule(world.ports, startPass, START_MS),
      runSchedule(world.ports, startPass, START_MS),
    ]);
    world.advance(20_000);
    await runSchedule(world.ports, startPass, START_MS);
    expect(started.length).toBeGreaterThan(1);
    expect(new Set(started.map(({ id }) => id)).size).toBe(1);
  });

  test('names another pass in another minute', async () => {
    const world = await createWorld({ seed: false });
    const { started, startPass } = aWorkflow();
    await runSchedule(world.ports, startPass, START_MS);
    world.advance(5 * MINUTE);
    await runSchedule(world.ports, startPass, world.clock.nowMs);
    expect(new Set(started.map(({ id }) => id)).size).toBe(2);
  });

  test('starts a pass when one is due, as configured, and not before', async () => {
    const world = await createWorld({ seed: false, vars: { RECONCILE_EVERY_MINUTES: '15' } });
    const minutes: number[] = [];
    for (let minute = 0; minute <= 60; minute += 5) {
      world.clock.nowMs = START_MS + minute * MINUTE;
      await runSchedule(
        world.ports,
        async (pass) => {
          minutes.push(minute);
          await reconcile(world.ports, durableSteps(), pass);
        },
        world.clock.nowMs,
      );
    }
    expect(minutes).toEqual([0, 15, 30, 45, 60]);
  });

  test('keeps to one pass while one is under way', async () => {
    const world = await createWorld({ seed: false });
    const { started, startPass } = aWorkflow();
    await runSchedule(
      world.ports,
      async (pass) => {
        // Begun and not ended: its first step is all that has happened.
        const steps = durableSteps();
        void reconcile(
          world.ports,
          {
            sleep: steps.sleep,
            do: (name, work) => (name === 'begin' ? steps.do(name, work) : new Promise(() => {})),
          },
          pass,
        );
        await expect.poll(async () => steps.ran).toEqual(['begin']);
      },
      START_MS,
    );
    await expect
      .poll(
        async () =>
          (await world.ports.db.d1.prepare('SELECT 1 FROM reconcile_runs').all()).results.length,
      )
      .toBe(1);
    world.advance(5 * MINUTE);
    await runSchedule(world.ports, startPass, world.clock.nowMs);
    expect(started).toEqual([]);
  });
});

describe('each part is tried even when another fails', () => {
  test('a KV that is away: the pass starts all the same, and the failure is told', async () => {
    const world = await createWorld({ seed: false });
    const { started, startPass } = aWorkflow();
    const ports = { ...world.ports, channels: brokenStore() };
    await expect(runSchedule(ports, startPass, START_MS)).rejects.toThrow('KV is away');
    expect(started).toHaveLength(1);
    expect(loggedEvents(world)).toContain('cron.failed');
  });

  test('a D1 that is away: channels live at Google, and are renewed all the same', async () => {
    const world = await createWorld({ seed: false });
    await runSchedule(world.ports, aWorkflow().startPass, START_MS);
    await world.settle();
    const before = new Set(world.google.workspace.channels.map(({ id }) => id));
    world.clock.nowMs = START_MS + (6 * 60 - 20) * MINUTE;
    const refuse = () => {
      throw new Error('D1_ERROR: daily quota exceeded');
    };
    const d1 = { prepare: refuse, batch: refuse } as unknown as D1Database;
    const ports = { ...world.ports, db: openDatabase(d1) };
    await expect(runSchedule(ports, aWorkflow().startPass, world.clock.nowMs)).rejects.toThrow(
      'database-quota',
    );
    const renewed = world.google.workspace.channels.filter(({ id }) => !before.has(id));
    expect(renewed).toHaveLength(5);
    expect(loggedEvents(world)).toContain('cron.failed');
  });

  test('a Workflow that can not be started: channels are opened and the condition is noted', async () => {
    const world = await createWorld({ seed: false });
    const refuse = () => Promise.reject(new Error('no more instances today'));
    await expect(runSchedule(world.ports, refuse, START_MS)).rejects.toThrow('no more instances');
    expect(world.google.workspace.channels).toHaveLength(5);
    await world.settle();
    await expect(runSchedule(world.ports, refuse, START_MS)).rejects.toThrow('no more instances');
    expect(await readDirectory(world.ports.db, 'default')).toMatchObject({
      channelsUntilMs: START_MS + 6 * 60 * MINUTE,
    });
  });

  test('a Google that can not be reached fails nothing: it is logged, and the pass is started', async () => {
    const world = await createWorld({ seed: false });
    world.google.faults.failNext('any', 'dropped connection', Number.POSITIVE_INFINITY);
    const { started, startPass } = aWorkflow();
    await runSchedule(world.ports, startPass, START_MS);
    expect(started).toHaveLength(1);
    expect(loggedEvents(world).filter((event) => event === 'channel.not-opened')).toHaveLength(5);
    expect(await readDirectory(world.ports.db, 'default')).toMatchObject({ problem: null });
  });

  test('a credential that does not open channels is noted as the directory’s problem', async () => {
    const world = await createWorld({ seed: false });
    world.google.accounts.removeDelegation();
    await runSchedule(world.ports, aWorkflow().startPass, START_MS);
    expect(await readDirectory(world.ports.db, 'default')).toMatchObject({
      problem: 'token-delegation',
      problemSinceMs: START_MS,
    });
  });
});

test('people come to be in step: channels that have proven themselves and a pass that is complete', async () => {
  const world = await createWorld();
  const inStepSince = async () => (await readDirectory(world.ports.db, 'default'))?.inStepSinceMs;
  await runSchedule(world.ports, aWorkflow().startPass, START_MS);
  expect(await inStepSince()).toBeNull();
  await world.settle();
  expect(await inStepSince()).toBeNull();
  world.advance(MINUTE);
  const doneMs = world.clock.nowMs;
  await reconcile(world.ports, durableSteps(), { id: 'default-1', directoryId: 'default' });
  expect(await inStepSince()).toBe(doneMs);
  // And stay so: the moment is kept.
  world.advance(5 * MINUTE);
  await reconcile(world.ports, durableSteps(), { id: 'default-2', directoryId: 'default' });
  await runSchedule(world.ports, aWorkflow().startPass, world.clock.nowMs);
  expect(await inStepSince()).toBe(doneMs);
  // Until passes are overdue.
  world.advance(16 * MINUTE);
  await runSchedule(world.ports, aWorkflow().startPass, world.clock.nowMs);
  expect(await inStepSince()).toBeNull();
});
