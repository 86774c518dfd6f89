// The Worker under `wrangler dev`, as a child that can't outlive us; its log arrives line by line.

import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PATHS, ROOT } from './settings.ts';

const ENVIRONMENT = {
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  X_LOCAL_OBSERVABILITY: 'false',
  NO_COLOR: '1',
  // wrangler would ask Cloudflare where this laptop is.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  CI: '1',
};
const WRANGLER = `${ROOT}node_modules/.bin/wrangler`;

/** Applies the migrations to the local database; prints wrangler's words only if it fails. */
export function applyMigrations(): boolean {
  const run = spawnSync(
    WRANGLER,
    ['d1', 'migrations', 'apply', 'DB', '--local', '--persist-to', PATHS.workerState],
    { cwd: ROOT, env: ENVIRONMENT, encoding: 'utf8' },
  );
  if (run.status !== 0)
    process.stderr.write(`${run.error?.message ?? `${run.stdout}${run.stderr}`}\n`);
  return run.status === 0;
}

export interface WorkerProcess {
  /** Resolves when it answers requests; rejects if it ends before. */
  ready: Promise<void>;
  /** Resolves with its exit code. */
  ended: Promise<number>;
  stop(): void;
}

export function startWorker(port: number, onLine: (line: string) => void): WorkerProcess {
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('leash.ts', import.meta.url).href),
      WRANGLER,
      'dev',
      ...['--port', String(port), '--env-file', PATHS.envFile, '--persist-to', PATHS.workerState],
      ...['--inspector-port', '0', '--show-interactive-dev-session=false'],
    ],
    // In a group of its own: whatever kills ours, the leash lives to see its standard input end.
    { cwd: ROOT, env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'], detached: true },
  );
  const ended = new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (line.includes('Ready on')) resolve();
        onLine(line);
      });
    }
    ended.then((code) => reject(new Error(`wrangler dev ended with ${code} before it was ready`)));
  });
  return { ready, ended, stop: () => child.stdin.end() };
}
