// What one process needs only once: the emulator, the database with its migrations, keys, the configuration. Each
// history begins at the same state of all of them.
import { type Config, type Env, parseConfig } from '../../src/config.ts';
import { createGoogle, type Google } from '../google/google.ts';
import type { Quiet } from './quiet.ts';
import { chanceFrom } from './random.ts';
import type { Clock } from './scheduler.ts';
import type { Peek } from './sqlite-d1.ts';
import { World } from './world.ts';

/** 2026-11-22T09:00:30Z */
export const START_MS = Date.UTC(2026, 10, 22, 9, 0, 30);

/** The tables, wherever they are. */
export interface Tables {
  d1: D1Database;
  peek: Peek | null;
  /** Empties them, as the migrations left them. */
  reset: () => void | Promise<void>;
}

export interface Stage {
  /** A fresh world; `vars` differ from the usual ones. */
  open: (seed: number, vars: Readonly<Record<string, string>>) => Promise<World>;
}

/** Enough for a key file to be one; its signatures are replaced by a stand-in (quiet.ts). */
export interface StageParts {
  tables: Tables;
  quiet: Quiet;
  /** The text of a key file; any RSA key will do. */
  serviceAccountKey: string;
}

const VARS = {
  PUBLIC_URL: 'https://people.rollcall.example',
  GOOGLE_ADMIN_EMAIL: 'admin@example.test',
  APP_SECRET: 'qT4rW8zX1cV6bN3mK9jH2gF5dS7aP0oI',
  CHANNEL_EVENTS: '*',
  CHANNELS: {},
  CHANGES: {},
  RECONCILE: {},
  PUSH_LIMIT: {},
  LOGIN_LIMIT: {},
};

/** Sets up what all histories share. */
export async function openStage({ tables, quiet, serviceAccountKey }: StageParts): Promise<Stage> {
  const clock: Clock = { nowMs: START_MS };
  const post = { deliver: (_: Request): Promise<Response> => Promise.reject(new TypeError()) };
  let chance = chanceFrom(1);
  const google: Google = await createGoogle({
    nowMs: () => clock.nowMs,
    random: () => chance.next(),
    deliver: (request) => post.deliver(request),
    seed: false,
    serviceAccountKey,
  });
  const empty = google.snapshot();
  const configs = new Map<string, { env: Env; config: Config }>();
  let opened = 0;

  function configured(vars: Readonly<Record<string, string>>) {
    const key = JSON.stringify(vars);
    let known = configs.get(key);
    if (known === undefined) {
      const env = {
        ...VARS,
        DB: tables.d1,
        GOOGLE_SERVICE_ACCOUNT_KEY: serviceAccountKey,
        ...vars,
      } as unknown as Env;
      const parsed = parseConfig(env);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      known = { env, config: parsed.config };
      configs.set(key, known);
    }
    return known;
  }

  return {
    async open(seed, vars) {
      const { env, config } = configured(vars);
      clock.nowMs = START_MS;
      chance = chanceFrom(seed ^ 0x9e3779b9);
      await tables.reset();
      google.restore(empty);
      google.calls.length = 0;
      google.deliveries.length = 0;
      // Tokens are cached by the key's id, for as long as the process lives: each history has a key of its own.
      opened += 1;
      const keyId = `key-${opened}`;
      config.serviceAccount.privateKeyId = keyId;
      for (const key of google.accounts.first.keys) key.id = keyId;
      const { d1, peek } = tables;
      return new World({ google, post, clock, d1, peek, quiet, vars: env, config, seed });
    },
  };
}
