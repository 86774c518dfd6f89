// What one process needs only once: the emulator, the database with its migrations, keys, the configuration, and
// how a deployment stands after its first import. Each history begins at the same state of all of them.
import { type Config, type Env, parseConfig } from '../../src/config.ts';
import { createGoogle, type Google } from '../google/google.ts';
import type { KvState } from './kv.ts';
import { isAtRest, runQuietly } from './peace.ts';
import { doDeed } from './people.ts';
import type { Quiet } from './quiet.ts';
import { chanceFrom } from './random.ts';
import type { Clock } from './scheduler.ts';
import type { Setting } from './settings.ts';
import type { Peek } from './sqlite-d1.ts';
import { World } from './world.ts';

/** 2026-11-22T09:00:30Z */
const START_MS = Date.UTC(2026, 10, 22, 9, 0, 30);
const BASE_SEED = 20_261_122;

/** The tables, wherever they are. */
export interface Tables {
  d1: D1Database;
  /** `null` where nobody can look past the product. */
  peek: Peek | null;
}

export interface TableSource {
  /** The tables as they were kept under this name, or as the migrations left them. */
  open: (name: string) => Promise<{ tables: Tables; isKept: boolean }>;
  /** Keeps them under their name as they are now. */
  keep: (name: string) => void;
}

/** How a deployment stands before anything goes wrong. */
interface Base {
  google: unknown;
  kv: KvState;
  nowMs: number;
}

export interface StageParts {
  source: TableSource;
  quiet: Quiet;
  /** The text of a key file; any RSA key will do, see quiet.ts. */
  serviceAccountKey: string;
  /** Whether events may pass their gates without waiting where order is of no interest. */
  canBeFast: boolean;
}

export interface Stage {
  /** A world in which the first command of a history can begin. */
  open: (seed: number, setting: Setting) => Promise<World>;
}

const VARS = {
  PUBLIC_URL: 'https://people.rollcall.example',
  GOOGLE_ADMIN_EMAIL: 'admin@example.test',
  APP_SECRET: 'qT4rW8zX1cV6bN3mK9jH2gF5dS7aP0oI',
  CHANNEL_EVENTS: '*',
  DB: {},
  CHANNELS: {},
  CHANGES: {},
  RECONCILE: {},
  PUSH_LIMIT: {},
  LOGIN_LIMIT: {},
};

/** Sets up what all histories of this process share. */
export async function openStage(parts: StageParts): Promise<Stage> {
  const { source, quiet, serviceAccountKey, canBeFast } = parts;
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
  const bases = new Map<string, Base>();
  let opened = 0;

  function configured(vars: Readonly<Record<string, string>>) {
    const name = JSON.stringify(vars);
    let known = configs.get(name);
    if (known === undefined) {
      const texts = { ...VARS, GOOGLE_SERVICE_ACCOUNT_KEY: serviceAccountKey, ...vars };
      const env = texts as unknown as Env;
      const parsed = parseConfig(env);
      if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
      known = { env, config: parsed.config };
      configs.set(name, known);
    }
    return known;
  }

  function enter(seed: number, base: Omit<Base, 'kv'>, tables: Tables, setting: Setting): World {
    const { env, config } = configured(setting.vars);
    clock.nowMs = base.nowMs;
    chance = chanceFrom(seed ^ 0x9e3779b9);
    google.restore(base.google);
    google.calls.length = 0;
    google.deliveries.length = 0;
    // Tokens are cached by the key's id, for as long as the process lives: each world has a key of its own.
    opened += 1;
    config.serviceAccount.privateKeyId = `key-${opened}`;
    for (const key of google.accounts.first.keys) key.id = `key-${opened}`;
    const world = new World({ google, post, clock, ...tables, quiet, env, config, seed });
    world.canBeFast = canBeFast;
    return world;
  }

  /** People, channels, a first import; all before anything goes wrong. */
  async function settle(tables: Tables, setting: Setting): Promise<Base> {
    const world = enter(BASE_SEED, { google: empty, nowMs: START_MS }, tables, setting);
    google.workspace.silently(() => {
      for (let i = 0; i < setting.people; i += 1) doDeed(google, 'add', 0, i);
    });
    if (setting.isImported) {
      world.nextCronMs = world.nowMs;
      const hasSettled = await runQuietly(
        world,
        () => world.counts.complete > 0 && isAtRest(world),
      );
      if (!hasSettled || world.witness?.violation) {
        throw new Error(`it does not begin well: ${world.witness?.violation}`);
      }
    }
    return { google: google.snapshot(), kv: world.kv.snapshot(), nowMs: world.nowMs + 60_000 };
  }

  return {
    async open(seed, setting) {
      const { vars, people, isImported, isSettled } = setting;
      const name = JSON.stringify([vars, people, isImported]);
      const { tables, isKept } = await source.open(name);
      let base = bases.get(name);
      if (base === undefined || !isKept) {
        base = await settle(tables, setting);
        bases.set(name, base);
        source.keep(name);
      }
      // Rows are young for 10 minutes.
      const nowMs = base.nowMs + (isSettled ? 11 * 60_000 : 0);
      const world = enter(seed, { ...base, nowMs }, tables, setting);
      world.kv.restore(base.kv);
      return world;
    },
  };
}
