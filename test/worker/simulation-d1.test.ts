// The same histories over the real D1 as over node:sqlite end in the same tables: what the simulator proves in Node
// holds where the product runs.
import { reset } from 'cloudflare:test';
import { expect, inject, test } from 'vitest';
import { WORLDS } from '../simulation/history.ts';
import { Quiet } from '../simulation/quiet.ts';
import { outcomeOf, sampleOf } from '../simulation/sample.ts';
import { openStage } from '../simulation/stage.ts';
import { env, freshStorage } from './world.ts';

const nextTurn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

test('the real D1 ends where node:sqlite does', { timeout: 300_000 }, async () => {
  const quiet = new Quiet(nextTurn);
  quiet.install();
  try {
    const stage = await openStage({
      source: {
        open: async () => {
          await freshStorage();
          return { tables: { d1: env.DB, peek: null }, isKept: false };
        },
        keep: () => {},
      },
      quiet,
      serviceAccountKey: String(env['GOOGLE_SERVICE_ACCOUNT_KEY']),
      // Two queries at once could come back from the real one in either order.
      canBeFast: false,
    });
    const expected = inject('simulated');
    for (const [i, sample] of sampleOf(expected.length / WORLDS.length).entries()) {
      expect(await outcomeOf(stage, sample), JSON.stringify(sample)).toBe(expected[i]);
    }
  } finally {
    quiet.restore();
    await reset();
  }
});
