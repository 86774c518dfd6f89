// Whether people are in step, the one reason that is named when they are not, and all reasons there are.
import { describe, expect, test } from 'vitest';
import type { Directory } from '../../src/db/directories.ts';
import { conditionsOf, type Held, syncHealth } from '../../src/sync/health.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 9);
const MINUTE = 60_000;
const NOBODY: Held = { waiting: 0, sinceMs: null };
const SOMEBODY: Held = { waiting: 2, sinceMs: NOW_MS - 7 };

/** Imported yesterday, compared a minute ago, watched for five more hours. */
function aDirectory(fields: Partial<Directory> = {}): Directory {
  return {
    id: 'default',
    customer: 'my_customer',
    customerId: 'C0rollcall1',
    adminEmail: 'admin@example.test',
    ticket: 7,
    floor: 5,
    lastPushMs: null,
    lastReconciledMs: NOW_MS - MINUTE,
    importedMs: NOW_MS - 24 * 60 * MINUTE,
    channelsUntilMs: NOW_MS + 300 * MINUTE,
    eventOmissionRefusedMs: null,
    problem: null,
    problemSinceMs: null,
    suspectChannels: 0,
    lastPassMs: NOW_MS - MINUTE,
    rolesVersion: 1,
    inStepSinceMs: NOW_MS - 60 * MINUTE,
    ...fields,
  };
}

describe('people are', () => {
  const cases: [
    what: string,
    directory: Directory | null,
    health: ReturnType<typeof syncHealth>,
  ][] = [
    [
      'in step, since when it was noted',
      aDirectory(),
      { inStep: true, sinceMs: NOW_MS - 60 * MINUTE },
    ],
    [
      'in step from now on if it was not noted yet',
      aDirectory({ inStepSinceMs: null }),
      { inStep: true, sinceMs: NOW_MS },
    ],
    ['being imported: no row yet', null, { inStep: false, reason: 'importing', sinceMs: null }],
    [
      'being imported: no pass was complete yet',
      aDirectory({ importedMs: null }),
      { inStep: false, reason: 'importing', sinceMs: null },
    ],
    [
      'out of step: a first import that never comes to its end',
      aDirectory({ importedMs: null, lastReconciledMs: null, lastPassMs: NOW_MS - 16 * MINUTE }),
      { inStep: false, reason: 'passes-overdue', sinceMs: NOW_MS - 16 * MINUTE },
    ],
    [
      'in step: a large directory whose last part ended a minute ago',
      aDirectory({ lastReconciledMs: NOW_MS - 60 * MINUTE }),
      { inStep: true, sinceMs: NOW_MS - 60 * MINUTE },
    ],
    [
      'out of step: the credential, before anything else',
      aDirectory({ problem: 'token-delegation', problemSinceMs: NOW_MS - 5, importedMs: null }),
      { inStep: false, reason: 'credential:token-delegation', sinceMs: NOW_MS - 5 },
    ],
    [
      'in step while a pass is late by three intervals',
      aDirectory({ lastPassMs: NOW_MS - 15 * MINUTE }),
      { inStep: true, sinceMs: NOW_MS - 60 * MINUTE },
    ],
    [
      'out of step: passes overdue by more',
      aDirectory({ lastPassMs: NOW_MS - 15 * MINUTE - 1 }),
      { inStep: false, reason: 'passes-overdue', sinceMs: NOW_MS - 15 * MINUTE - 1 },
    ],
    [
      'out of step: an event has no proven channel',
      aDirectory({ channelsUntilMs: null }),
      { inStep: false, reason: 'no-channel', sinceMs: null },
    ],
    [
      'out of step: the channels have just ended',
      aDirectory({ channelsUntilMs: NOW_MS }),
      { inStep: false, reason: 'no-channel', sinceMs: NOW_MS },
    ],
    [
      'out of step when paused on purpose: a change of somebody known does not arrive',
      aDirectory({ channelsUntilMs: 0 }),
      { inStep: false, reason: 'paused', sinceMs: null },
    ],
    [
      'out of step when paused and passes are overdue',
      aDirectory({ channelsUntilMs: 0, lastPassMs: 1 }),
      { inStep: false, reason: 'passes-overdue', sinceMs: 1 },
    ],
  ];
  test.each(cases)('%s', (_, directory, health) => {
    expect(syncHealth(directory, 5, NOW_MS, NOBODY)).toEqual(health);
  });

  test('out of step while a removal waits for an operator’s word', () => {
    expect(syncHealth(aDirectory(), 5, NOW_MS, SOMEBODY)).toEqual({
      inStep: false,
      reason: 'deletions-held',
      sinceMs: NOW_MS - 7,
    });
  });

  test('overdue by the interval that is configured', () => {
    const directory = aDirectory({ lastPassMs: NOW_MS - 179 * MINUTE });
    expect(syncHealth(directory, 60, NOW_MS, NOBODY).inStep).toBe(true);
  });
});

describe('whoever has read the row and no more', () => {
  test('takes people to be in step since when it was noted', () => {
    expect(syncHealth(aDirectory(), 5, NOW_MS)).toEqual({
      inStep: true,
      sinceMs: NOW_MS - 60 * MINUTE,
    });
  });

  test('takes what the row does not explain for held removals', () => {
    const directory = aDirectory({ inStepSinceMs: null });
    expect(syncHealth(directory, 5, NOW_MS)).toEqual({
      inStep: false,
      reason: 'deletions-held',
      sinceMs: null,
    });
  });

  test.each([
    ['importing', { importedMs: null }],
    ['paused', { channelsUntilMs: 0 }],
    ['no-channel', { channelsUntilMs: null }],
  ])('believes the row where it says why: %s', (reason, fields) => {
    const directory = aDirectory({ inStepSinceMs: null, ...fields });
    expect(syncHealth(directory, 5, NOW_MS)).toMatchObject({ reason });
  });
});

describe('all reasons', () => {
  const reasonsOf = (fields: Partial<Directory>, held = NOBODY) =>
    conditionsOf(aDirectory(fields), 5, NOW_MS, held).map(({ reason }) => reason);
  const broken = { problem: 'token-delegation', problemSinceMs: 1 };

  test('are none when people are in step', () => {
    expect(reasonsOf({})).toEqual([]);
  });

  test('are named together, the weightiest first', () => {
    expect(reasonsOf({ ...broken, lastPassMs: 1, channelsUntilMs: NOW_MS }, SOMEBODY)).toEqual([
      'credential:token-delegation',
      'passes-overdue',
      'deletions-held',
      'no-channel',
    ]);
    expect(reasonsOf({ ...broken, lastReconciledMs: null, channelsUntilMs: 0 }, SOMEBODY)).toEqual([
      'credential:token-delegation',
      'importing',
      'deletions-held',
      'paused',
    ]);
  });

  test('without a row: people are being imported', () => {
    expect(conditionsOf(null, 5, NOW_MS, NOBODY)).toEqual([{ reason: 'importing', sinceMs: null }]);
  });

  test('the first of them is what health names', () => {
    const directory = aDirectory({ ...broken, channelsUntilMs: null });
    const [first] = conditionsOf(directory, 5, NOW_MS, SOMEBODY);
    expect(syncHealth(directory, 5, NOW_MS, SOMEBODY)).toEqual({ inStep: false, ...first });
  });
});
