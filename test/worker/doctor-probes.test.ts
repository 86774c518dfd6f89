// Probes that have piled up: each run stops a few, so that a check stays within what a free plan gives one event.
import { expect, test } from 'vitest';
import { readProbes, storeProbe } from '../../src/db/channel-probes.ts';
import { openDatabase } from '../../src/db/database.ts';
import { closeProbes } from '../../src/setup/checks/probe.ts';
import { ADMIN, createPatient } from './doctor-patient.ts';
import type { World } from './world.ts';

const MINUTE = 60_000;

/** Probes without a message, opened `ageMs` ago, each a little before the next. */
async function pileUp(world: World, count: number, ageMs: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    const openedMs = world.clock.nowMs - ageMs - (count - at) * 1000;
    await storeProbe(world.ports.db, {
      channelId: `probe-${at}`,
      resourceId: `resource-${at}`,
      adminEmail: ADMIN,
      openedMs,
      expiresMs: openedMs + 30 * MINUTE,
    });
  }
}

/** Closes, and counts what that costs. */
async function closing(world: World): Promise<{ queries: number; stops: number }> {
  let queries = 0;
  const { d1 } = world.ports.db;
  const counting = {
    prepare: (sql: string) => {
      queries += 1;
      return d1.prepare(sql);
    },
    batch: (statements: D1PreparedStatement[]) => d1.batch(statements),
  } as D1Database;
  const stops = () => world.google.calls.filter(({ kind }) => kind === 'stop').length;
  const before = stops();
  await closeProbes({ ...world.ports, db: openDatabase(counting) });
  return { queries, stops: stops() - before };
}

const open = async (world: World) =>
  (await readProbes(world.ports.db))
    .filter(({ resourceId }) => resourceId !== '')
    .map(({ channelId }) => channelId);

test('of twenty-five that are over three are stopped at once: those with the longest to live', async () => {
  const world = await createPatient();
  await pileUp(world, 25, 11 * MINUTE);

  expect(await closing(world)).toEqual({ queries: 4, stops: 3 });
  const left = await open(world);
  expect(left).toHaveLength(22);
  expect(left).not.toContain('probe-24');
  expect((await closing(world)).stops).toBe(3);
});

test('those that ended by themselves, and those of yesterday, cost three queries and no call, however many', async () => {
  const world = await createPatient();
  await pileUp(world, 25, 31 * MINUTE);
  expect(await closing(world)).toEqual({ queries: 3, stops: 0 });
  expect(await open(world)).toEqual([]);
  expect(await readProbes(world.ports.db)).toHaveLength(25);
  world.advance(24 * 60 * MINUTE);
  expect(await closing(world)).toEqual({ queries: 3, stops: 0 });
  expect(await readProbes(world.ports.db)).toEqual([]);
  expect(await closing(world)).toEqual({ queries: 1, stops: 0 });
});
