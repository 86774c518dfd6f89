// Other systems at the API: tokens, and requests whose every answer is held against the OpenAPI document.
import { type Schema, Validator } from '@cfworker/json-schema';
import { expect } from 'vitest';
import { newApiToken } from '../../src/api/tokens.ts';
import { keepApiToken, TOKEN_SCOPES, type TokenScope } from '../../src/db/api-tokens.ts';
import { openDatabase } from '../../src/db/database.ts';
import { bearer, expectPrivate } from './operator.ts';
import { idOf } from './signed-in.ts';
import { Visitor } from './visitor.ts';
import { env, type World } from './world.ts';

export const DAY_MS = 86_400_000;

export interface Operation {
  operationId: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: { name: string; in: string; schema: Schema; required?: boolean }[];
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface ApiDocument {
  openapi: string;
  info: Record<string, string>;
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, unknown>>;
}

export async function readDocument(world: World): Promise<ApiDocument> {
  const response = await new Visitor(world).ask('/api/v1/openapi.json');
  expect(response.status).toBe(200);
  return response.json();
}

/** The document lets clients meet fields that they don't know; here each that it does not name is a fault. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [
    key,
    key === 'examples' || key === 'enum' ? value : strict(value),
  ]);
  const made = Object.fromEntries(entries);
  return 'properties' in made && made.type === 'object'
    ? { ...made, additionalProperties: false }
    : made;
}

const validators = new WeakMap<ApiDocument, Map<string, Validator>>();

/** Made once for each schema: making one walks through all components. */
function validatorOf(document: ApiDocument, schema: Schema): Validator {
  const known = validators.get(document) ?? new Map<string, Validator>();
  validators.set(document, known);
  const key = JSON.stringify(schema);
  const whole = () => strict({ ...schema, components: document.components }) as Schema;
  const validator = known.get(key) ?? new Validator(whole(), '2020-12', false);
  known.set(key, validator);
  return validator;
}

/** What is wrong with a value by a schema of the document. */
export function faultsIn(document: ApiDocument, schema: Schema, value: unknown): string[] {
  const { valid, errors } = validatorOf(document, schema).validate(value);
  return valid ? [] : errors.map((one) => `${one.instanceLocation}: ${one.error}`);
}

/** The operation that a request is about; `null` if the document knows none. */
function operationOf(document: ApiDocument, method: string, path: string): Operation | null {
  const template = Object.keys(document.paths).find((one) =>
    new RegExp(`^/api/v1${one.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path),
  );
  const verb = (method === 'HEAD' ? 'GET' : method).toLowerCase();
  return (template === undefined ? undefined : document.paths[template]?.[verb]) ?? null;
}

/** Holds an answer of the API against the document; its body. */
export async function expectDocumented(
  document: ApiDocument,
  method: string,
  url: string,
  response: Response,
): Promise<unknown> {
  const { pathname } = new URL(url, 'https://people.rollcall.example');
  const operation = operationOf(document, method, pathname);
  const where = `${method} ${pathname} → ${response.status}`;
  expect(response.headers.get('content-type'), where).toBe('application/json');
  const text = await response.text();
  if (method === 'HEAD') return null;
  const body: unknown = JSON.parse(text);
  const known = operation?.responses[String(response.status)];
  // Of another method or path the document says only how a refusal looks.
  if (operation !== null) expect(known, `${where} is in the document`).toBeDefined();
  else expect([401, 403, 404, 405], where).toContain(response.status);
  const schema = known?.content?.['application/json']?.schema ?? {
    $ref: '#/components/schemas/Error',
  };
  expect(faultsIn(document, schema, body), where).toEqual([]);
  if (!response.ok) {
    const { error } = body as { error: { requestId: string } };
    expect(error.requestId).toBe(response.headers.get('x-request-id'));
  }
  return body;
}

export interface Answer<T = Record<string, unknown>> {
  status: number;
  body: T;
  headers: Headers;
}

export interface Refused {
  error: { code: string; message: string; requestId: string };
}

const documents = new WeakMap<World, Promise<ApiDocument>>();

/** The document as this world serves it. */
export function documentOf(world: World): Promise<ApiDocument> {
  const document = documents.get(world) ?? readDocument(world);
  documents.set(world, document);
  return document;
}

/** A request with a token, below /api/v1; the answer is held against the document. */
export async function call<T = Record<string, unknown>>(
  world: World,
  token: string | null,
  path: string,
  init: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Answer<T>> {
  const { method = 'GET' } = init;
  const response = await new Visitor(world).ask(`/api/v1${path}`, {
    ...init,
    headers: { ...(token === null ? {} : bearer(token)), ...init.headers },
  });
  const { status, headers } = response;
  if (status !== 404 || token !== null) expectPrivate(response);
  const document = await documentOf(world);
  const body = await expectDocumented(document, method, `/api/v1${path}`, response);
  return { status, body: body as T, headers };
}

export interface TokenFields {
  directoryId?: string;
  scopes?: readonly TokenScope[];
  name?: string;
  /** An id. */
  maker?: string;
  ttlMs?: number;
}

/** A token of the directory `default`, made by its super admin, unless told otherwise. */
export async function aToken(
  world: World,
  fields: TokenFields = {},
): Promise<{ id: string; token: string }> {
  const { directoryId = 'default', scopes = TOKEN_SCOPES, name = 'Payroll' } = fields;
  const maker = fields.maker ?? idOf(world, 'admin@example.test');
  const { id, token, tokenHash } = await newApiToken();
  const { nowMs } = world.clock;
  const expiresMs = nowMs + (fields.ttlMs ?? 30 * DAY_MS);
  const row = { id, directoryId, tokenHash, name, scopes, madeBy: `user:${maker}`, expiresMs };
  expect(await keepApiToken(openDatabase(env.DB), row, nowMs)).toBe(true);
  return { id, token };
}

/** The id of one live token of `default`, the same at each call. */
export const LISTED_TOKEN = 'ListedToken00001';

/** Puts it there: nobody knows what it would be called by, so it only stands in the list, and can be revoked. */
export async function listToken(world: World, directoryId = 'default'): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO api_tokens (id, directory_id, token_hash, name, scopes, made_by, made_ms, expires_ms)
     VALUES (?1, ?2, ?3, 'Noor’s payroll', '["users:read"]', ?4, ?5, ?6)`,
  )
    .bind(
      LISTED_TOKEN,
      directoryId,
      'A'.repeat(43),
      `user:${idOf(world, 'admin@example.test')}`,
      world.clock.nowMs,
      world.clock.nowMs + 7 * DAY_MS,
    )
    .run();
}
