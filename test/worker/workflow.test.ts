// The Worker as the platform runs it: the real Workflow, the real queue, the cron handler, over D1 and KV.
// Only Google is the laptop's, reached through the global fetch. The clock is the real one.
import {
  createExecutionContext,
  createScheduledController,
  introspectWorkflow,
} from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import worker from '../../src/index.ts';
import { createGoogle, type Google } from '../google/google.ts';
import { env, freshStorage } from './world.ts';

const DEADLINE = { timeout: 20_000, interval: 50 };
const TIMEOUT_MS = 40_000;
const { default: deployed } = exports as unknown as { default: Fetcher };

let google: Google;
beforeEach(async () => {
  await freshStorage();
  google = await createGoogle({
    serviceAccountKey: String(env['GOOGLE_SERVICE_ACCOUNT_KEY']),
    deliver: (request) => deployed.fetch(request as never) as unknown as Promise<Response>,
  });
  vi.stubGlobal('fetch', (input: RequestInfo, init?: RequestInit) =>
    google.fetch(new Request(input, init)),
  );
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A minute that no other test of this file has used: it names the pass, and an instance's name is kept. */
let minutes = 0;
function aMinute(): number {
  minutes += 1;
  return Date.now() + minutes * 60_000;
}

const runCron = (scheduledTime = aMinute(), bindings = env) =>
  worker.scheduled(
    createScheduledController({ scheduledTime, cron: '*/5 * * * *' }),
    bindings,
    createExecutionContext(),
  );

const statusOf = async (id: string) =>
  (
    await env.DB.prepare('SELECT status FROM users WHERE id = ?1')
      .bind(id)
      .first<{ status: string }>()
  )?.status;

const count = async (table: 'users' | 'events' | 'reconcile_runs') =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n;

/** The answers to a pass's lists, without the 401 for a token that an earlier Google gave out. */
const listStatuses = () =>
  google.calls
    .filter(({ kind, status }) => kind === 'list' && status !== 401)
    .map(({ status }) => status);

test(
  'cron starts the Workflow, and it imports everybody in its durable steps',
  async () => {
    await using workflows = await introspectWorkflow(env.RECONCILE);
    await runCron();
    const [instance] = await workflows.get();
    if (instance === undefined) throw new Error('no instance was started');
    await instance.waitForStatus('complete');
    expect(await instance.getOutput()).toBe('complete');
    expect(await instance.waitForStepResult({ name: 'pages 1' })).toMatchObject({
      progress: { failure: null, nextPageToken: null },
    });
    expect(await count('users')).toBe(google.workspace.users.length);
    expect(google.workspace.channels).toHaveLength(5);
  },
  TIMEOUT_MS,
);

test(
  'two crons of one minute start one pass, and neither fails',
  async () => {
    await using workflows = await introspectWorkflow(env.RECONCILE);
    const minute = aMinute();
    await Promise.all([runCron(minute), runCron(minute)]);
    const instances = await workflows.get();
    expect(instances).toHaveLength(1);
    await instances[0]?.waitForStatus('complete');
    expect(await count('reconcile_runs')).toBe(1);
  },
  TIMEOUT_MS,
);

test(
  'a cron that comes again before its pass has begun leaves the instance alone that exists',
  async () => {
    await using workflows = await introspectWorkflow(env.RECONCILE);
    const minute = aMinute();
    await runCron(minute);
    await (await workflows.get())[0]?.waitForStatus('complete');
    // As if its first step had not been taken yet: the table knows of no pass.
    await env.DB.exec('DELETE FROM reconcile_runs');
    await runCron(minute);
    expect(await workflows.get()).toHaveLength(1);
    expect(await count('reconcile_runs')).toBe(0);
  },
  TIMEOUT_MS,
);

test('a Workflow that can not be started for another reason is a failure of cron', async () => {
  const refuse = () => Promise.reject(new Error('no more instances today'));
  const RECONCILE = { create: refuse, get: refuse } as unknown as typeof env.RECONCILE;
  await expect(runCron(aMinute(), { ...env, RECONCILE })).rejects.toThrow(
    'no more instances today',
  );
});

test(
  'a step that Google makes stumble is repeated by the platform, and the import is complete',
  async () => {
    await using workflows = await introspectWorkflow(env.RECONCILE);
    await workflows.modifyAll((all) => all.disableRetryDelays());
    google.faults.failNext('list', '503', 2);
    await env.RECONCILE.create({ id: 'default-stumble', params: { directoryId: 'default' } });
    const [instance] = await workflows.get();
    await instance?.waitForStatus('complete');
    expect(await instance?.getOutput()).toBe('complete');
    expect(listStatuses()).toEqual([503, 503, 200]);
    expect(await count('events')).toBe(google.workspace.users.length);
  },
  TIMEOUT_MS,
);

test(
  'a pass that fails for good ends with its reason in the table, not in a broken instance',
  async () => {
    await using workflows = await introspectWorkflow(env.RECONCILE);
    await workflows.modifyAll((all) => all.disableRetryDelays());
    google.faults.failNext('list', '503', Number.POSITIVE_INFINITY);
    await env.RECONCILE.create({ id: 'default-failing', params: { directoryId: 'default' } });
    const [instance] = await workflows.get();
    await instance?.waitForStatus('complete');
    expect(await instance?.getOutput()).toBe('failed');
    const row = await env.DB.prepare('SELECT outcome, reason FROM reconcile_runs').first();
    expect(row).toEqual({ outcome: 'failed', reason: 'backendError' });
    expect(listStatuses()).toEqual([503, 503, 503, 503, 503, 503]);
  },
  TIMEOUT_MS,
);

test(
  'a push reaches the row through the real queue: add, suspend, and the channel’s sync',
  async () => {
    await using workflows = await introspectWorkflow(env.RECONCILE);
    await runCron();
    const [instance] = await workflows.get();
    await instance?.waitForStatus('complete');
    await google.flush();
    expect(google.deliveries.map(({ state, status }) => [state, status])).toEqual(
      Array.from({ length: 5 }, () => ['sync', 204]),
    );
    const ana = google.workspace.add({
      primaryEmail: 'ana@example.test',
      givenName: 'Ana',
      familyName: 'New',
    });
    await google.flush();
    await expect.poll(() => statusOf(ana.id), DEADLINE).toBe('active');
    google.workspace.suspend(ana.id);
    await google.flush();
    await expect.poll(() => statusOf(ana.id), DEADLINE).toBe('suspended');
    expect(google.deliveries.every(({ status }) => status === 204)).toBe(true);
    await expect
      .poll(
        async () => (await env.CHANNELS.list({ prefix: 'synced:default:' })).keys.length,
        DEADLINE,
      )
      .toBe(5);
  },
  TIMEOUT_MS,
);

test(
  'from nothing to in step: cron, import, syncs, and the health check says so',
  async () => {
    await using workflows = await introspectWorkflow(env.RECONCILE);
    const health = () => deployed.fetch('https://people.rollcall.example/healthz/sync');
    expect(await (await health()).json()).toMatchObject({ ok: false, reason: 'importing' });
    await runCron();
    await google.flush();
    const [instance] = await workflows.get();
    await instance?.waitForStatus('complete');
    await expect.poll(async () => (await health()).json(), DEADLINE).toMatchObject({ ok: true });
  },
  TIMEOUT_MS,
);
