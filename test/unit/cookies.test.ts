// Cookies: how a request's header is read, and which names and attributes ours have.
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import {
  FRAME_COOKIE,
  frameCookie,
  isLoginCookie,
  loginCookie,
  onlyCookie,
  pageCookie,
  requestCookies,
  sessionCookie,
  signedOutCookie,
  silentTriesCookie,
} from '../../src/sso/cookies.ts';
import { anEnv } from './environment.ts';

function configOf(publicUrl: string) {
  const parsed = parseConfig(anEnv({ PUBLIC_URL: publicUrl }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}
const deployed = configOf('https://people.rollcall.example');
const laptop = configOf('http://localhost:8787');

describe('a request’s cookies', () => {
  test.each<[header: string | undefined, expected: [string, string][]]>([
    [undefined, []],
    ['', []],
    ['a=1', [['a', '1']]],
    [
      'a=1; b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'a=1;b=2',
      [
        ['a', '1'],
        ['b', '2'],
      ],
    ],
    [
      'b=2; a=1; b=3',
      [
        ['b', '2'],
        ['a', '1'],
        ['b', '3'],
      ],
    ],
    ['a=', [['a', '']]],
    ['a==b=', [['a', '=b=']]],
    ['a', []],
    ['=a', [['', 'a']]],
    [' a = 1 ; ', [['a', '1']]],
    [
      'A=1; a=2',
      [
        ['A', '1'],
        ['a', '2'],
      ],
    ],
    ['a="1"', [['a', '"1"']]],
    ['a=%31', [['a', '%31']]],
    ['__proto__=1', [['__proto__', '1']]],
  ])('%s', (header, expected) => {
    expect(requestCookies(header)).toEqual(expected);
  });

  test.each([
    ['session=1', '1'],
    ['a=0; session=1; b=2', '1'],
    ['session=', ''],
    ['session=1; Session=2', '1'],
    ['session=1; session2=2; xsession=3', '1'],
  ])('security 3: %s holds one session', (header, expected) => {
    expect(onlyCookie(header, 'session')).toBe(expected);
  });

  test.each([
    undefined,
    '',
    'session',
    'a=session=1',
    'Session=1',
    '__Host-session=1',
    'session=1; session=2',
    'session=1; session=1',
    'session=1; a=0;session=',
    'session=1; session =1',
    'session=1; session=1; session=1',
    // A sibling host may set these: to the browser they have no prefix.
    ...['\u00a0', '\u2000', '\u3000', '\ufeff', '\v', '\f'].map((space) => `${space}session=1`),
    'session\u2000=1',
  ])('security 3: %s holds none, or more than one', (header) => {
    expect(onlyCookie(header, 'session')).toBeNull();
  });
});

describe('security 3: names and Secure follow the configuration', () => {
  const state = 'abcdefghijklmnopqrstuvwxyz';

  test('deployed', () => {
    expect([
      sessionCookie(deployed),
      signedOutCookie(deployed),
      silentTriesCookie(deployed),
      loginCookie(deployed, state),
    ]).toEqual([
      '__Host-session',
      '__Host-signed-out',
      '__Host-silent-tries',
      '__Host-login-abcdefghijkl',
    ]);
    expect(pageCookie(deployed, 60)).toEqual({
      path: '/',
      httpOnly: true,
      sameSite: 'Lax',
      secure: true,
      maxAge: 60,
    });
  });

  test.each([
    ['__Host-login-abcdefghijkl', true],
    ['__Host-login-abcdefghijk', false],
    ['__Host-login-abcdefghijklm', false],
    ['__Host-login-a[0]', false],
    ['login-abcdefghijkl', false],
  ])('%s is an attempt’s: %s', (name, expected) => {
    expect(isLoginCookie(deployed, name)).toBe(expected);
  });

  test('on a laptop', () => {
    expect([sessionCookie(laptop), loginCookie(laptop, state)]).toEqual([
      'session',
      'login-abcdefghijkl',
    ]);
    expect(pageCookie(laptop, 60)).toMatchObject({ secure: false, httpOnly: true });
  });

  test('security 4: a frame’s cookie is Secure and partitioned everywhere', () => {
    expect(FRAME_COOKIE).toBe('__Host-embed');
    expect(frameCookie(60)).toEqual({
      path: '/',
      httpOnly: true,
      sameSite: 'None',
      secure: true,
      partitioned: true,
      maxAge: 60,
    });
  });
});
