// Which channels do not do what they are for, as a pure rule: who is suspect, when, and what comes after them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MissedPushes } from '../../src/db/missed-pushes.ts';
import { type PlanInput, planChannels } from '../../src/sync/channel-plan.ts';
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

const opened = (minutesAgo: number) => ({ openedAtMs: NOW_MS - minutesAgo * MINUTE });

function plan(channels: readonly Channel[], input: Partial<PlanInput> = {}) {
  return planChannels({
    wanted: ['update'],
    channels,
    keyIds: ['key-now'],
    missed: [],
    renewBeforeMs: 30 * MINUTE,
    nowMs: NOW_MS,
    ...input,
  });
}

/** A pass that began so many minutes ago, five after the one before it, and found updates nobody had announced. */
function aPass(startedMinutesAgo: number, fields: Partial<MissedPushes> = {}): MissedPushes {
  const startedMs = NOW_MS - startedMinutesAgo * MINUTE;
  return { events: ['update'], startedMs, previousStartedMs: startedMs - 5 * MINUTE, ...fields };
}

const ids = (channels: readonly Channel[]) => channels.map(({ id }) => id).toSorted();
const reasonOf = (channel: Channel, missed: MissedPushes[] = []) =>
  plan([channel], { wanted: [channel.event], missed }).suspects.get(channel.event)?.reason ?? null;

describe('a channel whose sync never came', () => {
  const silent = (minutes: number, distrust = 0) =>
    aChannel({ ...opened(minutes), isSynced: false, distrust });

  test.each([
    [9.99, 0, null],
    [10, 0, 'no-sync'],
    [19.99, 1, null],
    [20, 1, 'no-sync'],
    [319.99, 5, null],
    [320, 5, 'no-sync'],
    // Six hours are enough, however often it was in vain.
    [359.99, 6, null],
    [360, 6, 'no-sync'],
    [359.99, 5_000, null],
    [360, 5_000, 'no-sync'],
  ])('after %d minutes and %d suspects before it: %s', (minutes, distrust, reason) => {
    expect(reasonOf(silent(minutes, distrust))).toBe(reason);
  });

  test('is replaced, and kept until the new one works', () => {
    const old = silent(10);
    expect(plan([old])).toMatchObject({ open: ['update'], stop: [] });
    const next = aChannel({
      id: 'new',
      ...opened(1),
      isSynced: false,
      distrust: 1,
      expiresAtMs: NOW_MS + 6 * HOUR,
    });
    expect(plan([old, next])).toMatchObject({ open: [], stop: [] });
    expect(ids(plan([old, { ...next, isSynced: true }]).stop)).toEqual(['channel-1']);
    expect(ids(plan([old, { ...next, ...opened(10) }]).stop)).toEqual(['channel-1']);
  });

  test('takes the place of the one before it all the same: it may hear of everything else', () => {
    const old = aChannel({ id: 'old', ...opened(340), expiresAtMs: NOW_MS + 20 * MINUTE });
    const planned = plan([old, silent(10)]);
    expect(planned.open).toEqual(['update']);
    expect(planned.suspects.get('update')).toMatchObject({ channel: { id: 'channel-1' } });
    expect(ids(planned.stop)).toEqual(['old']);
  });

  test('gives way to the one after it, also where Google granted that one less', () => {
    const next = aChannel({ id: 'new', ...opened(5), distrust: 1, expiresAtMs: NOW_MS + HOUR });
    expect(plan([silent(60), next])).toMatchObject({ open: [], stop: [{ id: 'channel-1' }] });
  });

  test('that nobody wants, or whose key is lost, is no suspect', () => {
    expect(plan([silent(60)], { wanted: ['add'] }).suspects.size).toBe(0);
    expect(plan([{ ...silent(60), keyId: 'key-before' }]).suspects.size).toBe(0);
  });
});

describe('a channel that announced nothing of what a pass found', () => {
  test('is suspect, and replaced as any other', () => {
    const planned = plan([aChannel()], { missed: [aPass(2)] });
    expect(planned).toMatchObject({ open: ['update'], stop: [] });
    expect(planned.suspects.get('update')).toMatchObject({ reason: 'missed' });
    // It has proven itself once: whoever asks is told so until it has a successor.
    expect(planned.coveredUntilMs).toBe(NOW_MS + 5 * HOUR);
  });

  const cases: [
    what: string,
    channel: Partial<Channel>,
    pass: MissedPushes,
    reason: string | null,
  ][] = [
    ['of another event: no', { event: 'add' }, aPass(2), null],
    ['for all events, whatever it was: yes', { event: '*' }, aPass(2), 'missed'],
    ['open since just before the pass before: yes', opened(20 + 1 / 60_000), aPass(15), null],
    ['younger than ten minutes when the pass began: no', opened(11.99), aPass(2), null],
    ['ten minutes old when the pass began: yes', opened(12), aPass(2), 'missed'],
    [
      'opened as the pass before began: no, the change may be older than the channel',
      opened(20),
      aPass(2, { previousStartedMs: NOW_MS - 20 * MINUTE }),
      null,
    ],
    [
      'opened just before the pass before began: yes',
      { openedAtMs: NOW_MS - 20 * MINUTE - 1 },
      aPass(2, { previousStartedMs: NOW_MS - 20 * MINUTE }),
      'missed',
    ],
    ['opened after the pass: no, it is the replacement', opened(1), aPass(2), null],
    ['after one suspect, 19 minutes old: no', { ...opened(21), distrust: 1 }, aPass(2), null],
    ['after one suspect, 20 minutes old: yes', { ...opened(22), distrust: 1 }, aPass(2), 'missed'],
  ];
  test.each(cases)('%s', (_, channel, pass, reason) => {
    expect(reasonOf(aChannel(channel), [pass])).toBe(reason);
  });

  test('one accuser of several is enough', () => {
    expect(reasonOf(aChannel(), [aPass(2, { events: ['add'] }), aPass(7)])).toBe('missed');
  });
});

describe('what comes after suspects', () => {
  test('is the next in the row of the one that has the most before it', () => {
    const channels = [0, 3, 1].map((distrust) =>
      aChannel({
        id: `after-${distrust}`,
        ...opened(200),
        isSynced: false,
        distrust,
        // The one with the most before it does not last longest.
        expiresAtMs: NOW_MS + (10 - distrust) * HOUR,
      }),
    );
    expect(plan(channels).suspects.get('update')).toMatchObject({ channel: { distrust: 3 } });
  });

  test('is none of theirs when a good one is merely renewed', () => {
    const lingering = aChannel({ id: 'bad', ...opened(300), isSynced: false, distrust: 2 });
    const good = aChannel({ id: 'good', ...opened(200) });
    const renewed = plan([
      { ...lingering, expiresAtMs: NOW_MS + 28 * MINUTE },
      { ...good, expiresAtMs: NOW_MS + 29 * MINUTE },
    ]);
    expect(renewed).toMatchObject({ open: ['update'], suspects: new Map() });
    const longLived = plan([lingering, { ...good, expiresAtMs: NOW_MS + 29 * MINUTE }]);
    expect(longLived).toMatchObject({ open: ['update'], suspects: new Map() });
  });
});

describe('two views of one moment', () => {
  // A suspect to one cron may be none to another, which sees a younger KV or no D1. Whatever the two stop
  // together, a channel is left.
  const old = fc
    .record({
      ageMs: fc.integer({ min: 10 * MINUTE, max: 8 * HOUR }),
      leftMs: fc.integer({ min: 1, max: 48 * HOUR }),
      distrust: fc.nat({ max: 3 }),
      isSynced: fc.boolean(),
    })
    .map(({ ageMs, leftMs, ...rest }) =>
      aChannel({ id: 'old', openedAtMs: NOW_MS - ageMs, expiresAtMs: NOW_MS + leftMs, ...rest }),
    );
  const next = old.chain((before) =>
    fc
      .record({
        // Opened at some moment since it could be suspect, and granted anything.
        ageMs: fc.integer({ min: 0, max: NOW_MS - before.openedAtMs - 10 * MINUTE }),
        leftMs: fc.integer({ min: 1, max: 48 * HOUR }),
        isSynced: fc.boolean(),
      })
      .map(({ ageMs, leftMs, isSynced }) => ({
        before,
        after: aChannel({
          id: 'new',
          openedAtMs: NOW_MS - ageMs,
          expiresAtMs: NOW_MS + leftMs,
          distrust: before.distrust + 1,
          isSynced,
        }),
      })),
  );

  test('never stop both a suspect and what came after it', () => {
    fc.assert(
      fc.property(
        next,
        fc.boolean(),
        fc.integer({ min: 0, max: 3 * HOUR }),
        ({ before, after }, isSyncedElsewhere, agoMs) => {
          const accusation = aPass(agoMs / MINUTE);
          const here = plan([before, after], { missed: [accusation] });
          const elsewhere = plan([
            { ...before, isSynced: before.isSynced || isSyncedElsewhere },
            after,
          ]);
          const stopped = new Set([...ids(here.stop), ...ids(elsewhere.stop)]);
          expect(stopped.size).toBeLessThan(2);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});
