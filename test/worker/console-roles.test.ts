// The console's page of roles: rules and what they do, what is no rule, whose rules they are, and pages that are stale.
import { beforeEach, describe, expect, test } from 'vitest';
import { ensureFirstRule } from '../../src/roles/book.ts';
import {
  actionRows,
  actionsTaken,
  anotherDirectory,
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
import { ADMIN, ANA, idOf, listenToLog } from './signed-in.ts';
import { APP, type Visitor } from './visitor.ts';
import { env } from './world.ts';

let world: OperatorWorld;
let admin: Visitor;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
  // As cron does.
  await ensureFirstRule(world.ports, 'default');
});

const textOf = async (visitor: Visitor, path = '/console/roles') =>
  (await visitor.ask(path)).text();

const seenIn = (text: string) => /name="seen" value="([^"]*)"/.exec(text)?.[1] ?? '';

const TEAMS = { kind: 'fields', fields_schema: 'PM_Teams', role: 'team:{field}' };

async function previewed(fields: Fields): Promise<{ response: Response; text: string }> {
  const seen = seenIn(await textOf(admin, '/console/roles/rule'));
  const response = await post(admin, '/console/roles/preview', { ...fields, seen });
  return { response, text: await response.text() };
}

/** As the preview's own form sends it. */
async function saved(fields: Fields): Promise<Response> {
  const { text } = await previewed(fields);
  return post(admin, '/console/roles/save', { ...fields, seen: seenIn(text) });
}

async function rules(): Promise<[source: unknown, role: string][]> {
  const { results } = await env.DB.prepare('SELECT source, role FROM role_rules ORDER BY id').all<{
    source: string;
    role: string;
  }>();
  return results.map(({ source, role }) => [JSON.parse(source), role]);
}

const SEED = [{ kind: 'fields', schema: 'Roles' }, '{field}'];

describe('the story of a rule', () => {
  test('written, previewed with names, saved, written down, and everybody has its roles', async () => {
    const { response, text } = await previewed(TEAMS);
    expect(response.status).toBe(200);
    expectGuarded(response);
    expect(text).toContain('team:Alpha');
    expect(text).toContain('Ana Moreira');
    expect(await rules()).toEqual([SEED]);
    const answer = await saved(TEAMS);
    expect(answer.headers.get('location')).toBe(`${APP}/console/roles?said=rules-saved&n=0`);
    expect(await rules()).toEqual([SEED, [{ kind: 'fields', schema: 'PM_Teams' }, 'team:{field}']]);
    expect(JSON.parse((await world.user(ANA))?.roles ?? '[]')).toContain('team:Alpha');
    const [action] = (await actionRows()).slice(-1);
    expect(action).toMatchObject({
      actor: `user:${idOf(world, ADMIN)}`,
      action: 'role-rules.save',
      detail: '{"change":"add"}',
      outcome: 'saved',
    });
    expect(await textOf(admin)).toContain('each ticked field of PM_Teams');
  });

  test('changed and removed', async () => {
    await saved(TEAMS);
    const id =
      /rule\?id=(\d+)" aria-label="Change the rule for team:/.exec(await textOf(admin))?.[1] ?? '';
    const form = await textOf(admin, `/console/roles/rule?id=${id}`);
    expect(form).toContain('value="PM_Teams"');
    await saved({ ...TEAMS, id, role: 'crew:{field}' });
    expect(JSON.parse((await world.user(ANA))?.roles ?? '[]')).toContain('crew:Alpha');
    await saved({ id, remove: 'yes' });
    expect(await rules()).toEqual([SEED]);
    expect((await world.user(ANA))?.roles).not.toContain('crew:');
  });

  test('about a group that nobody has named yet: Google is asked for the preview, and saving says the same', async () => {
    const group = { kind: 'group', group: 'engineering@example.test', role: 'engineer' };
    const { text } = await previewed(group);
    expect(text).toContain('4 people would have other roles');
    await saved(group);
    const row = await env.DB.prepare(
      `SELECT count(*) AS n FROM users WHERE roles LIKE '%"engineer"%'`,
    ).first();
    expect(row).toEqual({ n: 4 });
  });
});

describe('a rule says so', () => {
  test.each<[what: string, fields: Fields, says: string]>([
    [
      'that gives nobody a role',
      { kind: 'org-unit', org_unit: '/Nowhere', role: 'x' },
      'It gives nobody a role',
    ],
    [
      'that gives everybody one',
      { kind: 'org-unit', org_unit: '/', role: 'x' },
      'It gives everybody a role',
    ],
    [
      'that names a schema nobody has',
      { kind: 'fields', fields_schema: 'Nope', role: '{field}' },
      'Nobody has the custom schema Nope',
    ],
    [
      'that names a field nobody has',
      { kind: 'field', field_schema: 'User_Level', field_field: 'Nope', role: 'x' },
      'Nobody has the field Nope of User_Level',
    ],
    [
      'that names a group that is not there',
      { kind: 'group', group: 'gone@example.test', role: 'x' },
      'There is no group gone@example.test at Google',
    ],
  ])('%s', async (_, fields, says) => {
    const { response, text } = await previewed(fields);
    expect(response.status).toBe(200);
    expect(text).toContain(says);
    await saved(fields);
    expect(await textOf(admin)).toContain(says);
  });

  test('where a name of Google’s is no role’s name', async () => {
    const { text } = await previewed({
      kind: 'value',
      value_schema: 'User_Level',
      value_field: 'Languages',
      role: 'rollcall{value}',
    });
    expect(text).not.toContain('which is no role');
    world.google.workspace.silently(() =>
      world.google.workspace.update(ANA, { customSchemas: { PM_Teams: { 'Köln & <b>': true } } }),
    );
    await env.DB.prepare(
      `UPDATE users SET custom_schemas = '{"PM_Teams":{"Köln & <b>":true}}' WHERE email = ?1`,
    )
      .bind(ANA)
      .run();
    const odd = await previewed(TEAMS);
    expect(odd.text).toContain(
      'would give “team:Köln &amp; &lt;b&gt;”, which is no role’s name: 1 person has none by it',
    );
  });
});

describe('what is no rule is refused with what is wrong, and nothing is saved', () => {
  test.each<[fields: Fields, says: string]>([
    [{}, 'Choose who gets the role'],
    [{ kind: 'nonsense', role: 'x' }, 'Choose who gets the role'],
    [{ kind: ['everyone', 'super-admin'], role: 'x' }, 'Choose who gets the role'],
    [{ kind: 'fields', fields_schema: '', role: '{field}' }, 'The custom schema is missing'],
    [{ kind: 'fields', fields_schema: 'A', role: 'x' }, 'must hold {field} once'],
    [{ kind: 'everyone', role: 'two words' }, 'The role must be 1 to 64 letters'],
    [{ kind: 'everyone', role: 'rollcall:admin' }, 'must not begin with rollcall:'],
    [
      { kind: 'fields', fields_schema: 'A', role: 'Rollcall:{field}' },
      'must not begin with rollcall:',
    ],
    [{ kind: 'org-unit', org_unit: 'Sales', role: 'x' }, 'must begin with a slash'],
    [{ kind: 'group', group: '../users', role: 'x' }, 'must be an address'],
    [{ kind: 'everyone', role: 'x', id: 'one' }, 'not one of ours'],
    [{ remove: 'yes' }, 'not one of ours'],
  ])('%j', async (fields, says) => {
    for (const path of ['preview', 'save']) {
      const seen = seenIn(await textOf(admin, '/console/roles/rule'));
      const before = await everything(world);
      const response = await post(admin, `/console/roles/${path}`, { ...fields, seen });
      expect([path, response.status]).toEqual([path, 400]);
      expect(await response.text()).toContain(says);
      expect(await everything(world)).toEqual(before);
    }
  });
});

describe('a page that is stale', () => {
  test('in two tabs the second saves nothing, and sees how it stands', async () => {
    const one = await previewed(TEAMS);
    const other = await previewed({ kind: 'everyone', role: 'member' });
    expect(
      (await post(admin, '/console/roles/save', { ...TEAMS, seen: seenIn(one.text) })).status,
    ).toBe(303);
    const late = { kind: 'everyone', role: 'member', seen: seenIn(other.text) };
    const answer = await post(admin, '/console/roles/save', late);
    expect(answer.status).toBe(409);
    expect(await answer.text()).toContain('somebody else has changed the rules');
    expect((await rules()).map(([, role]) => role)).toEqual(['{field}', 'team:{field}']);
    expect((await actionsTaken()).map(([, , outcome]) => outcome)).toEqual(['saved', 'conflict']);
    // Nor is anything previewed that nobody has seen.
    expect((await post(admin, '/console/roles/preview', late)).status).toBe(409);
  });

  test.each(['', 'x', 'A'.repeat(43)])(
    'or names no rules that were ever there: %j',
    async (seen) => {
      const answer = await post(admin, '/console/roles/save', { ...TEAMS, seen });
      expect([400, 409]).toContain(answer.status);
      expect(await rules()).toHaveLength(1);
    },
  );

  test('or about a rule that is gone', async () => {
    expect((await admin.ask('/console/roles/rule?id=999')).status).toBe(409);
    const seen = seenIn(await textOf(admin, '/console/roles/rule'));
    for (const fields of [
      { id: '999', remove: 'yes' },
      { ...TEAMS, id: '999' },
    ]) {
      const answer = await post(admin, '/console/roles/preview', { ...fields, seen });
      expect(answer.status).toBe(409);
      const forced = await post(admin, '/console/roles/save', { ...fields, seen });
      expect(forced.status).toBe(409);
    }
    expect(await rules()).toEqual([SEED]);
  });
});

test('a rule that this version can’t read gives nothing, says so, and can be removed', async () => {
  await textOf(admin);
  await env.DB.prepare(
    `INSERT INTO role_rules (directory_id, source, role, made_by, made_ms) VALUES ('default', '{"kind":"moon-phase"}', 'x', 'user:1', 1)`,
  ).run();
  expect(await textOf(admin)).toContain('A later version of Rollcall made this rule');
  const id = String(
    (await env.DB.prepare('SELECT max(id) AS id FROM role_rules').first<{ id: number }>())?.id,
  );
  expect((await admin.ask(`/console/roles/rule?id=${id}`)).status).toBe(200);
  expect((await saved({ id, remove: 'yes' })).status).toBe(303);
  expect(await rules()).toEqual([SEED]);
});

test('another directory’s admin sees their own rules and no others, and changes none', async () => {
  await saved(TEAMS);
  await anotherDirectory();
  const other = await windowOf(world, OTHER_ADMIN);
  const text = await textOf(other);
  expect(text).not.toContain('PM_Teams');
  expect(text).not.toContain('Alpha');
  const id = String(
    (
      await env.DB.prepare('SELECT max(id) AS id FROM role_rules WHERE directory_id = ?1')
        .bind('default')
        .first<{ id: number }>()
    )?.id,
  );
  expect((await other.ask(`/console/roles/rule?id=${id}`)).status).toBe(409);
  for (const fields of [TEAMS, { id, remove: 'yes' }]) {
    const answer = await post(other, '/console/roles/save', {
      ...fields,
      seen: seenIn(await textOf(admin, '/console/roles/rule')),
    });
    expect(answer.status).toBe(409);
  }
  const { results } = await env.DB.prepare(
    "SELECT role FROM role_rules WHERE directory_id = 'default'",
  ).all();
  expect(results).toEqual([{ role: '{field}' }, { role: 'team:{field}' }]);
});
