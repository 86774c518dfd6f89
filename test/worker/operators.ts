// Operators at the console and at the set-up's door: who they are, the forms they send, and what of the database would
// show that something was done.
import { expect } from 'vitest';
import type { Env } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { startSession } from '../../src/db/sessions.ts';
import { hashOf, newSecret } from '../../src/sso/token.ts';
import { SESSION } from './signed-in.ts';
import { APP, createSignInWorld, Visitor } from './visitor.ts';
import { env, type World, type WorldOptions } from './world.ts';

/** What a browser says of a form on one of our own pages. */
export const OURS = { origin: APP, 'sec-fetch-site': 'same-origin' };
export const SETUP_COOKIE = '__Host-setup';

export type Fields = Readonly<Record<string, string | readonly string[]>>;

export function formOf(fields: Fields): string {
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return new URLSearchParams(pairs).toString();
}

/** Sends a form, as one of our own pages would unless told otherwise. */
export const post = (
  visitor: Visitor,
  path: string,
  fields: Fields = {},
  headers: Record<string, string> = OURS,
): Promise<Response> =>
  visitor.ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: formOf(fields),
  });

/** Workflow instances that were asked for, in order. One id is one instance, as at Cloudflare. */
function recordPasses(): { started: string[]; binding: Env['RECONCILE'] } {
  const started: string[] = [];
  const binding = {
    create: async ({ id }: { id: string }) => {
      if (started.includes(id)) throw new Error('instance.already_exists');
      started.push(id);
    },
    get: async (id: string) => {
      if (!started.includes(id)) throw new Error('instance.not_found');
    },
  } as unknown as Env['RECONCILE'];
  return { started, binding };
}

export interface OperatorWorld extends World {
  /** The passes that were asked for. */
  started: string[];
}

/** Lets the app of a world that is there put hints into its queue, and notes the passes it asks for. */
export function operated(world: World): OperatorWorld {
  const { started, binding } = recordPasses();
  world.env.CHANGES = world.ports.changes as Env['CHANGES'];
  world.env.RECONCILE = binding;
  return Object.assign(world, { started });
}

/** A world with everybody imported, unless told otherwise. */
export const operatorWorld = async (
  options: WorldOptions & { import?: boolean } = {},
): Promise<OperatorWorld> => operated(await createSignInWorld(options));

/** Somebody with an open window, without the way through Google. */
export async function windowOf(
  world: World,
  userId: string,
  ttlMs = 3_600_000,
  name = SESSION,
): Promise<Visitor> {
  const token = newSecret();
  const { nowMs } = world.clock;
  const session = { tokenHash: await hashOf(token), nowMs, expiresMs: nowMs + ttlMs };
  const started = await startSession(
    openDatabase(env.DB),
    userId,
    { ...session, replaces: null },
    null,
  );
  expect(started).not.toBeNull();
  const visitor = new Visitor(world);
  visitor.cookies.set(name, { value: token, line: '' });
  return visitor;
}

/** The window of somebody of the Workspace, by address. */
export const windowAt = (world: World, address: string): Promise<Visitor> =>
  windowOf(world, world.google.workspace.user(address).id);

export interface PersonFields {
  directoryId?: string;
  email?: string;
  fullName?: string;
  orgUnitPath?: string;
  status?: 'active' | 'suspended' | 'archived';
  isAdmin?: boolean;
  isDelegatedAdmin?: boolean;
  roles?: readonly string[];
}

/** A row of somebody of whom Google need not know. */
export async function aPerson(id: string, fields: PersonFields = {}): Promise<string> {
  const {
    directoryId = 'default',
    email = `p${id}@example.test`,
    fullName = `Person ${id}`,
  } = fields;
  await env.DB.prepare(
    `INSERT INTO users (id, directory_id, email, given_name, family_name, full_name, status, is_admin,
       is_delegated_admin, org_unit_path, attributes, custom_schemas, roles, ticket, written, cause, noticed_ms,
       created_ms, changed_ms)
     VALUES (?1, ?2, ?3, '', '', ?4, ?5, ?6, ?7, ?8, '{}', '{}', ?9, 1, 1, 'reconcile', 1, 1, 1)`,
  )
    .bind(
      id,
      directoryId,
      email,
      fullName,
      fields.status ?? 'active',
      Number(fields.isAdmin ?? false),
      Number(fields.isDelegatedAdmin ?? false),
      fields.orgUnitPath ?? '/',
      JSON.stringify(fields.roles ?? []),
    )
    .run();
  return id;
}

export const OTHER_ADMIN = '900000000000000000001';

/** Another customer in the same deployment, with a super admin of its own. */
export async function anotherDirectory(): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO directories (id, customer, admin_email) VALUES ('other', 'C0other', 'boss@other.test')`,
  ).run();
  await aPerson(OTHER_ADMIN, {
    directoryId: 'other',
    email: 'boss@other.test',
    fullName: 'Boss Other',
    isAdmin: true,
  });
}

/** Somebody's removal waits for a word. */
export async function hold(
  userId: string,
  sinceMs: number,
  { directoryId = 'default', reason = 'guard' } = {},
): Promise<void> {
  await env.DB.prepare(
    'INSERT INTO held_removals (directory_id, user_id, reason, since_ms) VALUES (?1, ?2, ?3, ?4)',
  )
    .bind(directoryId, userId, reason, sinceMs)
    .run();
}

export interface LetterFields {
  directoryId?: string | null;
  userId?: string | null;
  reason?: string;
  atMs?: number;
}

let letters = 0;
/** A dead letter; returns its number. */
export async function aLetter(fields: LetterFields = {}): Promise<number> {
  letters += 1;
  const { directoryId = 'default', userId = null, reason = 'retries-exhausted', atMs = 1 } = fields;
  const id = await env.DB.prepare(
    `INSERT INTO dead_letters (directory_id, user_id, letter_key, body, reason, attempts, at_ms)
     VALUES (?1, ?2, ?3, '{}', ?4, 100, ?5) RETURNING id`,
  )
    .bind(directoryId, userId, `letter:${letters}`, reason, atMs)
    .first<number>('id');
  return id ?? 0;
}

const TABLES = [
  'directories',
  'users',
  'events',
  'sessions',
  'held_removals',
  'dead_letters',
  'reconcile_runs',
  'operator_actions',
  'api_tokens',
  'role_rules',
  'roles_by_hand',
  'role_recomputes',
  'groups',
  'group_members',
  'setup_visits',
  'setup_closed',
  'setup_findings',
  'channel_probes',
];

/** Everything that an operator's request could change, in the database and outside. */
export async function everything(world: OperatorWorld): Promise<unknown> {
  const results = await env.DB.batch(
    TABLES.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)),
  );
  const rows = Object.fromEntries(TABLES.map((table, i) => [table, results[i]?.results]));
  return structuredClone({ rows, queue: world.queue, started: world.started });
}

export interface ActionRow {
  id: number;
  directory_id: string;
  actor: string;
  action: string;
  detail: string;
  request_id: string;
  at_ms: number;
  outcome: string | null;
  result: string | null;
}

/** What operators did, oldest first. */
export async function actionRows(): Promise<ActionRow[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM operator_actions ORDER BY id',
  ).all<ActionRow>();
  return results;
}

/** As above: who, what and how it ended. */
export const actionsTaken = async () =>
  (await actionRows()).map(({ actor, action, outcome }) => [actor, action, outcome]);

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: https://*.googleusercontent.com; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Of every answer of console and set-up, whatever it says. */
export function expectGuarded(response: Response, referrer = 'same-origin'): void {
  const { headers } = response;
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('content-security-policy')).toBe(CSP);
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('referrer-policy')).toBe(referrer);
  expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  expect([...headers.keys()].filter((name) => /^access-control-/.test(name))).toEqual([]);
}
