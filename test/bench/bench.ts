// `npm run bench`: measures one figure after another, each in a process of its own on a leash, and prints a
// table and, as the last line, the same as JSON. Every figure stands beside a base from the same run.
//
//   npm run bench                  all of them
//   npm run bench -- receiver      one, or several

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Row } from './figure.ts';
import { table } from './table.ts';

const FIGURES = [
  'receiver',
  'latency',
  'suspension',
  'session',
  'sign-in',
  'import',
  'bundle',
] as const;
type FigureName = (typeof FIGURES)[number];
/** A figure that takes longer hangs. */
const TIME_LIMIT_MS = 180_000;
const LEASH = fileURLToPath(new URL('../start/leash.ts', import.meta.url).href);

const temporary = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
process.on('exit', () => rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }));

// The figure and all it started end when standard input of their leash does, however this process ends.
let stopFigure = () => {};
let stoppedBy: NodeJS.Signals | null = null;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stoppedBy = signal;
    stopFigure();
  });
}

async function run(figure: FigureName): Promise<Row[]> {
  const file = fileURLToPath(new URL(`${figure}.ts`, import.meta.url).href);
  const child = spawn(process.execPath, [LEASH, process.execPath, file, join(temporary, figure)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  stopFigure = () => child.stdin.end();
  const timer = setTimeout(stopFigure, TIME_LIMIT_MS);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  if (stoppedBy !== null) throw new Error(`stopped by ${stoppedBy}`);
  if (code !== 0) throw new Error(`${figure} could not be measured`);
  return JSON.parse(text.trimEnd().split('\n').at(-1) ?? '');
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(FIGURES as readonly string[]).includes(name));
if (unknown.length > 0) {
  process.stderr.write(`Unknown: ${unknown.join(' ')}. There are: ${FIGURES.join(' ')}\n`);
  process.exit(1);
}

const measured: { figure: FigureName; rows: Row[] }[] = [];
const failed: string[] = [];
const startedMs = performance.now();
for (const figure of FIGURES.filter((name) => wanted.length === 0 || wanted.includes(name))) {
  process.stderr.write(`${figure} …\n`);
  try {
    measured.push({ figure, rows: await run(figure) });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    if (stoppedBy !== null) process.exit(1);
    failed.push(figure);
  }
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
process.stdout.write(`\n${table(measured)}\n`);
const node = process.version;
process.stdout.write(`${JSON.stringify({ seconds, node, failed, figures: measured })}\n`);
process.exit(failed.length > 0 ? 1 : 0);
