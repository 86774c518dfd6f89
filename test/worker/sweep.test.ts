// What is old goes, a little at a time, and nothing that is still needed.
import { beforeEach, describe, expect, test } from 'vitest';
import { runSchedule } from '../../src/sync/schedule.ts';
import { sweepOld } from '../../src/sync/sweep.ts';
import { countingD1, noCounts } from '../bench/counting-d1.ts';
import { acquaint } from './hints.ts';
import { createWorld, env, type World } from './world.ts';

const DAY = 86_400_000;
const NOOR = 'noor@example.test';

let world: World;
beforeEach(async () => {
  world = await createWorld({ vars: { TOMBSTONE_DAYS: '30', EVENT_DAYS: '90' } });
});

const count = async (table: string) =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n;

/** Noor came and went, long ago by now. */
async function aTombstone(days: number): Promise<string> {
  const { id } = world.google.workspace.user(NOOR);
  await acquaint(world, id);
  world.google.workspace.remove(id);
  await acquaint(world, id);
  expect(await world.user(id)).toMatchObject({ status: 'deleted' });
  world.advance(days * DAY);
  return id;
}

const aPass = (id: string, startedMs: number) =>
  env.DB.prepare(
    `INSERT INTO reconcile_runs (id, directory_id, ticket, started_ms, progress_ms) VALUES (?1, 'default', 1, ?2, ?2)`,
  )
    .bind(id, startedMs)
    .run();

describe('a tombstone', () => {
  test('stays for TOMBSTONE_DAYS, and goes then', async () => {
    const id = await aTombstone(29);
    await sweepOld(world.ports);
    expect(await world.user(id)).not.toBeNull();
    world.advance(2 * DAY);
    await sweepOld(world.ports);
    expect(await world.user(id)).toBeNull();
  });

  test('goes in cron, and living people stay', async () => {
    const id = await aTombstone(31);
    const admin = world.google.workspace.user('admin@example.test');
    await acquaint(world, admin.id);
    await runSchedule(world.ports, async () => {}, world.clock.nowMs);
    expect(await world.user(id)).toBeNull();
    expect(await world.user(admin.id)).toMatchObject({ status: 'active' });
  });
});

test('events and dead letters stay for EVENT_DAYS, and go then, oldest first', async () => {
  const id = await aTombstone(80);
  await env.DB.prepare(
    `INSERT INTO dead_letters (letter_key, body, reason, attempts, at_ms) VALUES ('k', 'b', 'r', 1, ?1)`,
  )
    .bind(world.clock.nowMs - 80 * DAY)
    .run();
  await sweepOld(world.ports);
  expect(await world.events(id)).toHaveLength(2);
  expect(await count('dead_letters')).toBe(1);
  world.advance(11 * DAY);
  await acquaint(world, world.google.workspace.user('admin@example.test').id);
  await sweepOld(world.ports);
  expect((await world.events()).map(({ type }) => type)).toEqual(['user.created']);
  expect(await count('dead_letters')).toBe(0);
});

test('passes stay for EVENT_DAYS; the last one stays for as long as it is the last', async () => {
  await acquaint(world, world.google.workspace.user(NOOR).id);
  for (const [id, days] of [
    ['a', 100],
    ['b', 99],
    ['c', 98],
  ] as const)
    await aPass(id, world.clock.nowMs - days * DAY);
  await sweepOld(world.ports);
  const { results } = await env.DB.prepare('SELECT id FROM reconcile_runs').all();
  expect(results).toEqual([{ id: 'c' }]);
});

test('costs a few rows where there is nothing to do, however much there is', async () => {
  const { id } = world.google.workspace.user(NOOR);
  await acquaint(world, id);
  for (let i = 0; i < 300; i += 1) await aPass(`p${i}`, world.clock.nowMs - i);
  await env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, after, cause, at_ms, noticed_ms)
     SELECT 'default', '1', 'user.updated', '{}', 'push', ?1, ?1 FROM json_each(?2)`,
  )
    .bind(world.clock.nowMs, JSON.stringify(Array.from({ length: 300 }, (_, i) => i)))
    .run();
  // Counts them, once.
  await sweepOld(world.ports);
  for (const analyzed of [false, true]) {
    if (analyzed) await env.DB.exec('ANALYZE');
    const counts = noCounts();
    const d1 = countingD1(env.DB, () => counts);
    await sweepOld({ ...world.ports, db: { ...world.ports.db, d1 } });
    expect(counts.rowsRead).toBeLessThan(20);
    expect(counts.rowsWritten).toBe(0);
  }
});
