// The writing half of the Directory API, for the real client and for people who script: insert,
// update, patch, delete, undelete, makeAdmin. Needs the admin.directory.user scope; output-only
// fields in a body are ignored.
import { Hono } from 'hono';
import { callerOf, requireAdmin, SCOPES } from './caller.ts';
import { fail, userNotFound } from './google-error.ts';
import type { GoogleUser, UserPatch } from './person.ts';
import { json, type UsersParts } from './users-read.ts';
import { FULL, toWireUser } from './wire-user.ts';
import type { Workspace } from './workspace.ts';
import { WorkspaceError } from './workspace-error.ts';

const USERS = '/admin/directory/v1/users';

/** Writable fields that are stored as they come. */
const WRITABLE = [
  'suspended',
  'archived',
  'changePasswordAtNextLogin',
  'ipWhitelisted',
  'includeInGlobalAddressList',
  'orgUnitPath',
  'externalIds',
  'relations',
  'addresses',
  'organizations',
  'phones',
  'languages',
  'locations',
  'keywords',
  'websites',
  'ims',
  'posixAccounts',
  'sshPublicKeys',
  'notes',
  'gender',
  'recoveryEmail',
  'recoveryPhone',
] as const;

export function writeUsers(parts: UsersParts): Hono {
  const { workspace } = parts;
  const app = new Hono();

  app.post(USERS, async (c) => {
    const body = await admitted(c.req.raw, parts);
    const { primaryEmail } = body;
    const name = nameOf(body);
    if (typeof primaryEmail !== 'string' || !name?.givenName || !name.familyName) {
      fail(400, 'required', 'Required: primaryEmail, name.givenName and name.familyName');
    }
    if (typeof body['password'] !== 'string') fail(400, 'invalid', 'Invalid Password');
    if (workspace.find(primaryEmail)) fail(409, 'duplicate', 'Entity already exists.');
    const user = translated(() => workspace.add({ primaryEmail, ...patchOf(body), name }));
    return shown(workspace, user);
  });

  const change = async (request: Request, userKey: string) => {
    const body = await admitted(request, parts);
    const user = workspace.find(userKey);
    if (!user) userNotFound();
    const { primaryEmail } = body;
    if (typeof primaryEmail === 'string' && primaryEmail !== user.primaryEmail) {
      const holder = workspace.find(primaryEmail);
      if (holder && holder.id !== user.id) fail(409, 'duplicate', 'Entity already exists.');
      translated(() => workspace.rename(user.id, primaryEmail));
    }
    const patch = patchOf(body);
    const name = nameOf(body);
    if (name) patch.name = name;
    return Object.keys(patch).length > 0
      ? shown(workspace, workspace.update(user.id, patch))
      : shown(workspace, workspace.user(user.id));
  };
  app.patch(`${USERS}/:userKey`, (c) => change(c.req.raw, c.req.param('userKey')));
  app.put(`${USERS}/:userKey`, (c) => change(c.req.raw, c.req.param('userKey')));

  app.delete(`${USERS}/:userKey`, async (c) => {
    await admitted(c.req.raw, parts);
    const user = workspace.find(c.req.param('userKey'));
    if (!user) userNotFound();
    workspace.remove(user.id);
    return new Response(null, { status: 204 });
  });

  app.post(`${USERS}/:userKey/undelete`, async (c) => {
    const { orgUnitPath } = await admitted(c.req.raw, parts);
    const path = typeof orgUnitPath === 'string' ? orgUnitPath : '/';
    translated(() => workspace.undelete(c.req.param('userKey'), path));
    return new Response(null, { status: 204 });
  });

  app.post(`${USERS}/:userKey/makeAdmin`, async (c) => {
    const { status } = await admitted(c.req.raw, parts);
    const user = workspace.find(c.req.param('userKey'));
    if (!user) userNotFound();
    if (typeof status !== 'boolean') fail(400, 'required', 'Required: status');
    workspace.makeAdmin(user.id, status);
    return new Response(null, { status: 204 });
  });
  return app;
}

interface WriteBody {
  [field: string]: unknown;
  primaryEmail?: unknown;
  orgUnitPath?: unknown;
  status?: unknown;
}

/** The body of a caller who may write. */
async function admitted(request: Request, parts: UsersParts): Promise<WriteBody> {
  const token = callerOf(request, parts, SCOPES.write);
  requireAdmin(token, parts.workspace);
  const text = await request.text();
  if (text === '') return {};
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null) return body as WriteBody;
  } catch {
    // Refused below.
  }
  return fail(400, 'parseError', 'Parse Error');
}

function patchOf(body: WriteBody): UserPatch {
  const patch: Record<string, unknown> = {};
  for (const field of WRITABLE) if (body[field] !== undefined) patch[field] = body[field];
  const schemas = body['customSchemas'];
  if (schemas !== undefined) patch['customSchemas'] = int64AsText(schemas);
  return patch as UserPatch;
}

function nameOf(body: WriteBody): { givenName?: string; familyName?: string } | undefined {
  const name = body['name'];
  if (typeof name !== 'object' || name === null) return undefined;
  const { givenName, familyName, displayName } = name as Record<string, unknown>;
  return {
    ...(typeof givenName === 'string' && { givenName }),
    ...(typeof familyName === 'string' && { familyName }),
    ...(typeof displayName === 'string' && { displayName }),
  };
}

/** JSON numbers of INT64 fields come back as strings. */
function int64AsText(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return String(value);
  if (Array.isArray(value)) return value.map(int64AsText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, int64AsText(inner)]));
}

function shown(workspace: Workspace, user: GoogleUser): Response {
  const person = workspace.store.find(user.id);
  if (!person) userNotFound();
  const { customerId, domains } = workspace;
  return json(toWireUser(person, { customerId, primaryDomain: domains[0] ?? '' }, FULL));
}

/** A refusal of the store in the words of the API. */
function translated<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    if (error.reason === 'duplicate') fail(409, 'duplicate', 'Entity already exists.');
    if (error.reason === 'invalid') fail(400, 'invalid', `Invalid Input: ${error.message}`);
    if (error.message === 'Domain not found.') fail(404, 'notFound', 'Domain not found.');
    return userNotFound();
  }
}
