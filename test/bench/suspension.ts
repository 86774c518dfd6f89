// How long somebody who is suspended at Google stays signed in: from the push to a `GET /auth/session` with their token
// that answers 401, with 10,000 people and as many live sessions in D1, through the real queue under `wrangler dev`.
//
// One clock, this process's. Polling would take the processor from what is measured, so each person is asked about
// once: when the Worker's line `user.written` about them is read here, one request is sent, and the watch stops when
// its 401 is here. The session has been refused for at least as long as that line and that request were on their way:
// an upper bound. Any other answer fails the figure. Google answers from this process within a millisecond or so; the
// real one's time comes on top.
//
// Base: a bare Worker's queue, from POST to its consumer's line read here, at the same rate.
import { writeFileSync } from 'node:fs';
import type { GoogleUser } from '../google/person.ts';
import { percentileRows, startBothWorkers } from './both-workers.ts';
import { type Row, runFigure, say } from './figure.ts';
import { keepPace, type Pace, wait } from './pace.ts';
import { hire, newSessions } from './people.ts';
import { percentile } from './statistics.ts';
import { Stopwatch } from './stopwatch.ts';

const PACES: readonly Pace[] = [
  { name: '1/s', changes: 30, everyMs: 1_000 },
  { name: '20/s', changes: 200, everyMs: 50 },
];
const WARM_UP: Pace = { name: 'warm-up', changes: 20, everyMs: 50 };
const PEOPLE = 10_000;
const WHAT = `push to session refused (upper bound), ${PEOPLE} sessions`;
const START_WITHIN_MS = 90_000;
const SETTLE_WITHIN_MS = 45_000;
/** Let what one pace left behind come to rest before the next. */
const REST_MS = 1_000;

async function measure(temporary: string): Promise<Row[]> {
  const refusals = new Stopwatch();
  const writes = new Stopwatch();
  let failure: Error | null = null;
  let tokens: ReadonlyMap<string, string> = new Map();
  const both = await startBothWorkers(temporary, {
    google: { seed: false },
    hire: ({ workspace }) => hire(workspace, PEOPLE),
    startWithinMs: START_WITHIN_MS,
    onPush: (id) => {
      refusals.start(id);
      writes.start(id);
    },
    onWritten: (id) => {
      writes.stop(id);
      refuse(id).catch((error: Error) => {
        failure ??= error;
      });
    },
  });
  const { google, publicUrl, messages, sendBare, execute } = both;
  const { users, adminEmail } = google.workspace;
  // The admin stays.
  const people = users.filter(({ primaryEmail }) => primaryEmail !== adminEmail);
  const sessions = await newSessions(users.map(({ id }) => id));
  tokens = sessions.tokens;
  const file = `${temporary}/sessions.sql`;
  writeFileSync(file, `${sessions.statements.join(';\n')};\n`);
  await execute('--file', file);
  say(`${tokens.size} people, each with a session`);

  let next = 0;
  // The first of each Worker pay for what is loaded then; they don't count.
  await measurePace(WARM_UP);
  const rows: Row[] = [];
  for (const pace of PACES) {
    const { refusedMs, writtenMs, messageMs } = await measurePace(pace);
    rows.push(...percentileRows(WHAT, pace, refusedMs, messageMs));
    const p50 = (values: number[]) => percentile(values, 50).toFixed(1);
    say(`${pace.name}: p50 ${p50(refusedMs)} ms; to the line alone ${p50(writtenMs)} ms`);
    await wait(REST_MS);
  }
  await checkSessions(execute, next);
  return rows;

  async function statusOf(id: string): Promise<number> {
    const headers = { cookie: `session=${tokens.get(id)}` };
    const response = await fetch(`${publicUrl}/auth/session`, { headers });
    await response.body?.cancel();
    return response.status;
  }

  async function refuse(id: string): Promise<void> {
    const status = await statusOf(id);
    if (status === 401) refusals.stop(id);
    else failure ??= new Error(`answered ${status} after the suspension was written`);
  }

  async function measurePace(pace: Pace) {
    const chosen = people.slice(next, next + pace.changes);
    next += pace.changes;
    // Everybody is signed in until then; the route and each token are known to work.
    for (const { id } of chosen) {
      const status = await statusOf(id);
      if (status !== 200) throw new Error(`answered ${status} before the suspension`);
    }
    for (const watch of [refusals, writes, messages]) watch.reset();
    const suspend = () =>
      keepPace(pace, 0, (i) => {
        google.workspace.suspend((chosen[i] as GoogleUser).id);
      });
    const sendMessages = (offsetMs: number) =>
      keepPace(pace, offsetMs, (i) => void sendBare(`${pace.name} ${i}`));
    if (pace.everyMs >= 1_000) {
      // There is room: the base in the gaps.
      await Promise.all([suspend(), sendMessages(pace.everyMs / 2)]);
    } else {
      await suspend();
      await refusals.settle(pace.changes, SETTLE_WITHIN_MS).catch(rethrow);
      await sendMessages(0);
    }
    const refusedMs = await refusals.settle(pace.changes, SETTLE_WITHIN_MS).catch(rethrow);
    const writtenMs = await writes.settle(pace.changes, SETTLE_WITHIN_MS);
    const messageMs = await messages.settle(pace.changes, SETTLE_WITHIN_MS);
    return { refusedMs, writtenMs, messageMs };
  }

  /** What went wrong with a request says more than that something is missing. */
  function rethrow(error: unknown): never {
    throw failure ?? error;
  }
}

/** Those of the suspended are gone, those of all others are there. */
async function checkSessions(
  execute: (...options: string[]) => Promise<string>,
  suspended: number,
): Promise<void> {
  const sql = `SELECT (SELECT count(*) FROM sessions) AS sessions,
    (SELECT count(*) FROM events WHERE type = 'user.suspended') AS events`;
  const printed = await execute('--json', '--command', sql);
  const [answer] = JSON.parse(printed) as { results: { sessions: number; events: number }[] }[];
  const found = answer?.results[0];
  if (found?.sessions !== PEOPLE - suspended || found.events !== suspended)
    throw new Error(`${JSON.stringify(found)} after ${suspended} suspensions`);
}

await runFigure(measure);
