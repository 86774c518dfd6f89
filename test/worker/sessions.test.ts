// Sessions: what a token is and what is kept of it, how long it lives, what a read and a sign-in cost.
import { base64url } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { hashOf, newSecret } from '../../src/sso/token.ts';
import { countingD1, type D1Counts, noCounts } from '../bench/counting-d1.ts';
import {
  ANA,
  arrive,
  FRAME,
  FRAMED,
  idOf,
  learn,
  left,
  NOOR,
  openPopup,
  rows,
  SESSION,
  signIn,
  signInFramed,
  statusWith,
  suspend,
  tokenOf,
} from './signed-in.ts';
import { createSignInWorld, Visitor } from './visitor.ts';
import { env, START_MS, type World } from './world.ts';

const HOUR = 3_600_000;
let world: World;
beforeEach(async () => {
  world = await createSignInWorld({ vars: FRAMED });
});

/** Counts what the app asks D1 from here on. */
function countD1(): D1Counts {
  const counts = noCounts();
  world.env.DB = countingD1(env.DB, () => counts);
  return counts;
}

/** The attributes of a `Set-Cookie`, in no particular order. */
const attributes = (line = '') =>
  line
    .split(';')
    .slice(1)
    .map((one) => one.trim())
    .toSorted();

describe('security 3: a token', () => {
  test('is 256 bits, and two sign-ins have two', async () => {
    const tokens = [
      tokenOf((await signIn(world, ANA)).visitor),
      tokenOf((await signIn(world, ANA)).visitor),
    ];
    for (const token of tokens) expect(base64url.decode(token)).toHaveLength(32);
    expect(new Set(tokens).size).toBe(2);
    expect(await left()).toMatchObject({ sessions: 2 });
  });

  test('is nowhere in D1: only its SHA-256 is', async () => {
    const { code, verifier, popup } = await openPopup(world, ANA);
    const frame = await signInFramed(world, NOOR);
    const secrets = [tokenOf(popup), tokenOf(frame, FRAME), code, verifier];
    const { results } = await env.DB.prepare(
      `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'`,
    ).all<{ name: string }>();
    const everything = JSON.stringify(await Promise.all(results.map(({ name }) => rows(name))));

    for (const secret of secrets) {
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(everything).not.toContain(secret);
    }
    // The verifier's hash is the frame's challenge.
    for (const secret of secrets) expect(everything).toContain(await hashOf(secret));
  });

  test('comes in a cookie that only our own pages and no script can read', async () => {
    const { visitor } = await signIn(world, ANA);
    expect(attributes(visitor.cookies.get(SESSION)?.line)).toEqual(
      ['HttpOnly', 'Max-Age=43200', 'Path=/', 'SameSite=Lax', 'Secure'].toSorted(),
    );
  });

  test('that is no token is refused without asking D1', async () => {
    const token = tokenOf((await signIn(world, ANA)).visitor);
    const counts = countD1();
    const others = [
      '',
      token.slice(0, 42),
      `${token}A`,
      `${token}=`,
      `"${token}"`,
      `+${token.slice(1)}`,
      `/${token.slice(1)}`,
      `${token.slice(0, 20)} ${token.slice(21)}`,
      'A'.repeat(5_000),
      // The same bytes in another spelling: two bits of the last character don't count.
      token.slice(0, 42) + String.fromCharCode((token.codePointAt(42) ?? 0) + 1),
    ];
    for (const other of others)
      expect(await statusWith(world, '/auth/session', `${SESSION}=${other}`)).toBe(401);
    expect(counts.statements).toBe(0);
  });

  test('that nobody has is refused', async () => {
    const counts = countD1();
    expect(await statusWith(world, '/auth/session', `${SESSION}=${newSecret()}`)).toBe(401);
    expect(counts.statements).toBe(1);
  });

  test('that comes twice is refused, whichever is first, and also if both are the same', async () => {
    const [ana, noor] = [
      (await signIn(world, ANA)).visitor,
      (await signIn(world, NOOR)).visitor,
    ].map((v) => tokenOf(v));
    const counts = countD1();
    for (const [one, two] of [
      [ana, noor],
      [noor, ana],
      [ana, ana],
      [ana, ''],
    ]) {
      const cookie = `${SESSION}=${one}; ${SESSION}=${two}`;
      expect(await statusWith(world, '/auth/session', cookie)).toBe(401);
    }
    expect(counts.statements).toBe(0);
  });

  test('without __Host- is nobody’s', async () => {
    const token = tokenOf((await signIn(world, ANA)).visitor);
    expect(await statusWith(world, '/auth/session', `session=${token}`)).toBe(401);
  });
});

describe('security 3: a session', () => {
  test('says who is signed in, and nothing more', async () => {
    const { visitor } = await signIn(world, ANA);
    const response = await visitor.ask('/auth/session');

    expect(response.status).toBe(200);
    expect(await response.json()).toStrictEqual({
      user: {
        id: idOf(world, ANA),
        email: ANA,
        name: 'Ana Moreira',
        roles: (await world.user(ANA).then((row) => JSON.parse(row?.roles ?? ''))) as string[],
        isAdmin: false,
      },
      expiresAt: '2026-11-22T21:00:00.000Z',
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
    const names = [...response.headers.keys()];
    expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  test('lives for SESSION_TTL_HOURS, however much it is used', async () => {
    world = await createSignInWorld({ vars: { SESSION_TTL_HOURS: '2' } });
    const { visitor } = await signIn(world, ANA);
    expect(attributes(visitor.cookies.get(SESSION)?.line)).toContain('Max-Age=7200');
    const expiresAt = new Date(START_MS + 2 * HOUR).toISOString();

    for (const atMs of [HOUR, 2 * HOUR - 60_000, 2 * HOUR - 1]) {
      world.clock.nowMs = START_MS + atMs;
      expect(await visitor.session()).toMatchObject({ expiresAt });
    }
    for (const atMs of [2 * HOUR, 2 * HOUR + 1, 48 * HOUR]) {
      world.clock.nowMs = START_MS + atMs;
      expect(await visitor.session()).toBe(401);
    }
  });

  test('shows a new address, name, role and right at once', async () => {
    const { visitor } = await signIn(world, ANA);
    const { workspace } = world.google;
    const id = idOf(world, ANA);
    workspace.rename(ANA, 'ana.silva@example.test');
    workspace.update(id, {
      name: { familyName: 'Silva', fullName: 'Ana Silva' },
      customSchemas: { Roles: { auditor: true } },
    });
    workspace.makeAdmin(id, true);
    await learn(world, id);

    expect(await visitor.session()).toMatchObject({
      user: { id, email: 'ana.silva@example.test', name: 'Ana Silva', isAdmin: true },
    });
    expect(await visitor.session()).toMatchObject({
      user: { roles: ['Approver', 'Editor', 'auditor'] },
    });
    workspace.update(id, { customSchemas: { Roles: { Approver: false, auditor: false } } });
    workspace.makeAdmin(id, false);
    await learn(world, id);
    expect(await visitor.session()).toMatchObject({ user: { roles: ['Editor'], isAdmin: false } });
  });

  test('costs one statement to read and two rows, a stranger none', async () => {
    const { visitor } = await signIn(world, ANA);
    const counts = countD1();
    expect(await new Visitor(world).session()).toBe(401);
    expect(counts.statements).toBe(0);
    await visitor.session();
    expect(counts).toMatchObject({ statements: 1, roundTrips: 1, rowsRead: 2, rowsWritten: 0 });
  });

  // The trigger takes care that there is no such row; a read doesn't rely on it.
  test.each(['suspended', 'archived', 'deleted'])(
    'of somebody %s is nobody’s, even where no trigger has ended it',
    async (status) => {
      const [page, frame] = [(await signIn(world, ANA)).visitor, await signInFramed(world, ANA)];
      await env.DB.prepare('DROP TRIGGER sessions_die_with_the_account').run();
      await env.DB.prepare('UPDATE users SET status = ?2, deleted_ms = ?3 WHERE id = ?1')
        .bind(idOf(world, ANA), status, status === 'deleted' ? 1 : null)
        .run();

      expect(await left()).toMatchObject({ sessions: 3 });
      expect(await page.session()).toBe(401);
      expect((await frame.ask('/embed/session')).status).toBe(401);
    },
  );

  test('in the name of another directory is nobody’s, even where no trigger has refused it', async () => {
    const { visitor } = await signIn(world, ANA);
    await env.DB.batch([
      env.DB.prepare('DROP TRIGGER sessions_are_never_changed'),
      env.DB.prepare(`INSERT INTO directories (id, customer, admin_email) VALUES ('b', 'b', 'b')`),
      env.DB.prepare(`UPDATE sessions SET directory_id = 'b'`),
    ]);
    expect(await visitor.session()).toBe(401);
  });
});

describe('security 3: sign-in', () => {
  test('of somebody known and active costs at most three statements in one round trip', async () => {
    const { visitor } = await signIn(world, ANA);
    const counts = countD1();
    await new Visitor(world).atGoogle(ANA).callbackUrl();
    expect(counts.statements).toBe(0);

    await signIn(world, ANA);
    expect(counts).toMatchObject({ statements: 1, roundTrips: 1 });
    await visitor.ask(await visitor.callbackUrl());
    expect(counts).toMatchObject({ statements: 3, roundTrips: 2 });
    await openPopup(world, ANA);
    expect(counts).toMatchObject({ statements: 5, roundTrips: 3 });
    // Signed in already, and now for a frame: the session, the one it replaces, the code.
    const url = await visitor.callbackUrl(`/auth/login?embed=${newSecret()}`);
    await visitor.ask(url);
    expect(counts).toMatchObject({ statements: 8, roundTrips: 4 });
  });

  test('makes a new token and ends the presented one', async () => {
    const { visitor } = await signIn(world, ANA);
    const first = tokenOf(visitor);
    await visitor.ask(await visitor.callbackUrl());

    expect(tokenOf(visitor)).not.toBe(first);
    expect(await statusWith(world, '/auth/session', `${SESSION}=${first}`)).toBe(401);
    expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
    expect(await left()).toMatchObject({ sessions: 1 });
  });

  test('never goes on with a planted token', async () => {
    const planted = tokenOf((await signIn(world, NOOR)).visitor);
    const visitor = new Visitor(world).atGoogle(ANA);
    const url = await visitor.callbackUrl();
    visitor.cookies.set(SESSION, { value: planted, line: '' });
    await visitor.ask(url);

    expect(tokenOf(visitor)).not.toBe(planted);
    expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
    expect(await statusWith(world, '/auth/session', `${SESSION}=${planted}`)).toBe(401);

    // One that nobody has, too, is not taken over.
    const made = newSecret();
    const other = new Visitor(world).atGoogle(ANA);
    other.cookies.set(SESSION, { value: made, line: '' });
    await other.ask(await other.callbackUrl());
    expect(tokenOf(other)).not.toBe(made);
    expect(await statusWith(world, '/auth/session', `${SESSION}=${made}`)).toBe(401);
  });

  test('that is refused leaves the presented session alone', async () => {
    const { visitor } = await signIn(world, ANA);
    const token = tokenOf(visitor);
    for (const claims of [
      { hd: undefined },
      { sub: '123456789012345' },
      { sub: '12345678', hd: 'nobody.test' },
    ]) {
      expect((await arrive(world, claims, visitor)).status).toBe(403);
      expect(tokenOf(visitor)).toBe(token);
      expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
    }
    await suspend(world, NOOR);
    expect((await arrive(world, { sub: idOf(world, NOOR) }, visitor)).status).toBe(403);
    expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
    expect(await left()).toMatchObject({ sessions: 1 });
  });
});
