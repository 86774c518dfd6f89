// The overview's day of latencies, and roles that are being made anew: what it says in words, draws, and reads.
import { beforeEach, expect, test } from 'vitest';
import { readLatencies } from '../../src/db/events.ts';
import { anotherDirectory, type OperatorWorld, operatorWorld, windowAt } from './operators.ts';
import { ADMIN, listenToLog } from './signed-in.ts';
import type { Visitor } from './visitor.ts';
import { env } from './world.ts';

const HOUR = 3_600_000;

let world: OperatorWorld;
let admin: Visitor;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
  await env.DB.exec('DELETE FROM events');
});

const took = (atMs: number, latencyMs: number, cause = 'push', directoryId = 'default') =>
  env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     VALUES (?1, '1', 'user.updated', '{}', '{}', ?2, ?3, ?4)`,
  )
    .bind(directoryId, cause, atMs, atMs - latencyMs)
    .run();

const many = (count: number, atMs: number, cause: 'push' | 'reconcile') =>
  env.DB.prepare(
    `INSERT INTO events (directory_id, user_id, type, before, after, cause, at_ms, noticed_ms)
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     SELECT 'default', '1', 'user.created', NULL, '{}', ?3, ?2, ?2 FROM n`,
  )
    .bind(count, atMs, cause)
    .run();

const overview = async () => (await admin.ask('/console')).text();

test('p50 and p99 in words, as a drawing with a name, and as a table', async () => {
  const { nowMs } = world.clock;
  for (let i = 1; i <= 100; i += 1) await took(nowMs - 2 * HOUR - i, i * 10);
  await took(nowMs - 25 * HOUR, 900_000);
  await took(nowMs - HOUR, 900_000, 'reconcile');
  const text = await overview();
  expect(text).toContain('100 changes that Google announced');
  expect(text).toMatch(/\(p50\)<\/dt><dd>500 ms<\/dd>/);
  expect(text).toMatch(/\(p99\)<\/dt><dd>990 ms<\/dd>/);
  expect(text).toContain('aria-labelledby="latency-title latency-desc"');
  expect(text.match(/<circle class="p50"/g)).toHaveLength(1);
  expect(text).toMatch(
    /<th scope="row">06:00<\/th><td class="number">100<\/td><td class="number">500 ms/,
  );
  // The CSP lets no style through.
  expect(text).not.toMatch(/ style="|<style|NaN|Infinity/);
});

test.each([0, 1, 7, 3_000_000, 86_400_000 * 30])(
  'one change that took %i ms is drawn',
  async (ms) => {
    await took(world.clock.nowMs, ms);
    const text = await overview();
    expect(text).toContain('One change that Google announced in the last 24 hours');
    expect(text).not.toMatch(/NaN|Infinity/);
  },
);

test('without pushes it says so; a clock that runs ahead took nothing', async () => {
  expect(await overview()).toContain('Google has announced no change within the last day.');
  await took(world.clock.nowMs, -5_000);
  expect(await overview()).toMatch(/\(p99\)<\/dt><dd>0 ms/);
});

test('a large import hides no announced change; of very many the youngest 5,000 are shown, and the page says so', async () => {
  const { nowMs } = world.clock;
  await took(nowMs - 3 * HOUR, 100);
  await many(5_000, nowMs - 2 * HOUR, 'reconcile');
  expect(await overview()).toContain('One change that Google announced in the last 24 hours');
  await many(5_001, nowMs - HOUR, 'push');
  expect(await overview()).toContain('The last 5,000 changes that Google announced');
});

test('another directory’s are not counted', async () => {
  await anotherDirectory();
  const { nowMs } = world.clock;
  await took(nowMs, 100, 'push', 'other');
  const mine = await readLatencies(world.ports.db, 'default', nowMs - HOUR);
  const theirs = await readLatencies(world.ports.db, 'other', nowMs - HOUR);
  expect([mine.latencies, theirs.latencies]).toEqual([[], [{ atMs: nowMs, latencyMs: 100 }]]);
});

test('roles that are being made anew are one line, until they are', async () => {
  const { nowMs } = world.clock;
  await env.DB.prepare(
    `INSERT INTO role_recomputes (directory_id, run, after_id, asked_ms, progress_ms, seen, changed)
     VALUES ('default', 1, '', ?1, ?1, 1500, 12)
     ON CONFLICT (directory_id) DO UPDATE SET finished_ms = NULL, asked_ms = ?1, seen = 1500, changed = 12`,
  )
    .bind(nowMs)
    .run();
  expect(await overview()).toMatch(
    /Roles are being made anew since .*1,500 people so far, 12 with other/s,
  );
  await env.DB.prepare('UPDATE role_recomputes SET finished_ms = ?1').bind(nowMs).run();
  expect(await overview()).not.toContain('Roles are being made anew');
});
