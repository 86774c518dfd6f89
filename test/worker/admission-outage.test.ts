// Who may enter while Google's Directory can't be read: whoever is known and active does; of nobody else is anything
// concluded, and the next try may succeed.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  ADMIN,
  ANA,
  aroundBatch,
  arrive,
  endingOf,
  idOf,
  type Line,
  learn,
  left,
  listenToLog,
  signIn,
  suspend,
} from './signed-in.ts';
import { createSignInWorld } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
let lines: Line[];
beforeEach(async () => {
  world = await createSignInWorld();
  world.advance(11 * 60_000);
  lines = listenToLog();
});

/** At Google, and not known here. */
const newcomer = (address = 'new.hire@example.test') =>
  world.google.workspace.silently(() =>
    world.google.workspace.add({ primaryEmail: address, givenName: 'New', familyName: 'Hire' }),
  );

async function expectNotDecided(response: Response, userId: string, code: string): Promise<void> {
  expect(response.headers.get('retry-after')).toBe('60');
  expect(await endingOf(response)).toMatchObject({
    status: 503,
    reason: 'unavailable',
    offersAgain: true,
  });
  expect(lines).toContainEqual(
    expect.objectContaining({ event: 'sign-in.ended', reason: 'unavailable', userId, code }),
  );
  expect(await left()).toEqual({ sessions: 0, codes: 0, refusals: 0 });
}

describe('while the Directory API is out of reach', () => {
  const failures: [string, () => void, string][] = [
    ['503', () => world.google.faults.failNext('get', '503', Infinity), 'backendError'],
    ['429', () => world.google.faults.failNext('get', '429', Infinity), 'rateLimitExceeded'],
    ['HTML', () => world.google.faults.failNext('get', '404 html', Infinity), 'html-response'],
    ['nothing', () => world.google.faults.failNext('get', 'dropped connection', 9), 'network'],
    ['no answer in time', () => givesUpAtOnce(), 'timeout'],
    [
      'no right to read',
      () => world.google.faults.failNext('get', '403 forbidden', 9),
      'forbidden',
    ],
  ];
  function givesUpAtOnce() {
    world.google.faults.failNext('get', 'slow');
    const real = AbortSignal.timeout.bind(AbortSignal);
    const late = AbortSignal.abort(new DOMException('', 'TimeoutError'));
    // Only a get of one person has these eight seconds.
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => (ms === 8_000 ? late : real(ms)));
  }

  test.each(failures)('%s: who is known enters, others try again', async (_, fail, code) => {
    const { id } = newcomer();
    fail();
    await expectNotDecided(await arrive(world, { sub: id }), id, code);
    const { visitor: ana } = await signIn(world, ANA);
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });

    vi.restoreAllMocks();
    lines = listenToLog();
    world.google.faults.reset();
    const { visitor } = await signIn(world, 'new.hire@example.test');
    expect(await visitor.session()).toMatchObject({ user: { id } });
  });

  test('because our credential is revoked: the operator is told, who is known enters', async () => {
    const { id } = newcomer();
    world.google.tokens.revokeAll();
    world.google.accounts.first.condition = 'disabled';
    const response = await arrive(world, { sub: id });
    const problem = lines.find(({ event }) => event === 'directory.problem');

    expect(problem).toMatchObject({
      directoryId: 'default',
      code: expect.stringMatching(/^token-/),
    });
    await expectNotDecided(response, id, String(problem?.['code']));
    expect(await (await signIn(world, ADMIN)).visitor.session()).toMatchObject({
      user: { email: ADMIN },
    });
  });

  test('somebody suspended here stays out, and is told to try again', async () => {
    await suspend(world, ANA);
    world.google.faults.failNext('get', '503', Infinity);
    const id = idOf(world, ANA);
    await expectNotDecided(await arrive(world, { sub: id }), id, 'backendError');
    expect(await world.user(id)).toMatchObject({ status: 'suspended' });
  });

  test('somebody so new that Google may not show them yet is told to try again', async () => {
    const { id } = newcomer();
    expect((await arrive(world, { sub: id })).status).toBe(302);
    await suspend(world, id);
    world.google.workspace.silently(() => world.google.workspace.remove(id));
    await expectNotDecided(await arrive(world, { sub: id }), id, 'young');
    expect(await world.user(id)).toMatchObject({ status: 'suspended' });
  });
});

test('somebody who becomes active while they are being refused is told to try again', async () => {
  const { workspace } = world.google;
  await suspend(world, ANA);
  const id = idOf(world, ANA);
  // The session, who it is, what Google says, the session again; the fifth transaction asks why not.
  const back = async () => {
    workspace.unsuspend(ANA);
    await learn(world, ANA);
  };
  aroundBatch(world, 'before', back, 5);
  await expectNotDecided(await arrive(world, { sub: id }), id, 'changed-meanwhile');
  expect((await arrive(world, { sub: id })).status).toBe(302);
});
