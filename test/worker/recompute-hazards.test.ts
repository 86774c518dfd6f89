// What could go wrong while everybody's roles are made anew: a look in between, roles by the hundred, several at once, a stall,
// a row that something else wrote.
import { beforeEach, describe, expect, test } from 'vitest';
import { addRule } from '../../src/db/role-rules.ts';
import { readRoleBook } from '../../src/roles/book.ts';
import { recomputePage } from '../../src/roles/recompute.ts';
import { applyObservations } from '../../src/sync/apply.ts';
import { consumeChanges } from '../../src/sync/consume.ts';
import type { Observation } from '../../src/sync/observation.ts';
import { continueRecompute, continueRecomputes, sendRecompute } from '../../src/sync/recompute.ts';
import { gone, newId, rawRow, seen, seenSuspendedOnly, ticketOf } from './observed.ts';
import { aMessage, createWorld, env, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld({ seed: false });
  await env.DB.prepare(
    "INSERT INTO directories (id, customer, admin_email, roles_version) VALUES ('default', 'my_customer', 'a', 1)",
  ).run();
});

const change = async () => ({
  directoryId: 'default',
  version: (await readRoleBook(world.ports, 'default', []))?.version ?? 0,
  madeBy: 'user:1',
  nowMs: world.clock.nowMs,
});
const add = async (source: object, role: string) =>
  expect(
    await addRule(world.ports.db, await change(), { source: JSON.stringify(source), role }),
  ).toBe(true);
const removeAll = async () => {
  await env.DB.prepare('DELETE FROM role_rules').run();
  await add({ kind: 'super-admin' }, 'root');
};

async function apply(...observations: Observation[]): Promise<void> {
  const look = { ticket: await ticketOf(), nowMs: world.clock.nowMs };
  await applyObservations(world.ports, 'default', look, observations);
}

const rolesOf = async (id: string) => String((await rawRow(id))?.['roles']);

async function finish(): Promise<void> {
  for (let pages = 0; (await recomputePage(world.ports, 'default')) === 'more'; pages += 1)
    expect(pages).toBeLessThan(20);
}

describe('a look between a page’s reading and its writing, that brings no roles', () => {
  const looks: [what: string, look: (id: string) => Observation][] = [
    // An active person whose profile can't be kept: no more is known than that they are there.
    [
      'of somebody with too large a profile',
      (id) => seen(id, { customSchemas: { Big: { x: 'x'.repeat(300_000) } } }),
    ],
    ['of somebody suspended of whom nothing else can be read', seenSuspendedOnly],
    ['of somebody whose removal is held', gone],
  ];
  test.each(looks)('%s: they are done again', async (_, look) => {
    const id = newId();
    await add({ kind: 'everyone' }, 'member');
    await apply(seen(id));
    if (look === gone)
      await env.DB.prepare(
        `INSERT INTO held_removals (directory_id, user_id, reason, since_ms) VALUES ('default', ?1, 'guard', 1)`,
      )
        .bind(id)
        .run();
    await finish();
    expect(await rolesOf(id)).toBe('["member"]');
    await removeAll();
    let hasLooked = false;
    const { d1 } = world.ports.db;
    const slow = new Proxy(d1, {
      get(target, name) {
        if (name === 'batch')
          return async (statements: D1PreparedStatement[]) => {
            if (!hasLooked) {
              hasLooked = true;
              await apply(look(id));
            }
            return target.batch(statements);
          };
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const step = await recomputePage(
      { ...world.ports, db: { ...world.ports.db, d1: slow } },
      'default',
    );
    expect([hasLooked, step]).toEqual([true, 'more']);
    await finish();
    expect(await rolesOf(id)).toBe('[]');
  });
});

test('roles by the hundred are written as many people at a time as fit a parameter', async () => {
  const values = Array.from({ length: 600 }, (_, i) => ({
    value: `v${String(i).padStart(40, '0')}`,
  }));
  const ids = Array.from({ length: 60 }, newId);
  for (let from = 0; from < ids.length; from += 20)
    await apply(
      ...ids.slice(from, from + 20).map((id) => seen(id, { customSchemas: { A: { B: values } } })),
    );
  await add({ kind: 'value', schema: 'A', field: 'B' }, '{value}');
  await finish();
  const row = await env.DB.prepare(
    'SELECT count(*) AS n FROM users WHERE json_array_length(roles) = 600',
  ).first();
  expect(row).toEqual({ n: 60 });
});

test('several messages about one run are one page and one message more; those of an earlier run are none', async () => {
  const ids = Array.from({ length: 600 }, newId);
  for (let from = 0; from < ids.length; from += 300)
    await apply(...ids.slice(from, from + 300).map((id) => seen(id)));
  await add({ kind: 'everyone' }, 'member');
  const body = { kind: 'recompute' as const, directoryId: 'default', run: 1 };
  world.queue.length = 0;
  const messages = [1, 2, 3].map(() => aMessage(body));
  await consumeChanges(world.ports, messages);
  expect(messages.map(({ outcome }) => outcome)).toEqual(['ack', 'ack', 'ack']);
  expect(world.queue.map((one) => one.body)).toEqual([body]);
  await add({ kind: 'super-admin' }, 'root');
  world.queue.length = 0;
  await consumeChanges(world.ports, [aMessage(body)]);
  expect(world.queue).toEqual([]);
  await sendRecompute(world.ports, 'default');
  await world.settle();
  const row = await env.DB.prepare(
    'SELECT run, finished_ms IS NOT NULL AS isDone FROM role_recomputes',
  ).first();
  expect(row).toEqual({ run: 2, isDone: 1 });
});

test('cron goes on with one that stalls, and has everybody done once a day: a row that something else wrote is put right', async () => {
  const id = newId();
  await apply(seen(id));
  await add({ kind: 'everyone' }, 'member');
  await continueRecompute(world.ports, 'default');
  expect(await rolesOf(id)).toBe('[]');
  world.advance(60_000);
  await continueRecomputes(world.ports);
  expect(await rolesOf(id)).toBe('["member"]');
  await env.DB.prepare(`UPDATE users SET roles = '["ghost"]', words = '[]'`).run();
  world.advance(3_600_000);
  await continueRecompute(world.ports, 'default');
  await world.settle();
  expect(await rolesOf(id)).toBe('["ghost"]');
  world.advance(86_400_000);
  await continueRecompute(world.ports, 'default');
  await world.settle();
  expect(await rolesOf(id)).toBe('["member"]');
  expect((await rawRow(id))?.['words']).toContain('ana');
});
