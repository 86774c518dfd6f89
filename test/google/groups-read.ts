// GET groups, groups/{key}, groups/{key}/members and groups/{key}/hasMember/{key}: what an app may learn of groups.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/members
import { Hono } from 'hono';
import { domainOf } from './address-book.ts';
import { audienceOf, callerOf, type Door, requireAdmin, SCOPES } from './caller.ts';
import { cutToMask, parseFieldMask } from './field-mask.ts';
import { fail, notAuthorized } from './google-error.ts';
import { GROUP_ROLES, type Group, type GroupMember } from './groups.ts';
import { readPageToken, writePageToken } from './page-token.ts';
import { json } from './users-read.ts';
import { etagOf } from './wire-user.ts';

const LARGEST_PAGE = 200;
const PREFIX = '/admin/directory/v1/groups';

interface GroupsParts extends Door {
  nowMs: () => number;
}

export function readGroups(parts: GroupsParts): Hono {
  const app = new Hono();
  app.get(PREFIX, (c) => list(c.req.raw, parts));
  app.get(`${PREFIX}/:groupKey`, (c) => get(c.req.raw, c.req.param('groupKey'), parts));
  app.get(`${PREFIX}/:groupKey/members`, (c) => members(c.req.raw, c.req.param('groupKey'), parts));
  app.get(`${PREFIX}/:groupKey/hasMember/:memberKey`, (c) =>
    hasMember(c.req.raw, c.req.param('groupKey'), c.req.param('memberKey'), parts),
  );
  return app;
}

function list(request: Request, parts: GroupsParts): Response {
  const { workspace } = parts;
  const token = callerOf(request, parts, SCOPES.groups);
  const query = new URL(request.url).searchParams;
  const userKey = query.get('userKey');
  // Direct memberships of one person; the customer is theirs then.
  if (userKey !== null && query.has('customer')) fail(400, 'badRequest', 'Bad Request');
  const domain =
    userKey !== null && !query.has('domain') ? null : audienceOf(query, token, workspace).domain;
  if (query.get('query')) fail(400, 'invalid', 'Invalid Input: query (the fake knows no filters)');
  const { size, pageToken } = pageOptions(query);
  requireAdmin(token, workspace);

  const user = userKey === null ? undefined : workspace.find(userKey);
  if (userKey !== null && !user) notFound('userKey');
  const groups = user ? workspace.groups.groupsOf(user.id) : workspace.groups.all;
  const page = pageOf({
    items: groups.filter(({ email }) => domain === null || domainOf(email) === domain),
    keyOf: ({ email }) => email,
    size,
    pageToken,
    question: JSON.stringify(['groups', user?.id, domain]),
    nowMs: parts.nowMs(),
  });
  return answer(query, {
    kind: 'admin#directory#groups',
    etag: etagOf(`groups ${JSON.stringify(page.items.map(({ id, revision }) => [id, revision]))}`),
    ...(page.items.length > 0 && {
      groups: page.items.map((group) => wireGroup(group, parts)),
    }),
    ...page.next,
  });
}

function get(request: Request, groupKey: string, parts: GroupsParts): Response {
  const token = callerOf(request, parts, SCOPES.groups);
  requireAdmin(token, parts.workspace);
  return answer(new URL(request.url).searchParams, wireGroup(groupCalled(groupKey, parts), parts));
}

function members(request: Request, groupKey: string, parts: GroupsParts): Response {
  const { workspace } = parts;
  const token = callerOf(request, parts, SCOPES.members);
  const query = new URL(request.url).searchParams;
  const { size, pageToken } = pageOptions(query);
  const isDerived = query.get('includeDerivedMembership') === 'true';
  const roles = (query.get('roles') ?? '').split(',').filter((role) => role !== '');
  if (!roles.every((role) => GROUP_ROLES.some((one) => one === role))) invalidParameter('roles');
  requireAdmin(token, workspace);

  const group = groupCalled(groupKey, parts);
  const page = pageOf({
    items: workspace.groups
      .members(group, isDerived)
      .filter(({ role }) => roles.length === 0 || roles.includes(role)),
    keyOf: ({ id }) => id,
    size,
    pageToken,
    question: JSON.stringify(['members', group.id, isDerived, roles]),
    nowMs: parts.nowMs(),
  });
  return answer(query, {
    kind: 'admin#directory#members',
    etag: etagOf(`members ${group.id} ${group.revision} ${workspace.store.revision}`),
    ...(page.items.length > 0 && { members: page.items.map(wireMember) }),
    ...page.next,
  });
}

function hasMember(
  request: Request,
  groupKey: string,
  memberKey: string,
  parts: GroupsParts,
): Response {
  const { workspace } = parts;
  const token = callerOf(request, parts, SCOPES.members);
  requireAdmin(token, workspace);
  const group = groupCalled(groupKey, parts);
  const wanted = memberKey.toLowerCase();
  const all = workspace.groups.members(group, true);
  const known =
    workspace.find(memberKey) ??
    workspace.groups.find(memberKey) ??
    all.find(({ id, email }) => id === memberKey || email === wanted);
  if (!known) notFound('memberKey');
  const has = (items: GroupMember[]) => items.some(({ id }) => id === known.id);
  // Nobody documents whether the member that stands for everybody counts here; it does.
  const isEverybodys =
    workspace.find(known.id) !== undefined && all.some(({ type }) => type === 'CUSTOMER');
  if (isEverybodys || has(workspace.groups.members(group))) return json({ isMember: true });
  if (!has(all)) return json({ isMember: false });
  const address = 'primaryEmail' in known ? known.primaryEmail : (known.email ?? '');
  // Nesting counts only within the group's own domain (facts 3.6).
  if (domainOf(address) !== domainOf(group.email)) invalidParameter('memberKey');
  return json({ isMember: true });
}

function groupCalled(groupKey: string, { workspace }: GroupsParts): Group {
  const group = workspace.groups.find(groupKey);
  if (group) return group;
  if (workspace.foreignDomains.includes(domainOf(groupKey))) notAuthorized();
  return notFound('groupKey');
}

interface PageRequest<T> {
  items: T[];
  keyOf: (item: T) => string;
  size: number;
  pageToken: string | null;
  question: string;
  nowMs: number;
}

/** A token is a place in the order of keys, so that who comes and goes between two pages shifts nobody. */
function pageOf<T>({ items, keyOf, size, pageToken, question, nowMs }: PageRequest<T>) {
  const position =
    pageToken === null ? { after: '', pages: 0 } : readPageToken(pageToken, question, nowMs);
  if (!position) fail(400, 'invalid', 'Invalid Input: pageToken');
  const left = items
    .filter((item) => keyOf(item) > position.after)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const shown = left.slice(0, size);
  const last = shown.at(-1);
  const next =
    last !== undefined && left.length > size
      ? writePageToken({ after: keyOf(last), pages: position.pages + 1 }, question, nowMs)
      : null;
  return { items: shown, next: next === null ? {} : { nextPageToken: next } };
}

function pageOptions(query: URLSearchParams): { size: number; pageToken: string | null } {
  const size = Number(query.get('maxResults') ?? LARGEST_PAGE);
  if (!Number.isInteger(size) || size < 1) invalidParameter('maxResults');
  return { size: Math.min(size, LARGEST_PAGE), pageToken: query.get('pageToken') };
}

function answer(query: URLSearchParams, body: Record<string, unknown>): Response {
  const text = query.get('fields');
  if (text === null || text === '') return json(body);
  const mask = parseFieldMask(text);
  if (!mask) {
    const where = { location: 'fields', locationType: 'parameter' };
    return fail(400, 'invalidParameter', `Invalid field selection ${text}`, where);
  }
  return json(cutToMask(body, mask) ?? {});
}

function wireGroup(group: Group, { workspace }: GroupsParts): Record<string, unknown> {
  const { id, email, name, aliases, revision } = group;
  return {
    kind: 'admin#directory#group',
    id,
    etag: etagOf(`group ${id} ${revision}`),
    email,
    name,
    directMembersCount: String(workspace.groups.members(group).length),
    description: '',
    adminCreated: true,
    ...(aliases.length > 0 && { aliases }),
  };
}

function wireMember(member: GroupMember): Record<string, unknown> {
  const { id, email, role, type, status } = member;
  return {
    kind: 'admin#directory#member',
    etag: etagOf(`member ${id} ${role} ${status}`),
    id,
    ...(email !== undefined && { email }),
    role,
    type,
    ...(status !== undefined && { status }),
  };
}

function notFound(what: 'groupKey' | 'memberKey' | 'userKey'): never {
  fail(404, 'notFound', `Resource Not Found: ${what}`);
}

function invalidParameter(location: string): never {
  fail(400, 'invalid', `Invalid Input: ${location}`, { location, locationType: 'parameter' });
}
