// The operator at the held removals: a company whose list says that eight are gone, and requests with the token.
import { expect } from 'vitest';
import { companyOf, heldRows, idsOf, pass, removeSilently } from './removals.ts';
import { Visitor } from './visitor.ts';
import type { World, WorldOptions } from './world.ts';

export const TOKEN = 'op-5vWq8Zr2Lk9Xn4Tb7Ym1Cs6Jd3Hf0Pg';
export const HELD_REMOVALS = '/api/v1/held-removals';

/** A company of 26 with an operator, whose hints reach the world's queue. */
export async function aCompany(count = 25, options: WorldOptions = {}): Promise<World> {
  const world = await companyOf(count, {
    ...options,
    vars: { OPERATOR_TOKEN: TOKEN, ...options.vars },
  });
  world.env.CHANGES = world.ports.changes as typeof world.env.CHANGES;
  return world;
}

/** As above, with the first eight gone from the list: three more than may go unapproved. */
export async function eightWait(): Promise<{ world: World; ids: string[] }> {
  const world = await aCompany();
  const ids = idsOf(world, 1, 8);
  removeSilently(world, ids);
  expect(await pass(world)).toBe('complete');
  expect(await heldRows()).toHaveLength(8);
  expect(world.queue).toEqual([]);
  return { world, ids };
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const ask = (
  world: World,
  path = '',
  init: RequestInit & { headers?: Record<string, string> } = {},
) =>
  new Visitor(world).ask(`${HELD_REMOVALS}${path}`, {
    ...init,
    headers: { ...bearer(TOKEN), ...init.headers },
  });

export interface List {
  heldRemovals: Record<string, unknown>[];
  count: number;
  hash: string;
}
export const read = async (world: World): Promise<List> => (await ask(world)).json();

export const say = (world: World, word: 'approve' | 'reject', body: unknown) =>
  ask(world, `/${word}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

export async function refusalOf(response: Response) {
  const { error } = await response.json<{ error: Record<string, string> }>();
  expect(error['requestId']).toBe(response.headers.get('x-request-id'));
  return { status: response.status, code: error['code'] };
}

/** Of the whole room, whatever the answer. */
export function expectPrivate(response: Response): void {
  expect(response.headers.get('cache-control')).toBe('no-store');
  const cors = [...response.headers.keys()].filter((name) => /^access-control-/.test(name));
  expect(cors).toEqual([]);
  expect(response.headers.getSetCookie()).toEqual([]);
}
