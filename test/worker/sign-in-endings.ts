// What must hold of every sign-in that doesn't end well: no session, a page with a stable reason, and a log that
// holds neither a token nor a code nor an address.
import { base64url } from 'jose';
import { expect, vi } from 'vitest';
import type { HonestToken } from '../google/openid/id-token.ts';
import { APP, OAUTH_CLIENT, Visitor } from './visitor.ts';
import type { World } from './world.ts';

export const ANA = 'ana.moreira@example.test';

/** Lines that the app logged since `watchLog`. */
let lines: string[] = [];

/** Takes the app's log in, from now on. */
export function watchLog(): void {
  lines = [];
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    vi.spyOn(console, level).mockImplementation((...words) => void lines.push(words.join(' ')));
  }
}

/** The codes under which sign-ins ended, oldest first. */
export function loggedCodes(): string[] {
  return lines.flatMap((line) => {
    const { event, code, reason } = JSON.parse(line) as Record<string, string>;
    return event?.startsWith('sign-in.') ? [code ?? reason ?? ''] : [];
  });
}

/** Nothing that was sent to or fro stands in the log. */
export function expectDiscreetLog(visitor: Visitor): void {
  const logged = lines.join('\n');
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

export function setCookies(response: Response, prefix = ''): string[] {
  return response.headers.getSetCookie().filter((line) => line.startsWith(prefix));
}

export async function reasonOf(response: Response): Promise<string | undefined> {
  return /Reason: ([a-z-]+) · Reference: [0-9a-f-]{36}/.exec(await response.text())?.[1];
}

/** A page with this reason, nobody signed in, nothing told to the log. */
export async function expectNobody(
  visitor: Visitor,
  response: Response,
  { status, reason }: { status: number; reason: string },
): Promise<void> {
  expect([response.status, await reasonOf(response)]).toEqual([status, reason]);
  expect(response.headers.get('location')).toBeNull();
  expect(setCookies(response, '__Host-session=')).toEqual([]);
  expect(await visitor.session()).toBe(401);
  expectDiscreetLog(visitor);
}

/** A redirect into the app, and somebody signed in. */
export async function expectSignedIn(visitor: Visitor, response: Response): Promise<void> {
  expect([response.status, response.headers.get('location')]).toEqual([302, `${APP}/`]);
  expect(setCookies(response, '__Host-session=')).toHaveLength(1);
  expect(await visitor.session()).toMatchObject({ user: { email: ANA } });
  expectDiscreetLog(visitor);
}

/** Ana goes through everything in a browser of her own; the callback's answer. */
export async function signIn(world: World): Promise<{ visitor: Visitor; response: Response }> {
  const visitor = new Visitor(world).atGoogle(ANA);
  return { visitor, response: await visitor.ask(await visitor.callbackUrl()) };
}

/** How often Google was asked for something. */
export function callsOf(world: World, kind: 'discovery' | 'jwks' | 'code'): number {
  return world.google.calls.filter((call) => call.kind === kind).length;
}

/** Makes id_tokens of altered honest ones. */
export function forgeClaims(world: World, change: Record<string, unknown>): void {
  forge(world, async ({ header, claims, key }) => signed(header, { ...claims, ...change }, key));
}

export function forge(world: World, make: (honest: HonestToken) => Promise<string>): void {
  world.google.openid.forge = make;
}

const encoded = (value: unknown) =>
  base64url.encode(new TextEncoder().encode(JSON.stringify(value)));

/** A JWS by hand: no library that would refuse what an attacker does. */
export async function signed(
  header: unknown,
  claims: unknown,
  key: CryptoKey | null,
): Promise<string> {
  const text = `${encoded(header)}.${encoded(claims)}`;
  if (key === null) return `${text}.`;
  const signature = await crypto.subtle.sign(
    key.algorithm.name,
    key,
    new TextEncoder().encode(text),
  );
  return `${text}.${base64url.encode(new Uint8Array(signature))}`;
}
