// Whether cron starts a pass, from the last one alone.
import { expect, test } from 'vitest';
import { isPassDue } from '../../src/sync/pass-due.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 9);
const MINUTE = 60_000;
type Last = NonNullable<Parameters<typeof isPassDue>[0]>;

/** Began and was complete so many minutes ago. */
function complete(minutesAgo: number): Last {
  const startedMs = NOW_MS - minutesAgo * MINUTE;
  return { startedMs, progressMs: startedMs, finishedMs: startedMs, outcome: 'complete' };
}

/** Began half an hour ago and is under way, with its last progress so many minutes ago. */
function running(minutesAgo: number): Last {
  const startedMs = NOW_MS - 30 * MINUTE;
  const progressMs = NOW_MS - minutesAgo * MINUTE;
  return { startedMs, progressMs, finishedMs: null, outcome: null };
}

const ended = (outcome: Last['outcome']): Last => ({ ...complete(0), outcome });

const cases: [what: string, last: Last | null, every: number, due: ReturnType<typeof isPassDue>][] =
  [
    ['the first one: at once', null, 5, 'yes'],
    ['one interval after the last began', complete(5), 5, 'yes'],
    [
      'half a tick early is on time: a pass may begin minutes after its cron',
      complete(2.5),
      5,
      'yes',
    ],
    ['not before', complete(2.4), 5, 'no'],
    ['half an interval early, where cron comes every minute', complete(0.5), 1, 'yes'],
    ['not within a longer interval', complete(55), 60, 'no'],
    ['while one is under way: no', running(0), 5, 'no'],
    ['while one is under way, 10 minutes without progress: no', running(10), 5, 'no'],
    ['one without progress for longer is lost', running(10.1), 5, 'yes-last-is-lost'],
    ['after a failed one: at the next cron', ended('failed'), 60, 'yes'],
    ['after one that ran out of calls: at the next cron', ended('budget'), 60, 'yes'],
    ['after a lost one: at the next cron', ended('lost'), 60, 'yes'],
    ['after a superseded one: at the next cron', ended('superseded'), 60, 'yes'],
  ];
test.each(cases)('a pass is due — %s', (_, last, every, due) => {
  expect(isPassDue(last, every, NOW_MS)).toBe(due);
});
