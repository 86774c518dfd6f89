// Signing in inside a frame, over HTTP: the popup's one-time code, the frame's cookie, and how little it is worth.
import { beforeEach, describe, expect, test } from 'vitest';
import { hashOf, newSecret } from '../../src/sso/token.ts';
import {
  ANA,
  endingOf,
  FRAME,
  FRAMED,
  type HandOver,
  idOf,
  left,
  NOOR,
  openPopup,
  redeem,
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

const statusOf = async (body: unknown, headers: Record<string, string> = {}) =>
  (await redeem(new Visitor(world), body, headers)).status;
const both = ({ code, verifier }: HandOver) => ({ code, verifier });

describe('security 4: without EMBED_ANCESTORS', () => {
  test('there is nothing under /embed, and no sign-in for a frame', async () => {
    world = await createSignInWorld();
    const visitor = new Visitor(world);
    const paths = ['sample', 'session', 'sign-in.js', ''].map((name) => `/embed/${name}`);
    for (const path of [...paths, '/embed']) expect((await visitor.ask(path)).status).toBe(404);
    const body = { code: newSecret(), verifier: newSecret() };
    expect((await redeem(visitor, body)).status).toBe(404);
    const login = await visitor.ask(`/auth/login?embed=${newSecret()}`);
    expect(login.status).toBe(404);
    expect(login.headers.getSetCookie()).toEqual([]);
    const embed = await visitor.ask('/embed/sample');
    expect(embed.headers.get('content-security-policy')).toContain(`frame-ancestors 'none'`);
  });

  test('a frame’s token from before is worth nothing', async () => {
    const token = tokenOf(await signInFramed(world, ANA), FRAME);
    expect(await statusWith(world, '/embed/session', `${FRAME}=${token}`)).toBe(200);
    world.env['EMBED_ANCESTORS'] = '';
    // The configuration is read once from each environment.
    world.env = { ...world.env };
    expect(await statusWith(world, '/embed/session', `${FRAME}=${token}`)).toBe(404);
  });
});

describe('security 4: the exchange', () => {
  test('ends with a session in the frame, and one in the window', async () => {
    const { code, verifier, popup, page } = await openPopup(world, ANA);
    expect(page.status).toBe(200);
    expect(code).toMatch(/^[\w-]{43}$/);
    expect(await page.text()).toContain('<script src="/embed/sign-in.js"');
    expect(page.headers.get('cross-origin-opener-policy')).toBe('unsafe-none');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await popup.session()).toMatchObject({ user: { email: ANA } });
    expect(popup.cookies.has(FRAME)).toBe(false);

    const frame = new Visitor(world);
    const response = await redeem(frame, { code, verifier });
    expect(response.status).toBe(204);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const [line = '', ...others] = response.headers.getSetCookie();
    expect(others).toEqual([]);
    const [pair, ...attributes] = line.split('; ');
    expect(pair).toMatch(/^__Host-embed=[\w-]{43}$/);
    expect(attributes.toSorted()).toEqual(
      ['HttpOnly', 'Max-Age=43200', 'Partitioned', 'Path=/', 'SameSite=None', 'Secure'].toSorted(),
    );
    const session = await frame.ask('/embed/session');
    expect(await session.json()).toStrictEqual({
      user: expect.objectContaining({ id: idOf(world, ANA), email: ANA }),
      expiresAt: new Date(START_MS + 12 * HOUR).toISOString(),
    });
    expect(await (await frame.ask('/embed/sample')).text()).toContain(ANA);
    expect(await left()).toMatchObject({ sessions: 2, codes: 0 });
  });

  test('keeps only hashes of the code and the verifier, and the code for 60 seconds', async () => {
    const { code, verifier } = await openPopup(world, ANA);
    expect(await rows('hand_over_codes')).toEqual([
      {
        code_hash: await hashOf(code),
        challenge: await hashOf(verifier),
        directory_id: 'default',
        user_id: idOf(world, ANA),
        created_ms: START_MS,
        expires_ms: START_MS + 60_000,
      },
    ]);
    const [first, second] = [both(await openPopup(world, ANA)), both(await openPopup(world, ANA))];
    world.advance(59_999);
    expect(await statusOf(first)).toBe(204);
    world.advance(1);
    expect(await statusOf(second)).toBe(400);
    expect((await rows('sessions')).filter(({ kind }) => kind === 'frame')).toHaveLength(1);
  });

  test('takes a code once', async () => {
    const handOver = both(await openPopup(world, ANA));
    expect(await statusOf(handOver)).toBe(204);
    expect(await statusOf(handOver)).toBe(400);
    const again = both(await openPopup(world, ANA));
    const statuses = await Promise.all([statusOf(again), statusOf(again), statusOf(again)]);
    expect(statuses.toSorted()).toEqual([204, 400, 400]);
  });

  test('with a wrong verifier is refused, and the code is burnt', async () => {
    const { code, verifier } = await openPopup(world, ANA);
    const frame = new Visitor(world);
    const response = await redeem(frame, { code, verifier: newSecret() });
    expect(response.status).toBe(400);
    expect(frame.cookies.size).toBe(0);
    expect(await statusOf({ code, verifier })).toBe(400);
    expect((await left()).codes).toBe(0);
  });

  test('gives nobody a session for another frame’s code', async () => {
    const [ana, noor] = [await openPopup(world, ANA), await openPopup(world, NOOR)];
    expect(await statusOf({ code: ana.code, verifier: noor.verifier })).toBe(400);
    // Noor's own code has not been touched.
    expect(await statusOf(both(noor))).toBe(204);
  });

  test('takes the challenge for no verifier', async () => {
    const { code, verifier } = await openPopup(world, ANA);
    expect(await statusOf({ code, verifier: await hashOf(verifier) })).toBe(400);
  });

  // The triggers take care that there is no such code; the redemption doesn't rely on them.
  test.each([
    `UPDATE users SET status = 'suspended'`,
    `UPDATE hand_over_codes SET directory_id = 'b'`,
  ])('asks for an active person of the code’s directory itself: %s', async (change) => {
    const handOver = both(await openPopup(world, ANA));
    await env.DB.batch(
      [
        'DROP TRIGGER sessions_die_with_the_account',
        'DROP TRIGGER hand_over_codes_are_never_changed',
        `INSERT INTO directories (id, customer, admin_email) VALUES ('b', 'b', 'b')`,
        change,
      ].map((sql) => env.DB.prepare(sql)),
    );
    expect(await statusOf(handOver)).toBe(400);
    expect((await rows('sessions')).filter(({ kind }) => kind === 'frame')).toEqual([]);
  });

  test('ends the frame’s session of before, and only if the new one is made', async () => {
    const frame = await signInFramed(world, NOOR);
    const first = tokenOf(frame, FRAME);
    const { code, verifier } = await openPopup(world, ANA);
    expect((await redeem(frame, { code: newSecret(), verifier })).status).toBe(400);
    expect(tokenOf(frame, FRAME)).toBe(first);
    expect((await frame.ask('/embed/session')).status).toBe(200);

    expect((await redeem(frame, { code, verifier })).status).toBe(204);
    expect(tokenOf(frame, FRAME)).not.toBe(first);
    expect(await statusWith(world, '/embed/session', `${FRAME}=${first}`)).toBe(401);
    expect(await (await frame.ask('/embed/session')).json()).toMatchObject({
      user: { email: ANA },
    });
  });

  test('gives no code to somebody who may not enter', async () => {
    const verifier = newSecret();
    const popup = new Visitor(world).atGoogle(ANA);
    const challenge = await hashOf(verifier);
    const url = await popup.callbackUrl(`/auth/login?embed=${challenge}`);
    await suspend(world, ANA);
    const page = await popup.ask(url);
    expect(page.headers.getSetCookie().join()).not.toContain('session=');
    const text = await page.clone().text();
    expect(text).not.toContain('data-hand-over');
    // Another try is for the same frame.
    expect(text).toContain(`embed=${challenge}`);
    expect(await endingOf(page)).toMatchObject({ status: 403, reason: 'suspended' });
    expect(await left()).toMatchObject({ sessions: 0, codes: 0 });
  });

  test.each(['', 'x', `${'A'.repeat(43)}A`, 'A'.repeat(42), `${'A'.repeat(42)}B`, '../../x'])(
    'begins with a challenge and nothing else: "%s"',
    async (challenge) => {
      const response = await new Visitor(world).ask(`/auth/login?embed=${challenge}`);
      expect(response.status).toBe(404);
    },
  );
});

describe('security 4: the redemption’s body', () => {
  test('that is no code with its verifier is refused, and costs no code', async () => {
    const { code, verifier } = await openPopup(world, ANA);
    const bodies = [
      '',
      'null',
      '[]',
      '"x"',
      '{',
      {},
      { code },
      { verifier },
      { code: [code], verifier },
      { code, verifier: { toString: verifier } },
      { code, verifier: 1 },
      { code: `${code}=`, verifier },
      { code: ` ${code}`, verifier },
      { code: code.slice(1), verifier },
      `code=${code}&verifier=${verifier}`,
    ];
    for (const body of bodies) expect(await statusOf(body)).toBe(400);
    expect(await statusOf({ code, verifier })).toBe(204);
  });

  test('of more than 4 KiB is refused, whether it says so or not', async () => {
    const { code, verifier } = await openPopup(world, ANA);
    const fits = JSON.stringify({ code, verifier, more: '' });
    const ofSize = (bytes: number) =>
      JSON.stringify({ code, verifier, more: 'x'.repeat(bytes - fits.length) });
    expect(await statusOf(ofSize(4097))).toBe(413);
    const said = { 'content-length': '4097' };
    expect(await statusOf(ofSize(4097), said)).toBe(413);
    expect(await statusOf(ofSize(4096))).toBe(204);
  });

  test('counts only from our own page, whatever its content type', async () => {
    const handOver = both(await openPopup(world, ANA));
    const refused: Record<string, string>[] = [
      { origin: 'https://sites.google.com' },
      { origin: 'null' },
      { origin: 'https://people.rollcall.example:8443' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://sites.google.com', 'content-type': 'text/plain' },
    ];
    for (const headers of refused) expect(await statusOf(handOver, headers)).toBe(403);
    expect((await left()).codes).toBe(1);
    expect(await statusOf(handOver, { 'content-type': 'text/plain' })).toBe(204);
  });
});

describe('security 4: the frame’s session', () => {
  test('counts under /embed only, and a window’s not there', async () => {
    const frame = tokenOf(await signInFramed(world, ANA), FRAME);
    const page = tokenOf((await signIn(world, ANA)).visitor);
    const expected: [path: string, cookie: string, status: number][] = [
      ['/embed/session', `${FRAME}=${frame}`, 200],
      ['/auth/session', `${SESSION}=${page}`, 200],
      ['/auth/session', `${FRAME}=${frame}`, 401],
      ['/auth/session', `${SESSION}=${frame}`, 401],
      ['/embed/session', `${SESSION}=${page}`, 401],
      ['/embed/session', `${FRAME}=${page}`, 401],
      ['/embed/session', `${FRAME}=${frame}; ${FRAME}=${frame}`, 401],
    ];
    for (const [path, cookie, status] of expected)
      expect([path, cookie, await statusWith(world, path, cookie)]).toEqual([path, cookie, status]);

    for (const [path, cookie] of [
      ['/', `${FRAME}=${frame}`],
      ['/', `${SESSION}=${frame}`],
      ['/embed/sample', `${SESSION}=${page}`],
      ['/embed/sample', `${FRAME}=${page}`],
    ] as const) {
      const response = await new Visitor(world).ask(path, { headers: { cookie } });
      expect(response.status).toBe(200);
      expect(await response.text()).not.toContain(ANA);
    }
  });

  test('lives as long as any other', async () => {
    const frame = await signInFramed(world, ANA);
    world.advance(12 * HOUR - 1);
    expect((await frame.ask('/embed/session')).status).toBe(200);
    world.advance(1);
    expect((await frame.ask('/embed/session')).status).toBe(401);
  });
});

test('security 4: everything under /embed may be framed by the list and nobody else', async () => {
  const ancestors = ['https://sites.google.com', 'https://intranet.example.com'];
  world = await createSignInWorld({ vars: { EMBED_ANCESTORS: ancestors.join(' ') } });
  const frame = await signInFramed(world, ANA);
  for (const path of ['/embed/sample', '/embed/session', '/embed/sign-in.js', '/embed/nothing']) {
    for (const visitor of [frame, new Visitor(world)]) {
      const { headers } = await visitor.ask(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(
        /(^|; )frame-ancestors https:\/\/sites\.google\.com https:\/\/intranet\.example\.com(;|$)/,
      );
      expect(policy.split('frame-ancestors')).toHaveLength(2);
      expect(headers.has('x-frame-options')).toBe(false);
      expect(headers.get('cache-control')).toBe(
        path.endsWith('.js') ? 'public, max-age=300' : 'no-store',
      );
      expect(headers.has('access-control-allow-origin')).toBe(false);
    }
  }
  for (const path of ['/', '/auth/session', '/auth/login', '/embedded', '/healthz']) {
    const { headers } = await frame.ask(path);
    expect(headers.get('content-security-policy')).toContain(`frame-ancestors 'none'`);
    expect(headers.get('x-frame-options')).toBe('DENY');
  }
});
