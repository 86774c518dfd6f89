// Who may enter, and what everybody else is told: each ending has its status, its reason on the page and in the log,
// and leaves no session behind.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyObservations } from '../../src/sync/apply.ts';
import { aDirectory, applyPorts, rawRow, seen, ticketOf } from './observed.ts';
import {
  ANA,
  arrive,
  directoryCalls,
  endingOf,
  idOf,
  type Line,
  learn,
  left,
  listenToLog,
  NOOR,
  rows,
  signIn,
  suspend,
  waitInWorldTime,
} from './signed-in.ts';
import { createSignInWorld, Visitor } from './visitor.ts';
import { env, type World } from './world.ts';

const NOBODY = '123456789012345';
let world: World;
let lines: Line[];

async function open(options: Parameters<typeof createSignInWorld>[0] = {}): Promise<void> {
  world = await createSignInWorld(options);
  world.advance(11 * 60_000);
  world.google.calls.length = 0;
  lines = listenToLog();
}
beforeEach(() => open());
afterEach(() => {
  // Ids and codes are enough: nobody's address is in the log.
  expect(JSON.stringify(lines)).not.toMatch(/@|example\.test|Moreira/);
});

const last = (): Partial<Line> => lines.at(-1) ?? {};

/** The callback ended with a refusal, said so in the log, and made no session. */
async function expectRefusal(response: Response, userId: string, reason: string): Promise<void> {
  expect(response.headers.getSetCookie().filter((line) => line.includes('session='))).toEqual([]);
  expect(await endingOf(response)).toMatchObject({ status: 403, reason });
  expect(last()).toMatchObject({ level: 'warn', event: 'sign-in.refused', userId, reason });
  expect((await rows('sessions')).filter((row) => row['user_id'] === userId)).toEqual([]);
}

/** At Google, and not known here. */
const newcomer = (address = 'new.hire@example.test') =>
  world.google.workspace.silently(() =>
    world.google.workspace.add({ primaryEmail: address, givenName: 'New', familyName: 'Hire' }),
  );

describe('somebody known and active', () => {
  test('enters without Google being asked about them', async () => {
    const { visitor: ana, response } = await signIn(world, ANA);
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
    expect(directoryCalls(world)).toBe(0);
    const userId = idOf(world, ANA);
    expect(last()).toEqual({
      level: 'info',
      event: 'sign-in.admitted',
      userId,
      directoryId: 'default',
      requestId: response.headers.get('x-request-id'),
    });
  });

  test('of a secondary domain enters, too', async () => {
    const { visitor: frida } = await signIn(world, 'frida@example-studio.test');
    expect(await frida.session()).toMatchObject({ user: { email: 'frida@example-studio.test' } });
  });
});

describe('security 3: somebody unknown here is looked at once in the directory that holds their domain', () => {
  test.each(['new.hire@example.test', 'new.hire@example-studio.test'])(
    'and enters if Google knows them: %s',
    async (address) => {
      const { id } = newcomer(address);
      const { visitor } = await signIn(world, address);

      expect(await visitor.session()).toMatchObject({ user: { id, email: address } });
      expect(await world.user(id)).toMatchObject({ status: 'active', cause: 'sign-in' });
      const events = await world.events(id);
      expect(events).toMatchObject([{ type: 'user.created', cause: 'sign-in' }]);
      expect(directoryCalls(world)).toBe(1);
      expect((await left()).refusals).toBe(0);
    },
  );

  test('whatever the case of the domain, in the token or in the row', async () => {
    const { id } = newcomer();
    await env.DB.prepare('UPDATE users SET email = upper(email)').run();
    expect((await arrive(world, { sub: id, hd: 'Example.TEST' })).status).toBe(302);
  });

  test('and is refused for 60 seconds if Google does not, without being asked about again', async () => {
    const seconds = [0, 30, 59.999, 60];
    const calls: number[] = [];
    const beganMs = world.clock.nowMs;
    for (const after of seconds) {
      world.clock.nowMs = beganMs + after * 1000;
      await expectRefusal(await arrive(world, { sub: NOBODY }), NOBODY, 'not-in-directory');
      calls.push(directoryCalls(world));
    }
    expect(calls).toEqual([1, 1, 1, 2]);
    expect(await rawRow(NOBODY)).toBeNull();
    // The second no counts for 60 seconds of its own.
    const untilMs = beganMs + 120_000;
    const refusal = { user_id: NOBODY, directory_id: 'default', reason: 'not-in-directory' };
    expect(await rows('sign_in_refusals')).toEqual([{ ...refusal, until_ms: untilMs }]);
  });

  test('and enters in each of several tabs, with one row made', async () => {
    const { id } = newcomer();
    const tabs = [1, 2, 3].map(() => new Visitor(world).atGoogle(id));
    const urls = await Promise.all(tabs.map((tab) => tab.callbackUrl()));
    const answers = await Promise.all(tabs.map((tab, i) => tab.ask(urls[i] ?? '')));

    expect(answers.map(({ status }) => status)).toEqual([302, 302, 302]);
    expect(await world.events(id)).toMatchObject([{ type: 'user.created' }]);
  });

  test('one person’s refusal is not another’s', async () => {
    await arrive(world, { sub: NOBODY });
    const { id } = newcomer();
    expect((await arrive(world, { sub: id })).status).toBe(302);
  });

  test('and enters at once within those 60 seconds when a push has made them known', async () => {
    const { id } = newcomer();
    world.google.faults.newUserDelayMs = 10_000;
    await expectRefusal(await arrive(world, { sub: id }), id, 'not-in-directory');
    world.advance(10_000);
    await expectRefusal(await arrive(world, { sub: id }), id, 'not-in-directory');
    await learn(world, id, { event: 'add' });

    const { visitor } = await signIn(world, 'new.hire@example.test');
    expect(await visitor.session()).toMatchObject({ user: { id } });
  });

  test('and is refused with the row made, if they are suspended at Google by then', async () => {
    const { id } = newcomer();
    const visitor = new Visitor(world).atGoogle('new.hire@example.test');
    const url = await visitor.callbackUrl();
    world.google.workspace.silently(() => world.google.workspace.suspend(id));

    await expectRefusal(await visitor.ask(url), id, 'suspended');
    expect(await world.user(id)).toMatchObject({ status: 'suspended', cause: 'sign-in' });
  });

  test('and is refused if their profile is too large to keep', async () => {
    const { id } = newcomer();
    world.google.workspace.raw(id, { customSchemas: { Big: { text: 'x'.repeat(300_000) } } });
    await expectRefusal(await arrive(world, { sub: id }), id, 'profile-too-large');
    await expectRefusal(await arrive(world, { sub: id }), id, 'profile-too-large');
    expect(directoryCalls(world)).toBe(1);
    expect(await rawRow(id)).toBeNull();
  });
});

describe('security 3: somebody known and not active', () => {
  test.each(['suspended', 'archived'] as const)('%s here and at Google is refused', async (is) => {
    const id = idOf(world, ANA);
    world.google.workspace.update(id, { [is]: true });
    await learn(world, id);
    world.google.calls.length = 0;

    await expectRefusal(await arrive(world, { sub: id }), id, is);
    await expectRefusal(await arrive(world, { sub: id }), id, is);
    expect(directoryCalls(world)).toBe(1);
  });

  test.each(['suspended', 'archived'] as const)(
    '%s here and active at Google enters',
    async (is) => {
      const id = idOf(world, ANA);
      const { workspace } = world.google;
      workspace.update(id, { [is]: true });
      await learn(world, id);
      // The push that says so is lost.
      workspace.silently(() => workspace.update(id, { [is]: false }));

      const { visitor } = await signIn(world, ANA);
      expect(await visitor.session()).toMatchObject({ user: { id } });
      expect(await world.user(id)).toMatchObject({ status: 'active', cause: 'sign-in' });
      const newest = (await world.events(id)).at(-1);
      expect(newest).toMatchObject({ type: 'user.reactivated', cause: 'sign-in' });
    },
  );

  test('deleted here is refused, and enters once Google has them again', async () => {
    const id = idOf(world, ANA);
    world.google.workspace.remove(id);
    await learn(world, id, { event: 'delete' });
    expect(await world.user(id)).toMatchObject({ status: 'deleted' });

    await expectRefusal(await arrive(world, { sub: id }), id, 'deleted');
    world.google.workspace.silently(() => world.google.workspace.undelete(id));
    await expectRefusal(await arrive(world, { sub: id }), id, 'deleted');
    world.advance(60_000);
    expect((await arrive(world, { sub: id })).status).toBe(302);
    expect(await world.user(id)).toMatchObject({ status: 'active', cause: 'sign-in' });
  });

  test('suspended here and gone at Google is deleted here, after a second look', async () => {
    const id = idOf(world, ANA);
    await suspend(world, ANA);
    world.google.workspace.silently(() => world.google.workspace.remove(id));
    world.google.calls.length = 0;
    waitInWorldTime(world);

    await expectRefusal(await arrive(world, { sub: id }), id, 'deleted');
    expect(directoryCalls(world)).toBe(2);
    expect(await world.user(id)).toMatchObject({ status: 'deleted', cause: 'sign-in' });
  });
});

describe('security 3: nobody is asked about', () => {
  afterEach(() => expect(directoryCalls(world)).toBe(0));

  test('somebody of an organisation that no directory holds', async () => {
    const response = await arrive(world, { sub: NOBODY, hd: 'other-company.test' });
    await expectRefusal(response, NOBODY, 'other-organisation');
    expect((await left()).refusals).toBe(0);
  });

  test('somebody whose domain only looks like one of ours', async () => {
    const { id } = newcomer();
    for (const hd of ['test', 'ample.test', 'xexample.test', 'example.test.evil.test', '%', '@'])
      await expectRefusal(await arrive(world, { sub: id, hd }), id, 'other-organisation');
  });

  test('somebody of a domain in which nobody is left', async () => {
    const one = `UPDATE users SET status = 'deleted', deleted_ms = 1 WHERE email LIKE ?1`;
    await env.DB.prepare(one).bind('%@example-studio.test').run();
    const response = await arrive(world, { sub: NOBODY, hd: 'example-studio.test' });
    await expectRefusal(response, NOBODY, 'other-organisation');
  });

  test('a consumer account, although its address is at our domain', async () => {
    const email = 'freelance@example.test';
    const account = world.google.openid.accounts.find(email);
    expect(account).toMatchObject({ hd: null });
    const accountId = account?.id ?? '';
    const [client] = world.google.openid.clients.all;
    const scopes = ['openid', 'email', 'profile'];
    world.google.openid.grants.consent({ clientId: client?.clientId ?? '', accountId, scopes });
    const visitor = new Visitor(world).atGoogle(email);
    const response = await visitor.ask(await visitor.callbackUrl());
    await expectRefusal(response, accountId, 'consumer-account');
    // Not even if the id were known here and active.
    const known = idOf(world, ANA);
    await expectRefusal(await arrive(world, { sub: known, hd: '' }), known, 'consumer-account');
  });

  test('somebody whose address Google has not verified', async () => {
    const id = idOf(world, ANA);
    for (const claim of [false, undefined, 'true', 1]) {
      const response = await arrive(world, { sub: id, email_verified: claim });
      await expectRefusal(response, id, 'email-not-verified');
    }
  });

  test('somebody whose domain two directories hold', async () => {
    await aDirectory('elsewhere');
    const look = { ticket: await ticketOf('elsewhere'), nowMs: 1 };
    const other = seen('555555555555', { primaryEmail: 'someone@example.test' });
    await applyObservations(applyPorts, 'elsewhere', look, [other]);
    const { id } = newcomer();

    await expectRefusal(await arrive(world, { sub: id }), id, 'other-organisation');
    await env.DB.prepare(`UPDATE users SET status = 'archived' WHERE id = ?1`)
      .bind(idOf(world, NOOR))
      .run();
    const noor = idOf(world, NOOR);
    await expectRefusal(await arrive(world, { sub: noor }), noor, 'archived');
  });

  test('anybody before the first import', async () => {
    await open({ import: false });
    const ending = await endingOf(await arrive(world, { sub: NOBODY }));
    expect(ending).toEqual({ status: 503, reason: 'importing', offersAgain: true });
    const undecided = { event: 'sign-in.ended', userId: NOBODY, code: 'importing' };
    expect(lines).toContainEqual(expect.objectContaining(undecided));
    expect(await left()).toEqual({ sessions: 0, codes: 0, refusals: 0 });
  });

  test('somebody of another domain where GOOGLE_DOMAIN is set', async () => {
    await open({ vars: { GOOGLE_DOMAIN: 'example.test' } });
    const frida = idOf(world, 'frida@example-studio.test');
    const visitor = new Visitor(world).atGoogle(frida);
    const response = await visitor.ask(await visitor.callbackUrl());
    await expectRefusal(response, frida, 'other-organisation');
  });
});

test('security 3: somebody outside GOOGLE_DOMAIN is refused, whatever the token says of them', async () => {
  await open({ vars: { GOOGLE_DOMAIN: 'example.test' } });
  const frida = idOf(world, 'frida@example-studio.test');
  await expectRefusal(await arrive(world, { sub: frida }), frida, 'not-in-directory');
  expect(directoryCalls(world)).toBe(1);
  expect(await rawRow(frida)).toBeNull();
});

test('security 3: nobody is found by address', async () => {
  const before = await rawRow(idOf(world, ANA));
  await expectRefusal(await arrive(world, { sub: NOBODY, email: ANA }), NOBODY, 'not-in-directory');
  expect(await rawRow(idOf(world, ANA))).toEqual(before);
});

test('security 6: a person whose id another directory holds is not taken over', async () => {
  await aDirectory('elsewhere');
  const { id } = newcomer();
  const look = { ticket: await ticketOf('elsewhere'), nowMs: 1 };
  const theirs = seen(id, { primaryEmail: 'x@elsewhere.test', suspended: true });
  await applyObservations(applyPorts, 'elsewhere', look, [theirs]);
  const before = await rawRow(id);

  await expectRefusal(await arrive(world, { sub: id }), id, 'other-organisation');
  expect(await rawRow(id)).toEqual(before);
});
