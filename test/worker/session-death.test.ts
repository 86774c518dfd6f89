// Sessions end with the account, by whatever way the word of it comes, and at whatever moment.
import { beforeEach, describe, expect, test } from 'vitest';
import { reconcile } from '../../src/sync/reconcile.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { durableSteps } from './durable-steps.ts';
import { notFound, onGet } from './hints.ts';
import {
  ANA,
  afterTokenCall,
  aroundBatch,
  arrive,
  endingOf,
  everybodyIn,
  FRAME,
  FRAMED,
  idOf,
  learn,
  left,
  openPopup,
  redeem,
  rows,
  SESSION,
  signIn,
  statusWith,
  suspend,
  tokenOf,
} from './signed-in.ts';
import { createSignInWorld, Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createSignInWorld({ vars: FRAMED });
  // Nobody is so new that Google might not show them yet.
  world.advance(11 * 60_000);
});

/** Everybody, and how to ask who still is. */
async function allIn() {
  const everybody = await everybodyIn(world);
  const { here, there, frame, handOver, noor } = everybody;
  const { code, verifier } = handOver;
  const statuses = async () => [
    (await here.ask('/auth/session')).status,
    (await there.ask('/auth/session')).status,
    (await frame.ask('/embed/session')).status,
    (await redeem(new Visitor(world), { code, verifier })).status,
    (await noor.ask('/auth/session')).status,
  ];
  return { ...everybody, ana: idOf(world, ANA), statuses };
}
const IN = [200, 200, 200, 204, 200];
const OUT = [401, 401, 401, 400, 200];
/** Ana's sessions and codes: two windows, a frame, the popups of both, a code. */
const HERS = 6;

const leftOf = async (id: string) =>
  [...(await rows('sessions')), ...(await rows('hand_over_codes'))].filter(
    (row) => row['user_id'] === id,
  ).length;

describe('security 3: sessions and codes end', () => {
  beforeEach(() => runSchedule(world.ports, async () => {}, world.clock.nowMs));

  test.each(['suspend', 'archive'] as const)('with a push: %s', async (change) => {
    await world.settle();
    const { ana, statuses } = await allIn();
    world.google.workspace[change](ANA);
    expect(await world.push()).toContain(204);
    expect(await leftOf(ana)).toBe(HERS);
    await world.consume();

    expect(await leftOf(ana)).toBe(0);
    expect(await statuses()).toEqual(OUT);
  });

  test('with a push of a deletion, at the second look', async () => {
    await world.settle();
    const { ana, statuses } = await allIn();
    world.google.workspace.remove(ana);
    await world.push();
    const before = world.clock.nowMs;
    await world.consume();

    expect(world.clock.nowMs - before).toBe(4_000);
    expect(await world.user(ana)).toMatchObject({ status: 'deleted', cause: 'push' });
    expect(await leftOf(ana)).toBe(0);
    expect(await statuses()).toEqual(OUT);
  });

  test('and not with a deletion that a second look does not confirm', async () => {
    await world.settle();
    const { ana, statuses } = await allIn();
    onGet(world, ana, (before) => (before === 0 ? notFound() : undefined));
    await learn(world, ana, { event: 'delete' });

    expect(await world.user(ana)).toMatchObject({ status: 'active' });
    expect(await statuses()).toEqual(IN);
  });

  test('nor with a change that leaves the person active', async () => {
    await world.settle();
    const { ana, statuses } = await allIn();
    world.google.workspace.rename(ana, 'ana.silva@example.test');
    world.google.workspace.makeAdmin(ana, true);
    await world.push();
    await world.consume();

    expect(await world.user(ana)).toMatchObject({ email: 'ana.silva@example.test', isAdmin: 1 });
    expect(await statuses()).toEqual(IN);
  });

  test.each(['operator', 'reconcile'] as const)('with a hint of cause %s', async (cause) => {
    const { ana, statuses } = await allIn();
    world.google.workspace.silently(() => world.google.workspace.suspend(ANA));
    await learn(world, ANA, { cause, event: null });

    expect(await world.user(ana)).toMatchObject({ status: 'suspended', cause });
    expect(await leftOf(ana)).toBe(0);
    expect(await statuses()).toEqual(OUT);
  });

  test('with a profile so odd that only the suspension can be kept', async () => {
    const { ana, statuses } = await allIn();
    world.google.workspace.raw(ana, { customSchemas: { Big: { text: 'x'.repeat(300_000) } } });
    await suspend(world, ANA);

    expect(await world.user(ana)).toMatchObject({ status: 'suspended', email: ANA });
    expect(await statuses()).toEqual(OUT);
  });
});

test('a pass whose list shows a suspension changes nothing by itself; its look by id signs the person out', async () => {
  const { ana, statuses } = await allIn();
  world.google.workspace.silently(() => world.google.workspace.suspend(ANA));
  const pass = { id: 'second', directoryId: 'default' };
  expect(await reconcile(world.ports, durableSteps(), pass)).toBe('complete');
  expect(await statuses()).toEqual(IN);
  await world.consume();

  expect(await world.user(ana)).toMatchObject({ status: 'suspended', cause: 'reconcile' });
  expect(await leftOf(ana)).toBe(0);
  expect((await statuses())[0]).toBe(401);
});

describe('security 3: a suspension during the callback wins', () => {
  test('known here before the session is made: there is none', async () => {
    const visitor = new Visitor(world).atGoogle(ANA);
    const url = await visitor.callbackUrl();
    afterTokenCall(world, () => suspend(world, ANA));
    const response = await visitor.ask(url);

    expect(await endingOf(response)).toMatchObject({ status: 403, reason: 'suspended' });
    expect(visitor.cookies.has(SESSION)).toBe(false);
    expect(await left()).toMatchObject({ sessions: 0, codes: 0 });
  });

  test('known here in the last instant before the insert: there is none', async () => {
    const visitor = new Visitor(world).atGoogle(ANA);
    const url = await visitor.callbackUrl();
    aroundBatch(world, 'before', () => suspend(world, ANA));

    expect(await endingOf(await visitor.ask(url))).toMatchObject({ reason: 'suspended' });
    expect(await left()).toMatchObject({ sessions: 0, codes: 0 });
  });

  test('known here in the first instant after the insert: the cookie is worth nothing', async () => {
    const visitor = new Visitor(world).atGoogle(ANA);
    const url = await visitor.callbackUrl();
    aroundBatch(world, 'after', () => suspend(world, ANA));
    const response = await visitor.ask(url);

    expect(response.status).toBe(302);
    expect(tokenOf(visitor)).not.toBe('');
    expect(await left()).toMatchObject({ sessions: 0 });
    expect(await visitor.session()).toBe(401);
  });

  test.each(['before', 'after'] as const)('a popup’s code dies the same way: %s', async (when) => {
    aroundBatch(world, when, () => suspend(world, ANA));
    const { code, verifier } = await openPopup(world, ANA);

    expect(code === '').toBe(when === 'before');
    expect(await left()).toMatchObject({ sessions: 0, codes: 0 });
    expect((await redeem(new Visitor(world), { code, verifier })).status).toBe(400);
  });

  test('between two looks of the sign-in: the later word counts', async () => {
    await suspend(world, ANA);
    const ana = idOf(world, ANA);
    world.google.workspace.silently(() => world.google.workspace.unsuspend(ANA));
    const visitor = new Visitor(world).atGoogle(ANA);
    const url = await visitor.callbackUrl();
    // Google has said "active" to the sign-in; before that is stored, a push says otherwise.
    const { fetch } = world.google;
    let isDone = false;
    world.google.fetch = async (request) => {
      const response = await fetch(request);
      if (!isDone && new URL(request.url).pathname.endsWith(`/users/${ana}`)) {
        isDone = true;
        await suspend(world, ANA);
      }
      return response;
    };

    expect(await endingOf(await visitor.ask(url))).toMatchObject({ reason: 'suspended' });
    expect(isDone).toBe(true);
    expect(await world.user(ana)).toMatchObject({ status: 'suspended', cause: 'push' });
    expect(await left()).toMatchObject({ sessions: 0 });
  });
});

describe('security 4: a suspension between hand-over and redemption wins', () => {
  test('the code is dead, also if the person is back by then', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(async () => {
        const { code, verifier } = await openPopup(world, ANA);
        return { code, verifier };
      }),
    );
    await suspend(world, ANA);
    expect((await redeem(new Visitor(world), one)).status).toBe(400);
    world.google.workspace.unsuspend(ANA);
    await learn(world, ANA);

    expect(await world.user(idOf(world, ANA))).toMatchObject({ status: 'active' });
    expect((await redeem(new Visitor(world), two)).status).toBe(400);
    expect(await left()).toMatchObject({ sessions: 0, codes: 0 });
  });

  test.each(['before', 'after'] as const)('in the very instant: %s', async (when) => {
    const { code, verifier } = await openPopup(world, ANA);
    const frame = new Visitor(world);
    aroundBatch(world, when, () => suspend(world, ANA));
    const response = await redeem(frame, { code, verifier });

    expect(response.status).toBe(when === 'before' ? 400 : 204);
    expect(frame.cookies.has(FRAME)).toBe(when === 'after');
    expect((await frame.ask('/embed/session')).status).toBe(401);
    expect(await left()).toMatchObject({ sessions: 0, codes: 0 });
  });
});

describe('security 3: old sessions stay dead', () => {
  test('of somebody deleted and brought back', async () => {
    const { ana, here } = await allIn();
    const token = tokenOf(here);
    world.google.workspace.remove(ana);
    await learn(world, ana, { event: 'delete' });
    expect(await world.user(ana)).toMatchObject({ status: 'deleted' });
    world.google.workspace.undelete(ana);
    await learn(world, ana, { event: 'undelete' });

    expect(await world.user(ana)).toMatchObject({ status: 'active' });
    expect(await statusWith(world, '/auth/session', `${SESSION}=${token}`)).toBe(401);
    expect(await leftOf(ana)).toBe(0);
    const { visitor: again } = await signIn(world, ANA);
    expect(await again.session()).toMatchObject({ user: { id: ana } });
  });

  test('of somebody whose own sign-in finds that they are active again', async () => {
    const { ana, here } = await allIn();
    const token = tokenOf(here);
    await suspend(world, ANA);
    world.google.workspace.silently(() => world.google.workspace.unsuspend(ANA));

    expect((await arrive(world, { sub: ana }, here)).status).toBe(302);
    expect(await statusWith(world, '/auth/session', `${SESSION}=${token}`)).toBe(401);
    expect(await here.session()).toMatchObject({ user: { id: ana } });
    expect(await leftOf(ana)).toBe(1);
  });
});
