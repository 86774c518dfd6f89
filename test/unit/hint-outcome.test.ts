// What becomes of a hint once somebody has looked.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApplyOutcome } from '../../src/db/users.ts';
import { CHANNEL_EVENTS, type ChannelEvent } from '../../src/google/channels.ts';
import type { LookHint } from '../../src/sync/hint.ts';
import { type Delivery, type HintOutcome, hintOutcome } from '../../src/sync/hint-outcome.ts';
import type { Conclusion } from '../../src/sync/look.ts';

const BORN_MS = 1_000_000;
const REFUSED_FOR_SECONDS = 900;
const ID = '108204816326412800001';

const aHint = (event: ChannelEvent | null): LookHint => ({
  kind: 'look',
  directoryId: 'default',
  userId: ID,
  event,
  cause: event === null ? 'reconcile' : 'push',
  noticedMs: BORN_MS,
});

/** @param beganMs if the look did not begin at the very moment it is judged */
const applied = (outcome: ApplyOutcome, isGone = false, beganMs = NaN): Conclusion => ({
  kind: 'applied',
  beganMs,
  applied: { id: ID, outcome, event: null, changed: [] },
  isGone,
});

const failed = (failure: Partial<Extract<Conclusion, { kind: 'failed' }>>): Conclusion => ({
  kind: 'failed',
  code: 'backendError',
  remedy: '',
  isRateLimit: false,
  retryable: true,
  isCredential: false,
  retryAfterSeconds: undefined,
  ...failure,
});

function outcomeAt(
  ageSeconds: number,
  event: ChannelEvent | null,
  conclusion: Conclusion,
  delivery: Partial<Delivery> = {},
): HintOutcome {
  const nowMs = BORN_MS + ageSeconds * 1000;
  const isDated = conclusion.kind !== 'applied' || !Number.isNaN(conclusion.beganMs);
  return hintOutcome(aHint(event), isDated ? conclusion : { ...conclusion, beganMs: nowMs }, {
    attempts: 1,
    isOneOfSeveral: false,
    refusedForMs: REFUSED_FOR_SECONDS * 1000,
    nowMs,
    random: 0.5,
    ...delivery,
  });
}

const again = (delaySeconds: number, reason: string): HintOutcome => ({
  kind: 'again',
  delaySeconds,
  reason,
});
const done: HintOutcome = { kind: 'done' };

interface Case {
  ageSeconds: number;
  event: ChannelEvent | null;
  finds: string;
  conclusion: Conclusion;
  outcome: HintOutcome;
}

const UNCHANGED = { finds: 'nothing new', conclusion: applied('unchanged') };
const ANSWERED = { finds: 'a later look’s row', conclusion: applied('answered') };
const WRITTEN = { finds: 'something new', conclusion: applied('written') };
const GONE_UNKNOWN = {
  finds: 'nobody, of whom nobody knew',
  conclusion: applied('unchanged', true),
};
const GONE_WRITTEN = { finds: 'that somebody left', conclusion: applied('written', true) };

const cases: readonly Case[] = [
  // What is new is the end of it.
  { ageSeconds: 0, event: 'update', ...WRITTEN, outcome: done },
  { ageSeconds: 0, event: 'add', ...WRITTEN, outcome: done },
  { ageSeconds: 0, event: 'delete', ...GONE_WRITTEN, outcome: done },
  { ageSeconds: 0, event: null, ...GONE_WRITTEN, outcome: done },
  // Nothing new: once more when the hint is 30 s old.
  { ageSeconds: 0, event: 'update', ...UNCHANGED, outcome: again(30, 'unchanged') },
  { ageSeconds: 12, event: 'update', ...UNCHANGED, outcome: again(18, 'unchanged') },
  { ageSeconds: 29.5, event: 'update', ...UNCHANGED, outcome: again(1, 'unchanged') },
  { ageSeconds: 30, event: 'update', ...UNCHANGED, outcome: done },
  { ageSeconds: 300, event: 'update', ...UNCHANGED, outcome: done },
  { ageSeconds: 0, event: 'add', ...UNCHANGED, outcome: again(30, 'unchanged') },
  { ageSeconds: 0, event: null, ...UNCHANGED, outcome: again(30, 'unchanged') },
  { ageSeconds: 30, event: null, ...UNCHANGED, outcome: done },
  { ageSeconds: 0, event: 'makeAdmin', ...ANSWERED, outcome: again(30, 'unchanged') },
  { ageSeconds: 31, event: 'makeAdmin', ...ANSWERED, outcome: done },
  // An add that is answered with nobody: Google's get trails behind its push.
  { ageSeconds: 0, event: 'add', ...GONE_UNKNOWN, outcome: again(8, 'contradicted') },
  { ageSeconds: 8, event: 'add', ...GONE_UNKNOWN, outcome: again(12, 'contradicted') },
  { ageSeconds: 20, event: 'add', ...GONE_UNKNOWN, outcome: again(30, 'contradicted') },
  { ageSeconds: 50, event: 'add', ...GONE_UNKNOWN, outcome: again(60, 'contradicted') },
  { ageSeconds: 110, event: 'add', ...GONE_UNKNOWN, outcome: again(120, 'contradicted') },
  { ageSeconds: 229, event: 'add', ...GONE_UNKNOWN, outcome: again(1, 'contradicted') },
  { ageSeconds: 230, event: 'add', ...GONE_UNKNOWN, outcome: done },
  { ageSeconds: 300, event: 'add', ...GONE_UNKNOWN, outcome: done },
  // Any other event of somebody who lives, answered with nobody.
  { ageSeconds: 0, event: 'update', ...GONE_WRITTEN, outcome: again(8, 'contradicted') },
  { ageSeconds: 0, event: 'undelete', ...GONE_UNKNOWN, outcome: again(8, 'contradicted') },
  { ageSeconds: 0, event: 'makeAdmin', ...GONE_UNKNOWN, outcome: again(8, 'contradicted') },
  // A delete that is answered with somebody.
  { ageSeconds: 0, event: 'delete', ...UNCHANGED, outcome: again(8, 'contradicted') },
  { ageSeconds: 0, event: 'delete', ...WRITTEN, outcome: again(8, 'contradicted') },
  { ageSeconds: 240, event: 'delete', ...UNCHANGED, outcome: done },
  { ageSeconds: 0, event: 'delete', ...GONE_UNKNOWN, outcome: again(30, 'unchanged') },
  // Just look: nothing was announced, so nothing is contradicted.
  { ageSeconds: 0, event: null, ...GONE_UNKNOWN, outcome: again(30, 'unchanged') },
];

describe('a hint', () => {
  test.each(cases)(
    'of $event, $ageSeconds s old, whose look finds $finds: $outcome.kind',
    (row) => {
      expect(outcomeAt(row.ageSeconds, row.event, row.conclusion)).toEqual(row.outcome);
    },
  );

  test.each([
    ['another directory holds the id', 'foreign'],
    ['the profile can’t be kept', 'unstorable'],
  ] as const)('ends as a dead letter where %s, however old it is', (_, outcome) => {
    for (const age of [0, 30, 300])
      expect(outcomeAt(age, 'update', applied(outcome))).toEqual({ kind: 'dead', reason: outcome });
  });

  test('about a row that is too young waits until it is old enough', () => {
    const young: Conclusion = { kind: 'young', untilMs: BORN_MS + 90_000 };

    expect(outcomeAt(0, 'update', young)).toEqual(again(90, 'young'));
    expect(outcomeAt(89.5, 'update', young)).toEqual(again(1, 'young'));
    expect(outcomeAt(100, 'update', young)).toEqual(again(1, 'young'));
  });

  test('that is the newest of several is looked at once more, even when the look found something', () => {
    // Google may have shown only what the older ones were about.
    const newest = { isOneOfSeveral: true };

    expect(outcomeAt(0, 'update', applied('written'), newest)).toEqual(again(30, 'unchanged'));
    expect(outcomeAt(30, 'update', applied('written'), newest)).toEqual(done);
  });

  test('for which no call was left comes back at once', () => {
    expect(outcomeAt(0, 'update', { kind: 'deferred' })).toEqual(again(1, 'deferred'));
  });
});

describe('looking again ends', () => {
  const events = fc.constantFrom<(ChannelEvent | null)[]>(...CHANNEL_EVENTS, null);
  const findings = fc.constantFrom(
    applied('unchanged'),
    applied('answered'),
    applied('unchanged', true),
    applied('answered', true),
  );

  /** Runs a hint to its end against answers that never say what it announced; returns the ages of its looks. */
  function agesOfLooks(
    event: ChannelEvent | null,
    next: () => Conclusion,
    latenessMs: () => number,
  ) {
    const ages: number[] = [];
    let nowMs = BORN_MS + latenessMs();
    for (let attempts = 1; attempts < 1_000; attempts++) {
      ages.push((nowMs - BORN_MS) / 1000);
      const outcome = outcomeAt((nowMs - BORN_MS) / 1000, event, next(), { attempts });
      if (outcome.kind !== 'again') return ages;
      nowMs += outcome.delaySeconds * 1000 + latenessMs();
    }
    throw new Error('it goes on for ever');
  }

  test('after five repeats and four minutes, for an add of somebody who is never there', () => {
    const never = () => applied('unchanged', true);

    expect(agesOfLooks('add', never, () => 0)).toEqual([0, 8, 20, 50, 110, 230]);
  });

  test('after one repeat, where nothing is new', () => {
    expect(
      agesOfLooks(
        'update',
        () => applied('unchanged'),
        () => 0,
      ),
    ).toEqual([0, 30]);
  });

  test('after at most five repeats within four minutes, whatever is answered and however late', () => {
    fc.assert(
      fc.property(
        events,
        fc.infiniteStream(findings),
        fc.infiniteStream(fc.integer({ min: 0, max: 30_000 })),
        (event, answers, delays) => {
          const ages = agesOfLooks(
            event,
            () => answers.next().value as Conclusion,
            () => delays.next().value as number,
          );
          expect(ages.length - 1).toBeLessThanOrEqual(5);
          // The last repeat is due at 230 s and comes as late as the queue delivers it.
          expect(ages.at(-1)).toBeLessThanOrEqual(240 + 30);
        },
      ),
    );
  });

  test('is decided by the age of a hint, not by how often the queue delivered it', () => {
    for (const attempts of [1, 2, 7, 50, 101]) {
      expect(outcomeAt(0, 'add', applied('unchanged', true), { attempts }).kind).toBe('again');
      expect(outcomeAt(231, 'add', applied('unchanged', true), { attempts }).kind).toBe('done');
    }
  });
});

describe('a look that failed', () => {
  test.each([1, 7, 20, 100])('for a while is repeated, also at try %i', (attempts) => {
    expect(outcomeAt(0, 'update', failed({}), { attempts })).toMatchObject({
      kind: 'again',
      reason: 'backendError',
    });
  });

  test('waits longer from try to try, and never less than Retry-After', () => {
    const delay = (attempts: number, retryAfterSeconds?: number) => {
      const outcome = outcomeAt(0, 'update', failed({ retryAfterSeconds }), { attempts });
      return outcome.kind === 'again' ? outcome.delaySeconds : 0;
    };

    expect([delay(1), delay(2), delay(3), delay(20)]).toEqual([2, 3, 6, 675]);
    expect(delay(1, 120)).toBe(120);
    expect(delay(20, 1)).toBe(675);
  });

  test('for good ends as a dead letter with its code, but not before a pass could tell that nobody can be read', () => {
    const refused = failed({ code: 'forbidden', retryable: false });

    expect(outcomeAt(REFUSED_FOR_SECONDS - 1, 'update', refused, { attempts: 99 })).toMatchObject({
      kind: 'again',
      reason: 'forbidden',
    });
    expect(outcomeAt(REFUSED_FOR_SECONDS, 'update', refused)).toEqual({
      kind: 'dead',
      reason: 'forbidden',
    });
  });

  test('for a broken credential is no fault of the hint: it waits until somebody repairs it', () => {
    const broken = failed({ code: 'token-delegation', retryable: false, isCredential: true });

    expect(outcomeAt(10 * REFUSED_FOR_SECONDS, 'update', broken, { attempts: 99 })).toMatchObject({
      kind: 'again',
      reason: 'token-delegation',
    });
  });
});

test('a look that began before the hint was 30 s old is repeated, however late its batch settles', () => {
  const began = (seconds: number) => applied('unchanged', false, BORN_MS + seconds * 1000);
  expect(outcomeAt(50, 'update', began(19))).toEqual(again(1, 'unchanged'));
  expect(outcomeAt(50, 'update', began(31))).toEqual(done);
  expect(outcomeAt(29, 'update', began(2))).toEqual(again(1, 'unchanged'));
});

test('a held removal is no reason to look again, unless the push says otherwise', () => {
  expect(outcomeAt(1, 'delete', applied('held', true))).toEqual(done);
  expect(outcomeAt(1, null, applied('held', true))).toEqual(done);
  expect(outcomeAt(1, 'undelete', applied('held', true))).toEqual(again(7, 'contradicted'));
});
