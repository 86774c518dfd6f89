// Where a sign-in ends.
import { beforeEach, describe, expect, test } from 'vitest';
import { ANA } from './signed-in.ts';
import { APP, createSignInWorld, Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createSignInWorld();
});

// The rules are a table in test/unit/return-to.test.ts; these go the whole way.
describe('security 3: a sign-in ends at our own address', () => {
  test.each([
    ['a path with query and fragment', '/welcome?x=1&y=2#part', '/welcome?x=1&y=2#part'],
    ['another site', '//evil.example', '/'],
    ['a back-slash', '/\\evil.example', '/'],
    ['a dot and two slashes', '/.//evil.example', '/'],
    ['two dots in percent', '/%2e%2e//evil.example', '/'],
    ['another origin', 'https://evil.example', '/'],
    ['a script', 'javascript:alert(1)', '/'],
    ['a tab', '/\t/evil.example', '/'],
    ['a header', '/x\r\nSet-Cookie: a=b', '/'],
    ['the sign-in', '/%61uth/login', '/'],
    ['2,001 characters', `/${'x'.repeat(2_000)}`, '/'],
  ])('return_to with %s', async (_, returnTo, path) => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = await ana.callbackUrl(`/auth/login?return_to=${encodeURIComponent(returnTo)}`);
    const response = await ana.ask(url);
    expect(response.status).toBe(302);
    expect(response.headers.get('location')).toBe(`${APP}${path}`);
    expect(response.headers.get('set-cookie')).not.toMatch(/(^|, )a=b/);
  });

  test('a return_to at the callback says nothing', async () => {
    const ana = new Visitor(world).atGoogle(ANA);
    const url = `${await ana.callbackUrl()}&return_to=/elsewhere&returnTo=/elsewhere`;
    expect((await ana.ask(url)).headers.get('location')).toBe(`${APP}/`);
  });
});
