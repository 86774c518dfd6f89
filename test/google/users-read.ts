// GET users and GET users/{key}: the list with real paging, one person by id, address or alias.
// Parameters are judged before privileges, as far as one can know.
import { Hono } from 'hono';
import { audienceOf, callerOf, type Door, requireAdmin, SCOPES } from './caller.ts';
import type { Faults } from './faults.ts';
import { cutToMask, type FieldMask, parseFieldMask } from './field-mask.ts';
import { fail, userNotFound } from './google-error.ts';
import { pageOf, type SortOrder } from './list-page.ts';
import type { Person } from './person.ts';
import {
  etagOf,
  type Projection,
  toWireDeletedUser,
  toWireUser,
  USER_FIELDS,
} from './wire-user.ts';
import type { Workspace } from './workspace.ts';

const LIST_FIELDS = new Set(['kind', 'etag', 'users', 'nextPageToken', 'trigger_event', '*']);
const DEFAULT_PAGE = 100;
const LARGEST_PAGE = 500;

export interface UsersParts extends Door {
  faults: Faults;
  nowMs: () => number;
}

export function readUsers(parts: UsersParts): Hono {
  const app = new Hono();
  app.get('/admin/directory/v1/users', (c) => list(c.req.raw, parts));
  app.get('/admin/directory/v1/users/:userKey', (c) =>
    get(c.req.raw, c.req.param('userKey'), parts),
  );
  return app;
}

function list(request: Request, parts: UsersParts): Response {
  const { workspace, faults, nowMs } = parts;
  const token = callerOf(request, parts, SCOPES.list);
  const query = new URL(request.url).searchParams;
  const audience = audienceOf(query, token, workspace);
  const projection = projectionOf(query);
  const fields = fieldsOf(query, LIST_FIELDS);
  // Ignoring a filter would answer a question that nobody asked.
  if (query.get('query')) fail(400, 'invalid', 'Invalid Input: query (the fake knows no filters)');
  const size = pageSizeOf(query);
  const order = orderOf(query);
  if (projection.view === 'admin_view') requireAdmin(token, workspace);

  const isDeletedOnly = query.get('showDeleted') === 'true';
  const page = pageOf({
    people: withoutLast(faults.listLeavesOut, candidates(parts, isDeletedOnly, audience.domain)),
    order,
    size,
    pageToken: query.get('pageToken'),
    question: JSON.stringify([audience.resource, isDeletedOnly, order]),
    nowMs: nowMs(),
    isOverlapping: faults.duplicatePageItems,
  });
  if (page === 'unknown token') fail(400, 'invalid', 'Invalid Input: pageToken');
  if (faults.listCutAfterPages > 0 && page.pagesBefore >= faults.listCutAfterPages) {
    fail(503, 'backendError', 'Service unavailable.', { canonical: 'UNAVAILABLE' });
  }
  const show = isDeletedOnly
    ? toWireDeletedUser
    : (person: Person) => toWireUser(person, accountOf(workspace), projection);
  const body: Record<string, unknown> = {
    kind: 'admin#directory#users',
    etag: etagOf(`list ${workspace.store.revision} ${page.pagesBefore}`),
  };
  const isShown = page.people.length > 0 && !faults.listWithoutUsers;
  if (isShown) body['users'] = page.people.map(show);
  if (page.nextPageToken !== null) body['nextPageToken'] = page.nextPageToken;
  return json(cutToMask(body, fields) ?? {});
}

function candidates(parts: UsersParts, isDeletedOnly: boolean, domain: string | null): Person[] {
  const { workspace, faults, nowMs } = parts;
  const asOfMs = nowMs() - faults.listLagMs;
  const visibleFromMs = nowMs() - faults.newUserDelayMs;
  const everybody = isDeletedOnly
    ? workspace.store.deleted()
    : faults.listLagMs > 0
      ? workspace.store.livingAt(asOfMs)
      : workspace.store.living();
  return everybody.filter(
    (person) =>
      (faults.newUserDelayMs === 0 || person.createdAtMs <= visibleFromMs) &&
      (domain === null || person.user.primaryEmail.toLowerCase().endsWith(`@${domain}`)),
  );
}

/** Whatever the order of the listing: the same people are on no page of any of them. */
function withoutLast(count: number, people: Person[]): Person[] {
  if (count === 0) return people;
  const address = ({ user }: Person) => user.primaryEmail.toLowerCase();
  const inOrder = people.toSorted((a, b) => (address(a) < address(b) ? -1 : 1));
  return inOrder.slice(0, Math.max(0, inOrder.length - count));
}

function get(request: Request, userKey: string, parts: UsersParts): Response {
  const { workspace, faults, nowMs } = parts;
  const token = callerOf(request, parts, SCOPES.get);
  const query = new URL(request.url).searchParams;
  const projection = projectionOf(query);
  const fields = fieldsOf(query, USER_FIELDS);
  if (projection.view === 'admin_view') requireAdmin(token, workspace);

  const person = look(userKey, parts);
  if (!person) userNotFound();
  const age = nowMs() - person.createdAtMs;
  if (age < faults.newUserDelayMs) userNotFound();
  if (age < faults.conditionNotMetMs) {
    fail(412, 'conditionNotMet', 'User creation is not complete.', {
      location: 'If-Match',
      locationType: 'header',
    });
  }
  const wire = toWireUser(person, accountOf(workspace), projection);
  const etag = etagOf(`${person.user.id} ${person.revision}`);
  const known = request.headers.get('if-none-match');
  if (known === '*' || known?.split(/\s*,\s*/).includes(etag)) {
    return new Response(null, { status: 304, headers: { etag } });
  }
  return json(cutToMask(wire, fields) ?? {}, { etag });
}

/** The person as they are now, or as they were with `getLagMs`; undefined when deleted by then. */
function look(userKey: string, { workspace, faults, nowMs }: UsersParts): Person | undefined {
  if (faults.getLagMs === 0) return workspace.store.find(userKey);
  const atMs = nowMs() - faults.getLagMs;
  const id = workspace.store.find(userKey)?.user.id ?? userKey;
  const person =
    workspace.store.stateAt(id, atMs) ?? workspace.store.livingAt(atMs).find(isCalled(userKey));
  return person?.deletedAtMs === undefined ? person : undefined;
}

function isCalled(address: string): (person: Person) => boolean {
  const wanted = address.toLowerCase();
  return ({ user }) =>
    [user.primaryEmail, ...(user.aliases ?? [])].some((one) => one.toLowerCase() === wanted);
}

function accountOf(workspace: Workspace) {
  return { customerId: workspace.customerId, primaryDomain: workspace.domains[0] ?? '' };
}

function projectionOf(query: URLSearchParams): Projection {
  const kind = (query.get('projection') ?? 'basic').toLowerCase();
  const view = (query.get('viewType') ?? 'admin_view').toLowerCase();
  if (kind !== 'basic' && kind !== 'custom' && kind !== 'full')
    return invalidParameter('projection');
  if (view !== 'admin_view' && view !== 'domain_public') return invalidParameter('viewType');
  const mask = query.get('customFieldMask') ?? '';
  if (kind === 'custom' && mask === '') return invalidParameter('customFieldMask');
  return { kind, view, schemas: mask.split(',').map((name) => name.trim()) };
}

function fieldsOf(query: URLSearchParams, known: ReadonlySet<string>): FieldMask | 'all' {
  const text = query.get('fields');
  if (text === null || text === '') return 'all';
  const mask = parseFieldMask(text);
  const unknown = mask && unknownField(mask, known);
  if (!mask || unknown) {
    const message = `Invalid field selection ${unknown ?? text}`;
    return fail(400, 'invalidParameter', message, {
      location: 'fields',
      locationType: 'parameter',
    });
  }
  return mask;
}

function unknownField(mask: FieldMask, known: ReadonlySet<string>): string | undefined {
  const wrong = [...mask.keys()].find((key) => !known.has(key));
  if (wrong !== undefined) return wrong;
  const users = mask.get('users');
  return users instanceof Map ? unknownField(users, USER_FIELDS) : undefined;
}

function pageSizeOf(query: URLSearchParams): number {
  const text = query.get('maxResults');
  if (text === null) return DEFAULT_PAGE;
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1) return invalidParameter('maxResults');
  return Math.min(size, LARGEST_PAGE);
}

function orderOf(query: URLSearchParams): SortOrder {
  const by = query.get('orderBy') ?? 'email';
  if (by !== 'email' && by !== 'familyName' && by !== 'givenName')
    return invalidParameter('orderBy');
  return { by, isDescending: (query.get('sortOrder') ?? '').toUpperCase() === 'DESCENDING' };
}

function invalidParameter(location: string): never {
  fail(400, 'invalid', `Invalid Input: ${location}`, { location, locationType: 'parameter' });
}

export function json(body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    headers: { 'content-type': 'application/json; charset=UTF-8', vary: 'Origin', ...headers },
  });
}
