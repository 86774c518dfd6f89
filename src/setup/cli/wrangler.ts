// Runs wrangler for `npm run deploy`: no terminal of its own, so that it never asks; its words are kept, and shown
// where something fails. What it answers in JSON is read from there, never from its prose.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type * as z from 'zod';
import { atEnd } from './at-end.ts';

export interface Answer {
  /** 0 = done. */
  code: number;
  stdout: string;
  /** Everything it said, in the order of its streams. */
  words: string;
  /** Lines of its machine-readable report (`WRANGLER_OUTPUT_FILE_PATH`). */
  report: readonly Record<string, unknown>[];
}

export type Wrangler = (...args: string[]) => Promise<Answer>;

/** Something that can't go on. The message is for a person, and is all that is printed. */
export class Stop extends Error {}

function environment(reportFile: string): NodeJS.ProcessEnv {
  const {
    FORCE_COLOR: _color,
    WRANGLER_LOG_SANITIZE: _sanitize,
    WRANGLER_OUTPUT_FILE_DIRECTORY: _directory,
    ...inherited
  } = process.env;
  return {
    ...inherited,
    // Run without npm, wrangler is found here; through npm, or in a test, PATH knows a nearer one.
    PATH: [inherited['PATH'], resolve('node_modules', '.bin')].filter(Boolean).join(delimiter),
    NO_COLOR: '1',
    WRANGLER_HIDE_BANNER: 'true',
    // At level "debug" it would print what it sends, secrets included.
    WRANGLER_LOG: 'log',
    // Its log file would keep what Cloudflare answers to a failed upload.
    WRANGLER_WRITE_LOGS: 'false',
    WRANGLER_OUTPUT_FILE_PATH: reportFile,
  };
}

function reportLines(file: string): Record<string, unknown>[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** Runs wrangler in the current folder. Rejects with {@link Stop} only where there is no wrangler to run. */
export const wrangler: Wrangler = (...args) => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-wrangler-'));
  const reportFile = join(folder, 'report.ndjson');
  const child = spawn('wrangler', args, {
    env: environment(reportFile),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // Whatever ends us ends it too: it would go on with a secrets file that is gone.
  const end = atEnd(() => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      said[name] += chunk;
    });
  }
  return new Promise<Answer>((resolvePromise, reject) => {
    child.on('error', () => reject(new Stop('wrangler is not there: run npm ci first.')));
    child.on('close', (code) =>
      resolvePromise({
        code: code ?? 1,
        stdout: said.stdout,
        // NO_COLOR does not reach the frame around its errors.
        words: stripVTControlCharacters(`${said.stdout}\n${said.stderr}`).trim(),
        report: reportLines(reportFile),
      }),
    );
  }).finally(end);
};

/**
 * The JSON that wrangler printed, whatever it said before.
 * @throws Stop with wrangler's own words
 */
export function jsonOf<T>(answer: Answer, command: string, schema: z.ZodType<T>): T {
  const start = answer.stdout.search(/^[[{]/m);
  if (answer.code === 0 && start >= 0) {
    try {
      return schema.parse(JSON.parse(answer.stdout.slice(start)));
    } catch {
      throw new Stop(`wrangler ${command} gave an answer that is not understood here.`);
    }
  }
  throw new Stop(`wrangler ${command} failed:\n${answer.words}`);
}
