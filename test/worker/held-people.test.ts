// The deletion guard as pushes, passes, sign-ins and the operator meet it. The rule itself is deletion-guard.test.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import {
  approveHeldRemovals,
  readHeldRemovals,
  rejectHeldRemovals,
} from '../../src/sync/held-removals.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { aHint, getsOf, give, notFound, onGet } from './hints.ts';
import {
  census,
  companyOf,
  DAY,
  eventsSince,
  HOUR,
  heldIds,
  heldRows,
  idsOf,
  lastSeq,
  lookNow,
  MINUTE,
  pass,
  passAndSettle,
  removeSilently,
} from './removals.ts';
import { learn, listenToLog, rows, signIn } from './signed-in.ts';
import type { World, WorldOptions } from './world.ts';

beforeEach(() => void listenToLog());

/** 61 active people, of whom five may go in a day. */
const aCompany = (options?: WorldOptions) => companyOf(60, options);

/** Google's pushes about these people: they are deleted. */
const announce = (world: World, ids: readonly string[]) =>
  give(world, ...ids.map((id) => aHint(world, id, { event: 'delete' })));

const decide = async (world: World, word: typeof approveHeldRemovals) =>
  word(world.ports, 'default', (await readHeldRemovals(world.ports, 'default')).hash);

const hinted = (world: World) =>
  world.queue.map(({ body }) => (body.kind === 'look' ? body.userId : '')).toSorted();

/** They leave Google with a push each, all of which are delivered and looked at. */
async function leave(world: World, ids: readonly string[]): Promise<void> {
  removeSilently(world, ids);
  await announce(world, ids);
  await world.settle();
}

async function comeBack(world: World, id: string): Promise<void> {
  world.google.workspace.silently(() => world.google.workspace.undelete(id));
}

describe('pushes', () => {
  test('beyond the guard are held, and the queue is rid of them; their sessions live on', async () => {
    const world = await aCompany();
    await runSchedule(world.ports, async () => {}, world.clock.nowMs);
    await world.settle();
    const ids = idsOf(world, 1, 12);
    const visitors = await Promise.all(
      [1, 12].map((n) => signIn(world, `person${n}@example.test`).then(({ visitor }) => visitor)),
    );
    for (const id of ids) {
      world.google.workspace.remove(id);
      await world.settle();
    }
    expect(world.queue).toEqual([]);
    expect(await census()).toEqual({ active: 56, deleted: 5 });
    expect(await heldIds()).toEqual(ids.slice(5).toSorted());
    expect(await heldRows()).toMatchObject(Array(7).fill({ reason: 'guard' }));
    const statuses = await Promise.all(
      visitors.map(async (one) => (await one.ask('/auth/session')).status),
    );
    expect(statuses).toEqual([401, 200]);
  });

  test('of everything else are applied meanwhile', async () => {
    const world = await aCompany();
    await leave(world, idsOf(world, 1, 12));
    const { workspace } = world.google;
    const [suspended = '', renamed = '', admin = ''] = idsOf(world, 20, 22);
    const since = await lastSeq();
    const newcomer = workspace.silently(() => {
      workspace.suspend(suspended);
      workspace.rename(renamed, 'renamed@example.test');
      workspace.makeAdmin(admin, true);
      return workspace.add({ primaryEmail: 'new@example.test', givenName: 'N', familyName: 'N' });
    });
    await give(world, ...[suspended, renamed, admin, newcomer.id].map((id) => aHint(world, id)));
    await world.settle();
    expect(await eventsSince(since)).toEqual({
      'user.suspended': 1,
      'user.updated': 2,
      'user.created': 1,
    });
    expect(await world.user(renamed)).toMatchObject({ email: 'renamed@example.test' });
  });

  test('of suspensions are never held, were it everybody', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 60);
    world.google.workspace.silently(() => {
      for (const id of ids) world.google.workspace.suspend(id);
    });
    await give(world, ...ids.map((id) => aHint(world, id)));
    await world.settle();
    expect(await census()).toEqual({ active: 1, suspended: 60 });
    expect(await heldRows()).toEqual([]);
  });
});

describe('pushes and passes together', () => {
  test('remove no more than the guard lets go', async () => {
    const world = await aCompany();
    await leave(world, idsOf(world, 1, 3));
    removeSilently(world, idsOf(world, 4, 5));
    await passAndSettle(world);
    expect(await census()).toEqual({ active: 56, deleted: 5 });
    await leave(world, idsOf(world, 6, 7));
    removeSilently(world, idsOf(world, 8, 9));
    await passAndSettle(world);
    expect(await census()).toEqual({ active: 56, deleted: 5 });
    expect((await heldRows()).map(({ reason }) => reason).toSorted()).toEqual([
      'guard',
      'guard',
      'missing',
      'missing',
    ]);
  });

  test('that meet in one batch remove no more either', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 8);
    removeSilently(world, ids.slice(0, 4));
    expect(await pass(world)).toBe('complete');
    expect(hinted(world)).toEqual(ids.slice(0, 4).toSorted());
    removeSilently(world, ids.slice(4));
    await announce(world, ids.slice(4));
    await world.settle();
    expect(await census()).toEqual({ active: 56, deleted: 5 });
    expect(await heldRows()).toMatchObject(Array(3).fill({ reason: 'guard' }));
  });

  test('a day later others may go, and the held stay held', async () => {
    const world = await aCompany();
    await leave(world, idsOf(world, 1, 8));
    const held = await heldIds();
    expect(held).toHaveLength(3);
    world.advance(DAY);
    await announce(world, held);
    await leave(world, idsOf(world, 10, 12));
    await passAndSettle(world);
    expect(await heldIds()).toEqual(held);
    expect(await census()).toEqual({ active: 53, deleted: 8 });
  });

  // Whoever waits for a word because Google denied them will not be removed by a pass, and takes nobody's room.
  test('a day later a pass finds others in spite of those who wait', async () => {
    const world = await aCompany();
    await leave(world, idsOf(world, 1, 12));
    expect(await heldRows()).toHaveLength(7);
    world.advance(DAY);
    const another = idsOf(world, 20, 20);
    removeSilently(world, another);
    await passAndSettle(world);
    expect(await world.user(another[0] ?? '')).toMatchObject({ status: 'deleted' });
  });
});

describe('missing on a list', () => {
  test('within the guard they are looked at by id, and removed once Google denies them twice', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 5);
    removeSilently(world, ids);
    const gets = getsOf(world);
    expect(await pass(world)).toBe('complete');
    expect(hinted(world)).toEqual(ids.toSorted());
    expect(await census()).toEqual({ active: 61 });
    await world.settle();
    expect(getsOf(world) - gets).toBe(10);
    expect(await census()).toEqual({ active: 56, deleted: 5 });
    expect(await heldRows()).toEqual([]);
  });

  test('beyond it they are held unread: not one of them is asked about', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 6);
    removeSilently(world, ids);
    const gets = getsOf(world);
    const since = await lastSeq();
    for (let i = 0; i < 3; i += 1) {
      await passAndSettle(world);
      world.advance(5 * MINUTE);
    }
    expect(getsOf(world)).toBe(gets);
    expect(await heldRows()).toMatchObject(Array(6).fill({ reason: 'missing' }));
    expect(await heldIds()).toEqual(ids.toSorted());
    expect(await eventsSince(since)).toEqual({});
  });

  test('since the first pass that missed them, however often they are missed', async () => {
    const world = await aCompany();
    removeSilently(world, idsOf(world, 1, 6));
    await passAndSettle(world);
    const before = await heldRows();
    world.advance(3 * HOUR);
    await passAndSettle(world);
    expect(await heldRows()).toEqual(before);
  });

  test('whoever is on the next page is let go, unread', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 8);
    removeSilently(world, ids);
    await passAndSettle(world);
    const [back = ''] = ids;
    await comeBack(world, back);
    const gets = getsOf(world);
    await passAndSettle(world);
    expect(await heldIds()).toEqual(ids.slice(1).toSorted());
    expect(getsOf(world)).toBe(gets);
  });

  test('once the list is whole again but for a few, those are looked at: the gone go, the living are let go', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 20);
    removeSilently(world, ids);
    await passAndSettle(world);
    expect(await heldRows()).toHaveLength(20);
    const [alive = '', ...goners] = ids.slice(0, 3);
    for (const id of ids.slice(3)) await comeBack(world, id);
    // Google's list still leaves this one out.
    const { fetch } = world.google;
    await comeBack(world, alive);
    world.google.fetch = async (request) => {
      const response = await fetch(request);
      if (new URL(request.url).pathname !== '/admin/directory/v1/users') return response;
      const body = await response.json<{ users: { id: string }[] }>();
      return Response.json({ ...body, users: body.users.filter(({ id }) => id !== alive) });
    };
    expect(await pass(world)).toBe('complete');
    expect(hinted(world)).toEqual([alive, ...goners].toSorted());
    await world.settle();
    expect(await heldRows()).toEqual([]);
    expect(await census()).toEqual({ active: 59, deleted: 2 });
    expect(await world.user(alive)).toMatchObject({ status: 'active' });
    expect(await world.events(alive)).toHaveLength(1);
  });

  test('who was missing, and is denied to a push within the guard, goes without a word', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 6);
    removeSilently(world, ids);
    await passAndSettle(world);
    await announce(world, ids.slice(0, 2));
    await world.settle();
    expect(await census()).toEqual({ active: 59, deleted: 2 });
    expect(await heldIds()).toEqual(ids.slice(2).toSorted());
  });

  test('who was missing, and is denied beyond it, waits for a word from then on', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 9);
    removeSilently(world, ids);
    await passAndSettle(world);
    expect(await lookNow(world, ids)).toEqual(
      expect.arrayContaining([...Array(5).fill('written'), ...Array(4).fill('held')]),
    );
    expect(await heldRows()).toMatchObject(Array(4).fill({ reason: 'guard' }));
  });
});

describe('a person who is seen alive leaves the list', () => {
  /** Three who wait although Google knows them again, and nothing has said so. */
  async function threeWait(options?: WorldOptions): Promise<{ world: World; held: string[] }> {
    const world = await aCompany(options);
    await leave(world, idsOf(world, 1, 8));
    const held = await heldIds();
    expect(held).toHaveLength(3);
    for (const id of held) await comeBack(world, id);
    return { world, held };
  }

  test('by a push', async () => {
    const { world, held } = await threeWait();
    const [first = '', ...others] = held;
    await give(world, aHint(world, first, { event: 'undelete' }));
    await world.settle();
    expect(await heldIds()).toEqual(others);
    expect(await world.events(first)).toHaveLength(1);
  });

  test('by a pass: whoever is on a page is looked at', async () => {
    const { world, held } = await threeWait();
    expect(await pass(world)).toBe('complete');
    expect(hinted(world)).toEqual(held);
    expect(await heldIds()).toEqual(held);
    await world.settle();
    expect(await heldIds()).toEqual([]);
    expect(await census()).toEqual({ active: 56, deleted: 5 });
  });

  test('and not by a page alone: Google’s get, which denied them, decides', async () => {
    const { world, held } = await threeWait();
    for (const id of held) onGet(world, id, notFound);
    await passAndSettle(world);
    expect(await heldIds()).toEqual(held);
  });

  test('by a sign-in that has to look', async () => {
    const world = await aCompany();
    const { workspace } = world.google;
    const ids = idsOf(world, 1, 8);
    workspace.silently(() => {
      for (const id of ids) workspace.suspend(id);
    });
    await give(world, ...ids.map((id) => aHint(world, id)));
    await world.settle();
    await leave(world, ids);
    const [back = '', ...others] = await heldIds();
    await comeBack(world, back);
    workspace.silently(() => workspace.unsuspend(back));
    const { visitor } = await signIn(world, workspace.user(back).primaryEmail);
    expect(await visitor.session()).toMatchObject({ user: { id: back } });
    expect(await world.user(back)).toMatchObject({ status: 'active', cause: 'sign-in' });
    expect(await heldIds()).toEqual(others);
  });

  test('by any look', async () => {
    const { world, held } = await threeWait();
    expect(await lookNow(world, held, { cause: 'operator', announcedDelete: false })).toEqual(
      Array(3).fill('unchanged'),
    );
    expect(await heldIds()).toEqual([]);
  });
});

describe('an undelete', () => {
  test('restores the same row, with its history, and takes the person off the list', async () => {
    const world = await aCompany();
    const [id = ''] = idsOf(world, 1, 1);
    const before = await world.user(id);
    await leave(world, [id]);
    expect(await world.user(id)).toMatchObject({ status: 'deleted' });
    await comeBack(world, id);
    await learn(world, id, { event: 'undelete' });
    const {
      ticket: _t,
      written: _w,
      cause: _c,
      noticedMs: _n,
      changedMs: _m,
      ...row
    } = before ?? ({} as never);
    expect(await world.user(id)).toMatchObject(row);
    expect((await world.events(id)).map(({ type }) => type)).toEqual([
      'user.created',
      'user.deleted',
      'user.restored',
    ]);
    expect(await rows('users')).toHaveLength(61);
  });
});

test('a batch that holds somebody ends “in step” there, and not at the next cron', async () => {
  const world = await aCompany();
  const { DB } = world.env;
  const since = () =>
    DB.prepare('SELECT in_step_since_ms FROM directories').first('in_step_since_ms');
  await DB.prepare('UPDATE directories SET in_step_since_ms = 1, channels_until_ms = ?1')
    .bind(world.clock.nowMs + DAY)
    .run();
  await leave(world, idsOf(world, 1, 8));
  expect(await heldRows()).toHaveLength(3);
  expect(await since()).toBeNull();
  // Decided before the next cron: in step from now on, and not from before.
  await decide(world, approveHeldRemovals);
  await world.settle();
  expect(await since()).not.toBe(1);
});

describe('a word', () => {
  test('approved: all of them go, in passes and pushes, and count for nobody else', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 30);
    await leave(world, ids.slice(0, 15));
    removeSilently(world, ids.slice(15));
    await passAndSettle(world);
    expect(await heldRows()).toHaveLength(25);
    expect(await decide(world, approveHeldRemovals)).toMatchObject({ kind: 'decided', count: 25 });
    await world.settle();
    expect(await census()).toEqual({ active: 31, deleted: 30 });
    expect(await heldRows()).toEqual([]);
    // The five who went without a word leave no room today; tomorrow there is room for five again.
    await leave(world, idsOf(world, 31, 31));
    expect(await heldRows()).toHaveLength(1);
    world.advance(DAY);
    await leave(world, idsOf(world, 32, 36));
    expect(await census()).toEqual({ active: 26, deleted: 35 });
  });

  test('approved: who is still to be looked at takes no room from others who are missing', async () => {
    const world = await aCompany();
    removeSilently(world, idsOf(world, 1, 8));
    await passAndSettle(world);
    await decide(world, approveHeldRemovals);
    world.queue.length = 0;
    removeSilently(world, idsOf(world, 20, 20));
    await passAndSettle(world);
    expect(await heldRows()).toEqual([]);
    expect(await census()).toEqual({ active: 52, deleted: 9 });
  });

  test('rejected: nobody of them is removed within 24 hours, not by a push of a deletion either', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 6);
    removeSilently(world, ids);
    await passAndSettle(world);
    expect(await decide(world, rejectHeldRemovals)).toMatchObject({ kind: 'decided', count: 6 });
    for (const id of ids) {
      world.advance(3 * HOUR + 59 * MINUTE);
      await announce(world, [id]);
      await world.settle(0);
      await passAndSettle(world);
      expect(await world.user(id)).toMatchObject({ status: 'active' });
    }
    expect(await census()).toEqual({ active: 61 });
  });

  test('rejected: after 24 hours whoever was only missing may go again, within the guard', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 6);
    removeSilently(world, ids);
    await passAndSettle(world);
    await decide(world, rejectHeldRemovals);
    world.advance(DAY);
    await announce(world, ids.slice(0, 1));
    await world.settle();
    expect(await world.user(ids[0] ?? '')).toMatchObject({ status: 'deleted', cause: 'push' });
    expect(await heldIds()).toEqual(ids.slice(1).toSorted());
  });

  test('rejected: whoever is seen alive leaves the list with the word, and is anew what they are', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 6);
    removeSilently(world, ids);
    await passAndSettle(world);
    await decide(world, rejectHeldRemovals);
    await comeBack(world, ids[0] ?? '');
    expect(await lookNow(world, ids.slice(0, 1))).toEqual(['unchanged']);
    expect(await heldIds()).toEqual(ids.slice(1).toSorted());
    await leave(world, ids.slice(0, 1));
    expect(await world.user(ids[0] ?? '')).toMatchObject({ status: 'deleted', cause: 'push' });
  });

  test('rejected: a suspension is stored all the same', async () => {
    const world = await aCompany();
    const ids = idsOf(world, 1, 6);
    removeSilently(world, ids);
    await passAndSettle(world);
    await decide(world, rejectHeldRemovals);
    await comeBack(world, ids[0] ?? '');
    world.google.workspace.silently(() => world.google.workspace.suspend(ids[0] ?? ''));
    await learn(world, ids[0] ?? '');
    expect(await world.user(ids[0] ?? '')).toMatchObject({ status: 'suspended' });
  });
});
