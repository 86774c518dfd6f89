// An operator of another directory than the configuration's: what needs no Google they do for their own people and for nobody
// else; what ends in a question to Google is refused, since this Google would say that their people are gone.
import { beforeEach, expect, test } from 'vitest';
import { call } from './api-caller.ts';
import { CHANGING } from './operator-routes.ts';
import {
  actionRows,
  anotherDirectory,
  aPerson,
  everything,
  expectGuarded,
  type Fields,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  post,
  windowAt,
  windowOf,
} from './operators.ts';
import { ANA, listenToLog } from './signed-in.ts';
import { APP, type Visitor } from './visitor.ts';
import { env } from './world.ts';

const THEIRS = '800001';

let world: OperatorWorld;
let boss: Visitor;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  await anotherDirectory();
  await aPerson(THEIRS, { directoryId: 'other', email: 't@other.test', fullName: 'Their Person' });
  await windowAt(world, ANA);
  boss = await windowOf(world, OTHER_ADMIN);
});

interface Owned {
  id?: unknown;
  directory_id?: string;
  user_id?: string;
}

/** All that is not of the other directory; of a session the person says whose it is. */
async function ours(): Promise<unknown> {
  const { rows, queue, started } = (await everything(world)) as {
    rows: Record<string, Owned[]>;
    queue: { body: { directoryId?: string } }[];
    started: unknown;
  };
  const isOurs = ({ id, directory_id, user_id }: Owned) =>
    ![id, directory_id].includes('other') && user_id !== OTHER_ADMIN && user_id !== THEIRS;
  const left = Object.entries(rows).map(([table, all]) => [table, all.filter(isOurs)]);
  return { started, left, queue: queue.filter(({ body }) => body.directoryId !== 'other') };
}

const seenIn = (text: string) => /name="seen" value="([^"]*)"/.exec(text)?.[1] ?? '';

/** The preview of a rule, and saving what it showed. */
async function makeRule(fields: Fields): Promise<{ preview: string; saved: Response }> {
  const form = await (await boss.ask('/console/roles/rule')).text();
  const shown = await post(boss, '/console/roles/preview', { ...fields, seen: seenIn(form) });
  expect(shown.status).toBe(200);
  expectGuarded(shown);
  const preview = await shown.text();
  const saved = await post(boss, '/console/roles/save', { ...fields, seen: seenIn(preview) });
  return { preview, saved };
}

const rolesOf = (where: string) =>
  env.DB.prepare(`SELECT roles FROM users WHERE ${where} ORDER BY id`).all<{ roles: string }>();

test('a token of their own reads their people and no others, until it is revoked', async () => {
  const before = await ours();
  const made = await post(boss, '/console/tokens', {
    name: 'Theirs',
    scope: ['users:read', 'events:read'],
    days: '30',
  });
  expect(made.status).toBe(200);
  const [token = ''] =
    (await made.text()).match(/rollcall_[A-Za-z0-9]{16}_[A-Za-z0-9_-]{43}/) ?? [];
  const { body } = await call<{ users: { id: string }[] }>(world, token, '/users');
  expect(body.users.map(({ id }) => id).toSorted()).toEqual([THEIRS, OTHER_ADMIN].toSorted());
  expect((await call(world, token, `/users/${encodeURIComponent(ANA)}`)).status).toBe(404);
  const id = token.split('_')[1] ?? '';
  expect((await post(boss, '/console/tokens/revoke', { id })).status).toBe(303);
  expect((await call(world, token, '/users')).status).toBe(401);
  expect(await ours()).toEqual(before);
});

test('a rule of their own gives roles to their people and to no others', async () => {
  const before = await ours();
  const { preview, saved } = await makeRule({ kind: 'everyone', role: 'crew' });
  expect(preview).toContain('Their Person');
  expect(preview).not.toMatch(/example\.test|Moreira/);
  expect(saved.headers.get('location')).toBe(`${APP}/console/roles?said=rules-saved&n=0`);
  const theirs = (await rolesOf("directory_id = 'other'")).results;
  expect(theirs.map(({ roles }) => JSON.parse(roles))).toEqual([['crew'], ['crew']]);
  expect(await ours()).toEqual(before);
  expect((await actionRows()).map(({ directory_id, action }) => [directory_id, action])).toEqual([
    ['other', 'role-rules.save'],
  ]);
});

test('a rule about a group is theirs to make; Google is asked nothing about it', async () => {
  const before = await ours();
  const calls = world.google.calls.length;
  const group = { kind: 'group', group: 'engineering@example.test', role: 'engineer' };
  const { saved } = await makeRule(group);
  expect(saved.status).toBe(303);
  expect(world.google.calls.length).toBe(calls);
  expect((await rolesOf("roles LIKE '%engineer%'")).results).toEqual([]);
  expect(await ours()).toEqual(before);
});

test('a role by hand and the end of sessions, of their own person', async () => {
  const before = await ours();
  const visitor = await windowOf(world, THEIRS);
  const cook = { role: 'cook', to: 'added', seen: 'none', reason: 'As agreed' };
  expect((await post(boss, `/console/people/${THEIRS}/roles`, cook)).status).toBe(303);
  expect((await rolesOf(`id = '${THEIRS}'`)).results).toEqual([{ roles: '["cook"]' }]);
  expect((await post(boss, `/console/people/${THEIRS}/sessions/end`, { all: 'yes' })).status).toBe(
    303,
  );
  expect((await visitor.ask('/console')).status).toBe(401);
  expect(await ours()).toEqual(before);
});

test('what ends in a question to Google is refused, and nothing is done', async () => {
  const before = await everything(world);
  const calls = world.google.calls.length;
  const asking = CHANGING.map(([, path]) => path).filter((path) =>
    /\/(passes|dry-run|look|approve|replay)$/.test(path),
  );
  expect(asking).toHaveLength(5);
  for (const path of asking) {
    const response = await post(boss, path.replace(':id', THEIRS));
    expectGuarded(response);
    expect([path, response.status]).toEqual([path, 409]);
    expect(await response.text()).toContain('Google can’t be asked about yours here');
  }
  expect(world.google.calls.length).toBe(calls);
  expect(await everything(world)).toEqual(before);
});
