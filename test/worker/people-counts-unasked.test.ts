// The numbers of people stay right where nobody asks for them until what they are counted from has been swept.
import { beforeEach, expect, test } from 'vitest';
import { readPeopleCounts } from '../../src/db/people-counts.ts';
import { sweepOld } from '../../src/sync/sweep.ts';
import { aPerson } from './operators.ts';
import { census, DAY } from './removals.ts';
import { listenToLog } from './signed-in.ts';
import { createSignInWorld } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
beforeEach(async () => {
  listenToLog();
  world = await createSignInWorld();
});

/** Time passes, with cron's sweep now and then. */
async function days(count: number): Promise<void> {
  for (let i = 0; i < count; i += 10) {
    world.advance(10 * DAY);
    await sweepOld(world.ports);
  }
}

async function expectCounted(): Promise<void> {
  const none = { active: 0, suspended: 0, archived: 0, deleted: 0 };
  expect(await readPeopleCounts(world.ports.db, 'default')).toEqual({
    ...none,
    ...(await census()),
  });
}

const remove = (id: string) =>
  world.env.DB.prepare(
    "UPDATE users SET status = 'deleted', deleted_ms = ?2, changed_ms = ?2 WHERE id = ?1",
  )
    .bind(id, world.clock.nowMs)
    .run();

test('a tombstone that was swept before anybody asked is not counted', async () => {
  await remove(await aPerson('995'));
  await days(40);
  expect((await census()).deleted).toBeUndefined();
  await expectCounted();
});

test('people whose events were swept before anybody asked are counted', async () => {
  await days(100);
  const events = await world.env.DB.prepare('SELECT count(*) AS n FROM events').first<number>('n');
  expect(events).toBe(0);
  await expectCounted();
});
