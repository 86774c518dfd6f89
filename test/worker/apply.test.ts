// The one way in: a set of observations becomes rows, whatever their number.
import { beforeEach, describe, expect, test } from 'vitest';
import { DatabaseError } from '../../src/db/database.ts';
import { takePassTicket } from '../../src/db/directories.ts';
import { applyObservations } from '../../src/sync/apply.ts';
import type { Observation } from '../../src/sync/observation.ts';
import {
  aDirectory,
  applyPorts,
  counted,
  db,
  eventTypes,
  gone,
  newId,
  rawRow,
  seen,
  seenSuspendedOnly,
  ticketOf,
} from './observed.ts';
import { env } from './world.ts';

beforeEach(async () => {
  await aDirectory();
});

/** Looks now and applies at once; `ticket` takes an earlier one. */
async function apply(
  observations: Observation[],
  look: { ticket?: number; nowMs?: number; insertOnly?: boolean; directoryId?: string } = {},
) {
  const { nowMs = 1_000, insertOnly = false, directoryId = 'default' } = look;
  const ticket = look.ticket ?? (await ticketOf(directoryId));
  return applyObservations(applyPorts, directoryId, { ticket, nowMs, insertOnly }, observations);
}

async function outcomeOf(observation: Observation, look: Parameters<typeof apply>[1] = {}) {
  return (await apply([observation], look)).get(observation.id);
}

describe('one observation', () => {
  test('of somebody new makes a row and an event', async () => {
    const id = newId();

    expect(await outcomeOf(seen(id), { nowMs: 7 })).toEqual({
      id,
      outcome: 'written',
      event: 'user.created',
      changed: [],
    });
    expect(await rawRow(id)).toMatchObject({ status: 'active', created_ms: 7, changed_ms: 7 });
    expect(await eventTypes(id)).toEqual(['user.created']);
  });

  test('names the columns that differed, and no other', async () => {
    const id = newId();
    await apply([seen(id)]);

    const applied = await outcomeOf(seen(id, { fullName: 'Bo', orgUnitPath: '/Sales' }));

    expect(applied).toMatchObject({ outcome: 'written', event: 'user.updated' });
    expect(applied?.changed).toEqual(['full_name', 'org_unit_path']);
  });

  test('that finds nothing new stamps the row, and writes no event and no time of change', async () => {
    const id = newId();
    await apply([seen(id)], { nowMs: 1 });
    const ticket = await ticketOf();

    expect(await outcomeOf(seen(id), { ticket, nowMs: 99 })).toMatchObject({
      outcome: 'unchanged',
      event: null,
      changed: [],
    });
    expect(await rawRow(id)).toMatchObject({ ticket, written: ticket, changed_ms: 1 });
    expect(await eventTypes(id)).toEqual(['user.created']);
  });

  test('records as `written` the ticket that was the last when it was written, not its own', async () => {
    const id = newId();
    const ticket = await ticketOf();
    await ticketOf();
    const latest = await ticketOf();

    await apply([seen(id)], { ticket });

    expect(await rawRow(id)).toMatchObject({ ticket, written: latest });
  });

  test('that somebody is gone leaves a tombstone with the profile', async () => {
    const id = newId();
    await apply([seen(id, { fullName: 'Ana' })]);

    expect(await outcomeOf(gone(id), { nowMs: 50 })).toMatchObject({
      outcome: 'written',
      event: 'user.deleted',
      changed: ['status'],
    });
    expect(await rawRow(id)).toMatchObject({
      status: 'deleted',
      deleted_ms: 50,
      full_name: 'Ana',
    });
  });

  test('that somebody is gone who is gone already keeps the moment of the first', async () => {
    const id = newId();
    await apply([seen(id)]);
    await apply([gone(id)], { nowMs: 50 });

    expect(await outcomeOf(gone(id), { nowMs: 90 })).toMatchObject({ outcome: 'unchanged' });
    expect(await rawRow(id)).toMatchObject({ deleted_ms: 50 });
    expect(await eventTypes(id)).toEqual(['user.created', 'user.deleted']);
  });

  test('that an unknown person is gone writes nothing', async () => {
    const id = newId();

    expect(await outcomeOf(gone(id))).toMatchObject({ outcome: 'unchanged' });
    expect(await rawRow(id)).toBeNull();
    expect(await eventTypes(id)).toEqual([]);
  });

  test('brings somebody deleted back into the same row', async () => {
    const id = newId();
    await apply([seen(id)], { nowMs: 1 });
    await apply([gone(id)], { nowMs: 2 });

    expect(await outcomeOf(seen(id), { nowMs: 3 })).toMatchObject({
      outcome: 'written',
      event: 'user.restored',
    });
    expect(await rawRow(id)).toMatchObject({ status: 'active', created_ms: 1, deleted_ms: null });
  });
});

describe('a bare status', () => {
  test('is kept, and the profile that was known stays', async () => {
    const id = newId();
    await apply([seen(id, { fullName: 'Ana' })]);

    expect(await outcomeOf(seenSuspendedOnly(id))).toMatchObject({
      outcome: 'written',
      event: 'user.suspended',
      changed: ['status'],
    });
    expect(await rawRow(id)).toMatchObject({ status: 'suspended', full_name: 'Ana' });
  });

  test('that is known stamps the row and no more', async () => {
    const id = newId();
    await apply([seen(id, { suspended: true })]);
    const ticket = await ticketOf();

    expect(await outcomeOf(seenSuspendedOnly(id), { ticket })).toMatchObject({
      outcome: 'unchanged',
    });
    expect(await rawRow(id)).toMatchObject({ ticket });
    expect(await eventTypes(id)).toEqual(['user.created']);
  });

  test('of somebody unknown can’t be stored', async () => {
    const id = newId();

    expect(await outcomeOf(seenSuspendedOnly(id))).toMatchObject({ outcome: 'unstorable' });
    expect(await rawRow(id)).toBeNull();
  });

  test('brings a tombstone back as suspended, never as active', async () => {
    const id = newId();
    await apply([seen(id)]);
    await apply([gone(id)]);

    expect(await outcomeOf(seenSuspendedOnly(id))).toMatchObject({ event: 'user.restored' });
    expect(await rawRow(id)).toMatchObject({ status: 'suspended', deleted_ms: null });
  });
});

describe('a set of observations', () => {
  test('is given a verdict each, and one person decides nothing about another', async () => {
    const [fresh, same, left, back, stranger, odd] = Array.from({ length: 6 }, newId) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    await aDirectory('elsewhere');
    await apply([seen(same), seen(left), seen(back)]);
    await apply([gone(back)]);
    await apply([seen(stranger)], { directoryId: 'elsewhere' });
    const large = { customSchemas: { Big: { Text: 'x'.repeat(300_000) } } };

    const applied = await apply([
      seen(fresh),
      seen(same),
      gone(left),
      seen(back),
      seen(stranger, { fullName: 'Stolen' }),
      seen(odd, large),
    ]);

    const short = [...applied.values()].map(({ id, outcome, event }) => [id, outcome, event]);
    expect(short.toSorted()).toEqual(
      [
        [fresh, 'written', 'user.created'],
        [same, 'unchanged', null],
        [left, 'written', 'user.deleted'],
        [back, 'written', 'user.restored'],
        [stranger, 'foreign', null],
        [odd, 'unstorable', null],
      ].toSorted(),
    );
  });

  test('that holds somebody twice counts the last', async () => {
    const id = newId();

    const applied = await apply([seen(id, { fullName: 'First' }), seen(id, { fullName: 'Last' })]);

    expect([...applied.values()]).toMatchObject([{ id, outcome: 'written' }]);
    expect(await rawRow(id)).toMatchObject({ full_name: 'Last' });
    expect(await eventTypes(id)).toEqual(['user.created']);
  });

  test('that is empty asks the database nothing', async () => {
    const counts = counted();

    const applied = await applyObservations(
      { ...applyPorts, db: counts.db },
      'default',
      { ticket: await ticketOf(), nowMs: 1 },
      [],
    );

    expect(applied.size).toBe(0);
    expect(counts.calls).toBe(0);
  });

  test('for a directory without a row writes nothing and has no verdict', async () => {
    const id = newId();

    const applied = await applyObservations(applyPorts, 'nowhere', { ticket: 1, nowMs: 1 }, [
      seen(id),
      gone(id),
    ]);

    expect(applied.size).toBe(0);
    expect(await rawRow(id)).toBeNull();
  });

  test.each([false, true])(
    'of 1 and of 500 people costs the same queries, insertOnly %s',
    async (insertOnly) => {
      const people = Array.from({ length: 500 }, () => seen(newId()));
      const run = async (observations: Observation[]) => {
        const counts = counted();
        const look = { ticket: await ticketOf(), nowMs: 1, insertOnly };
        const applied = await applyObservations(
          { ...applyPorts, db: counts.db },
          'default',
          look,
          observations,
        );
        return { counts, applied };
      };

      const one = await run(people.slice(0, 1));
      const all = await run(people);

      expect(one.counts.calls).toBe(1);
      expect(all.counts.calls).toBe(1);
      expect(all.counts.statements).toBe(one.counts.statements);
      expect(all.applied.size).toBe(500);
      expect([...all.applied.values()].filter(({ outcome }) => outcome === 'written')).toHaveLength(
        499,
      );
    },
  );

  test('is cut at 1 MB, since the database refuses 2 MB, and all of it is stored', async () => {
    const people = Array.from({ length: 30 }, () =>
      seen(newId(), { customSchemas: { Big: { Text: '山'.repeat(30_000) } } }),
    );
    const counts = counted();

    const applied = await applyObservations(
      { ...applyPorts, db: counts.db },
      'default',
      { ticket: await ticketOf(), nowMs: 1 },
      people,
    );

    expect(Math.max(...counts.parameterBytes)).toBeLessThanOrEqual(1_000_000);
    expect(counts.calls).toBe(3);
    expect([...applied.values()].every(({ outcome }) => outcome === 'written')).toBe(true);
    expect(applied.size).toBe(30);
  });

  test('that finds nothing new costs one written row for each person', async () => {
    const people = Array.from({ length: 20 }, () => seen(newId()));
    await apply(people);
    const counts = counted();

    await applyObservations(
      { ...applyPorts, db: counts.db },
      'default',
      { ticket: await ticketOf(), nowMs: 1 },
      people,
    );

    expect(counts.rowsWritten).toBe(20);
  });

  test.each(['seen', 'gone', 'status'] as const)(
    'reads its own people and not everybody of the directory: %s',
    async (kind) => {
      const people = Array.from({ length: 300 }, newId);
      await apply(people.map((id) => seen(id)));
      const few = people
        .slice(0, 5)
        .map((id) => ({ seen: seen(id), gone: gone(id), status: seenSuspendedOnly(id) })[kind]);
      const counts = counted();

      await applyObservations(
        { ...applyPorts, db: counts.db },
        'default',
        { ticket: await ticketOf(), nowMs: 1 },
        few,
      );

      // Each of eight statements reads an observation, its row, perhaps an index entry or two; a trigger, its search terms.
      expect(counts.rowsRead).toBeLessThan(5 * 8 * 10);
    },
  );
});

describe('observations from a list (insertOnly)', () => {
  test('make rows for people who are unknown', async () => {
    const id = newId();

    expect(await outcomeOf(seen(id), { insertOnly: true })).toMatchObject({
      outcome: 'written',
      event: 'user.created',
    });
    expect(await rawRow(id)).toMatchObject({ status: 'active' });
  });

  test.each([
    ['somebody active', []],
    ['somebody suspended', ['suspended']],
    ['a tombstone', ['gone']],
  ])('never touch a known row: %s', async (_, states) => {
    const id = newId();
    await apply([seen(id)]);
    if (states.includes('suspended')) await apply([seen(id, { suspended: true })]);
    if (states.includes('gone')) await apply([gone(id)]);
    const before = [await rawRow(id), await eventTypes(id)];

    const listed = seen(id, {
      fullName: 'Listed',
      isAdmin: true,
      customSchemas: { Roles: { Editor: true } },
    });
    expect(await outcomeOf(listed, { insertOnly: true })).toMatchObject({
      outcome: 'unchanged',
      event: null,
    });

    expect([await rawRow(id), await eventTypes(id)]).toEqual(before);
  });

  test('never remove anybody, and keep no bare status', async () => {
    const [known, unknown] = [newId(), newId()];
    await apply([seen(known)]);
    const before = await rawRow(known);

    await apply([gone(known), seenSuspendedOnly(unknown)], { insertOnly: true });

    expect(await rawRow(known)).toEqual(before);
    expect(await rawRow(unknown)).toBeNull();
  });

  test('are void once a later pass has begun', async () => {
    const id = newId();
    const ticket = await takePassTicket(db, 'default');
    await takePassTicket(db, 'default');

    expect(await outcomeOf(seen(id), { ticket: ticket ?? 0, insertOnly: true })).toMatchObject({
      outcome: 'lost',
    });
    expect(await rawRow(id)).toBeNull();
  });
});

describe('power stays inside its directory', () => {
  test.each(['seen', 'gone', 'status'] as const)(
    'an id that another directory holds is left alone: %s',
    async (kind) => {
      const id = newId();
      await aDirectory('elsewhere');
      await apply([seen(id)], { directoryId: 'elsewhere' });
      const before = await rawRow(id);
      const observation = {
        seen: seen(id, { isAdmin: true }),
        gone: gone(id),
        status: seenSuspendedOnly(id),
      };

      expect(await outcomeOf(observation[kind])).toMatchObject({ outcome: 'foreign', event: null });
      expect(await outcomeOf(seen(id, { isAdmin: true }), { insertOnly: true })).toMatchObject({
        outcome: 'foreign',
      });

      expect(await rawRow(id)).toEqual(before);
    },
  );
});

describe('odd text is compared as it is stored', () => {
  test('so NUL and lone surrogates are no change at the next look', async () => {
    const id = newId();
    const odd = () =>
      seen(id, {
        fullName: 'a\u0000b\uD800',
        aliases: ['\uDC00@example.test'],
        customSchemas: { 'k\u0000': { 'f\uD800': 'v\u0000' } },
      });

    expect(await outcomeOf(odd())).toMatchObject({ outcome: 'written' });
    expect(await outcomeOf(odd())).toMatchObject({ outcome: 'unchanged' });
    expect(await rawRow(id)).toMatchObject({ full_name: 'a\uFFFDb\uFFFD' });
    expect(await eventTypes(id)).toEqual(['user.created']);
  });

  test('and names in any script come back to the letter', async () => {
    const id = newId();
    const fullName = `👩‍🚀 نور 山田 O'Neil "Bo" \\ \u202Eabc e\u0301`;

    await apply([seen(id, { fullName, givenName: "'); DROP TABLE users; --" })]);

    expect(await rawRow(id)).toMatchObject({
      full_name: fullName,
      given_name: "'); DROP TABLE users; --",
    });
    expect(
      await outcomeOf(seen(id, { fullName, givenName: "'); DROP TABLE users; --" })),
    ).toMatchObject({
      outcome: 'unchanged',
    });
  });

  test('and custom fields as deep as they are kept at all fail nobody’s batch', async () => {
    let deep: Record<string, unknown> = {};
    for (let i = 0; i < 90; i++) deep = { a: deep };
    const [odd, plain] = [newId(), newId()];

    const applied = await apply([seen(odd, { customSchemas: deep }), seen(plain)]);

    expect(applied.get(odd)).toMatchObject({ outcome: 'written' });
    expect(applied.get(plain)).toMatchObject({ outcome: 'written' });
  });
});

test('a database that fails part-way has written nothing of the set', async () => {
  const [first, second] = [newId(), newId()];
  await env.DB.exec(
    `CREATE TRIGGER refuse_one BEFORE INSERT ON users WHEN NEW.id = '${second}' BEGIN SELECT RAISE(ABORT, 'no u@example.test'); END`,
  );
  const failure = await apply([seen(first), seen(second)]).catch((error) => error);
  await env.DB.exec('DROP TRIGGER refuse_one');

  expect(failure).toBeInstanceOf(DatabaseError);
  expect(String(failure)).not.toContain('example.test');
  expect(failure.cause).toBeUndefined();
  expect(await rawRow(first)).toBeNull();
  expect(await eventTypes(first)).toEqual([]);
});
