import { beforeEach, describe, expect, test, vi } from 'vitest';
import {
  actionsTaken,
  anotherDirectory,
  aPerson,
  everything,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  windowAt,
  windowOf,
} from './operators.ts';
import { aRule, send, shown } from './person-page.ts';
import { ADMIN, ANA, idOf, listenToLog } from './signed-in.ts';
import type { Visitor } from './visitor.ts';
import { env } from './world.ts';

let world: OperatorWorld;
let admin: Visitor;
let ana: string;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
  ana = idOf(world, ANA);
});

const pageOf = (id = ana, visitor = admin) => shown(visitor.ask(`/console/people/${id}`));

const decide = (fields: Record<string, string>, visitor = admin, id = ana) =>
  send(visitor, `/console/people/${id}/roles`, { reason: 'As agreed', seen: 'none', ...fields });

const handRows = async () =>
  (await env.DB.prepare('SELECT * FROM roles_by_hand').all<Record<string, unknown>>()).results;

describe('why', () => {
  test('each role with its rule, the value of Google’s and since when; what is no role’s name is told', async () => {
    const fields = { PM_Teams: { team_name1: true, Köln: true, off: false } };
    world.google.workspace.update(ana, { customSchemas: fields });
    await send(admin, `/console/people/${ana}/look`);
    world.advance(60_000);
    await aRule(world, { kind: 'fields', schema: 'PM_Teams' }, 'team:{field}');
    await aRule(world, { kind: 'everyone' }, 'staff');
    const { words } = await pageOf();
    expect(words).toMatch(
      /team:team_name1 Rule \d+: each ticked field of PM_Teams PM_Teams.team_name1 is ticked 22 Nov 2026, 09:01 UTC/,
    );
    expect(words).toMatch(/staff Rule \d+: everyone/);
    expect(words).toMatch(/PM_Teams.Köln would give team:Köln, which is no role’s name/);
    expect(words).not.toContain('team:off');
  });

  test('somebody without a role, and somebody who is gone', async () => {
    await aPerson('700001');
    expect((await pageOf('700001')).words).toContain('They have no role.');
    await env.DB.exec(`UPDATE users SET status = 'deleted', deleted_ms = 5 WHERE id = '700001'`);
    const { status, words } = await pageOf('700001');
    expect([status, words.includes('Deleted'), words.includes('Give a role by hand')]).toEqual([
      200,
      true,
      false,
    ]);
    // Nothing more is decided about them.
    const { status: refused } = await decide({ role: 'x', to: 'added' }, admin, '700001');
    expect(refused).toBe(409);
  });

  test.each(['123456789', 'x', '%00', '1e5', '-1', `${'9'.repeat(40)}`, 'a@b', '..%2f'])(
    'nobody: %s',
    async (id) => {
      expect((await shown(admin.ask(`/console/people/${id}`))).status).toBe(404);
      const before = await everything(world);
      expect((await decide({ role: 'x', to: 'added' }, admin, id)).status).toBe(404);
      expect(await everything(world)).toEqual(before);
    },
  );
});

describe('what happened', () => {
  test('youngest first, each with what changed; twenty a page', async () => {
    for (let i = 0; i < 30; i += 1) {
      await env.DB.prepare(
        `UPDATE users SET org_unit_path = ?2, changed_ms = ?3, noticed_ms = ?3 - 240 WHERE id = ?1`,
      )
        .bind(ana, `/U${i}`, world.clock.nowMs + i)
        .run();
    }
    const first = await pageOf();
    expect(first.words).toMatch(/Organisation unit \/U28 → \/U29 .* stored 240 ms later/);
    expect(first.words).not.toContain('/U8 → /U9');
    const older = /href="([^"]+\?before=\d+)#timeline"/.exec(first.text)?.[1] ?? '';
    const second = await shown(admin.ask(older));
    expect(second.words).toContain('/U8 → /U9');
    expect(second.words).toMatch(/Came .* Address/);
    expect(second.words).toContain('Latest');
    for (const before of ['x', '-1', '9'.repeat(30), '%00', '0'])
      expect((await shown(admin.ask(`/console/people/${ana}?before=${before}`))).status).toBe(200);
  });
});

describe('look again now', () => {
  const look = (visitor = admin, id = ana) => send(visitor, `/console/people/${id}/look`);

  test('what Google says is stored at once, and what came of it is said', async () => {
    expect((await look()).words).toContain('nothing has changed');
    world.google.faults.dropPushes = 1;
    world.google.workspace.update(ana, { orgUnitPath: '/Moved' });
    const { words } = await look();
    expect(words).toContain('It is stored now.');
    expect(words).toContain('/Moved');
    expect((await world.user(ana))?.cause).toBe('operator');
    expect((await actionsTaken()).map(([, action, outcome]) => [action, outcome])).toEqual([
      ['person.look', 'unchanged'],
      ['person.look', 'changed'],
    ]);
  });

  test('whom Google does not know goes, or waits for a word', async () => {
    world.advance(3_600_000);
    vi.stubGlobal('setTimeout', (work: () => void, ms = 0) => {
      world.advance(ms);
      vi.setSystemTime(world.clock.nowMs);
      queueMicrotask(work);
    });
    const visitor = await windowAt(world, ADMIN);
    world.google.faults.dropPushes = 1;
    world.google.workspace.remove(ana);
    const { words } = await look(visitor);
    vi.unstubAllGlobals();
    expect(words).toContain('They have been removed.');
    expect((await world.user(ana))?.status).toBe('deleted');
    expect((await look(visitor)).words).toContain('Google does not know them, as is stored.');
  });

  test('where Google refuses, its code is told and nothing is done', async () => {
    world.google.faults.failNext('get', '403 forbidden', Number.POSITIVE_INFINITY);
    const before = await world.user(ana);
    const { status, words } = await look();
    expect(status).toBe(409);
    expect(words).toMatch(/Nothing was done: Google could not be asked about them \(\S+\)/);
    expect(await world.user(ana)).toEqual(before);
  });
});

test('another directory’s admin sees nobody of ours and changes nothing, nor do we of theirs', async () => {
  await anotherDirectory();
  await aPerson('800001', {
    directoryId: 'other',
    fullName: 'Somebody Elsewhere',
    roles: ['lead'],
  });
  const boss = await windowOf(world, OTHER_ADMIN);
  // Whoever is first asked about in a directory has its first rule made.
  await pageOf('800001', boss);
  const before = await everything(world);
  expect((await pageOf(ana, boss)).status).toBe(404);
  expect((await pageOf('800001')).status).toBe(404);
  expect((await pageOf('800001', boss)).words).toContain('Somebody Elsewhere');
  for (const [action, fields, status] of [
    ['roles', { role: 'cook', to: 'added', seen: 'none', reason: 'x' }, 404],
    ['sessions/end', { all: 'yes' }, 404],
    // Google is theirs to ask about nobody.
    ['look', {}, 409],
  ] as const) {
    expect((await send(boss, `/console/people/${ana}/${action}`, fields)).status).toBe(status);
    expect((await send(admin, `/console/people/800001/${action}`, fields)).status).toBe(404);
  }
  expect(await everything(world)).toEqual(before);
  expect(await handRows()).toEqual([]);
});
