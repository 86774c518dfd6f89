// A database that reads and takes no writes, as one whose daily quota is used up: the pages say so, and show what they can.
import { beforeEach, expect, test } from 'vitest';
import { post, windowAt } from './operators.ts';
import { ADMIN } from './signed-in.ts';
import { createSignInWorld, type Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
let admin: Visitor;

beforeEach(async () => {
  world = await createSignInWorld();
  admin = await windowAt(world, ADMIN);
  const d1 = world.env.DB;
  const quota = () =>
    Promise.reject(new Error('D1_ERROR: exceeded D1’s free tier daily row write limit'));
  const isWrite = (sql: string) => /^\s*(INSERT|UPDATE|DELETE)/i.test(sql);
  const refused = { bind: () => refused, run: quota, all: quota, first: quota, raw: quota };
  const writes = new WeakSet<object>([refused]);
  world.env.DB = {
    prepare: (sql: string) => (isWrite(sql) ? refused : d1.prepare(sql)),
    batch: (all: D1PreparedStatement[]) =>
      all.some((one) => writes.has(one)) ? quota() : d1.batch(all),
  } as unknown as D1Database;
});

test('the overview is shown, with the numbers as they are', async () => {
  const response = await admin.ask('/console');
  expect(response.status).toBe(200);
  expect(await response.text()).toMatch(/<dt>Active<\/dt><dd>22<\/dd>/);
});

test('an action is not done, and the page says why', async () => {
  const response = await post(admin, '/console/passes');
  expect(response.status).toBe(503);
  expect(await response.text()).toContain('The database takes nothing more');
});

test('the doctor names the quota, though the database answers', async () => {
  const response = await post(admin, '/setup/check');
  expect(response.status).toBe(503);
  const text = await response.text();
  expect(text).toContain('D1 refuses: a quota of the account is used up');
  expect(text).not.toContain('All is well');
  expect(world.google.calls.filter(({ kind }) => kind === 'watch')).toEqual([]);
});
