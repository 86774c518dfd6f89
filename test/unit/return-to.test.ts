// Where a sign-in may end: a path of ours, whatever was asked for.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseReturnTo } from '../../src/sso/return-to.ts';

const ORIGIN = 'https://people.rollcall.example';
const parse = (text: string | undefined) => parseReturnTo(text, ORIGIN);
const longest = `/${'x'.repeat(1_999)}`;

describe('security 3: return_to leads nowhere else', () => {
  test.each([
    ['nothing', undefined],
    ['nothing at all', ''],
    ['another origin', 'https://evil.example/'],
    ['another origin without scheme', '//evil.example'],
    ['three slashes', '///evil.example'],
    ['ours as a whole address', `${ORIGIN}/welcome`],
    ['ours without scheme', '//people.rollcall.example/welcome'],
    ['a back-slash', '/\\evil.example'],
    ['a back-slash later', '/welcome\\..\\x'],
    ['a back-slash in the query', '/welcome?a=\\'],
    ['a dot, then two slashes', '/.//evil.example'],
    ['two dots, then two slashes', '/..//evil.example'],
    ['a way up to two slashes', '/a/..//evil.example'],
    ['a dot in percent, then two slashes', '/%2e//evil.example'],
    ['two dots in percent, then two slashes', '/%2e%2e//evil.example'],
    ['two dots in percent and capitals', '/%2E%2E//evil.example'],
    ['a slash in percent', '/%2F/evil.example'],
    ['two slashes in percent', '/%2f%2fevil.example'],
    ['a back-slash in percent', '/%5cevil.example'],
    ['a back-slash in percent and capitals', '/%5Cevil.example'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,<script>alert(1)</script>'],
    ['a script after a space', ' javascript:alert(1)'],
    ['a space in front', ' /welcome'],
    ['a tab between two slashes', '/\t/evil.example'],
    ['a line break between two slashes', '/\n/evil.example'],
    ['a return between two slashes', '/\r/evil.example'],
    ['a tab in front', '\t//evil.example'],
    ['a header after it', '/welcome\r\nSet-Cookie: a=b'],
    ['a zero byte', '/welcome\u0000'],
    ['a delete character', '/welcome\u007f'],
    ['a line break in percent', '/welcome%0a'],
    ['a zero byte in percent', '/welcome%00'],
    ['percent that is no UTF-8', '/%ff'],
    ['percent that is none', '/%zz'],
    ['2,001 characters', `${longest}x`],
    ['a relative path', 'welcome'],
    ['a relative path with a dot', './welcome'],
    ['a way up', '../welcome'],
    ['a query alone', '?a=1'],
    ['a fragment alone', '#top'],
    ['userinfo', '@evil.example'],
    ['the sign-in', '/auth'],
    ['the sign-in’s pages', '/auth/login'],
    ['the sign-in in capitals', '/AUTH/login'],
    ['the sign-in in percent', '/%61uth/login'],
    ['the sign-in with a slash in percent', '/auth%2flogin'],
    ['the sign-in by a detour', '/x/../auth/callback?code=1'],
    ['the sign-in by a detour in percent', '/x/%2e%2e/auth/login'],
    ['the sign-in with a query', '/auth?silent=1'],
    ['the sign-out', '/auth/logout'],
    ['the interface for programs', '/api'],
    ['a resource of that interface', '/api/v1'],
    ['where Google’s pushes arrive', '/google/notifications'],
  ])('%s', (_, text) => {
    expect(parse(text)).toBe('/');
  });

  test.each([
    ['/', '/'],
    ['/welcome', '/welcome'],
    ['/welcome?x=1&y=//evil.example#top', '/welcome?x=1&y=//evil.example#top'],
    ['/welcome?next=https://evil.example', '/welcome?next=https://evil.example'],
    ['/?a=%0a', '/?a=%0a'],
    ['/authors', '/authors'],
    ['/apiary/1', '/apiary/1'],
    ['/googled', '/googled'],
    ['/x/auth/login', '/x/auth/login'],
    ['/embed/sample', '/embed/sample'],
    ['/a//b', '/a//b'],
    ['/a/./b/../c', '/a/c'],
    ['/zoë', '/zo%C3%AB'],
    ['/people/a%20b', '/people/a%20b'],
    ['/@evil.example', '/@evil.example'],
    ['/:80', '/:80'],
    [longest, longest],
  ])('%s is a path of ours', (text, expected) => {
    expect(parse(text)).toBe(expected);
  });

  test('whatever is asked for: the answer is a path on our origin, and stays what it is', () => {
    const piece = fc.constantFrom(
      ...[
        '/',
        '//',
        '\\',
        '.',
        '..',
        '%2e',
        '%2f',
        '%5c',
        '%252f',
        'evil.example',
        '@',
        ':',
        '?',
        '#',
      ],
      ...[
        '\t',
        '\n',
        ' ',
        'auth',
        'AUTH',
        '%61uth',
        'api',
        'google',
        'javascript:',
        'https:',
        'ü',
        '%ff',
      ],
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
      fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`),
      fc.string({ unit: 'binary', maxLength: 20 }).map((rest) => `/${rest}`),
    );
    fc.assert(
      fc.property(text, (asked) => {
        const path = parse(asked);
        const url = new URL(path, ORIGIN);
        expect(url.origin).toBe(ORIGIN);
        expect(path).toMatch(/^\/(?![/\\])/);
        expect(url.pathname).not.toMatch(/^\/(auth|api|google)(\/|$)/i);
        expect(url.pathname + url.search + url.hash).toBe(path);
        expect(parse(path)).toBe(path);
      }),
      { numRuns: 5_000 },
    );
  });
});
