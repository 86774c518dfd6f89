// What must hold of every sign-in that ends: well, or with no session and a page with a stable reason; and either way
// with a log that holds neither a token nor a code nor an address.
import { expect } from 'vitest';
import { ANA, endingOf, type Line } from './signed-in.ts';
import { APP, OAUTH_CLIENT, setCookies, type Visitor } from './visitor.ts';

export const NO_ATTEMPT = { status: 400, reason: 'no-attempt' };
export const NOT_BELIEVED = { status: 400, reason: 'not-believable' };
export const DECLINED = { status: 403, reason: 'declined' };
export const UNAVAILABLE = { status: 503, reason: 'unavailable' };

/** Nothing that was sent to or fro stands in the log. */
function expectDiscreetLog(visitor: Visitor, lines: readonly Line[]): void {
  const logged = JSON.stringify(lines);
  const sent = visitor.trail.flatMap((url) =>
    ['code', 'state', 'nonce', 'code_challenge', 'login_hint'].flatMap((name) =>
      new URL(url).searchParams.getAll(name).filter((value) => value.length > 8),
    ),
  );
  const cookies = [...visitor.cookies.values()].map(({ value }) => value);
  const secrets = ['eyJ', 'ya29.', '4/0A', '@', 'example.test', OAUTH_CLIENT.clientSecret];
  for (const secret of [...secrets, ...sent, ...cookies.filter((value) => value.length > 8)]) {
    expect(logged).not.toContain(secret);
  }
}

/** A page with this reason and a line in the log under its reference, nobody signed in, nothing else told. */
export async function expectNobody(
  visitor: Visitor,
  response: Response,
  expected: { status: number; reason: string },
  lines: readonly Line[],
): Promise<void> {
  expect(await endingOf(response)).toMatchObject(expected);
  const line = { reason: expected.reason, requestId: response.headers.get('x-request-id') };
  expect(lines).toContainEqual(expect.objectContaining(line));
  expect(response.headers.get('location')).toBeNull();
  expect(setCookies(response, '__Host-session=')).toEqual([]);
  expect(await visitor.session()).toBe(401);
  expectDiscreetLog(visitor, lines);
}

/** A redirect into the app, and Ana signed in. */
export async function expectSignedIn(
  visitor: Visitor,
  response: Response,
  lines: readonly Line[],
): Promise<void> {
  expect([response.status, response.headers.get('location')]).toEqual([302, `${APP}/`]);
  expect(setCookies(response, '__Host-session=')).toHaveLength(1);
  expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
  expectDiscreetLog(visitor, lines);
}
