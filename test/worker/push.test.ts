// A change at Google becomes a row: push → receiver → queue → look → D1.
import { describe, expect, test } from 'vitest';
import { readDirectory } from '../../src/db/directories.ts';
import { keepChannels } from '../../src/sync/channels.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createWorld, type World } from './world.ts';

async function watched(): Promise<World> {
  const world = await createWorld();
  await runSchedule(world.ports, async () => {}, world.clock.nowMs);
  await world.settle();
  return world;
}

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
    expect((await world.events(ana.id)).map(({ type }) => type)).toEqual(['user.created']);
    expect(await readDirectory(world.ports.db, 'default')).toMatchObject({ problem: null });
    expect(keepChannels).toBeDefined();
  });
});
