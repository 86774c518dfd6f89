// What a browser carries between /auth/login and /auth/callback, and the callbacks that don't fit it.
import { EncryptJWT } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Config } from '../../src/config.ts';
import { deriveEncryptionKey, type KeyPurpose } from '../../src/keys.ts';
import { type LoginAttempt, openAttempt, sealAttempt } from '../../src/sso/login-attempt.ts';
import { expectNobody, expectSignedIn, NO_ATTEMPT, NOT_BELIEVED } from './sign-in-endings.ts';
import { ANA, changed, codesOf, forgeClaims, type Line, listenToLog } from './signed-in.ts';
import {
  APP,
  type Cookie,
  createSignInWorld,
  OAUTH_CLIENT,
  setCookies,
  Visitor,
} from './visitor.ts';
import { reopenWorld, type World } from './world.ts';

const LOGIN = '__Host-login-';
const OTHER_SECRET = 'Zp0oI9uY8tR7eW6qA5sD4fG3hJ2kL1zX';

let world: World;
let lines: Line[];
let ana: Visitor;
beforeAll(async () => {
  world = await createSignInWorld();
});
beforeEach(() => {
  lines = listenToLog();
  ana = new Visitor(world).atGoogle(ANA);
});
afterEach(() => {
  world.google.openid.forge = null;
  world.google.openid.callbackIss = null;
  world.google.openid.silentError = 'interaction_required';
});

const attempts = (visitor: Visitor): [string, Cookie][] =>
  [...visitor.cookies].filter(([name]) => name.startsWith(LOGIN));

/** The only attempt of a visitor. */
function attemptOf(visitor: Visitor): { name: string; value: string } {
  const [found, ...others] = attempts(visitor);
  if (!found || others.length > 0) throw new Error(`${1 + others.length} attempts`);
  return { name: found[0], value: found[1].value };
}

const put = (visitor: Visitor, name: string, value: string) =>
  visitor.cookies.set(name, { value, line: '' });

/** Somebody who has begun, with the attempt's content. */
async function begun() {
  const url = await ana.callbackUrl();
  const { name, value } = attemptOf(ana);
  const content = await openAttempt(world.config, value, world.clock.nowMs);
  if (content === null) throw new Error('the cookie can’t be opened');
  return { url, name, value, content };
}

const nameOf = (url: string) => LOGIN + new URL(url).searchParams.get('state')?.slice(0, 12);

describe('security 3: the login cookie', () => {
  test('has exactly these attributes, and a name of its own for each attempt', async () => {
    const response = await ana.ask('/auth/login');
    const state = new URL(response.headers.get('location') ?? '').searchParams.get('state');
    const [line = '', ...others] = setCookies(response);
    const [pair = '', ...attributes] = line.split('; ');
    expect(others).toEqual([]);
    expect(pair).toMatch(
      new RegExp(`^__Host-login-${state?.slice(0, 12)}=[A-Za-z0-9_.-]{300,1000}$`),
    );
    expect(attributes.toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=600',
      'Path=/',
      'SameSite=Lax',
      'Secure',
    ]);
  });

  test('shows nothing of what it holds', async () => {
    const { value, content } = await begun();
    const [header = ''] = value.split('.');
    expect(JSON.parse(atob(header))).toEqual({ alg: 'dir', enc: 'A256GCM' });
    for (const secret of [content.codeVerifier, content.nonce, content.state]) {
      expect(value).not.toContain(secret);
    }
  });

  test.each<[outcome: string, status: number, arrange: (url: string) => string]>([
    ['somebody is signed in', 302, (url) => url],
    ['somebody declines', 403, (url) => changed(url, { code: null, error: 'access_denied' })],
    [
      'the person is refused',
      403,
      (url) => {
        forgeClaims(world, { hd: undefined });
        return url;
      },
    ],
    [
      'Google’s answer is not believed',
      400,
      (url) => {
        forgeClaims(world, { nonce: 'another' });
        return url;
      },
    ],
    [
      'Google does not answer',
      503,
      (url) => {
        world.google.faults.failNext('code', '503');
        return url;
      },
    ],
  ])('is cleared when %s', async (_, status, arrange) => {
    const { url, name } = await begun();
    const response = await ana.ask(arrange(url));
    expect(response.status).toBe(status);
    expect(setCookies(response, name)).toEqual([
      `${name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ]);
    expect(attempts(ana)).toEqual([]);
  });

  test('is cleared when a silent try goes on, and the next attempt has its own', async () => {
    const silent = new Visitor(world);
    const url = await silent.callbackUrl('/auth/login?silent=1');
    const { name } = attemptOf(silent);
    const response = await silent.ask(url);
    expect(response.status).toBe(302);
    expect(setCookies(response, `${name}=;`)).toHaveLength(1);
    expect(attemptOf(silent).name).not.toBe(name);
  });

  test('is cleared when it can’t be opened', async () => {
    const { url, name } = await begun();
    put(ana, name, 'nonsense');
    const response = await ana.ask(url);
    expect(setCookies(response, `${name}=;`)).toHaveLength(1);
    await expectNobody(ana, response, NO_ATTEMPT, lines);
  });

  test('a browser keeps the latest five attempts, and the oldest goes', async () => {
    const urls: string[] = [];
    for (let i = 0; i < 7; i += 1) {
      urls.push(await ana.callbackUrl());
      expect(attempts(ana).length).toBeLessThanOrEqual(5);
    }
    expect(attempts(ana).map(([name]) => name)).toEqual(urls.slice(2).map(nameOf));
    await expectNobody(ana, await ana.ask(urls[1] ?? ''), NO_ATTEMPT, lines);
    await expectSignedIn(ana, await ana.ask(urls[2] ?? ''), lines);
  });

  test('two tabs that finish in reverse order are both signed in', async () => {
    const first = await ana.callbackUrl('/auth/login?return_to=/first');
    const second = await ana.callbackUrl('/auth/login?return_to=/second');
    const ends = [await ana.ask(second), await ana.ask(first)];
    expect(ends.map(({ headers }) => headers.get('location'))).toEqual([
      `${APP}/second`,
      `${APP}/first`,
    ]);
    expect(await ana.session()).toMatchObject({ user: { email: ANA } });
  });
});

describe('security 3: a login cookie is not accepted that is', () => {
  async function seal(
    content: Record<string, unknown>,
    options: {
      secret?: string;
      purpose?: KeyPurpose;
      origin?: string;
      header?: object;
      exp?: number | null;
    } = {},
  ): Promise<string> {
    const {
      secret = world.config.appSecret,
      purpose = 'rollcall/login-cookie/v1',
      origin = APP,
    } = options;
    const key = await deriveEncryptionKey(secret, purpose, origin);
    const jwt = new EncryptJWT(content).setProtectedHeader({
      alg: 'dir',
      enc: 'A256GCM',
      ...options.header,
    });
    const { exp = world.clock.nowMs / 1000 + 600 } = options;
    return (exp === null ? jwt : jwt.setExpirationTime(exp)).encrypt(key);
  }

  type Remake = (content: LoginAttempt, value: string) => Promise<string> | string;

  test('none of that: one sealed as ours are is accepted', async () => {
    const { url, name, content } = await begun();
    put(ana, name, await seal(content));
    await expectSignedIn(ana, await ana.ask(url), lines);
  });

  test.each<[what: string, remake: Remake]>([
    [
      'tampered with',
      (_, value) => {
        const at = value.length - 40;
        return value.slice(0, at) + (value[at] === 'A' ? 'B' : 'A') + value.slice(at + 1);
      },
    ],
    ['cut off', (_, value) => value.slice(0, -4)],
    ['empty', () => ''],
    ['plain JSON', (content) => btoa(JSON.stringify(content))],
    ['sealed under an unknown secret', (content) => seal(content, { secret: OTHER_SECRET })],
    [
      'sealed for another purpose',
      (content) => seal(content, { purpose: 'rollcall/channel-token/v1' }),
    ],
    [
      'of another deployment with the same secret',
      (content) => seal(content, { origin: 'https://staging.rollcall.example' }),
    ],
    [
      'of another deployment, through the code that seals',
      (content) => {
        const publicUrl = new URL('https://staging.rollcall.example');
        return sealAttempt({ ...world.config, publicUrl }, content, world.clock.nowMs);
      },
    ],
    ['without an end', (content) => seal(content, { exp: null })],
    ['over', (content) => seal(content, { exp: world.clock.nowMs / 1000 })],
    ['sealed by another algorithm', (content) => seal(content, { header: { alg: 'A256GCMKW' } })],
    ['without a nonce', ({ nonce: _, ...content }) => seal(content)],
    ['of a short verifier', (content) => seal({ ...content, codeVerifier: 'short' })],
    ['of an odd challenge', (content) => seal({ ...content, challenge: '"><script>' })],
    ['of an odd silence', (content) => seal({ ...content, silent: 'no' })],
  ])('%s', async (_, remake) => {
    const { url, name, value, content } = await begun();
    put(ana, name, await remake(content, value));
    const before = world.google.openid.tokenCalls;
    await expectNobody(ana, await ana.ask(url), NO_ATTEMPT, lines);
    expect(world.google.openid.tokenCalls).toBe(before);
  });

  test('older than ten minutes', async () => {
    const { url, name, value } = await begun();
    world.advance(600_000);
    await expectNobody(ana, await ana.ask(url), NO_ATTEMPT, lines);

    const again = await begun();
    world.advance(599_000);
    // Google’s code is over by then, so it was the code that was looked at.
    await expectNobody(ana, await ana.ask(again.url), NOT_BELIEVED, lines);
    expect([name, value]).not.toEqual([again.name, again.value]);
  });

  test('doubled: two of one name are one too many', async () => {
    const { url, name, value } = await begun();
    for (const cookie of [`${name}=${value}; ${name}=${value}`, `${name}=x; ${name}=${value}`]) {
      const response = await ana.ask(url, { headers: { cookie } });
      expect(setCookies(response, `${name}=;`)).toHaveLength(1);
      await expectNobody(ana, response, NO_ATTEMPT, lines);
    }
  });

  test('used already: the same callback with the same cookie, sent again', async () => {
    const { url, name, value } = await begun();
    await expectSignedIn(ana, await ana.ask(url), lines);
    const thief = new Visitor(world);
    put(thief, name, value);
    await expectNobody(thief, await thief.ask(url), NOT_BELIEVED, lines);
    expect(codesOf(lines).at(-1)).toBe('invalid_grant');
  });

  const rotated = async (previous: string | undefined): Promise<Visitor> => {
    const vars = {
      GOOGLE_CLIENT_ID: OAUTH_CLIENT.clientId,
      GOOGLE_CLIENT_SECRET: OAUTH_CLIENT.clientSecret,
      APP_SECRET: OTHER_SECRET,
      APP_SECRET_PREVIOUS: previous,
    };
    const { google, clock } = world;
    const visitor = new Visitor(await reopenWorld({ google, clock, vars }));
    for (const [host, jar] of ana.jars) visitor.jars.set(host, jar);
    return visitor;
  };

  test('under a secret that is gone; under APP_SECRET_PREVIOUS it is accepted', async () => {
    const lost = await begun();
    const forgetful = await rotated(undefined);
    await expectNobody(forgetful, await forgetful.ask(lost.url), NO_ATTEMPT, lines);

    const kept = await begun();
    const careful = await rotated(world.config.appSecret);
    await expectSignedIn(careful, await careful.ask(kept.url), lines);
  });

  test('nothing new is sealed under APP_SECRET_PREVIOUS', async () => {
    const careful = await rotated(world.config.appSecret);
    await careful.ask('/auth/login');
    const old: Config = { ...world.config };
    expect(await openAttempt(old, attemptOf(careful).value, world.clock.nowMs)).toBeNull();
  });
});
