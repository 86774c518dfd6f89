// The deletion guard, where every observation becomes a row: how many may go within 24 hours, who is held, who is
// let go again, and what it costs. What passes, pushes and people do with it is held-people.test.ts.
import { beforeEach, describe, expect, test } from 'vitest';
import { takePassTicket } from '../../src/db/directories.ts';
import type { DeletionGuard } from '../../src/db/removal-guard.ts';
import { HOLD } from '../../src/db/removal-guard.ts';
import { applyObservations } from '../../src/sync/apply.ts';
import { approveHeldRemovals, readHeldRemovals } from '../../src/sync/held-removals.ts';
import type { Observation } from '../../src/sync/observation.ts';
import {
  aDirectory,
  type Counted,
  counted,
  db,
  gone,
  newId,
  rawRow,
  seen,
  seenSuspendedOnly,
  ticketOf,
  type UserFields,
} from './observed.ts';
import { census, DAY, eventsSince, HOUR, heldIds, heldRows, lastSeq } from './removals.ts';
import { env, freshStorage, reopenWorld, START_MS, seeded } from './world.ts';

const DEFAULT: DeletionGuard = { count: 5, percent: 5 };

let nowMs = START_MS;
beforeEach(async () => {
  nowMs = START_MS;
  await freshStorage();
  await aDirectory();
});

async function apply(
  observations: readonly Observation[],
  { guard = DEFAULT, counts }: { guard?: DeletionGuard; counts?: Counted } = {},
): Promise<(string | undefined)[]> {
  const ports = { db: counts?.db ?? db, config: { rolesSchema: 'Roles', deletionGuard: guard } };
  const look = { ticket: await ticketOf(), nowMs };
  const applied = await applyObservations(ports, 'default', look, observations);
  return observations.map(({ id }) => applied.get(id)?.outcome);
}

/** So many people who are no admins, of whose rows none is young. */
async function staff(count: number, fields: UserFields = {}): Promise<string[]> {
  const ids = Array.from({ length: count }, newId);
  await apply(ids.map((id) => seen(id, fields)));
  return ids;
}

const count = (outcomes: readonly (string | undefined)[], outcome: string) =>
  outcomes.filter((one) => one === outcome).length;

/** In pieces of so many, one look each. */
async function applyInPieces(
  observations: readonly Observation[],
  size: number,
  guard = DEFAULT,
): Promise<(string | undefined)[]> {
  const outcomes: (string | undefined)[] = [];
  for (let from = 0; from < observations.length; from += size)
    outcomes.push(...(await apply(observations.slice(from, from + size), { guard })));
  return outcomes;
}

/** The operator's word about everybody who waits. */
async function approveAll(): Promise<void> {
  const world = await reopenWorld({ seed: false, clock: { nowMs } });
  const { hash } = await readHeldRemovals(world.ports, 'default');
  await approveHeldRemovals(world.ports, 'default', hash);
}

describe('beyond the larger of count and percent', () => {
  test.each([1, 7, 20, 40])(
    'of 499 people 24 may go in 24 hours, and 16 of 40 are held, %i at a time',
    async (size) => {
      const ids = await staff(499);
      const outcomes = await applyInPieces(ids.slice(0, 40).map(gone), size);
      expect(outcomes).toEqual([...Array(24).fill('written'), ...Array(16).fill('held')]);
      expect(await census()).toEqual({ active: 475, deleted: 24 });
      expect(await heldRows()).toEqual(
        ids.slice(24, 40).map((user_id) => ({
          directory_id: 'default',
          user_id,
          reason: 'guard',
          since_ms: START_MS,
          approved_until_ms: null,
          rejected_until_ms: null,
        })),
      );
    },
  );

  test('in whatever order and pieces they come, as many go', async () => {
    const random = seeded(20261122);
    for (let round = 0; round < 8; round += 1) {
      await freshStorage();
      await aDirectory();
      const ids = await staff(160);
      const leavers = ids.slice(0, 30).toSorted(() => random() - 0.5);
      for (let from = 0; from < leavers.length; ) {
        const size = 1 + Math.floor(random() * 12);
        // Whoever is held comes again and again.
        await apply(leavers.slice(Math.max(0, from - 3), from + size).map(gone));
        from += size;
      }
      expect(await census()).toEqual({ active: 152, deleted: 8 });
      expect(await heldRows()).toHaveLength(22);
    }
  });

  const guards: [guard: DeletionGuard, people: number, removed: number][] = [
    [{ count: 5, percent: 5 }, 20, 5],
    [{ count: 5, percent: 5 }, 100, 5],
    [{ count: 5, percent: 5 }, 119, 5],
    [{ count: 5, percent: 5 }, 120, 6],
    [{ count: 0, percent: 5 }, 19, 0],
    [{ count: 0, percent: 5 }, 20, 1],
    [{ count: 0, percent: 0 }, 40, 0],
    [{ count: 3, percent: 0 }, 40, 3],
    [{ count: 0, percent: 100 }, 40, 40],
    [{ count: 1_000_000, percent: 0 }, 40, 40],
    [{ count: 0, percent: 50 }, 41, 20],
  ];
  test.each(guards)(
    '%o of %i people lets %i go, at once and one by one',
    async (guard, people, removed) => {
      for (const size of [1, people]) {
        await freshStorage();
        await aDirectory();
        const ids = await staff(people);
        const outcomes = await applyInPieces(ids.map(gone), size, guard);
        expect({ size, removed: count(outcomes, 'written') }).toEqual({ size, removed });
        expect(count(outcomes, 'held')).toBe(people - removed);
      }
    },
  );

  test('of suspended people as many may go one by one as at once', async () => {
    const removed: number[] = [];
    for (const size of [1, 40]) {
      await freshStorage();
      await aDirectory();
      await staff(499);
      const away = await staff(40, { suspended: true });
      removed.push(count(await applyInPieces(away.map(gone), size), 'written'));
    }
    expect(removed).toEqual([24, 24]);
  });

  test('nothing more is removed, and everything else is applied', async () => {
    const ids = await staff(100);
    await apply(ids.slice(0, 20).map(gone));
    const since = await lastSeq();
    const [suspended = '', archived = '', renamed = '', bare = ''] = ids.slice(50);
    const newcomer = newId();

    const outcomes = await apply([
      ...ids.slice(20, 40).map(gone),
      seen(suspended, { suspended: true }),
      seen(archived, { archived: true }),
      seen(renamed, { primaryEmail: 'another@example.test', isAdmin: true }),
      seenSuspendedOnly(bare),
      seen(newcomer),
    ]);

    expect(outcomes).toEqual([...Array(20).fill('held'), ...Array(5).fill('written')]);
    expect(await eventsSince(since)).toEqual({
      'user.suspended': 2,
      'user.archived': 1,
      'user.updated': 1,
      'user.created': 1,
    });
    expect(await census()).toEqual({ active: 93, suspended: 2, archived: 1, deleted: 5 });
    expect(await rawRow(renamed)).toMatchObject({ email: 'another@example.test', is_admin: 1 });
  });

  test('suspensions are never held, were it the whole company', async () => {
    const ids = await staff(60);
    const outcomes = await apply(ids.map((id) => seen(id, { suspended: true })));
    expect(count(outcomes, 'written')).toBe(60);
    expect(await census()).toEqual({ suspended: 60 });
    expect(await heldRows()).toEqual([]);
  });

  test('suspended and archived people are removals like others', async () => {
    const active = await staff(100);
    const away = [
      ...(await staff(3, { suspended: true })),
      ...(await staff(3, { archived: true })),
    ];
    expect(count(await apply(away.map(gone)), 'held')).toBe(1);
    expect(await apply(active.slice(0, 1).map(gone))).toEqual(['held']);
  });

  test('whoever is gone already, is unknown, or is another directory’s takes no room', async () => {
    await aDirectory('elsewhere');
    const ids = await staff(20);
    const stranger = newId();
    await applyObservations(
      { db, config: { rolesSchema: 'Roles', deletionGuard: DEFAULT } },
      'elsewhere',
      { ticket: await ticketOf('elsewhere'), nowMs },
      [seen(stranger)],
    );
    await apply(ids.slice(0, 4).map(gone));
    const none = Array.from({ length: 30 }, newId);
    const again = [...none, ...ids.slice(0, 4), stranger].map(gone);
    expect(new Set(await apply(again))).toEqual(new Set(['unchanged', 'foreign']));
    expect(await apply(ids.slice(4, 6).map(gone))).toEqual(['written', 'held']);
    expect(await rawRow(stranger)).toMatchObject({ status: 'active' });
  });

  test('each directory has a room of its own', async () => {
    await aDirectory('elsewhere');
    const ids = await staff(20);
    await apply(ids.slice(0, 10).map(gone));
    const theirs = Array.from({ length: 20 }, newId);
    const ports = { db, config: { rolesSchema: 'Roles', deletionGuard: DEFAULT } };
    const at = async (observations: Observation[]) =>
      applyObservations(
        ports,
        'elsewhere',
        { ticket: await ticketOf('elsewhere'), nowMs },
        observations,
      );
    await at(theirs.map((id) => seen(id)));
    await at(theirs.slice(0, 7).map(gone));
    expect(await census('elsewhere')).toEqual({ active: 15, deleted: 5 });
    expect(await heldRows('elsewhere')).toHaveLength(2);
    expect(await heldRows()).toHaveLength(5);
  });

  test('a look that counts no longer holds nobody and lets nobody go', async () => {
    const ids = await staff(20);
    await apply(ids.slice(0, 6).map(gone));
    const held = await heldRows();
    const ports = { db, config: { rolesSchema: 'Roles', deletionGuard: DEFAULT } };
    const ticket = await ticketOf();
    await takePassTicket(db, 'default');
    const late = await applyObservations(ports, 'default', { ticket, nowMs }, [
      ...ids.slice(6, 20).map(gone),
      seen(ids[5] ?? ''),
    ]);
    expect(new Set([...late.values()].map(({ outcome }) => outcome))).toEqual(new Set(['lost']));
    expect(await heldRows()).toEqual(held);
  });

  test('a list, which never removes, neither holds nor lets go', async () => {
    const ids = await staff(20);
    await apply(ids.slice(0, 6).map(gone));
    const held = await heldRows();
    const ports = { db, config: { rolesSchema: 'Roles', deletionGuard: DEFAULT } };
    const listed = await applyObservations(
      ports,
      'default',
      { ticket: await ticketOf(), nowMs, insertOnly: true },
      [...ids.slice(7, 20).map(gone), seen(ids[5] ?? '')],
    );
    expect([...listed.values()].map(({ outcome }) => outcome)).toEqual(Array(14).fill('unchanged'));
    expect(await heldRows()).toEqual(held);
  });
});

describe('the window slides', () => {
  test('24 hours later there is room again for others, and the held stay held', async () => {
    const ids = await staff(100);
    expect(count(await apply(ids.slice(0, 8).map(gone)), 'written')).toBe(5);
    const held = await heldIds();
    nowMs = START_MS + DAY - 1;
    expect(await apply([gone(ids[10] ?? '')])).toEqual(['held']);
    nowMs = START_MS + DAY;
    expect(await apply(held.map(gone))).toEqual(Array(3).fill('held'));
    expect(await apply(ids.slice(20, 28).map(gone))).toEqual([
      ...Array(5).fill('written'),
      ...Array(3).fill('held'),
    ]);
    expect(await heldIds()).toEqual([...held, ids[10] ?? '', ...ids.slice(25, 28)].toSorted());
  });

  test('room comes back as each removal grows a day old, and not before', async () => {
    const ids = await staff(100);
    for (const id of ids.slice(0, 5)) {
      expect(await apply([gone(id)])).toEqual(['written']);
      nowMs += HOUR;
    }
    for (const [i, id] of ids.slice(5, 10).entries()) {
      nowMs = START_MS + DAY + i * HOUR - 1;
      expect(await apply([gone(ids[20 + i] ?? '')])).toEqual(['held']);
      nowMs += 1;
      expect(await apply([gone(id)])).toEqual(['written']);
    }
  });

  test('approved removals are not counted', async () => {
    const ids = await staff(100);
    await apply(ids.slice(0, 30).map(gone));
    expect(await heldRows()).toHaveLength(25);
    nowMs += DAY;
    await approveAll();
    expect(count(await apply(ids.slice(5, 30).map(gone)), 'written')).toBe(25);
    expect(await heldRows()).toEqual([]);
    expect(await apply(ids.slice(30, 36).map(gone))).toEqual([...Array(5).fill('written'), 'held']);
  });

  test('somebody who came back may be removed again, within what is left', async () => {
    const [id = '', ...others] = await staff(20);
    for (let i = 0; i < 5; i += 1) {
      expect(await apply([gone(id)])).toEqual(['written']);
      expect(await apply([seen(id)])).toEqual(['written']);
    }
    expect(await apply([gone(id)])).toEqual(['held']);
    expect(await apply([gone(others[0] ?? '')])).toEqual(['held']);
  });
});

describe('the last active super admin is never removed without approval', () => {
  const NO_GUARD: DeletionGuard = { count: 1_000, percent: 100 };
  const admins = (n: number, fields: UserFields = {}) => staff(n, { isAdmin: true, ...fields });
  const statuses = async (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await rawRow(id))?.status));

  test('alone', async () => {
    await staff(20);
    const [admin = ''] = await admins(1);
    expect(await apply([gone(admin)], { guard: NO_GUARD })).toEqual(['held']);
    expect(await heldRows()).toMatchObject([{ user_id: admin, reason: 'last-admin' }]);
    expect(await statuses([admin])).toEqual(['active']);
  });

  test('nor two at once', async () => {
    const both = await admins(2);
    expect(await apply(both.map(gone), { guard: NO_GUARD })).toEqual(['held', 'held']);
    expect(await heldRows()).toMatchObject(Array(2).fill({ reason: 'last-admin' }));
  });

  test('nor together with the suspension of the only other one', async () => {
    const [left = '', other = ''] = await admins(2);
    await apply([gone(left), seen(other, { isAdmin: true, suspended: true })], { guard: NO_GUARD });
    expect(await statuses([left, other])).toEqual(['active', 'suspended']);
  });

  test('and being held take no room from others', async () => {
    const [admin = ''] = await admins(1);
    const ids = await staff(20);
    const outcomes = await apply([admin, ...ids.slice(0, 5)].map(gone));
    expect(outcomes).toEqual(['held', ...Array(5).fill('written')]);
  });

  test('the last but one may go, the last is held', async () => {
    const both = await admins(2);
    const outcomes = await applyInPieces(both.map(gone), 1, NO_GUARD);
    expect(outcomes).toEqual(['written', 'held']);
  });

  test.each([
    ['suspended', { suspended: true }],
    ['archived', { archived: true }],
    ['a delegated admin', { isAdmin: false, isDelegatedAdmin: true }],
    ['of another directory', 'elsewhere'],
  ] as const)('another does not count who is %s', async (_, other) => {
    const [admin = ''] = await admins(1);
    if (other === 'elsewhere') {
      await aDirectory('elsewhere');
      const ports = { db, config: { rolesSchema: 'Roles', deletionGuard: DEFAULT } };
      const look = { ticket: await ticketOf('elsewhere'), nowMs };
      await applyObservations(ports, 'elsewhere', look, [seen(newId(), { isAdmin: true })]);
    } else await admins(1, other);
    expect(await apply([gone(admin)], { guard: NO_GUARD })).toEqual(['held']);
    expect(await heldRows()).toMatchObject([{ reason: 'last-admin' }]);
  });

  test('a suspended super admin may go: they administer nothing', async () => {
    const [away = ''] = await admins(1, { suspended: true });
    await admins(1);
    expect(await apply([gone(away)], { guard: NO_GUARD })).toEqual(['written']);
  });

  test('a deleted one does not count', async () => {
    const [first = '', second = ''] = await admins(2);
    await apply([gone(first)], { guard: NO_GUARD });
    expect(await apply([gone(second)], { guard: NO_GUARD })).toEqual(['held']);
    expect(await apply([gone(second)], { guard: NO_GUARD })).toEqual(['held']);
    nowMs += 40 * DAY;
    expect(await apply([gone(second)], { guard: NO_GUARD })).toEqual(['held']);
  });

  test('suspending the last is not removing: it is stored', async () => {
    const [admin = ''] = await admins(1);
    expect(await apply([seen(admin, { isAdmin: true, suspended: true })])).toEqual(['written']);
    expect(await statuses([admin])).toEqual(['suspended']);
  });

  test('with approval they go', async () => {
    const [admin = ''] = await admins(1);
    await apply([gone(admin)]);
    await approveAll();
    expect(await apply([gone(admin)])).toEqual(['written']);
    expect(await rawRow(admin)).toMatchObject({ status: 'deleted', cause: 'operator' });
  });

  test('once there is another, they still wait for a word or a sign of life', async () => {
    const [admin = ''] = await admins(1);
    await apply([gone(admin)]);
    await admins(1);
    expect(await apply([gone(admin)])).toEqual(['held']);
    await apply([seen(admin, { isAdmin: true })]);
    expect(await apply([gone(admin)])).toEqual(['written']);
  });
});

describe('a person seen alive leaves the list', () => {
  test.each([
    ['as they were', {}],
    ['changed', { fullName: 'Ana Later' }],
    ['suspended', { suspended: true }],
  ] as const)('%s', async (_, fields) => {
    const ids = await staff(20);
    await apply(ids.slice(0, 7).map(gone));
    const [back = '', other = ''] = await heldIds();
    await apply([seen(back, fields)]);
    expect(await heldIds()).toEqual([other]);
  });

  test('even where only the status can be read', async () => {
    const ids = await staff(20);
    await apply(ids.slice(0, 6).map(gone));
    await apply([seenSuspendedOnly((await heldIds())[0] ?? '')]);
    expect(await heldIds()).toEqual([]);
  });

  test('and an approval goes with them: gone again, they wait again', async () => {
    const ids = await staff(20);
    await apply(ids.slice(0, 6).map(gone));
    const [back = ''] = await heldIds();
    await approveAll();
    await apply([seen(back)]);
    expect(await apply([gone(back)])).toEqual(['held']);
    expect(await heldRows()).toMatchObject([{ approved_until_ms: null }]);
  });
});

describe('what the guard reads', () => {
  /** Five people, eight statements, and in each an observation, its row and an index entry or two, twice at most. */
  const FEW = 5 * 8 * 10;

  /** D1’s count of rows read for one batch. */
  async function rowsRead(observations: Observation[]): Promise<number> {
    const counts = counted();
    await apply(observations, { counts });
    return counts.rowsRead;
  }

  test.each(['before', 'after'] as const)(
    'does not grow with the directory while nobody is gone, or few: %s ANALYZE',
    async (analyze) => {
      const cost: Record<string, number>[] = [];
      for (const size of [30, 60, 2_000]) {
        await freshStorage();
        await aDirectory();
        const ids = await staff(size);
        const [admin = ''] = await staff(1, { isAdmin: true });
        await staff(3, { isAdmin: true });
        if (analyze === 'after') await env.DB.exec('ANALYZE');
        cost.push({
          seen: await rowsRead(ids.slice(0, 5).map((id) => seen(id))),
          gone: await rowsRead(ids.slice(0, 4).map(gone)),
          admin: await rowsRead([gone(admin)]),
        });
      }
      expect(cost[1]).toEqual(cost[0]);
      expect(cost[2]).toEqual(cost[0]);
      expect(cost[0]?.['gone']).toBeLessThan(FEW);
    },
  );

  test('nor after an ANALYZE from when the directory was small', async () => {
    const few = await staff(60);
    await env.DB.exec('ANALYZE');
    await staff(1_000);
    expect(await rowsRead(few.slice(0, 5).map((id) => seen(id)))).toBeLessThan(FEW);
    expect(await rowsRead(few.slice(0, 5).map(seenSuspendedOnly))).toBeLessThan(FEW);
    expect(await rowsRead(few.slice(0, 4).map(gone))).toBeLessThan(FEW);
  });

  test('is everybody once, beyond the count', async () => {
    const ids = await staff(600);
    await apply(ids.slice(0, 5).map(gone));
    const read = await rowsRead([gone(ids[6] ?? '')]);
    expect(read).toBeGreaterThan(500);
    expect(read).toBeLessThan(800);
  });

  test.each(['before', 'after'] as const)('by its indexes: %s ANALYZE', async (analyze) => {
    const ids = await staff(300);
    await staff(2, { isAdmin: true });
    await apply(ids.slice(0, 10).map(gone));
    if (analyze === 'after') await env.DB.exec('ANALYZE');
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${HOLD}`)
      .bind('default', JSON.stringify(ids.slice(20, 25).map(gone)), 9, nowMs, 5, 5, 1)
      .all<{ detail: string }>();
    const plan = results.map(({ detail }) => detail);
    const of = (words: RegExp) => plan.filter((step) => words.test(step));
    expect(of(/\bevents\b/).length).toBeGreaterThan(0);
    for (const step of of(/\bevents\b/))
      expect(step).toMatch(
        /SEARCH events USING .*INDEX events_of_removals \(directory_id=\? AND at_ms>\?\)/,
      );
    expect(of(/\b(SEARCH|SCAN) a\b/)).toEqual([
      expect.stringMatching(/SEARCH a USING .*INDEX users_who_administer \(directory_id=\?\)/),
    ]);
    expect(of(/\b(SEARCH|SCAN) u\b/)).toEqual([
      expect.stringMatching(/SEARCH u USING PRIMARY KEY/),
    ]);
    expect(
      of(/\bheld_removals\b|\b(SEARCH|SCAN) h\b/).every((step) =>
        /SEARCH h USING PRIMARY KEY/.test(step),
      ),
    ).toBe(true);
  });
});
