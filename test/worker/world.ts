// A small world for tests in workerd: a Google Workspace, a clock that moves only when told to, and the
// product's own ports over real D1 and KV. Messages are delivered by hand, so that a test decides when.
import { applyD1Migrations, type D1Migration, reset } from 'cloudflare:test';
import { env as testEnv } from 'cloudflare:workers';
import { type Config, type Env, parseConfig } from '../../src/config.ts';
import type { UserRow } from '../../src/db/users.ts';
import type { LogFields } from '../../src/log.ts';
import { channelKeys } from '../../src/sync/channel-token.ts';
import { consumeChanges, type QueuedMessage } from '../../src/sync/consume.ts';
import type { ChangeMessage } from '../../src/sync/hint.ts';
import { type SyncPorts, syncPorts } from '../../src/sync/ports.ts';
import { receiveNotification } from '../../src/sync/receive.ts';
import { createGoogle, type Google } from '../google/google.ts';

export const env = testEnv as unknown as Env & { TEST_MIGRATIONS: D1Migration[] };

/** 2026-11-22T09:00:00Z */
export const START_MS = Date.UTC(2026, 10, 22, 9);

export interface Queued {
  id: string;
  body: ChangeMessage;
  attempts: number;
  dueMs: number;
}

/** One message as the queue hands it over, and what became of it. */
export interface Handled extends QueuedMessage {
  outcome: 'none' | 'ack' | 'retry';
  delaySeconds: number;
}

export function aMessage(body: unknown, attempts = 1, id: string = crypto.randomUUID()): Handled {
  const message: Handled = {
    id,
    body,
    attempts,
    outcome: 'none',
    delaySeconds: 0,
    ack: () => {
      if (message.outcome === 'none') message.outcome = 'ack';
    },
    retry: (options) => {
      if (message.outcome !== 'none') return;
      message.outcome = 'retry';
      message.delaySeconds = options?.delaySeconds ?? 0;
    },
  };
  return message;
}

/** A seeded source of chance (mulberry32), so that a failure repeats. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface LogLine {
  level: string;
  event: string;
  fields: LogFields;
}

export interface World {
  google: Google;
  /** What `config` was read from. */
  env: Env;
  config: Config;
  ports: SyncPorts;
  clock: { nowMs: number };
  /** What the receiver and passes have enqueued and nobody has consumed yet. */
  queue: Queued[];
  logs: LogLine[];
  /** Lets time pass; nothing else happens. */
  advance(ms: number): void;
  /** Delivers Google's due pushes to the receiver, and returns the statuses it answered. */
  push(): Promise<number[]>;
  /** Hands due messages to the consumer in batches of 20 until none is due; returns what became of each. */
  consume(): Promise<Handled[]>;
  /** `push`, `consume`, and time, until queue and pushes are empty or `limitMs` has passed. */
  settle(limitMs?: number): Promise<void>;
  user(idOrAddress: string): Promise<UserRow | null>;
  users(): Promise<UserRow[]>;
  events(userId?: string): Promise<EventRow[]>;
}

export interface EventRow {
  seq: number;
  user_id: string;
  type: string;
  before: string | null;
  after: string;
  cause: string;
  at_ms: number;
  noticed_ms: number;
}

/** The key file, with an id of its own for each Google: an isolate caches tokens by it, across worlds. */
function keyFileFor(google: Google | undefined): string {
  const file = JSON.parse(String(env['GOOGLE_SERVICE_ACCOUNT_KEY']));
  const id = google && JSON.parse(google.serviceAccountKey).private_key_id;
  return JSON.stringify({ ...file, private_key_id: id ?? crypto.randomUUID() });
}

/** Empties D1 and KV and applies the migrations again. */
export async function freshStorage(): Promise<void> {
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
}

export interface WorldOptions {
  seed?: boolean;
  /** Vars that differ from those of test/vitest.config.ts. */
  vars?: Record<string, string | undefined>;
  random?: () => number;
}

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  await freshStorage();
  return reopenWorld(options);
}

/** Where a Google's pushes arrive: at the world that was opened over it last. */
const receivers = new WeakMap<Google, (request: Request) => Promise<Response>>();

/** A world over the storage as it is: another deploy, another isolate. */
export async function reopenWorld(
  options: WorldOptions & { google?: Google; clock?: { nowMs: number } } = {},
): Promise<World> {
  const clock = options.clock ?? { nowMs: START_MS };
  const random = options.random ?? seeded(7);
  const queue: Queued[] = [];
  const logs: LogLine[] = [];
  // Only the names count: a var that is undefined is not set.
  const serviceAccountKey = keyFileFor(options.google);
  const vars = Object.fromEntries(
    Object.entries({
      ...env,
      GOOGLE_SERVICE_ACCOUNT_KEY: serviceAccountKey,
      ...options.vars,
    }).filter(([, value]) => value !== undefined),
  ) as unknown as Env;
  const parsed = parseConfig(vars);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { config } = parsed;
  const enqueue = (body: ChangeMessage) => {
    queue.push({ id: crypto.randomUUID(), body, attempts: 1, dueMs: clock.nowMs });
  };
  const statuses: number[] = [];
  const deliver = async (request: Request): Promise<Response> => {
    const { status } = await receiveNotification(
      {
        keys: await channelKeys(config),
        enqueue: async (message) => enqueue(message),
        isWithinLimit: async () => true,
        nowMs: () => clock.nowMs,
      },
      request,
    );
    statuses.push(status);
    return new Response(null, { status });
  };
  const google: Google =
    options.google ??
    (await createGoogle({
      nowMs: () => clock.nowMs,
      random,
      deliver: (request) => receivers.get(google)?.(request) ?? Promise.reject(new TypeError()),
      seed: options.seed ?? true,
      serviceAccountKey,
    }));
  receivers.set(google, deliver);
  const ports: SyncPorts = {
    ...syncPorts(vars, config, {
      fetch: (request) => google.fetch(request),
      nowMs: () => clock.nowMs,
      random,
      wait: async (ms) => {
        clock.nowMs += ms;
      },
      log: (level, event, fields = {}) => logs.push({ level, event, fields }),
    }),
    changes: {
      sendBatch: async (messages) => {
        for (const { body } of messages) enqueue(body);
        return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } } as never;
      },
    },
  };

  const world: World = {
    google,
    env: vars,
    config,
    ports,
    clock,
    queue,
    logs,
    advance: (ms) => {
      clock.nowMs += ms;
    },
    async push() {
      statuses.length = 0;
      await google.flush();
      return [...statuses];
    },
    async consume() {
      const handled: Handled[] = [];
      for (;;) {
        const due = queue.filter(({ dueMs }) => dueMs <= clock.nowMs).slice(0, 20);
        if (due.length === 0) return handled;
        const messages = due.map(({ body, attempts, id }) =>
          aMessage(structuredClone(body), attempts, id),
        );
        await consumeChanges(ports, messages);
        for (const [i, message] of messages.entries()) {
          const queued = due[i];
          if (queued === undefined) continue;
          handled.push(message);
          if (message.outcome === 'ack') queue.splice(queue.indexOf(queued), 1);
          else {
            queued.attempts += 1;
            queued.dueMs = clock.nowMs + message.delaySeconds * 1000;
          }
        }
      }
    },
    async settle(limitMs = 40 * 60_000) {
      const endMs = clock.nowMs + limitMs;
      for (;;) {
        await world.push();
        await world.consume();
        const left = [...queue, ...google.pushes.waiting];
        if (left.length === 0 || clock.nowMs >= endMs) return;
        const nextMs = Math.min(...left.map(({ dueMs }) => dueMs), clock.nowMs + 1_000);
        clock.nowMs = Math.max(nextMs, clock.nowMs + 1);
      }
    },
    async user(key) {
      const { results } = await env.DB.prepare(
        `SELECT id, directory_id AS directoryId, email, given_name AS givenName, family_name AS familyName,
           full_name AS fullName, status, is_admin AS isAdmin, is_delegated_admin AS isDelegatedAdmin,
           org_unit_path AS orgUnitPath, photo_url AS photoUrl, attributes, custom_schemas AS customSchemas,
           roles, ticket, written, cause, noticed_ms AS noticedMs, created_ms AS createdMs,
           changed_ms AS changedMs, deleted_ms AS deletedMs
         FROM users WHERE id = ?1 OR (email = ?1 AND status <> 'deleted')`,
      )
        .bind(key)
        .all<UserRow>();
      return results[0] ?? null;
    },
    async users() {
      const { results } = await env.DB.prepare('SELECT id FROM users ORDER BY id').all<{
        id: string;
      }>();
      const rows = await Promise.all(results.map(({ id }) => world.user(id)));
      return rows.filter((row) => row !== null);
    },
    async events(userId) {
      const { results } = await env.DB.prepare(
        'SELECT * FROM events WHERE ?1 IS NULL OR user_id = ?1 ORDER BY seq',
      )
        .bind(userId ?? null)
        .all<EventRow>();
      return results;
    },
  };
  return world;
}
