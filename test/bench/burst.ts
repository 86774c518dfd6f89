// Thousands of pushes at once, as when an organisational unit is renamed or a month's new hires begin: how long until
// the last row is right, and the most calls that Google saw in any minute, of which it allows 2,400.
//
//   real:<people>       through the real queue under `wrangler dev`, by this machine's clock
//   simulated:<people>  the product's own code in this process, on a clock that is moved on where the product waits;
//                       what it works takes its real time, so the seconds are simulated where it waits, and only there
//
// Each row is held against Google afterwards: a lost push fails the figure. Bases: the rest that the product's pace asks
// for after so many calls that take no time; and the gets alone, six at a time, as fast as the same fake Google answers.
import { Pace } from '../../src/sync/pace.ts';
import { startBothWorkers } from './both-workers.ts';
import { type Row, runFigure, say } from './figure.ts';
import { openWithinOneProcess } from './google-within.ts';
import { type Asked, again, callsOf } from './in-process.ts';
import { hire } from './people.ts';
import { Stopwatch } from './stopwatch.ts';

/** Of one project, for all users. https://developers.google.com/workspace/admin/directory/v1/limits */
const GOOGLE_ALLOWS = 2_400;
const MINUTE_MS = 60_000;
const IN_FLIGHT = 6;
const BATCH = 20;
const START_WITHIN_MS = 120_000;
const SETTLE_WITHIN_MS = 500_000;
const TITLE = 'Renamed';
const CHANGE = { organizations: [{ primary: true, title: TITLE }] };
const RIGHT = `SELECT (SELECT count(*) FROM users WHERE attributes->>'$.title' = '${TITLE}') AS people,
  (SELECT count(*) FROM events WHERE type = 'user.updated') AS events,
  (SELECT count(*) FROM dead_letters) AS dead`;

interface Burst {
  what: string;
  people: number;
  seconds: number;
  waitedSeconds: number | null;
  asked: readonly Asked[];
  /** Answers one of the same requests again. */
  fetch: (request: Request) => Promise<Response>;
}

/** The most in any minute, wherever it begins. */
function mostInAMinute(asked: readonly Asked[]): number {
  const times = asked.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  let [from, most] = [0, 0];
  for (const [to, atMs] of times.entries()) {
    while (atMs - (times[from] ?? atMs) >= MINUTE_MS) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

async function getsAlone({ asked, fetch }: Burst): Promise<number> {
  const gets = asked.filter(({ request }) => request.url.includes('/users/'));
  const startedMs = performance.now();
  let next = 0;
  const askOn = async () => {
    for (let get = gets[next++]; get !== undefined; get = gets[next++])
      await (await fetch(get.request.clone())).json();
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, askOn));
  return (performance.now() - startedMs) / 1000;
}

/** Batches of 20 that take no time themselves: how long they rest. */
function paceAlone(calls: number): number {
  const pace = new Pace();
  let restedMs = 0;
  for (let left = calls; left > 0; left -= BATCH) {
    const googleCalls = Math.min(BATCH, left);
    restedMs += pace.restAfter({ googleCalls, rateLimit: null }, restedMs, 0);
  }
  return restedMs / 1000;
}

function checkRows(people: number, found: Record<'people' | 'events' | 'dead', number> | null) {
  if (found?.people !== people || found.events !== people || found.dead !== 0)
    throw new Error(`${JSON.stringify(found)} after ${people} pushes`);
}

async function simulated(temporary: string, people: number): Promise<Burst> {
  const { google, product, cron } = await openWithinOneProcess(temporary, people + 1);
  for (const { id } of await cron()) await product.pass(id);
  const { workspace } = google;
  const others = workspace.users.filter((one) => one.primaryEmail !== workspace.adminEmail);
  const cost = await product.cost(async () => {
    for (const { id } of others) workspace.update(id, CHANGE);
    await google.flush();
    await product.queue.drain(product.ports);
  });
  checkRows(people, await product.d1.prepare(RIGHT).first());
  say(`${JSON.stringify(callsOf(cost))}, batches: ${cost.queue.batches}`);
  const { seconds, waitedSeconds, asked } = cost;
  const fetch = (request: Request) => google.fetch(request);
  return { what: 'simulated', people, seconds, waitedSeconds, asked, fetch };
}

async function real(temporary: string, people: number): Promise<Burst> {
  const rows = new Stopwatch();
  let asked: Asked[] = [];
  const { google, execute } = await startBothWorkers(temporary, {
    google: { seed: false },
    hire: (google) => {
      hire(google.workspace, people + 1);
      const answer = google.fetch;
      google.fetch = (request) => {
        asked.push({ request: again(request), atMs: Date.now() });
        return answer(request);
      };
    },
    startWithinMs: START_WITHIN_MS,
    onPush: (id) => rows.start(id),
    onWritten: (id) => rows.stop(id),
  });
  const { workspace } = google;
  const others = workspace.users.filter((one) => one.primaryEmail !== workspace.adminEmail);
  rows.reset();
  asked = [];
  for (const { id } of others) workspace.update(id, CHANGE);
  await rows.settle(people, SETTLE_WITHIN_MS);
  const seconds = rows.wholeMs / 1000;
  const during = [...asked];
  const [answer] = JSON.parse(await execute('--json', '--command', RIGHT));
  checkRows(people, answer.results[0]);
  const fetch = (request: Request) => globalThis.fetch(request);
  return { what: 'real', people, seconds, waitedSeconds: null, asked: during, fetch };
}

async function rowsOf(burst: Burst): Promise<Row[]> {
  const { what, people, seconds, waitedSeconds, asked } = burst;
  const most = mostInAMinute(asked);
  if (most > GOOGLE_ALLOWS) throw new Error(`${most} calls in a minute`);
  const row = (name: string, value: number, unit: string, base?: Row['base']): Row => ({
    what: `${what}, ${people} pushes at once: ${name}`,
    measured: { value, unit },
    ...(base && { base }),
    ...(base && base.value > 0 && { ratio: value / base.value }),
    samples: people,
  });
  const alone = { what: 'the gets alone', value: await getsAlone(burst), unit: 's' };
  const pace = { what: 'the pace alone', value: paceAlone(asked.length), unit: 's' };
  const limit = { what: "Google's limit", value: GOOGLE_ALLOWS, unit: 'calls' };
  const pushes = { what: 'pushes', value: people, unit: 'pushes' };
  say(`${what} ${people}: ${seconds.toFixed(1)} s, at most ${most} calls in a minute`);
  return [
    row('first push to last row right', seconds, 's', pace),
    ...(waitedSeconds === null
      ? []
      : [
          row('of that: waited', waitedSeconds, 's', pace),
          row('of that: own time', seconds - waitedSeconds, 's', alone),
        ]),
    ...(waitedSeconds === null ? [row('the same', seconds, 's', alone)] : []),
    row('calls to Google', asked.length, 'calls', pushes),
    row('the most in any minute', most, 'calls', limit),
  ];
}

await runFigure(async (temporary) => {
  const rows: Row[] = [];
  for (const wanted of process.argv.slice(3)) {
    const [kind, people] = wanted.split(':');
    const run = kind === 'real' ? real : simulated;
    rows.push(...(await rowsOf(await run(`${temporary}/${kind}`, Number(people)))));
  }
  return rows;
});
