// The frame around the rooms: health, the front page, the host check, security headers, one error handler.
import {
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
} from 'cloudflare:test';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Env, parseConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { ensureDirectory } from '../../src/db/directories.ts';
import worker from '../../src/index.ts';
import { channelKeys, newChannelId, signChannelToken } from '../../src/sync/channel-token.ts';
import { env, freshStorage } from './world.ts';

const ORIGIN = 'https://people.rollcall.example';
const MINUTE = 60_000;

const ask = (path: string, bindings: Env = env, init: RequestInit = {}) =>
  worker.fetch(
    new Request(new URL(path, ORIGIN), init) as never,
    bindings,
    createExecutionContext(),
  );

/** Counts what is asked of D1 and KV. */
function countingEnv() {
  const counts = { d1: 0, kv: 0 };
  const counting = <T extends object>(
    target: T,
    name: 'd1' | 'kv',
    members: readonly string[],
  ): T =>
    new Proxy(target, {
      get(object, member) {
        const value = Reflect.get(object, member);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (members.includes(String(member))) counts[name] += 1;
          return value.apply(object, args);
        };
      },
    });
  const DB = counting(env.DB, 'd1', ['prepare', 'batch', 'exec', 'dump', 'withSession']);
  const CHANNELS = counting(env.CHANNELS, 'kv', [
    'get',
    'getWithMetadata',
    'list',
    'put',
    'delete',
  ]);
  return { counts, env: { ...env, DB, CHANNELS } as Env };
}

/** A D1 that fails at whatever is asked, with a driver's text that repeats what was bound. */
function failingDatabase(message: string): D1Database {
  const fail = () => {
    throw new Error(message, { cause: new Error(message) });
  };
  return { prepare: fail, batch: fail, exec: fail } as unknown as D1Database;
}

const lines: string[] = [];
const logged = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
beforeEach(() => {
  lines.length = 0;
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The directory's row as of now, with columns replaced. */
async function aDirectory(columns: Record<string, number | string | null> = {}): Promise<void> {
  await ensureDirectory(openDatabase(env.DB), {
    id: 'default',
    customer: 'my_customer',
    adminEmail: 'admin@example.test',
  });
  const now = Date.now();
  const row = {
    imported_ms: now - 60 * MINUTE,
    last_reconciled_ms: now - MINUTE,
    last_pass_ms: now - MINUTE,
    channels_until_ms: now + 60 * MINUTE,
    in_step_since_ms: now - 30 * MINUTE,
    problem: null,
    problem_since_ms: null,
    ...columns,
  };
  const names = Object.keys(row);
  await env.DB.prepare(
    `UPDATE directories SET ${names.map((name, i) => `${name} = ?${i + 1}`).join(', ')}`,
  )
    .bind(...Object.values(row))
    .run();
}

describe('GET /healthz', () => {
  beforeAll(freshStorage);

  test('is 200 when the configuration parses and D1 answers', async () => {
    const response = await ask('/healthz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ok: true });
  });

  test('is 503 before the migrations, and says so by code', async () => {
    await env.DB.exec('ALTER TABLE directories RENAME TO directories_away');
    try {
      const response = await ask('/healthz');
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ ok: false, reason: 'database-not-migrated' });
    } finally {
      await env.DB.exec('ALTER TABLE directories_away RENAME TO directories');
    }
  });

  test('is 503 when D1 does not answer', async () => {
    const DB = failingDatabase('D1_ERROR: Network connection lost.');
    const response = await ask('/healthz', { ...env, DB });
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ok: false, reason: 'database-unavailable' });
  });
});

describe('GET /healthz/sync', () => {
  beforeAll(freshStorage);
  const now = Date.now();

  test('is 503 importing before cron has run', async () => {
    const response = await ask('/healthz/sync');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('60');
    expect(await response.json()).toEqual({ ok: false, reason: 'importing', since: null });
  });

  const cases: [
    columns: Record<string, number | string | null>,
    reason: string,
    since: number | null,
  ][] = [
    [{ imported_ms: null, last_reconciled_ms: null }, 'importing', null],
    [
      { problem: 'token-delegation', problem_since_ms: now - 5 },
      'credential:token-delegation',
      now - 5,
    ],
    [{ last_pass_ms: now - 16 * MINUTE }, 'passes-overdue', now - 16 * MINUTE],
    [{ channels_until_ms: null }, 'no-channel', null],
    [{ channels_until_ms: now - 1 }, 'no-channel', now - 1],
  ];
  test.each(cases)('%j: is 503 %s', async (columns, reason, since) => {
    await aDirectory(columns);
    const response = await ask('/healthz/sync');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ok: false,
      reason,
      since: since === null ? null : new Date(since).toISOString(),
    });
  });

  test('is 503 deletions-held while somebody waits for an operator’s word, and no longer', async () => {
    await aDirectory();
    await env.DB.prepare(
      `INSERT INTO held_removals (directory_id, user_id, reason, since_ms)
       VALUES ('default', '1', 'missing', ?1), ('default', '2', 'guard', ?1 - 5)`,
    )
      .bind(now)
      .run();
    const response = await ask('/healthz/sync');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      ok: false,
      reason: 'deletions-held',
      since: new Date(now - 5).toISOString(),
    });
    const decide = 'UPDATE held_removals SET approved_until_ms = ?1';
    await env.DB.prepare(decide)
      .bind(Date.now() + MINUTE)
      .run();
    expect((await ask('/healthz/sync')).status).toBe(200);
    await env.DB.exec('DELETE FROM held_removals');
  });

  test('is 200 in step, with since when, from two queries and no KV', async () => {
    await aDirectory({ in_step_since_ms: now - 5 });
    const { counts, env } = countingEnv();
    const response = await ask('/healthz/sync', env);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ ok: true, since: new Date(now - 5).toISOString() });
    expect(counts).toEqual({ d1: 2, kv: 0 });
  });
});

describe('GET /', () => {
  beforeAll(freshStorage);
  const somebody = 'ana.secret@example.test';

  async function withPeople(columns: Record<string, number | string | null> = {}) {
    await aDirectory(columns);
    await env.DB.prepare(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 7919)
       INSERT OR IGNORE INTO users (id, directory_id, email, given_name, family_name, full_name, status,
         is_admin, is_delegated_admin, org_unit_path, attributes, custom_schemas, roles, ticket, written,
         cause, noticed_ms, created_ms, changed_ms)
       SELECT printf('1%011d', i), 'default', ?1, 'Ana', 'Secret', 'Ana Secret', 'active',
         0, 0, '/', '{}', '{}', '[]', 1, 1, 'reconcile', 1, 1, 1 FROM n`,
    )
      .bind(somebody)
      .run();
    await env.CHANNELS.put('channel:default:01234567-89ab-7def-8123-456789abcdef', '{}');
  }

  test('says that people are in step, and since when', async () => {
    await withPeople({ in_step_since_ms: Date.UTC(2026, 10, 22, 9) });
    const response = await ask('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const page = await response.text();
    expect(page).toContain('In step');
    expect(page).toContain('2026-11-22T09:00:00.000Z');
  });

  const cases: [columns: Record<string, number | string | null>, words: string][] = [
    [{ imported_ms: null }, 'for the first time'],
    [{ problem: 'token-admin-deleted', problem_since_ms: 1 }, 'does not let Rollcall read'],
    [{ last_pass_ms: 1 }, 'overdue'],
    [{ channels_until_ms: null }, 'has not confirmed yet'],
    [{ in_step_since_ms: null }, 'until somebody agrees'],
  ];
  test.each(cases)('says in words why they are not: %j', async (columns, words) => {
    await withPeople(columns);
    const response = await ask('/');
    expect(response.status).toBe(200);
    const page = await response.text();
    expect(page).toContain(words);
    expect(page).not.toContain('In step');
    expect(page).not.toContain('token-admin-deleted');
  });

  test('tells strangers no head count, no channel and no address', async () => {
    await withPeople();
    const page = await (await ask('/')).text();
    expect(page).not.toMatch(/7[.,]?919/);
    expect(page).not.toContain('@');
    expect(page).not.toContain('Secret');
    expect(page).not.toContain('01234567');
    expect(page).not.toContain('my_customer');
  });

  test('costs at most one D1 query and no KV', async () => {
    await withPeople();
    const { counts, env } = countingEnv();
    expect((await ask('/', env)).status).toBe(200);
    expect(counts).toEqual({ d1: 1, kv: 0 });
  });

  test('links a style sheet of ours that is there', async () => {
    const page = await (await ask('/')).text();
    const href = /<link rel="stylesheet" href="([^"]+)"/.exec(page)?.[1] ?? '';
    const sheet = await ask(href);
    expect(sheet.status).toBe(200);
    expect(sheet.headers.get('content-type')).toBe('text/css; charset=utf-8');
    expect(page).not.toMatch(/<style|<script|\son[a-z]+=|style="/i);
  });
});

describe('every answer', () => {
  beforeAll(freshStorage);
  const answers: [what: string, answer: () => Response | Promise<Response>][] = [
    ['the front page', () => ask('/')],
    ['the style sheet', () => ask('/style.css')],
    ['health', () => ask('/healthz')],
    ['what is not there', () => ask('/nothing')],
    ['a refused push', () => ask('/google/notifications')],
    ['a wrong host', () => ask('https://elsewhere.example/')],
    ['a bad configuration', () => ask('/', { ...env, APP_SECRET: '' })],
    ['an error', () => ask('/', { ...env, DB: failingDatabase('x') })],
  ];
  test.each(answers)('security 5: carries the security headers — %s', async (_, answer) => {
    const { headers } = await answer();
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("base-uri 'none'");
    // Photos of people are the one thing that comes from elsewhere.
    expect(policy.replace(' https://*.googleusercontent.com', '')).not.toMatch(
      /unsafe-|\*|https?:/,
    );
    expect(headers.get('referrer-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('set-cookie')).toBeNull();
  });

  test.each([
    'https://elsewhere.example/',
    'https://people.rollcall.example.elsewhere.example/healthz',
    'https://people.rollcall.example:8443/healthz',
    'https://rollcall.people.workers.dev/google/notifications',
  ])('security 5: a host that is not PUBLIC_URL’s gets 421 before routing: %s', async (url) => {
    const DB = failingDatabase('must not be asked');
    const response = await ask(url, { ...env, DB });
    expect(response.status).toBe(421);
    expect(await response.text()).toBe('Misdirected request\n');
    expect(lines).toEqual([]);
  });

  test.each(['/nothing', '/google', '/healthz/other'])(
    '%s is 404 in JSON with a request id',
    async (path) => {
      const response = await ask(path);
      expect(response.status).toBe(404);
      const { error } = (await response.json()) as { error: Record<string, string> };
      expect(error).toEqual({
        code: 'not-found',
        message: 'There is nothing here.',
        requestId: expect.stringMatching(/^[\w-]{8,}$/),
      });
      expect(response.headers.get('x-request-id')).toBe(error['requestId']);
    },
  );
});

describe('security 7: a driver’s error text is neither shown nor logged', () => {
  beforeAll(freshStorage);
  const address = 'ana.secret@example.test';

  test.each([
    ['D1', `D1_ERROR: no such table: directories ${address}`, 'database-not-migrated'],
    [
      'drizzle',
      `Failed query: select * from users where email = ?\nparams: ${address}`,
      'database-failed',
    ],
  ])('by %s', async (_, message, code) => {
    const response = await ask('/', { ...env, DB: failingDatabase(message) });
    expect(response.status).toBe(503);
    const body = await response.text();
    expect(JSON.parse(body)).toEqual({
      error: {
        code: 'database',
        message: 'The database does not answer; try again.',
        requestId: expect.any(String),
      },
    });
    expect(logged()).toMatchObject([{ event: 'request.failed', code }]);
    expect(body + lines.join()).not.toContain(address);
    expect(body + lines.join()).not.toContain('select');
  });

  test('any other error says only that something went wrong', async () => {
    const PUSH_LIMIT = { limit: () => Promise.reject(new RangeError(address)) };
    const bindings = { ...env, PUSH_LIMIT } as unknown as Env;
    const parsed = parseConfig(env);
    if (!parsed.ok) throw new Error('not configured');
    const channelId = newChannelId(Date.now());
    const token = await signChannelToken(await channelKeys(parsed.config), {
      channelId,
      directoryId: 'default',
      event: 'add',
    });
    const response = await ask('/google/notifications', bindings, {
      method: 'POST',
      headers: {
        'x-goog-channel-id': channelId,
        'x-goog-channel-token': token,
        'x-goog-resource-state': 'sync',
      },
    });
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'internal' } });
    expect(logged()).toMatchObject([{ event: 'request.failed', code: 'RangeError' }]);
    expect(body + lines.join()).not.toContain(address);
  });
});

describe('with a bad configuration the Worker does nothing but say so', () => {
  beforeAll(freshStorage);
  const bad = () =>
    ({ ...env, APP_SECRET: 'hunter2-hunter2', GOOGLE_ADMIN_EMAIL: 'nobody-here' }) as Env;

  test.each(['/healthz', '/healthz/sync', '/', '/google/notifications', '/nothing'])(
    '%s is 503: names in the log, nothing of them in the answer',
    async (path) => {
      const DB = failingDatabase('must not be asked');
      const response = await ask(path, { ...bad(), DB });
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({ ok: false, reason: 'configuration' });
      expect(logged()).toMatchObject([
        {
          level: 'error',
          event: 'config.invalid',
          problems: [
            expect.stringMatching(/^GOOGLE_ADMIN_EMAIL /),
            expect.stringMatching(/^APP_SECRET /),
          ],
        },
      ]);
      expect(lines.join()).not.toMatch(/hunter2|nobody-here/);
    },
  );

  test('the queue keeps every message for later', async () => {
    const batch = createMessageBatch<unknown>('rollcall-changes', [
      { id: 'one', timestamp: new Date(), attempts: 1, body: { kind: 'look' } },
      { id: 'two', timestamp: new Date(), attempts: 1, body: 'odd' },
    ]);
    const retryAll = vi.spyOn(batch, 'retryAll');
    await worker.queue(batch, bad(), createExecutionContext());
    expect(retryAll).toHaveBeenCalledExactlyOnceWith({ delaySeconds: 3600 });
  });

  test('cron does nothing', async () => {
    const touched: string[] = [];
    const recorder = (name: string) =>
      new Proxy({}, { get: (_, member) => void touched.push(`${name}.${String(member)}`) });
    const bindings = {
      ...bad(),
      DB: recorder('DB'),
      CHANNELS: recorder('CHANNELS'),
      RECONCILE: recorder('RECONCILE'),
    };
    await worker.scheduled(
      createScheduledController(),
      bindings as unknown as Env,
      createExecutionContext(),
    );
    expect(touched).toEqual([]);
    expect(logged()).toMatchObject([{ event: 'config.invalid' }]);
  });
});

test('a queue that nobody consumes is an error, not a loss', async () => {
  const batch = createMessageBatch('another-queue', []);
  await expect(worker.queue(batch, env, createExecutionContext())).rejects.toThrow('another-queue');
});
