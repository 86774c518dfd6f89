// What needs a person is told once when it begins and once when it is over, whatever the receiver does.
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { openDatabase } from '../../src/db/database.ts';
import { readDirectory } from '../../src/db/directories.ts';
import { tellAlerts } from '../../src/sync/alerts.ts';
import { refreshCondition, reportProblem } from '../../src/sync/condition.ts';
import type { SyncPorts } from '../../src/sync/ports.ts';
import { runSchedule } from '../../src/sync/schedule.ts';
import { createWorld, env, reopenWorld, START_MS, type World } from './world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SECRET = 'T024BE7LD-xoxb-secret';
const HOOK = `https://hooks.rollcall.example/services/${SECRET}`;

interface Told {
  condition: string;
  state: string;
  since: string;
  at: string;
  text: string;
}

/** A receiver of alerts: what it got, and what it answers. */
class Receiver {
  readonly requests: { method: string; type: string | null; redirect: string; body: string }[] = [];
  answer: (request: Request) => Response | Promise<Response> = () => new Response(null);

  get told(): Told[] {
    return this.requests.map(({ body }) => JSON.parse(body) as Told);
  }

  /** `condition state` of everything it got since the last time. */
  take(): string[] {
    const told = this.told.map(({ condition, state }) => `${condition} ${state}`);
    this.requests.length = 0;
    return told;
  }
}

let receiver: Receiver;
beforeEach(() => {
  receiver = new Receiver();
});

/** Whatever this world sends there arrives at the receiver. */
function listening(world: World): World {
  const { fetch } = world.google;
  world.google.fetch = async (request) => {
    if (request.url !== HOOK) return fetch(request);
    const { method, headers, redirect } = request;
    const type = headers.get('content-type');
    receiver.requests.push({ method, type, redirect, body: await request.clone().text() });
    return receiver.answer(request);
  };
  return world;
}

/** Imported and compared just now, with channels for hours: people are in step. */
async function inStep(vars: Record<string, string | undefined> = {}): Promise<World> {
  const world = listening(
    await createWorld({ seed: false, vars: { ALERT_WEBHOOK_URL: HOOK, ...vars } }),
  );
  await runSchedule(world.ports, async () => {}, world.clock.nowMs);
  await set({
    imported_ms: START_MS,
    last_reconciled_ms: START_MS,
    last_pass_ms: START_MS,
    channels_until_ms: START_MS + 6 * HOUR,
  });
  await env.DB.exec('DELETE FROM alerts');
  receiver.requests.length = 0;
  world.logs.length = 0;
  return world;
}

async function set(columns: Record<string, number | string | null>): Promise<void> {
  const names = Object.keys(columns);
  await env.DB.prepare(`UPDATE directories SET ${names.map((name) => `${name} = ?`).join(', ')}`)
    .bind(...Object.values(columns))
    .run();
}

/** The alerts of one cron. */
const cron = (world: World, ports: Partial<SyncPorts> = {}) =>
  tellAlerts({ ...world.ports, ...ports }, 'default');

async function later(world: World, ms: number): Promise<void> {
  world.advance(ms);
  await cron(world);
}

const rows = async () => (await env.DB.prepare('SELECT * FROM alerts').all()).results;

const overdue = (world: World) => set({ last_pass_ms: world.clock.nowMs - HOUR });
const onTime = (world: World) => set({ last_pass_ms: world.clock.nowMs });

async function hold(userId = '100000000000000000001'): Promise<void> {
  await env.DB.prepare(
    `INSERT INTO held_removals (directory_id, user_id, reason, since_ms) VALUES ('default', ?1, 'guard', ?2)`,
  )
    .bind(userId, START_MS + 1)
    .run();
}

describe('a condition', () => {
  test('is told once when it begins and once when it is over', async () => {
    const world = await inStep();
    await cron(world);
    expect(receiver.take()).toEqual([]);
    await overdue(world);
    await cron(world);
    await later(world, 5 * MINUTE);
    await later(world, 5 * MINUTE);
    expect(receiver.take()).toEqual(['passes-overdue began']);
    await onTime(world);
    await cron(world);
    await later(world, 5 * MINUTE);
    expect(receiver.take()).toEqual(['passes-overdue ended']);
    expect(await rows()).toEqual([]);
    await set({ last_pass_ms: 1 });
    await cron(world);
    expect(receiver.take()).toEqual(['passes-overdue began']);
  });

  test('is one line of JSON, by POST, with what to do and nothing about a person', async () => {
    const world = await inStep();
    await set({ problem: 'token-delegation', problem_since_ms: START_MS - HOUR });
    await cron(world);
    const [request] = receiver.requests;
    expect(request).toMatchObject({
      method: 'POST',
      type: 'application/json',
      redirect: 'manual',
    });
    expect(request?.body).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(request?.body ?? '')).toEqual({
      source: 'rollcall',
      directoryId: 'default',
      condition: 'credential:token-delegation',
      state: 'began',
      since: '2026-11-22T08:00:00.000Z',
      at: '2026-11-22T09:00:00.000Z',
      text: expect.stringMatching(
        /^Rollcall at people\.rollcall\.example: credential:token-delegation\. .*Domain-wide delegation/,
      ),
    });
    receiver.requests.length = 0;
    await set({ problem: null, problem_since_ms: null });
    world.advance(MINUTE);
    await cron(world);
    expect(receiver.told).toEqual([
      {
        source: 'rollcall',
        directoryId: 'default',
        condition: 'credential:token-delegation',
        state: 'ended',
        since: '2026-11-22T08:00:00.000Z',
        at: '2026-11-22T09:01:00.000Z',
        text: 'Rollcall at people.rollcall.example: credential:token-delegation is over.',
      },
    ]);
  });

  test('that goes by another code is one end and one begin', async () => {
    const world = await inStep();
    await set({ problem: 'token-delegation', problem_since_ms: START_MS });
    await cron(world);
    await set({ problem: 'authError' });
    await later(world, MINUTE);
    expect(receiver.take()).toEqual([
      'credential:token-delegation began',
      'credential:token-delegation ended',
      'credential:authError began',
    ]);
  });

  test('is told beside others', async () => {
    const world = await inStep();
    await hold();
    await overdue(world);
    await cron(world);
    expect(receiver.take().toSorted()).toEqual(['deletions-held began', 'passes-overdue began']);
    await onTime(world);
    await cron(world);
    expect(receiver.take()).toEqual(['passes-overdue ended']);
  });

  test.each([
    ['importing', { imported_ms: null }],
    ['paused', { channels_until_ms: 0 }],
  ])('that passes by itself or was asked for is not told: %s', async (_, columns) => {
    const world = await inStep();
    await set(columns);
    await cron(world);
    await later(world, HOUR / 5);
    expect(receiver.take()).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  test('of held removals ends with an operator’s word', async () => {
    const world = await inStep();
    await hold();
    await hold('100000000000000000002');
    await cron(world);
    expect(receiver.told).toMatchObject([{ since: new Date(START_MS + 1).toISOString() }]);
    await env.DB.prepare('UPDATE held_removals SET rejected_until_ms = ?1')
      .bind(world.clock.nowMs + MINUTE)
      .run();
    await cron(world);
    expect(receiver.take()).toEqual(['deletions-held began', 'deletions-held ended']);
  });
});

describe('a lack of channels', () => {
  test('is told when it has lasted ten minutes, and not before', async () => {
    const world = await inStep();
    await set({ channels_until_ms: null });
    await cron(world);
    await later(world, 10 * MINUTE - 1);
    expect(receiver.take()).toEqual([]);
    await later(world, 1);
    expect(receiver.take()).toEqual(['no-channel began']);
  });

  test('counts from when it was seen, not from what KV had last been read to say', async () => {
    const world = await inStep();
    await set({ channels_until_ms: START_MS - 5 * HOUR });
    await cron(world);
    expect(receiver.take()).toEqual([]);
    await later(world, 10 * MINUTE);
    expect(receiver.take()).toEqual(['no-channel began']);
  });

  test('that is over before it was told vanishes quietly, and the next one begins anew', async () => {
    const world = await inStep();
    await set({ channels_until_ms: null });
    await cron(world);
    await set({ channels_until_ms: START_MS + HOUR });
    await later(world, 5 * MINUTE);
    expect(await rows()).toEqual([]);
    await set({ channels_until_ms: null });
    await later(world, 5 * MINUTE);
    await later(world, 5 * MINUTE);
    expect(receiver.take()).toEqual([]);
  });

  test('a start of a new deployment cries no wolf', async () => {
    const world = listening(await createWorld({ vars: { ALERT_WEBHOOK_URL: HOOK } }));
    for (let minute = 0; minute <= 30; minute += 5) {
      world.clock.nowMs = START_MS + minute * MINUTE;
      await runSchedule(world.ports, async () => {}, world.clock.nowMs);
      await world.settle(MINUTE);
    }
    expect(receiver.take()).toEqual([]);
  });
});

describe('a receiver that fails', () => {
  const failures: [what: string, answer: Receiver['answer'], code: string][] = [
    ['500', () => new Response('no', { status: 500 }), 'http-500'],
    ['404', () => new Response('no', { status: 404 }), 'http-404'],
    ['a redirect', () => Response.redirect('https://elsewhere.example/', 307), 'http-307'],
    ['no connection', () => Promise.reject(new TypeError(`fetch failed: ${HOOK}`)), 'network'],
  ];
  test.each(failures)('is told again by the next cron: %s', async (_, answer, code) => {
    const world = await inStep();
    await overdue(world);
    receiver.answer = answer;
    await cron(world);
    await later(world, 5 * MINUTE);
    expect(receiver.take()).toEqual(['passes-overdue began', 'passes-overdue began']);
    const lines = world.logs.filter(({ event }) => event === 'alert.not-told');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'warn',
      fields: { condition: 'passes-overdue', state: 'began', code },
    });
    receiver.answer = () => new Response(null, { status: 204 });
    await later(world, 5 * MINUTE);
    await later(world, 5 * MINUTE);
    expect(receiver.take()).toEqual(['passes-overdue began']);

    receiver.answer = answer;
    await onTime(world);
    const at = new Date(world.clock.nowMs).toISOString();
    await cron(world);
    receiver.answer = () => new Response('ok');
    await later(world, 5 * MINUTE);
    await later(world, 5 * MINUTE);
    // When it was over, and not when that was told.
    expect(receiver.told).toMatchObject([{ at }, { at }]);
    expect(receiver.take()).toEqual(['passes-overdue ended', 'passes-overdue ended']);
  });

  test('in time is given up on: nobody waits longer than ten seconds', async () => {
    const world = await inStep();
    await overdue(world);
    const timeouts: number[] = [];
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      timeouts.push(ms);
      return AbortSignal.abort(new DOMException('timed out', 'TimeoutError'));
    });
    receiver.answer = ({ signal }) => Promise.reject(signal.reason);
    await cron(world);
    expect(timeouts).toEqual([10_000]);
    expect(world.logs.at(-1)).toMatchObject({
      event: 'alert.not-told',
      fields: { status: 0, code: 'timeout' },
    });
  });

  test('with one condition hears the others all the same', async () => {
    const world = await inStep();
    await hold();
    await overdue(world);
    let calls = 0;
    receiver.answer = () => new Response(null, { status: calls++ === 0 ? 500 : 200 });
    await cron(world);
    await cron(world);
    expect(receiver.take()).toHaveLength(3);
  });

  test('never learns of a begin that is over by then, nor of its end', async () => {
    const world = await inStep();
    await overdue(world);
    receiver.answer = () => new Response(null, { status: 500 });
    await cron(world);
    receiver.take();
    await onTime(world);
    receiver.answer = () => new Response(null);
    await later(world, MINUTE);
    expect(receiver.take()).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  test('to take an end hears nothing of it when it has begun again: it knows no better', async () => {
    const world = await inStep();
    await overdue(world);
    await cron(world);
    receiver.answer = () => new Response(null, { status: 500 });
    await onTime(world);
    await later(world, MINUTE);
    receiver.answer = () => new Response(null);
    receiver.take();
    await set({ last_pass_ms: 1 });
    await later(world, MINUTE);
    await later(world, 5 * MINUTE);
    expect(receiver.take()).toEqual([]);
    await onTime(world);
    await cron(world);
    expect(receiver.take()).toEqual(['passes-overdue ended']);
  });

  test('to take an end for a day is not told of it any more', async () => {
    const world = await inStep();
    await overdue(world);
    await cron(world);
    receiver.answer = () => new Response(null, { status: 500 });
    await onTime(world);
    await cron(world);
    receiver.take();
    world.advance(24 * HOUR - 1);
    await set({ channels_until_ms: world.clock.nowMs + HOUR });
    await onTime(world);
    await cron(world);
    expect(receiver.take()).toEqual(['passes-overdue ended']);
    await later(world, 1);
    expect(receiver.take()).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  test('security 7: neither log nor message holds the URL, and the answer is not read', async () => {
    const world = await inStep();
    let isRead = false;
    const pull = () => {
      isRead = true;
    };
    receiver.answer = () => new Response(new ReadableStream({ pull }, { highWaterMark: 0 }));
    await overdue(world);
    await cron(world);
    receiver.answer = () => Promise.reject(new TypeError(HOOK));
    await onTime(world);
    await cron(world);
    expect(world.logs.map(({ event }) => event)).toEqual(['alert.told', 'alert.not-told']);
    expect(JSON.stringify([world.logs, receiver.told])).not.toContain(SECRET);
    expect(isRead).toBe(false);
  });
});

describe('several crons', () => {
  test('at once tell once', async () => {
    const world = await inStep();
    await overdue(world);
    await hold();
    await Promise.all([cron(world), cron(world), cron(world)]);
    expect(receiver.take().toSorted()).toEqual(['deletions-held began', 'passes-overdue began']);
    await onTime(world);
    await Promise.all([cron(world), cron(world), cron(world)]);
    expect(receiver.take()).toEqual(['passes-overdue ended']);
  });

  test('of which one died while it was sending: the message is sent again, a minute later', async () => {
    const world = await inStep();
    await overdue(world);
    // The receiver has it, and nobody notes that.
    receiver.answer = () => new Promise(() => {});
    void cron(world).catch(() => {});
    await expect.poll(() => receiver.requests.length).toBe(1);
    receiver.answer = () => new Response(null);
    await later(world, MINUTE - 1);
    expect(receiver.take()).toEqual(['passes-overdue began']);
    await later(world, 1);
    await later(world, MINUTE);
    expect(receiver.take()).toEqual(['passes-overdue began']);
  });

  test('of which one gives up late: the message of another is not sent a third time', async () => {
    const world = await inStep();
    await overdue(world);
    const failing: (() => void)[] = [];
    receiver.answer = () => new Promise((_, reject) => failing.push(() => reject(new Error())));
    const first = cron(world);
    await expect.poll(() => failing.length).toBe(1);
    world.advance(MINUTE);
    const second = cron(world);
    await expect.poll(() => failing.length).toBe(2);
    failing[0]?.();
    await first;
    await later(world, 1);
    failing[1]?.();
    await second;
    expect(receiver.take()).toHaveLength(2);
  });

  test('leave a condition alone that is over while another is telling that it began', async () => {
    const world = await inStep();
    await overdue(world);
    let arrive: (response: Response) => void = () => {};
    receiver.answer = () => new Promise((resolve) => (arrive = resolve));
    const first = cron(world);
    await expect.poll(() => receiver.requests.length).toBe(1);
    await onTime(world);
    await cron(world);
    receiver.answer = () => new Response(null);
    arrive(new Response(null));
    await first;
    await cron(world);
    expect(receiver.take()).toEqual(['passes-overdue began', 'passes-overdue ended']);
  });

  test('leave a condition alone that is back while another is telling that it is over', async () => {
    const world = await inStep();
    await overdue(world);
    await cron(world);
    let arrive: (response: Response) => void = () => {};
    receiver.answer = () => new Promise((resolve) => (arrive = resolve));
    await onTime(world);
    const second = cron(world);
    await expect.poll(() => receiver.requests.length).toBe(2);
    await set({ last_pass_ms: 1 });
    await cron(world);
    receiver.answer = () => new Response(null);
    arrive(new Response(null));
    await second;
    await cron(world);
    expect(receiver.take()).toEqual([
      'passes-overdue began',
      'passes-overdue ended',
      'passes-overdue began',
    ]);
  });
});

describe('without ALERT_WEBHOOK_URL', () => {
  const unset = { ALERT_WEBHOOK_URL: undefined };

  test('rows are kept and nothing is sent; whoever sets it is told what still holds, and of no old end', async () => {
    const world = await inStep(unset);
    await overdue(world);
    await hold();
    await cron(world);
    expect(await rows()).toHaveLength(2);
    await onTime(world);
    await later(world, MINUTE);
    expect(receiver.take()).toEqual([]);
    const told = listening(
      await reopenWorld({
        google: world.google,
        clock: world.clock,
        vars: { ALERT_WEBHOOK_URL: HOOK },
      }),
    );
    await cron(told);
    expect(receiver.take()).toEqual(['deletions-held began']);
  });

  test('what was told before it was taken away ends in silence', async () => {
    const world = await inStep();
    await overdue(world);
    await cron(world);
    receiver.take();
    const { google, clock } = world;
    const silent = listening(await reopenWorld({ google, clock, vars: unset }));
    await onTime(silent);
    await cron(silent);
    expect(await rows()).toEqual([]);
    await cron(world);
    expect(receiver.take()).toEqual([]);
  });
});

describe('as a part of cron', () => {
  test('comes after channels and pass, and tells what they found in the same run', async () => {
    const world = await inStep();
    world.google.accounts.removeDelegation();
    world.clock.nowMs = START_MS + 5.5 * HOUR;
    await onTime(world);
    const counted = world.ports.googleCalls();
    const received = world.google.calls.length;
    await runSchedule(world.ports, async () => {}, world.clock.nowMs).catch(() => {});
    expect(receiver.take()).toEqual(['credential:token-delegation began']);
    // The call to the receiver is none of Google's.
    expect(world.google.calls.length).toBeGreaterThan(received);
    expect(world.ports.googleCalls() - counted).toBe(world.google.calls.length - received);
  });

  test('a D1 that is away fails this part and no other', async () => {
    const world = await inStep();
    const refuse = () => {
      throw new Error('D1_ERROR: daily quota exceeded');
    };
    const db = openDatabase({ prepare: refuse, batch: refuse } as unknown as D1Database);
    world.clock.nowMs = START_MS + 5.5 * HOUR;
    const channels = world.google.workspace.channels.length;
    await expect(
      runSchedule({ ...world.ports, db }, async () => {}, world.clock.nowMs),
    ).rejects.toThrow('database-quota');
    expect(world.google.workspace.channels.length).toBe(channels + 5);
    expect(world.logs).toContainEqual({
      level: 'error',
      event: 'cron.failed',
      fields: { directoryId: 'default', part: 'alerts', code: 'database-quota' },
    });
    expect(receiver.take()).toEqual([]);
  });

  /** What the alerts of one cron ask of D1. */
  async function cost(world: World): Promise<{ queries: number; written: number }> {
    const asked = { queries: 0, written: 0 };
    const counting = {
      prepare: (query: string) => {
        asked.queries += 1;
        return env.DB.prepare(query);
      },
      batch: async (statements: D1PreparedStatement[]) => {
        const results = await env.DB.batch(statements);
        asked.written += results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
        return results;
      },
    };
    await cron(world, { db: openDatabase(counting as unknown as D1Database) });
    return asked;
  }

  test('costs three queries where all is well', async () => {
    const world = await inStep();
    expect(await cost(world)).toEqual({ queries: 3, written: 0 });
  });

  test('a cron with nothing new writes nothing', async () => {
    const world = await inStep();
    await overdue(world);
    await cron(world);
    const before = await rows();
    expect(await cost(world)).toEqual({ queries: 7, written: 0 });
    expect(await rows()).toEqual(before);
  });
});

describe('the noted condition', () => {
  const inStepSince = async (world: World) =>
    (await readDirectory(world.ports.db, 'default'))?.inStepSinceMs;

  test('is out of step while a removal is held, and says so once', async () => {
    const world = await inStep();
    await refreshCondition(world.ports, 'default', 'as-stored');
    expect(await inStepSince(world)).toBe(START_MS);
    await hold();
    await refreshCondition(world.ports, 'default', 'as-stored');
    await refreshCondition(world.ports, 'default', 'as-stored');
    expect(await inStepSince(world)).toBeNull();
    expect(world.logs.filter(({ event }) => event === 'condition.changed')).toMatchObject([
      { fields: { condition: 'in-step' } },
      { fields: { condition: 'deletions-held' } },
    ]);
  });

  test('names the credential before anything else', async () => {
    const world = await inStep();
    await refreshCondition(world.ports, 'default', 'as-stored');
    await hold();
    await reportProblem(world.ports, 'default', { code: 'authError', remedy: 'x' });
    expect(world.logs.at(-1)).toMatchObject({ fields: { condition: 'credential:authError' } });
  });
});
