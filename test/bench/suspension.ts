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
import { serveGoogle } from '../google/server.ts';
import { parseLogLine } from '../start/story.ts';
import { type Row, runFigure, say } from './figure.ts';
import { bareSender, keepPace, type Pace, wait } from './pace.ts';
import { hire, newSessions } from './people.ts';
import { makeVars, writeBareConfig, writeEnvFile, writeProductConfig } from './settings.ts';
import { percentile } from './statistics.ts';
import { Stopwatch } from './stopwatch.ts';
import { applyMigrations, freePort, startDev, wrangler } from './wrangler.ts';

const PACES: readonly Pace[] = [
  { name: '1/s', changes: 30, everyMs: 1_000 },
  { name: '20/s', changes: 200, everyMs: 50 },
];
const WARM_UP: Pace = { name: 'warm-up', changes: 20, everyMs: 50 };
const PEOPLE = 10_000;
const START_WITHIN_MS = 90_000;
const SETTLE_WITHIN_MS = 45_000;
/** Let what one pace left behind come to rest before the next. */
const REST_MS = 1_000;

async function measure(temporary: string): Promise<Row[]> {
  const [port, barePort] = [await freePort(), await freePort()];
  const publicUrl = `http://127.0.0.1:${port}`;
  const [folder, bareFolder] = [`${temporary}/rollcall`, `${temporary}/bare`];
  const state = `${folder}/state`;
  const refusals = new Stopwatch();
  const writes = new Stopwatch();
  const messages = new Stopwatch();
  const seen = { imported: '', synced: 0 };

  const { url, google } = await serveGoogle({
    port: 0,
    seed: false,
    deliver: async (request) => {
      const body = await request.clone().text();
      if (body !== '') {
        const { id } = JSON.parse(body) as { id: string };
        refusals.start(id);
        writes.start(id);
      }
      return fetch(request);
    },
  });
  hire(google.workspace, PEOPLE);
  const { users, adminEmail } = google.workspace;
  // The admin stays.
  const people = users.filter(({ primaryEmail }) => primaryEmail !== adminEmail);
  const { tokens, statements } = await newSessions(users.map(({ id }) => id));
  const statusOf = async (id: string) => {
    const headers = { cookie: `session=${tokens.get(id)}` };
    const response = await fetch(`${publicUrl}/auth/session`, { headers });
    await response.body?.cancel();
    return response.status;
  };

  let failure: Error | null = null;
  const refuse = async (id: string) => {
    const status = await statusOf(id);
    if (status === 401) refusals.stop(id);
    else failure ??= new Error(`answered ${status} after the suspension was written`);
  };
  const onLine = (line: string) => {
    const parsed = parseLogLine(line);
    if (parsed?.event === 'channel.synced') seen.synced += 1;
    if (parsed?.event === 'reconcile.ended') seen.imported = String(parsed['outcome']);
    if (parsed?.event !== 'user.written') return;
    const id = String(parsed['userId']);
    writes.stop(id);
    refuse(id).catch((error: Error) => {
      failure ??= error;
    });
  };

  const { serviceAccountKey } = google;
  const vars = makeVars({ publicUrl, googleUrl: url, adminEmail, serviceAccountKey });
  const config = writeProductConfig(folder);
  const envFile = writeEnvFile(folder, vars);
  await applyMigrations(temporary, config, state);
  const product = { temporary, config, port, envFile, state, onLine };
  await startDev(product);
  await startDev({
    temporary,
    config: writeBareConfig(bareFolder),
    port: barePort,
    envFile,
    state: `${bareFolder}/state`,
    onLine: (line) => {
      const parsed = parseLogLine(line);
      if (parsed?.event === 'bare.consumed') messages.stop(String(parsed['id']));
    },
  });

  // One cron opens the channels and brings everybody in.
  await fetch(`${publicUrl}/cdn-cgi/handler/scheduled?cron=*/5+*+*+*+*`);
  const untilMs = performance.now() + START_WITHIN_MS;
  while (seen.imported === '' || seen.synced < 5) {
    if (performance.now() > untilMs)
      throw new Error(`no import (${seen.imported}) or channels (${seen.synced})`);
    await wait(50);
  }
  if (seen.imported !== 'complete') throw new Error(`the import ended: ${seen.imported}`);
  const sql = `${folder}/sessions.sql`;
  writeFileSync(sql, `${statements.join(';\n')};\n`);
  const d1 = ['d1', 'execute', 'DB', '--local', '--config', config, '--persist-to', state];
  await wrangler(temporary, [...d1, '--file', sql]);
  say(`${tokens.size} people, each with a session`);

  const sendBare = bareSender(barePort, messages);
  let next = 0;
  // The first of each Worker pay for what is loaded then; they don't count.
  await measurePace(WARM_UP);
  const rows: Row[] = [];
  for (const pace of PACES) {
    const { refusedMs, writtenMs, messageMs } = await measurePace(pace);
    rows.push(...rowsOf(pace, refusedMs, messageMs));
    const p50 = (values: number[]) => percentile(values, 50).toFixed(1);
    say(`${pace.name}: p50 ${p50(refusedMs)} ms; to the line alone ${p50(writtenMs)} ms`);
    await wait(REST_MS);
  }
  await checkSessions(temporary, d1, next);
  return rows;

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

function rowsOf(pace: Pace, refusedMs: number[], messageMs: number[]): Row[] {
  return [50, 99].map((percent): Row => {
    const [value, base] = [percentile(refusedMs, percent), percentile(messageMs, percent)];
    return {
      what: `push to session refused (upper bound), ${PEOPLE} sessions, ${pace.name}, p${percent}`,
      measured: { value, unit: 'ms' },
      base: { what: `bare queue, ${pace.name}, p${percent}`, value: base, unit: 'ms' },
      ratio: value / base,
      samples: refusedMs.length,
    };
  });
}

/** Those of the suspended are gone, those of all others are there. */
async function checkSessions(
  temporary: string,
  d1: readonly string[],
  suspended: number,
): Promise<void> {
  const sql = `SELECT (SELECT count(*) FROM sessions) AS sessions,
    (SELECT count(*) FROM events WHERE type = 'user.suspended') AS events`;
  const printed = await wrangler(temporary, [...d1, '--json', '--command', sql]);
  const [answer] = JSON.parse(printed) as { results: { sessions: number; events: number }[] }[];
  const found = answer?.results[0];
  if (found?.sessions !== PEOPLE - suspended || found.events !== suspended)
    throw new Error(`${JSON.stringify(found)} after ${suspended} suspensions`);
}

await runFigure(measure);
