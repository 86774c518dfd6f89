// Groups that rules name, on the ways that lead to people's roles: a pass, and a sign-in.
import { beforeEach, expect, test } from 'vitest';
import { readRoleBook } from '../../src/roles/book.ts';
import { hashOfRules, saveRules } from '../../src/roles/edit.ts';
import { passAndSettle } from './removals.ts';
import { ANA, idOf, signIn } from './signed-in.ts';
import { createSignInWorld } from './visitor.ts';
import { env, type World } from './world.ts';

const GROUP = 'engineering@example.test';
let world: World;
beforeEach(async () => {
  world = await createSignInWorld();
  const book = await readRoleBook(world.ports, 'default', []);
  if (book === null) throw new Error('no directory');
  const rule = { source: { kind: 'group' as const, group: GROUP }, role: 'engineer' };
  const change = { kind: 'add' as const, rule };
  const saved = { change, seen: await hashOfRules(book), madeBy: 'user:1' };
  expect(await saveRules(world.ports, 'default', saved)).toBe('saved');
  world.advance(60_000);
});

const rolesOf = async (address: string): Promise<string[]> =>
  JSON.parse((await world.user(address))?.roles ?? '[]');
const isEngineer = async (address: string) => (await rolesOf(address)).includes('engineer');

async function engineers(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT email FROM users WHERE roles LIKE '%"engineer"%' ORDER BY email`,
  ).all<{ email: string }>();
  return results.map(({ email }) => email);
}

const members = () =>
  world.google.workspace.groups
    .members(world.google.workspace.groups.group(GROUP), true)
    .flatMap(({ type, email }) =>
      type === 'USER' && email?.endsWith('@example.test') ? [email] : [],
    )
    .toSorted();

test('a pass gives members their role, directly or through a group in the group, and takes it back', async () => {
  await passAndSettle(world);
  expect(await engineers()).toEqual(members());
  expect(members().length).toBeGreaterThan(2);
  const first = 'wei.zhang@example.test';
  world.google.workspace.groups.removeMember(GROUP, first);
  world.google.workspace.groups.addMember(GROUP, ANA);
  world.advance(300_000);
  await passAndSettle(world);
  expect(await engineers()).toEqual(members());
  expect(await isEngineer(ANA)).toBe(true);
  const { results } = await env.DB.prepare(
    "SELECT DISTINCT cause FROM events WHERE type = 'user.updated'",
  ).all();
  expect(results).toEqual([{ cause: 'rules' }]);
});

test('whoever signs in has the roles of the groups that they are in at that moment', async () => {
  await passAndSettle(world);
  expect(await isEngineer(ANA)).toBe(false);
  world.google.workspace.groups.addMember(GROUP, ANA);
  await signIn(world, ANA);
  expect(await isEngineer(ANA)).toBe(true);
  world.google.workspace.groups.removeMember(GROUP, ANA);
  await signIn(world, ANA);
  expect(await isEngineer(ANA)).toBe(false);
});

test('a group that is gone changes nobody, and the pass goes on', async () => {
  await passAndSettle(world);
  const before = await engineers();
  world.google.workspace.groups.remove(GROUP);
  world.google.workspace.silently(() => world.google.workspace.suspend(ANA));
  world.advance(300_000);
  await passAndSettle(world);
  expect(await engineers()).toEqual(before);
  expect((await world.user(ANA))?.status).toBe('suspended');
  const group = await env.DB.prepare('SELECT problem FROM groups').first();
  expect(group).toEqual({ problem: 'notFound' });
  expect(idOf(world, ANA)).toMatch(/^\d+$/);
});

test('where Google grants no reading of groups, people are kept in step all the same, and sign in', async () => {
  world.google.accounts.delegate(['https://www.googleapis.com/auth/admin.directory.user.readonly']);
  await passAndSettle(world);
  expect(await engineers()).toEqual([]);
  await signIn(world, ANA);
  const group = await env.DB.prepare('SELECT problem FROM groups').first<{ problem: string }>();
  expect(group?.problem).toMatch(/^token-/);
});
