// The document: valid OpenAPI 3.1, all of the routes, and what the tests of the API hold answers against.
import type { Schema } from '@cfworker/json-schema';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { api } from '../../src/api/routes.ts';
import { TOKEN_SCOPES } from '../../src/db/api-tokens.ts';
import {
  type ApiDocument,
  aToken,
  call,
  documentOf,
  expectDocumented,
  faultsIn,
  type Operation,
} from './api-caller.ts';
import { eightWait, HELD_REMOVALS, TOKEN } from './operator.ts';
import { operatorWorld } from './operators.ts';
import { ADMIN, listenToLog, signIn } from './signed-in.ts';
import { Visitor } from './visitor.ts';
import type { World } from './world.ts';

let world: World;
let document: ApiDocument;
beforeAll(async () => {
  world = await operatorWorld();
  document = await documentOf(world);
});
beforeEach(() => void listenToLog());

const operations = (): [string, Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

/** Every value in the document, with where it stands. */
function* everyValue(value: unknown, at = '#'): Generator<[at: string, value: unknown]> {
  yield [at, value];
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value))
    yield* everyValue(inner, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

/** What a `$ref` of the document leads to. */
const referred = (ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>(
      (inner, key) => (inner as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/')],
      document,
    );

describe('the document', () => {
  test('is for everybody, and a session is not asked for', async () => {
    const { visitor } = await signIn(world, ADMIN);
    for (const one of [new Visitor(world), visitor]) {
      const response = await one.ask('/api/v1/openapi.json');
      expect(response.status).toBe(200);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.json()).toEqual(document);
    }
    const post = await new Visitor(world).ask('/api/v1/openapi.json', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('names every route of the room, and no other', () => {
    const routes = api.routes
      .filter(({ method, path }) => method !== 'ALL' && !path.endsWith('*'))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/, '{$1}')}`);
    expect(
      operations()
        .map(([name]) => name)
        .toSorted(),
    ).toEqual([...new Set(routes)].toSorted());
    expect(routes.length).toBeGreaterThanOrEqual(8);
  });

  test('has what OpenAPI 3.1 requires', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: 'Rollcall', version: expect.any(String) });
    expect(document.servers).toEqual([{ url: '/api/v1' }]);
    const known = new Set(['openapi', 'info', 'servers', 'tags', 'paths', 'components']);
    expect(Object.keys(document).filter((key) => !known.has(key))).toEqual([]);
    const tags = document.tags.map(({ name }) => name);
    const ids = operations().map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const fields = new Set(
      'operationId tags summary description security parameters requestBody responses'.split(' '),
    );
    for (const [name, operation] of operations()) {
      expect(
        Object.keys(operation).filter((key) => !fields.has(key)),
        name,
      ).toEqual([]);
      expect(operation.operationId, name).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.tags.length, name).toBe(1);
      expect(tags, name).toEqual(expect.arrayContaining(operation.tags));
      expect(Object.keys(operation.responses), name).toEqual(
        expect.arrayContaining(['200', '500', '503']),
      );
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response, `${name} ${status}`).toMatchObject({ description: expect.any(String) });
        expect(response.content?.['application/json']?.schema, `${name} ${status}`).toBeDefined();
        if (!status.startsWith('2'))
          expect(response.content?.['application/json']?.schema).toEqual({
            $ref: '#/components/schemas/Error',
          });
      }
    }
  });

  test('every path parameter is declared, each parameter once, with a schema', () => {
    for (const [name, { parameters = [] }] of operations()) {
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, one]) => one);
      const declared = parameters.filter((one) => one.in === 'path').map((one) => one.name);
      expect(declared).toEqual(inPath);
      const keys = parameters.map((one) => `${one.in} ${one.name}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const one of parameters) {
        expect(['path', 'query']).toContain(one.in);
        expect(one.required ?? false).toBe(one.in === 'path');
        expect(one.schema).toBeTypeOf('object');
      }
    }
    const limit = document.paths['/users']?.['get']?.parameters?.find(
      ({ name }) => name === 'limit',
    );
    expect(limit).toMatchObject({
      schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
    });
  });

  test('says who may call what, by schemes that it defines', () => {
    const schemes = Object.keys(document.components['securitySchemes'] ?? {});
    expect(schemes).toEqual(['apiToken', 'operatorToken']);
    for (const [name, { security, responses }] of operations()) {
      for (const [scheme, scopes] of security.flatMap((one) => Object.entries(one))) {
        expect(schemes, name).toContain(scheme);
        for (const scope of scopes) expect(TOKEN_SCOPES).toContain(scope);
        expect(Object.keys(responses), name).toContain('401');
        if (scheme === 'apiToken') expect(Object.keys(responses), name).toContain('403');
      }
    }
    const open = operations().filter(([, { security }]) => security.length === 0);
    expect(open.map(([name]) => name)).toEqual(['GET /openapi.json']);
  });

  test('every reference leads somewhere, and every component is used', () => {
    const refs = [...everyValue(document)].flatMap(([at, value]) =>
      at.endsWith('/$ref') && typeof value === 'string' ? [value] : [],
    );
    expect(refs.length).toBeGreaterThan(20);
    for (const ref of refs) expect(referred(ref), ref).toBeTypeOf('object');
    const schemas = Object.keys(document.components['schemas'] ?? {});
    expect(schemas).toEqual(expect.arrayContaining(['Error', 'Event', 'Pass', 'RoleWhy', 'User']));
    expect(schemas.filter((one) => !refs.includes(`#/components/schemas/${one}`))).toEqual([]);
    expect(JSON.stringify(document)).not.toMatch(/\$defs|"~standard"|undefined/);
  });

  test('every schema is JSON Schema 2020-12 as far as it goes', () => {
    const types = ['string', 'integer', 'number', 'boolean', 'object', 'array', 'null'];
    for (const [at, value] of everyValue(document)) {
      if (!/\/(schema|properties\/\w+|items|additionalProperties|schemas\/\w+)$/.test(at)) continue;
      if (/\/examples\//.test(at) || typeof value !== 'object') continue;
      const schema = value as Record<string, unknown>;
      for (const type of [schema['type'] ?? []].flat()) expect(types, at).toContain(type);
      const keys = Object.keys(schema['properties'] ?? {});
      for (const required of (schema['required'] ?? []) as string[])
        expect(keys, at).toContain(required);
      expect(() => faultsIn(document, schema as Schema, {}), at).not.toThrow();
    }
  });

  test('its examples are as its schemas say, and name nobody', () => {
    let count = 0;
    for (const [at, value] of everyValue(document)) {
      const { examples, ...schema } = (value ?? {}) as { examples?: unknown };
      if (!Array.isArray(examples) || at.endsWith('/examples')) continue;
      for (const example of examples) {
        expect(faultsIn(document, schema as Schema, example), at).toEqual([]);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(5);
    const addresses = JSON.stringify(document).match(/[\w.-]+@[\w.-]+/g) ?? [];
    expect(addresses.filter((one) => !one.endsWith('@example.com'))).toEqual([]);
    expect(addresses).not.toEqual([]);
  });
});

describe('what answers are held against', () => {
  const answer = async (body: unknown, status = 200) => {
    const headers = { 'content-type': 'application/json', 'x-request-id': 'x' };
    const response = new Response(JSON.stringify(body), { status, headers });
    return expectDocumented(document, 'GET', '/api/v1/users', response);
  };

  test('can fail: a field too many, one missing, one of another type, another status', async () => {
    const { token } = await aToken(world);
    const { body } = await call<{ users: object[] }>(world, token, '/users?limit=1');
    const [user] = body.users;
    await answer(body);
    const { id: _, ...nameless } = user as { id: string };
    const wrong: [body: unknown, status?: number][] = [
      [{ ...body, more: 1 }],
      [{ ...body, users: [{ ...user, words: '[]' }] }],
      [{ ...body, users: [nameless] }],
      [{ ...body, users: [{ ...user, isAdmin: 1 }] }],
      [{ ...body, users: [{ ...user, status: 'gone' }] }],
      [{ ...body, users: [{ ...user, createdAt: 'yesterday' }] }],
      [{ users: body.users }],
      [body, 201],
      [{ error: { code: 'x', message: 'x' } }, 400],
    ];
    for (const [one, status] of wrong) await expect(answer(one, status)).rejects.toThrow();
  });
});

test('held removals answer as the document says', async () => {
  const { world: company } = await eightWait();
  const ask = (token: string | null, path: string, init: RequestInit = {}) =>
    call<{ hash: string; count: number }>(company, token, path, init as { method: string });
  const path = HELD_REMOVALS.replace('/api/v1', '');
  expect((await ask(null, path)).status).toBe(401);
  const { body } = await ask(TOKEN, path);
  expect(body.count).toBe(8);
  const say = (word: string, hash: unknown) =>
    ask(TOKEN, `${path}/${word}`, { method: 'POST', body: JSON.stringify({ hash }) });
  for (const word of ['approve', 'reject']) {
    expect((await say(word, 1)).status).toBe(400);
    expect((await say(word, 'x')).status).toBe(409);
  }
  expect((await say('approve', body.hash)).body).toEqual({ approved: 8 });
  expect((await say('reject', (await ask(TOKEN, path)).body.hash)).status).toBe(200);
  expect((await ask(TOKEN, path, { method: 'PUT' })).status).toBe(405);
});
