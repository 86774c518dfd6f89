// POST users/watch and POST admin/directory_v1/channels/stop (facts 1.2, 1.3, 1.13 and 2). The other
// stop URLs that are in circulation have no route: they get the HTML 404, as in the field.
import { Hono } from 'hono';
import { audienceOf, callerOf, requireAdmin, SCOPES } from './caller.ts';
import { callbackProblem, readExpiration } from './channel-request.ts';
import { type Channel, type Channels, resourceIdOf } from './channels.ts';
import { fail } from './google-error.ts';
import type { Pushes } from './pushes.ts';
import { json, type UsersParts } from './users-read.ts';
import { USER_EVENTS, type UserEvent } from './workspace.ts';

const LIST_URL = 'https://admin.googleapis.com/admin/directory/v1/users';

export interface ChannelParts extends UsersParts {
  channels: Channels;
  pushes: Pushes;
}

export function channelRoutes(parts: ChannelParts): Hono {
  const app = new Hono();
  app.post('/admin/directory/v1/users/watch', (c) => watch(c.req.raw, parts));
  app.post('/admin/directory_v1/channels/stop', (c) => stop(c.req.raw, parts));
  return app;
}

async function watch(request: Request, parts: ChannelParts): Promise<Response> {
  const { workspace, channels, pushes, faults, nowMs } = parts;
  const token = callerOf(request, parts, SCOPES.watch);
  const query = new URL(request.url).searchParams;
  const body = await readObject(request);
  const audience = audienceOf(query, token, workspace);
  requireAdmin(token, workspace);
  const event = eventOf(query.get('event'));
  if (event === null && faults.refuseEventOmission) {
    fail(400, 'required', 'Required parameter: event', {
      location: 'event',
      locationType: 'parameter',
    });
  }
  const id = channelIdOf(body['id'], channels);
  if (body['type'] !== 'web_hook') {
    fail(400, 'push.channelTypeNotSupported', `Unknown channel type: ${text(body['type'])}`);
  }
  const address = text(body['address']);
  const problem = callbackProblem(address, faults);
  if (problem) fail(problem.status, problem.reason, problem.message);
  const channelToken = body['token'] === undefined ? null : text(body['token']);
  if (channelToken !== null && channelToken.length > 256) {
    fail(400, 'invalid', 'Invalid Input: token is longer than 256 characters');
  }
  const expiresAtMs = readExpiration(body, faults.lifetime, nowMs());
  if (expiresAtMs === null) fail(400, 'invalid', 'Invalid ttl value for channel');

  const channel: Channel = {
    id,
    resourceId: resourceIdOf(audience.resource, event),
    resourceUri: resourceUri(query, event),
    address,
    token: channelToken,
    expiresAtMs,
    openedAtMs: nowMs(),
    event,
    domain: audience.domain,
    clientEmail: token.clientEmail,
    subjectId: token.subjectId,
    lastNumber: 1,
  };
  channels.open(channel);
  await pushes.announceSync(channel);
  return json({
    kind: 'api#channel',
    id,
    resourceId: channel.resourceId,
    resourceUri: channel.resourceUri,
    ...(channelToken !== null && { token: channelToken }),
    expiration: String(expiresAtMs),
  });
}

async function stop(request: Request, parts: ChannelParts): Promise<Response> {
  const token = callerOf(request, parts, SCOPES.stop);
  const body = await readObject(request);
  const [id, resourceId] = [body['id'], body['resourceId']];
  if (typeof id !== 'string' || typeof resourceId !== 'string') {
    fail(400, 'required', 'Required', { location: 'id', locationType: 'parameter' });
  }
  const channel = parts.channels.find(id);
  const isOwn = channel?.clientEmail === token.clientEmail && channel.subjectId === token.subjectId;
  if (!isOwn || !parts.channels.stop(id, resourceId)) {
    const project = parts.accounts.find(token.clientEmail)?.projectNumber ?? '0';
    fail(404, 'notFound', `Channel '${id}' not found for project '${project}'`);
  }
  return new Response(null, { status: 204 });
}

async function readObject(request: Request): Promise<Record<string, unknown>> {
  try {
    const body: unknown = await request.json();
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
      return body as Record<string, unknown>;
    }
  } catch {
    // Not JSON: refused below like anything else that is not an object.
  }
  return fail(400, 'parseError', 'Parse Error');
}

/** Any letter case, and the upper-case enum names of the REST page (ADD, MAKE_ADMIN). */
function eventOf(value: string | null): UserEvent | null {
  if (value === null || value === '') return null;
  const wanted = value.toLowerCase().replaceAll('_', '');
  const event = USER_EVENTS.find((one) => one.toLowerCase() === wanted);
  if (!event) {
    fail(400, 'invalid', `Invalid value '${value}' for event`, {
      location: 'event',
      locationType: 'parameter',
    });
  }
  return event;
}

function channelIdOf(value: unknown, channels: Channels): string {
  const id = text(value);
  if (id === '') fail(400, 'required', 'Required', { location: 'id', locationType: 'parameter' });
  if (!/^[A-Za-z0-9\-_+/=]{1,64}$/.test(id)) {
    fail(
      400,
      'push.channelIdInvalid',
      'Channel id must be at most 64 characters of [A-Za-z0-9\\-_\\+/=]',
    );
  }
  if (channels.isUsed(id)) fail(400, 'channelIdNotUnique', `Channel id ${id} not unique`);
  return id;
}

function resourceUri(query: URLSearchParams, event: UserEvent | null): string {
  const shown = new URLSearchParams();
  for (const name of ['customer', 'domain']) {
    const value = query.get(name);
    if (value) shown.set(name, value);
  }
  if (event !== null) shown.set('event', event);
  shown.set('alt', 'json');
  return `${LIST_URL}?${shown}`;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
