// Passes and decisions at their most awkward: an approval that is over, a rejection and a list that flaps, a page
// that never answers, a younger pass in the middle of an older one.
import { describe, expect, test } from 'vitest';
import { readLastRun } from '../../src/db/reconcile-runs.ts';
import {
  approveHeldRemovals,
  readHeldRemovals,
  rejectHeldRemovals,
} from '../../src/sync/held-removals.ts';
import { declareLost } from '../../src/sync/pass-due.ts';
import { chooseHints } from '../../src/sync/pass-hints.ts';
import { notFound, onGet } from './hints.ts';
import {
  census,
  companyOf,
  DAY,
  HOUR,
  heldRows,
  idsOf,
  lookNow,
  MINUTE,
  pass,
  passAndSettle,
  removeSilently,
  stepsOf,
} from './removals.ts';
import { env, type World } from './world.ts';

const LONG = 60_000;

interface Page {
  users: { id: string }[];
}

/** Alters what lists answer, until the returned function is called. */
function onList(world: World, change: (page: Page) => Page): () => void {
  const { fetch } = world.google;
  world.google.fetch = async (request) => {
    const response = await fetch(request);
    const { pathname } = new URL(request.url);
    if (pathname !== '/admin/directory/v1/users' || !response.ok) return response;
    return Response.json(change((await response.json()) as Page));
  };
  return () => {
    world.google.fetch = fetch;
  };
}

/** Google denies everybody, as it has been seen to. */
function denyEverybody(world: World): void {
  const { fetch } = world.google;
  world.google.fetch = async (request) =>
    /\/users\/\d+$/.test(new URL(request.url).pathname) ? notFound() : fetch(request);
}

async function decide(world: World, say: typeof approveHeldRemovals): Promise<void> {
  const { hash } = await readHeldRemovals(world.ports, 'default');
  expect(await say(world.ports, 'default', hash)).toMatchObject({ kind: 'decided' });
}

describe('security 2: an approval lets go whom it is about, while it holds, and nobody else', () => {
  test(
    'not those who were seen alive since, when Google denies them at the second look of the same hint',
    async () => {
      const world = await companyOf(300);
      const left = new Set(idsOf(world, 100, 180));
      onList(world, (page) => ({ ...page, users: page.users.filter(({ id }) => !left.has(id)) }));
      await pass(world);
      expect(await heldRows()).toHaveLength(81);
      await decide(world, approveHeldRemovals);
      await world.consume();
      expect(await heldRows()).toEqual([]);

      denyEverybody(world);
      await world.settle();
      // 5 % of 301 people may go without a word; the others wait again.
      expect(await census()).toEqual({ active: 286, deleted: 15 });
      expect(await heldRows()).toHaveLength(66);
    },
    LONG,
  );

  test(
    'not those whose approval ran out while their hints waited in the queue',
    async () => {
      const world = await companyOf(300);
      removeSilently(world, idsOf(world, 1, 60));
      await pass(world);
      await decide(world, approveHeldRemovals);
      world.advance(DAY + HOUR);
      await world.settle();
      expect(await census()).toEqual({ active: 286, deleted: 15 });
    },
    LONG,
  );
});

describe('security 6: a word is about the list that was shown', () => {
  test('and not about the same people who wait for another reason, the last super admin among them', async () => {
    const world = await companyOf(20);
    const admin = world.google.workspace.users.find(({ isAdmin }) => isAdmin)?.id ?? '';
    const hidden = [...idsOf(world, 1, 6), admin];
    const stopHiding = onList(world, (page) => ({
      ...page,
      users: page.users.filter(({ id }) => !hidden.includes(id)),
    }));
    await passAndSettle(world);
    const shown = await readHeldRemovals(world.ports, 'default');
    expect(shown.removals).toHaveLength(7);
    stopHiding();
    await passAndSettle(world);
    expect(await heldRows()).toEqual([]);

    world.advance(6 * HOUR);
    const others = idsOf(world, 10, 14);
    removeSilently(world, others);
    await lookNow(world, others);
    for (const id of hidden) onGet(world, id, () => notFound());
    await lookNow(world, hidden);
    expect((await readHeldRemovals(world.ports, 'default')).removals).toHaveLength(7);
    expect(await approveHeldRemovals(world.ports, 'default', shown.hash)).toEqual({
      kind: 'another-list',
    });
    await world.settle();
    expect(await world.user(admin)).toMatchObject({ status: 'active' });
  });

  test('and is over for whoever was seen alive, also where their profile can not be stored', async () => {
    const world = await companyOf(40);
    const hidden = idsOf(world, 1, 8);
    onList(world, (page) => ({
      ...page,
      users: page.users.filter(({ id }) => !hidden.includes(id)),
    }));
    await passAndSettle(world);
    let deep: Record<string, unknown> = {};
    for (let i = 0; i < 150; i += 1) deep = { a: deep };
    world.google.workspace.silently(() => {
      for (const id of hidden) world.google.workspace.raw(id, { customSchemas: { Deep: deep } });
    });
    await decide(world, approveHeldRemovals);
    await world.settle();
    expect(await heldRows()).toEqual([]);
    expect(await census()).toEqual({ active: 41 });
  });
});

describe('the choice of hints', () => {
  const changed = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ id: String(i), kind: 'changed' as const }));

  test('comes round to everybody about whom list and get disagree for good', () => {
    const asked = new Set(
      Array.from({ length: 40 }, (_, i) => chooseHints(changed(1_500), (i * 0.37) % 1)).flat(),
    );
    expect(asked.size).toBe(1_500);
  });

  test('takes what decides about access before the rest, and 500 at most', () => {
    const suspects = [...changed(600), { id: 'left', kind: 'status' as const }];
    for (const random of [0, 0.5, 0.999]) {
      const hints = chooseHints(suspects, random);
      expect(hints).toHaveLength(500);
      expect(hints[0]).toBe('left');
    }
  });
});

test('a pass whose calls are overdrawn by repeats looks at nobody, and the next one does', async () => {
  const world = await companyOf(30, { vars: { GOOGLE_CALLS_PER_PASS: '5' } });
  const changes = { ...world.ports.changes, sendBatch: () => Promise.reject(new Error('quota')) };
  world.google.workspace.silently(() => {
    for (const id of idsOf(world, 1, 20)) world.google.workspace.suspend(id);
  });
  world.google.calls.length = 0;
  world.google.faults.failNext('list', '503', 5);
  await pass(world, stepsOf(world), { changes });
  expect(world.google.calls.filter(({ kind }) => kind === 'get')).toEqual([]);
  await pass(world, stepsOf(world), { changes });
  expect(await census()).toEqual({ active: 28, suspended: 3 });
});

test('somebody who can not be stored is asked about once a day, and not by every pass', async () => {
  const world = await companyOf(5);
  const odd = world.google.workspace.silently(() =>
    world.google.workspace.add({
      primaryEmail: 'odd@example.test',
      givenName: 'O',
      familyName: 'D',
    }),
  );
  world.google.workspace.raw(odd.id, { customSchemas: { Big: { text: 'x'.repeat(300_000) } } });
  const asked = async () => {
    world.google.calls.length = 0;
    await passAndSettle(world);
    return world.google.calls.filter(({ kind }) => kind === 'get').length;
  };
  expect(await asked()).toBe(1);
  for (let i = 0; i < 3; i += 1) {
    world.advance(HOUR);
    expect(await asked()).toBe(0);
  }
  world.google.workspace.raw(odd.id, {});
  expect(await asked()).toBe(1);
  expect(await world.user(odd.id)).toMatchObject({ status: 'active' });
});

test('a newcomer of whom only a suspension can be kept is no more asked about either', async () => {
  const world = await companyOf(5);
  const odd = world.google.workspace.silently(() =>
    world.google.workspace.add({
      primaryEmail: 'odd@example.test',
      givenName: 'O',
      familyName: 'D',
    }),
  );
  world.google.workspace.raw(odd.id, { suspended: true, primaryEmail: 7 });
  world.google.calls.length = 0;
  for (let i = 0; i < 3; i += 1) {
    await passAndSettle(world);
    world.advance(HOUR);
  }
  expect(world.google.calls.filter(({ kind }) => kind === 'get')).toHaveLength(1);
});

describe('the last step of a pass', () => {
  test('that is repeated ends the pass as it did the first time, and takes a problem back', async () => {
    const world = await companyOf(5);
    await env.DB.exec("UPDATE directories SET problem = 'list-failed', problem_since_ms = 1");
    expect(await pass(world, stepsOf(world, ['end']))).toBe('complete');
    expect(world.logs.filter(({ event }) => event === 'reconcile.ended')).toHaveLength(3);
    expect(await env.DB.prepare('SELECT problem FROM directories').first()).toEqual({
      problem: null,
    });
  });

  test('of one that was declared lost says so, and nothing else', async () => {
    const world = await companyOf(5);
    const steps = stepsOf(world);
    const work = steps.do;
    steps.do = async (name, step) => {
      if (name === 'end') {
        const run = await readLastRun(world.ports.db, 'default');
        if (run !== null) await declareLost(world.ports, run);
      }
      return work(name, step);
    };
    expect(await pass(world, steps)).toBe('lost');
    expect(world.logs.at(-1)).toMatchObject({ event: 'reconcile.ended-late' });
  });
});

test('a rejection outlives a list that shows the people once more, and is no more asked about', async () => {
  const world = await companyOf(40);
  let whole: Page = { users: [] };
  const stopKeeping = onList(world, (page) => {
    whole = structuredClone(page);
    return page;
  });
  await passAndSettle(world);
  stopKeeping();
  removeSilently(world, idsOf(world, 1, 5));
  await passAndSettle(world);
  expect(await census()).toEqual({ active: 36, deleted: 5 });
  world.advance(20 * HOUR);
  const three = idsOf(world, 6, 8);
  removeSilently(world, three);
  await passAndSettle(world);
  await decide(world, rejectHeldRemovals);
  world.advance(5 * HOUR);
  world.google.calls.length = 0;
  await passAndSettle(world);
  expect(world.google.calls.filter(({ kind }) => kind === 'get')).toEqual([]);

  const stopShowing = onList(world, (page) => ({
    ...page,
    users: [...page.users, ...whole.users.filter(({ id }) => three.includes(id))],
  }));
  await passAndSettle(world);
  stopShowing();
  world.advance(5 * MINUTE);
  await passAndSettle(world);
  expect(await census()).toEqual({ active: 36, deleted: 5 });

  world.advance(DAY);
  await passAndSettle(world);
  expect(await census()).toEqual({ active: 33, deleted: 8 });
});

describe('a page that never answers', () => {
  test.each([
    ['free plan, a page a step', '45'],
    ['paid plan, several pages a step', '100'],
  ])('keeps nobody on the pages before it from being healed: %s', async (_plan, calls) => {
    const world = await companyOf(1_200, { vars: { GOOGLE_CALLS_PER_PASS: calls } });
    const [, one] = world.google.workspace.users;
    const id = one?.id ?? '';
    world.google.workspace.silently(() => world.google.workspace.suspend(id));
    world.google.faults.listCutAfterPages = 1;
    expect(await pass(world)).toBe('failed');
    await world.settle();
    expect(await world.user(id)).toMatchObject({ status: 'suspended', cause: 'reconcile' });
    expect(await readLastRun(world.ports.db, 'default')).toMatchObject({
      outcome: 'failed',
      reason: 'backendError',
      hinted: 1,
    });
    expect(await heldRows()).toEqual([]);
  });
});

describe('a directory that takes three passes, and a younger pass in the middle of an older one', () => {
  /** 5,201 people, of whom a pass sees 2,500, and two of whose three passes are done. */
  async function nearlyThrough(): Promise<World> {
    const world = await companyOf(0, { vars: { GOOGLE_CALLS_PER_PASS: '5' } });
    world.google.workspace.addMany(5_200, { push: false });
    while ((await pass(world)) === 'budget') world.advance(5 * MINUTE);
    await world.settle();
    world.advance(15 * MINUTE);
    expect(await census()).toEqual({ active: 5201 });
    for (let part = 0; part < 2; part += 1) {
      expect(await pass(world)).toBe('budget');
      world.advance(5 * MINUTE);
    }
    return world;
  }

  test(
    'which begins another way through the list: the older one gives way, and nobody is held',
    async () => {
      const world = await nearlyThrough();
      const [last] = world.google.workspace.users.slice(-1);
      world.google.workspace.silently(() => world.google.workspace.remove(last?.id ?? ''));
      const steps = stepsOf(world);
      const { sleep } = steps;
      steps.sleep = async (name, ms) => {
        await sleep(name, ms);
        expect(await pass(world)).toBe('budget');
      };
      expect(await pass(world, steps)).toBe('superseded');
      expect(await heldRows()).toEqual([]);
    },
    LONG,
  );

  test(
    'after it was declared lost: what the younger ones have seen stays, and nobody is held',
    async () => {
      const world = await nearlyThrough();
      const [last] = world.google.workspace.users.slice(-1);
      world.google.workspace.silently(() => world.google.workspace.suspend(last?.id ?? ''));
      const steps = stepsOf(world);
      const { sleep } = steps;
      steps.sleep = async (name, ms) => {
        await sleep(name, ms);
        world.advance(11 * MINUTE);
        const run = await readLastRun(world.ports.db, 'default');
        if (run !== null) await declareLost(world.ports, run);
        expect(await pass(world)).toBe('budget');
      };
      await pass(world, steps);
      await world.settle();
      expect(await pass(world)).toBe('budget');
      world.advance(5 * MINUTE);
      expect(await pass(world)).toBe('complete');
      await world.settle();
      expect(await heldRows()).toEqual([]);
      expect(await census()).toEqual({ active: 5200, suspended: 1 });
    },
    LONG,
  );
});
