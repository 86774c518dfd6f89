// Saved rules and decisions by hand become everybody's roles: what a preview says is what saving does, an older look puts no
// old role back, and rules changed twice end in the state of the last.
import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { readPerson } from '../../src/db/people.ts';
import { ensureFirstRule, readRoleBook } from '../../src/roles/book.ts';
import { hashOfRules, type RuleChange, saveByHand, saveRules } from '../../src/roles/edit.ts';
import { previewRules } from '../../src/roles/preview.ts';
import { recomputePage } from '../../src/roles/recompute.ts';
import type { RuleSource } from '../../src/roles/rule.ts';
import { explainRoles } from '../../src/roles/why.ts';
import { applyObservations } from '../../src/sync/apply.ts';
import {
  aDirectory,
  applyPorts,
  counted,
  db,
  newId,
  rawRow,
  seen,
  ticketOf,
  type UserFields,
} from './observed.ts';
import { env, freshStorage } from './world.ts';

let nowMs = 1_000;
const ports = { ...applyPorts, db, nowMs: () => nowMs, log: () => {} };

beforeEach(async () => {
  await freshStorage();
  await aDirectory();
  await ensureFirstRule(ports, 'default');
  nowMs = 1_000;
});

async function look(id: string, fields: UserFields = {}) {
  const ticket = await ticketOf();
  return applyObservations(applyPorts, 'default', { ticket, nowMs }, [seen(id, fields)]);
}

const rolesNow = async (id: string) =>
  JSON.parse(String((await rawRow(id))?.['roles'])) as string[];

async function seenHash(): Promise<string> {
  const book = await readRoleBook(ports, 'default', []);
  if (book === null) throw new Error('no directory');
  return hashOfRules(book);
}

const save = async (change: RuleChange, seen?: string) =>
  saveRules(ports, 'default', { change, seen: seen ?? (await seenHash()), madeBy: 'user:1' });
const add = (source: RuleSource, role: string) => save({ kind: 'add', rule: { source, role } });

async function recomputeAll(): Promise<number> {
  for (let pages = 0; ; pages += 1) {
    const step = await recomputePage(ports, 'default');
    if (step !== 'more') return pages + (step === 'done' ? 1 : 0);
  }
}

const TEAMS: RuleSource = { kind: 'fields', schema: 'PM_Teams' };
const teams = (...names: string[]) => ({
  customSchemas: { PM_Teams: Object.fromEntries(names.map((name) => [name, true])) },
});

describe('the first rule', () => {
  test('is what ROLES_SCHEMA stands for, made once, and changes nobody', async () => {
    await env.DB.batch([
      env.DB.prepare('DELETE FROM role_rules'),
      env.DB.prepare('UPDATE directories SET roles_version = 0'),
    ]);
    const id = newId();
    await look(id, { customSchemas: { Roles: { Editor: true } } });
    expect(await rolesNow(id)).toEqual(['Editor']);
    // Who only reads writes nothing: the first rule is cron's to make.
    await previewRules(ports, 'default', null);
    expect(await env.DB.prepare('SELECT count(*) AS n FROM role_rules').first()).toEqual({ n: 0 });
    await Promise.all([1, 2, 3].map(() => ensureFirstRule(ports, 'default')));
    const { results } = await env.DB.prepare('SELECT source, role, made_by FROM role_rules').all();
    expect(results).toEqual([
      { source: '{"kind":"fields","schema":"Roles"}', role: '{field}', made_by: 'configuration' },
    ]);
    expect(await rolesNow(id)).toEqual(['Editor']);
    await recomputeAll();
    const changed = await env.DB.prepare(
      "SELECT count(*) AS n FROM events WHERE cause = 'rules'",
    ).first();
    expect(changed).toEqual({ n: 0 });
  });

  test('stays removed: the var only seeds', async () => {
    const id = newId();
    await look(id, { customSchemas: { Roles: { Editor: true } } });
    const book = await readRoleBook(ports, 'default', []);
    expect(await save({ kind: 'remove', id: book?.rules[0]?.id ?? 0 })).toBe('saved');
    await recomputeAll();
    expect(await rolesNow(id)).toEqual([]);
    await look(id, { customSchemas: { Roles: { Editor: true } } });
    expect(await rolesNow(id)).toEqual([]);
  });
});

describe('a rule that is saved', () => {
  test('gives its roles to those who are there, with the cause rules, and to those who come', async () => {
    const id = newId();
    await look(id, teams('team_name1'));
    nowMs = 5_000;
    expect(await add(TEAMS, 'team:{field}')).toBe('saved');
    nowMs = 6_000;
    await recomputeAll();
    expect(await rolesNow(id)).toEqual(['team:team_name1']);
    const event = await env.DB.prepare('SELECT * FROM events ORDER BY seq DESC LIMIT 1').first();
    expect(event).toMatchObject({
      user_id: id,
      type: 'user.updated',
      cause: 'rules',
      at_ms: 6_000,
      noticed_ms: 5_000,
    });
    const other = newId();
    await look(other, teams('b'));
    expect(await rolesNow(other)).toEqual(['team:b']);
  });

  test('reaches everybody, 500 at a time, and whoever takes part', async () => {
    const ids = Array.from({ length: 1_201 }, newId);
    for (let from = 0; from < ids.length; from += 300) {
      const ticket = await ticketOf();
      const some = ids.slice(from, from + 300).map((id) => seen(id));
      await applyObservations(applyPorts, 'default', { ticket, nowMs }, some);
    }
    await recomputeAll();
    await add({ kind: 'everyone' }, 'member');
    // Two at work on it at once, and one page that is repeated.
    await Promise.all([recomputeAll(), recomputeAll()]);
    const row = await env.DB.prepare(
      `SELECT count(*) AS n FROM users WHERE roles = '["member"]'`,
    ).first();
    expect(row).toEqual({ n: 1_201 });
    const events = await env.DB.prepare(
      "SELECT count(*) AS n FROM events WHERE cause = 'rules'",
    ).first();
    expect(events).toEqual({ n: 1_201 });
    const state = await env.DB.prepare('SELECT finished_ms, changed FROM role_recomputes').first();
    expect(state).toEqual({ finished_ms: nowMs, changed: 1_201 });
  });

  test('stamps written and not ticket: a look that began before is repeated, one that began after is taken', async () => {
    const id = newId();
    await look(id, teams('a'));
    const before = await rawRow(id);
    const older = await ticketOf();
    await add(TEAMS, 'team:{field}');
    await recomputeAll();
    const after = await rawRow(id);
    expect(after?.ticket).toBe(before?.ticket);
    expect(after?.written).toBe(older);
    const late = await applyObservations(applyPorts, 'default', { ticket: older, nowMs }, [
      seen(id),
    ]);
    expect(late.get(id)?.outcome).toBe('lost');
    expect(await rolesNow(id)).toEqual(['team:a']);
    await look(id, teams('b'));
    expect(await rolesNow(id)).toEqual(['team:b']);
  });

  test('while a look is under way: the look writes the new roles, and asks Google no second time', async () => {
    const id = newId();
    await look(id);
    const ticket = await ticketOf();
    // The rules change between the look's reading them and its writing.
    let hasChanged = false;
    const slow = {
      ...applyPorts,
      db: {
        ...db,
        d1: new Proxy(env.DB, {
          get(target, name) {
            if (name === 'batch')
              return async (statements: D1PreparedStatement[]) => {
                if (!hasChanged) {
                  hasChanged = true;
                  await add(TEAMS, 'team:{field}');
                }
                return target.batch(statements);
              };
            const value = Reflect.get(target, name);
            return typeof value === 'function' ? value.bind(target) : value;
          },
        }),
      },
    };
    const applied = await applyObservations(slow, 'default', { ticket, nowMs }, [
      seen(id, teams('a')),
    ]);
    expect(applied.get(id)?.outcome).toBe('written');
    expect(await rolesNow(id)).toEqual(['team:a']);
  });

  test('twice in a row ends in the state of the last', async () => {
    const id = newId();
    await look(id, teams('a'));
    await add(TEAMS, 'first:{field}');
    const book = await readRoleBook(ports, 'default', []);
    const [, first] = book?.rules ?? [];
    await save({
      kind: 'replace',
      id: first?.id ?? 0,
      rule: { source: TEAMS, role: 'second:{field}' },
    });
    await recomputeAll();
    expect(await rolesNow(id)).toEqual(['second:a']);
  });

  test('from a page that is stale is a conflict, and nothing happens', async () => {
    const stale = await seenHash();
    expect(await add({ kind: 'everyone' }, 'one')).toBe('saved');
    const rule = { source: { kind: 'everyone' as const }, role: 'two' };
    expect(await save({ kind: 'add', rule }, stale)).toBe('conflict');
    const both = await Promise.all([
      save({ kind: 'add', rule: { ...rule, role: 'x' } }, await seenHash()),
      save({ kind: 'add', rule: { ...rule, role: 'y' } }, await seenHash()),
    ]);
    expect(both.toSorted()).toEqual(['conflict', 'saved']);
    const { results } = await env.DB.prepare('SELECT role FROM role_rules ORDER BY id').all<{
      role: string;
    }>();
    expect(results.map(({ role }) => role)).toHaveLength(3);
  });
});

test('a page reads its people, each with what their triggers need, and not all of them for each', async () => {
  const people = Array.from({ length: 400 }, () => seen(newId()));
  await applyObservations(applyPorts, 'default', { ticket: await ticketOf(), nowMs }, people);
  await recomputeAll();
  await add({ kind: 'everyone' }, 'member');
  const counts = counted();
  await recomputePage({ ...ports, db: counts.db }, 'default');
  expect(counts.rowsRead).toBeGreaterThan(400);
  expect(counts.rowsRead).toBeLessThan(400 * 80);
  expect(counts.rowsWritten).toBeLessThan(400 * 6);
});

describe('a decision by hand', () => {
  const hand = (
    userId: string,
    role: string,
    to: 'added' | 'excepted' | 'none',
    seenAs: 'added' | 'excepted' | 'none',
  ) =>
    saveByHand(ports, 'default', {
      userId,
      role,
      to,
      seen: seenAs,
      reason: 'because',
      madeBy: 'user:1',
    });

  test('is about one person, and is taken back', async () => {
    const [one, other] = [newId(), newId()];
    await look(one, teams('a'));
    await look(other, teams('a'));
    await add(TEAMS, 'team:{field}');
    await recomputeAll();
    expect(await hand(one, 'team:a', 'excepted', 'none')).toBe('saved');
    await recomputeAll();
    expect([await rolesNow(one), await rolesNow(other)]).toEqual([[], ['team:a']]);
    expect(await hand(one, 'team:a', 'excepted', 'none')).toBe('conflict');
    // A look keeps to it.
    await look(one, teams('a', 'b'));
    expect(await rolesNow(one)).toEqual(['team:b']);
    expect(await hand(one, 'team:a', 'none', 'excepted')).toBe('saved');
    await recomputeAll();
    expect(await rolesNow(one)).toEqual(['team:a', 'team:b']);
  });

  test('about nobody is nothing', async () => {
    expect(await hand('999999', 'x', 'added', 'none')).toBe('saved');
    expect(await env.DB.prepare('SELECT count(*) AS n FROM roles_by_hand').first()).toEqual({
      n: 0,
    });
  });
});

test('why: which rule, which value, by whose hand, since when', async () => {
  const id = newId();
  await look(id, teams('a'));
  nowMs = 7_000;
  await add(TEAMS, 'team:{field}');
  await recomputeAll();
  const person = await readPerson(db, 'default', id);
  if (person === null) throw new Error('nobody');
  const { roles } = await explainRoles(ports, 'default', person);
  expect(roles).toMatchObject([
    {
      role: 'team:a',
      has: true,
      grants: [
        {
          rule: { source: TEAMS, role: 'team:{field}' },
          because: { at: 'PM_Teams.a', value: 'true' },
        },
      ],
      byHand: null,
      sinceMs: 7_000,
    },
  ]);
});

describe('a preview', () => {
  const source: fc.Arbitrary<RuleSource> = fc.oneof(
    fc.record({ kind: fc.constant('fields' as const), schema: fc.constantFrom('A', 'B') }),
    fc.record({
      kind: fc.constant('field' as const),
      schema: fc.constantFrom('A', 'B'),
      field: fc.constantFrom('x', 'y'),
    }),
    fc.record({
      kind: fc.constant('value' as const),
      schema: fc.constantFrom('A', 'B'),
      field: fc.constantFrom('x', 'y'),
    }),
    fc.record({ kind: fc.constant('org-unit' as const), path: fc.constantFrom('/', '/S', '/S/T') }),
    fc.constant({ kind: 'super-admin' as const }),
    fc.constant({ kind: 'everyone' as const }),
  );
  const rule = fc.record({
    source,
    role: fc.constantFrom('one', 'two', '{field}', '{value}', 't:{field}'),
  });
  const person = fc.record({
    customSchemas: fc.dictionary(
      fc.constantFrom('A', 'B'),
      fc.dictionary(
        fc.constantFrom('x', 'y', 'z z'),
        fc.oneof(fc.boolean(), fc.constantFrom('v', 'two words')),
      ),
    ),
    orgUnitPath: fc.constantFrom('/', '/S', '/S/T', '/ST'),
    isAdmin: fc.boolean(),
    suspended: fc.boolean(),
  });
  const step = fc.record({ kind: fc.constantFrom('add', 'replace', 'remove'), rule, at: fc.nat() });

  test('says what saving does: who gains and who loses which role', {
    timeout: 30_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(person, { maxLength: 6 }),
        fc.array(step, { minLength: 1, maxLength: 4 }),
        async (people, steps) => {
          await env.DB.batch([
            env.DB.prepare('DELETE FROM role_rules'),
            env.DB.prepare('DELETE FROM roles_by_hand'),
            env.DB.prepare("UPDATE users SET status = 'deleted', deleted_ms = 1"),
            env.DB.prepare('DELETE FROM users'),
          ]);
          const ids = people.map(() => newId());
          for (const [i, fields] of people.entries()) await look(ids[i] ?? '', fields);
          for (const { kind, rule: to, at } of steps) {
            const { rules = [] } = (await readRoleBook(ports, 'default', [])) ?? {};
            const id = rules[at % Math.max(1, rules.length)]?.id;
            const change: RuleChange =
              kind === 'add' || id === undefined
                ? { kind: 'add', rule: to }
                : kind === 'remove'
                  ? { kind: 'remove', id }
                  : { kind: 'replace', id, rule: to };
            const before = new Map(
              await Promise.all(ids.map(async (one) => [one, await rolesNow(one)] as const)),
            );
            const preview = await previewRules(ports, 'default', change);
            expect(await save(change, preview?.hash)).toBe('saved');
            await recomputeAll();
            const gains: string[] = [];
            const losses: string[] = [];
            for (const one of ids) {
              const [was, is] = [before.get(one) ?? [], await rolesNow(one)];
              gains.push(
                ...is.filter((role) => !was.includes(role)).map((role) => `${role} ${one}`),
              );
              losses.push(
                ...was.filter((role) => !is.includes(role)).map((role) => `${role} ${one}`),
              );
            }
            const flat = (moves: { role: string; people: { id: string }[] }[] = []) =>
              moves
                .flatMap(({ role, people: who }) => who.map((one) => `${role} ${one.id}`))
                .toSorted();
            expect(flat(preview?.gains)).toEqual(gains.toSorted());
            expect(flat(preview?.losses)).toEqual(losses.toSorted());
            expect(preview?.people).toBe(people.length);
          }
        },
      ),
      { numRuns: 12 },
    );
  });
});
