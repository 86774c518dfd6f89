// Signing out, here or everywhere, and what cron sweeps of what is over.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import worker from '../../src/index.ts';
import { sweepExpired } from '../../src/sso/sweep.ts';
import { newSecret } from '../../src/sso/token.ts';
import {
  ADMIN,
  ANA,
  arrive,
  everybodyIn,
  FRAME,
  FRAMED,
  idOf,
  left,
  NOOR,
  openPopup,
  rows,
  SESSION,
  signIn,
  statusWith,
  tokenOf,
} from './signed-in.ts';
import { APP, createSignInWorld, Visitor } from './visitor.ts';
import { env, START_MS, type World } from './world.ts';

const HOUR = 3_600_000;
let world: World;
beforeEach(async () => {
  world = await createSignInWorld({ vars: FRAMED });
});

const ours = { origin: APP };
const logout = (visitor: Visitor, path = '/auth/logout') =>
  visitor.ask(path, { method: 'POST', headers: { ...ours, accept: '*/*' } });

describe('signing out', () => {
  async function allIn() {
    const everybody = await everybodyIn(world);
    // Whoever opens a popup is signed in in its window as well.
    expect(await left()).toMatchObject({ sessions: 7, codes: 2 });
    return everybody;
  }

  test('ends this session only', async () => {
    const { here, there, frame, noor } = await allIn();
    const token = tokenOf(here);
    const response = await logout(here);

    expect(response.status).toBe(204);
    expect(here.cookies.has(SESSION)).toBe(false);
    expect(await statusWith(world, '/auth/session', `${SESSION}=${token}`)).toBe(401);
    for (const visitor of [there, noor]) expect(await visitor.session()).not.toBe(401);
    expect((await frame.ask('/embed/session')).status).toBe(200);
    expect(await left()).toMatchObject({ sessions: 6, codes: 2 });
  });

  test('everywhere ends all of this person’s, frames and unused codes too, and nobody else’s', async () => {
    const { here, there, frame, handOver, noor } = await allIn();
    expect((await logout(here, '/auth/logout?everywhere=1')).status).toBe(204);

    for (const visitor of [here, there, handOver.popup]) expect(await visitor.session()).toBe(401);
    expect((await frame.ask('/embed/session')).status).toBe(401);
    expect(await noor.session()).toMatchObject({ user: { email: NOOR } });
    const whose = [...(await rows('sessions')), ...(await rows('hand_over_codes'))];
    expect(new Set(whose.map((row) => row['user_id']))).toEqual(new Set([idOf(world, NOOR)]));
    expect(await left()).toMatchObject({ sessions: 2, codes: 1 });
  });

  test('without a session or with one that is over ends nothing', async () => {
    const { here, frame } = await allIn();
    const framed = tokenOf(frame, FRAME);
    for (const path of ['/auth/logout', '/auth/logout?everywhere=1']) {
      for (const cookie of [
        '',
        `${SESSION}=${newSecret()}`,
        // Another kind of session is not this one's to end.
        `${SESSION}=${framed}`,
      ]) {
        const headers = { ...ours, accept: '*/*', cookie };
        const response = await new Visitor(world).ask(path, { method: 'POST', headers });
        expect(response.status).toBe(204);
      }
    }
    world.advance(12 * HOUR);
    await logout(here, '/auth/logout?everywhere=1');
    expect(await left()).toMatchObject({ sessions: 7, codes: 2 });
  });

  test('with two cookies ends both: one of them was planted', async () => {
    const { here, there } = await allIn();
    const cookie = [here, there].map((one) => `${SESSION}=${tokenOf(one)}`).join('; ');
    await new Visitor(world).ask('/auth/logout', { method: 'POST', headers: { ...ours, cookie } });

    expect([await here.session(), await there.session()]).toEqual([401, 401]);
    expect(await left()).toMatchObject({ sessions: 5 });
  });

  test('everywhere with a session that is over says that nothing was ended', async () => {
    const { visitor } = await signIn(world, ANA);
    world.advance(12 * HOUR);
    const headers = { ...ours, accept: 'text/html' };
    const path = '/auth/logout?everywhere=1';
    const response = await visitor.ask(path, { method: 'POST', headers });
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('You were signed out already');
  });

  test('signs this browser out while the database is away, and says what that is worth', async () => {
    const { visitor } = await signIn(world, ANA);
    const away = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'));
    const prepare = vi.spyOn(world.env.DB, 'batch').mockImplementation(away);
    const headers = { ...ours, accept: 'text/html' };
    const response = await visitor.ask('/auth/logout', { method: 'POST', headers });
    prepare.mockRestore();

    expect(response.status).toBe(503);
    expect(await response.text()).toContain('You are signed out in this browser');
    expect(visitor.cookies.has(SESSION)).toBe(false);
    expect(visitor.cookies.has('__Host-signed-out')).toBe(true);
  });
});

test('cron sweeps what has expired and leaves the rest', async () => {
  await arrive(world, { sub: '123456789012345' });
  await signIn(world, ANA);
  await openPopup(world, NOOR);
  expect(await left()).toEqual({ sessions: 2, codes: 1, refusals: 1 });
  const cron = async (atMs: number) => {
    world.clock.nowMs = START_MS + atMs;
    const context = { waitUntil() {}, passThroughOnException() {} } as unknown as ExecutionContext;
    const controller = { scheduledTime: world.clock.nowMs, cron: '*/5 * * * *', noRetry() {} };
    const passes = { create: async () => ({}) } as unknown as Workflow;
    await new Visitor(world).ask('/healthz');
    await worker.scheduled?.(controller, { ...world.env, RECONCILE: passes } as never, context);
    return left();
  };

  expect(await cron(59_999)).toEqual({ sessions: 2, codes: 1, refusals: 1 });
  expect(await cron(60_000)).toEqual({ sessions: 2, codes: 0, refusals: 0 });
  const { visitor } = await signIn(world, ADMIN);
  expect(await cron(12 * HOUR - 1)).toMatchObject({ sessions: 3 });
  expect(await cron(12 * HOUR)).toMatchObject({ sessions: 1 });
  expect(await visitor.session()).toMatchObject({ user: { email: ADMIN } });
});

test('cron sweeps 5,000 sessions at a time, and the rest the next time', async () => {
  const { visitor } = await signIn(world, ANA);
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001)
     INSERT INTO sessions SELECT printf('%043d', i), 'default', ?1, 'frame', 1, ?2 FROM n`,
  )
    .bind(idOf(world, ANA), START_MS)
    .run();
  const swept = () => world.logs.filter(({ event }) => event === 'sessions.swept');

  await sweepExpired(world.ports);
  expect(await left()).toMatchObject({ sessions: 2 });
  await sweepExpired(world.ports);
  expect(await left()).toMatchObject({ sessions: 1 });
  await sweepExpired(world.ports);
  expect(swept().map(({ fields }) => fields['sessions'])).toEqual([5_000, 1]);
  expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
});
