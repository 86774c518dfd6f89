// Channels over hours of simulated time: at no minute is a wanted event without a live channel at Google,
// whatever fails, and what is no longer needed goes.
import { describe, expect, test } from 'vitest';
import { CHANNEL_EVENTS } from '../../src/google/channels.ts';
import type { ChannelStore, SyncPorts } from '../../src/sync/ports.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createWorld, START_MS, seeded, type World } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TIMEOUT_MS = 60_000;

const cron = (world: World, ports: Partial<SyncPorts> = {}) =>
  runSchedule({ ...world.ports, ...ports }, async () => {}, world.clock.nowMs);

const liveEvents = (world: World) =>
  world.google.workspace.channels.map(({ event }) => event ?? '*').toSorted();

interface Simulation {
  hours?: number;
  /** What happens in a minute before anything else does. */
  eachMinute?: (minute: number) => void | Promise<void>;
  /** How cron runs in a due minute. */
  run?: (minute: number) => Promise<void>;
  wanted?: readonly string[];
}

interface Lived {
  gaps: string[];
  /** The most channels that were live at once for one event. */
  most: number;
  opened: number;
  stopped: number;
}

/** Minute by minute: what is due happens, and what is live at Google is looked at before and after. */
async function live(world: World, simulation: Simulation = {}): Promise<Lived> {
  const { hours = 8, wanted = CHANNEL_EVENTS, run = () => cron(world) } = simulation;
  const lived: Lived = { gaps: [], most: 0, opened: 0, stopped: 0 };
  const look = (minute: number, when: string) => {
    const events = liveEvents(world);
    for (const event of wanted) {
      const count = events.filter((one) => one === event).length;
      if (count === 0) lived.gaps.push(`${event} ${when} minute ${minute}`);
      lived.most = Math.max(lived.most, count);
    }
  };
  for (let minute = 0; minute <= hours * 60; minute += 1) {
    world.clock.nowMs = START_MS + minute * MINUTE;
    await simulation.eachMinute?.(minute);
    if (minute > 0) look(minute, 'before cron of');
    if (minute % 5 === 0) await run(minute);
    look(minute, 'after cron of');
    // The last instant of the minute: a channel that ends in between is seen to be gone.
    world.clock.nowMs += MINUTE - 1;
    if (minute > 0) look(minute, 'at the end of');
    await world.push();
    await world.consume();
  }
  const ok = world.google.calls.filter(({ status }) => status >= 200 && status < 300);
  lived.opened = ok.filter(({ kind }) => kind === 'watch').length;
  lived.stopped = ok.filter(({ kind }) => kind === 'stop').length;
  return lived;
}

describe('over eight hours of cron every five minutes', () => {
  test(
    'every wanted event has a live channel at every minute, and each is renewed once',
    async () => {
      const world = await createWorld({ seed: false });
      expect(await live(world)).toEqual({ gaps: [], most: 2, opened: 10, stopped: 5 });
      expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
    },
    TIMEOUT_MS,
  );

  test(
    'the same where Google grants two hours',
    async () => {
      const world = await createWorld({ seed: false, vars: { CHANNEL_TTL_SECONDS: '7200' } });
      world.google.faults.lifetime = '2h default, 2d cap';
      const { gaps, opened, stopped } = await live(world);
      expect(gaps).toEqual([]);
      // Due after 90 minutes each: at 0, 90, 180, 270, 360 and 450 minutes.
      expect({ opened, stopped }).toEqual({ opened: 30, stopped: 25 });
      expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
    },
    TIMEOUT_MS,
  );

  test(
    'the same where Google grants the two days that were asked for',
    async () => {
      const world = await createWorld({ seed: false, vars: { CHANNEL_TTL_SECONDS: '172800' } });
      world.google.faults.lifetime = '2h default, 2d cap';
      expect(await live(world)).toEqual({ gaps: [], most: 1, opened: 5, stopped: 0 });
    },
    TIMEOUT_MS,
  );

  test(
    'the same where a life is shorter than the margin: half of it counts',
    async () => {
      const world = await createWorld({ seed: false, vars: { CHANNEL_TTL_SECONDS: '2700' } });
      const { gaps } = await live(world, { hours: 3 });
      expect(gaps).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'the same while every watch fails for 20 minutes when renewals are due',
    async () => {
      const world = await createWorld({ seed: false });
      let failures = 0;
      const { gaps, opened } = await live(world, {
        eachMinute: (minute) => {
          if (minute === 5 * 60 + 28)
            world.google.faults.failNext('watch', '503', Number.POSITIVE_INFINITY);
          if (minute === 5 * 60 + 48) world.google.faults.reset();
          failures = world.google.calls.filter(
            ({ kind, status }) => kind === 'watch' && status === 503,
          ).length;
        },
      });
      expect(failures).toBe(4 * CHANNEL_EVENTS.length);
      expect(gaps).toEqual([]);
      expect(opened).toBe(10);
      expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
    },
    TIMEOUT_MS,
  );

  test(
    'the same where no channel ever sends its sync: each is given twice the time of the one before it',
    async () => {
      const world = await createWorld({ seed: false });
      world.google.faults.dropSync = true;
      const openedAt = new Set<number>();
      const overlap = new Set<number>();
      const { gaps, most } = await live(world, {
        eachMinute: (minute) => {
          const { channels } = world.google.workspace;
          if (channels.length > CHANNEL_EVENTS.length) overlap.add(minute);
          for (const { openedAtMs } of channels) openedAt.add((openedAtMs - START_MS) / MINUTE);
        },
      });
      expect({ gaps, most }).toEqual({ gaps: [], most: 2 });
      expect([...openedAt]).toEqual([0, 10, 30, 70, 150, 310]);
      // The old one stays ten minutes longer each time.
      const starts = [10, 30, 70, 150, 310];
      const minutes = starts.flatMap((from) => Array.from({ length: 10 }, (_, i) => from + 1 + i));
      expect([...overlap]).toEqual(minutes);
      expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
    },
    TIMEOUT_MS,
  );

  test(
    'the same for one channel that carries all events',
    async () => {
      const world = await createWorld({ seed: false, vars: { CHANNEL_EVENTS: '*' } });
      expect(await live(world, { wanted: ['*'] })).toEqual({
        gaps: [],
        most: 2,
        opened: 2,
        stopped: 1,
      });
    },
    TIMEOUT_MS,
  );

  test(
    'the same with two crons at once each time: at most one channel too many, which goes again',
    async () => {
      const world = await createWorld({ seed: false });
      const { gaps, most } = await live(world, {
        run: async () => {
          await Promise.all([cron(world), cron(world)]);
        },
      });
      expect(gaps).toEqual([]);
      // The old one, and of the new ones one too many.
      expect(most).toBeLessThanOrEqual(3);
      expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
    },
    TIMEOUT_MS,
  );

  test(
    'the same with two crons half a minute apart that read KV as it was up to a minute ago',
    async () => {
      const world = await createWorld({ seed: false });
      const channels = staleStore(world, 60_000, seeded(11));
      const { gaps, most } = await live(world, {
        run: async () => {
          await cron(world, { channels });
          world.advance(30_000);
          await cron(world, { channels });
          world.advance(-30_000);
        },
      });
      expect(gaps).toEqual([]);
      expect(most).toBeLessThanOrEqual(3);
      expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
    },
    TIMEOUT_MS,
  );

  test(
    'the same where every third cron is missed',
    async () => {
      const world = await createWorld({ seed: false });
      const { gaps } = await live(world, {
        run: async (minute) => {
          if (minute % 15 !== 10) await cron(world);
        },
      });
      expect(gaps).toEqual([]);
    },
    TIMEOUT_MS,
  );

  test(
    'this simulation can fail: without cron between the third and the seventh hour it finds gaps',
    async () => {
      const world = await createWorld({ seed: false });
      const { gaps } = await live(world, {
        run: async (minute) => {
          if (minute < 180 || minute > 420) await cron(world);
        },
      });
      expect(gaps[0]).toBe('add before cron of minute 360');
    },
    TIMEOUT_MS,
  );
});

test('of two crons that open at once, one channel too many stays until the next cron and no longer', async () => {
  const world = await createWorld({ seed: false });
  await Promise.all([cron(world), cron(world)]);
  const twice = CHANNEL_EVENTS.flatMap((event) => [event, event]);
  expect(liveEvents(world)).toEqual(twice);
  await world.settle();
  world.advance(5 * MINUTE);
  await Promise.all([cron(world), cron(world)]);
  expect(liveEvents(world)).toEqual([...CHANNEL_EVENTS]);
});

test(
  'people are in step without a break from one set of channels to the next',
  async () => {
    const world = await createWorld({ seed: false });
    const uncovered: number[] = [];
    await live(world, {
      hours: 7,
      eachMinute: async (minute) => {
        if (minute < 2) return;
        const row = await world.ports.db.d1
          .prepare('SELECT channels_until_ms AS untilMs FROM directories')
          .first<{ untilMs: number | null }>();
        if ((row?.untilMs ?? 0) <= world.clock.nowMs) uncovered.push(minute);
      },
    });
    expect(uncovered).toEqual([]);
    const row = await world.ports.db.d1
      .prepare('SELECT channels_until_ms AS untilMs FROM directories')
      .first<{ untilMs: number }>();
    expect(row?.untilMs).toBe(START_MS + 5.5 * HOUR + 6 * HOUR);
  },
  TIMEOUT_MS,
);

/** The world's KV, but a read gives what was true up to `maxMs` ago, as KV's caches do. */
function staleStore(world: World, maxMs: number, random: () => number): ChannelStore {
  const { channels } = world.ports;
  const history: { atMs: number; key: string; value: string | null }[] = [];
  /** What each key held at that moment. */
  const viewAt = (atMs: number) => {
    const view = new Map<string, string>();
    for (const { atMs: writtenMs, key, value } of history) {
      if (writtenMs > atMs) continue;
      if (value === null) view.delete(key);
      else view.set(key, value);
    }
    return view;
  };
  const staleView = () => viewAt(world.clock.nowMs - Math.floor(random() * maxMs));
  return {
    get: async (key: string) =>
      staleView().get(key) ?? (key.startsWith('synced:') ? channels.get(key) : null),
    list: async ({ prefix }: KVNamespaceListOptions = {}) => ({
      keys: [...staleView().keys()]
        .filter((name) => name.startsWith(prefix ?? ''))
        .map((name) => ({ name })),
      list_complete: true,
      cacheStatus: null,
    }),
    put: async (key: string, value: string, options?: KVNamespacePutOptions) => {
      history.push({ atMs: world.clock.nowMs, key, value });
      await channels.put(key, value, options);
    },
    delete: async (key: string) => {
      history.push({ atMs: world.clock.nowMs, key, value: null });
      await channels.delete(key);
    },
  } as unknown as ChannelStore;
}
