// Passes, channels and dead letters in full: what each page shows of whom, page by page, and what its buttons do.
import { beforeEach, describe, expect, test } from 'vitest';
import { cursorOf } from '../../src/cursor.ts';
import { rememberChannel, rememberSync } from '../../src/sync/channel-store.ts';
import {
  actionRows,
  aLetter,
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
import { ADMIN, ANA, idOf, listenToLog, NOOR } from './signed-in.ts';
import { APP, type Visitor } from './visitor.ts';
import { env } from './world.ts';

let world: OperatorWorld;
let admin: Visitor;
let ana: string;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
  ana = idOf(world, ANA);
});

async function pageOf(path: string, visitor = admin): Promise<string> {
  const response = await visitor.ask(path);
  expect([path, response.status]).toEqual([path, 200]);
  expectGuarded(response);
  return response.text();
}

const link = (text: string, words: string) =>
  new RegExp(`href="([^"]*)"[^>]*>\\s*${words}`).exec(text)?.[1]?.replaceAll('&amp;', '&');

/** Follows the link to earlier ones until there is none. */
async function allPages(path: string, words = 'Earlier'): Promise<string[]> {
  const pages: string[] = [];
  for (
    let next: string | undefined = path;
    next !== undefined;
    next = link(pages.at(-1) ?? '', words)
  ) {
    pages.push(await pageOf(next));
    expect(pages.length).toBeLessThan(10);
  }
  return pages;
}

describe('passes', () => {
  const aRun = (
    id: string,
    startedMs: number,
    fields: Record<string, string | number> = {},
    directoryId = 'default',
  ) => {
    const all = { outcome: 'complete', finished_ms: startedMs + 4_000, ...fields };
    const names = Object.keys(all);
    return env.DB.prepare(
      `INSERT INTO reconcile_runs (id, directory_id, ticket, started_ms, progress_ms, ${names.join(', ')})
       VALUES (?1, ?2, 1, ?3, ?3, ${names.map((_, i) => `?${i + 4}`).join(', ')})`,
    )
      .bind(id, directoryId, startedMs, ...Object.values(all))
      .run();
  };

  test('each with its counts, its drift, and what should have announced it', async () => {
    await aRun('default-full', world.clock.nowMs, {
      outcome: 'budget',
      reason: 'calls-used-up',
      users_seen: 12_345,
      created: 3,
      changed: 4,
      removed: 5,
      held: 61,
      hinted: 71,
      google_calls: 45,
      drift: 12,
      missed: '["add","makeAdmin"]',
    });
    const text = await pageOf('/console/passes');
    for (const one of [
      'default-full',
      'To be continued',
      'calls-used-up',
      '12,345',
      '>61<',
      '>71<',
      '>45<',
      '<strong>12</strong>',
      'newcomers, admin rights',
      '4 s',
    ])
      expect(text).toContain(one);
  });

  test('all of them, fifty a page, each once', async () => {
    await env.DB.exec('DELETE FROM reconcile_runs');
    for (let i = 0; i < 120; i += 1) await aRun(`default-p${i}`, 1_000 + Math.floor(i / 2));
    const pages = await allPages('/console/passes');
    const ids = pages.flatMap((text) =>
      [...text.matchAll(/<small>(default-p\d+)</g)].map(([, id]) => id),
    );
    expect([pages.length, ids.length, new Set(ids).size]).toEqual([3, 120, 120]);
    const end = cursorOf({ startedMs: 1, ticket: 1, id: 'x' });
    expect(await pageOf(`/console/passes?before=${end}`)).toContain('There are no earlier ones.');
    expect(await pageOf('/console/passes?before=junk')).toContain('default-p119');
  });

  test('one that is asked for here leads back here; while it runs the button waits', async () => {
    await env.DB.exec('DELETE FROM reconcile_runs');
    expect(await pageOf('/console/passes')).toContain('There has been none yet.');
    const response = await post(admin, '/console/passes', { back: 'passes' });
    expect(response.headers.get('location')).toBe(`${APP}/console/passes?said=started&n=0`);
    expect(world.started).toHaveLength(1);
    expect(await pageOf('/console/passes?said=started&n=0')).toContain('data-live');
    await env.DB.exec('UPDATE reconcile_runs SET outcome = NULL');
    for (const back of ['https://evil.example', 'dead-letters', '']) {
      const other = await post(admin, '/console/passes', { back });
      expect(other.headers.get('location')).toMatch(`${APP}/console?said=`);
    }
  });
});

describe('dead letters', () => {
  const ticked = (text: string) =>
    [...text.matchAll(/name="id" value="(\d+)"/g)].map(([, id]) => Number(id));
  const waiting = async () =>
    (
      await env.DB.prepare(
        'SELECT id FROM dead_letters WHERE replayed_ms IS NULL ORDER BY id',
      ).all<{ id: number }>()
    ).results.map(({ id }) => id);
  const replay = (fields: Record<string, string | string[]>) =>
    post(admin, '/console/dead-letters/replay', { back: 'dead-letters', ...fields });

  test('each with whom it is about, why, and what to do', async () => {
    const id = await aLetter({ userId: ana, reason: 'retries-exhausted' });
    await aLetter({ userId: '999999', reason: 'forbidden' });
    await aLetter({ userId: null, directoryId: null, reason: 'malformed' });
    const text = await pageOf('/console/dead-letters');
    expect(text).toContain(`<a href="/console/people/${ana}"><bdi>Ana Moreira</bdi></a>`);
    expect(text).not.toContain('href="/console/people/999999"');
    expect(text).toContain('The queue gave up after 100 tries.');
    expect(text).toContain('Users &gt; Read privilege');
    expect(text).toContain('Nobody that could be read');
    expect(ticked(text)).toContain(id);
    expect(ticked(text)).toHaveLength(2);
  });

  test('those that wait and those that were replayed, page by page', async () => {
    for (let i = 0; i < 60; i += 1)
      await aLetter({ userId: await aPerson(`${3_000 + i}`), atMs: Math.floor(i / 3) });
    const pages = await allPages('/console/dead-letters');
    expect(pages.map((text) => ticked(text).length)).toEqual([50, 10]);
    expect(new Set(pages.flatMap(ticked)).size).toBe(60);
    await env.DB.exec(`UPDATE dead_letters SET replayed_ms = 5 WHERE id % 2 = 0`);
    const replayed = await pageOf('/console/dead-letters?of=replayed');
    expect([ticked(replayed), replayed.match(/<tr>/g)?.length]).toEqual([[], 31]);
    expect(ticked(await pageOf('/console/dead-letters'))).toHaveLength(30);
  });

  test('the ticked are replayed, or all of the page; and one is led back', async () => {
    const noor = idOf(world, NOOR);
    const [one = 0, two = 0] = [await aLetter({ userId: ana }), await aLetter({ userId: noor })];
    const response = await replay({ id: String(one) });
    expect(response.headers.get('location')).toBe(`${APP}/console/dead-letters?said=replayed&n=1`);
    expect(await waiting()).toEqual([two]);
    const page =
      /name="page" value="([\d,]+)"/.exec(await pageOf('/console/dead-letters'))?.[1] ?? '';
    expect((await replay({ which: 'page', page })).headers.get('location')).toContain('n=1');
    expect(await waiting()).toEqual([]);
    expect((await actionRows()).map(({ outcome, result }) => [outcome, result])).toEqual(
      Array(2).fill(['replayed', '{"people":1}']),
    );
    expect(await pageOf('/console/dead-letters')).toContain('No letter waits');
  });

  test('with nothing ticked nothing is done, nor written down', async () => {
    await aLetter({ userId: ana });
    const before = await everything(world);
    for (const fields of [{}, { id: 'abc' }, { which: 'page', page: 'x,y' }, { which: 'page' }]) {
      const response = await replay(fields);
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('tick the letters to replay');
    }
    expect(await everything(world)).toEqual(before);
  });

  test('fifty at most at once', async () => {
    const ids: number[] = [];
    for (let i = 0; i < 55; i += 1)
      ids.push(await aLetter({ userId: await aPerson(`${4_000 + i}`) }));
    await replay({ which: 'page', page: ids.join(',') });
    expect(await waiting()).toHaveLength(5);
  });

  test('what lies behind 2,000 of others is further back', async () => {
    await anotherDirectory();
    const id = await aLetter({ userId: ana, atMs: 1 });
    await env.DB.exec(
      `INSERT INTO dead_letters (directory_id, user_id, letter_key, body, reason, attempts, at_ms)
       WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
       SELECT 'other', '1', 'o' || i, '{}', 'timeout', 1, 10 + i FROM n`.replaceAll('\n', ' '),
    );
    const first = await pageOf('/console/dead-letters');
    expect(ticked(first)).toEqual([]);
    expect(first).toContain('None among the last 2,000 letters');
    expect(ticked(await pageOf(link(first, 'Look further back') ?? ''))).toEqual([id]);
  });
});

describe('channels', () => {
  const HOUR = 3_600_000;
  const open = (
    id: string,
    event: 'add' | 'delete' | 'makeAdmin' | 'undelete' | 'update' | '*',
    distrust = 0,
  ) =>
    rememberChannel(
      env.CHANNELS,
      'default',
      {
        id,
        resourceId: 'r',
        event,
        adminEmail: 'admin@example.test',
        keyId: 'k1',
        openedAtMs: world.clock.nowMs - HOUR,
        expiresAtMs: world.clock.nowMs + 5 * HOUR,
        distrust,
      },
      world.clock.nowMs,
    );
  const confirm = (channelId: string) =>
    rememberSync(env.CHANNELS, {
      kind: 'sync',
      directoryId: 'default',
      channelId,
      noticedMs: world.clock.nowMs,
    } as never);
  const EVENTS = ['add', 'delete', 'makeAdmin', 'undelete', 'update'] as const;

  test('all that is known of each, and which wanted events have none', async () => {
    world.env.CHANNELS = env.CHANNELS;
    await open('c-add', 'add', 2);
    await confirm('c-add');
    await open('c-update', 'update');
    const text = await pageOf('/console/channels');
    for (const one of [
      'c-add',
      'c-update',
      '<bdi>admin@example.test</bdi>',
      'key k1',
      'in 5 hours',
      '22 Nov 2026, 08:00 UTC',
      '2 before it were replaced',
      'Not yet',
      '3 have no channel',
      'Deletions, Admin rights, Returns',
      'One stands in place',
    ])
      expect(text).toContain(one);
    expect(text).toContain('href="/setup"');
  });

  test('all there and confirmed; then one for everything', async () => {
    for (const event of EVENTS) {
      await open(`c-${event}`, event);
      await confirm(`c-${event}`);
    }
    expect(await pageOf('/console/channels')).toContain('Google announces every change');
    await open('c-all', '*');
    expect(await pageOf('/console/channels')).toContain('Not all are confirmed');
  });

  test('what the checks found, and KV that does not answer', async () => {
    const { nowMs } = world.clock;
    await env.DB.prepare(
      `INSERT INTO channel_probes (channel_id, resource_id, admin_email, opened_ms, expires_ms, synced_ms)
       VALUES ('probe-1', '', 'admin@example.test', ?1, ?2, ?3), ('probe-2', 'r', 'admin@example.test', ?1, ?2, NULL)`,
    )
      .bind(nowMs, nowMs + HOUR * 24 * 400, nowMs + 2_000)
      .run();
    world.env.CHANNELS = { list: () => Promise.reject(new Error('KV: ana@example.test')) } as never;
    const text = await pageOf('/console/channels');
    for (const one of [
      'KV does not answer',
      'probe-1',
      'after 2 seconds',
      'probe-2',
      'not stopped yet',
    ])
      expect(text).toContain(one);
    expect(text).not.toContain('ana@');
  });
});

test('security 6: another directory’s admin sees nothing of this one, and nothing to press', async () => {
  await anotherDirectory();
  const boss = await windowOf(world, OTHER_ADMIN);
  await aLetter({ userId: ana });
  await aLetter({ userId: null, directoryId: null, reason: 'malformed' });
  const theirs = await aLetter({ directoryId: 'other', userId: OTHER_ADMIN });
  await env.DB.exec(
    `INSERT INTO reconcile_runs (id, directory_id, ticket, started_ms, progress_ms) VALUES ('other-1', 'other', 1, 1, 1)`,
  );
  for (const path of [
    '/console/passes',
    '/console/channels',
    '/console/dead-letters',
    '/console/dead-letters?of=replayed',
  ]) {
    const text = await pageOf(path, boss);
    expect(text).not.toMatch(/Moreira|example\.test|default-|Nobody that could/);
    expect(text).not.toMatch(/Reconcile now|Dry run|Replay the|href="\/setup"/);
    expect((await (await admin.ask(path)).text()).includes('other-1')).toBe(false);
  }
  expect(await pageOf('/console/passes', boss)).toContain('other-1');
  expect(await pageOf('/console/dead-letters', boss)).toContain(`Boss Other`);
  expect(theirs).toBeGreaterThan(0);
  for (const path of ['/console/passes/dry-run', '/console/dead-letters/replay'])
    expect((await post(boss, path, { back: 'dead-letters', id: '1' })).status).toBe(409);
});
