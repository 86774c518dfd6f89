// Notification channels of the fake: watch, the messages on the wire, what the receiver's answer
// does, lifetime, stop and its wrong URLs.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGoogle, type Google } from '../google/google.ts';
import { accessToken, callApi } from '../google/signed-caller.ts';

const START_MS = Date.UTC(2026, 9, 1, 12);
const HOUR_MS = 3_600_000;
let google: Google;
let nowMs = START_MS;
let pristine: unknown;
let token: string;

/** What the receiver got, and the statuses with which it answers (204 when none is left). */
let heard: { headers: Headers; body: string }[] = [];
let answers: (number | 'unreachable')[] = [];
const states = () => heard.map(({ headers }) => headers.get('x-goog-resource-state'));

beforeAll(async () => {
  google = await createGoogle({
    nowMs: () => nowMs,
    deliver: async (request) => {
      heard.push({ headers: request.headers, body: await request.text() });
      const status = answers.shift() ?? 204;
      if (status === 'unreachable') throw new TypeError('fetch failed');
      return new Response(null, { status });
    },
  });
  token = await accessToken(google, nowMs);
  pristine = google.snapshot();
});
beforeEach(() => {
  nowMs = START_MS;
  google.restore(pristine);
  google.deliveries.length = 0;
  heard = [];
  answers = [];
});

const call = (path: string, body: unknown) =>
  callApi(google, path, { token, method: 'POST', body });
const watch = (query = 'customer=my_customer', body: Record<string, unknown> = {}) =>
  call(`/users/watch?${query}`, {
    id: crypto.randomUUID(),
    type: 'web_hook',
    address: 'https://receiver.test/google/notifications',
    ...body,
  });
const STOP = '/admin/directory_v1/channels/stop';

describe('watch', () => {
  test('answers with the channel, its end as text', async () => {
    const { status, body } = await watch('customer=my_customer&event=update', {
      id: 'a-b_c+d/e=',
      token: 't'.repeat(256),
    });

    expect(status).toBe(200);
    expect(body).toEqual({
      kind: 'api#channel',
      id: 'a-b_c+d/e=',
      resourceId: expect.stringMatching(/^[\w-]{27}$/),
      resourceUri:
        'https://admin.googleapis.com/admin/directory/v1/users?customer=my_customer&event=update&alt=json',
      token: 't'.repeat(256),
      expiration: String(START_MS + 6 * HOUR_MS),
    });
  });

  const refusals: [string, Record<string, unknown>, number, string][] = [
    ['without an id', { id: undefined }, 400, 'required'],
    ['with an id of 65 characters', { id: 'x'.repeat(65) }, 400, 'push.channelIdInvalid'],
    ['with odd characters in the id', { id: 'a b' }, 400, 'push.channelIdInvalid'],
    ['with another type', { type: 'webhook' }, 400, 'push.channelTypeNotSupported'],
    ['with an http address', { address: 'http://receiver.test/' }, 400, 'push.webhookUrlNotHttps'],
    ['without an address', { address: undefined }, 400, 'push.webhookUrlNoHostOrAddress'],
    ['with a token of 257 characters', { token: 't'.repeat(257) }, 400, 'invalid'],
    ['with an expiration in the past', { expiration: START_MS - 1 }, 400, 'invalid'],
    ['with an expiration that is no number', { expiration: 'soon' }, 400, 'invalid'],
  ];
  test.each(refusals)('is refused %s', async (_, fields, status, reason) => {
    const answer = await watch('customer=my_customer', fields);

    expect([answer.status, answer.body.error.errors[0].reason]).toEqual([status, reason]);
    expect(google.workspace.channels).toEqual([]);
  });

  test('is refused for an unknown event and without an audience', async () => {
    expect((await watch('customer=my_customer&event=rename')).status).toBe(400);
    expect((await watch('')).body.error.errors[0].reason).toBe('badRequest');
  });

  test('is refused for an id that was used before, even by a stopped channel', async () => {
    const { body } = await watch('customer=my_customer', { id: 'once' });
    await call(STOP, { id: 'once', resourceId: body.resourceId });
    const again = await watch('customer=my_customer', { id: 'once' });

    expect(again.body.error.errors[0].reason).toBe('channelIdNotUnique');
  });

  test('may call this machine without TLS, unless that is switched off', async () => {
    const address = 'http://127.0.0.1:8787/google/notifications';
    const allowed = await watch('customer=my_customer', { address });
    google.faults.refuseHttpCallbacks = true;
    const refused = await watch('customer=my_customer', { address });

    expect([allowed.status, refused.status]).toEqual([200, 400]);
  });

  test('is refused without an event, or for an unverified host, when so switched', async () => {
    google.faults.refuseEventOmission = true;
    expect((await watch()).status).toBe(400);
    expect((await watch('customer=my_customer&event=add')).status).toBe(200);
    google.faults.callbackUnauthorized = true;
    const refused = await watch('customer=my_customer&event=add');
    expect(refused.body.error.errors[0].reason).toBe('push.webhookUrlUnauthorized');
  });
});

describe('lifetime', () => {
  const profiles: [string, '6h cap' | '2h default, 2d cap', Record<string, unknown>, number][] = [
    ['6 hours unasked', '6h cap', {}, 6 * HOUR_MS],
    ['less when asked in ms', '6h cap', { expiration: START_MS + 1000 }, 1000],
    ['less when asked in ms as text', '6h cap', { expiration: String(START_MS + 1000) }, 1000],
    ['less when asked in seconds', '6h cap', { params: { ttl: '60' } }, 60_000],
    ['6 hours when more is asked', '6h cap', { params: { ttl: '172800' } }, 6 * HOUR_MS],
    ['2 hours unasked', '2h default, 2d cap', {}, 2 * HOUR_MS],
    [
      '2 days when more is asked',
      '2h default, 2d cap',
      { params: { ttl: '999999' } },
      48 * HOUR_MS,
    ],
  ];
  test.each(profiles)('%s (%s)', async (_, lifetime, wish, lifeMs) => {
    google.faults.lifetime = lifetime;
    const { body } = await watch('customer=my_customer', wish);

    expect(Number(body.expiration) - START_MS).toBe(lifeMs);
  });

  test('ends in silence, also for what is on its way', async () => {
    await watch('customer=my_customer', { params: { ttl: '60' } });
    await google.flush();
    google.workspace.suspend('sunny@example.test');
    nowMs += 60_000;
    google.workspace.unsuspend('sunny@example.test');
    await google.flush();

    expect(states()).toEqual(['sync']);
    expect(google.workspace.channels).toEqual([]);
  });
});

describe('messages', () => {
  test('have exactly the documented headers and body', async () => {
    const { body: channel } = await watch('customer=my_customer', { token: 'secret' });
    const user = google.workspace.suspend('sunny@example.test');
    await google.flush();
    const [sync, update] = heard;
    const fixed = {
      'x-goog-channel-id': channel.id,
      'x-goog-channel-token': 'secret',
      'x-goog-channel-expiration': 'Thu, 01 Oct 2026 18:00:00 GMT',
      'x-goog-resource-id': channel.resourceId,
      'x-goog-resource-uri':
        'https://admin.googleapis.com/admin/directory/v1/users?customer=my_customer&alt=json',
    };

    expect(Object.fromEntries(sync?.headers ?? [])).toMatchObject({
      ...fixed,
      'x-goog-resource-state': 'sync',
      'x-goog-message-number': '1',
    });
    expect([sync?.body, sync?.headers.get('content-type')]).toEqual(['', null]);
    expect(Object.fromEntries(update?.headers ?? [])).toMatchObject({
      ...fixed,
      'x-goog-resource-state': 'update',
      'content-type': 'application/json; utf-8',
      'user-agent': expect.stringContaining('APIs-Google'),
    });
    expect(JSON.parse(update?.body ?? '')).toEqual({
      kind: 'admin#directory#user',
      id: user.id,
      etag: expect.stringMatching(/^".+"$/),
      primaryEmail: 'sunny@example.test',
    });
  });

  test('have numbers that rise with gaps', async () => {
    await watch();
    for (let i = 0; i < 20; i++) google.workspace.signIn('sunny@example.test');
    await google.flush();
    const numbers = heard.map(({ headers }) => Number(headers.get('x-goog-message-number')));

    expect(numbers[0]).toBe(1);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(21);
    expect(numbers.at(-1)).toBeGreaterThan(100);
  });

  test('say which of the five things happened', async () => {
    await watch();
    const { id } = google.workspace.add({ primaryEmail: 'new@example.test', givenName: 'New' });
    google.workspace.rename(id, 'newer@example.test');
    google.workspace.makeAdmin(id, true);
    google.workspace.makeAdmin(id, false);
    google.workspace.remove(id);
    google.workspace.undelete(id);
    await google.flush();

    expect(states()).toEqual([
      ...['sync', 'add', 'update', 'makeAdmin', 'makeAdmin', 'delete', 'undelete'],
    ]);
  });

  test('go to every channel that wants them, and to no other', async () => {
    const names = new Map<string, string>();
    const open = async (name: string, query: string) =>
      names.set((await watch(query)).body.id, name);
    await open('all', 'customer=my_customer');
    await open('update', 'customer=my_customer&event=update');
    await open('update again', 'customer=my_customer&event=UPDATE');
    await open('delete', 'customer=my_customer&event=delete');
    await open('studio', 'domain=example-studio.test');
    await google.flush();
    heard = [];
    const receivers = async (work: () => void) => {
      work();
      await google.flush();
      const ids = heard.map(({ headers }) => headers.get('x-goog-channel-id') ?? '');
      heard = [];
      return ids.map((id) => names.get(id));
    };
    const { workspace } = google;

    expect(await receivers(() => workspace.suspend('sunny@example.test'))).toEqual([
      ...['all', 'update', 'update again'],
    ]);
    expect(await receivers(() => workspace.remove('sunny@example.test'))).toEqual([
      'all',
      'delete',
    ]);
    // Whoever leaves a domain is still heard of there once.
    expect(
      await receivers(() => workspace.rename('frida@example-studio.test', 'frida@example.test')),
    ).toEqual(['all', 'update', 'update again', 'studio']);
    expect(await receivers(() => workspace.signIn('frida@example.test'))).not.toContain('studio');
  });

  test('name a resource that differs per event and audience, and is equal for equal questions', async () => {
    const queries = [
      'customer=my_customer',
      'customer=my_customer&event=add',
      'customer=my_customer&event=update',
      'domain=example.test&event=update',
    ];
    const ids = async () =>
      Promise.all(queries.map(async (query) => (await watch(query)).body.resourceId));
    const first = await ids();

    expect(new Set(first).size).toBe(4);
    expect(await ids()).toEqual(first);
  });

  test('do not leave for what is done silently', async () => {
    await watch();
    google.workspace.silently(() => google.workspace.suspend('sunny@example.test'));
    google.workspace.addMany(10, { push: false });
    await google.flush();

    expect(states()).toEqual(['sync']);
  });
});

describe("the receiver's answer", () => {
  const attempt = async (answer: number | 'unreachable') => {
    await watch();
    await google.flush();
    heard = [];
    google.workspace.suspend('sunny@example.test');
    answers = [answer];
    await google.flush();
    nowMs += HOUR_MS;
    await google.flush();
    return heard.length;
  };

  test.each([500, 502, 503, 504])('%i brings the message back', async (status) => {
    expect(await attempt(status)).toBe(2);
  });

  test.each([
    200,
    201,
    202,
    204,
    301,
    400,
    401,
    403,
    404,
    408,
    429,
    501,
    505,
    599,
    'unreachable' as const,
  ])('%s does not', async (status) => {
    expect(await attempt(status)).toBe(1);
  });

  test('nobody there can be made to count as 503', async () => {
    google.faults.retryUnreachable = true;

    expect(await attempt('unreachable')).toBe(2);
  });

  test('retries come after 1, 2, 4 … seconds, with the same number', async () => {
    await watch();
    await google.flush();
    google.workspace.suspend('sunny@example.test');
    answers = [503, 500, 502];
    const times: number[] = [];
    for (let second = 0; second < 12; second++) {
      const before = heard.length;
      await google.flush();
      if (heard.length > before) times.push(second);
      nowMs += 1000;
    }
    const attempts = google.deliveries.filter((delivery) => delivery.state === 'update');

    expect(times).toEqual([0, 1, 3, 7]);
    expect(attempts).toMatchObject([
      { attempt: 1, status: 503, willRetry: true, atMs: START_MS },
      { attempt: 2, status: 500, willRetry: true, atMs: START_MS + 1000 },
      { attempt: 3, status: 502, willRetry: true, atMs: START_MS + 3000 },
      { attempt: 4, status: 204, willRetry: false, atMs: START_MS + 7000 },
    ]);
    expect(new Set(attempts.map((delivery) => delivery.messageNumber)).size).toBe(1);
    expect(attempts[0]?.userId).toBe(google.workspace.user('sunny@example.test').id);
  });
});

describe('stop', () => {
  test('silences the channel, also what is on its way, and answers 204 with no body', async () => {
    const { body: channel } = await watch();
    await google.flush();
    google.workspace.suspend('sunny@example.test');
    const { status, text } = await call(STOP, channel);
    google.workspace.unsuspend('sunny@example.test');
    await google.flush();

    expect([status, text]).toEqual([204, '']);
    expect(states()).toEqual(['sync']);
  });

  test.each([
    ['an unknown id', { id: 'unknown' }],
    ['a wrong resourceId', { resourceId: 'wrong' }],
  ])('gives a JSON 404 for %s', async (_, wrong) => {
    const { body: channel } = await watch();
    const answer = await call(STOP, { ...channel, ...wrong });

    expect(answer.status).toBe(404);
    expect(answer.body.error.errors[0].reason).toBe('notFound');
    expect(google.workspace.channels).toHaveLength(1);
  });

  test('gives a JSON 404 for a channel that another admin opened', async () => {
    const { body: channel } = await watch();
    const it = await accessToken(google, nowMs, { sub: 'it@example.test' });
    const answer = await callApi(google, STOP, { method: 'POST', token: it, body: channel });

    expect(answer.status).toBe(404);
  });

  test.each([
    '/admin/directory/v1/channels/stop',
    '/admin/directory/v1//admin/directory_v1/channels/stop',
  ])('is an HTML 404 at %s', async (path) => {
    const { body: channel } = await watch();
    const answer = await call(path, channel);

    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(google.workspace.channels).toHaveLength(1);
  });
});
