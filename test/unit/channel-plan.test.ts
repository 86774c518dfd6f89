// Which channels to open and stop, as a pure rule: what must hold for every view of KV and every clock.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MissedPushes } from '../../src/db/missed-pushes.ts';
import { CHANNEL_EVENTS } from '../../src/google/channels.ts';
import {
  isDueForRenewal,
  type PlanInput,
  planChannels,
  type WatchedEvent,
  wantedEvents,
} from '../../src/sync/channel-plan.ts';
import type { Channel } from '../../src/sync/channel-store.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 9);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A channel for updates, opened an hour ago, confirmed, with five hours to go. */
function aChannel(fields: Partial<Channel> = {}): Channel {
  return {
    id: 'channel-1',
    resourceId: 'resource',
    event: 'update',
    adminEmail: 'admin@example.test',
    keyId: 'key-now',
    openedAtMs: NOW_MS - HOUR,
    expiresAtMs: NOW_MS + 5 * HOUR,
    distrust: 0,
    isSynced: true,
    ...fields,
  };
}

function plan(input: Partial<PlanInput> = {}) {
  return planChannels({
    wanted: ['update'],
    channels: [],
    keyIds: ['key-now'],
    missed: [],
    renewBeforeMs: 30 * MINUTE,
    nowMs: NOW_MS,
    ...input,
  });
}

const ids = (channels: readonly Channel[]) => channels.map(({ id }) => id).toSorted();

describe('a plan', () => {
  test('opens one channel for each wanted event that has none', () => {
    const wanted: WatchedEvent[] = ['add', 'delete', 'update'];
    expect(plan({ wanted, channels: [aChannel()] })).toMatchObject({
      open: ['add', 'delete'],
      stop: [],
      coveredUntilMs: null,
    });
  });

  test('leaves a channel alone that has long to live', () => {
    const channel = aChannel();
    expect(plan({ channels: [channel] })).toMatchObject({
      open: [],
      stop: [],
      coveredUntilMs: channel.expiresAtMs,
    });
  });

  test('opens a new one before the old one ends, and keeps the old one', () => {
    const old = aChannel({ openedAtMs: NOW_MS - 6 * HOUR, expiresAtMs: NOW_MS + 30 * MINUTE });
    expect(plan({ channels: [old] })).toMatchObject({ open: ['update'], stop: [] });
  });

  const old = aChannel({
    id: 'old',
    openedAtMs: NOW_MS - 6 * HOUR,
    expiresAtMs: NOW_MS + 20 * MINUTE,
  });
  const fresh = (fields: Partial<Channel>) =>
    aChannel({ id: 'new', expiresAtMs: NOW_MS + 6 * HOUR, ...fields });
  test.each([
    ['keeps the old one while the new one has not proven itself', 9, false, [], []],
    ['stops the old one once the new one has sent its sync', 1, true, ['old'], []],
    ['stops the old one after 10 minutes even without a sync', 10, false, ['old'], ['update']],
  ])('%s', (_, ageMinutes, isSynced, stopped, opened) => {
    const next = fresh({ openedAtMs: NOW_MS - ageMinutes * MINUTE, isSynced });
    const planned = plan({ channels: [old, next] });
    expect(planned.open).toEqual(opened);
    expect(ids(planned.stop)).toEqual(stopped);
  });

  test('an empty list of wanted events stops everything, ended keys included', () => {
    const channels = [aChannel(), aChannel({ id: 'channel-2', event: 'add', keyId: 'key-before' })];
    expect(plan({ wanted: [], channels })).toMatchObject({
      open: [],
      stop: channels,
      coveredUntilMs: 0,
    });
  });

  test('an event that is no longer wanted loses its channel at once', () => {
    const channels = [aChannel(), aChannel({ id: 'channel-2', event: 'add' })];
    expect(ids(plan({ channels }).stop)).toEqual(['channel-2']);
  });

  test('one channel for all replaces the five only when it has proven itself', () => {
    const five = CHANNEL_EVENTS.map((event) => aChannel({ id: `for-${event}`, event }));
    const all = aChannel({ id: 'all', event: '*', openedAtMs: NOW_MS - MINUTE, isSynced: false });
    expect(plan({ wanted: ['*'], channels: five })).toMatchObject({ open: ['*'], stop: [] });
    expect(plan({ wanted: ['*'], channels: [...five, all] }).stop).toEqual([]);
    const proven = { ...all, isSynced: true };
    expect(ids(plan({ wanted: ['*'], channels: [...five, proven] }).stop)).toEqual(ids(five));
  });

  test('a channel under a key that is no longer accepted counts as none, and goes when its successor works', () => {
    const dead = aChannel({ id: 'dead', keyId: 'key-before' });
    expect(plan({ channels: [dead] })).toMatchObject({
      open: ['update'],
      stop: [],
      coveredUntilMs: null,
    });
    expect(ids(plan({ channels: [dead, aChannel()] }).stop)).toEqual(['dead']);
  });

  test('a channel under the previous key is as good as any', () => {
    const channel = aChannel({ keyId: 'key-before' });
    const planned = plan({ channels: [channel], keyIds: ['key-now', 'key-before'] });
    expect(planned).toMatchObject({ open: [], stop: [], coveredUntilMs: channel.expiresAtMs });
  });

  test('a channel that has been silent for long replaces the old one, but proves nothing', () => {
    const old = aChannel({ id: 'old', expiresAtMs: NOW_MS + HOUR });
    const silent = aChannel({ id: 'silent', openedAtMs: NOW_MS - 11 * MINUTE, isSynced: false });
    expect(ids(plan({ channels: [old, silent] }).stop)).toEqual(['old']);
    expect(plan({ channels: [silent] }).coveredUntilMs).toBeNull();
  });

  test('covers no further than the first proven channel to end, and nothing while one is unproven', () => {
    const wanted: WatchedEvent[] = ['add', 'update'];
    const add = aChannel({ id: 'add', event: 'add', expiresAtMs: NOW_MS + 2 * HOUR });
    const update = aChannel();
    expect(plan({ wanted, channels: [add, update] }).coveredUntilMs).toBe(NOW_MS + 2 * HOUR);
    const silent = { ...add, isSynced: false, openedAtMs: NOW_MS - MINUTE };
    expect(plan({ wanted, channels: [silent, update] }).coveredUntilMs).toBeNull();
  });
});

describe('a renewal is due', () => {
  const cases: [what: string, life: number, left: number, renewBefore: number, due: boolean][] = [
    ['with 31 of 360 minutes left: no', 360, 31, 30, false],
    ['with 30 of 360 minutes left: yes', 360, 30, 30, true],
    ['of a short life, with more than half left: no', 40, 21, 30, false],
    ['of a short life, with half left: yes', 40, 20, 30, true],
    ['of a life shorter than the margin, when new: no', 20, 20, 30, false],
  ];
  test.each(cases)('%s', (_, life, left, renewBefore, due) => {
    const expiresAtMs = NOW_MS + left * MINUTE;
    const channel = aChannel({ expiresAtMs, openedAtMs: expiresAtMs - life * MINUTE });
    expect(isDueForRenewal(channel, renewBefore * MINUTE, NOW_MS)).toBe(due);
  });
});

test('wanted: what is configured; for all, one channel, or five where Google refuses the omission', () => {
  expect(wantedEvents(['add'], true)).toEqual(['add']);
  expect(wantedEvents('*', false)).toEqual(['*']);
  expect(wantedEvents('*', true)).toEqual(CHANNEL_EVENTS);
});

describe('for every view of KV', () => {
  const events = [...CHANNEL_EVENTS, '*'] as const;
  const channel = (id: string): fc.Arbitrary<Channel> =>
    fc
      .record({
        event: fc.constantFrom(...events),
        keyId: fc.constantFrom('key-now', 'key-before', 'key-lost'),
        ageMs: fc.integer({ min: 0, max: 8 * HOUR }),
        // Few values, so that equal ends and the edges come up.
        leftMs: fc.oneof(
          fc.constantFrom(1, 29 * MINUTE, 30 * MINUTE, 5 * HOUR),
          fc.integer({ min: 1, max: 48 * HOUR }),
        ),
        distrust: fc.nat({ max: 6 }),
        isSynced: fc.boolean(),
      })
      .map(({ ageMs, leftMs, ...rest }) =>
        aChannel({ id, ...rest, openedAtMs: NOW_MS - ageMs, expiresAtMs: NOW_MS + leftMs }),
      );
  const missedPushes: fc.Arbitrary<MissedPushes> = fc
    .record({
      events: fc.subarray([...CHANNEL_EVENTS], { minLength: 1 }),
      agoMs: fc.integer({ min: 0, max: 8 * HOUR }),
      intervalMs: fc.constantFrom(MINUTE, 5 * MINUTE, HOUR),
    })
    .map(({ events, agoMs, intervalMs }) => ({
      events,
      startedMs: NOW_MS - agoMs,
      previousStartedMs: NOW_MS - agoMs - intervalMs,
    }));
  const input: fc.Arbitrary<PlanInput> = fc
    .record({
      wanted: fc.oneof(
        fc.subarray([...CHANNEL_EVENTS]),
        fc.constant<WatchedEvent[]>(['*']),
        fc.constant<WatchedEvent[]>([]),
      ),
      count: fc.nat({ max: 9 }),
      keyIds: fc.constantFrom(['key-now'], ['key-now', 'key-before']),
      missed: fc.array(missedPushes, { maxLength: 2 }),
      renewBeforeMs: fc.constantFrom(MINUTE, 30 * MINUTE, 5 * HOUR),
    })
    .chain(({ count, ...rest }) =>
      fc
        .tuple(...Array.from({ length: count }, (_, i) => channel(`channel-${i}`)))
        .map((channels) => ({ ...rest, channels, nowMs: NOW_MS })),
    );
  const always = (check: (one: PlanInput) => void) =>
    fc.assert(fc.property(input, check), { numRuns: 2_000 });

  const isUsable =
    ({ keyIds, nowMs }: PlanInput) =>
    (one: Channel) =>
      keyIds.includes(one.keyId) && one.expiresAtMs > nowMs;

  test('no plan stops the last usable channel of a wanted event', () => {
    always((one) => {
      const { stop } = planChannels(one);
      for (const event of one.wanted) {
        const usable = one.channels.filter(isUsable(one)).filter((c) => c.event === event);
        const left = usable.filter((c) => !stop.includes(c));
        expect(left.length).toBeGreaterThan(usable.length > 0 ? 0 : -1);
      }
    });
  });

  test('no plan stops what still works for an event before all that is wanted works', () => {
    always((one) => {
      const { stop } = planChannels(one);
      if (one.wanted.length === 0 || stop.length === 0) return;
      const left = one.channels.filter((c) => !stop.includes(c));
      const works = (c: Channel) => c.isSynced || one.nowMs - c.openedAtMs >= 10 * MINUTE;
      for (const { event } of stop) {
        const needed = one.wanted.includes(event) ? [event] : one.wanted;
        for (const wanted of needed) {
          const successor = left.filter(isUsable(one)).find((c) => c.event === wanted && works(c));
          expect(successor).toBeDefined();
        }
      }
    });
  });

  test('carried out and made again, a plan is empty', () => {
    always((one) => {
      const { open, stop } = planChannels(one);
      const opened = open.map((event, i) =>
        aChannel({
          id: `opened-${i}`,
          event,
          openedAtMs: one.nowMs,
          expiresAtMs: one.nowMs + 72 * HOUR,
          isSynced: true,
        }),
      );
      const kept = one.channels.filter((c) => !stop.includes(c));
      const second = planChannels({ ...one, channels: [...kept, ...opened] });
      expect(second.open).toEqual([]);
      const third = planChannels({
        ...one,
        channels: [...kept, ...opened].filter((c) => !second.stop.includes(c)),
      });
      expect(third).toMatchObject({ open: [], stop: [] });
    });
  });

  test('the order in which KV lists channels changes nothing', () => {
    fc.assert(
      fc.property(
        input.chain((one) =>
          fc.tuple(
            fc.constant(one),
            fc.shuffledSubarray([...one.channels], { minLength: one.channels.length }),
          ),
        ),
        ([one, shuffled]) => {
          const a = planChannels(one);
          const b = planChannels({ ...one, channels: shuffled });
          expect(b.open).toEqual(a.open);
          expect(ids(b.stop)).toEqual(ids(a.stop));
          expect(b.coveredUntilMs).toBe(a.coveredUntilMs);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test('of several channels that do what they are for exactly the one with the greatest (end, id) stays', () => {
    always((one) => {
      const fine = { isSynced: true, keyId: 'key-now', distrust: 0 };
      const channels = one.channels.map((c) => ({ ...c, ...fine }));
      const { stop } = planChannels({ ...one, channels, missed: [] });
      for (const event of one.wanted) {
        const all = channels.filter((c) => c.event === event);
        const [greatest] = all.toSorted((a, b) =>
          a.expiresAtMs === b.expiresAtMs ? (a.id < b.id ? 1 : -1) : b.expiresAtMs - a.expiresAtMs,
        );
        expect(all.filter((c) => !stop.includes(c))).toEqual(greatest ? [greatest] : []);
      }
    });
  });

  test('every event that is due is opened once, and nothing else', () => {
    always((one) => {
      const { open } = planChannels(one);
      const due = one.wanted.filter((event) => {
        const usable = one.channels.filter(isUsable(one)).filter((c) => c.event === event);
        return usable.every((c) => isDueForRenewal(c, one.renewBeforeMs, one.nowMs));
      });
      expect(new Set(open).size).toBe(open.length);
      expect(open.every((event) => one.wanted.includes(event))).toBe(true);
      for (const event of due) expect(open).toContain(event);
    });
  });
});
