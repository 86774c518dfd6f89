// The overview in each of its states, as far as words go: what it says, offers, and says of a failure.
import { beforeEach, describe, expect, test } from 'vitest';
import { beginRun, endRun } from '../../src/db/reconcile-runs.ts';
import { rememberChannel, rememberSync } from '../../src/sync/channel-store.ts';
import {
  anotherDirectory,
  aPerson,
  expectGuarded,
  hold,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  windowAt,
  windowOf,
} from './operators.ts';
import { MINUTE } from './removals.ts';
import { ADMIN, ANA, idOf, type Line, listenToLog } from './signed-in.ts';
import type { Visitor } from './visitor.ts';

let world: OperatorWorld;
let admin: Visitor;
let lines: Line[];
beforeEach(async () => {
  lines = listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
});

async function overviewOf(visitor = admin, query = ''): Promise<string> {
  const response = await visitor.ask(`/console${query}`);
  expect(response.status).toBe(200);
  expectGuarded(response);
  return response.text();
}

type DirectoryFields = Record<string, number | string | null>;

/** How `default` fares: all is well, but for this. */
async function fares(fields: DirectoryFields = {}): Promise<void> {
  const { nowMs } = world.clock;
  const well = {
    imported_ms: nowMs - 600 * MINUTE,
    last_reconciled_ms: nowMs - MINUTE,
    last_pass_ms: nowMs - MINUTE,
    channels_until_ms: nowMs + 60 * MINUTE,
    in_step_since_ms: nowMs - 90 * MINUTE,
    problem: null,
    problem_since_ms: null,
  };
  const all = Object.entries({ ...well, ...fields });
  const set = all.map(([column], i) => `${column} = ?${i + 1}`).join(', ');
  await world.env.DB.prepare(`UPDATE directories SET ${set} WHERE id = 'default'`)
    .bind(...all.map(([, value]) => value))
    .run();
}

const begin = (id: string) =>
  beginRun(world.ports.db, {
    id,
    directoryId: 'default',
    ticket: 1_000,
    startedMs: world.clock.nowMs,
    chainId: id,
    chainTicket: 1_000,
    previousId: null,
  });

const NEEDS_NOTHING = '<p class="nothing">Nothing.</p>';

describe('whether people are in step', () => {
  test('in step, since when, and that nothing needs anybody', async () => {
    await fares();
    const text = await overviewOf();
    expect(text).toContain('<h1>In step</h1>');
    expect(text).toContain('22 Nov 2026, 07:30 UTC');
    expect(text).toContain('1 hour 30 minutes');
    expect(text).toContain(NEEDS_NOTHING);
    expect(text).not.toContain('Not in step');
  });

  const long = 16 * MINUTE;
  const conditions: [what: string, fields: () => DirectoryFields, says: string[], asks: boolean][] =
    [
      [
        'a credential that Google refuses',
        () => ({ problem: 'token-delegation', problem_since_ms: world.clock.nowMs - MINUTE }),
        [
          'Google does not let Rollcall read the directory',
          'Domain-wide delegation is missing',
          '22 Nov 2026, 08:59 UTC',
        ],
        true,
      ],
      [
        'a code that nobody knows',
        () => ({ problem: 'x:<script>alert(1)</script>', problem_since_ms: 1 }),
        ['Google does not let Rollcall read the directory'],
        true,
      ],
      [
        'passes that don’t come',
        () => ({ last_pass_ms: world.clock.nowMs - long }),
        ['Passes are overdue', '22 Nov 2026, 08:44 UTC'],
        true,
      ],
      [
        'an import under way',
        () => ({ imported_ms: null }),
        ['People are being brought in'],
        false,
      ],
      [
        'no pass that completed',
        () => ({ last_reconciled_ms: null }),
        ['People are being brought in'],
        false,
      ],
      ['a pause', () => ({ channels_until_ms: 0 }), ['Announcements are paused'], false],
      ['no channel', () => ({ channels_until_ms: null }), ['Google can’t announce changes'], true],
      [
        'channels that have ended',
        () => ({ channels_until_ms: world.clock.nowMs }),
        ['Google can’t announce changes'],
        true,
      ],
    ];
  test.each(conditions)('not in step by %s', async (_, fields, says, asks) => {
    await fares(fields());
    const text = await overviewOf();
    expect(text).toContain('<h1>Not in step</h1>');
    for (const one of says) expect(text).toContain(one);
    // What passes by itself, or was asked for, needs nobody.
    expect(text.includes(NEEDS_NOTHING)).toBe(!asks);
    expect(text).not.toContain('<script>alert');
    const link = '<a href="/setup">Ask the set-up';
    expect(text.includes(link)).toBe(asks);
    // Whoever may not open the set-up is not sent there.
    await aPerson('980', { roles: ['rollcall:admin'] });
    expect(await overviewOf(await windowOf(world, '980'))).not.toContain('href="/setup"');
  });

  test('not in step by removals that are held', async () => {
    await fares();
    await hold(idOf(world, ANA), world.clock.nowMs - 5 * MINUTE);
    const text = await overviewOf();
    expect(text).toContain('Removals wait for your decision');
    expect(text).toContain('1 removal waits');
    expect(text).toContain('I have looked at this one person');
  });

  test('by several at once: the weightiest is the headline, and each is there', async () => {
    await fares({ problem: 'token-signature', channels_until_ms: null, last_pass_ms: 1 });
    const text = await overviewOf();
    expect(text).toMatch(/Not in step<\/h1><p>Google does not let Rollcall read the directory/);
    expect(text.match(/<h3>/g)).toHaveLength(3);
  });
});

test('before the first import: nobody, no pass, no channel, and nothing that fails', async () => {
  world = await operatorWorld({ import: false });
  await anotherDirectory();
  const text = await overviewOf(await windowOf(world, OTHER_ADMIN));
  for (const said of [
    'People are being brought in',
    'There has been none yet.',
    'None is wanted here.',
    'Nobody has done anything here yet.',
    'Reconcile now',
  ])
    expect(text).toContain(said);
});

describe('passes', () => {
  test('one under way: it says so, and no second can be asked for', async () => {
    expect(await overviewOf()).toMatch(/<button type="submit">Reconcile now/);
    world.advance(MINUTE);
    await begin('default-now');
    const text = await overviewOf();
    expect(text).toMatch(/<button type="submit" disabled="">A pass is under way/);
    expect(text).toContain('Under way</span>');
  });

  test('one that failed says by what; what no push had announced stands out', async () => {
    world.advance(MINUTE);
    await begin('default-failed');
    await endRun(
      world.ports.db,
      { id: 'default-failed', directoryId: 'default' },
      {
        outcome: 'failed',
        reason: 'rate-limited',
        counts: null,
        nextPageToken: null,
        nowMs: world.clock.nowMs + 7_000,
      },
    );
    await world.env.DB.prepare(
      "UPDATE reconcile_runs SET drift = 17 WHERE id = 'default-failed'",
    ).run();
    const text = await overviewOf();
    expect(text).toContain('Failed</span><small>rate-limited</small>');
    expect(text).toContain('<strong>17</strong>');
    expect(text).toContain('7 s');
    expect(text).toContain('Complete</span>');
  });
});

test('people are counted by their status', async () => {
  const { results } = await world.env.DB.prepare(
    "SELECT status, count(*) AS n FROM users WHERE directory_id = 'default' GROUP BY status",
  ).all<{ status: string; n: number }>();
  await aPerson('5000', { status: 'archived' });
  await world.env.DB.prepare(
    `INSERT INTO users SELECT CAST(5000 + n.value AS TEXT), directory_id, email, given_name, family_name, full_name, status, is_admin,
       is_delegated_admin, org_unit_path, photo_url, attributes, custom_schemas, roles, ticket, written, cause, noticed_ms,
       created_ms, changed_ms, deleted_ms, words FROM users, json_each(?1) n WHERE users.id = '5000'`,
  )
    .bind(JSON.stringify(Array.from({ length: 1_199 }, (_, i) => i + 1)))
    .run();
  const text = await overviewOf();
  const count = (status: string) => results.find((one) => one.status === status)?.n ?? 0;
  expect(text).toContain(`<dt>Active</dt><dd>${count('active')}</dd>`);
  expect(text).toContain(`<dt>Suspended</dt><dd>${count('suspended')}</dd>`);
  const archived = (1_200 + count('archived')).toLocaleString('en-GB');
  expect(text).toContain(`<dt>Archived</dt><dd>${archived}</dd>`);
  expect(archived).toContain(',');
});

test('channels: what each announces, whether Google confirmed it, how long it lasts', async () => {
  const { nowMs } = world.clock;
  const { channels } = world.ports;
  const channel = (id: string, event: 'add' | 'delete', minutes: number) => ({
    id,
    resourceId: 'r',
    event,
    adminEmail: ADMIN,
    keyId: 'k',
    openedAtMs: nowMs,
    expiresAtMs: nowMs + minutes * MINUTE,
    distrust: 0,
  });
  await rememberChannel(channels, 'default', channel('c1', 'add', 65), nowMs);
  await rememberChannel(channels, 'default', channel('c2', 'delete', 5), nowMs);
  await rememberChannel(channels, 'other', channel('c3', 'delete', 1_441), nowMs);
  const note = { kind: 'sync', directoryId: 'default', channelId: 'c1', noticedMs: nowMs } as const;
  await rememberSync(channels, note);
  const text = await overviewOf();
  expect(text).toMatch(/Newcomers.*?>Yes<.*?1 hour 5 minutes.*?Deletions.*?>Not yet<.*?5 minutes/s);
  expect(text).not.toContain('1 day');
  expect(text).not.toContain(`<bdi>${ADMIN}`);
});

describe('what fails', () => {
  const LEAK = /D1_ERROR|KV_ERROR|no such thing|ana@example|SELECT/;
  const broken = () => Promise.reject(new Error('D1_ERROR: KV_ERROR no such thing ana@example'));

  test('KV: the page is there, and says that channels can’t be shown', async () => {
    world.env.CHANNELS = { list: broken, get: broken } as never;
    const text = await overviewOf();
    expect(text).toContain('KV does not answer');
    expect(text).not.toMatch(LEAK);
    expect(lines.map(({ event }) => event)).toContain('console.no-channels');
    expect(JSON.stringify(lines)).not.toMatch(LEAK);
  });

  test.each(['/console', '/console/held-removals'])(
    'D1, before or after it said who asks: a page with a reference: %s',
    async (path) => {
      const { DB } = world.env;
      world.env.CHANNELS = { list: async () => ({ keys: [], list_complete: true }) } as never;
      const bad = { bind: () => bad, first: broken, all: broken, run: broken, raw: broken };
      for (const isBroken of [() => true, (sql: string) => !sql.includes('FROM sessions')]) {
        world.env.DB = {
          prepare: (sql: string) => (isBroken(sql) ? bad : DB.prepare(sql)),
          batch: broken,
        } as unknown as D1Database;
        const response = await admin.ask(path);
        expect(response.status).toBe(503);
        expectGuarded(response);
        const text = await response.text();
        expect(text).toContain('The database does not answer');
        expect(text).toContain(`Reference: ${response.headers.get('x-request-id')}`);
        expect(text).not.toMatch(LEAK);
        expect(JSON.stringify(lines)).not.toMatch(LEAK);
        world.env.DB = DB;
      }
    },
  );
});

test.each(['constructor', '__proto__', 'toString', '<script>alert(1)</script>', 'Approved', ''])(
  'an address that was made up says nothing: %s',
  async (said) => {
    const text = await overviewOf(admin, `?${new URLSearchParams({ said, n: '<b>9' })}`);
    expect(text).not.toContain('class="said');
    expect(text).not.toContain('<script>alert');
    const known = await overviewOf(admin, '?said=approved&n=<b>9e9');
    expect(known).toContain('Approved: 0 people are being looked at');
  },
);
