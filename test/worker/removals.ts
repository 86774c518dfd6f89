// What tests of removals have in common: whole passes, who waits on the list, how many are what.
import { expect } from 'vitest';
import { readLastRun } from '../../src/db/reconcile-runs.ts';
import type { UserStatus } from '../../src/db/schema.ts';
import { lookAt, type Person } from '../../src/sync/look.ts';
import type { SyncPorts } from '../../src/sync/ports.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { type DurableSteps, durableSteps } from './durable-steps.ts';
import { createSignInWorld } from './visitor.ts';
import { env, type World, type WorldOptions } from './world.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Steps in whose sleep the world's time passes. */
export const stepsOf = (world: World, crashAfter: readonly string[] = []): DurableSteps =>
  durableSteps(crashAfter, (ms) => world.advance(ms));

let passes = 0;
/** One whole pass under an id of its own; its hints are left in the queue. */
export function pass(
  world: World,
  steps: DurableSteps = stepsOf(world),
  ports: Partial<SyncPorts> = {},
) {
  passes += 1;
  const id = `default-${passes}`;
  return reconcile({ ...world.ports, ...ports }, steps, { id, directoryId: 'default' });
}

/** A pass that comes to its end; if not, the reason is told. */
async function completePass(world: World): Promise<void> {
  await pass(world);
  const { outcome, reason } = (await readLastRun(world.ports.db, 'default')) ?? {};
  expect({ outcome, reason }).toEqual({ outcome: 'complete', reason: null });
}

/** A complete pass, and whatever its hints lead to. */
export async function passAndSettle(world: World): Promise<void> {
  await completePass(world);
  await world.settle();
}

/**
 * A world of an admin and `count` other people, all of them active and long known. The app's clock is the world's,
 * so that people can sign in.
 */
export async function companyOf(
  count: number,
  { seed = false, ...options }: WorldOptions = {},
): Promise<World> {
  const world = await createSignInWorld({ ...options, seed, import: false });
  world.google.workspace.addMany(count, { push: false });
  await completePass(world);
  world.advance(15 * MINUTE);
  return world;
}

/** The ids of `person<from>` to `person<to>`. */
export const idsOf = (world: World, from: number, to: number): string[] =>
  Array.from(
    { length: to - from + 1 },
    (_, i) => world.google.workspace.user(`person${from + i}@example.test`).id,
  );

/** They leave Google, and nothing says so. */
export function removeSilently(world: World, ids: readonly string[]): void {
  world.google.workspace.silently(() => {
    for (const id of ids) world.google.workspace.remove(id);
  });
}

/** A look at these people now, whoever asked for it; what became of each. */
export async function lookNow(
  world: World,
  ids: readonly string[],
  person: Partial<Person> = {},
): Promise<(string | undefined)[]> {
  const outcomes: (string | undefined)[] = [];
  for (let from = 0; from < ids.length; from += 20) {
    const people = ids.slice(from, from + 20).map((id) => ({
      id,
      cause: 'push' as const,
      noticedMs: world.clock.nowMs,
      announcedDelete: true,
      ...person,
    }));
    const looked = await lookAt(world.ports, 'default', people, null);
    for (const { id } of people) {
      const conclusion = looked?.conclusions.get(id);
      outcomes.push(conclusion?.kind === 'applied' ? conclusion.applied.outcome : conclusion?.kind);
    }
  }
  return outcomes;
}

export interface HeldRow {
  user_id: string;
  reason: string;
  since_ms: number;
  approved_until_ms: number | null;
  rejected_until_ms: number | null;
}

/** The table, whatever was said about whom. */
export async function heldRows(directoryId = 'default'): Promise<HeldRow[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM held_removals WHERE directory_id = ?1 ORDER BY user_id',
  )
    .bind(directoryId)
    .all<HeldRow>();
  return results;
}

export const heldIds = async () => (await heldRows()).map(({ user_id }) => user_id);

/** How many people of the directory are what. */
export async function census(
  directoryId = 'default',
): Promise<Partial<Record<UserStatus, number>>> {
  const { results } = await env.DB.prepare(
    'SELECT status, count(*) AS n FROM users WHERE directory_id = ?1 GROUP BY status',
  )
    .bind(directoryId)
    .all<{ status: UserStatus; n: number }>();
  return Object.fromEntries(results.map(({ status, n }) => [status, n]));
}

/** How many events of each type there are since `seq`. */
export async function eventsSince(seq = 0): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    'SELECT type, count(*) AS n FROM events WHERE seq > ?1 GROUP BY type',
  )
    .bind(seq)
    .all<{ type: string; n: number }>();
  return Object.fromEntries(results.map(({ type, n }) => [type, n]));
}

export async function lastSeq(): Promise<number> {
  return (await env.DB.prepare('SELECT max(seq) AS seq FROM events').first<number>('seq')) ?? 0;
}

/** Everything that is known about people, without the marks that a look leaves. */
export async function whatIsKnown(): Promise<unknown> {
  const sql = [
    `SELECT id, directory_id, email, full_name, status, is_admin, is_delegated_admin, roles, created_ms, changed_ms,
       deleted_ms FROM users ORDER BY id`,
    'SELECT * FROM events ORDER BY seq',
    'SELECT token_hash, user_id FROM sessions ORDER BY token_hash',
  ];
  return Promise.all(sql.map(async (one) => (await env.DB.prepare(one).all()).results));
}

export interface ListedPage {
  users?: Record<string, unknown>[];
  nextPageToken?: string;
}

/**
 * Lays `change` over the pages of Google's list; where it returns nothing, the page stays as it is.
 *
 * @param change is given how many pages there were before
 * @returns takes it away again
 */
export function onList(
  world: World,
  change: (page: ListedPage, before: number) => unknown | Promise<unknown>,
): () => void {
  const { fetch } = world.google;
  let count = 0;
  const laid = async (request: Request) => {
    const response = await fetch(request);
    const { pathname } = new URL(request.url);
    if (pathname !== '/admin/directory/v1/users' || !response.ok) return response;
    const page = await response.json<ListedPage>();
    count += 1;
    const changed = await change(structuredClone(page), count - 1);
    return changed instanceof Response ? changed : Response.json(changed ?? page);
  };
  world.google.fetch = laid;
  return () => {
    if (world.google.fetch === laid) world.google.fetch = fetch;
  };
}

/** Rows say what Google says, and whoever has a row without being there is a tombstone. */
export async function expectInStep(world: World): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT id, email, status, is_admin AS isAdmin FROM users WHERE directory_id = 'default' AND status <> 'deleted'
     ORDER BY id`,
  ).all();
  const expected = world.google.workspace.users.map((user) => ({
    id: user.id,
    email: user.primaryEmail,
    status: user.suspended ? 'suspended' : user.archived ? 'archived' : 'active',
    isAdmin: Number(user.isAdmin),
  }));
  expect(results).toEqual(expected.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
  expect(await heldRows()).toEqual([]);
}
