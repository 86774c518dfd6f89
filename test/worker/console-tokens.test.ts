// API tokens in the console: made once in plain sight, listed without their secret, revoked for good.
import { beforeEach, describe, expect, test } from 'vitest';
import { MAX_LIVE_TOKENS } from '../../src/db/api-tokens.ts';
import { call, DAY_MS, documentOf, LISTED_TOKEN, listToken } from './api-caller.ts';
import {
  actionRows,
  actionsTaken,
  anotherDirectory,
  aPerson,
  expectGuarded,
  type Fields,
  type OperatorWorld,
  OTHER_ADMIN,
  operatorWorld,
  post,
  windowAt,
  windowOf,
} from './operators.ts';
import { ADMIN, idOf, listenToLog, rows } from './signed-in.ts';
import type { Visitor } from './visitor.ts';
import { env } from './world.ts';

const PATH = '/console/tokens';
const FIELDS = { name: 'Payroll', scope: ['users:read', 'events:read'], days: '30' };
const TOKEN = /rollcall_[A-Za-z0-9]{16}_[A-Za-z0-9_-]{43}/g;

let world: OperatorWorld;
let admin: Visitor;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld();
  admin = await windowAt(world, ADMIN);
});

const page = async (visitor = admin, query = '') => {
  const response = await visitor.ask(`${PATH}${query}`);
  expectGuarded(response);
  expect(response.status).toBe(200);
  return response.text();
};

async function make(fields: Fields = FIELDS, visitor = admin) {
  const response = await post(visitor, PATH, fields);
  expectGuarded(response);
  const text = await response.text();
  return { status: response.status, text, tokens: text.match(TOKEN) ?? [], response };
}

const idIn = (token = '') => token.split('_')[1] ?? '';
const revoke = (id: string, visitor = admin) => post(visitor, `${PATH}/revoke`, { id });

describe('making a token', () => {
  test('it stands on the answer once, in no address, and opens what was ticked', async () => {
    const { status, tokens, response, text } = await make();
    expect(status).toBe(200);
    expect(tokens).toHaveLength(1);
    const [token = ''] = tokens;
    expect(response.headers.get('location')).toBeNull();
    expect(text).toContain(`data-copy="made-0"`);
    expect(text).toContain('curl -H');
    await documentOf(world);
    expect((await call(world, token, '/users')).status).toBe(200);
    expect((await call(world, token, '/events')).status).toBe(200);
    expect((await call(world, token, '/passes')).status).toBe(403);
    // Nowhere else, ever.
    expect(await page()).not.toMatch(TOKEN);
    const kept = JSON.stringify([await rows('api_tokens'), await rows('operator_actions')]);
    expect(kept).not.toContain(token.slice(-43));
    expect(admin.trail.join(' ')).not.toContain(token.slice(-43));
  });

  test('it ends after the days that were chosen', async () => {
    for (const days of ['7', '30', '90', '365']) {
      const { tokens } = await make({ ...FIELDS, days });
      const row = await env.DB.prepare('SELECT * FROM api_tokens WHERE id = ?1')
        .bind(idIn(tokens[0]))
        .first();
      expect(row).toMatchObject({
        made_by: `user:${idOf(world, ADMIN)}`,
        directory_id: 'default',
        expires_ms: world.clock.nowMs + Number(days) * DAY_MS,
      });
    }
  });

  test('it is written down, without its name', async () => {
    const { tokens } = await make();
    const [action] = await actionRows();
    expect(action).toMatchObject({ action: 'api-token.make', outcome: 'made' });
    expect(JSON.parse(action?.detail ?? '')).toEqual({
      token: idIn(tokens[0]),
      scopes: 'users:read events:read',
      days: 30,
    });
  });

  const WRONG: [what: string, fields: Fields, words: RegExp][] = [
    ['no name', { ...FIELDS, name: ' ' }, /Give it a name/],
    ['a long name', { ...FIELDS, name: 'x'.repeat(61) }, /longer than 60/],
    ['a name of several lines', { ...FIELDS, name: 'a\nb' }, /none of a line/],
    ['two names', { ...FIELDS, name: ['a', 'b'] }, /Give it a name/],
    ['nothing to read', { ...FIELDS, scope: [] }, /Say what it may read/],
    ['an unknown scope', { ...FIELDS, scope: ['users:read', 'users:write'] }, /none of what/],
    ['an unknown scope alone', { ...FIELDS, scope: 'rollcall:admin' }, /none of what/],
    ['another end', { ...FIELDS, days: '3650' }, /Say when it ends/],
    ['no end', { name: 'x', scope: 'users:read' }, /Say when it ends/],
    ['nothing', {}, /Give it a name/],
  ];
  test.each(WRONG)('with %s: 400, and nothing is made', async (_, fields, words) => {
    const { status, text, tokens } = await make(fields);
    expect(status).toBe(400);
    expect(text).toMatch(words);
    expect(tokens).toEqual([]);
    expect(await rows('api_tokens')).toEqual([]);
    expect(await actionsTaken()).toEqual([]);
  });

  test('60 characters are 60, whatever they are made of; what was typed stands there again', async () => {
    expect((await make({ ...FIELDS, name: '👩‍🚀'.repeat(20) })).status).toBe(200);
    const { text } = await make({ name: 'Kept', scope: 'passes:read', days: '1' });
    expect(text).toContain('value="Kept"');
    expect(text).toMatch(/value="passes:read" checked/);
    expect(text).not.toMatch(/value="users:read" checked/);
  });

  test('no more than 50: 409, and room again when one is revoked', async () => {
    const all = await Promise.all(Array.from({ length: MAX_LIVE_TOKENS }, () => make()));
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    const { status, text, tokens } = await make({ ...FIELDS, name: 'One more' });
    expect([status, tokens]).toEqual([409, []]);
    expect(text).toContain('there can be no more');
    expect(text).toContain('value="One more"');
    expect((await actionsTaken()).at(-1)?.[2]).toBe('too-many');
    expect((await revoke(idIn(all[0]?.tokens[0]))).status).toBe(303);
    expect((await make()).status).toBe(200);
  });
});

describe('revoking', () => {
  test('ends a token at once, and says so; in a second tab it is too late', async () => {
    const { tokens } = await make();
    const [token = ''] = tokens;
    const response = await revoke(idIn(token));
    expect(response.status).toBe(303);
    const location = response.headers.get('location') ?? '';
    expect(location).toContain(`${PATH}?said=token-revoked`);
    expect(await page(admin, new URL(location).search)).toContain('Revoked: nothing can be read');
    expect((await call(world, token, '/users')).status).toBe(401);
    const again = await revoke(idIn(token));
    expectGuarded(again);
    expect(again.status).toBe(409);
    expect(await again.text()).toContain('Nothing was done');
    expect((await actionsTaken()).map(([, action, outcome]) => [action, outcome])).toEqual([
      ['api-token.make', 'made'],
      ['api-token.revoke', 'revoked'],
      ['api-token.revoke', 'over'],
    ]);
  });

  test('what is no token, or another directory’s: 409, and nothing is touched', async () => {
    await anotherDirectory();
    await listToken(world, 'other');
    const before = await rows('api_tokens');
    for (const id of [LISTED_TOKEN, '', 'x', "'; DROP TABLE api_tokens", 'A'.repeat(16)])
      expect((await revoke(id)).status).toBe(409);
    expect(await rows('api_tokens')).toEqual(before);
    expect(await page()).not.toContain(LISTED_TOKEN);
  });
});

describe('the list', () => {
  test('says of each what it may, whose it is, when it ends and what became of it', async () => {
    const sql = (text: string, ...values: unknown[]) =>
      env.DB.prepare(text)
        .bind(...values)
        .run();
    const olga = await aPerson('930', { fullName: 'Olga Operator', roles: ['rollcall:admin'] });
    const byOlga = await windowOf(world, olga);
    expect((await make({ ...FIELDS, name: 'Suspended one' }, byOlga)).status).toBe(200);
    await make({ ...FIELDS, name: 'Expired one', days: '7' });
    const { tokens } = await make({ ...FIELDS, name: 'Revoked one' });
    await revoke(idIn(tokens[0]));
    world.advance(8 * DAY_MS);
    admin = await windowAt(world, ADMIN);
    const live = await make({ ...FIELDS, name: 'Live one' });
    await call(world, live.tokens[0] ?? '', '/users');
    const before = await page();
    await sql("UPDATE users SET roles = '[]' WHERE id = '930'");
    const text = await page();
    const row = (name: string, of = text) =>
      of.split(/<tr>|<\/tr>/).find((one) => one.includes(name));
    expect(row('Suspended one', before)).toContain('>live<');
    expect(row('Suspended one')).toMatch(/Olga Operator.*>suspended</s);
    expect(row('Expired one')).toContain('>expired<');
    expect(row('Revoked one')).toContain('>revoked<');
    expect(row('Live one')).toMatch(/users:read.*30 Nov 2026, 09:00.*30 Dec 2026, 09:00/s);
    expect(row('Live one')).not.toContain('never');
    for (const name of ['Live one', 'Suspended one']) expect(row(name)).toContain('Revoke');
    for (const name of ['Expired one', 'Revoked one'])
      expect(row(name)).not.toContain('type="submit"');
  });

  test('hostile names are text, each in isolation', async () => {
    const name = '<script>x</script>\u202Eexe"\'&';
    const { text } = await make({ ...FIELDS, name });
    const escaped = '&lt;script&gt;x&lt;/script&gt;\u202Eexe&quot;&#39;&amp;';
    expect(text.split(`<bdi>${escaped}</bdi>`).length).toBe(4);
    expect(text).not.toContain('<script>x');
    expect(await page()).not.toContain('<script>x');
  });

  test('another directory’s admin sees theirs', async () => {
    await anotherDirectory();
    await make({ ...FIELDS, name: 'Ours' });
    const boss = await windowOf(world, OTHER_ADMIN);
    const text = await page(boss);
    expect(text).toContain('There is none yet.');
    expect(text).not.toContain('Ours');
  });
});
