// Promises that the database keeps for every code path: here everything is raw SQL.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { aDirectory, eventTypes, newId, rawRow } from './observed.ts';
import { type EventRow, env } from './world.ts';

beforeAll(async () => {
  await aDirectory();
  await aDirectory('elsewhere');
});

const run = (sql: string, ...values: unknown[]) =>
  env.DB.prepare(sql)
    .bind(...values)
    .run();

const PLAIN = {
  email: 'ana@example.test',
  given_name: 'Ana',
  family_name: 'New',
  full_name: 'Ana New',
  status: 'active',
  is_admin: 0,
  is_delegated_admin: 0,
  org_unit_path: '/',
  photo_url: null,
  attributes: '{}',
  custom_schemas: '{}',
  roles: '[]',
  ticket: 1,
  written: 1,
  cause: 'push',
  noticed_ms: 10,
  created_ms: 20,
  changed_ms: 20,
  deleted_ms: null,
};
type Columns = { [K in keyof typeof PLAIN]: string | number | null };

async function insert(fields: Partial<Columns> & { id?: string } = {}): Promise<string> {
  const { id = newId(), ...rest } = fields;
  const row = { id, directory_id: 'default', ...PLAIN, ...rest };
  const names = Object.keys(row);
  await run(
    `INSERT INTO users (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ...Object.values(row),
  );
  return id;
}

async function update(id: string, fields: Partial<Columns>): Promise<void> {
  const sets = Object.keys(fields).map((name) => `${name} = ?`);
  await run(`UPDATE users SET ${sets.join(', ')} WHERE id = ?`, ...Object.values(fields), id);
}

async function eventsOf(id: string): Promise<EventRow[]> {
  const { results } = await env.DB.prepare('SELECT * FROM events WHERE user_id = ?1 ORDER BY seq')
    .bind(id)
    .all<EventRow>();
  return results;
}

const status = (name: string): Partial<Columns> => ({
  status: name,
  deleted_ms: name === 'deleted' ? 30 : null,
});

describe('no code path changes a user without exactly one event', () => {
  // Every mapped column, with values of its kind.
  const text = fc.string({ unit: 'grapheme', maxLength: 8 });
  const jsonText = fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value));
  const flag = fc.constantFrom(0, 1);
  const mapped = {
    email: text,
    given_name: text,
    family_name: text,
    full_name: text,
    is_admin: flag,
    is_delegated_admin: flag,
    org_unit_path: text,
    photo_url: fc.option(text),
    attributes: jsonText,
    custom_schemas: jsonText,
    roles: jsonText,
  };
  const statusFields = fc.constantFrom('active', 'suspended', 'archived', 'deleted').map(status);
  const unmapped = {
    ticket: fc.nat(),
    written: fc.nat(),
    cause: fc.constantFrom('push', 'reconcile', 'sign-in', 'rules', 'operator'),
    noticed_ms: fc.nat(),
    changed_ms: fc.nat(),
    created_ms: fc.nat(),
  };
  const someOf = fc
    .tuple(
      fc.record(mapped, { requiredKeys: [] }),
      fc.oneof(fc.constant({}), statusFields),
      fc.record(unmapped, { requiredKeys: [] }),
    )
    .map(([a, b, c]): Partial<Columns> => ({ ...a, ...b, ...c }))
    .filter((fields) => Object.keys(fields).length > 0);

  const MAPPED = [...Object.keys(mapped), 'status'];
  const mappedOf = (row: Record<string, unknown> | null) => MAPPED.map((name) => row?.[name]);

  test('whatever columns it sets, and with what', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someOf, { minLength: 1, maxLength: 5 }), async (changes) => {
        const id = await insert();
        for (const fields of changes) {
          const before = { row: await rawRow(id), events: await eventsOf(id) };
          await update(id, fields);
          const after = { row: await rawRow(id), events: await eventsOf(id) };

          const isChange =
            JSON.stringify(mappedOf(before.row)) !== JSON.stringify(mappedOf(after.row));
          expect(after.events.length - before.events.length).toBe(isChange ? 1 : 0);
          const event = after.events.at(-1);
          if (!isChange || event === undefined) continue;
          expect(JSON.parse(event.before ?? 'null')).toEqual(asEvent(before.row));
          expect(JSON.parse(event.after)).toEqual(asEvent(after.row));
          expect(event).toMatchObject({
            cause: after.row?.['cause'],
            at_ms: after.row?.changed_ms,
            noticed_ms: after.row?.['noticed_ms'],
          });
        }
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  test.each(Object.keys(mapped))('not even of %s alone', async (column) => {
    const id = await insert();
    const other = {
      is_admin: 1,
      is_delegated_admin: 1,
      attributes: '{"a":1}',
      custom_schemas: '{"a":{}}',
      roles: '["a"]',
    };
    const value = column in other ? other[column as keyof typeof other] : 'other';

    await update(id, { [column]: value });

    expect(await eventTypes(id)).toEqual(['user.created', 'user.updated']);
  });

  test('a stamp alone writes none', async () => {
    const id = await insert();

    await update(id, { ticket: 9, written: 9 });

    expect(await eventTypes(id)).toEqual(['user.created']);
  });

  test('an upsert writes one where it changes something and none where it does not', async () => {
    const id = await insert();
    const upsert = (name: string) =>
      run(
        `INSERT INTO users SELECT * FROM users WHERE id = ?1
         ON CONFLICT (id) DO UPDATE SET full_name = ?2, ticket = ticket + 1`,
        id,
        name,
      );

    await upsert('Ana New');
    expect(await eventTypes(id)).toEqual(['user.created']);
    await upsert('Bo New');
    expect(await eventTypes(id)).toEqual(['user.created', 'user.updated']);
  });

  test('one for each row of a statement that changes many', async () => {
    const ids = await Promise.all([insert(), insert(), insert()]);

    await run(
      `UPDATE users SET org_unit_path = '/Moved' WHERE id IN (SELECT value FROM json_each(?1))`,
      JSON.stringify(ids),
    );

    for (const id of ids) expect(await eventTypes(id)).toEqual(['user.created', 'user.updated']);
  });

  test('a change that is rolled back leaves none', async () => {
    const id = await insert();

    const batch = env.DB.batch([
      env.DB.prepare("UPDATE users SET full_name = 'Bo' WHERE id = ?1").bind(id),
      env.DB.prepare("UPDATE users SET status = 'nonsense' WHERE id = ?1").bind(id),
    ]);

    await expect(batch).rejects.toThrow(/constraint/i);
    expect(await eventTypes(id)).toEqual(['user.created']);
    expect(await rawRow(id)).toMatchObject({ full_name: 'Ana New' });
  });
});

function asEvent(row: Record<string, unknown> | null) {
  const json = (name: string) => JSON.parse(String(row?.[name]));
  return {
    email: row?.['email'],
    givenName: row?.['given_name'],
    familyName: row?.['family_name'],
    fullName: row?.['full_name'],
    status: row?.['status'],
    isAdmin: row?.['is_admin'],
    isDelegatedAdmin: row?.['is_delegated_admin'],
    orgUnitPath: row?.['org_unit_path'],
    photoUrl: row?.['photo_url'],
    attributes: json('attributes'),
    customSchemas: json('custom_schemas'),
    roles: json('roles'),
  };
}

describe('the type of an event', () => {
  test.each([
    ['active', 'suspended', 'user.suspended'],
    ['active', 'archived', 'user.archived'],
    ['active', 'deleted', 'user.deleted'],
    ['suspended', 'active', 'user.reactivated'],
    ['suspended', 'archived', 'user.archived'],
    ['suspended', 'deleted', 'user.deleted'],
    ['archived', 'active', 'user.reactivated'],
    ['archived', 'suspended', 'user.suspended'],
    ['archived', 'deleted', 'user.deleted'],
    ['deleted', 'active', 'user.restored'],
    ['deleted', 'suspended', 'user.restored'],
    ['deleted', 'archived', 'user.restored'],
  ])('from %s to %s is %s', async (from, to, type) => {
    const id = await insert(status(from));

    await update(id, { ...status(to), full_name: 'Changed, too' });

    expect(await eventTypes(id)).toEqual(['user.created', type]);
  });

  test.each(['active', 'suspended', 'archived', 'deleted'])(
    'of a change within %s is user.updated',
    async (name) => {
      const id = await insert(status(name));

      await update(id, { full_name: 'Bo' });

      expect(await eventTypes(id)).toEqual(['user.created', 'user.updated']);
    },
  );

  test('of a new row is user.created, with nothing before and all of it after', async () => {
    const id = await insert();
    const [event] = await eventsOf(id);

    expect(event).toMatchObject({
      type: 'user.created',
      before: null,
      cause: 'push',
      at_ms: 20,
      noticed_ms: 10,
    });
    expect(JSON.parse(event?.after ?? '')).toEqual(asEvent(await rawRow(id)));
  });
});

describe('events are append-only', () => {
  test('none can be changed', async () => {
    const id = await insert();

    await expect(
      run("UPDATE events SET type = 'user.deleted' WHERE user_id = ?1", id),
    ).rejects.toThrow(/append-only/);
    expect(await eventTypes(id)).toEqual(['user.created']);
  });

  test('their numbers grow and are never used twice, even after old ones were swept', async () => {
    const [first] = await eventsOf(await insert());
    await run('DELETE FROM events WHERE seq = ?1', first?.seq);

    const [second] = await eventsOf(await insert());

    expect(second?.seq).toBeGreaterThan(first?.seq ?? Number.POSITIVE_INFINITY);
  });
});

describe('people leave by tombstone', () => {
  test.each(['active', 'suspended', 'archived'])(
    'a row that is %s can’t be removed',
    async (name) => {
      const id = await insert(status(name));

      await expect(run('DELETE FROM users WHERE id = ?1', id)).rejects.toThrow(/tombstone/);
      expect(await rawRow(id)).not.toBeNull();
    },
  );

  test('a tombstone can be swept', async () => {
    const id = await insert(status('deleted'));

    await run('DELETE FROM users WHERE id = ?1', id);

    expect(await rawRow(id)).toBeNull();
  });

  test('a tombstone has a time of death, and nobody else has', async () => {
    await expect(insert({ status: 'deleted', deleted_ms: null })).rejects.toThrow(/CHECK/);
    await expect(insert({ status: 'active', deleted_ms: 5 })).rejects.toThrow(/CHECK/);
  });
});

describe('a user keeps its id and directory', () => {
  test('the id can’t change', async () => {
    const id = await insert();

    await expect(run('UPDATE users SET id = ?1 WHERE id = ?2', newId(), id)).rejects.toThrow(
      /keeps its id/,
    );
  });

  test('the directory can’t change', async () => {
    const id = await insert();

    await expect(
      run("UPDATE users SET directory_id = 'elsewhere' WHERE id = ?1", id),
    ).rejects.toThrow(/keeps its id and directory/);
    expect(await rawRow(id)).toMatchObject({ directory_id: 'default' });
  });

  test('setting both to what they are is no change', async () => {
    const id = await insert();

    await run("UPDATE users SET id = id, directory_id = 'default' WHERE id = ?1", id);

    expect(await eventTypes(id)).toEqual(['user.created']);
  });
});

describe('a row can’t hold nonsense', () => {
  test.each<[string, Partial<Columns>]>([
    ['an unknown status', { status: 'pending' }],
    ['an unknown cause', { cause: 'guess' }],
    ['an admin flag that is neither', { is_admin: 2 }],
    ['attributes that are no JSON', { attributes: '{' }],
    ['roles that are no JSON', { roles: 'Editor' }],
    ['custom schemas that are no JSON', { custom_schemas: '' }],
    ['a ticket that is no number', { ticket: 'one' }],
    ['no address', { email: null }],
  ])('%s', async (_, fields) => {
    await expect(insert(fields)).rejects.toThrow(/constraint|cannot store/i);
  });

  test('a directory id that could not travel in a channel token', async () => {
    for (const id of ['', 'A', 'a b', 'a.b', 'a'.repeat(41)])
      await expect(
        run("INSERT INTO directories (id, customer, admin_email) VALUES (?1, 'c', 'a')", id),
      ).rejects.toThrow(/CHECK/);
  });
});
