// What the first import of 10,000 people costs, and that a second pass costs no row: the product's own
// reconcile() in this process, over wrangler's local D1, asking a fake Google over HTTP on loopback.
//
// Every D1 call goes through getPlatformProxy() here, which a Worker's does not: the seconds are an upper
// bound; calls, statements and rows are exact. Memory is this process's, wrangler's own part of it included.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { getPlatformProxy } from 'wrangler';
import { type Env, parseConfig } from '../../src/config.ts';
import type { Steps } from '../../src/sync/pass.ts';
import { SURROUNDINGS, type SyncPorts, syncPorts } from '../../src/sync/ports.ts';
import { reconcile } from '../../src/sync/reconcile.ts';
import { countingD1, noCounts } from './counting-d1.ts';
import { type Row, runFigure, say } from './figure.ts';
import { makeVars, writeProductConfig } from './settings.ts';
import { median } from './statistics.ts';
import { applyMigrations } from './wrangler.ts';

const PEOPLE = 10_000;
const CALLS_PER_PASS = 100;
const BARE_ROUNDS = 5;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const SAMPLE_MEMORY_EVERY_MS = 10;

interface GooglePlace {
  url: string;
  adminEmail: string;
  serviceAccountKey: string;
}

/** A step's result goes through JSON, as a Workflow's does. */
const STEPS: Steps = {
  sleep: async () => {},
  do: async (_name, work) => JSON.parse(JSON.stringify(await work())),
};

async function startGoogle(): Promise<GooglePlace> {
  const child = fork(fileURLToPath(new URL('google-process.ts', import.meta.url).href), [
    String(PEOPLE),
  ]);
  return new Promise((resolve, reject) => {
    child.once('message', (place) => resolve(place as GooglePlace));
    child.once('exit', (code) => reject(new Error(`the fake Google ended with ${code}`)));
  });
}

const MEBI = 1024 ** 2;

function memory() {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { processMiB: rss / MEBI, heapMiB: (heapUsed + external) / MEBI };
}

/** Runs something and watches this process's memory meanwhile; garbage not collected yet is included. */
async function watched<T>(work: () => Promise<T>) {
  collectGarbage();
  const before = memory();
  const peak = { ...before };
  const sample = () => {
    const now = memory();
    peak.processMiB = Math.max(peak.processMiB, now.processMiB);
    peak.heapMiB = Math.max(peak.heapMiB, now.heapMiB);
  };
  const timer = setInterval(sample, SAMPLE_MEMORY_EVERY_MS);
  const startedMs = performance.now();
  const result = await work();
  const seconds = (performance.now() - startedMs) / 1000;
  clearInterval(timer);
  sample();
  return { result, seconds, before, peak };
}

async function measure(temporary: string): Promise<Row[]> {
  const state = `${temporary}/state`;
  // getPlatformProxy() has no Workflows and would say so.
  const configPath = writeProductConfig(`${temporary}/rollcall`, [
    [/^\[\[workflows\]\]\n(.+\n)+/m, ''],
  ]);
  await applyMigrations(temporary, configPath, state);
  const google = await startGoogle();
  const platform = await getPlatformProxy<Env>({
    configPath,
    // wrangler's own --persist-to adds the version.
    persist: { path: `${state}/v3` },
    envFiles: [],
    remoteBindings: false,
  });
  const d1 = platform.env.DB;
  let counts = noCounts();
  let requests: Request[] = [];

  function ports(): SyncPorts {
    const vars = makeVars({
      publicUrl: 'http://127.0.0.1:1',
      googleUrl: google.url,
      adminEmail: google.adminEmail,
      serviceAccountKey: google.serviceAccountKey,
    });
    const unused = {};
    const env = {
      ...vars,
      GOOGLE_CALLS_PER_PASS: String(CALLS_PER_PASS),
      DB: countingD1(d1, () => counts),
      CHANNELS: platform.env.CHANNELS,
      CHANGES: unused,
      RECONCILE: unused,
      PUSH_LIMIT: unused,
      LOGIN_LIMIT: unused,
    } as unknown as Env;
    const parsed = parseConfig(env);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return syncPorts(env, parsed.config, {
      ...SURROUNDINGS,
      fetch: (request) => {
        requests.push(request.clone());
        return fetch(request);
      },
      log: () => {},
    });
  }

  async function pass(id: string) {
    counts = noCounts();
    requests = [];
    const run = await watched(() => reconcile(ports(), STEPS, { id, directoryId: 'default' }));
    if (run.result !== 'complete') throw new Error(`the pass ended: ${run.result}`);
    say(`${id}: ${run.seconds.toFixed(1)} s`);
    return { ...run, counts, requests };
  }

  const first = await pass('first');
  const after = await totals(d1);
  const second = await pass('second');
  const unchanged = await totals(d1);
  const writtenAgain = second.counts.rowsWrittenTo.get('users') ?? 0;
  if (writtenAgain === 0 && JSON.stringify(after) !== JSON.stringify(unchanged))
    throw new Error('D1 says that nothing was written to users, and the rows say otherwise');
  if (after.users !== PEOPLE) throw new Error(`${after.users} rows for ${PEOPLE} people`);

  const lists = first.requests.filter(({ method }) => method === 'GET');
  const bareSeconds = await listBare(lists);
  return rowsOf(first, second, {
    bareSeconds,
    lists: lists.length,
    eventsAdded: unchanged.events - after.events,
  });
}

/** The same calls once more, parsed and thrown away. */
async function listBare(lists: readonly Request[]): Promise<number> {
  const seconds: number[] = [];
  for (let round = 0; round < BARE_ROUNDS; round += 1) {
    const startedMs = performance.now();
    let people = 0;
    for (const request of lists) {
      const page = (await (await fetch(request.clone())).json()) as { users: unknown[] };
      people += page.users.length;
    }
    if (people !== PEOPLE) throw new Error(`${people} people listed`);
    seconds.push((performance.now() - startedMs) / 1000);
  }
  return median(seconds);
}

/** Changes if any row of `users` was written or any event added. */
async function totals(d1: D1Database) {
  const row = await d1
    .prepare(
      `SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM events) AS events,
         (SELECT max(seq) FROM events) AS seq, sum(ticket) AS tickets, sum(written) AS written,
         max(changed_ms) AS changed FROM users`,
    )
    .first<Record<'users' | 'events' | 'seq' | 'tickets' | 'written' | 'changed', number>>();
  if (row === null) throw new Error('no totals');
  return row;
}

interface PassFigures {
  seconds: number;
  before: ReturnType<typeof memory>;
  peak: ReturnType<typeof memory>;
  counts: ReturnType<typeof noCounts>;
  requests: readonly Request[];
}

function rowsOf(
  first: PassFigures,
  second: PassFigures,
  { bareSeconds, lists, eventsAdded }: { bareSeconds: number; lists: number; eventsAdded: number },
): Row[] {
  const written = (run: PassFigures, table: string) => run.counts.rowsWrittenTo.get(table) ?? 0;
  const row = (what: string, value: number, unit: string, base?: Row['base']): Row => ({
    what,
    measured: { value, unit },
    ...(base && { base }),
    ...(base && base.value !== 0 && { ratio: value / base.value }),
    samples: PEOPLE,
  });
  const bare = { what: 'list and parse only', value: bareSeconds, unit: 's' };
  const pages = { what: 'pages of 500', value: Math.ceil(PEOPLE / 500), unit: 'pages' };
  const people = { what: 'people', value: PEOPLE, unit: 'people' };
  const asFirst = (what: string, value: number, unit: string) => ({
    what: `first: ${what}`,
    value,
    unit,
  });
  return [
    row('first import', first.seconds, 's', bare),
    row('second pass', second.seconds, 's', bare),
    row('first: list calls', lists, 'calls', pages),
    row('first: other calls to Google (token)', first.requests.length - lists, 'calls'),
    row('first: D1 round trips', first.counts.roundTrips, 'trips', pages),
    row('first: D1 statements', first.counts.statements, 'statements', pages),
    row('first: D1 rows written', first.counts.rowsWritten, 'rows', people),
    row('first: D1 rows read', first.counts.rowsRead, 'rows', people),
    row('first: peak memory of the process', first.peak.processMiB, 'MiB', {
      what: 'just before',
      value: first.before.processMiB,
      unit: 'MiB',
    }),
    row('first: peak of JS heap and buffers', first.peak.heapMiB, 'MiB', {
      what: 'just before',
      value: first.before.heapMiB,
      unit: 'MiB',
    }),
    row('second: calls to Google', second.requests.length, 'calls', pages),
    row(
      'second: D1 round trips',
      second.counts.roundTrips,
      'trips',
      asFirst('round trips', first.counts.roundTrips, 'trips'),
    ),
    row(
      'second: rows written to users, events',
      written(second, 'users') + written(second, 'events'),
      'rows',
      asFirst('rows', written(first, 'users') + written(first, 'events'), 'rows'),
    ),
    row(
      'second: rows written elsewhere',
      second.counts.rowsWritten - written(second, 'users') - written(second, 'events'),
      'rows',
    ),
    row('second: events added', eventsAdded, 'rows'),
  ];
}

await runFigure(measure);
