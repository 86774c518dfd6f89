// Time without trouble: nothing fails, nobody stalls, and in which order things happen is of no interest.
import type { World } from './world.ts';

/** Peace has lasted long enough by then: lost passes are declared lost after 10 minutes, rows are young as long. */
const REST_WITHIN_MS = 3 * 3_600_000;
const MAX_ROUNDS = 20_000;

/** Nothing is wrong any more, and whoever is still alive may finish. */
export function makePeace(world: World): void {
  const { temper, queue, kv, workflows, border, google } = world;
  Object.assign(temper, { crashRate: 0, stallRate: 0, cronNoise: 0, overlapRate: 0 });
  Object.assign(queue.temper, { refusals: 0, doubleRate: 0, lateRate: 0, wornRate: 0 });
  Object.assign(kv.temper, { staleRate: 0, failRate: 0 });
  Object.assign(workflows.temper, { cutRate: 0, zombieRate: 0 });
  border.temper.cutRate = 0;
  world.d1Temper.failures = 0;
  google.faults.reset();
}

export const isAtRest = (world: World) =>
  world.scheduler.actors.length === 0 && world.queue.stored.length === 0;

/** Everything goes its way until `isOver`; false where that takes too long. */
export async function runQuietly(world: World, isOver: () => boolean): Promise<boolean> {
  const { scheduler, witness } = world;
  const untilMs = world.nowMs + REST_WITHIN_MS;
  scheduler.isFast = world.canBeFast;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (witness?.violation) return true;
    let isMoving = world.begin();
    await scheduler.quiet();
    while (scheduler.openDue()) {
      isMoving = true;
      await scheduler.quiet();
    }
    if (isMoving) continue;
    if (isOver()) return true;
    const nextMs = world.nextDueMs();
    if (nextMs > untilMs) return false;
    scheduler.clock.nowMs = Math.max(world.nowMs, nextMs);
  }
  return false;
}
