// How SQLite finds what the operators' pages show: every statement of a view is explained as it was bound, whatever
// statistics there are. None may go through a table from end to end: rows grow with people, their changes and time.
// What that comes to in rows is `npm run bench -- console`.
import { beforeEach, describe, expect, test } from 'vitest';
import { cursorOf } from '../../src/cursor.ts';
import { keepSetupFindings } from '../../src/db/setup.ts';
import { CHECKS, ok, waiting } from '../../src/setup/finding.ts';
import { db } from './observed.ts';
import {
  anotherDirectory,
  aPerson,
  type OperatorWorld,
  operatorWorld,
  windowAt,
} from './operators.ts';
import { ADMIN } from './signed-in.ts';
import type { Visitor } from './visitor.ts';
import { env, START_MS } from './world.ts';

const TABLES = [
  'users',
  'events',
  'sessions',
  'reconcile_runs',
  'held_removals',
  'dead_letters',
  'operator_actions',
  'roles_by_hand',
  'group_members',
];

interface Asked {
  sql: string;
  values: readonly unknown[];
}

/** D1 as it is, with every statement that is prepared written down with what is bound to it. */
function recordingD1(d1: D1Database, asked: Asked[]): D1Database {
  const prepare = (sql: string) => {
    const statement = d1.prepare(sql);
    const entry: { sql: string; values: readonly unknown[] } = { sql, values: [] };
    asked.push(entry);
    return new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') {
          return (...values: unknown[]) => {
            entry.values = values;
            return target.bind(...values);
          };
        }
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  };
  return { prepare, batch: (all: D1PreparedStatement[]) => d1.batch(all) } as unknown as D1Database;
}

/** One step of a plan that touches a table that grows. */
interface Step {
  table: string;
  detail: string;
  sql: string;
}

/** What a statement calls each of the tables: a plan names a table by its alias. */
function namesIn(sql: string): Map<string, string> {
  const names = new Map(TABLES.map((table) => [table, table]));
  // What follows a table without an alias is a keyword, and no plan calls anything that.
  const pattern = new RegExp(`\\b(${TABLES.join('|')})"? (?:AS )?(\\w+)\\b`, 'g');
  for (const [, table = '', alias = ''] of sql.matchAll(pattern)) names.set(alias, table);
  return names;
}

async function stepsOf({ sql, values }: Asked): Promise<Step[]> {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  const names = namesIn(sql);
  return results.flatMap(({ detail }) => {
    const [, name = ''] = /^(?:SCAN|SEARCH) (\w+)/.exec(detail) ?? [];
    const table = names.get(name);
    return table === undefined ? [] : [{ table, detail, sql }];
  });
}

const plansOf = async (asked: readonly Asked[]) => (await Promise.all(asked.map(stepsOf))).flat();

const scans = (steps: readonly Step[]) =>
  steps.filter(({ detail }) => detail.startsWith('SCAN')).map(({ detail, sql }) => [detail, sql]);

/** Through the index that begins with the directory, a search is everybody; events have none but the youngest, and the pushed. */
const HOW: Readonly<Record<string, RegExp>> = {
  users:
    /^SEARCH \w+ USING (PRIMARY KEY \(id=\?\)|INDEX users_by_email \(directory_id=\? AND email=\?\))/,
  events:
    /^SEARCH \w+( USING (INTEGER PRIMARY KEY \(rowid[<>=]\?( AND rowid<\?)?\)|(COVERING )?INDEX events_by_user \(user_id=\?( AND rowid[<>]\?)*\)|COVERING INDEX events_of_pushes \(directory_id=\? AND at_ms>\?\)))?$/,
};

const wrongWays = (steps: readonly Step[]) =>
  steps
    .filter(({ table, detail }) => HOW[table] !== undefined && !HOW[table].test(detail))
    .map(({ detail, sql }) => [detail, sql]);

/** So many rows everywhere, in one directory. */
async function fill(directoryId: string, count: number): Promise<void> {
  const prefix = directoryId === 'default' ? 'd' : 'o';
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const rows = [
    `INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin,
       is_delegated_admin, org_unit_path, attributes, custom_schemas, roles, ticket, written, cause, noticed_ms,
       created_ms, changed_ms)
     ${numbers} SELECT ?2 || i, ?1, ?2 || i || '@example.test', 'P', 'N', 'P N', 'active', 0, 0, '/', '{}', '{}',
       '[]', 1, 1, 'reconcile', 1, 1, 1 FROM n`,
    `INSERT INTO held_removals (directory_id, user_id, reason, since_ms)
     ${numbers} SELECT ?1, ?2 || i, 'guard', ${START_MS} + i FROM n WHERE i % 5 = 0`,
    `INSERT INTO dead_letters (directory_id, user_id, letter_key, body, reason, attempts, at_ms, replayed_ms)
     ${numbers} SELECT iif(?1 = 'default' AND i % 7 = 0, NULL, ?1), ?2 || i, ?2 || ':' || i, '{}', 'malformed', 100, i,
       iif(i % 3 = 0, 1, NULL) FROM n`,
    `INSERT INTO reconcile_runs (outcome, id, directory_id, ticket, started_ms, progress_ms)
     ${numbers} SELECT 'complete', ?2 || i, ?1, i, ${START_MS} + i, 1 FROM n`,
    `INSERT INTO operator_actions (directory_id, actor, action, detail, request_id, at_ms, outcome)
     ${numbers} SELECT ?1, 'user:' || ?2 || i, 'pass.start', '{}', 'r', ${START_MS} + i, 'started' FROM n`,
    `INSERT INTO sessions (token_hash, directory_id, user_id, kind, created_ms, expires_ms)
     ${numbers} SELECT substr(?2 || i || '-------------------------------------------', 1, 43), ?1, ?2 || i, 'page', 1,
       ${START_MS} + i FROM n`,
  ];
  await env.DB.batch(rows.map((sql) => env.DB.prepare(sql).bind(directoryId, prefix)));
}

/** Half done: the page looks at what D1 knows since. */
const FINDINGS = CHECKS.map((check) =>
  check === 'sync' || check === 'import' ? waiting(check, 'Not yet.') : ok(check, 'Fine.'),
);

let world: OperatorWorld;
let admin: Visitor;
beforeEach(async () => {
  world = await operatorWorld();
  await anotherDirectory();
  admin = await windowAt(world, ADMIN);
  await aPerson('910');
});

/** Every statement behind a page, which answers as if nobody listened. */
async function statementsOf(path: string): Promise<Asked[]> {
  const asked: Asked[] = [];
  const { DB } = world.env;
  world.env.DB = recordingD1(DB, asked);
  const response = await admin.ask(path);
  // A file is read while it is sent.
  await response.text();
  world.env.DB = DB;
  expect(response.status).toBe(200);
  return asked;
}

const STATISTICS = {
  'no statistics': async () => {
    await fill('default', 60);
  },
  'statistics from before anybody was there': async () => {
    await env.DB.exec('ANALYZE');
    await fill('default', 300);
  },
  'statistics of a directory that holds nearly everybody': async () => {
    await fill('default', 600);
    await fill('other', 5);
    await env.DB.exec('ANALYZE');
  },
  'statistics of another directory that does': async () => {
    await fill('other', 600);
    await fill('default', 5);
    await env.DB.exec('ANALYZE');
  },
};

/** With how many statements at most; the first is whose window it is. */
const BACK_IN_TIME: readonly (readonly [path: string, statements: number])[] = [
  ['/console/activity', 3],
  ['/console/activity?type=user.deleted&from=2026-11-01&to=2026-11-21', 5],
  ['/console/activity?person=d1', 3],
  ['/console/activity?person=d1%40example.test', 4],
  ['/console/activity?of=operators', 2],
  ['/console/activity.csv', 4],
  ['/console/passes', 3],
  ['/console/channels', 2],
  ['/console/dead-letters', 3],
  [`/console/dead-letters?of=replayed&before=${cursorOf({ atMs: 9, id: 9 })}`, 3],
];

describe.each(Object.entries(STATISTICS))('with %s', (_, prepare) => {
  test.each([
    ['/console', 13],
    ['/console/held-removals', 2],
    ['/console/people/910', 7],
    ['/setup', 6],
  ])('%s searches, and scans nothing that grows', async (path, statements) => {
    await prepare();
    await keepSetupFindings(db, FINDINGS, START_MS);
    // The set-up then looks for the last pass as well.
    await env.DB.exec('UPDATE directories SET imported_ms = NULL');
    const asked = await statementsOf(path);
    expect(asked).toHaveLength(statements);
    const steps = await plansOf(asked);
    expect(scans(steps)).toEqual([]);
    expect(wrongWays(steps)).toEqual([]);
  });

  test('so do the pages that go back in time, however far', async () => {
    await prepare();
    for (const [path, most] of BACK_IN_TIME) {
      const asked = await statementsOf(path);
      // A page that is not full asks whether there is more.
      expect([path, asked.length <= most]).toEqual([path, true]);
      const steps = await plansOf(asked);
      expect([path, scans(steps), wrongWays(steps)]).toEqual([path, [], []]);
    }
  });
});

test('these pages touch all that grows, so that the above says something about each', async () => {
  const asked = [
    ...(await statementsOf('/console')),
    ...(await statementsOf('/console/people/910')),
  ];
  const steps = await plansOf(asked);
  expect([...new Set(steps.map(({ table }) => table))].sort()).toEqual([...TABLES].sort());
});

test('a scan is seen, and so is a search for a whole directory', async () => {
  await aPerson('901');
  const scan = { sql: 'SELECT count(*) FROM users u', values: [] };
  expect(scans(await plansOf([scan]))).toHaveLength(1);
  const all = {
    sql: 'SELECT max(email) FROM users u WHERE directory_id = ?1',
    values: ['default'],
  };
  expect(wrongWays(await plansOf([all]))).toHaveLength(1);

  const asked = await statementsOf('/console');
  await env.DB.exec('DROP INDEX operator_actions_by_time');
  await env.DB.exec('DROP INDEX reconcile_runs_by_start');
  await env.DB.exec('DROP INDEX dead_letters_open');
  await env.DB.exec('DROP INDEX dead_letters_by_time');
  const tables = (await plansOf(asked)).filter(({ detail }) => detail.startsWith('SCAN'));
  expect([...new Set(tables.map(({ table }) => table))].sort()).toEqual([
    'dead_letters',
    'operator_actions',
    'reconcile_runs',
  ]);
});
