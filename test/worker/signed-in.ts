// What tests of signing in have in common: somebody signs in, something happens at an awkward moment, and what is left
// of it in D1, on the page and in the log is read.
import { base64url } from 'jose';
import { onTestFinished, vi } from 'vitest';
import { hashOf, newSecret } from '../../src/sso/token.ts';
import type { HonestToken } from '../google/openid/id-token.ts';
import { aHint, give } from './hints.ts';
import { APP, Visitor } from './visitor.ts';
import { env, type World } from './world.ts';

export const ADMIN = 'admin@example.test';
export const ANA = 'ana.moreira@example.test';
export const NOOR = 'noor@example.test';
export const SESSION = '__Host-session';
export const FRAME = '__Host-embed';
export const FRAMED = { EMBED_ANCESTORS: 'https://sites.google.com' };

export const idOf = (world: World, address: string) => world.google.workspace.user(address).id;

/** Somebody in a browser of their own, signed in here if they may; and the callback's answer. */
export async function signIn(
  world: World,
  address = ANA,
): Promise<{ visitor: Visitor; response: Response }> {
  const visitor = new Visitor(world).atGoogle(address);
  return { visitor, response: await visitor.ask(await visitor.callbackUrl()) };
}

/** Makes something else of honest ID tokens, until `world.google.openid.forge` is null again. */
export function forge(world: World, make: (honest: HonestToken) => Promise<string>): void {
  world.google.openid.forge = make;
}

/** Alters what honest ID tokens say, their signature being right; `undefined` omits a claim. */
export function forgeClaims(world: World, change: Record<string, unknown>): void {
  forge(world, ({ header, claims, key }) => signed(header, { ...claims, ...change }, key));
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

/** The callback of somebody whose ID token says this. */
export async function arrive(
  world: World,
  claims: Record<string, unknown>,
  visitor = new Visitor(world).atGoogle(ADMIN),
): Promise<Response> {
  const url = await visitor.callbackUrl();
  forgeClaims(world, claims);
  const response = await visitor.ask(url);
  world.google.openid.forge = null;
  return response;
}

/** A callback's URL with parameters set, added (a list) or taken out (`null`). */
export function changed(url: string, change: Record<string, string | string[] | null>): string {
  const target = new URL(url);
  for (const [name, value] of Object.entries(change)) {
    if (typeof value === 'string') target.searchParams.set(name, value);
    else target.searchParams.delete(name);
    if (Array.isArray(value)) for (const one of value) target.searchParams.append(name, one);
  }
  return target.href;
}

export const tokenOf = (visitor: Visitor, name = SESSION) => visitor.cookies.get(name)?.value ?? '';

/** GET with these cookies and no others. */
export async function statusWith(world: World, path: string, cookie: string): Promise<number> {
  const { status } = await new Visitor(world).ask(path, { headers: { cookie } });
  return status;
}

/** Google's word about somebody arrives as a hint, and is stored. */
export async function learn(
  world: World,
  address: string,
  fields: Parameters<typeof aHint>[2] = {},
): Promise<void> {
  const id = /^\d+$/.test(address) ? address : idOf(world, address);
  await give(world, aHint(world, id, fields));
  await world.consume();
}

/** Suspended at Google, and known here. */
export async function suspend(world: World, address: string): Promise<void> {
  world.google.workspace.suspend(address);
  await learn(world, address);
}

export async function rows(table: string): Promise<Record<string, unknown>[]> {
  return (await env.DB.prepare(`SELECT * FROM ${table}`).all()).results;
}

/** How many sessions, codes and remembered refusals there are. */
export async function left() {
  const [sessions, codes, refusals] = await Promise.all(
    ['sessions', 'hand_over_codes', 'sign_in_refusals'].map(async (t) => (await rows(t)).length),
  );
  return { sessions, codes, refusals };
}

/** What a page says of how a sign-in ended. */
export async function endingOf(response: Response) {
  const text = await response.text();
  return {
    status: response.status,
    reason: /Reason: ([a-z-]+)<br\/>Reference: [0-9a-f-]{36}/.exec(text)?.[1],
    offersAgain: text.includes('href="/auth/login"'),
  };
}

/** How often Google was asked for something. */
export const callsOf = (world: World, kind: 'discovery' | 'jwks' | 'code') =>
  world.google.calls.filter((call) => call.kind === kind).length;

/** Calls of the Directory API; those for tokens and for signing in don't count. */
export const directoryCalls = (world: World) =>
  world.google.calls.filter(({ path }) => path.startsWith('/admin/')).length;

export type Line = { event: string } & Record<string, unknown>;

/** What the app writes to its log from here on, at whatever level. */
export function listenToLog(): Line[] {
  const lines: Line[] = [];
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((text) => void lines.push(JSON.parse(text)));
  return lines;
}

/** The codes under which sign-ins ended, oldest first. */
export const codesOf = (lines: readonly Line[]) =>
  lines
    .filter(({ event }) => event.startsWith('sign-in.'))
    .map(({ code, reason }) => String(code ?? reason ?? ''));

/** Waiting takes no time of ours, but the world's, until the test is over. */
export function waitInWorldTime(world: World): void {
  onTestFinished(() => void vi.unstubAllGlobals());
  vi.stubGlobal('setTimeout', (done: () => void, ms: number) => {
    world.advance(ms);
    vi.setSystemTime(world.clock.nowMs);
    queueMicrotask(done);
  });
}

/** Runs something once, right after Google has handed out an ID token and before the app sees it. */
export function afterTokenCall(world: World, work: () => Promise<void>): void {
  const { fetch } = world.google;
  let isDone = false;
  world.google.fetch = async (request) => {
    const response = await fetch(request);
    if (!isDone && world.google.calls.at(-1)?.kind === 'code') {
      isDone = true;
      await work();
    }
    return response;
  };
}

/** Runs something once, right before or right after the app's next transaction, or one of those that follow. */
export function aroundBatch(
  world: World,
  when: 'before' | 'after',
  work: () => Promise<void>,
  nth = 1,
): void {
  const d1 = env.DB;
  let count = 0;
  world.env.DB = {
    prepare: (sql: string) => d1.prepare(sql),
    batch: async (statements: D1PreparedStatement[]) => {
      count += 1;
      if (count !== nth) return d1.batch(statements);
      if (when === 'before') await work();
      const results = await d1.batch(statements);
      if (when === 'after') await work();
      return results;
    },
  } as unknown as D1Database;
}

export interface HandOver {
  code: string;
  verifier: string;
  /** The popup's browser. */
  popup: Visitor;
  page: Response;
}

/** A frame's popup, up to the page that has the code for it. */
export async function openPopup(world: World, address: string): Promise<HandOver> {
  const verifier = newSecret();
  const popup = new Visitor(world).atGoogle(address);
  const url = await popup.callbackUrl(`/auth/login?embed=${await hashOf(verifier)}`);
  const page = await popup.ask(url);
  const code = /data-hand-over="([^"]*)"/.exec(await page.clone().text())?.[1] ?? '';
  return { code, verifier, popup, page };
}

/** What the frame's script sends. */
export function redeem(
  frame: Visitor,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return frame.ask('/embed/session', {
    method: 'POST',
    headers: { origin: APP, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Somebody who is signed in inside a frame, in a browser that keeps its partition apart. */
export async function signInFramed(world: World, address: string): Promise<Visitor> {
  const { code, verifier } = await openPopup(world, address);
  const frame = new Visitor(world);
  await redeem(frame, { code, verifier });
  return frame;
}

/** Ana in two windows, in a frame and with a code on its way; Noor in a window, and with a code on its way. */
export async function everybodyIn(world: World) {
  const { visitor: here } = await signIn(world, ANA);
  const { visitor: there } = await signIn(world, ANA);
  const frame = await signInFramed(world, ANA);
  const handOver = await openPopup(world, ANA);
  const { visitor: noor } = await signIn(world, NOOR);
  await openPopup(world, NOOR);
  return { here, there, frame, handOver, noor };
}
