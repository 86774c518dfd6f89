// `npm start` as a newcomer meets it, on ports of its own: two real processes, real HTTP, real files.

import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { isPortFree } from '../start/ports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);
const DEADLINE_MS = 90_000;
const WORKER_PORT = 18_787;
const GOOGLE_PORT = 18_788;

interface Run {
  child: ChildProcess;
  output: () => string;
  exited: Promise<number | null>;
}

const runs: Run[] = [];

/** In a process group of its own, as a terminal would run it. */
function start(...options: string[]): Run {
  const child = spawn(`${ROOT}node_modules/.bin/node`, ['test/start/start.ts', ...options], {
    cwd: ROOT,
    detached: true,
    env: { ...process.env, WORKER_PORT: String(WORKER_PORT), GOOGLE_PORT: String(GOOGLE_PORT) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const run = { child, output: () => text, exited };
  runs.push(run);
  return run;
}

/** Waits on a condition, with a deadline; looks again whenever the event loop is idle for a moment. */
async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  output: () => string,
) {
  const endMs = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`never: ${what}\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const bothFree = async () => (await isPortFree(WORKER_PORT)) && (await isPortFree(GOOGLE_PORT));

async function started(options: string[] = [], line = 'In step.'): Promise<Run> {
  const run = start(...options);
  await until(line, () => run.output().includes(line), run.output);
  return run;
}

async function addPerson(local: string): Promise<void> {
  const origin = `http://localhost:${GOOGLE_PORT}`;
  const response = await fetch(`${origin}/people/new`, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin },
    body: new URLSearchParams({
      local,
      domain: 'example.test',
      givenName: 'Nia',
      familyName: 'Newcomer',
      orgUnitPath: '/',
    }),
  });
  expect(response.status).toBe(303);
}

afterEach(async () => {
  for (const { child, exited } of runs.splice(0)) {
    const isRunning = child.exitCode === null && child.signalCode === null;
    if (isRunning && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await exited;
  }
  await until('ports free', bothFree, () => '');
  rmSync(`${ROOT}.wrangler/laptop-${WORKER_PORT}`, { recursive: true, force: true });
});

describe('npm start', { timeout: 4 * DEADLINE_MS }, () => {
  test('tells of a person who was added, goes on with --keep, and SIGTERM stops everything', async () => {
    const first = await started();
    await addPerson('nia');
    await until('the line', () => /nia@example\.test> {2}added/.test(first.output()), first.output);
    const link = /http\S+\/setup\/open\?link=\S+/.exec(first.output())?.[0] ?? '';
    expect(await (await fetch(link)).text()).toContain('Open the set-up</button>');
    const console = `http://localhost:${WORKER_PORT}/console`;
    expect(first.output()).toContain(console);
    expect((await fetch(console)).status).toBe(401);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    await until('ports free', bothFree, first.output);

    const second = await started(['--keep'], 'Ctrl-C stops everything');
    const people = await (await fetch(`http://localhost:${GOOGLE_PORT}/`)).text();
    expect(people).toContain('nia@example.test');
    expect(second.output()).not.toContain('brought in from the list');
  });

  test('leaves nothing behind when it is killed without a chance to clean up', async () => {
    const run = await started();
    run.child.kill('SIGKILL');
    await run.exited;
    await until('ports free', bothFree, run.output);
  });

  test('names a port that is in use, and what to do', async () => {
    const blocker = createServer().listen(GOOGLE_PORT, '127.0.0.1');
    const run = start();
    expect(await run.exited).toBe(1);
    expect(run.output()).toContain(`Port ${GOOGLE_PORT} is in use`);
    await new Promise((resolve) => blocker.close(resolve));
  });
});
