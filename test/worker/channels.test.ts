// Channels as cron keeps them: what is asked of Google, what is kept in KV, and what is stopped.
import { describe, expect, test } from 'vitest';
import { CHANNEL_EVENTS } from '../../src/google/channels.ts';
import type { Fetch } from '../../src/google/http.ts';
import { channelKeys, verifyChannelToken } from '../../src/sync/channel-token.ts';
import type { ChannelStore } from '../../src/sync/ports.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createWorld, env, reopenWorld, START_MS, type World, type WorldOptions } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** One run of cron that starts no pass. */
const cron = (world: World, ports: Partial<World['ports']> = {}) =>
  runSchedule({ ...world.ports, ...ports }, async () => {}, world.clock.nowMs);

/** The events of the channels that are live at Google, in order. */
const liveEvents = (world: World) =>
  world.google.workspace.channels.map(({ event }) => event ?? '*').toSorted();

const stored = async () => {
  const { keys } = await env.CHANNELS.list({ prefix: 'channel:default:' });
  const records = await Promise.all(keys.map(({ name }) => env.CHANNELS.get(name, 'json')));
  return records as Record<string, unknown>[];
};

const loggedEvents = (world: World) => world.logs.map(({ event }) => event);

/** The same Google and storage after another deploy. */
const redeploy = (world: World, vars: NonNullable<WorldOptions['vars']>) =>
  reopenWorld({ google: world.google, clock: world.clock, vars });

/** With its channels open and confirmed. */
async function watched(options: WorldOptions = {}): Promise<World> {
  const world = await createWorld({ seed: false, ...options });
  await cron(world);
  await world.settle();
  return world;
}

describe('opening', () => {
  test('asks Google for one channel for each event, with address, token and ttl', async () => {
    const world = await createWorld({ seed: false });
    const requests: Request[] = [];
    const fetch: Fetch = (request) => {
      requests.push(request.clone() as Request);
      return world.google.fetch(request);
    };
    await cron(world, { api: { ...world.ports.api, fetch } });
    const watches = requests.filter(({ url }) => url.includes('/watch'));
    expect(watches.map(({ url }) => url)).toEqual(
      CHANNEL_EVENTS.map(
        (event) =>
          `https://admin.googleapis.com/admin/directory/v1/users/watch?customer=my_customer&event=${event}`,
      ),
    );
    const keys = await channelKeys(world.config);
    for (const [i, request] of watches.entries()) {
      const body = (await request.json()) as { id: string; token: string };
      expect(request.method).toBe('POST');
      expect(body).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        type: 'web_hook',
        address: 'https://people.rollcall.example/google/notifications',
        token: expect.any(String),
        params: { ttl: '21600' },
      });
      const said = { channelId: body.id, token: body.token };
      expect(await verifyChannelToken(keys, said, START_MS)).toEqual({
        channelId: body.id,
        directoryId: 'default',
        event: CHANNEL_EVENTS[i],
      });
    }
  });

  test('watches one domain where GOOGLE_DOMAIN is set', async () => {
    const world = await createWorld({
      seed: false,
      vars: { GOOGLE_DOMAIN: 'example-studio.test' },
    });
    await cron(world);
    expect(world.google.workspace.channels.map(({ domain }) => domain)).toEqual(
      CHANNEL_EVENTS.map(() => 'example-studio.test'),
    );
  });

  test('keeps each channel in KV with all that renewing and stopping need, until it ends', async () => {
    const world = await createWorld({ seed: false });
    const ttls: (number | undefined)[] = [];
    const channels = {
      ...storeOf(world),
      put: (key: string, value: string, options?: KVNamespacePutOptions) => {
        ttls.push(options?.expirationTtl);
        return world.ports.channels.put(key, value, options);
      },
    } as ChannelStore;
    await cron(world, { channels });
    const { current } = await channelKeys(world.config);
    const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
    const records = (await stored()) as { id: string }[];
    expect(records.toSorted(byId)).toEqual(
      world.google.workspace.channels.toSorted(byId).map(({ id, resourceId, event }) => ({
        id,
        resourceId,
        event,
        adminEmail: 'admin@example.test',
        keyId: current.id,
        openedAtMs: START_MS,
        expiresAtMs: START_MS + 6 * HOUR,
        distrust: 0,
      })),
    );
    expect(ttls).toEqual(CHANNEL_EVENTS.map(() => 6 * 3600));
  });

  test('schedules from what Google granted, not from what was asked for', async () => {
    const world = await createWorld({ seed: false, vars: { CHANNEL_TTL_SECONDS: '172800' } });
    await cron(world);
    const ends = (await stored()).map(({ expiresAtMs }) => expiresAtMs);
    expect(new Set(ends)).toEqual(new Set([START_MS + 6 * HOUR]));
  });

  test('a sync that comes before the watch is answered counts', async () => {
    const world = await createWorld({ seed: false });
    world.google.faults.syncBeforeAnswer = true;
    await cron(world);
    expect(world.queue.map(({ body }) => body.kind)).toEqual(CHANNEL_EVENTS.map(() => 'sync'));
    expect(world.google.deliveries.map(({ status }) => status)).toEqual(
      CHANNEL_EVENTS.map(() => 204),
    );
    await world.consume();
    const { keys } = await env.CHANNELS.list({ prefix: 'synced:default:' });
    expect(keys).toHaveLength(CHANNEL_EVENTS.length);
  });

  test('a cron with nothing to do opens, stops and writes nothing', async () => {
    const world = await watched();
    const calls = world.google.calls.length;
    const channels = { ...storeOf(world), put: refuse, delete: refuse } as unknown as ChannelStore;
    world.advance(5 * MINUTE);
    await cron(world, { channels });
    expect(world.google.calls.length).toBe(calls);
    expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
  });

  test('one event that Google refuses does not keep the others from being opened', async () => {
    const world = await createWorld({ seed: false });
    world.google.faults.failNext('watch', '503');
    await cron(world);
    expect(liveEvents(world)).toEqual(['delete', 'makeAdmin', 'undelete', 'update']);
    expect(world.logs).toContainEqual({
      level: 'error',
      event: 'channel.not-opened',
      fields: expect.objectContaining({ channelEvent: 'add', code: 'backendError', status: 503 }),
    });
    world.advance(5 * MINUTE);
    await cron(world);
    expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
  });

  test('a callback host that Google does not accept is named with what to do', async () => {
    const world = await createWorld({ seed: false });
    world.google.faults.callbackUnauthorized = true;
    await cron(world);
    expect(world.logs.find(({ event }) => event === 'channel.not-opened')?.fields).toMatchObject({
      code: 'push.webhookUrlUnauthorized',
      remedy: expect.stringContaining('Search Console'),
    });
  });

  test('security 7: neither log nor KV holds a token', async () => {
    const world = await watched();
    const tokens = world.google.workspace.channels.map(({ token }) => token ?? '');
    expect(tokens).toHaveLength(5);
    const text = JSON.stringify([world.logs, await stored()]);
    for (const token of tokens) expect(text).not.toContain(token.split('.')[3]);
  });
});

describe('CHANNEL_EVENTS = *', () => {
  const all = { CHANNEL_EVENTS: '*' };

  test('opens a single channel without event, which hears of everything', async () => {
    const world = await watched({ vars: all });
    expect(liveEvents(world)).toEqual(['*']);
    const ana = world.google.workspace.add({
      primaryEmail: 'ana@example.test',
      givenName: 'Ana',
      familyName: 'New',
    });
    world.google.workspace.remove(ana.id);
    expect(await world.push()).toEqual([204, 204]);
    expect(world.queue.map(({ body }) => body.kind === 'look' && body.event)).toEqual([
      'add',
      'delete',
    ]);
  });

  test('falls back to one each in the same run where Google insists on an event', async () => {
    const world = await createWorld({ seed: false, vars: all });
    world.google.faults.refuseEventOmission = true;
    await cron(world);
    expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
  });

  test('asks again only after a day, and changes over without a gap once Google agrees', async () => {
    const world = await createWorld({ seed: false, vars: all });
    world.google.faults.refuseEventOmission = true;
    await cron(world);
    await world.settle();
    world.google.faults.refuseEventOmission = false;
    const opened = new Set<string>();
    for (let minute = 15; minute <= 24 * 60 + 15; minute += 15) {
      world.clock.nowMs = START_MS + minute * MINUTE;
      await cron(world);
      await world.push();
      await world.consume();
      const events = liveEvents(world);
      if (events.includes('*')) opened.add(`after ${minute} minutes`);
      if (!events.includes('*')) expect(new Set(events)).toEqual(new Set(CHANNEL_EVENTS));
    }
    expect([...opened][0]).toBe(`after ${24 * 60} minutes`);
    expect(liveEvents(world)).toEqual(['*']);
  }, 60_000);

  test.each(['503', '403 forbidden'] as const)(
    'any other failure is no refusal: %s',
    async (fault) => {
      const world = await createWorld({ seed: false, vars: all });
      world.google.faults.failNext('watch', fault);
      await cron(world);
      expect(liveEvents(world)).toEqual([]);
      await cron(world);
      expect(liveEvents(world)).toEqual(['*']);
    },
  );
});

describe('stopping', () => {
  test('an empty CHANNEL_EVENTS pauses: every channel is stopped and forgotten', async () => {
    const world = await watched();
    const paused = await redeploy(world, { CHANNEL_EVENTS: '' });
    await cron(paused);
    expect(liveEvents(world)).toEqual([]);
    expect(await stored()).toEqual([]);
    const again = await redeploy(world, {});
    await cron(again);
    expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
  });

  test('a narrowed list stops the channels that are no longer wanted, and only those', async () => {
    const world = await watched();
    const before = world.google.workspace.channels.filter(
      ({ event }) => event === 'add' || event === 'update',
    );
    const narrowed = await redeploy(world, { CHANNEL_EVENTS: 'add,update' });
    await cron(narrowed);
    expect(world.google.workspace.channels.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });

  test('is done as the admin who opened the channel', async () => {
    const world = await watched();
    world.google.workspace.silently(() => {
      world.google.workspace.add({
        primaryEmail: 'second@example.test',
        givenName: 'S',
        familyName: 'A',
        isAdmin: true,
      });
    });
    const paused = await redeploy(world, {
      CHANNEL_EVENTS: '',
      GOOGLE_ADMIN_EMAIL: 'second@example.test',
    });
    await cron(paused);
    expect(liveEvents(world)).toEqual([]);
    expect(loggedEvents(paused).filter((event) => event === 'channel.stopped')).toHaveLength(5);
  });

  const failures: ['404 html' | '503' | 'dropped connection' | '403 forbidden'][] = [
    ['404 html'],
    ['503'],
    ['dropped connection'],
    ['403 forbidden'],
  ];
  test.each(failures)(
    'that fails with %s is logged, never fatal, and tried again',
    async (fault) => {
      const world = await watched();
      world.google.faults.failNext('stop', fault);
      const paused = await redeploy(world, { CHANNEL_EVENTS: '' });
      await cron(paused);
      expect(loggedEvents(paused).filter((event) => event === 'channel.not-stopped')).toHaveLength(
        1,
      );
      expect(world.google.workspace.channels).toHaveLength(1);
      paused.advance(5 * MINUTE);
      await cron(paused);
      expect(world.google.workspace.channels).toHaveLength(0);
      expect(await stored()).toEqual([]);
    },
  );

  test('of a channel that Google no longer knows (JSON 404) is as good as done', async () => {
    const world = await watched();
    for (const { id, resourceId } of world.google.workspace.channels)
      world.google.channels.stop(id, resourceId);
    const paused = await redeploy(world, { CHANNEL_EVENTS: '' });
    await cron(paused);
    const outcomes = paused.logs
      .filter(({ event }) => event === 'channel.stopped')
      .map(({ fields }) => fields['outcome']);
    expect(outcomes).toEqual(CHANNEL_EVENTS.map(() => 'unknown'));
    expect(await stored()).toEqual([]);
  });

  test('a KV that can not forget does not stop the rest', async () => {
    const world = await watched();
    let failures = 1;
    const channels = {
      ...storeOf(world),
      delete: (key: string) => (failures-- > 0 ? refuse() : world.ports.channels.delete(key)),
    } as ChannelStore;
    const paused = await redeploy(world, { CHANNEL_EVENTS: '' });
    await cron(paused, { channels });
    expect(liveEvents(world)).toEqual([]);
    expect(await stored()).toHaveLength(1);
  });

  test('messages of a stopped channel are still accepted: they are hints', async () => {
    const world = await watched();
    world.google.faults.deliverAfterStop = true;
    const paused = await redeploy(world, { CHANNEL_EVENTS: '' });
    await cron(paused);
    expect(liveEvents(world)).toEqual([]);
    const { id } = world.google.workspace.user('admin@example.test');
    world.google.workspace.update(id, { orgUnitPath: '/Changed' });
    expect(await paused.push()).toEqual([204]);
    expect(paused.queue.map(({ body }) => body)).toMatchObject([{ kind: 'look', userId: id }]);
  });
});

describe('crashes', () => {
  test('between opened and stored: the next cron opens what KV does not know, and nobody is the worse', async () => {
    const world = await createWorld({ seed: false });
    let crashes = 1;
    const channels = {
      ...storeOf(world),
      put: (key: string, value: string, options?: KVNamespacePutOptions) =>
        crashes-- > 0 ? refuse() : world.ports.channels.put(key, value, options),
    } as ChannelStore;
    await cron(world, { channels });
    expect(loggedEvents(world)).toContain('channel.not-stored');
    expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
    const leaked = world.google.workspace.channels.filter(({ event }) => event === 'add');
    expect(await stored()).toHaveLength(4);
    world.advance(5 * MINUTE);
    await cron(world, { channels });
    expect(liveEvents(world)).toEqual(['add', ...CHANNEL_EVENTS].toSorted());
    // The leaked one is as good as any while it lives, and goes by itself.
    world.google.workspace.add({
      primaryEmail: 'ana@example.test',
      givenName: 'A',
      familyName: 'N',
    });
    expect((await world.push()).every((status) => status === 204)).toBe(true);
    await world.consume();
    world.clock.nowMs = (leaked[0]?.expiresAtMs ?? 0) - 6 * MINUTE;
    await cron(world);
    await world.settle();
    world.clock.nowMs = leaked[0]?.expiresAtMs ?? 0;
    await cron(world);
    expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
  });

  test('a KV that takes no renewal: the new channel goes again while the old one has long to live', async () => {
    const world = await watched();
    const before = world.google.workspace.channels.map(({ id }) => id);
    world.clock.nowMs = START_MS + 5.5 * HOUR;
    const channels = { ...storeOf(world), put: refuse } as unknown as ChannelStore;
    await cron(world, { channels });
    expect(world.google.workspace.channels.map(({ id }) => id)).toEqual(before);
    world.advance(5 * MINUTE);
    await cron(world);
    expect(world.google.workspace.channels).toHaveLength(10);
  });

  test('a record of another version in KV counts as absent', async () => {
    const world = await watched();
    const [first] = (await env.CHANNELS.list({ prefix: 'channel:default:' })).keys;
    await env.CHANNELS.put(first?.name ?? '', JSON.stringify({ version: 2 }));
    world.advance(5 * MINUTE);
    await cron(world);
    expect(await stored()).toHaveLength(6);
    expect(world.google.workspace.channels).toHaveLength(6);
  });
});

function storeOf(world: World): ChannelStore {
  const { channels } = world.ports;
  return {
    get: channels.get.bind(channels),
    put: channels.put.bind(channels),
    delete: channels.delete.bind(channels),
    list: channels.list.bind(channels),
  } as ChannelStore;
}

function refuse(): Promise<never> {
  return Promise.reject(new Error('KV is away'));
}
