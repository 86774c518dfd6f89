// Reading who is in the groups that rules name: what is stored, and when roles have to be made anew.

import { describe, expect, test, vi } from 'vitest';
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { endReading, keepNamedGroups, readGroupStates } from '../../src/db/groups.ts';
import { recomputePage } from '../../src/roles/recompute.ts';
import {
  asked,
  count,
  createGroupsWorld,
  ENGINEERING,
  EVERYONE,
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

describe('a reading', () => {
  test('stores everybody, whatever their role, also those of nested groups, suspended ones and strangers', async () => {
    const world = await createGroupsWorld();
    world.google.workspace.suspend('wei.zhang@example.test');
    await read(world, [ENGINEERING, PLATFORM]);

    const members = await membersOf(world, ENGINEERING);
    expect(members).toEqual([
      expect.stringMatching(/^2\d{20}$/),
      'liam.oreilly@example.test',
      'noor@example.test',
      'oksana.bondar@example.test',
      'wei.zhang@example.test',
    ]);
    expect(await membersOf(world, PLATFORM)).toEqual([members[0], 'liam.oreilly@example.test']);
    expect((await states(world))[ENGINEERING]).toEqual({
      groupKey: ENGINEERING,
      hasEverybody: false,
      members: 5,
      readMs: START_MS,
      triedMs: START_MS,
      problem: null,
      isReading: false,
    });
  });

  test('asks for roles to be made anew for those concerned, and makes another version', async () => {
    const world = await createGroupsWorld();
    const before = await versionNow();
    await read(world, [PLATFORM]);
    const liam = idOf(world, 'liam.oreilly@example.test');
    expect(await versionNow()).toBe(before + 1);
    expect((await asked())?.scope).toContain(liam);

    await finishRecompute();
    world.advance(60_000);
    world.google.workspace.groups.removeMember(PLATFORM, liam);
    world.google.workspace.groups.addMember(PLATFORM, 'sunny@example.test', 'MANAGER');
    await read(world, [PLATFORM]);

    expect(await versionNow()).toBe(before + 2);
    const members = await membersOf(world, PLATFORM);
    expect(members).toEqual([expect.stringMatching(/^2/), 'sunny@example.test']);
    expect(await asked()).toEqual({
      run: 2,
      scope: [liam, idOf(world, 'sunny@example.test')].sort(),
      afterId: '',
      askedMs: START_MS + 60_000,
      finishedMs: null,
      seen: 0,
    });
  });

  test('joins those of an earlier recompute that has yet to finish', async () => {
    const world = await createGroupsWorld();
    await read(world, [PLATFORM]);
    const before = (await asked())?.scope ?? [];
    world.google.workspace.groups.addMember(PLATFORM, 'sunny@example.test');
    await read(world, [PLATFORM]);

    const sunny = idOf(world, 'sunny@example.test');
    expect(await asked()).toMatchObject({
      run: 2,
      scope: [...before, sunny].toSorted(),
      finishedMs: null,
    });
  });

  test('while everybody is gone through starts nothing anew: those concerned come once more after it', async () => {
    const world = await createGroupsWorld();
    await read(world, [PLATFORM]);
    await env.DB.prepare("UPDATE role_recomputes SET scope = NULL, after_id = '5'").run();
    world.google.workspace.groups.addMember(PLATFORM, 'sunny@example.test');
    await read(world, [PLATFORM]);

    expect(await asked()).toMatchObject({ run: 2, scope: null, afterId: '5', finishedMs: null });
    const sunny = idOf(world, 'sunny@example.test');
    const row = await env.DB.prepare('SELECT also FROM role_recomputes').first<{ also: string }>();
    expect(JSON.parse(row?.also ?? '')).toEqual([sunny]);
    for (
      let pages = 0;
      (await recomputePage(world.ports, DEFAULT_DIRECTORY_ID)) === 'more';
      pages += 1
    )
      expect(pages).toBeLessThan(5);
    expect(await asked()).toMatchObject({ scope: [sunny], finishedMs: world.clock.nowMs });
  });

  test('that finds nothing new asks for nothing, and writes one row', async () => {
    const world = await createGroupsWorld();
    await read(world, [ENGINEERING]);
    await finishRecompute();
    const version = await versionNow();
    const batch = vi.spyOn(env.DB, 'batch');
    world.advance(1_000);
    await read(world, [ENGINEERING]);
    const results = (
      await Promise.all(batch.mock.results.map(({ value }) => value as Promise<D1Result[]>))
    ).flat();
    batch.mockRestore();

    expect(results.reduce((sum, { meta }) => sum + meta.changes, 0)).toBe(1);
    // A row for each member, and not one for each pair of them.
    expect(results.reduce((sum, { meta }) => sum + meta.rows_read, 0)).toBeLessThan(20);
    expect(await versionNow()).toBe(version);
    expect(await asked()).toMatchObject({ run: 1, finishedMs: 1 });
    expect((await states(world))[ENGINEERING]?.readMs).toBe(START_MS + 1_000);
  });

  test('of an empty group stores nobody, and is no news', async () => {
    const world = await createGroupsWorld();
    world.google.workspace.groups.create({ email: CROWD });
    const version = await versionNow();
    await read(world, [CROWD]);

    expect((await states(world))[CROWD]).toMatchObject({ members: 0, readMs: START_MS });
    expect([await versionNow(), await asked()]).toEqual([version, null]);
  });

  test('finds everybody in a group, also through one in it, and then that it is not so any more', async () => {
    const world = await createGroupsWorld();
    const { groups } = world.google.workspace;
    groups.create({ email: CROWD });
    groups.addMember(CROWD, EVERYONE);
    await read(world, [EVERYONE, CROWD]);
    expect((await states(world))[EVERYONE]).toMatchObject({ hasEverybody: true, members: 0 });
    expect((await states(world))[CROWD]?.hasEverybody).toBe(true);
    expect((await asked())?.scope).toBeNull();

    await finishRecompute();
    const version = await versionNow();
    groups.removeMember(EVERYONE, 'my_customer');
    await read(world, [EVERYONE]);
    expect((await states(world))[EVERYONE]?.hasEverybody).toBe(false);
    expect((await asked())?.scope).toBeNull();
    expect(await versionNow()).toBe(version + 1);
  });

  test('is about everybody where more than 5,000 came or went', async () => {
    const world = await createGroupsWorld();
    await keepNamedGroups(world.ports.db, DEFAULT_DIRECTORY_ID, [CROWD], START_MS);
    const news = async (size: number) => {
      const [reading] = await keepNamedGroups(
        world.ports.db,
        DEFAULT_DIRECTORY_ID,
        [CROWD],
        START_MS,
      );
      if (reading === undefined) throw new Error('no group');
      const userIds = Array.from({ length: size }, (_, i) => String(10_000_000 + i));
      await endReading(world.ports.db, reading, { userIds, hasEverybody: false }, START_MS);
      const { scope } = (await asked()) ?? {};
      await finishRecompute();
      return scope?.length ?? null;
    };
    expect([await news(5_000), await news(10_001), await news(10_002)]).toEqual([5_000, null, 1]);
  });
});

describe('a group that no rule names', () => {
  test('is kept where a rule does name it, whatever a pass that began before that thinks', async () => {
    const world = await createGroupsWorld();
    await read(world, [PLATFORM, ENGINEERING]);
    await env.DB.prepare(
      `INSERT INTO role_rules (directory_id, source, role, made_by, made_ms)
       VALUES ('default', json_object('kind', 'group', 'group', ?1), 'eng', 'user:1', 1)`,
    )
      .bind(ENGINEERING)
      .run();
    const members = await membersOf(world, ENGINEERING);
    world.advance(2 * 3_600_000);
    await read(world, [PLATFORM]);
    expect(await membersOf(world, ENGINEERING)).toEqual(members);
  });

  test('is never asked about, and forgotten with its members and pages', async () => {
    const world = await createGroupsWorld();
    crowd(world, 250);
    await read(world, [ENGINEERING, EVERYONE]);
    await read(world, [CROWD, ENGINEERING, EVERYONE], 1);
    expect(await count('group_pages')).toBe(1);
    const version = await versionNow();
    world.google.calls.length = 0;
    // Somebody may be about to save the rule that it was read for.
    await read(world, [EVERYONE]);
    expect(Object.keys(await states(world))).toHaveLength(3);
    world.advance(3_600_001);
    world.google.calls.length = 0;
    await read(world, [EVERYONE]);

    expect(Object.keys(await states(world))).toEqual([EVERYONE]);
    expect([await count('group_members'), await count('group_pages')]).toEqual([0, 0]);
    expect(world.google.calls.flatMap(({ path }) => (path === '/token' ? [] : [path]))).toEqual([
      '/admin/directory/v1/groups/everyone%40example.test/members',
    ]);
    expect(await versionNow()).toBe(version);
  });

  test('costs no call where there is none', async () => {
    const world = await createGroupsWorld();
    await read(world, []);
    expect(world.google.calls).toEqual([]);
  });
});

describe('a small budget', () => {
  test('reads on where it stopped, and stores members only at the end, all at once', async () => {
    const world = await createGroupsWorld();
    const ids = crowd(world, 450);
    await read(world, [CROWD], 2);
    expect((await states(world))[CROWD]).toMatchObject({
      members: 0,
      readMs: null,
      isReading: true,
    });
    expect([await count('group_members'), await asked()]).toEqual([0, null]);

    await read(world, [CROWD], 1);
    expect((await states(world))[CROWD]?.isReading).toBe(true);
    await read(world, [CROWD], 1);
    expect(await membersOf(world, CROWD)).toEqual(addresses(world, ids));
    expect((await asked())?.scope).toEqual(ids);
    expect((await states(world))[CROWD]).toMatchObject({ isReading: false, readMs: START_MS });
    expect(await count('group_pages')).toBe(0);
    const lists = world.google.calls.filter(({ kind }) => kind === 'members');
    expect(lists).toHaveLength(3);
  });

  test('makes no call where none is left', async () => {
    const world = await createGroupsWorld();
    await read(world, [ENGINEERING], 0);
    expect(world.google.calls).toEqual([]);
    expect((await states(world))[ENGINEERING]?.triedMs).toBeNull();
  });

  test('reaches all groups in turn, a large one too', async () => {
    const world = await createGroupsWorld();
    crowd(world, 650);
    const keys = [CROWD, ENGINEERING, PLATFORM, EVERYONE, 'gone@example.test'];
    // The token is had by then.
    await read(world, keys, 2);
    for (let i = 0; i < 9; i += 1) {
      world.advance(1_000);
      await read(world, keys, 1);
    }
    const all = Object.values(await states(world));
    expect(all.filter(({ triedMs }) => triedMs === null)).toEqual([]);
    expect(all.filter(({ readMs }) => readMs === null).map((one) => one.groupKey)).toEqual([
      CROWD,
      'gone@example.test',
    ]);
    for (let i = 0; i < 10; i += 1) {
      world.advance(1_000);
      await read(world, keys, 1);
    }
    expect((await states(world))[CROWD]).toMatchObject({ members: 650 });
  });

  test('begins anew where Google does not go on with the token, within the same event', async () => {
    const world = await createGroupsWorld();
    const ids = crowd(world, 250);
    await read(world, [CROWD], 2);
    world.google.workspace.groups.removeMember(CROWD, ids[0] ?? '');
    // Google keeps no token for so long.
    world.advance(4 * 24 * 60 * 60_000);
    await read(world, [CROWD]);

    expect(await membersOf(world, CROWD)).toEqual(addresses(world, ids.slice(1)));
    expect((await states(world))[CROWD]).toMatchObject({ problem: null, isReading: false });
  });
});
