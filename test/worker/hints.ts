// Ways to ask for looks, and to bend what Google answers to one of them.
import { openDatabase } from '../../src/db/database.ts';
import type { LookHint } from '../../src/sync/hint.ts';
import { env, type World } from './world.ts';

/** A hint that Google pushed just now. */
export function aHint(world: World, userId: string, fields: Partial<LookHint> = {}): LookHint {
  return {
    kind: 'look',
    directoryId: 'default',
    userId,
    event: 'update',
    cause: 'push',
    noticedMs: world.clock.nowMs,
    ...fields,
  };
}

/** Puts hints into the queue, without Google. */
export async function give(world: World, ...hints: LookHint[]): Promise<void> {
  await world.ports.changes.sendBatch(hints.map((body) => ({ body })));
}

/** Stores people as Google has them now, long enough ago for their rows not to be young. */
export async function acquaint(world: World, ...ids: string[]): Promise<void> {
  await give(world, ...ids.map((id) => aHint(world, id, { event: null, cause: 'reconcile' })));
  await world.settle();
  world.advance(11 * 60_000);
  world.google.calls.length = 0;
  world.logs.length = 0;
}

export const getsOf = (world: World) =>
  world.google.calls.filter(({ kind }) => kind === 'get').length;

/** Google's own answer to a get of somebody it does not know. */
export const notFound = () =>
  Response.json(
    {
      error: {
        code: 404,
        message: 'Resource Not Found: userKey',
        errors: [{ message: 'Resource Not Found: userKey', domain: 'global', reason: 'notFound' }],
      },
    },
    { status: 404 },
  );

/**
 * Lays `answer` over the gets of one person; where it returns nothing, Google answers itself.
 *
 * @param answer is given how many gets there were before
 */
export function onGet(
  world: World,
  id: string,
  answer: (before: number) => Response | undefined | Promise<Response | undefined>,
): void {
  const fetch = world.google.fetch;
  let count = 0;
  world.google.fetch = async (request) => {
    if (!new URL(request.url).pathname.endsWith(`/users/${id}`)) return fetch(request);
    count += 1;
    return (await answer(count - 1)) ?? fetch(request);
  };
}

/** Makes every query fail, as a database out of reach does, until the returned function is called. */
export function breakDatabase(world: World): () => void {
  const { db } = world.ports;
  const fail = async () => {
    throw new Error('D1_ERROR: Network connection lost. [u@example.test]');
  };
  const statement = { bind: () => statement, all: fail, run: fail, first: fail, raw: fail };
  world.ports.db = openDatabase({
    ...env.DB,
    prepare: () => statement,
    batch: fail,
  } as unknown as D1Database);
  return () => {
    world.ports.db = db;
  };
}

export interface LetterRow {
  directory_id: string | null;
  user_id: string | null;
  letter_key: string;
  body: string;
  reason: string;
  attempts: number;
}

export async function deadLetters(): Promise<LetterRow[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM dead_letters ORDER BY id',
  ).all<LetterRow>();
  return results;
}
