// Runs, in Node, the histories that test/worker/simulation-d1.test.ts repeats over the real D1, and hands it what
// they ended with.

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** What each history of the sample ended with over node:sqlite. */
    simulated: string[];
  }
}

/**
 * Of each world. The real D1 takes most of a second for each: `npm test` runs a few, and
 * `REAL_D1_HISTORIES=50 npx vitest run --config test/vitest.config.ts --project simulation-d1` some hundred.
 */
const EACH = Number(process.env['REAL_D1_HISTORIES'] ?? 4);
const CHILD = fileURLToPath(new URL('./outcomes-child.ts', import.meta.url).href);

/** A process of its own: the stage wraps the globals of the one it is in. */
export default async function setup(project: TestProject): Promise<void> {
  const child = fork(CHILD, [String(EACH)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const simulated = await new Promise<string[]>((resolve, reject) => {
    child.on('message', (outcomes) => resolve(outcomes as string[]));
    child.on('exit', (code) => reject(new Error(`the simulation ended with ${code}`)));
  });
  project.provide('simulated', simulated);
}
