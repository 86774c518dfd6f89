// wrangler as a child process: `dev` on a port of loopback, migrations, a dry deploy. All in the process
// group of the figure, so that its leash stops whatever is left. No other session of wrangler is found.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './settings.ts';

const READY_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 100;

function start(temporary: string, wranglerArguments: readonly string[]) {
  return spawn(process.execPath, [join(ROOT, 'node_modules/.bin/wrangler'), ...wranglerArguments], {
    cwd: ROOT,
    env: {
      ...process.env,
      CI: '1',
      NO_COLOR: '1',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_LOG_PATH: join(temporary, 'wrangler-logs'),
      WRANGLER_REGISTRY_PATH: join(temporary, 'wrangler-registry'),
      // Capturing traces costs a quarter to 40 percent of what `wrangler dev` can do.
      X_LOCAL_OBSERVABILITY: 'false',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs wrangler to its end; returns what it printed. */
export async function wrangler(
  temporary: string,
  wranglerArguments: readonly string[],
): Promise<string> {
  const child = start(temporary, wranglerArguments);
  let printed = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    printed += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaints += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0)
    throw new Error(`wrangler ${wranglerArguments.join(' ')} failed:\n${printed}${complaints}`);
  return printed;
}

export const applyMigrations = (temporary: string, config: string, state: string) =>
  wrangler(temporary, [
    ...['d1', 'migrations', 'apply', 'DB', '--local'],
    ...['--config', config, '--persist-to', state],
  ]);

/** A port that nobody listens at now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

export interface DevOptions {
  temporary: string;
  config: string;
  port: number;
  state: string;
  envFile?: string;
  /** Takes the Worker's log line by line; without it nothing is logged. */
  onLine?: (line: string) => void;
}

/** Starts `wrangler dev`; resolves once it answers. */
export async function startDev(options: DevOptions): Promise<void> {
  const { temporary, config, port, state, envFile, onLine } = options;
  const child = start(temporary, [
    'dev',
    ...['--config', config, '--persist-to', state],
    ...['--ip', '127.0.0.1', '--port', String(port), '--inspector-port', '0'],
    ...(envFile === undefined ? [] : ['--env-file', envFile]),
    ...['--log-level', onLine ? 'log' : 'none', '--show-interactive-dev-session=false'],
  ]);
  const lately: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lately.push(line);
      if (lately.length > 50) lately.shift();
      onLine?.(line);
    });
  }
  let hasEnded = false;
  child.on('exit', () => {
    hasEnded = true;
  });
  const untilMs = performance.now() + READY_WITHIN_MS;
  while (!(await answers(port))) {
    if (hasEnded || performance.now() > untilMs)
      throw new Error(`wrangler dev is not there:\n${lately.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      signal: AbortSignal.timeout(5000),
    });
    await response.body?.cancel();
    return true;
  } catch {
    // Not listening yet.
    return false;
  }
}
