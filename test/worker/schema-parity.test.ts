// The tables as drizzle sees them are the tables as the migrations make them.
import { getTableConfig, type SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, test } from 'vitest';
import * as operatorSchema from '../../src/db/operator-schema.ts';
import * as rolesSchema from '../../src/db/roles-schema.ts';
import * as schema from '../../src/db/schema.ts';
import { env } from './world.ts';

const tables = Object.values({ ...schema, ...operatorSchema, ...rolesSchema })
  .filter((value) => typeof value === 'object' && !Array.isArray(value))
  .map((value) => getTableConfig(value as SQLiteTable))
  .map((config) => ({ name: config.name, config }));

async function all<T>(sql: string, ...values: unknown[]): Promise<T[]> {
  const { results } = await env.DB.prepare(sql)
    .bind(...values)
    .all<T>();
  return results;
}

const byName = <T extends { name: string }>(items: T[]) =>
  items.toSorted((a, b) => (a.name < b.name ? -1 : 1));

describe.each(tables)('the table $name', ({ name, config }) => {
  test('has the same columns, in the same order', async () => {
    const real = await all<{
      name: string;
      type: string;
      notnull: number;
      pk: number;
      dflt_value: string | null;
    }>(
      'SELECT name, type, "notnull", pk, dflt_value FROM pragma_table_info(?1) ORDER BY cid',
      name,
    );

    const declared = config.columns.map((column) => ({
      name: column.name,
      type: column.getSQLType().toUpperCase(),
      // SQLite reports a rowid key as nullable; it never is.
      notnull: column.notNull && !isRowid(column) ? 1 : 0,
      pk: column.primary ? 1 : keyOf(config).indexOf(column.name) + 1,
      dflt_value: defaultOf(column.default),
    }));
    const found = real.map((column) => ({ ...column }));

    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(declared);
  });

  test('has the same indexes', async () => {
    const real = await all<{ name: string; unique: number; origin: string }>(
      'SELECT name, "unique", origin FROM pragma_index_list(?1)',
      name,
    );
    const withColumns = await Promise.all(
      real.map(async (index) => {
        const columns = await all<{ name: string }>(
          'SELECT name FROM pragma_index_info(?1) ORDER BY seqno',
          index.name,
        );
        return { ...index, columns: columns.map((column) => column.name) };
      }),
    );
    const made = withColumns.filter(({ origin }) => origin === 'c');
    const unique = withColumns.filter(({ origin }) => origin === 'u').flatMap((i) => i.columns);

    expect(byName(made.map(({ name, unique, columns }) => ({ name, unique, columns })))).toEqual(
      byName(
        config.indexes.map(({ config: index }) => ({
          name: index.name,
          unique: index.unique ? 1 : 0,
          // An expression has no name, here and there.
          columns: index.columns.map((column) => ('name' in column ? column.name : null)),
        })),
      ),
    );
    expect(unique).toEqual(config.columns.filter((c) => c.isUnique).map((c) => c.name));
  });

  test('has the same references', async () => {
    const real = await all<{ from: string; table: string; to: string }>(
      'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?1) ORDER BY seq, id DESC',
      name,
    );

    expect(real).toEqual(
      config.foreignKeys.map((key) => {
        const { columns, foreignTable, foreignColumns } = key.reference();
        return {
          from: columns[0]?.name,
          table: getTableConfig(foreignTable).name,
          to: foreignColumns[0]?.name,
        };
      }),
    );
  });

  test('takes no value of another type (STRICT)', async () => {
    const [table] = await all<{ strict: number }>(
      'SELECT strict FROM pragma_table_list WHERE schema = ? AND name = ?',
      'main',
      name,
    );

    expect(table).toEqual({ strict: 1 });
  });
});

/** The columns of a key of several, in its order. */
function keyOf(config: ReturnType<typeof getTableConfig>): string[] {
  return config.primaryKeys.flatMap((key) => key.columns.map(({ name }) => name));
}

/** As SQLite writes a default down: text in quotes. */
function defaultOf(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? `'${value}'` : String(value);
}

function isRowid(column: { primary: boolean; getSQLType(): string }): boolean {
  return column.primary && column.getSQLType() === 'integer';
}

test('drizzle knows every table, and no other', async () => {
  const real = await all<{ name: string }>(
    `SELECT name FROM sqlite_schema WHERE type = 'table'
       AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name <> 'd1_migrations'`,
  );

  expect(real.map(({ name }) => name).toSorted()).toEqual(
    tables.map(({ name }) => name).toSorted(),
  );
});

test('tables with a text key are stored by that key alone where each look writes them', async () => {
  const real = await all<{ name: string }>(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr = 1 ORDER BY name",
  );

  expect(real.map(({ name }) => name)).toEqual([
    'alerts',
    'api_tokens',
    'channel_probes',
    'group_members',
    'group_pages',
    'groups',
    'hand_over_codes',
    'held_removals',
    'listed_people',
    'people_counts',
    'people_terms',
    'reconcile_runs',
    'role_recomputes',
    'roles_by_hand',
    'sessions',
    'setup_visits',
    'sign_in_refusals',
    'users',
  ]);
});

test('tickets are not indexed, so that a stamp writes one row', async () => {
  const indexed = await all<{ name: string }>(
    `SELECT DISTINCT i.name FROM pragma_index_list('users') l, pragma_index_info(l.name) i`,
  );

  // `null` is the domain, an expression over `email`.
  expect(indexed.map(({ name }) => name).toSorted()).toEqual([
    'deleted_ms',
    'directory_id',
    'email',
    'id',
    null,
  ]);
});

test('statuses, causes, event types and kinds are those that the tables accept', async () => {
  const [users] = await all<{ sql: string }>("SELECT sql FROM sqlite_schema WHERE name = 'users'");
  const [events] = await all<{ sql: string }>(
    "SELECT sql FROM sqlite_schema WHERE name = 'events'",
  );
  const [runs] = await all<{ sql: string }>(
    "SELECT sql FROM sqlite_schema WHERE name = 'reconcile_runs'",
  );
  const [sessions] = await all<{ sql: string }>(
    "SELECT sql FROM sqlite_schema WHERE name = 'sessions'",
  );
  const accepted = (sql: string | undefined, column: string) =>
    [
      ...(sql?.match(new RegExp(`${column} IN \\(([^)]*)\\)`))?.[1] ?? '').matchAll(/'([^']+)'/g),
    ].map(([, value]) => value);

  expect(accepted(users?.sql, 'status')).toEqual([...schema.USER_STATUSES]);
  expect(accepted(users?.sql, 'cause')).toEqual([...schema.CAUSES]);
  expect(accepted(events?.sql, 'type')).toEqual([...schema.EVENT_TYPES]);
  expect(accepted(sessions?.sql, 'kind')).toEqual([...schema.SESSION_KINDS]);
  expect(accepted(runs?.sql, 'outcome')).toEqual([...schema.RECONCILE_OUTCOMES]);
});
