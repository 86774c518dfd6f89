// What an operator decides about one person: a role by hand, and the end of sessions.
import { base64url } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  actionRows,
  actionsTaken,
  aPerson,
  everything,
  type OperatorWorld,
  operatorWorld,
  windowAt,
  windowOf,
} from './operators.ts';
import { aRule, send, shown } from './person-page.ts';
import { ADMIN, ANA, idOf, listenToLog, SESSION } from './signed-in.ts';
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

const rolesOf = async (id = ana) => JSON.parse((await world.user(id))?.roles ?? '[]') as string[];

const handRows = async () =>
  (await env.DB.prepare('SELECT * FROM roles_by_hand').all<Record<string, unknown>>()).results;

describe('by hand', () => {
  test('given, explained, taken back', async () => {
    const given = await decide({ role: 'cook', to: 'added', reason: 'For the feast' });
    expect(given.words).toContain('Given by hand. They have this role');
    expect(given.words).toMatch(
      /cook Given by hand by Robin Administrator, 22 Nov 2026, 09:00 UTC “For the feast”/,
    );
    expect(await rolesOf()).toContain('cook');
    const back = await decide({ role: 'cook', to: 'none', seen: 'added', reason: '' });
    expect(back.words).toContain('Taken back.');
    expect(await rolesOf()).not.toContain('cook');
    expect((await actionsTaken()).map(([, action, outcome]) => [action, outcome])).toEqual([
      ['roles.by-hand', 'saved'],
      ['roles.by-hand', 'saved'],
    ]);
    for (const { detail } of await actionRows())
      expect(JSON.parse(detail)).toEqual({ userId: ana });
  });

  test('excepted from what a rule gives, and the rule is still told', async () => {
    await aRule(world, { kind: 'everyone' }, 'staff');
    expect(await rolesOf()).toContain('staff');
    const { words } = await decide({ role: 'staff', to: 'excepted', reason: 'On leave' });
    expect(words).toMatch(
      /staff Excepted Excepted by hand by Robin Administrator, .* “On leave” Rule \d+: everyone Does not have it Take back/,
    );
    expect(await rolesOf()).not.toContain('staff');
    await decide({ role: 'staff', to: 'none', seen: 'excepted' });
    expect(await rolesOf()).toContain('staff');
  });

  test('two tabs: the second gets a conflict and the person as they stand, and changes nothing', async () => {
    await decide({ role: 'cook', to: 'added', reason: 'First' });
    const rows = await handRows();
    for (const fields of [
      { role: 'cook', to: 'added' },
      { role: 'cook', to: 'excepted' },
      { role: 'cook', to: 'none', seen: 'excepted' },
      { role: 'other', to: 'none', seen: 'added' },
    ]) {
      const { status, words } = await decide({ ...fields, reason: 'Second' });
      expect(status).toBe(409);
      expect(words).toContain('Nothing was done: somebody has decided about this person');
      expect(words).toContain('“First”');
    }
    expect(await handRows()).toEqual(rows);
  });

  test.each<[Record<string, string>, number]>([
    [{ role: '', to: 'added' }, 400],
    [{ role: 'Köln', to: 'added' }, 400],
    [{ role: 'a b', to: 'added' }, 400],
    [{ role: 'x'.repeat(65), to: 'added' }, 400],
    [{ role: 'cook', to: 'added', reason: '  ' }, 400],
    [{ role: 'cook', to: 'added', reason: 'x'.repeat(301) }, 400],
    [{ role: 'cook', to: 'gone' }, 400],
    [{ role: 'cook', to: 'added', seen: '' }, 400],
    [{ role: 'cook', to: 'none', seen: 'none' }, 400],
    [{ to: 'added' }, 400],
    [{ role: 'rollcall:other', to: 'added' }, 400],
    [{ role: 'ROLLCALL:admin', to: 'added' }, 400],
  ])('refused before anything is written: %j', async (fields, status) => {
    const before = await everything(world);
    const refused = await decide(fields);
    expect([refused.status, refused.words.includes('Nothing was done')]).toEqual([status, true]);
    expect(await everything(world)).toEqual(before);
    expect(await handRows()).toEqual([]);
  });

  test('power inside this deployment is a super admin’s to give and to take', async () => {
    const helper = await windowOf(world, await aPerson('700001', { roles: ['rollcall:admin'] }));
    const refused = await decide({ role: 'rollcall:admin', to: 'added' }, helper);
    expect([refused.status, refused.words.includes('only a super admin')]).toEqual([400, true]);
    await decide({ role: 'rollcall:admin', to: 'added' });
    expect(await rolesOf()).toContain('rollcall:admin');
    const ofAna = await windowOf(world, ana);
    expect((await ofAna.ask('/console')).status).toBe(200);
    // Whoever has it can't keep a super admin from taking it, nor take it from others.
    const kept = await decide({ role: 'rollcall:admin', to: 'none', seen: 'added' }, helper);
    expect(kept.status).toBe(400);
    expect((await pageOf(ana, helper)).words).toContain('None of yours');
    await decide({ role: 'rollcall:admin', to: 'none', seen: 'added' });
    expect((await ofAna.ask('/console')).status).toBe(403);
    // An ordinary role is anybody's who operates.
    expect((await decide({ role: 'cook', to: 'added' }, helper)).words).toContain('Given by hand');
  });
});

describe('sessions', () => {
  const end = (fields: Record<string, string>, visitor = admin) =>
    send(visitor, `/console/people/${ana}/sessions/end`, fields);
  const sessionsOf = async (id: string) =>
    (
      await env.DB.prepare('SELECT token_hash AS hash FROM sessions WHERE user_id = ?1')
        .bind(id)
        .all<{ hash: string }>()
    ).results.map(({ hash }) => hash);

  test('listed without their tokens; one is ended, then all, frames and codes included', async () => {
    const windows = [await windowOf(world, ana), await windowOf(world, ana)];
    await env.DB.prepare(
      `INSERT INTO sessions (token_hash, directory_id, user_id, kind, created_ms, expires_ms)
       VALUES (?1, 'default', ?2, 'frame', ?3, ?3 + 60000)`,
    )
      .bind('f'.repeat(43), ana, world.clock.nowMs)
      .run();
    await env.DB.prepare(
      `INSERT INTO hand_over_codes (code_hash, directory_id, user_id, challenge, created_ms, expires_ms)
       VALUES (?1, 'default', ?2, ?1, 1, ?3)`,
    )
      .bind('c'.repeat(43), ana, world.clock.nowMs + 60_000)
      .run();
    const { text, words } = await pageOf();
    for (const visitor of windows) expect(text).not.toContain(visitor.cookies.get(SESSION)?.value);
    for (const hash of await sessionsOf(ana)) expect(text).not.toContain(hash);
    expect(words).toContain('A frame in another page');
    const token = windows[0]?.cookies.get(SESSION)?.value ?? '';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
    const handle = base64url.encode(new Uint8Array(digest)).slice(0, 16);
    expect(text).toContain(handle);

    expect((await end({ session: handle })).words).toContain('1 session has ended.');
    expect(await sessionsOf(ana)).toHaveLength(2);
    expect((await end({ session: handle })).words).toContain('it was over already');
    expect((await end({ all: 'yes' })).words).toContain('2 sessions have ended.');
    expect(await sessionsOf(ana)).toEqual([]);
    expect(await env.DB.prepare('SELECT count(*) FROM hand_over_codes').first('count(*)')).toBe(0);
    expect((await end({ all: 'yes' })).words).toContain('it was over already');
    expect((await actionsTaken()).map(([, , outcome]) => outcome)).toEqual([
      'ended',
      'over',
      'ended',
      'over',
    ]);
  });

  test('of one person only, whatever the form names', async () => {
    const own = (await sessionsOf(idOf(world, ADMIN)))[0] ?? '';
    expect((await end({ session: own.slice(0, 16) })).words).toContain('it was over already');
    for (const session of ['', '%', '_'.repeat(16).replaceAll('_', '%'), own, 'x'])
      expect((await end({ session })).status).toBe(400);
    expect((await end({})).status).toBe(400);
    expect(await sessionsOf(idOf(world, ADMIN))).toEqual([own]);
    expect((await pageOf(idOf(world, ADMIN))).words).toContain('The one you are in');
  });
});
