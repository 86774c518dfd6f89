// Some hundred histories of each world, that they repeat, and that every mutant of the product is caught. A long run
// is `npm run simulate -- --histories 100000`.
import { beforeAll, describe, expect, test } from 'vitest';
import { runFleet } from './fleet.ts';
import { WORLDS, type WorldName } from './history.ts';
import { MUTANTS } from './mutants.ts';
import { openNodeStage } from './node-stage.ts';
import { outcomeOf, sampleOf } from './sample.ts';
import type { Stage } from './stage.ts';

const HISTORIES: Readonly<Record<WorldName, number>> = {
  general: 100,
  roles: 80,
  'there-and-back': 80,
  held: 60,
  'pushes-alone': 60,
};
/** Found at once by the seed that a mutant names; this many where the product has changed since. */
const HISTORIES_FOR_A_MUTANT = 3_000;
const MINUTE_MS = 60_000;

describe('whatever happens, in whatever order', () => {
  test.for(WORLDS)('nothing is broken: %s', { timeout: 2 * MINUTE_MS }, async (world) => {
    const { failures, histories, totals } = await runFleet({
      world,
      seed: 1,
      histories: HISTORIES[world],
    });
    expect(failures).toEqual([]);
    expect(histories).toBe(HISTORIES[world]);
    expect(totals.looks).toBeGreaterThan(histories);
  });
});

describe('a history', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openNodeStage();
  });

  test('repeats bit by bit', { timeout: MINUTE_MS }, async () => {
    for (const sample of sampleOf(5)) {
      const once = await outcomeOf(stage, sample);
      expect(await outcomeOf(stage, sample)).toBe(once);
    }
  });

  test('of another seed goes another way', async () => {
    const [sample] = sampleOf(1);
    if (sample === undefined) throw new Error('no sample');
    const { world, history } = sample;
    const other = { world, history: { ...history, seed: history.seed + 1 } };
    expect(await outcomeOf(stage, other)).not.toBe(await outcomeOf(stage, sample));
  });
});

/** Found after a minute: `npm run simulate -- --mutant …`. What they break is held by tests of its own as well. */
const RARE = new Set(['recompute over a look', 'recompute writes roles of any version']);

// Two at a time: each has a process of its own, and there may be only two cores.
describe('is caught:', () => {
  test.concurrent.for(Object.entries(MUTANTS).filter(([name]) => !RARE.has(name)))(
    '%s',
    { timeout: 4 * MINUTE_MS },
    async ([name, { world, seed }], { expect }) => {
      const order = { world, seed, histories: HISTORIES_FOR_A_MUTANT, isUnshrunk: true };
      const { failures } = await runFleet({ ...order, mutant: name, processes: 1 });
      expect(failures).toHaveLength(1);
    },
  );
});
