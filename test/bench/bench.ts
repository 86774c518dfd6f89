// `npm run bench`: measures one figure after another, each in a process of its own on a leash, and prints a
// table and, as the last line, the same as JSON. Every figure stands beside a base from the same run.
//
//   npm run bench                  all but those with 100,000 people and the slow ones
//   npm run bench -- receiver      one, or several, whichever

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Figure } from './figure.ts';
import { table } from './table.ts';

interface FigureOptions {
  /** Default: the figure's own name. */
  file?: string;
  arguments?: readonly string[];
  /** A figure that takes longer hangs. */
  limitMinutes?: number;
  /** Runs only when it is named. */
  isOptIn?: boolean;
}

const FIGURES: Readonly<Record<string, FigureOptions>> = {
  receiver: {},
  latency: {},
  suspension: {},
  session: {},
  'sign-in': {},
  import: { arguments: ['10000'] },
  heal: { arguments: ['1000', '10000'] },
  pass: { arguments: ['1000', '10000'], limitMinutes: 5 },
  burst: { arguments: ['real:1000', 'simulated:5000'], limitMinutes: 5 },
  bundle: {},
  console: { arguments: ['1000', '10000'] },
  roles: { arguments: ['10000'] },
  people: { file: 'search', arguments: ['10000'] },
  'import-100000': { file: 'import', arguments: ['100000'], limitMinutes: 20, isOptIn: true },
  'heal-100000': { file: 'heal', arguments: ['100000'], limitMinutes: 20, isOptIn: true },
  'pass-100000': { file: 'pass', arguments: ['10000', '100000'], limitMinutes: 20, isOptIn: true },
  'console-100000': {
    file: 'console',
    arguments: ['1000', '100000'],
    limitMinutes: 10,
    isOptIn: true,
  },
  'people-100000': {
    file: 'search',
    arguments: ['100000'],
    limitMinutes: 15,
    isOptIn: true,
  },
  'burst-5000': { file: 'burst', arguments: ['real:5000'], limitMinutes: 15, isOptIn: true },
};
const LIMIT_MINUTES = 3;
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

async function run(figure: string, options: FigureOptions): Promise<Figure> {
  const { file = figure, arguments: more = [], limitMinutes = LIMIT_MINUTES } = options;
  const path = fileURLToPath(new URL(`${file}.ts`, import.meta.url).href);
  const child = spawn(
    process.execPath,
    [LEASH, process.execPath, path, join(temporary, figure), ...more],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  stopFigure = () => child.stdin.end();
  const timer = setTimeout(stopFigure, limitMinutes * 60_000);
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
const unknown = wanted.filter((name) => !(name in FIGURES));
if (unknown.length > 0) {
  process.stderr.write(
    `Unknown: ${unknown.join(' ')}. There are: ${Object.keys(FIGURES).join(' ')}\n`,
  );
  process.exit(1);
}

const measured: ({ figure: string } & Figure)[] = [];
const failed: string[] = [];
const startedMs = performance.now();
for (const [figure, options] of Object.entries(FIGURES)) {
  if (wanted.length > 0 ? !wanted.includes(figure) : options.isOptIn) continue;
  process.stderr.write(`${figure} …\n`);
  try {
    measured.push({ figure, ...(await run(figure, options)) });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n`);
    if (stoppedBy !== null) process.exit(1);
    failed.push(figure);
  }
}
const seconds = Math.round((performance.now() - startedMs) / 1000);
process.stdout.write(`\n${table(measured)}\n`);
for (const { markdown } of measured) if (markdown) process.stdout.write(`${markdown}\n`);
const node = process.version;
process.stdout.write(`${JSON.stringify({ seconds, node, failed, figures: measured })}\n`);
process.exit(failed.length > 0 ? 1 : 0);
