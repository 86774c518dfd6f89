// What a pass counts: changes that no push had announced, and what became of people until the next one began.
import { beforeEach, describe, expect, test } from 'vitest';
import { type ReconcileRun, readLastRun } from '../../src/db/reconcile-runs.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { durableSteps } from './durable-steps.ts';
import { createWorld, env, type World } from './world.ts';

const MINUTE = 60_000;
const NOOR = 'noor@example.test';

let world: World;
let passes = 0;

/** One pass, with its hints. Pushes that Google has waiting arrive while it sleeps. */
async function pass(): Promise<string> {
  passes += 1;
  const id = `drift-${passes}`;
  const steps = durableSteps([], (ms) => world.advance(ms));
  const sleep = steps.sleep;
  steps.sleep = async (name, ms) => {
    await world.push();
    await world.consume();
    await sleep(name, ms);
  };
  expect(await reconcile(world.ports, steps, { id, directoryId: 'default' })).toBe('complete');
  await world.settle();
  return id;
}

async function run(id: string): Promise<ReconcileRun> {
  const { results } = await env.DB.prepare('SELECT * FROM reconcile_runs WHERE id = ?1')
    .bind(id)
    .all<ReconcileRun>();
  const [row] = results;
  if (row === undefined) throw new Error('no such pass');
  return row;
}

beforeEach(async () => {
  world = await createWorld();
  await runSchedule(world.ports, async () => {}, world.clock.nowMs);
  await pass();
  world.advance(15 * MINUTE);
});

const newcomer = (name: string) => ({
  primaryEmail: `${name}@example.test`,
  givenName: name,
  familyName: 'New',
});

describe('drift', () => {
  test('is every change whose push was lost, of each kind, with the events that should have told of it', async () => {
    const { workspace, faults } = world.google;
    const gone = workspace.add(newcomer('gone'));
    await world.settle();
    workspace.remove(gone.id);
    const leaver = workspace.add(newcomer('leaver'));
    await world.settle();
    world.advance(15 * MINUTE);
    faults.dropPushes = 1;
    workspace.undelete(gone.id);
    workspace.remove(leaver.id);
    workspace.suspend(NOOR);
    workspace.makeAdmin('ana.moreira@example.test', true);
    workspace.add(newcomer('late'));
    await world.settle();

    const id = await pass();
    expect(await run(id)).toMatchObject({ contradictions: 3, hinted: 5 });
    await pass();
    const { drift, missed, created, changed, removed } = await run(id);
    expect({ drift, created, changed, removed }).toEqual({
      drift: 5,
      created: 1,
      changed: 3,
      removed: 1,
    });
    expect(JSON.parse(missed).toSorted()).toEqual([
      'add',
      'delete',
      'makeAdmin',
      'undelete',
      'update',
    ]);
    expect(world.logs.filter(({ event }) => event === 'reconcile.drift')).toMatchObject([
      { level: 'warn', fields: { passId: id, drift: 5 } },
    ]);
  });

  test('is not a push in flight, which arrives while the pass is patient', async () => {
    world.google.workspace.suspend(NOOR);
    world.google.workspace.add(newcomer('new'));
    const id = await pass();
    await pass();
    expect(await run(id)).toMatchObject({ contradictions: 0, hinted: 0, drift: 0, missed: '[]' });
    expect(await world.user(NOOR)).toMatchObject({ status: 'suspended', cause: 'push' });
  });

  test('is no newcomer of a burst, whom the pass inserted while their pushes were in flight', async () => {
    world.google.workspace.addMany(1_100, { push: false });
    const id = await pass();
    await pass();
    const { created, drift, hinted } = await run(id);
    expect(created).toBe(1_100);
    expect(drift).toBe(hinted);
  }, 30_000);

  test('counts once what a repeated step finds twice, and closes when the next pass begins', async () => {
    world.google.workspace.silently(() => world.google.workspace.suspend(NOOR));
    passes += 1;
    const id = `drift-${passes}`;
    const steps = durableSteps(['begin', 'pages 1', 'compare again', 'hints', 'end'], (ms) =>
      world.advance(ms),
    );
    await reconcile(world.ports, steps, { id, directoryId: 'default' });
    await world.settle();
    await pass();
    world.google.workspace.silently(() => world.google.workspace.unsuspend(NOOR));
    await pass();
    expect(await run(id)).toMatchObject({ drift: 1, changed: 1 });
  });
});

test('the number of the living is carried from pass to pass, and right whatever happened in between', async () => {
  const living = async () =>
    (
      await env.DB.prepare("SELECT count(*) AS n FROM users WHERE status <> 'deleted'").first<{
        n: number;
      }>()
    )?.n;
  const { workspace } = world.google;
  const people = ['a', 'b', 'c'].map((name) => workspace.add(newcomer(name)));
  await world.settle();
  world.advance(15 * MINUTE);
  workspace.remove(people[0]?.id ?? '');
  workspace.suspend(people[1]?.id ?? '');
  await world.settle();
  for (const hours of [0, 1, 13]) {
    world.advance(hours * 60 * MINUTE);
    const before = await living();
    const id = await pass();
    expect(
      await env.DB.prepare('SELECT living FROM reconcile_runs WHERE id = ?1').bind(id).first(),
    ).toEqual({ living: before });
    workspace.silently(() => workspace.add(newcomer(`h${hours}`)));
  }
  expect((await readLastRun(world.ports.db, 'default'))?.usersSeen).toBe(
    workspace.users.length - 1,
  );
});
