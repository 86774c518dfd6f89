// One person's groups at their sign-in: what is news is stored and has their roles made anew; nobody waits for long.
import { describe, expect, test, vi } from 'vitest';
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { refreshMembership } from '../../src/roles/groups.ts';
import { USER_READONLY_SCOPE } from '../google/service-accounts.ts';
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

const SUNNY = 'sunny@example.test';
const KEYS = [ENGINEERING, PLATFORM, EVERYONE];
const idOf = ({ google }: World, address: string) => google.workspace.user(address).id;
const groupsOf = ({ google }: World) => google.workspace.groups;
const refresh = (world: World, address: string, keys: readonly string[] = KEYS) =>
  refreshMembership(world.ports, DEFAULT_DIRECTORY_ID, keys, idOf(world, address));
const asks = ({ google }: World) => google.calls.filter(({ path }) => path.includes('/hasMember/'));

/** All groups are read, and everybody's roles are made. */
async function aWorldInStep(): Promise<World> {
  const world = await createGroupsWorld();
  await read(world, KEYS);
  await finishRecompute();
  world.google.calls.length = 0;
  return world;
}

describe('somebody who signs in', () => {
  test('and was put into a group since is in it, with roles to be made anew for them alone', async () => {
    const world = await aWorldInStep();
    const version = await versionNow();
    groupsOf(world).addMember(PLATFORM, SUNNY);
    world.advance(5_000);
    await refresh(world, SUNNY);

    expect(await membersOf(world, PLATFORM)).toContain(SUNNY);
    expect(await membersOf(world, ENGINEERING)).toContain(SUNNY);
    expect(await versionNow()).toBe(version + 1);
    expect(await asked()).toMatchObject({
      run: 4,
      scope: [idOf(world, SUNNY)],
      askedMs: START_MS + 5_000,
      finishedMs: null,
    });
  });

  test('and was taken out of one is out of it; everybody else stays', async () => {
    const world = await aWorldInStep();
    const others = (await membersOf(world, ENGINEERING)).filter((one) => !one.startsWith('noor'));
    groupsOf(world).removeMember(ENGINEERING, 'noor@example.test');
    await refresh(world, 'noor@example.test');
    expect(await membersOf(world, ENGINEERING)).toEqual(others);
    expect((await asked())?.scope).toEqual([idOf(world, 'noor@example.test')]);
  });

  test('with nothing new writes nothing', async () => {
    const world = await aWorldInStep();
    const version = await versionNow();
    const batch = vi.spyOn(env.DB, 'batch');
    await refresh(world, 'noor@example.test');
    await refresh(world, SUNNY);
    expect(batch).not.toHaveBeenCalled();
    batch.mockRestore();

    expect([await versionNow(), (await asked())?.run]).toEqual([version, 3]);
    expect(asks(world)).toHaveLength(4);
  });

  test('is not asked about for a group of everybody', async () => {
    const world = await aWorldInStep();
    await refresh(world, SUNNY);
    expect(asks(world).map(({ path }) => path)).not.toContain(expect.stringContaining('everyone'));
    expect(asks(world)).toHaveLength(2);
  });

  test('has their roles made anew after those of everybody, where that is under way', async () => {
    const world = await createGroupsWorld();
    await read(world, KEYS);
    groupsOf(world).addMember(PLATFORM, SUNNY);
    await refresh(world, SUNNY);
    const row = await env.DB.prepare('SELECT run, scope, also FROM role_recomputes').first();
    expect(row).toMatchObject({ run: 4, scope: null });
    expect(row?.['also']).toContain(idOf(world, SUNNY));
  });

  test('is a member of a group that has not been read yet', async () => {
    const world = await createGroupsWorld();
    await refresh(world, 'noor@example.test', [ENGINEERING]);
    expect(await membersOf(world, ENGINEERING)).toEqual(['noor@example.test']);
    expect(await count('groups')).toBe(1);
    world.advance(3_600_001);
    await read(world, [PLATFORM]);
    expect(await membersOf(world, ENGINEERING)).toEqual([]);
  });

  test('twice at once is news once', async () => {
    const world = await aWorldInStep();
    const version = await versionNow();
    groupsOf(world).addMember(PLATFORM, SUNNY);
    await Promise.all([refresh(world, SUNNY), refresh(world, SUNNY)]);
    expect(await versionNow()).toBe(version + 1);
    expect((await asked())?.scope).toEqual([idOf(world, SUNNY)]);
  });

  test.each(['in', 'out'] as const)(
    'and went %s is so also for a reading that was past them',
    async (way) => {
      const world = await aWorldInStep();
      const { workspace } = world.google;
      workspace.groups.create({ email: 'crowd@example.test' });
      const people = workspace
        .addMany(250, { push: false })
        .map(({ id }) => id)
        .sort();
      const [first = ''] = people;
      for (const id of way === 'in' ? people.slice(1) : people)
        workspace.groups.addMember('crowd@example.test', id);
      const keys = [...KEYS, 'crowd@example.test'];
      if (way === 'out') await refreshMembership(world.ports, DEFAULT_DIRECTORY_ID, keys, first);
      await read(world, keys, 1);
      if (way === 'in') workspace.groups.addMember('crowd@example.test', first);
      else workspace.groups.removeMember('crowd@example.test', first);
      await refreshMembership(world.ports, DEFAULT_DIRECTORY_ID, keys, first);
      expect(await count('group_pages')).toBe(1);
      await read(world, keys);

      const members = await membersOf(world, 'crowd@example.test');
      expect(members).toHaveLength(way === 'in' ? 250 : 249);
      expect(members.includes(workspace.user(first).primaryEmail)).toBe(way === 'in');
    },
  );
});

describe('what Google does not say', () => {
  test('of somebody nested from another domain stays as it was', async () => {
    const world = await aWorldInStep();
    const { id } = world.google.workspace.add({
      primaryEmail: 'zoe@example-studio.test',
      givenName: 'Zoë',
      familyName: 'S',
    });
    groupsOf(world).addMember(PLATFORM, id);
    await refresh(world, 'zoe@example-studio.test');
    expect(await membersOf(world, PLATFORM)).toContain('zoe@example-studio.test');
    expect(await membersOf(world, ENGINEERING)).not.toContain('zoe@example-studio.test');
    // That Google can't say it is no failure.
    expect(world.logs.filter(({ event }) => event === 'groups.not-asked')).toEqual([]);
    await read(world, KEYS);
    expect(await membersOf(world, ENGINEERING)).toContain('zoe@example-studio.test');
    const version = await versionNow();
    await refresh(world, 'zoe@example-studio.test');
    expect(await versionNow()).toBe(version);
  });

  test('of a group that is gone stays as it was', async () => {
    const world = await aWorldInStep();
    groupsOf(world).remove(PLATFORM);
    await refresh(world, 'liam.oreilly@example.test');
    expect(await membersOf(world, PLATFORM)).toContain('liam.oreilly@example.test');
  });

  test('without the scope costs one attempt, and the person’s sign-in nothing', async () => {
    const world = await aWorldInStep();
    world.google.accounts.delegate([USER_READONLY_SCOPE]);
    world.google.tokens.revokeAll();
    const members = await membersOf(world, ENGINEERING);
    await refresh(world, 'noor@example.test');

    expect(await membersOf(world, ENGINEERING)).toEqual(members);
    const line = world.logs.find(({ event }) => event === 'groups.not-asked');
    expect(line?.fields['codes']).toEqual(['token-delegation']);
  });

  test('of one group does not keep the others from being stored', async () => {
    const world = await aWorldInStep();
    groupsOf(world).addMember(PLATFORM, SUNNY);
    world.google.faults.failNext('members', '503');
    await refresh(world, SUNNY);
    const found = [await membersOf(world, PLATFORM), await membersOf(world, ENGINEERING)];
    expect(found.filter((members) => members.includes(SUNNY))).toHaveLength(1);
  });

  test.each([{ isMember: 'true' }, { isMember: 1 }, {}, [], null])(
    'clearly (%j) is not taken for a yes or a no',
    async (answer) => {
      const world = await aWorldInStep();
      const fetch = async (request: Request) =>
        request.url.includes('/hasMember/') ? Response.json(answer) : world.google.fetch(request);
      const ports = { ...world.ports, groupsApi: { ...world.ports.groupsApi, fetch } };
      const before = await membersOf(world, ENGINEERING);
      for (const address of [SUNNY, 'noor@example.test'])
        await refreshMembership(ports, DEFAULT_DIRECTORY_ID, KEYS, idOf(world, address));
      expect(await membersOf(world, ENGINEERING)).toEqual(before);
    },
  );

  test('within 3 seconds nobody waits for; what came in time is stored', async () => {
    const world = await aWorldInStep();
    groupsOf(world).addMember(PLATFORM, SUNNY);
    let slow = 0;
    const fetch = async (request: Request) => {
      if (!request.url.includes('/groups/engineering')) return world.google.fetch(request);
      slow += 1;
      return new Promise<never>(() => {});
    };
    const ports = { ...world.ports, groupsApi: { ...world.ports.groupsApi, fetch } };
    const startMs = Date.now();
    await refreshMembership(ports, DEFAULT_DIRECTORY_ID, KEYS, idOf(world, SUNNY));

    expect(Date.now() - startMs).toBeLessThan(4_000);
    expect(slow).toBe(1);
    expect(await membersOf(world, PLATFORM)).toContain(SUNNY);
    const line = world.logs.find(({ event }) => event === 'groups.not-asked');
    expect(line?.fields['codes']).toEqual(['timeout']);
  }, 10_000);
});

test('ten groups are asked about at most, six at a time, those read longest ago', async () => {
  const world = await createGroupsWorld();
  const keys = Array.from({ length: 14 }, (_, i) => `g${10 + i}@example.test`);
  for (const email of keys) groupsOf(world).create({ email });
  await read(world, keys.slice(0, 5));
  await env.DB.batch(
    keys
      .slice(5)
      .map((key) =>
        env.DB.prepare("INSERT INTO groups (directory_id, group_key) VALUES ('default', ?1)").bind(
          key,
        ),
      ),
  );
  world.google.calls.length = 0;
  let [open, most] = [0, 0];
  const fetch = async (request: Request) => {
    open += 1;
    most = Math.max(most, open);
    await new Promise((resolve) => setTimeout(resolve, 5));
    open -= 1;
    return world.google.fetch(request);
  };
  const ports = { ...world.ports, groupsApi: { ...world.ports.groupsApi, fetch } };
  await refreshMembership(ports, DEFAULT_DIRECTORY_ID, keys, idOf(world, SUNNY));

  const found = asks(world).map(({ path }) => decodeURIComponent(path.split('/')[5] ?? ''));
  expect(found.sort()).toEqual([keys[0], ...keys.slice(5)]);
  expect(most).toBe(6);
});

test('whoever is told to call less asks no further', async () => {
  const world = await createGroupsWorld();
  const keys = Array.from({ length: 10 }, (_, i) => `g${i}@example.test`);
  for (const email of keys) groupsOf(world).create({ email });
  world.google.faults.failNext('members', '429', Number.POSITIVE_INFINITY);
  await refresh(world, SUNNY, keys);
  expect(asks(world)).toHaveLength(6);
});
