// Channels that do not do what they are for: found, replaced, logged and counted, at a bounded cost, whatever
// KV and D1 are up to.
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { readDirectory } from '../../src/db/directories.ts';
import { readMissedPushes } from '../../src/db/missed-pushes.ts';
import { CHANNEL_EVENTS } from '../../src/google/channels.ts';
import type { ChannelStore, SyncPorts } from '../../src/sync/ports.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createWorld, env, START_MS, type World, type WorldOptions } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const cron = (world: World, ports: Partial<SyncPorts> = {}) =>
  runSchedule({ ...world.ports, ...ports }, async () => {}, world.clock.nowMs);

const linesOf = (world: World, name: string) =>
  world.logs.filter(({ event }) => event === name).map(({ fields }) => fields);

const suspectsCounted = async (world: World) =>
  (await readDirectory(world.ports.db, 'default'))?.suspectChannels;

const idsOf = (world: World, event: string) =>
  world.google.workspace.channels.filter((one) => one.event === event).map(({ id }) => id);

/** With channels open and confirmed for so long, and nothing in the log. */
async function watched(minutes: number, options: WorldOptions = {}): Promise<World> {
  const world = await createWorld({ seed: false, ...options });
  await cron(world);
  await world.settle();
  world.clock.nowMs = START_MS + minutes * MINUTE;
  world.logs.length = 0;
  return world;
}

/** Stores a pass that found what no push had announced. */
async function aPass(startedMs: number, missed: readonly string[] = []): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO reconcile_runs (outcome, id, directory_id, ticket, started_ms, progress_ms, missed)
     VALUES ('complete', ?1, 'default', 1, ?2, ?2, ?3)`,
  )
    .bind(`default-${startedMs}`, startedMs, JSON.stringify(missed))
    .run();
}

describe('a channel that announced nothing of what a pass found', () => {
  test('is replaced by one that is opened first, logged, and counted', async () => {
    const world = await watched(60);
    const [old] = idsOf(world, 'update');
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    await cron(world);
    const [, next] = idsOf(world, 'update');
    expect(idsOf(world, 'update')).toEqual([old, next]);
    expect(linesOf(world, 'channel.suspect')).toEqual([
      { directoryId: 'default', channelId: old, channelEvent: 'update', reason: 'missed' },
    ]);
    expect(linesOf(world, 'channels.kept')).toMatchObject([{ opened: 1, replaced: 1, stopped: 0 }]);
    expect(await suspectsCounted(world)).toBe(1);

    await world.settle();
    world.advance(5 * MINUTE);
    await cron(world);
    expect(idsOf(world, 'update')).toEqual([next]);
    expect(await env.CHANNELS.get(`channel:default:${next}`, 'json')).toMatchObject({
      distrust: 1,
    });

    // The same pass has nothing against the new one, ever.
    for (const minutes of [70, 120, 300]) {
      world.clock.nowMs = START_MS + minutes * MINUTE;
      await cron(world);
    }
    expect(await suspectsCounted(world)).toBe(1);
    expect(world.google.workspace.channels).toHaveLength(CHANNEL_EVENTS.length);
  });

  test('and its successor, which does no better, is given twice the time', async () => {
    const world = await watched(60);
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    const replacedAt: number[] = [];
    for (let minute = 60; minute <= 180; minute += 5) {
      world.clock.nowMs = START_MS + minute * MINUTE;
      const before = await suspectsCounted(world);
      await cron(world);
      await world.settle(MINUTE);
      if ((await suspectsCounted(world)) !== before) replacedAt.push(minute);
      await aPass(START_MS + (minute + 1) * MINUTE, ['update']);
    }
    // Each pass begins a minute after its cron, and is heard at the next one.
    expect(replacedAt).toEqual([60, 85, 130]);
  });

  test('is not suspected any more once its successor is renewed', async () => {
    const world = await watched(60);
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    await cron(world);
    await world.settle();
    world.advance(5 * MINUTE);
    await cron(world);
    world.clock.nowMs = START_MS + 60 * MINUTE + 5.5 * HOUR;
    await cron(world);
    const [, renewed] = idsOf(world, 'update');
    expect(await env.CHANNELS.get(`channel:default:${renewed}`, 'json')).toMatchObject({
      distrust: 0,
    });
    expect(await suspectsCounted(world)).toBe(1);
  });

  test('for all events is meant by whatever was found', async () => {
    const world = await watched(60, { vars: { CHANNEL_EVENTS: '*' } });
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['makeAdmin']);
    await cron(world);
    expect(linesOf(world, 'channel.suspect')).toMatchObject([{ channelEvent: '*' }]);
  });

  test('is not logged and counted while Google opens no other', async () => {
    const world = await watched(60);
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    world.google.faults.failNext('watch', '503', 2);
    await cron(world);
    world.advance(5 * MINUTE);
    await cron(world);
    expect(linesOf(world, 'channel.suspect')).toEqual([]);
    world.advance(5 * MINUTE);
    await cron(world);
    expect(linesOf(world, 'channel.suspect')).toHaveLength(1);
    expect(await suspectsCounted(world)).toBe(1);
  });
});

describe('a channel whose sync never came', () => {
  test('is replaced after ten minutes; the first push through the new one ends the matter', async () => {
    const world = await createWorld({ seed: false });
    world.google.faults.dropSync = true;
    await cron(world);
    world.google.faults.dropSync = false;
    await world.settle();
    world.advance(10 * MINUTE - 1);
    await cron(world);
    expect(linesOf(world, 'channel.suspect')).toEqual([]);
    world.advance(1);
    await cron(world);
    expect(linesOf(world, 'channel.suspect').map(({ reason }) => reason)).toEqual(
      CHANNEL_EVENTS.map(() => 'no-sync'),
    );
    await world.settle();
    world.advance(5 * MINUTE);
    await cron(world);
    expect(world.google.workspace.channels).toHaveLength(CHANNEL_EVENTS.length);
    world.advance(HOUR);
    await cron(world);
    expect(await suspectsCounted(world)).toBe(CHANNEL_EVENTS.length);
  });

  test('where Google can not reach us at all, a day costs few of the 1,000 writes that KV allows', async () => {
    const world = await createWorld({ seed: false });
    world.google.faults.dropSync = true;
    let writes = 0;
    const { channels: store } = world.ports;
    const channels = {
      get: store.get.bind(store),
      list: store.list.bind(store),
      put: (...args: Parameters<ChannelStore['put']>) => {
        writes += 1;
        return store.put(...args);
      },
      delete: (key: string) => {
        writes += 1;
        return store.delete(key);
      },
    } as ChannelStore;
    for (let minute = 0; minute < 24 * 60; minute += 5) {
      world.clock.nowMs = START_MS + minute * MINUTE;
      await cron(world, { channels });
      expect(world.google.workspace.channels.length).toBeLessThanOrEqual(10);
    }
    expect(writes).toBeLessThan(150);
  }, 60_000);
});

describe('whatever storage does', () => {
  /** D1 that fails every statement over the given table. */
  function brokenFor(table: string): SyncPorts['db'] {
    return openDatabase({
      prepare: (query: string) => {
        if (query.includes(table)) throw new Error('D1_ERROR: Network connection lost.');
        return env.DB.prepare(query);
      },
      batch: env.DB.batch.bind(env.DB),
    } as unknown as D1Database);
  }

  test('a D1 that says nothing accuses nobody, and what is due is renewed', async () => {
    const world = await watched(5.5 * 60);
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    await cron(world, { db: brokenFor('reconcile_runs') }).catch(() => {});
    expect(linesOf(world, 'channels.kept')).toMatchObject([{ opened: 5, replaced: 0 }]);
    expect(linesOf(world, 'channel.accusations-not-read')).toEqual([
      { directoryId: 'default', code: 'database-unavailable' },
    ]);
  });

  test('a D1 that counts nothing does not keep the rest from being done', async () => {
    const world = await watched(60);
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    await cron(world, { db: brokenFor('suspect_channels" =') }).catch(() => {});
    expect(linesOf(world, 'channel.suspects-not-counted')).toMatchObject([{ replaced: 1 }]);
    expect(linesOf(world, 'channels.kept')).toMatchObject([{ opened: 1, replaced: 1 }]);
  });

  test('a KV that does not show the replacement yet costs one channel too many, which goes again', async () => {
    const world = await watched(60);
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    const { channels: store } = world.ports;
    const before = new Set((await store.list({ prefix: 'channel:' })).keys.map(({ name }) => name));
    await cron(world);
    await world.settle();
    // Another cron, a minute later, sees the list as it was.
    const stale = {
      get: store.get.bind(store),
      put: store.put.bind(store),
      delete: store.delete.bind(store),
      list: async (options: KVNamespaceListOptions) => {
        const listed = await store.list(options);
        return { ...listed, keys: listed.keys.filter(({ name }) => before.has(name)) };
      },
    } as unknown as ChannelStore;
    world.advance(MINUTE);
    await cron(world, { channels: stale });
    expect(idsOf(world, 'update')).toHaveLength(3);
    await world.settle();
    world.advance(5 * MINUTE);
    await cron(world);
    expect(idsOf(world, 'update')).toHaveLength(1);
  });

  test('two crons at once open one too many, and the next one stops it', async () => {
    const world = await watched(60);
    await aPass(START_MS + 50 * MINUTE);
    await aPass(START_MS + 55 * MINUTE, ['update']);
    await Promise.all([cron(world), cron(world)]);
    expect(idsOf(world, 'update')).toHaveLength(3);
    await world.settle();
    world.advance(5 * MINUTE);
    await Promise.all([cron(world), cron(world)]);
    expect(idsOf(world, 'update')).toHaveLength(1);
  });
});

describe('what passes say is read', () => {
  const read = (world: World, sinceMs: number) =>
    readMissedPushes(world.ports.db, 'default', sinceMs);

  test('youngest first, each with the start of the pass before it', async () => {
    const world = await watched(60);
    await aPass(START_MS + 1, ['add']);
    await aPass(START_MS + 2);
    await aPass(START_MS + 3, ['update', 'delete']);
    await aPass(START_MS + 4, ['add']);
    expect(await read(world, START_MS)).toEqual([
      { events: ['add'], startedMs: START_MS + 4, previousStartedMs: START_MS + 3 },
      { events: ['update', 'delete'], startedMs: START_MS + 3, previousStartedMs: START_MS + 2 },
    ]);
  });

  test('the pass before is one that began earlier, not in the same millisecond', async () => {
    const world = await watched(60);
    await aPass(START_MS + 1);
    await env.DB.exec(
      `INSERT INTO reconcile_runs (outcome, id, directory_id, ticket, started_ms, progress_ms, missed)
       SELECT 'complete', 'twin' || value, 'default', 1, ${START_MS + 2}, 1, '["add"]' FROM json_each('[1,2]')`.replaceAll(
        '\n',
        ' ',
      ),
    );
    expect(await read(world, START_MS)).toMatchObject([
      { previousStartedMs: START_MS + 1 },
      { previousStartedMs: START_MS + 1 },
    ]);
  });

  test('nothing of another directory, nor of what is no list of events', async () => {
    const world = await watched(60);
    await env.DB.batch([
      env.DB.prepare(
        `INSERT INTO directories (id, customer, admin_email) VALUES ('elsewhere', 'C1', 'a@example.test')`,
      ),
      env.DB.prepare(
        `INSERT INTO reconcile_runs (outcome, id, directory_id, ticket, started_ms, progress_ms, missed)
         VALUES ('complete', 'a', 'default', 1, ?1 + 1, 1, '[]'), ('complete', 'b', 'elsewhere', 1, ?1 + 2, 1, '["add"]'),
           ('complete', 'c', 'default', 1, ?1 + 3, 1, '{"add":1}'), ('complete', 'd', 'default', 1, ?1 + 4, 1, '[7]')`,
      ).bind(START_MS),
    ]);
    expect(await read(world, START_MS)).toEqual([]);
  });

  test.each(['as it is', 'after ANALYZE'])(
    'by the index over directory and start, at a bounded cost: %s',
    async (when) => {
      await watched(60);
      await env.DB.prepare(
        `INSERT INTO reconcile_runs (outcome, id, directory_id, ticket, started_ms, progress_ms, missed)
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
         SELECT 'complete', 'r' || i, 'default', i, ?1 + i, 1, '["update"]' FROM n`,
      )
        .bind(START_MS)
        .run();
      if (when === 'after ANALYZE') await env.DB.exec('ANALYZE');
      const queries: string[] = [];
      const db = openDatabase({
        prepare: (query: string) => {
          queries.push(query);
          return env.DB.prepare(query);
        },
      } as unknown as D1Database);
      expect(await readMissedPushes(db, 'default', START_MS)).toHaveLength(49);
      expect(queries).toHaveLength(1);
      const statement = env.DB.prepare(queries[0] ?? '').bind('default', START_MS, 50);
      expect((await statement.all()).meta.rows_read).toBeLessThanOrEqual(100);
      const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${queries[0]}`)
        .bind('default', START_MS, 50)
        .all<{ detail: string }>();
      expect(results.map(({ detail }) => detail)).toEqual([
        'SEARCH reconcile_runs USING INDEX reconcile_runs_by_start (directory_id=? AND started_ms>?)',
      ]);
    },
  );
});
