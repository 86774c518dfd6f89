// What may be done at the set-up: check, and start the import; by whom, how often, and what is left of it.
import { beforeEach, expect, test } from 'vitest';
import {
  actionRows,
  actionsTaken,
  expectGuarded,
  type OperatorWorld,
  operatorWorld,
  post,
  windowAt,
} from './operators.ts';
import { visitBy } from './setup-links.ts';
import { ADMIN, idOf, listenToLog, rows, waitInWorldTime } from './signed-in.ts';
import { APP } from './visitor.ts';

let world: OperatorWorld;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  waitInWorldTime(world);
});

const checked = async () => (await rows('setup_findings')) as { checked_ms: number }[];

test('a check is kept for 30 seconds: whoever presses again in that time asks Google nothing', async () => {
  const visitor = await visitBy(world);
  const check = async () => {
    const calls = world.google.calls.length;
    const response = await post(visitor, '/setup/check');
    expect([response.status, response.headers.get('location')]).toEqual([303, `${APP}/setup`]);
    expectGuarded(response);
    return world.google.calls.length - calls;
  };
  expect(await check()).toBeGreaterThan(0);
  const [{ checked_ms: checkedMs = 0 } = {}] = await checked();
  world.clock.nowMs = checkedMs + 29_999;
  expect(await check()).toBe(0);
  expect(await checked()).toMatchObject([{ checked_ms: checkedMs }]);
  world.advance(1);
  expect(await check()).toBeGreaterThan(0);
  expect((await actionsTaken()).map(([, action]) => action)).toEqual([
    'setup.open',
    'setup.check',
    'setup.check',
  ]);
});

test('what a check found is shown to the next visitor, without a call; junk of another version is not', async () => {
  const admin = await windowAt(world, ADMIN);
  await post(admin, '/setup/check');
  const calls = world.google.calls.length;
  const text = await (await admin.ask('/setup')).text();
  expect(text).toContain('Check again');
  expect(world.google.calls).toHaveLength(calls);
  for (const junk of ['[]', '{"a":1}', '[{"check":"nothing","state":"ok"}]', 'null']) {
    await world.env.DB.prepare('UPDATE setup_findings SET findings = ?1').bind(junk).run();
    expect((await admin.ask('/setup')).status).toBe(200);
  }
});

test('what is found is written down as numbers, by whom', async () => {
  const admin = await windowAt(world, ADMIN);
  await post(admin, '/setup/check');
  const [[actor, action, outcome] = []] = await actionsTaken();
  expect([actor, action]).toEqual([`user:${idOf(world, ADMIN)}`, 'setup.check']);
  expect(outcome).toBe('checked');
  const [row] = await actionRows();
  expect(row?.result).toMatch(/^\{"ok":\d+,"failed":\d+,"waiting":\d+\}$/);
});

test('an import that runs is not started again, and the page says so', async () => {
  const admin = await windowAt(world, ADMIN);
  await post(admin, '/setup/import');
  expect(world.started).toHaveLength(1);
  await world.env.DB.prepare(
    'UPDATE reconcile_runs SET outcome = NULL, finished_ms = NULL, progress_ms = ?1',
  )
    .bind(world.clock.nowMs)
    .run();
  const response = await post(admin, '/setup/import');
  expect(response.headers.get('location')).toBe(`${APP}/setup?said=under-way&n=0`);
  expect(world.started).toHaveLength(1);
  const page = async (query: string) => (await admin.ask(`/setup?said=${query}`)).text();
  expect(await page('under-way')).toContain('A pass is under way already.');
  expect(await page('constructor')).not.toContain('class="said"');
});
