// Groups that Google doesn't tell of, or tells of in odd ways: nobody changes, people stay in step, and the console can
// say what is wrong.
import { describe, expect, test } from 'vitest';
import { DEFAULT_DIRECTORY_ID } from '../../src/config.ts';
import { readGroupStates } from '../../src/db/groups.ts';
import { listUsers } from '../../src/google/directory.ts';
import { readGroups } from '../../src/roles/groups.ts';
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

const states = async (world: World) =>
  Object.fromEntries(
    (await readGroupStates(world.ports.db, DEFAULT_DIRECTORY_ID)).map((one) => [one.groupKey, one]),
  );
const problems = async (world: World) =>
  Object.fromEntries(Object.values(await states(world)).map((one) => [one.groupKey, one.problem]));

/** Reads with Google's answers about members replaced. */
function readWith(world: World, keys: readonly string[], answer: (url: URL) => unknown) {
  const fetch = async (request: Request) =>
    request.url.includes('/members')
      ? Response.json(answer(new URL(request.url)))
      : world.google.fetch(request);
  const groupsApi = { ...world.ports.groupsApi, fetch };
  return readGroups({ ...world.ports, groupsApi }, DEFAULT_DIRECTORY_ID, keys, () => 20);
}
const KIND = 'admin#directory#members';

describe('a group that is gone', () => {
  test('keeps its members, says so, and is read again once it is back', async () => {
    const world = await createGroupsWorld();
    const { groups } = world.google.workspace;
    await read(world, [PLATFORM]);
    const [members, version] = [await membersOf(world, PLATFORM), await versionNow()];
    groups.remove(PLATFORM);
    world.advance(60_000);
    await read(world, [PLATFORM]);

    expect(await membersOf(world, PLATFORM)).toEqual(members);
    expect((await states(world))[PLATFORM]).toMatchObject({
      problem: 'notFound',
      members: 2,
      readMs: START_MS,
      triedMs: START_MS + 60_000,
    });
    expect(await versionNow()).toBe(version);

    groups.create({ email: PLATFORM });
    await finishRecompute();
    await read(world, [PLATFORM]);
    expect((await states(world))[PLATFORM]).toMatchObject({ problem: null, members: 0 });
    expect((await asked())?.scope).toHaveLength(2);
  });

  test('in the midst of a reading leaves none of its pages', async () => {
    const world = await createGroupsWorld();
    const { google } = world;
    google.workspace.groups.create({ email: 'crowd@example.test' });
    for (const { id } of google.workspace.addMany(250, { push: false }))
      google.workspace.groups.addMember('crowd@example.test', id);
    await read(world, ['crowd@example.test'], 2);
    expect(await count('group_pages')).toBe(1);
    google.workspace.groups.remove('crowd@example.test');
    await read(world, ['crowd@example.test']);

    expect(await count('group_pages')).toBe(0);
    expect((await states(world))['crowd@example.test']).toMatchObject({
      isReading: false,
      problem: 'notFound',
    });
  });

  test('by name only is found by its old address, and by its id', async () => {
    const world = await createGroupsWorld();
    const { id } = world.google.workspace.groups.rename(PLATFORM, 'infra@example.test');
    await read(world, [PLATFORM, id]);
    expect(await membersOf(world, PLATFORM)).toEqual(await membersOf(world, id));
    expect(await problems(world)).toEqual({ [PLATFORM]: null, [id]: null });
  });

  test('as an HTML page is a failure, and no group that is gone', async () => {
    const world = await createGroupsWorld();
    world.google.faults.failNext('members', '404 html');
    await read(world, [PLATFORM]);
    expect(await problems(world)).toEqual({ [PLATFORM]: 'html-response' });
  });
});

describe('a scope that is not delegated', () => {
  test('is noted with every group after one attempt, and people can be read as before', async () => {
    const world = await createGroupsWorld();
    await read(world, [PLATFORM]);
    const members = await membersOf(world, PLATFORM);
    world.google.accounts.delegate([USER_READONLY_SCOPE]);
    world.google.tokens.revokeAll();
    world.google.calls.length = 0;
    await read(world, [PLATFORM, ENGINEERING, EVERYONE]);

    expect(await problems(world)).toEqual({
      [PLATFORM]: 'token-delegation',
      [ENGINEERING]: 'token-delegation',
      [EVERYONE]: 'token-delegation',
    });
    expect(world.google.calls.filter(({ kind }) => kind === 'token')).toHaveLength(1);
    expect(await membersOf(world, PLATFORM)).toEqual(members);
    const { users } = await listUsers(world.ports.api, world.config, null);
    expect(users.length).toBeGreaterThan(20);
  });

  test('is asked for in tokens that hold nothing else, and not where nothing is asked', async () => {
    const world = await createGroupsWorld();
    world.google.tokens.revokeAll();
    await read(world, [PLATFORM]);
    const { tokens } = world.google.snapshot() as { tokens: { scopes: string[] }[] };
    expect(tokens.at(-1)?.scopes).toEqual([
      'https://www.googleapis.com/auth/admin.directory.group.member.readonly',
    ]);
    world.google.calls.length = 0;
    await listUsers(world.ports.api, world.config, null);
    expect(world.google.calls.filter(({ kind }) => kind === 'members')).toEqual([]);
  });
});

describe('a failure', () => {
  test.each([
    ['503', 'backendError'],
    ['dropped connection', 'network'],
    ['403 forbidden', 'forbidden'],
    ['empty 200', 'invalid-response'],
  ] as const)('%s is noted as %s, and the others are read', async (fault, code) => {
    const world = await createGroupsWorld();
    await read(world, [ENGINEERING, PLATFORM]);
    const before = await membersOf(world, ENGINEERING);
    world.advance(1_000);
    world.google.faults.failNext('members', fault);
    await read(world, [ENGINEERING, PLATFORM]);

    expect(await problems(world)).toEqual({ [ENGINEERING]: code, [PLATFORM]: null });
    expect(await membersOf(world, ENGINEERING)).toEqual(before);
    expect((await states(world))[PLATFORM]?.readMs).toBe(START_MS + 1_000);
  });

  test('of too many calls ends it: the others wait too', async () => {
    const world = await createGroupsWorld();
    world.google.faults.failNext('members', '429');
    await read(world, [ENGINEERING, PLATFORM]);
    expect(await problems(world)).toEqual({
      [ENGINEERING]: 'rateLimitExceeded',
      [PLATFORM]: 'rateLimitExceeded',
    });
    expect(world.google.calls.filter(({ kind }) => kind === 'members')).toHaveLength(1);
  });

  test('half-way keeps what was read until then', async () => {
    const world = await createGroupsWorld();
    let page = 0;
    await readWith(world, [ENGINEERING], () => {
      page += 1;
      if (page === 3) return [];
      return {
        kind: KIND,
        members: [{ id: `10000${page}`, type: 'USER' }],
        nextPageToken: `t${page}`,
      };
    });
    expect((await states(world))[ENGINEERING]).toMatchObject({
      problem: 'invalid-response',
      isReading: true,
      members: 0,
    });
    const tokens: (string | null)[] = [];
    await readWith(world, [ENGINEERING], (url) => {
      tokens.push(url.searchParams.get('pageToken'));
      return { kind: KIND };
    });
    expect(tokens).toEqual(['t2']);
    expect(await membersOf(world, ENGINEERING)).toEqual(['100001', '100002']);
  });

  test('is told in the log by its code, without an address', async () => {
    const world = await createGroupsWorld();
    await read(world, ['nobody@example.test', PLATFORM]);
    const lines = world.logs.filter(({ event }) => event.startsWith('groups.'));
    expect(lines.map(({ event }) => event)).toEqual(['groups.not-read', 'groups.changed']);
    expect(JSON.stringify(lines)).not.toContain('@');
    expect(lines[0]?.fields['code']).toBe('notFound');
  });
});

describe('an odd answer', () => {
  test('with ids that are none, or members that are nobody, stores only people', async () => {
    const world = await createGroupsWorld();
    const hostile: unknown[] = [
      { id: '1 OR 1=1', type: 'USER' },
      { id: '12345', type: 'USER' },
      { id: '9'.repeat(31), type: 'USER' },
      { id: '١٢٣٤٥٦٧', type: 'USER' },
      { id: 123456789, type: 'USER' },
      { id: '123456789', type: 'GROUP' },
      { id: '123456780', type: 'SOMETHING' },
      { id: '123456781' },
      { id: '123456782\n', type: 'USER' },
      null,
      'C',
      7,
      [],
    ];
    const members = [
      ...hostile,
      { id: '200000001', type: 'USER' },
      { id: '200000001', type: 'USER' },
    ];
    await readWith(world, [ENGINEERING], () => ({ members }));

    expect(await membersOf(world, ENGINEERING)).toEqual(['200000001']);
    expect(await problems(world)).toEqual({ [ENGINEERING]: null });
  });

  test('in which another customer is a member lets nobody of this one in', async () => {
    const world = await createGroupsWorld();
    const members = [{ id: 'C0somebody', type: 'CUSTOMER' }];
    await readWith(world, [ENGINEERING], () => ({ members }));
    expect((await states(world))[ENGINEERING]).toMatchObject({
      hasEverybody: false,
      problem: null,
    });

    // Before the customer is known nobody is everybody.
    await env.DB.prepare('UPDATE directories SET customer_id = NULL').run();
    await read(world, [EVERYONE]);
    expect((await states(world))[EVERYONE]?.hasEverybody).toBe(false);
  });

  test.each([
    ['members that are no list', { kind: KIND, members: {} }],
    ['no list at all', []],
    ['nothing in it', {}],
    ['null members', { members: null }],
  ])('with %s empties no group', async (_, answer) => {
    const world = await createGroupsWorld();
    await read(world, [ENGINEERING]);
    await readWith(world, [ENGINEERING], () => answer);
    expect((await states(world))[ENGINEERING]).toMatchObject({
      members: 5,
      problem: 'invalid-response',
    });
  });

  test('with the same page again and again comes to an end', async () => {
    const world = await createGroupsWorld();
    let pages = 0;
    await readWith(world, [ENGINEERING], () => {
      pages += 1;
      return { kind: KIND, nextPageToken: 'same' };
    });
    // Once more from the start.
    expect(pages).toBe(4);
    expect((await states(world))[ENGINEERING]).toMatchObject({
      problem: 'invalid-response',
      isReading: false,
    });
  });
});
