// What happened, in the console: the stream with its filters, page by page; what operators did; and the same as a file.
import { parse } from 'csv-parse/sync';
import { beforeEach, describe, expect, test } from 'vitest';
import { readEvents } from '../../src/db/events.ts';
import {
  anotherDirectory,
  aPerson,
  everything,
  expectGuarded,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  post,
  windowAt,
  windowOf,
} from './operators.ts';
import { ADMIN, ANA, idOf, type Line, listenToLog, NOOR } from './signed-in.ts';
import type { Visitor } from './visitor.ts';
import { env, START_MS } from './world.ts';

const DAY = 86_400_000;
const PATH = '/console/activity';

let world: OperatorWorld;
let admin: Visitor;
let ana: string;
let lines: Line[];
beforeEach(async () => {
  lines = listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
  ana = idOf(world, ANA);
  await env.DB.exec('DELETE FROM events');
});

interface AnEvent {
  userId?: string;
  directoryId?: string;
  type?: string;
  before?: object | null;
  after?: object;
  cause?: string;
  atMs?: number;
  noticedMs?: number;
}

async function happened(...events: AnEvent[]): Promise<void> {
  const statement = env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)`,
  );
  const rows = events.map((one) => {
    const { before = {}, after = {}, atMs = START_MS } = one;
    return statement.bind(
      one.directoryId ?? 'default',
      one.userId ?? ana,
      one.type ?? 'user.updated',
      before && JSON.stringify(before),
      JSON.stringify(after),
      one.cause ?? 'push',
      atMs,
      one.noticedMs ?? atMs - 1_200,
    );
  });
  for (let i = 0; i < rows.length; i += 500) await env.DB.batch(rows.slice(i, i + 500));
}

/** So many that nobody asks about. */
const others = (directoryId: string, count: number, atMs = START_MS) =>
  env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
     SELECT ?1, '77' || (i % 10), 'user.updated', '{}', '{}', 'reconcile', ?3 + i, ?3 FROM n`,
  )
    .bind(directoryId, count, atMs)
    .run();

async function pageOf(query = '', visitor = admin): Promise<string> {
  const response = await visitor.ask(`${PATH}${query}`);
  expect(response.status).toBe(200);
  expectGuarded(response);
  return response.text();
}

const shown = (text: string) =>
  [...text.matchAll(/id="event-(\d+)"/g)].map(([, seq]) => Number(seq));
const link = (text: string, words: string) =>
  new RegExp(`href="([^"]*)"[^>]*>\\s*${words}`).exec(text)?.[1]?.replaceAll('&amp;', '&');

describe('the stream', () => {
  test('says whom, what, why and how soon, with the difference', async () => {
    await happened({
      type: 'user.suspended',
      before: { status: 'active', attributes: { title: 'Engineer' }, roles: ['lead', 'a'] },
      after: { status: 'suspended', attributes: { title: 'Lead' }, roles: ['a', 'b'] },
    });
    const text = await pageOf();
    expect(text).toContain(`<a href="/console/people/${ana}"><bdi>Ana Moreira</bdi></a>`);
    expect(text).toContain('<span class="tag wait">Suspended</span>');
    expect(text).toContain('<bdi class="which">Title</bdi>');
    expect(text).toMatch(/<bdi>Engineer<\/bdi> <span class="quiet">→<\/span> <bdi>Lead<\/bdi>/);
    expect(text).toMatch(/<del>.*<bdi>lead<\/bdi><\/del>/);
    expect(text).toMatch(/<ins>.*<bdi>b<\/bdi><\/ins>/);
    expect(text).toContain('Google announced it, stored 1.2 s later');
    expect(text).toContain('22 Nov 2026, 09:00 UTC');
  });

  test('whoever was swept is an id, and their page is linked', async () => {
    await happened({ userId: '990001' });
    expect(await pageOf()).toContain('<a href="/console/people/990001"><bdi>990001</bdi></a>');
  });

  test('fifty a page, the youngest first, each once', async () => {
    await happened(...Array.from({ length: 120 }, (_, i) => ({ atMs: START_MS + i })));
    const seen: number[] = [];
    let path: string | undefined = PATH;
    for (let pages = 1; path !== undefined; pages += 1) {
      const text = await pageOf(path.slice(PATH.length));
      const seqs = shown(text);
      expect(seqs.length).toBe(pages < 3 ? 50 : 20);
      expect(text.includes('Back to the latest')).toBe(pages > 1);
      seen.push(...seqs);
      path = link(text, 'Earlier');
    }
    expect(seen).toEqual(seen.toSorted((a, b) => b - a));
    expect(new Set(seen).size).toBe(120);
  });

  test('an empty one says so', async () => {
    expect(await pageOf()).toContain('Nothing has happened yet.');
    expect(await pageOf('?type=user.deleted')).toContain('Nothing more fits that.');
  });
});

describe('its filters', () => {
  beforeEach(async () => {
    await happened(
      { type: 'user.created', cause: 'reconcile', atMs: START_MS - 3 * DAY },
      { userId: idOf(world, NOOR), type: 'user.updated', atMs: START_MS - DAY },
      { type: 'user.deleted', cause: 'operator', atMs: START_MS },
    );
  });

  const kept = async (query: string) => {
    const text = await pageOf(query);
    const first =
      (await env.DB.prepare('SELECT min(seq) AS seq FROM events').first<{ seq: number }>())?.seq ??
      0;
    return shown(text).map((seq) => seq - first);
  };

  test.each([
    ['', [2, 1, 0]],
    ['?type=user.deleted', [2]],
    ['?cause=reconcile', [0]],
    ['?type=user.deleted&cause=push', []],
    ['?from=2026-11-21', [2, 1]],
    ['?to=2026-11-21', [1, 0]],
    ['?from=2026-11-21&to=2026-11-21', [1]],
    ['?from=2026-11-22&to=2026-11-20', []],
    [`?person=${encodeURIComponent(NOOR)}`, [1]],
    [`?person=${encodeURIComponent(` ${NOOR.toUpperCase()} `)}`, [1]],
    ['?person=&type=&cause=&from=&to=', [2, 1, 0]],
  ])('%s', async (query, expected) => {
    expect(await kept(query)).toEqual(expected);
  });

  test('an id, of whoever is there or not', async () => {
    expect(await kept(`?person=${ana}`)).toEqual([2, 0]);
    expect(await kept('?person=123456789')).toEqual([]);
  });

  test('an address of nobody says so; the form keeps what was asked', async () => {
    const text = await pageOf('?person=nobody%40example.test&type=user.created&from=2026-11-01');
    expect(text).toContain('Nobody here has the address <bdi>nobody@example.test</bdi>');
    expect(text).toContain('value="nobody@example.test"');
    expect(text).toContain('<option value="user.created" selected="">');
    expect(text).toContain('value="2026-11-01"');
  });

  test.each([
    '?type=user.gone',
    '?cause=magic',
    '?from=2026-02-31',
    '?from=yesterday',
    '?to=99999-01-01',
    `?person=${'x'.repeat(400)}`,
    '?type=__proto__',
  ])('what can’t be read is refused, and nothing is shown as if it fitted: %s', async (query) => {
    for (const path of [PATH, `${PATH}.csv`]) {
      const response = await admin.ask(`${path}${query}`);
      expect([path, response.status]).toEqual([path, 400]);
      expectGuarded(response);
      expect(shown(await response.text())).toEqual([]);
    }
  });

  test.each(['?before=abc', '?before=-1', '?before=1e9', `?before=${'9'.repeat(30)}`])(
    'a place that was made up is the beginning: %s',
    async (query) => {
      expect(await kept(query)).toEqual([2, 1, 0]);
    },
  );
});

describe('a question reads 5,000 rows at most', () => {
  test('a page may hold nothing, and leads further back', async () => {
    await happened({ type: 'user.deleted' });
    await others('default', 5_000);
    const text = await pageOf('?type=user.deleted');
    expect(shown(text)).toEqual([]);
    expect(text).toContain('None among the last 5,000 events');
    const further = link(text, 'Look further back') ?? '';
    expect(further).toContain('type=user.deleted');
    const next = await pageOf(further.slice(PATH.length));
    expect(shown(next)).toHaveLength(1);
    expect(next).not.toContain('Look further back');
  });

  test('also where nearly all are another directory’s', async () => {
    await anotherDirectory();
    await env.DB.exec('DELETE FROM events');
    await happened({ type: 'user.deleted' });
    await others('other', 12_000);
    const reads: number[] = [];
    let from: number | null = null;
    const found: number[] = [];
    for (let pages = 0; pages < 4; pages += 1) {
      const page = await readEvents(
        world.ports.db,
        'default',
        {},
        { direction: 'down', from, limit: 50 },
      );
      found.push(...page.events.map(({ seq }) => seq));
      reads.push(page.events.length);
      from = page.next;
      if (from === null) break;
    }
    expect([found.length, reads]).toEqual([1, [0, 0, 1]]);
  });

  test('days that are long ago are found at once, though moments stand a little out of order', async () => {
    await others('default', 6_000, START_MS - 40 * DAY);
    await happened({ atMs: START_MS - 20 * DAY + 5_000 }, { atMs: START_MS - 20 * DAY });
    await others('default', 6_000, START_MS - 3 * DAY);
    const day = new Date(START_MS - 20 * DAY).toISOString().slice(0, 10);
    const text = await pageOf(`?from=${day}&to=${day}`);
    expect(shown(text)).toHaveLength(2);
    expect(text).not.toContain('Look further back');
  });

  test('up and down are the same events', async () => {
    await happened(
      ...Array.from({ length: 30 }, (_, i) => ({
        atMs: START_MS + i,
        cause: i % 2 ? 'push' : 'rules',
      })),
    );
    const all = async (direction: 'up' | 'down') => {
      const seqs: number[] = [];
      for (let from: number | null = null, i = 0; i < 20; i += 1) {
        const page = await readEvents(
          world.ports.db,
          'default',
          { cause: 'rules' },
          { direction, from, limit: 4 },
        );
        seqs.push(...page.events.map(({ seq }) => seq));
        from = page.next;
        if (from === null) return seqs;
      }
      throw new Error('no end');
    };
    const [up, down] = [await all('up'), await all('down')];
    expect(up).toHaveLength(15);
    expect(down).toEqual(up.toReversed());
  });
});

describe('as a file', () => {
  const fileOf = async (query = '', visitor = admin) => {
    const response = await visitor.ask(`${PATH}.csv${query}`);
    expect(response.status).toBe(200);
    expectGuarded(response);
    return response;
  };
  const recordsOf = async (query = '') =>
    parse(await (await fileOf(query)).text(), { bom: true, columns: true }) as Record<
      string,
      string
    >[];

  test('is an attachment with a name of ours, kept nowhere', async () => {
    const { headers } = await fileOf();
    expect(headers.get('content-type')).toMatch(/^text\/csv; charset=utf-8/);
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="rollcall-activity-\d{4}-\d\d-\d\d\.csv"$/,
    );
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('holds what the page shows, the filters too', async () => {
    await happened(
      {
        type: 'user.created',
        before: null,
        after: { email: 'ana@example.test', fullName: 'Ana' },
        cause: 'reconcile',
      },
      {
        before: { attributes: { title: 'A' } },
        after: { email: 'b@example.test', attributes: { title: '=1+1' } },
      },
    );
    const records = await recordsOf();
    expect(records.map(({ type }) => type)).toEqual(['user.updated', 'user.created']);
    expect(records[0]).toMatchObject({
      at: '2026-11-22T09:00:00.000Z',
      'person id': ana,
      name: 'Ana Moreira',
      address: 'b@example.test',
      cause: 'push',
      'latency ms': '1200',
      changes: 'Address: (nothing) → b@example.test; Title: A → =1+1',
    });
    expect(await recordsOf('?type=user.created')).toHaveLength(1);
    expect(await recordsOf(`?person=${encodeURIComponent(NOOR)}`)).toEqual([]);
    expect((await admin.ask(`${PATH}.csv?person=no%40body.test`)).status).toBe(404);
  });

  test('runs nothing in a spreadsheet, whatever somebody is called', async () => {
    await aPerson('990', {
      fullName: '\u200B＝HYPERLINK("https://evil.example")',
      email: '+cmd@example.test',
    });
    await happened({ userId: '990', after: { email: '@SUM(1)@example.test' } });
    const [record] = await recordsOf();
    expect(record?.['name']?.[0]).toBe("'");
    expect(record?.['address']).toBe("'@SUM(1)@example.test");
  });

  test('goes through all of it in pages, and each stands there once', async () => {
    await others('default', 1_730);
    const records = await recordsOf();
    expect(records).toHaveLength(1_730);
    expect(new Set(records.map(({ seq }) => seq)).size).toBe(1_730);
  });

  test('that would be too long says so in its last record, and where to go on', async () => {
    await others('default', 20_400);
    const records = await recordsOf();
    expect(records).toHaveLength(20_001);
    const last = records.at(-1);
    expect(last?.['seq']).toBe('NOT COMPLETE');
    const [, before = ''] = /&before=(\d+)$/.exec(last?.['changes'] ?? '') ?? [];
    const rest = await recordsOf(`?before=${before}`);
    expect(rest).toHaveLength(400);
    expect(rest[0]?.['seq']).toBe(String(Number(records.at(-2)?.['seq']) - 1));
  }, 60_000);

  test.each(['', '&from=1970-01-01', '&from=1970-01-01&to=2999-12-31'])(
    'asks the database no more often than the free plan allows one request: %s',
    async (days) => {
      await others('default', 20_400);
      const { DB } = world.env;
      let asked = 0;
      world.env.DB = {
        prepare: (sql: string) => {
          asked += 1;
          return DB.prepare(sql);
        },
        batch: DB.batch.bind(DB),
      } as unknown as D1Database;
      const records = await recordsOf(`?type=user.updated${days}`);
      world.env.DB = DB;
      expect(records.at(-1)).toMatchObject({ seq: 'NOT COMPLETE' });
      expect(asked).toBeLessThanOrEqual(50);
    },
    60_000,
  );

  test('that D1 breaks off ends with a record that says so, and no word of D1’s', async () => {
    await others('default', 1_200);
    const { DB } = world.env;
    let asked = 0;
    world.env.DB = {
      prepare: (sql: string) => {
        if (sql.includes('FROM events')) asked += 1;
        return DB.prepare(
          asked > 1 && sql.includes('FROM events') ? 'SELECT ana@example.test' : sql,
        );
      },
      batch: DB.batch.bind(DB),
    } as unknown as D1Database;
    const records = await recordsOf();
    world.env.DB = DB;
    expect(records).toHaveLength(501);
    expect(records.at(-1)).toMatchObject({ seq: 'NOT COMPLETE' });
    expect(records.at(-1)?.['changes']).toMatch(
      /^The database did not answer \(database-\w+\)\. The rest: /,
    );
    expect(JSON.stringify([records.at(-1), lines])).not.toMatch(/D1_ERROR|ana@|SELECT/);
  });
});

describe('what operators did', () => {
  test('in words and counts, page by page', async () => {
    await post(admin, '/console/passes');
    const insert = env.DB.prepare(
      `INSERT INTO operator_actions (directory_id, actor, action, detail, request_id, at_ms, outcome, result)
       VALUES ('default', 'operator-token', ?1, '{}', 'r', ?2, ?3, ?4)`,
    );
    await env.DB.batch([
      insert.bind(
        'held-removals.approve',
        START_MS - 1,
        'approved',
        '{"people":12,"userIds":["1"]}',
      ),
      insert.bind('setup.check', START_MS - 2, 'checked', '{"ok":11,"failed":1,"waiting":0}'),
      insert.bind('dead-letters.replay', START_MS - 3, 'replayed', '{"people":1}'),
      // As versions before this one wrote it.
      insert.bind('dead-letters.replay', START_MS - 4, '2 people', null),
      insert.bind('pass.start', START_MS - 5, 'failed:TypeError', null),
      ...Array.from({ length: 60 }, (_, i) =>
        insert.bind('pass.start', START_MS - 10 - i, 'started', null),
      ),
    ]);
    const text = await pageOf('?of=operators');
    for (const words of [
      'Approved: 12 people',
      '11 ok, 1 failed, 0 waiting',
      '1 person looked at again',
      '2 people',
      'Failed: TypeError',
      'Robin Administrator',
    ])
      expect(text).toContain(words);
    const path = link(text, 'Earlier') ?? '';
    const next = await pageOf(path.slice(PATH.length));
    const rows = (page: string) => page.match(/<time/g)?.length;
    expect([rows(text), rows(next)]).toEqual([50, 16]);
    expect(next).not.toContain('>Earlier');
  });
});

test('security 6: another directory’s admin sees nothing of this one, whatever is asked', async () => {
  await anotherDirectory();
  const boss = await windowOf(world, OTHER_ADMIN);
  await env.DB.exec('DELETE FROM events');
  await happened({ after: { email: 'ana.moreira@example.test' } });
  await happened({ directoryId: 'other', userId: OTHER_ADMIN });
  await post(admin, '/console/passes');
  const queries = [
    '',
    `?person=${ana}`,
    `?person=${encodeURIComponent(ANA)}`,
    '?of=operators',
    '?before=99999999',
  ];
  for (const query of queries) {
    const text = await pageOf(query, boss);
    expect(
      text.replace(/(value|href)="[^"]*"|<bdi>ana\.moreira@example\.test<\/bdi>/g, ''),
    ).not.toMatch(/Moreira|example\.test|Robin/i);
  }
  expect(shown(await pageOf('', boss))).toHaveLength(1);
  const file = await boss.ask(`${PATH}.csv?person=${ana}`);
  expect(parse(await file.text(), { bom: true })).toHaveLength(1);
});

test('looking changes nothing', async () => {
  await happened({});
  const before = await everything(world);
  for (const path of [PATH, `${PATH}?of=operators`, `${PATH}.csv`, `${PATH}?person=${ana}`])
    await (await admin.ask(path)).text();
  expect(await everything(world)).toEqual(before);
});
