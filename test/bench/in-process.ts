// The product's own reconcile() and consumeChanges() in this process, over wrangler's local D1 and KV, asking a fake
// Google.
//
// Every D1 call goes through getPlatformProxy() here, which a Worker's does not: seconds are an upper bound; calls,
// statements and rows are exact. What the product waits is not waited but added to the clock.
import { getPlatformProxy } from 'wrangler';
import { type Config, type Env, parseConfig } from '../../src/config.ts';
import type { Fetch } from '../../src/google/http.ts';
import type { Steps } from '../../src/sync/pass.ts';
import { SURROUNDINGS, type SyncPorts, syncPorts } from '../../src/sync/ports.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { countingD1, type D1Counts, noCounts } from './counting-d1.ts';
import { countingKv, type KvCounts, noKvCounts } from './counting-kv.ts';
import { LocalQueue, type QueueCounts } from './local-queue.ts';
import { makeVars, writeProductConfig } from './settings.ts';
import { recordingD1, recordingFetch, type Tape } from './tape.ts';
import { applyMigrations } from './wrangler.ts';

/** The machine's clock, and what was jumped over. */
export class Clock {
  jumpedMs = 0;

  nowMs = (): number => Math.floor(performance.timeOrigin + performance.now() + this.jumpedMs);

  jump = async (ms: number): Promise<void> => {
    this.jumpedMs += ms;
  };
}

const DEFAULT_CALLS_ARE_ENOUGH_FOR = 20_000;

/** Calls for all pages, a token, and those that are looked at within a pass: on the paid plan. */
export const callsFor = (people: number) => ({
  GOOGLE_CALLS_PER_PASS: String(Math.ceil(people / 500) + 60),
});

/** A request that left for Google, and when. */
export interface Asked {
  request: Request;
  atMs: number;
}

/** The same request as it can be made later: without the deadline that the product gave it. */
export const again = ({ url, headers }: Request) => new Request(url, { headers });

/** What a piece of work cost. */
export interface Cost {
  seconds: number;
  /** Of those, not waited but added. */
  waitedSeconds: number;
  d1: D1Counts;
  kv: KvCounts;
  queue: QueueCounts;
  asked: readonly Asked[];
  /** Names of the Workflow steps that ran; sleeping is none. */
  steps: readonly string[];
}

/** Where to find the fake Google. */
export interface GooglePlace {
  url: string;
  adminEmail: string;
  serviceAccountKey: string;
}

export interface InProcess {
  d1: D1Database;
  clock: Clock;
  queue: LocalQueue;
  /** As each event of the Worker makes them anew. */
  ports(): SyncPorts;
  vars: Readonly<Record<string, string>>;
  /** What something costs; `tape`, if given, records what it was answered. */
  cost(work: () => Promise<unknown>, tape?: Tape): Promise<Cost>;
  /** One whole pass, with other settings if wanted. @throws if it does not end `complete` */
  pass(id: string, vars?: Readonly<Record<string, string>>): Promise<void>;
}

export interface InProcessOptions {
  google: GooglePlace;
  /** How many people the company will have at most. */
  people: number;
  clock?: Clock;
  /** How requests leave for Google; default over HTTP. */
  fetch?: Fetch;
}

export async function openInProcess(
  temporary: string,
  { google, people, clock = new Clock(), fetch = globalThis.fetch }: InProcessOptions,
): Promise<InProcess> {
  const state = `${temporary}/state`;
  // getPlatformProxy() has no Workflows and would say so.
  const configPath = writeProductConfig(`${temporary}/rollcall`, [
    [/^\[\[workflows\]\]\n(.+\n)+/m, ''],
  ]);
  await applyMigrations(temporary, configPath, state);
  const platform = await getPlatformProxy<Env>({
    configPath,
    // wrangler's own --persist-to adds the version.
    persist: { path: `${state}/v3` },
    envFiles: [],
    remoteBindings: false,
  });
  const queue = new LocalQueue(clock);
  let [d1Counts, kvCounts] = [noCounts(), noKvCounts()];
  let asked: Asked[] = [];
  let steps: string[] = [];
  let tape: Tape | null = null;
  const DB = countingD1(
    recordingD1(platform.env.DB, () => tape),
    () => d1Counts,
  );
  const fetchAsked = recordingFetch(
    (request) => {
      asked.push({ request: again(request), atMs: clock.nowMs() });
      return fetch(request);
    },
    () => tape,
  );
  const settings = {
    ...makeVars({
      publicUrl: 'http://127.0.0.1:1',
      googleUrl: google.url,
      adminEmail: google.adminEmail,
      serviceAccountKey: google.serviceAccountKey,
    }),
    // As little as the free plan's default where that is enough.
    ...(people > DEFAULT_CALLS_ARE_ENOUGH_FOR && callsFor(people)),
  };
  const unused = {};
  const env = {
    ...settings,
    DB,
    CHANNELS: countingKv(platform.env.CHANNELS, () => kvCounts),
    CHANGES: queue,
    RECONCILE: unused,
    PUSH_LIMIT: unused,
    LOGIN_LIMIT: unused,
  } as unknown as Env;
  const configOf = (vars: object) => {
    const parsed = parseConfig({ ...env, ...vars });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return parsed.config;
  };
  // One for all: the consumer's pace is kept by it.
  const config = configOf({});
  const portsWith = (one: Config): SyncPorts =>
    syncPorts(env, one, {
      ...SURROUNDINGS,
      fetch: fetchAsked,
      nowMs: clock.nowMs,
      wait: clock.jump,
      log: () => {},
    });
  const ports = () => portsWith(config);
  /** A step's result goes through JSON, as a Workflow's does. */
  const durable: Steps = {
    sleep: (_name, ms) => clock.jump(ms),
    do: async (name, work) => {
      steps.push(name);
      return JSON.parse(JSON.stringify(await work()));
    },
  };
  function begin(recording: Tape | null): QueueCounts {
    [d1Counts, kvCounts, asked, steps] = [noCounts(), noKvCounts(), [], []];
    tape = recording;
    return queue.countAnew();
  }
  return {
    d1: platform.env.DB,
    clock,
    queue,
    vars: settings,
    ports,
    async cost(work, wanted) {
      const queueCounts = begin(wanted ?? null);
      const [startedMs, jumpedMs] = [clock.nowMs(), clock.jumpedMs];
      await work();
      const cost: Cost = {
        seconds: (clock.nowMs() - startedMs) / 1000,
        waitedSeconds: (clock.jumpedMs - jumpedMs) / 1000,
        d1: d1Counts,
        kv: kvCounts,
        queue: queueCounts,
        asked,
        steps,
      };
      // What comes after is not part of it.
      begin(null);
      return cost;
    },
    async pass(id, vars = {}) {
      const passPorts = portsWith(configOf(vars));
      const outcome = await reconcile(passPorts, durable, { id, directoryId: 'default' });
      if (outcome !== 'complete') throw new Error(`the pass ended: ${outcome}`);
    },
  };
}

/** Rows written by statements whose target is one of these. */
export const writtenTo = ({ d1 }: Cost, ...tables: string[]): number =>
  tables.reduce((sum, table) => sum + (d1.rowsWrittenTo.get(table) ?? 0), 0);

/** List calls, gets of one person, and the rest (tokens). */
export function callsOf({ asked }: Cost): { lists: number; gets: number; others: number } {
  const lists = asked.filter(({ request }) => request.url.includes('/users?')).length;
  const gets = asked.filter(({ request }) => request.url.includes('/users/')).length;
  return { lists, gets, others: asked.length - lists - gets };
}

/** The same list calls once more, parsed and thrown away: seconds. */
export async function listBare({ asked }: Cost): Promise<number> {
  const startedMs = performance.now();
  for (const { request } of asked) {
    if (!request.url.includes('/users?')) continue;
    await (await fetch(request.clone())).json();
  }
  return (performance.now() - startedMs) / 1000;
}
