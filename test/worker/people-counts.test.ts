// How many people of each status there are, without counting them: what is kept equals what a count would say.
import { beforeEach, describe, expect, test } from 'vitest';
import { readPeopleCounts } from '../../src/db/people-counts.ts';
import { keepChannels } from '../../src/sync/channels.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { sweepOld } from '../../src/sync/sweep.ts';
import { durableSteps } from './durable-steps.ts';
import { createWorld, env, type World } from './world.ts';

let world: World;

beforeEach(async () => {
  world = await createWorld();
  await reconcile(world.ports, durableSteps(), { id: 'first', directoryId: 'default' });
  await keepChannels(world.ports, { id: 'default', eventOmissionRefusedMs: null });
});

async function counted(): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    'SELECT status, count(*) AS count FROM users GROUP BY status',
  ).all<{ status: string; count: number }>();
  const none = { active: 0, suspended: 0, archived: 0, deleted: 0 };
  return { ...none, ...Object.fromEntries(results.map(({ status, count }) => [status, count])) };
}

const read = () => readPeopleCounts(world.ports.db, 'default');

describe('people are counted from what happened to them', () => {
  test('after an import, at once and again', async () => {
    expect((await read()).active).toBeGreaterThan(20);
    expect(await read()).toEqual(await counted());
    expect(await read()).toEqual(await counted());
  });

  test('through suspension, deletion, return and sweep', async () => {
    await read();
    const [first, second] = world.google.workspace.store
      .living()
      .filter(({ user }) => !user.isAdmin && !user.suspended)
      .map(({ user }) => user.id);
    world.google.workspace.suspend(first ?? '');
    world.google.workspace.remove(second ?? '');
    await world.settle();
    // Whoever is known for less than ten minutes and is gone is looked at again when they are older.
    expect(await read()).toEqual(await counted());
    expect((await read()).deleted).toBe(1);
    world.google.workspace.undelete(second ?? '');
    await world.settle();
    expect(await read()).toEqual(await counted());
    world.google.workspace.remove(second ?? '');
    world.advance(20 * 60_000);
    await world.settle();
    world.advance(31 * 86_400_000);
    await sweepOld(world.ports);
    expect((await counted())['deleted']).toBe(0);
    expect(await read()).toEqual(await counted());
  });

  test('what is swept before anybody asked is counted all the same', async () => {
    world.google.workspace.remove(
      world.google.workspace.store.living().find(({ user }) => !user.isAdmin)?.user.id ?? '',
    );
    world.advance(20 * 60_000);
    await world.settle();
    expect((await counted())['deleted']).toBe(1);
    world.advance(100 * 86_400_000);
    await sweepOld(world.ports);
    expect((await counted())['deleted']).toBe(0);
    expect((await world.events()).length).toBe(0);
    expect(await read()).toEqual(await counted());
  });

  test('another directory’s events are not counted here, nor read twice', async () => {
    await env.DB.prepare(
      "INSERT INTO directories (id, customer, admin_email) VALUES ('other', 'C2', 'a@other.test')",
    ).run();
    const before = await read();
    expect(await readPeopleCounts(world.ports.db, 'other')).toEqual({
      active: 0,
      suspended: 0,
      archived: 0,
      deleted: 0,
    });
    expect(await read()).toEqual(before);
  });

  test('a directory that is unknown has nobody', async () => {
    expect((await readPeopleCounts(world.ports.db, 'nobody')).active).toBe(0);
  });
});
