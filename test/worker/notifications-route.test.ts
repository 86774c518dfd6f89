// POST /google/notifications through the whole Worker: the same answers, and nothing touched but the queue
// and the rate limit.
import { createExecutionContext } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Env, parseConfig } from '../../src/config.ts';
import worker from '../../src/index.ts';
import { channelKeys, newChannelId, signChannelToken } from '../../src/sync/channel-token.ts';
import { env } from './world.ts';

const URL_OF_OURS = 'https://people.rollcall.example/google/notifications';
const USER_ID = '100000000000000000042';

/** A binding that nobody may use. */
function untouchable<T>(name: string): T {
  return new Proxy(
    {},
    {
      get(_, member) {
        throw new Error(`${name}.${String(member)} was used`);
      },
    },
  ) as T;
}

interface Bindings {
  sent: unknown[];
  limited: string[];
  env: Env;
}

/** The Worker's environment with D1, KV and Workflows that nobody may use, and a queue that remembers. */
function guardedEnv(over: Partial<Env> = {}): Bindings {
  const sent: unknown[] = [];
  const limited: string[] = [];
  return {
    sent,
    limited,
    env: {
      ...env,
      DB: untouchable<D1Database>('DB'),
      CHANNELS: untouchable<KVNamespace>('CHANNELS'),
      RECONCILE: untouchable<Env['RECONCILE']>('RECONCILE'),
      CHANGES: { send: async (body: unknown) => sent.push(body) } as unknown as Queue,
      PUSH_LIMIT: {
        limit: async ({ key }: { key: string }) => {
          limited.push(key);
          return { success: true };
        },
      } as RateLimit,
      ...over,
    },
  };
}

const ask = (request: Request, bindings: Env) =>
  worker.fetch(request as never, bindings, createExecutionContext());

async function aPush(init: RequestInit = {}, said: Record<string, string> = {}): Promise<Request> {
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error('the test environment is not configured');
  const channelId = newChannelId(Date.now());
  const token = await signChannelToken(await channelKeys(parsed.config), {
    channelId,
    directoryId: 'default',
    event: 'update',
  });
  return new Request(URL_OF_OURS, {
    method: 'POST',
    headers: {
      'x-goog-channel-id': channelId,
      'x-goog-channel-token': token,
      'x-goog-resource-state': 'update',
      ...said,
    },
    ...(init.method === 'GET' ? {} : { body: JSON.stringify({ id: USER_ID }) }),
    ...init,
  });
}

const lines: string[] = [];
const outgoing = vi.fn(() => Promise.reject(new TypeError('no network in tests')));
beforeEach(() => {
  lines.length = 0;
  outgoing.mockClear();
  vi.stubGlobal('fetch', outgoing);
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a push through the Worker', () => {
  test('is answered 204 without a body, with its hint in the queue', async () => {
    const { sent, limited, env } = guardedEnv();
    const request = await aPush();
    const before = Date.now();
    const response = await ask(request, env);
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect(limited).toEqual([request.headers.get('x-goog-channel-id')]);
    expect(sent).toEqual([
      {
        kind: 'look',
        directoryId: 'default',
        userId: USER_ID,
        event: 'update',
        cause: 'push',
        noticedMs: expect.any(Number),
      },
    ]);
    const [{ noticedMs }] = sent as [{ noticedMs: number }];
    expect(noticedMs).toBeGreaterThanOrEqual(before);
    expect(noticedMs).toBeLessThanOrEqual(Date.now());
  });

  const cases: [what: string, status: number, request: () => Promise<Request>][] = [
    ['a genuine push', 204, () => aPush()],
    ['a sync', 204, () => aPush({}, { 'x-goog-resource-state': 'sync' })],
    [
      'a forgery',
      401,
      () => aPush({}, { 'x-goog-channel-token': `v1.default.update.${'A'.repeat(43)}` }),
    ],
    ['a body that names nobody', 400, () => aPush({ body: '[]' })],
    ['a body that is too large', 413, () => aPush({ body: ' '.repeat(65 * 1024) })],
    ['another method', 405, () => aPush({ method: 'GET' })],
  ];
  test.each(cases)(
    'touches neither D1 nor KV nor Google nor a Workflow: %s is answered %s',
    async (_, status, request) => {
      const { env } = guardedEnv();
      expect((await ask(await request(), env)).status).toBe(status);
      expect(outgoing).not.toHaveBeenCalled();
    },
  );

  test('the bindings of these tests would tell: a page that reads D1 fails on them', async () => {
    const { env } = guardedEnv();
    const response = await ask(new Request('https://people.rollcall.example/healthz/sync'), env);
    expect(response.status).toBe(503);
    expect(lines.join()).toContain('database-failed');
  });

  test('405 names the method that is allowed', async () => {
    const { env } = guardedEnv();
    expect((await ask(await aPush({ method: 'PUT' }), env)).headers.get('allow')).toBe('POST');
  });

  test('a queue that refuses is answered 503', async () => {
    const CHANGES = { send: () => Promise.reject(new Error('full')) } as unknown as Queue;
    const { env } = guardedEnv({ CHANGES });
    expect((await ask(await aPush(), env)).status).toBe(503);
  });

  test('over the rate of its channel it is answered 503, and nothing is enqueued', async () => {
    const PUSH_LIMIT = { limit: async () => ({ success: false }) } as RateLimit;
    const { env, sent } = guardedEnv({ PUSH_LIMIT });
    expect((await ask(await aPush(), env)).status).toBe(503);
    expect(sent).toEqual([]);
  });

  test('is exempt from checks of origin: Google carries no cookie', async () => {
    const { env } = guardedEnv();
    const request = await aPush(
      {},
      { origin: 'https://elsewhere.example', 'sec-fetch-site': 'cross-site' },
    );
    expect((await ask(request, env)).status).toBe(204);
  });

  test('security 7: the log holds ids and a reason, never the token or the body', async () => {
    const { env } = guardedEnv();
    const genuine = await aPush({
      body: JSON.stringify({ id: USER_ID, primaryEmail: 'ana@example.test' }),
    });
    const forged = await aPush(
      {},
      { 'x-goog-channel-token': `v1.default.update.${'F'.repeat(42)}A` },
    );
    const token = genuine.headers.get('x-goog-channel-token') ?? '';
    await ask(genuine, env);
    await ask(forged, env);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 'info', event: 'push.received', status: 204, reason: 'look', userId: USER_ID },
      { level: 'warn', event: 'push.received', status: 401, reason: 'token' },
    ]);
    for (const secret of [token, token.split('.')[3] ?? token, 'FFFF', 'ana@example.test'])
      expect(lines.join()).not.toContain(secret);
  });

  test('reaches the deployed handler: a forgery is 401 there too', async () => {
    const { default: deployed } = exports as unknown as { default: Fetcher };
    const forged = await aPush({}, { 'x-goog-channel-token': 'v1.default.update.' });
    expect((await deployed.fetch(forged as never)).status).toBe(401);
  });
});
