// The product with a Google Workspace that pushes to it, and a bare Worker's queue beside it, both under `wrangler dev`:
// what every figure about pushes starts from.
import type { Google } from '../google/google.ts';
import { type ServeOptions, serveGoogle } from '../google/server.ts';
import { parseLogLine } from '../start/story.ts';
import type { Row } from './figure.ts';
import { bareSender, type Pace, wait } from './pace.ts';
import { makeVars, writeBareConfig, writeEnvFile, writeProductConfig } from './settings.ts';
import { percentile } from './statistics.ts';
import { Stopwatch } from './stopwatch.ts';
import { applyMigrations, freePort, startDev, wrangler } from './wrangler.ts';

export interface Wanted {
  google?: Omit<ServeOptions, 'port' | 'deliver'>;
  /** Fills the company, before anybody is imported. */
  hire: (google: Google) => void;
  startWithinMs: number;
  /** A push about somebody leaves. */
  onPush: (userId: string) => void;
  /** The line `user.written` about somebody is read. */
  onWritten: (userId: string) => void;
}

export interface BothWorkers {
  google: Google;
  publicUrl: string;
  /** Runs `wrangler d1 execute` on the product's database; what it printed. */
  execute: (...options: string[]) => Promise<string>;
  /** A message through the bare queue; its consumer's line stops `messages`. */
  sendBare: (id: string) => Promise<void>;
  messages: Stopwatch;
}

/** Starts both; everybody is brought in and every channel has had its `sync`. */
export async function startBothWorkers(temporary: string, wanted: Wanted): Promise<BothWorkers> {
  const [port, barePort] = [await freePort(), await freePort()];
  const publicUrl = `http://127.0.0.1:${port}`;
  const [folder, bareFolder] = [`${temporary}/rollcall`, `${temporary}/bare`];
  const state = `${folder}/state`;
  const messages = new Stopwatch();
  const seen = { imported: '', synced: 0 };

  const { url, google } = await serveGoogle({
    ...wanted.google,
    port: 0,
    deliver: async (request) => {
      const body = await request.clone().text();
      if (body !== '') wanted.onPush(JSON.parse(body).id);
      return fetch(request);
    },
  });
  wanted.hire(google);
  const { serviceAccountKey } = google;
  const { adminEmail } = google.workspace;
  const vars = makeVars({ publicUrl, googleUrl: url, adminEmail, serviceAccountKey });
  const config = writeProductConfig(folder);
  const envFile = writeEnvFile(folder, vars);
  await applyMigrations(temporary, config, state);
  const onLine = (line: string) => {
    // Its queue is in memory, and gone then.
    if (line.includes('Reloading local server'))
      throw new Error('src/ has changed meanwhile, and `wrangler dev` has begun anew');
    const parsed = parseLogLine(line);
    if (parsed?.event === 'channel.synced') seen.synced += 1;
    if (parsed?.event === 'reconcile.ended') seen.imported = String(parsed['outcome']);
    if (parsed?.event === 'user.written') wanted.onWritten(String(parsed['userId']));
  };
  await startDev({ temporary, config, port, envFile, state, onLine });
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
  const untilMs = performance.now() + wanted.startWithinMs;
  while (seen.imported === '' || seen.synced < 5) {
    if (performance.now() > untilMs)
      throw new Error(`no import (${seen.imported}) or channels (${seen.synced})`);
    await wait(50);
  }
  if (seen.imported !== 'complete') throw new Error(`the import ended: ${seen.imported}`);

  const d1 = ['d1', 'execute', 'DB', '--local', '--config', config, '--persist-to', state];
  return {
    google,
    publicUrl,
    execute: (...options) => wrangler(temporary, [...d1, ...options]),
    sendBare: bareSender(barePort, messages),
    messages,
  };
}

/** p50 and p99 beside those of the bare queue at the same pace. */
export function percentileRows(what: string, pace: Pace, ms: number[], bareMs: number[]): Row[] {
  return [50, 99].map((percent): Row => {
    const [value, base] = [percentile(ms, percent), percentile(bareMs, percent)];
    return {
      what: `${what}, ${pace.name}, p${percent}`,
      measured: { value, unit: 'ms' },
      base: { what: `bare queue, ${pace.name}, p${percent}`, value: base, unit: 'ms' },
      ratio: value / base,
      samples: ms.length,
    };
  });
}
