// Who may ask the operator's routes for anything, and what everybody else learns.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { readHeldRemovals } from '../../src/sync/held-removals.ts';
import {
  aCompany,
  ask,
  bearer,
  eightWait,
  expectPrivate,
  HELD_REMOVALS,
  refusalOf,
  TOKEN,
} from './operator.ts';
import { heldRows } from './removals.ts';
import { listenToLog, signIn } from './signed-in.ts';
import { Visitor } from './visitor.ts';

beforeEach(() => void listenToLog());

const ROUTES: [method: string, path: string][] = [
  ['GET', ''],
  ['POST', '/approve'],
  ['POST', '/reject'],
];

describe('security 6: who may call', () => {
  test.each(ROUTES)(
    'nobody without an OPERATOR_TOKEN: %s %s is the app’s ordinary 404',
    async (method, path) => {
      const world = await aCompany(1, { vars: { OPERATOR_TOKEN: undefined } });
      const nowhere = await new Visitor(world).ask('/api/v1/nowhere', { method });
      const response = await ask(world, path, { method });
      expect(response.status).toBe(404);
      const names = (one: Response) => [...one.headers.keys()].toSorted();
      expect(names(response)).toEqual(names(nowhere));
      const error = expect.objectContaining({
        code: 'not-found',
        message: 'There is nothing here.',
      });
      expect(await response.json()).toEqual({ error });
      expect(await nowhere.json()).toEqual({ error });
    },
  );

  const wrong: [what: string, headers: Record<string, string>][] = [
    ['no header', { authorization: '' }],
    ['another token', bearer('op-5vWq8Zr2Lk9Xn4Tb7Ym1Cs6Jd3Hf0Ph')],
    ['the first half of it', bearer(TOKEN.slice(0, 16))],
    ['more than it', bearer(`${TOKEN}x`)],
    ['another case', bearer(TOKEN.toLowerCase())],
    ['no token', { authorization: 'Bearer' }],
    ['no scheme', { authorization: TOKEN }],
    ['another scheme', { authorization: `Basic ${btoa(`operator:${TOKEN}`)}` }],
    ['two tokens', { authorization: `Bearer x, Bearer ${TOKEN}` }],
    ['the token in a cookie', { authorization: '', cookie: `token=${TOKEN}; bearer=${TOKEN}` }],
  ];
  test.each(wrong)('not with %s: 401, and nothing happens', async (_, headers) => {
    const { world } = await eightWait();
    const lines = listenToLog();
    const { hash } = await readHeldRemovals(world.ports, 'default');
    const before = await heldRows();
    for (const [method, path] of ROUTES) {
      const body = method === 'POST' ? JSON.stringify({ hash }) : null;
      const response = await ask(world, path, { method, body, headers });
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expectPrivate(response);
      expect(await refusalOf(response)).toEqual({ status: 401, code: 'unauthorized' });
    }
    expect(await heldRows()).toEqual(before);
    expect(world.queue).toEqual([]);
    const refused = lines.filter(({ event }) => event === 'api.refused');
    expect(refused).toHaveLength(3);
    expect(refused[0]).toMatchObject({
      level: 'warn',
      reason: expect.stringMatching(/^(no|wrong)-token$/),
    });
    // Nothing of what was sent, nor of what would have been right.
    expect(JSON.stringify(lines)).not.toMatch(/op-5v/i);
    expect(JSON.stringify(lines)).not.toContain(btoa('operator:'));
  });

  test('not with the token in the query', async () => {
    const world = await aCompany(1);
    const path = `${HELD_REMOVALS}?access_token=${TOKEN}&token=${TOKEN}`;
    expect((await new Visitor(world).ask(path)).status).toBe(401);
  });

  test('not with a super admin’s session', async () => {
    const world = await aCompany(1);
    const { visitor } = await signIn(world, 'admin@example.test');
    expect(await visitor.session()).toMatchObject({ user: { email: 'admin@example.test' } });
    for (const [method, path] of ROUTES) {
      const origin = { origin: 'https://people.rollcall.example', 'sec-fetch-site': 'same-origin' };
      const response = await visitor.ask(`${HELD_REMOVALS}${path}`, { method, headers: origin });
      expect(response.status).toBe(401);
    }
  });

  test('hashes are compared, in constant time', async () => {
    const world = await aCompany(1);
    const compare = vi.spyOn(crypto.subtle, 'timingSafeEqual');
    await ask(world);
    await ask(world, '', { headers: bearer('short') });
    const lengths = compare.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength]);
    expect(lengths).toEqual([
      [43, 43],
      [43, 43],
    ]);
  });

  test('the scheme’s case does not matter, and cookies neither help nor harm', async () => {
    const world = await aCompany(1);
    const headers = {
      authorization: `bearer  ${TOKEN}`,
      cookie: '__Host-session=a; __Host-session=b',
      origin: 'https://evil.example',
      'sec-fetch-site': 'cross-site',
    };
    expect((await ask(world, '', { headers })).status).toBe(200);
  });

  test('no CORS: a preflight from another origin is told nothing', async () => {
    const world = await aCompany(1);
    const response = await new Visitor(world).ask(HELD_REMOVALS, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(response.status).toBe(401);
    expectPrivate(response);
  });
});

test.each([
  ['', ['POST', 'PUT', 'DELETE', 'OPTIONS'], 'GET, HEAD'],
  ['/approve', ['GET', 'PUT', 'DELETE'], 'POST'],
  ['/reject', ['GET', 'PATCH', 'DELETE'], 'POST'],
] as const)(
  'other methods are refused, and told which are not: %s',
  async (path, methods, allow) => {
    const { world } = await eightWait();
    const before = await heldRows();
    for (const method of methods) {
      const response = await ask(world, path, { method });
      expect(response.headers.get('allow')).toBe(allow);
      expectPrivate(response);
      expect(await refusalOf(response)).toEqual({ status: 405, code: 'method-not-allowed' });
    }
    expect(await heldRows()).toEqual(before);
  },
);

test('beside its routes the room is as empty as the rest', async () => {
  const world = await aCompany(1);
  expect((await ask(world, '/nobody')).status).toBe(404);
  expect((await new Visitor(world).ask('/api/v1')).status).toBe(404);
  expect((await new Visitor(world).ask('/api/v2/held-removals')).status).toBe(404);
});
