// Who may call the API: only a live token with the scope, of its own directory, whose maker still may.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { newApiToken } from '../../src/api/tokens.ts';
import {
  keepApiToken,
  MAX_LIVE_TOKENS,
  readApiToken,
  TOKEN_SCOPES,
  type TokenScope,
} from '../../src/db/api-tokens.ts';
import { openDatabase } from '../../src/db/database.ts';
import { aToken, call, DAY_MS, documentOf, type Refused } from './api-caller.ts';
import { TOKEN } from './operator.ts';
import { anotherDirectory, aPerson, OTHER_ADMIN, operatorWorld } from './operators.ts';
import { ADMIN, ANA, idOf, listenToLog, rows, signIn, suspend } from './signed-in.ts';
import { Visitor } from './visitor.ts';
import { env, type World } from './world.ts';

const ROUTES: [path: string, scope: TokenScope][] = [
  ['/users', 'users:read'],
  ['/users/ana.moreira@example.test', 'users:read'],
  ['/events', 'events:read'],
  ['/passes', 'passes:read'],
];

let world: World;
beforeEach(async () => {
  listenToLog();
  world = await operatorWorld({ vars: { OPERATOR_TOKEN: TOKEN } });
  await documentOf(world);
});

/** 401 in all respects the same. */
async function expectRefused(token: string | null, headers: Record<string, string> = {}) {
  for (const [path] of ROUTES) {
    const {
      status,
      body,
      headers: answered,
    } = await call<Refused>(world, token, path, { headers });
    expect([path, status, body.error.code]).toEqual([path, 401, 'unauthorized']);
    expect(body.error.message).toBe('Send a live API token: Authorization: Bearer …');
    const expected = token === null ? 'Bearer' : 'Bearer error="invalid_token"';
    expect(answered.get('www-authenticate')).toBe(expected);
  }
}

const sql = (text: string, ...values: unknown[]) =>
  env.DB.prepare(text)
    .bind(...values)
    .run();

describe('security 6: a token opens', () => {
  test('all that its scopes say, and nothing else', async () => {
    for (const scope of TOKEN_SCOPES) {
      const { token } = await aToken(world, { scopes: [scope] });
      for (const [path, needed] of ROUTES) {
        const { status, body, headers } = await call(world, token, path);
        expect([path, scope, status]).toEqual([path, scope, needed === scope ? 200 : 403]);
        if (needed === scope) continue;
        expect((body as unknown as Refused).error.code).toBe('insufficient-scope');
        const challenge = `Bearer error="insufficient_scope", scope="${needed}"`;
        expect(headers.get('www-authenticate')).toBe(challenge);
      }
    }
  });

  test('what is of its own directory, in both directions', async () => {
    await anotherDirectory();
    const ours = await aToken(world);
    const theirs = await aToken(world, { directoryId: 'other', maker: OTHER_ADMIN });
    const ana = idOf(world, ANA);
    const seen = async (token: string) =>
      JSON.stringify([
        (await call(world, token, '/users?limit=200')).body,
        (await call(world, token, '/events?limit=500')).body,
        (await call(world, token, '/passes')).body,
      ]);
    expect(await seen(theirs.token)).not.toMatch(/example\.test/);
    expect(await seen(theirs.token)).toContain('boss@other.test');
    expect(await seen(ours.token)).not.toMatch(/other\.test/);
    for (const [token, key] of [
      [theirs.token, ana],
      [theirs.token, ANA],
      [ours.token, OTHER_ADMIN],
      [ours.token, 'boss@other.test'],
    ] as const)
      expect((await call(world, token, `/users/${key}`)).status).toBe(404);
    const events = await call<{ events: unknown[] }>(world, theirs.token, `/events?user=${ana}`);
    expect(events.body.events).toEqual([]);
  });

  test('not the operator’s routes; and the operator’s token opens nothing else', async () => {
    const { token } = await aToken(world);
    expect((await call(world, token, '/held-removals')).status).toBe(401);
    expect((await call(world, TOKEN, '/held-removals')).status).toBe(200);
    await expectRefused(TOKEN);
  });
});

describe('security 6: one and the same refusal for', () => {
  test('no token, and whatever else stands in the header', async () => {
    await expectRefused(null);
    await expectRefused(null, { authorization: 'Basic YTpi' });
    await expectRefused(null, { authorization: 'Bearer' });
    const { token, id } = await aToken(world);
    await expectRefused(null, { authorization: `Bearer x, Bearer ${token}` });
    await expectRefused(null, { cookie: `token=${token}`, 'x-api-key': token });
    const last = token.at(-1) === 'A' ? 'E' : 'A';
    for (const wrong of [
      token.slice(0, -1),
      `${token}A`,
      token.slice(0, -1) + last,
      token.toLowerCase(),
      token.replace('rollcall_', ''),
      (await newApiToken()).token,
      `rollcall_${id}_${(await newApiToken()).token.split('_').slice(2).join('_')}`,
      `rollcall_'OR/**/1=1-----_${'A'.repeat(43)}`,
    ])
      await expectRefused(wrong);
    expect((await call(world, token, '/users')).status).toBe(200);
  });

  test('a token in the query', async () => {
    const { token } = await aToken(world);
    expect((await call(world, null, `/users?access_token=${token}`)).status).toBe(401);
  });

  test('an expired and a revoked one', async () => {
    const { token } = await aToken(world, { ttlMs: 7 * DAY_MS });
    const revoked = await aToken(world);
    await sql('UPDATE api_tokens SET revoked_ms = ?2 WHERE id = ?1', revoked.id, world.clock.nowMs);
    await expectRefused(revoked.token);
    world.advance(7 * DAY_MS - 1);
    expect((await call(world, token, '/users')).status).toBe(200);
    world.advance(1);
    await expectRefused(token);
  });

  test('one whose maker has left, and it lives again when they are back', async () => {
    const { token } = await aToken(world, { maker: await aPerson('920', { isAdmin: true }) });
    for (const status of ['suspended', 'archived', 'deleted']) {
      await sql(
        "UPDATE users SET status = ?1, deleted_ms = ?2 WHERE id = '920'",
        status,
        status === 'deleted' ? 1 : null,
      );
      await expectRefused(token);
      if (status === 'deleted') continue;
      await sql("UPDATE users SET status = 'active' WHERE id = '920'");
      expect((await call(world, token, '/users')).status).toBe(200);
    }
    await sql("DELETE FROM users WHERE id = '920'");
    await expectRefused(token);
  });

  test('one whose maker is suspended at Google', async () => {
    const maker = idOf(world, ANA);
    await sql('UPDATE users SET is_admin = 1 WHERE id = ?1', maker);
    const { token } = await aToken(world, { maker });
    expect((await call(world, token, '/users')).status).toBe(200);
    await suspend(world, ANA);
    await expectRefused(token);
  });

  test('one whose maker has lost the right, whichever it was', async () => {
    const makers = {
      admin: await aPerson('921', { isAdmin: true }),
      role: await aPerson('922', { roles: ['lead', 'rollcall:admin'] }),
    };
    const byAdmin = await aToken(world, { maker: makers.admin });
    const byRole = await aToken(world, { maker: makers.role });
    for (const { token } of [byAdmin, byRole])
      expect((await call(world, token, '/users')).status).toBe(200);
    await sql("UPDATE users SET is_admin = 0 WHERE id = '921'");
    await sql(`UPDATE users SET roles = '["lead","rollcall:admins"]' WHERE id = '922'`);
    for (const { token } of [byAdmin, byRole]) await expectRefused(token);
  });

  test('one whose maker is of another directory, or no person', async () => {
    await anotherDirectory();
    await expectRefused((await aToken(world, { maker: OTHER_ADMIN })).token);
    const { token, id } = await aToken(world);
    await sql("UPDATE api_tokens SET made_by = 'operator-token' WHERE id = ?1", id);
    await expectRefused(token);
  });
});

test('a super admin’s session opens nothing under /api/v1', async () => {
  const { visitor } = await signIn(world, ADMIN);
  expect(await visitor.session()).toMatchObject({ user: { email: ADMIN } });
  for (const [path] of ROUTES) {
    const ours = { origin: 'https://people.rollcall.example', 'sec-fetch-site': 'same-origin' };
    expect((await visitor.ask(`/api/v1${path}`, { headers: ours })).status).toBe(401);
  }
});

test('no CORS: a preflight is refused, and told nothing', async () => {
  for (const [path] of ROUTES) {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'GET' };
    const { status } = await call(world, null, path, { method: 'OPTIONS', headers });
    expect(status).toBe(401);
  }
});

test('security 6: hashes are compared in constant time, where there is no such token as well', async () => {
  const { token } = await aToken(world);
  const compare = vi.spyOn(crypto.subtle, 'timingSafeEqual');
  await call(world, token, '/users');
  await call(world, (await newApiToken()).token, '/users');
  const lengths = compare.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength]);
  expect(lengths).toEqual([
    [43, 43],
    [43, 43],
  ]);
});

test('security 7: neither the table nor the log holds a token', async () => {
  const lines = listenToLog();
  const { token, id } = await aToken(world, { scopes: ['users:read'] });
  await call(world, token, '/users');
  await call(world, token, '/events');
  await call(world, `${token}x`, '/events');
  const secret = token.slice(`rollcall_${id}_`.length);
  expect(JSON.stringify(await rows('api_tokens'))).not.toContain(secret);
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(lines.filter(({ event }) => event === 'api.refused').map(({ reason }) => reason)).toEqual([
    'scope',
    'malformed-token',
  ]);
});

test('a use is written down once an hour', async () => {
  const { token, id } = await aToken(world);
  const used = async () => (await readApiToken(openDatabase(env.DB), id))?.usedMs;
  expect(await used()).toBeNull();
  const firstMs = world.clock.nowMs;
  for (const [afterMs, expected] of [
    [0, firstMs],
    [59 * 60_000, firstMs],
    [60_000, firstMs + 3_600_000],
  ] as const) {
    world.advance(afterMs);
    await call(world, token, '/users?limit=1');
    expect(await used()).toBe(expected);
  }
});

test('where the database takes no writes, tokens still open', async () => {
  const { token } = await aToken(world);
  const d1 = env.DB;
  world.env.DB = {
    prepare: (text: string) => {
      if (/^\s*UPDATE/.test(text)) throw new Error('D1_ERROR: exceeded daily quota');
      return d1.prepare(text);
    },
    batch: (statements: D1PreparedStatement[]) => d1.batch(statements),
  } as unknown as D1Database;
  expect((await call(world, token, '/users')).status).toBe(200);
});

test('a database that does not answer is 503, a fault of ours 500', async () => {
  const { token } = await aToken(world);
  const d1 = env.DB;
  const failing = (message: string, on: RegExp) =>
    ({
      prepare: (text: string) => {
        if (on.test(text)) throw new Error(message);
        return d1.prepare(text);
      },
      batch: (statements: D1PreparedStatement[]) => d1.batch(statements),
    }) as unknown as D1Database;
  world.env.DB = failing('Network connection lost for ana@example.test', /api_tokens/);
  const away = await call<Refused>(world, token, '/users');
  expect([away.status, away.body.error.code]).toEqual([503, 'database']);
  world.env.DB = failing('Network connection lost', /\busers\b[\s\S]*ORDER BY/);
  expect((await call(world, token, '/users')).status).toBe(503);
  world.env.DB = d1;
  vi.spyOn(crypto.subtle, 'timingSafeEqual').mockImplementationOnce(() => {
    throw new TypeError('ana@example.test');
  });
  const fault = await call<Refused>(world, token, '/users');
  expect([fault.status, fault.body.error.code]).toEqual([500, 'internal']);
  expect(JSON.stringify([away.body, fault.body])).not.toContain('ana@');
});

describe('making tokens', () => {
  const aRow = async (directoryId = 'default', name = 'x') => {
    const { id, tokenHash } = await newApiToken();
    const expiresMs = world.clock.nowMs + DAY_MS;
    return { id, directoryId, tokenHash, name, scopes: TOKEN_SCOPES, madeBy: 'user:1', expiresMs };
  };
  const keep = async (row: Awaited<ReturnType<typeof aRow>>) =>
    keepApiToken(openDatabase(env.DB), row, world.clock.nowMs);

  test('ids and secrets are new each time, and spelled as told', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, newApiToken));
    expect(new Set(made.map(({ id }) => id)).size).toBe(20);
    for (const { id, token } of made) {
      expect(token).toMatch(/^rollcall_[A-Za-z0-9]{16}_[A-Za-z0-9_-]{43}$/);
      expect(token.startsWith(`rollcall_${id}_`)).toBe(true);
    }
  });

  test('two of one name are two', async () => {
    const [a, b] = [await aToken(world, { name: 'Twin' }), await aToken(world, { name: 'Twin' })];
    await sql('UPDATE api_tokens SET revoked_ms = 1 WHERE id = ?1', a.id);
    expect((await call(world, a.token, '/users')).status).toBe(401);
    expect((await call(world, b.token, '/users')).status).toBe(200);
  });

  test('no more than 50 are live in a directory, however many are made at once', async () => {
    await anotherDirectory();
    const made = await Promise.all(
      Array.from({ length: MAX_LIVE_TOKENS + 10 }, async () => keep(await aRow())),
    );
    expect(made.filter(Boolean)).toHaveLength(MAX_LIVE_TOKENS);
    expect(await keep(await aRow('other'))).toBe(true);
    // One that is over makes room.
    await sql(
      `UPDATE api_tokens SET revoked_ms = ?1 WHERE id = (
      SELECT id FROM api_tokens WHERE directory_id = 'default' LIMIT 1)`,
      world.clock.nowMs,
    );
    expect(await keep(await aRow())).toBe(true);
    expect(await keep(await aRow())).toBe(false);
    world.advance(DAY_MS);
    expect(await keep(await aRow())).toBe(true);
    // What has been over for 90 days is forgotten, in its own directory.
    world.advance(92 * DAY_MS);
    expect(await keep(await aRow())).toBe(true);
    const left = await rows('api_tokens');
    expect(left.map(({ directory_id }) => directory_id).toSorted()).toEqual(['default', 'other']);
  });
});

test('other methods are refused, and told which are not', async () => {
  const { token } = await aToken(world);
  for (const [path] of ROUTES) {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const { status, headers, body } = await call<Refused>(world, token, path, { method });
      expect([path, method, status]).toEqual([path, method, 405]);
      expect(body.error.code).toBe('method-not-allowed');
      expect(headers.get('allow')).toBe('GET, HEAD');
    }
    expect((await call(world, token, path, { method: 'HEAD' })).status).toBe(200);
  }
});

test('beside the routes there is nothing, in the shape of errors', async () => {
  const { token } = await aToken(world);
  for (const path of ['/nothing', '/users/a/b', '/events/1', '/passes/1', '/tokens', '/']) {
    const response = await new Visitor(world).ask(`/api/v1${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect([path, response.status]).toEqual([path, 404]);
    expect(response.headers.get('cache-control'), path).toBe('no-store');
    expect(await response.json()).toMatchObject({ error: { code: 'not-found' } });
  }
});
