// The receiver as a rule: which request is answered how, what is enqueued, and what is not even read.
import { beforeAll, describe, expect, test } from 'vitest';
import type { ChannelEvent } from '../../src/google/channels.ts';
import {
  type ChannelIdentity,
  channelKeys,
  newChannelId,
  signChannelToken,
} from '../../src/sync/channel-token.ts';
import type { ChangeMessage } from '../../src/sync/hint.ts';
import { type ReceivePorts, receiveNotification } from '../../src/sync/receive.ts';
import { createWorld, START_MS, type World } from './world.ts';

const URL_OF_OURS = 'https://people.rollcall.example/google/notifications';
const USER_ID = '100000000000000000042';
const KIBIBYTE = 1024;

let world: World;
beforeAll(async () => {
  world = await createWorld({ seed: false });
});

const channelId = newChannelId(START_MS);
const tokenFor = async (channel: Partial<ChannelIdentity> = {}) =>
  signChannelToken(await channelKeys(world.config), {
    channelId,
    directoryId: 'default',
    event: 'update',
    ...channel,
  });

interface Push {
  method?: string;
  channelId?: string | null;
  token?: string | null;
  state?: string | null;
  body?: BodyInit | null;
  headers?: Record<string, string>;
}

/** A push as Google sends it, of an update to USER_ID, unless told otherwise; `null` leaves a header out. */
async function aPush(push: Push = {}): Promise<Request> {
  const { method = 'POST', body = JSON.stringify({ id: USER_ID }) } = push;
  const said = {
    'x-goog-channel-id': push.channelId === undefined ? channelId : push.channelId,
    'x-goog-channel-token': push.token === undefined ? await tokenFor() : push.token,
    'x-goog-resource-state': push.state === undefined ? 'update' : push.state,
    ...push.headers,
  };
  const headers = Object.entries(said).filter(
    (header): header is [string, string] => header[1] !== null,
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(URL_OF_OURS, { method, headers, ...(hasBody ? { body } : {}) });
}

/** What the receiver answered, and all that it did. */
async function receive(request: Request, ports: Partial<ReceivePorts> = {}) {
  const enqueued: ChangeMessage[] = [];
  const asked: string[] = [];
  const received = await receiveNotification(
    {
      keys: await channelKeys(world.config),
      enqueue: async (message) => enqueued.push(message),
      isWithinLimit: async (channel) => {
        asked.push(channel);
        return true;
      },
      nowMs: () => START_MS,
      ...ports,
    },
    request,
  );
  return { ...received, enqueued, asked };
}

/** A body that says whether anybody read of it, and gives chunks until `bytes` are out. */
function watchedBody(bytes: number) {
  const watch = { reads: 0, isCancelled: false };
  let left = bytes;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        watch.reads += 1;
        const size = Math.min(16 * KIBIBYTE, left);
        left -= size;
        if (size > 0) controller.enqueue(new Uint8Array(size).fill(32));
        else controller.close();
      },
      cancel() {
        watch.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { watch, stream };
}

describe('a genuine push', () => {
  test('is answered 204 when exactly its hint is in the queue', async () => {
    expect(await receive(await aPush())).toEqual({
      status: 204,
      reason: 'look',
      directoryId: 'default',
      channelId,
      userId: USER_ID,
      enqueued: [
        {
          kind: 'look',
          directoryId: 'default',
          userId: USER_ID,
          event: 'update',
          cause: 'push',
          noticedMs: START_MS,
        },
      ],
      asked: [channelId],
    });
  });

  test('sync is enqueued as a note about its channel, and its body does not matter', async () => {
    const { watch, stream } = watchedBody(KIBIBYTE);
    const request = await aPush({ state: 'sync', body: stream });
    const { status, enqueued } = await receive(request);
    expect(status).toBe(204);
    expect(enqueued).toEqual([
      { kind: 'sync', directoryId: 'default', channelId, noticedMs: START_MS },
    ]);
    expect(watch.reads).toBe(0);
  });

  test('without any body, as a sync comes, is enqueued', async () => {
    expect(await receive(await aPush({ state: 'sync', body: null }))).toMatchObject({
      status: 204,
    });
  });

  test('of a directory that the default is not keeps its name', async () => {
    const token = await tokenFor({ directoryId: 'customer-2' });
    const { enqueued } = await receive(await aPush({ token }));
    expect(enqueued).toMatchObject([{ directoryId: 'customer-2' }]);
  });

  const cases: [
    what: string,
    channel: ChannelEvent | '*',
    state: string | null,
    event: string | null,
  ][] = [
    [
      'the token is believed where it names one, whatever the header says',
      'update',
      'delete',
      'update',
    ],
    ['the token is believed without a header', 'delete', null, 'delete'],
    ['the token is believed before an unknown state', 'makeAdmin', 'renamed', 'makeAdmin'],
    ['a channel for all takes it from the header', '*', 'delete', 'delete'],
    ['a channel for all and an unknown state: just look', '*', 'renamed', null],
    ['a channel for all and no state: just look', '*', null, null],
    ['a channel for all and a state in capitals: just look', '*', 'DELETE', null],
  ];
  test.each(cases)('what happened — %s', async (_, event, state, expected) => {
    const { status, enqueued } = await receive(
      await aPush({ token: await tokenFor({ event }), state }),
    );
    expect(status).toBe(204);
    expect(enqueued).toMatchObject([{ kind: 'look', userId: USER_ID, event: expected }]);
  });
});

describe('security 1: a forgery is answered 401, nothing is enqueued, its body is not read', () => {
  const splitMac = async () => {
    const [version, directory, event, mac = ''] = (await tokenFor()).split('.');
    return { head: `${version}.${directory}.${event}`, mac };
  };
  const cases: [what: string, push: () => Push | Promise<Push>][] = [
    ['no token', () => ({ token: null })],
    ['no channel id', () => ({ channelId: null })],
    ['an invented token', () => ({ token: `v1.default.update.${'A'.repeat(43)}` })],
    ['a token that is no token', () => ({ token: 'Bearer x' })],
    [
      'the token of another channel',
      async () => ({ token: await tokenFor({ channelId: newChannelId(START_MS) }) }),
    ],
    [
      'a foreign directory put into the token',
      async () => ({ token: (await tokenFor()).replace('default', 'victim') }),
    ],
    [
      'another event put into the token',
      async () => ({ token: (await tokenFor()).replace('update', 'delete') }),
    ],
    [
      'fields shifted from directory to event',
      async () => ({
        token: (await tokenFor({ directoryId: 'a', event: '*' })).replace('a.*', 'a*'),
      }),
    ],
    ['a padded mac', async () => ({ token: `${await tokenFor()}=` })],
    [
      'a mac in the other base64 alphabet',
      async () => {
        const { head, mac } = await splitMac();
        return { token: `${head}.+/${mac.slice(2)}` };
      },
    ],
    [
      'a mac in hexadecimal',
      async () => {
        const { head, mac } = await splitMac();
        const bytes = atob(mac.replaceAll('-', '+').replaceAll('_', '/'));
        const hex = [...bytes].map((c) => c.charCodeAt(0).toString(16).padStart(2, '0')).join('');
        return { token: `${head}.${hex}` };
      },
    ],
    [
      'a mac whose spelling is not canonical',
      async () => {
        const { head, mac } = await splitMac();
        const twin = String.fromCharCode(mac.charCodeAt(42) + 1);
        return { token: `${head}.${mac.slice(0, 42)}${twin}` };
      },
    ],
    [
      'a token over 256 characters',
      async () => ({ token: `${await tokenFor()}${'A'.repeat(256)}` }),
    ],
    [
      'a channel id that is not a UUIDv7',
      async () => {
        const id = crypto.randomUUID();
        return { channelId: id, token: await tokenFor({ channelId: id }) };
      },
    ],
    [
      'a channel older than 72 hours',
      async () => {
        const id = newChannelId(START_MS - 72 * 3_600_000 - 1);
        return { channelId: id, token: await tokenFor({ channelId: id }) };
      },
    ],
    [
      'a sync without a right token',
      () => ({ state: 'sync', token: `v1.default.update.${'A'.repeat(43)}` }),
    ],
  ];
  test.each(cases)('%s', async (_, push) => {
    const { watch, stream } = watchedBody(KIBIBYTE);
    const received = await receive(await aPush({ ...(await push()), body: stream }));
    expect(received).toEqual({ status: 401, reason: 'token', enqueued: [], asked: [] });
    expect(watch.reads).toBe(0);
  });
});

describe('security 1: a body that names nobody is answered 400 and nothing is enqueued', () => {
  const json = JSON.stringify;
  const cases: [what: string, body: string | null][] = [
    ['no body', null],
    ['empty', ''],
    ['not JSON', '<html>'],
    ['JSON cut short', '{"id":"100000000000000000042"'],
    ['an array', json([{ id: USER_ID }])],
    ['a number', '100000000000000000042'],
    ['null', 'null'],
    ['a string', json(USER_ID)],
    ['no id', '{}'],
    ['an empty id', json({ id: '' })],
    ['an id that is a number', '{"id":100000000000000000042}'],
    ['an id of 5 digits', json({ id: '12345' })],
    ['an id of 31 digits', json({ id: '1'.repeat(31) })],
    ['an address for an id', json({ id: 'ana@example.test' })],
    ['an id with a path in it', json({ id: '123456/../watch' })],
    ['an id with a line break at its end', json({ id: `${USER_ID}\n` })],
    ['an id in other digits', json({ id: '١٢٣٤٥٦٧' })],
    ['the id in the prototype only', '{"__proto__":{"id":"100000000000000000042"}}'],
  ];
  test.each(cases)('%s', async (_, body) => {
    const received = await receive(await aPush({ body }));
    expect(received).toMatchObject({ status: 400, reason: 'body', enqueued: [], asked: [] });
  });

  test.each([6, 30])('while an id of %s digits is somebody', async (digits) => {
    const body = json({ id: '1'.repeat(digits) });
    expect(await receive(await aPush({ body }))).toMatchObject({ status: 204 });
  });
});

describe('security 1: size is counted while reading', () => {
  const padded = (bytes: number) => {
    const text = JSON.stringify({ id: USER_ID });
    return text + ' '.repeat(bytes - text.length);
  };

  test('64 KiB are read', async () => {
    expect(await receive(await aPush({ body: padded(64 * KIBIBYTE) }))).toMatchObject({
      status: 204,
    });
  });

  test('a byte more is answered 413 and nothing is enqueued', async () => {
    const received = await receive(await aPush({ body: padded(64 * KIBIBYTE + 1) }));
    expect(received).toMatchObject({ status: 413, reason: 'size', enqueued: [], asked: [] });
  });

  test('characters of several bytes are counted in bytes', async () => {
    const body = JSON.stringify({ id: USER_ID, name: 'é'.repeat(33 * KIBIBYTE) });
    expect(body.length).toBeLessThan(64 * KIBIBYTE);
    expect(await receive(await aPush({ body }))).toMatchObject({ status: 413 });
  });

  test('a Content-Length that claims little is not believed', async () => {
    const { stream } = watchedBody(80 * KIBIBYTE);
    const request = await aPush({ body: stream, headers: { 'content-length': '20' } });
    expect(await receive(request)).toMatchObject({ status: 413, enqueued: [] });
  });

  test('a body that goes on and on is dropped once it is over', async () => {
    const { watch, stream } = watchedBody(64 * 1024 * KIBIBYTE);
    expect(await receive(await aPush({ body: stream }))).toMatchObject({
      status: 413,
      enqueued: [],
    });
    expect(watch.reads).toBeLessThanOrEqual(6);
    expect(watch.isCancelled).toBe(true);
  });

  test('a character that falls between two chunks is put together', async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ name: 'é', id: USER_ID }));
    const cut = bytes.indexOf(0xc3) + 1;
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.slice(0, cut));
        controller.enqueue(bytes.slice(cut));
        controller.close();
      },
    });
    expect(await receive(await aPush({ body: stream }))).toMatchObject({ status: 204 });
  });
});

describe('other answers', () => {
  test.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    '%s is answered 405, token or not',
    async (method) => {
      expect(await receive(await aPush({ method }))).toEqual({
        status: 405,
        reason: 'method',
        enqueued: [],
        asked: [],
      });
    },
  );

  test('a queue that refuses: 503, so that Google sends the push again', async () => {
    const enqueue = () => Promise.reject(new Error('Queue send failed: Too Many Requests'));
    const received = await receive(await aPush(), { enqueue });
    expect(received).toMatchObject({ status: 503, reason: 'queue', userId: USER_ID });
  });

  test('a sync is answered 204 only when its note is in the queue', async () => {
    const enqueue = () => Promise.reject(new Error('Queue send failed'));
    const received = await receive(await aPush({ state: 'sync', body: null }), { enqueue });
    expect(received).toMatchObject({ status: 503, reason: 'queue' });
  });

  test('the answer waits for the queue', async () => {
    let isEnqueued = false;
    const enqueue = async () => {
      await new Promise((resolve) => setTimeout(resolve, 0));
      isEnqueued = true;
    };
    await receive(await aPush(), { enqueue });
    expect(isEnqueued).toBe(true);
  });

  test.each(['update', 'sync'])(
    'security 1: a channel over its rate is answered 503 and nothing is enqueued: %s',
    async (state) => {
      const received = await receive(await aPush({ state }), { isWithinLimit: async () => false });
      expect(received).toMatchObject({ status: 503, reason: 'rate', enqueued: [] });
    },
  );
});
