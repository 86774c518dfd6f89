// Readings that meet each other, or end half-way: what is stored of a group is what Google said at one time.
import { describe, expect, test, vi } from 'vitest';
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { endReading, keepNamedGroups, readGroupStates, storePages } from '../../src/db/groups.ts';
import { refreshMembership } from '../../src/roles/groups.ts';
import {
  asked,
  count,
  createGroupsWorld,
  ENGINEERING,
  finishRecompute,
  membersOf,
  PLATFORM,
  read,
  versionNow,
} from './groups.ts';
import { env, START_MS, type World } from './world.ts';

const states = async (world: World) =>
  Object.fromEntries(
    (await readGroupStates(world.ports.db, DEFAULT_DIRECTORY_ID)).map((one) => [one.groupKey, one]),
  );
const idOf = ({ google }: World, address: string) => google.workspace.user(address).id;

/** A group of `size` people who are in no other. */
function crowd({ google }: World, size: number, email = 'crowd@example.test'): string[] {
  const people = google.workspace.addMany(size, { push: false, prefix: 'crowd' });
  google.workspace.groups.create({ email });
  for (const { id } of people) google.workspace.groups.addMember(email, id);
  return people.map(({ id }) => id).sort();
}
const CROWD = 'crowd@example.test';
const addresses = (world: World, ids: readonly string[]) =>
  ids.map((id) => world.google.workspace.user(id).primaryEmail).sort();

describe('two readings at once', () => {
  test('leave what Google said once', async () => {
    const world = await createGroupsWorld();
    const ids = crowd(world, 450);
    const version = await versionNow();
    await Promise.all([read(world, [CROWD]), read(world, [CROWD])]);

    expect(await membersOf(world, CROWD)).toEqual(addresses(world, ids));
    expect(await versionNow()).toBe(version + 1);
    expect((await asked())?.run).toBe(1);
  });

  test('store the page of one of them', async () => {
    const world = await createGroupsWorld();
    crowd(world, 450);
    await read(world, [ENGINEERING]);
    await Promise.all([read(world, [CROWD], 2), read(world, [CROWD], 2)]);
    expect(await count('group_pages')).toBe(1);
  });

  test('nor what a sign-in has found since it began', async () => {
    const world = await createGroupsWorld();
    await read(world, [PLATFORM]);
    const { db } = world.ports;
    const [slow] = await keepNamedGroups(db, DEFAULT_DIRECTORY_ID, [PLATFORM], START_MS);
    if (slow === undefined) throw new Error('no group');
    const liam = idOf(world, 'liam.oreilly@example.test');
    world.google.workspace.groups.removeMember(PLATFORM, liam);
    await refreshMembership(world.ports, DEFAULT_DIRECTORY_ID, [PLATFORM], liam);

    const seen = { userIds: [liam], hasEverybody: false };
    expect(await endReading(db, slow, seen, START_MS)).toBeNull();
    expect(await storePages(db, slow, seen, 'next', START_MS)).toBe(false);
    expect(await membersOf(world, PLATFORM)).not.toContain('liam.oreilly@example.test');
  });

  test('the slower one does not put back what the other has seen to be over', async () => {
    const world = await createGroupsWorld();
    await read(world, [PLATFORM]);
    const [slow] = await keepNamedGroups(
      world.ports.db,
      DEFAULT_DIRECTORY_ID,
      [PLATFORM],
      START_MS,
    );
    if (slow === undefined) throw new Error('no group');
    const liam = idOf(world, 'liam.oreilly@example.test');
    world.google.workspace.groups.removeMember(PLATFORM, liam);
    await read(world, [PLATFORM]);
    const { db } = world.ports;
    const seen = { userIds: [liam], hasEverybody: true };

    expect(await endReading(db, slow, seen, START_MS)).toBeNull();
    expect(await storePages(db, slow, seen, 'next', START_MS)).toBe(false);
    expect(await membersOf(world, PLATFORM)).not.toContain('liam.oreilly@example.test');
    expect(await count('group_pages')).toBe(0);
    expect((await states(world))[PLATFORM]).toMatchObject({
      hasEverybody: false,
      isReading: false,
    });
  });
});

describe('a crash', () => {
  test.each([1, 2, 3, 4])(
    'at write %i leaves members as they were, and the next reading right',
    async (at) => {
      const world = await createGroupsWorld();
      const ids = crowd(world, 450);
      await read(world, [CROWD]);
      await finishRecompute();
      const version = await versionNow();
      world.google.workspace.groups.addMember(CROWD, 'sunny@example.test');
      world.google.workspace.groups.removeMember(CROWD, ids[0] ?? '');
      const after = [...ids.slice(1), idOf(world, 'sunny@example.test')];

      let writes = 0;
      const batch = env.DB.batch.bind(env.DB);
      const crashing = vi.spyOn(env.DB, 'batch').mockImplementation((statements) => {
        writes += 1;
        if (writes === at) return Promise.reject(new Error('D1_ERROR: Network connection lost.'));
        return batch(statements) as never;
      });
      for (let i = 0; i < 4; i += 1) {
        await read(world, [CROWD], 1).catch(() => {});
        const members = await membersOf(world, CROWD);
        expect([addresses(world, ids), addresses(world, after)]).toContainEqual(members);
        const isNew = members.includes('sunny@example.test');
        expect(await versionNow()).toBe(isNew ? version + 1 : version);
        expect((await asked())?.finishedMs).toBe(isNew ? null : 1);
      }
      crashing.mockRestore();
      await read(world, [CROWD]);
      await read(world, [CROWD]);
      expect(await membersOf(world, CROWD)).toEqual(addresses(world, after));
      expect(await versionNow()).toBe(version + 1);
      expect((await asked())?.scope).toEqual([ids[0], idOf(world, 'sunny@example.test')].sort());
    },
  );
});
