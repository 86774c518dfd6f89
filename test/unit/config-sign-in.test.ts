// The settings of signing in: the OAuth client, the issuer, how long a session lasts, and who may frame.
import { describe, expect, test } from 'vitest';
import { type Config, parseConfig } from '../../src/config.ts';
import { aKeyFile, anEnv } from './environment.ts';

const LOCAL = 'http://localhost:8787';
const ID = '100000000001-test.apps.googleusercontent.com';
const SECRET = 'GOCSPX-test-R7q2Lx9vTz';

function configOf(vars: Record<string, unknown> = {}): Config {
  const parsed = parseConfig(anEnv(vars));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

function wrongNames(vars: Record<string, unknown>): string[] {
  const parsed = parseConfig(anEnv(vars));
  return parsed.ok ? [] : parsed.problems.map(({ name }) => name);
}

describe('the OAuth client', () => {
  test('is both halves, or neither', () => {
    expect(configOf().oauthClient).toBeUndefined();
    const vars = { GOOGLE_CLIENT_ID: ID, GOOGLE_CLIENT_SECRET: SECRET };
    expect(configOf(vars).oauthClient).toEqual({ id: ID, secret: SECRET });
  });

  test.each([
    ['GOOGLE_CLIENT_SECRET', { GOOGLE_CLIENT_ID: ID }],
    ['GOOGLE_CLIENT_SECRET', { GOOGLE_CLIENT_ID: ID, GOOGLE_CLIENT_SECRET: '' }],
    ['GOOGLE_CLIENT_ID', { GOOGLE_CLIENT_SECRET: SECRET }],
    ['GOOGLE_CLIENT_ID', { GOOGLE_CLIENT_ID: '', GOOGLE_CLIENT_SECRET: SECRET }],
  ])(
    'half set, nobody signs in, the rest goes on, and the other half is named: %s',
    (name, vars) => {
      expect(configOf(vars)).toMatchObject({ oauthClient: undefined, missingForSignIn: [name] });
    },
  );

  test.each([
    ['with a space in it', `${SECRET} x`],
    ['with a line after it', `${SECRET}\n`],
    ['with a space in front', ` ${SECRET}`],
    ['too short', 'GOCSPX-'],
    ['too long', 'x'.repeat(201)],
    ['not ASCII', `${SECRET}ü`],
  ])('a half that is %s is named once, and the other is not', (_, value) => {
    for (const [name, other] of [
      ['GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'],
      ['GOOGLE_CLIENT_SECRET', 'GOOGLE_CLIENT_ID'],
    ] as const) {
      expect(wrongNames({ [name]: value, [other]: SECRET })).toEqual([name]);
    }
  });
});

describe('GOOGLE_ISSUER', () => {
  test.each([
    ['https://accounts.google.com', 'https://accounts.google.com'],
    ['https://accounts.google.com/', 'https://accounts.google.com'],
    ['https://ACCOUNTS.google.com', 'https://accounts.google.com'],
    ['https://login.people-company.com', 'https://login.people-company.com'],
  ])('%s is %s', (text, expected) => {
    expect(configOf({ GOOGLE_ISSUER: text }).googleIssuer).toBe(expected);
  });

  test('on a laptop it may be on loopback, http and any port', () => {
    const vars = { PUBLIC_URL: LOCAL, GOOGLE_ISSUER: 'http://localhost:8788' };
    expect(configOf(vars).googleIssuer).toBe('http://localhost:8788');
  });

  test.each([
    'accounts.google.com',
    'http://accounts.google.com',
    'https://accounts.google.com/o/oauth2',
    'https://accounts.google.com/?a=1',
    'https://accounts.google.com/#top',
    'https://me@accounts.google.com',
    'https://accounts.google.com:8443',
    'http://localhost:8788',
    'https://localhost',
    'https://127.0.0.1',
    'https://accounts.test',
    'https://accounts.internal',
    'https://intranet',
    'https://8.8.8.8',
    'javascript:alert(1)',
  ])('security 7: deployed, %s is refused', (text) => {
    expect(wrongNames({ GOOGLE_ISSUER: text })).toEqual(['GOOGLE_ISSUER']);
  });

  test('security 7: an http issuer at a public host is refused on a laptop, too', () => {
    const vars = { PUBLIC_URL: LOCAL, GOOGLE_ISSUER: 'http://accounts.google.com' };
    expect(wrongNames(vars)).toEqual(['GOOGLE_ISSUER']);
  });
});

describe('SESSION_TTL_HOURS', () => {
  test.each([
    ['1', 1],
    ['8', 8],
    ['720', 720],
  ])('%s', (text, hours) => {
    expect(configOf({ SESSION_TTL_HOURS: text }).sessionTtlMs).toBe(hours * 3_600_000);
  });

  test.each(['0', '721', '-1', '1.5', '12h', '1e2', 'Infinity', ' 8'])('%s is refused', (text) => {
    expect(wrongNames({ SESSION_TTL_HOURS: text })).toEqual(['SESSION_TTL_HOURS']);
  });
});

describe('EMBED_ANCESTORS', () => {
  test.each([
    ['one', 'https://sites.google.com', ['https://sites.google.com']],
    ['one with a slash', 'https://sites.google.com/', ['https://sites.google.com']],
    [
      'several, however they are spaced',
      '  https://sites.google.com \n\thttps://team.example  ',
      ['https://sites.google.com', 'https://team.example'],
    ],
    ['one named twice', 'https://a.example https://A.example/', ['https://a.example']],
    ['a port', 'https://team.example:8443', ['https://team.example:8443']],
    ['the usual port', 'https://team.example:443', ['https://team.example']],
    [
      'a name beyond ASCII, as the header needs it',
      'https://bücher.example',
      ['https://xn--bcher-kva.example'],
    ],
  ])('%s', (_, text, expected) => {
    expect(configOf({ EMBED_ANCESTORS: text }).embedAncestors).toEqual(expected);
  });

  test('on a laptop it may be http on loopback', () => {
    const vars = { PUBLIC_URL: LOCAL, EMBED_ANCESTORS: 'http://localhost:8789' };
    expect(configOf(vars).embedAncestors).toEqual(['http://localhost:8789']);
  });

  test.each([
    ['a star', '*'],
    ['a star for a part', 'https://*.google.com'],
    ['a star for a port', 'https://sites.google.com:*'],
    ['a scheme alone', 'https:'],
    ['a keyword', "'self'"],
    ['a keyword without quotes', 'self'],
    ['another directive after it', 'https://sites.google.com;script-src *'],
    [
      'another directive after a space',
      'https://sites.google.com ; script-src https://evil.example',
    ],
    ['a comma: another policy', 'https://sites.google.com,https://evil.example'],
    ['a comma after it', 'https://sites.google.com, https://evil.example'],
    ['a path', 'https://sites.google.com/view/team'],
    ['a query', 'https://sites.google.com?a=1'],
    ['a fragment', 'https://sites.google.com#top'],
    ['userinfo', 'https://sites.google.com@evil.example'],
    ['a host alone', 'sites.google.com'],
    ['http at a public host', 'http://sites.google.com'],
    ['http on loopback', 'http://localhost:8789'],
    ['one of several is wrong', 'https://sites.google.com https://team.example/x'],
    ['spaces alone', '   '],
    ['a semicolon in percent', 'https://sites%3b.google.com'],
    ['a wide star', 'https://＊.google.com'],
    ['a wide semicolon', 'https://a.example；script-src'],
    ['data', 'data:text/html,x'],
    ['null', 'null'],
  ])('security 4: deployed, %s is refused', (_, text) => {
    expect(wrongNames({ EMBED_ANCESTORS: text })).toEqual(['EMBED_ANCESTORS']);
  });

  test('security 4: http at a public host is refused on a laptop, too', () => {
    const vars = { PUBLIC_URL: LOCAL, EMBED_ANCESTORS: 'http://sites.google.com' };
    expect(wrongNames(vars)).toEqual(['EMBED_ANCESTORS']);
  });

  test('security 4: what is accepted never ends its directive, whatever characters are tried', () => {
    const plain = Array.from({ length: 0x180 }, (_, code) => String.fromCharCode(code));
    const wide = Array.from({ length: 0x60 }, (_, code) => String.fromCharCode(0xff00 + code));
    for (const character of [...plain, ...wide, '%2A', '%2C', '%3B', '%20', '%27']) {
      for (const text of [`https://a${character}b.example`, `https://a.example${character}b`]) {
        const parsed = parseConfig(anEnv({ EMBED_ANCESTORS: text }));
        for (const one of parsed.ok ? parsed.config.embedAncestors : []) {
          expect(one).toMatch(/^https:\/\/[a-z0-9._-]+$/);
        }
      }
    }
  });
});

test('a problem with the issuer does not hide one with the key file', () => {
  const vars = {
    GOOGLE_ISSUER: 'https://accounts.test',
    GOOGLE_SERVICE_ACCOUNT_KEY: aKeyFile({ token_uri: 'https://oauth.test/token' }),
  };
  expect(wrongNames(vars)).toEqual(['GOOGLE_ISSUER', 'GOOGLE_SERVICE_ACCOUNT_KEY']);
});
