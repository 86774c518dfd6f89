// A change at Google becomes a row: push → receiver → queue → look → D1.
import { describe, expect, test } from 'vitest';
import { readDirectory } from '../../src/db/directories.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { acquaint, getsOf } from './hints.ts';
import { createWorld, env, type World } from './world.ts';

/** A world whose channels are open, and which knows these people of example.test. */
async function watched(...people: string[]): Promise<World> {
  // What becomes of many removals at once is the guard's to decide, and not the order of their pushes.
  const world = await createWorld({ vars: { DELETE_GUARD_COUNT: '100' } });
  await runSchedule(world.ports, async () => {}, world.clock.nowMs);
  await world.settle();
  await acquaint(world, ...people.map((key) => world.google.workspace.user(key).id));
  return world;
}

async function typesOf(world: World, id: string): Promise<string[]> {
  return (await world.events(id)).map(({ type }) => type);
}

const NOOR = 'noor@example.test';

describe('a push', () => {
  test('of a person who was added becomes a row with an event', async () => {
    const world = await watched();
    const ana = world.google.workspace.add({
      primaryEmail: 'ana.new@example.test',
      givenName: 'Ana',
      familyName: 'New',
    });

    expect(await world.push()).toEqual([204]);
    await world.consume();

    const row = await world.user(ana.id);
    expect(row).toMatchObject({ email: 'ana.new@example.test', status: 'active', cause: 'push' });
    expect(await typesOf(world, ana.id)).toEqual(['user.created']);
    expect(world.queue).toEqual([]);
  });

  test('of a person who was deleted makes the row a tombstone', async () => {
    const world = await watched(NOOR);
    const { id } = world.google.workspace.remove(NOOR);

    await world.push();
    await world.consume();

    expect(await world.user(id)).toMatchObject({ status: 'deleted', email: NOOR });
    expect(await typesOf(world, id)).toEqual(['user.created', 'user.deleted']);
    expect(world.queue).toEqual([]);
  });

  test('of a person who became super admin, and no longer is', async () => {
    const world = await watched(NOOR);
    const { id } = world.google.workspace.makeAdmin(NOOR, true);
    await world.push();
    await world.consume();
    expect(await world.user(id)).toMatchObject({ isAdmin: 1 });

    world.google.workspace.makeAdmin(NOOR, false);
    await world.push();
    await world.consume();

    expect(await world.user(id)).toMatchObject({ isAdmin: 0 });
    expect(await typesOf(world, id)).toEqual(['user.created', 'user.updated', 'user.updated']);
  });

  test('of a person who was brought back restores the same row', async () => {
    const world = await watched(NOOR);
    const { id } = world.google.workspace.remove(NOOR);
    const born = (await world.user(id))?.createdMs;
    await world.push();
    await world.consume();

    world.google.workspace.undelete(id, '/Sales');
    await world.push();
    await world.consume();

    expect(await world.user(id)).toMatchObject({
      status: 'active',
      orgUnitPath: '/Sales',
      createdMs: born,
      deletedMs: null,
    });
    expect(await typesOf(world, id)).toEqual(['user.created', 'user.deleted', 'user.restored']);
    expect((await world.users()).length).toBe(1);
  });

  test.each([
    { change: 'suspend', back: 'unsuspend', status: 'suspended', type: 'user.suspended' },
    { change: 'archive', back: 'unarchive', status: 'archived', type: 'user.archived' },
  ] as const)(
    'that says $status, and one that it is over',
    async ({ change, back, status, type }) => {
      const world = await watched(NOOR);
      const { id } = world.google.workspace[change](NOOR);
      await world.push();
      await world.consume();
      expect(await world.user(id)).toMatchObject({ status });

      world.google.workspace[back](NOOR);
      await world.push();
      await world.consume();

      expect(await world.user(id)).toMatchObject({ status: 'active' });
      expect(await typesOf(world, id)).toEqual(['user.created', type, 'user.reactivated']);
    },
  );

  test('of a person who was renamed changes the address of the same row', async () => {
    const world = await watched(NOOR);
    const { id } = world.google.workspace.rename(NOOR, 'noor.new@example.test');

    await world.push();
    await world.consume();

    const row = await world.user(id);
    expect(row).toMatchObject({ id, email: 'noor.new@example.test' });
    expect(JSON.parse(row?.attributes ?? '').aliases).toContain(NOOR);
    expect((await world.users()).length).toBe(1);
  });

  test('of two people who swap addresses changes both rows, in one batch', async () => {
    const world = await watched(NOOR, 'it@example.test');
    const [noor, it] = [NOOR, 'it@example.test'].map((key) => world.google.workspace.user(key).id);
    world.google.workspace.swapAddresses(NOOR, 'it@example.test');

    await world.push();
    await world.consume();

    expect(await world.user(noor ?? '')).toMatchObject({ email: 'it@example.test' });
    expect(await world.user(it ?? '')).toMatchObject({ email: NOOR });
  });

  test('of a person who was deleted and another made with the address makes a new row', async () => {
    const world = await watched(NOOR);
    const old = world.google.workspace.remove(NOOR);
    const young = world.google.workspace.add({ primaryEmail: NOOR, givenName: 'Another' });

    await world.push();
    await world.consume();

    expect(young.id).not.toBe(old.id);
    expect(await world.user(old.id)).toMatchObject({ status: 'deleted', email: NOOR });
    expect(await world.user(young.id)).toMatchObject({ status: 'active', givenName: 'Another' });
    expect(await typesOf(world, young.id)).toEqual(['user.created']);
  });

  test('of a change that no mapped field shows makes no event', async () => {
    const world = await watched(NOOR);
    const { id } = world.google.workspace.signIn(NOOR);

    await world.push();
    await world.settle();

    expect(await typesOf(world, id)).toEqual(['user.created']);
    expect(world.queue).toEqual([]);
  });

  test('dates the change by when it was received, and remembers that pushes arrive', async () => {
    const world = await watched(NOOR);
    const { id } = world.google.workspace.suspend(NOOR);
    const pushedMs = world.clock.nowMs;
    await world.push();
    world.advance(3_000);
    await world.consume();

    expect((await world.events(id)).at(-1)).toMatchObject({
      cause: 'push',
      noticed_ms: pushedMs,
      at_ms: pushedMs + 3_000,
    });
    expect(await readDirectory(world.ports.db, 'default')).toMatchObject({
      lastPushMs: pushedMs,
      problem: null,
    });
    expect(world.logs.find(({ event }) => event === 'user.written')?.fields).toMatchObject({
      userId: id,
      type: 'user.suspended',
      changed: ['status'],
      latencyMs: 3_000,
    });
  });

  test('that comes before the first cron finds a directory made on the spot', async () => {
    const world = await watched();
    await env.DB.exec('DELETE FROM alerts');
    await env.DB.exec('DELETE FROM role_rules');
    await env.DB.exec('DELETE FROM role_recomputes');
    await env.DB.exec('DELETE FROM directories');
    const { id } = world.google.workspace.suspend(NOOR);

    await world.push();
    await world.consume();

    expect(await world.user(id)).toMatchObject({ status: 'suspended' });
  });
});

describe('pushes', () => {
  test('for one person that wait together cost one look', async () => {
    const world = await watched(NOOR);
    const { id } = world.google.workspace.suspend(NOOR);
    world.google.workspace.update(NOOR, { orgUnitPath: '/Sales' });
    world.google.workspace.makeAdmin(NOOR, true);

    await world.push();
    const handled = await world.consume();

    expect(handled.map(({ outcome }) => outcome).toSorted()).toEqual(['ack', 'ack', 'retry']);
    expect(getsOf(world)).toBe(1);
    expect(await world.user(id)).toMatchObject({
      status: 'suspended',
      orgUnitPath: '/Sales',
      isAdmin: 1,
    });
  });

  test('for one person that wait together while Google’s get trails behind: the last one is not lost', async () => {
    const world = await watched(NOOR);
    world.google.workspace.update(NOOR, { orgUnitPath: '/Sales' });
    world.advance(500);
    const { id } = world.google.workspace.suspend(NOOR);
    // Get shows what was true before the suspension.
    world.google.faults.getLagMs = 400;
    world.advance(100);

    await world.push();
    await world.consume();
    expect(await world.user(id)).toMatchObject({ status: 'active', orgUnitPath: '/Sales' });

    await world.settle();
    expect(await world.user(id)).toMatchObject({ status: 'suspended' });
  });

  test('that come twice change nothing the second time', async () => {
    const world = await watched(NOOR);
    world.google.faults.duplicatePushes = 1;
    const { id } = world.google.workspace.suspend(NOOR);

    await world.push();
    await world.settle();

    expect(await typesOf(world, id)).toEqual(['user.created', 'user.suspended']);
  });

  test.each([1, 2, 3, 4, 5])(
    'that come late, twice and in any order leave people as Google has them (seed %i)',
    async (seed) => {
      const world = await watched('admin@example.test');
      const { workspace, faults } = world.google;
      const people = workspace.addMany(6, { push: false });
      await acquaint(world, ...people.map(({ id }) => id));
      Object.assign(faults, { duplicatePushes: 0.5, reorderPushes: 1, pushDelayMs: 1_000 });
      let state = seed;
      const next = (below: number) => {
        state = (state * 48_271) % 2_147_483_647;
        return state % below;
      };
      for (let i = 0; i < 25; i++) {
        const { id } = people[next(people.length)] ?? { id: '' };
        const isThere = workspace.find(id) !== undefined;
        const change = [
          () => workspace.suspend(id),
          () => workspace.unsuspend(id),
          () => workspace.archive(id),
          () => workspace.makeAdmin(id, next(2) === 0),
          () => workspace.update(id, { name: { givenName: `Name ${i}` } }),
          () => workspace.remove(id),
        ][next(6)];
        if (isThere) change?.();
        else workspace.undelete(id);
        if (next(3) > 0) continue;
        await world.push();
        await world.consume();
        world.advance(next(4) * 500);
      }

      await world.settle();

      for (const { id } of people) {
        const there = workspace.find(id);
        const status = !there
          ? 'deleted'
          : there.suspended
            ? 'suspended'
            : there.archived
              ? 'archived'
              : 'active';
        const row = await world.user(id);
        expect(row).toMatchObject({ status });
        if (there)
          expect(row).toMatchObject({
            givenName: there.name.givenName,
            isAdmin: Number(there.isAdmin),
          });
      }
      expect(world.queue).toEqual([]);
    },
  );
});
