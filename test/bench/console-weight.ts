// How much a browser that comes for the first time loads for a page: the HTML, and every style sheet, script and picture
// that the page names, each once. Bodies only, not headers; nothing from other hosts (the photo of who is signed in is
// Google's). Text is compressed as an edge does on the fly: gzip at zlib's default, Brotli at quality 4. Cloudflare
// compresses no PNG.

import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type Env, parseConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { keepSetupFindings } from '../../src/db/setup.ts';
import { examine } from '../../src/setup/doctor.ts';
import type { Finding } from '../../src/setup/finding.ts';
import { SURROUNDINGS, syncPorts } from '../../src/sync/ports.ts';
import { type Deployment, hold, PUBLIC_URL, writeLetters } from './console-people.ts';
import type { Row } from './figure.ts';

/** What a page may weigh. */
const LIMIT_KB = 60;

interface Part {
  kind: 'html' | 'css' | 'js' | 'pictures';
  raw: number;
  gzip: number;
  brotli: number;
}

export interface PageWeight {
  page: string;
  requests: number;
  parts: readonly Part[];
}

async function load({ product, cookie }: Deployment, path: string, isSignedIn = true) {
  const headers = isSignedIn ? { cookie } : {};
  const response = await product.worker.fetch(`${PUBLIC_URL}${path}`, { headers });
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
  const body = Buffer.from(await response.arrayBuffer());
  return { body, type: response.headers.get('content-type') ?? '' };
}

function weigh({ body, type }: { body: Buffer; type: string }): Part {
  const kind = type.startsWith('text/html')
    ? 'html'
    : type.startsWith('text/css')
      ? 'css'
      : type.includes('javascript')
        ? 'js'
        : 'pictures';
  const raw = body.length;
  if (type === 'image/png') return { kind, raw, gzip: raw, brotli: raw };
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
  return {
    kind,
    raw,
    gzip: gzipSync(body).length,
    brotli: brotliCompressSync(body, quality).length,
  };
}

/** What the page names that a browser loads by itself. */
function assetsOf(html: string): string[] {
  const tags = html.match(/<(?:link|script|img)\b[^>]*>/g) ?? [];
  const paths = tags.flatMap((tag) => /\b(?:href|src)="([^"]+)"/.exec(tag)?.[1] ?? []);
  return [...new Set(paths)].filter((path) => path.startsWith('/'));
}

async function weighPage(
  deployment: Deployment,
  page: string,
  path: string,
  options: { isSignedIn?: boolean; mustSay?: RegExp } = {},
): Promise<PageWeight> {
  const document = await load(deployment, path, options.isSignedIn);
  const html = document.body.toString();
  if (options.mustSay && !options.mustSay.test(html)) throw new Error(`${page} does not say it`);
  const assets = await Promise.all(assetsOf(html).map((asset) => load(deployment, asset)));
  for (const { body, type } of assets)
    if (type.startsWith('text/css') && /url\(|@import/.test(body.toString()))
      throw new Error('a style sheet loads more, which is not counted');
  const parts = [document, ...assets].map(weigh);
  return { page, requests: parts.length, parts };
}

/**
 * The doctor's findings, kept as /setup shows them. Examined from this process: workerd's outgoing requests follow
 * redirects here, and so can't be told that Google knows the OAuth client.
 */
async function check({ product, d1, vars }: Deployment) {
  const env = { ...vars, ...(await product.worker.getEnv()) } as unknown as Env;
  const parsed = parseConfig(env);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const surroundings = { ...SURROUNDINGS, log: () => {} };
  const ports = syncPorts(env, parsed.config, surroundings);
  const findings = await examine({ parsed, surroundings, deployed: { ports, bindings: env } });
  await keepSetupFindings(openDatabase(d1), findings, Date.now());
  const inState = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  return {
    green: inState('ok'),
    red: inState('failed'),
    waiting: inState('waiting'),
    words: findings
      .filter(({ state }) => state !== 'ok')
      .map(({ check, says }) => `${check}: ${says}`),
  };
}

/** Changes what the pages show; the deployment is of no use for anything else afterwards. */
export async function weighPages(deployment: Deployment): Promise<PageWeight[]> {
  const { google, d1 } = deployment;
  const weights: PageWeight[] = [];
  const add = async (
    ...of: [page: string, path: string, options?: Parameters<typeof weighPage>[3]]
  ) => weights.push(await weighPage(deployment, ...of));

  await add('/ (signed out)', '/', { isSignedIn: false });
  await add('/ (signed in)', '/');
  await add('/privacy', '/privacy', { isSignedIn: false });
  await hold(d1, 50);
  await writeLetters(d1, 20);
  const busy = /Replay these 20/;
  await add('/console (50 held, 20 letters, 8 passes, 5 channels)', '/console', { mustSay: busy });
  await hold(d1, 200);
  const all = { mustSay: /Remove these 200/ };
  await add('/console/held-removals (200 people)', '/console/held-removals', all);
  await add('/setup/marketplace', '/setup/marketplace');

  const well = await check(deployment);
  if (well.words.length > 0) throw new Error(well.words.join('\n'));
  await add(`/setup (${well.green} green)`, '/setup');
  google.faults.callbackUnauthorized = true;
  for (const client of google.openid.clients.all) client.redirectUris = [];
  await d1.prepare('UPDATE directories SET imported_ms = NULL').run();
  await d1
    .prepare(
      `INSERT INTO reconcile_runs (id, directory_id, ticket, started_ms, progress_ms, finished_ms, outcome, reason)
       VALUES ('failed', 'default', 99999, ?1, ?1, ?1, 'failed', 'token.unauthorized_client')`,
    )
    .bind(Date.now())
    .run();
  const late = await check(deployment);
  await add(`/setup (${late.red} red: channel, OAuth client, import)`, '/setup', {
    mustSay: /Search Console|search-console/i,
  });
  google.accounts.removeDelegation();
  const early = await check(deployment);
  await add(`/setup (${early.red} red, the token first; ${early.waiting} wait)`, '/setup');
  return weights;
}

const kb = (bytes: number) => bytes / 1000;
const sumOf = (parts: readonly Part[], by: 'raw' | 'gzip' | 'brotli') =>
  parts.reduce((sum, part) => sum + part[by], 0);

export const weightRows = (weights: readonly PageWeight[]): Row[] =>
  weights.map(({ page, requests, parts }) => ({
    what: `${page}: page and assets, gzip`,
    measured: { value: kb(sumOf(parts, 'gzip')), unit: 'KB' },
    base: { what: 'limit', value: LIMIT_KB, unit: 'KB' },
    ratio: kb(sumOf(parts, 'gzip')) / LIMIT_KB,
    samples: requests,
  }));

export function weightMarkdown(weights: readonly PageWeight[]): string {
  const kinds = ['html', 'css', 'js', 'pictures'] as const;
  const lines = weights.map(({ page, requests, parts }) => {
    const of = kinds.map((kind) =>
      kb(
        sumOf(
          parts.filter((part) => part.kind === kind),
          'gzip',
        ),
      ),
    );
    const sums = (['raw', 'gzip', 'brotli'] as const).map((by) => kb(sumOf(parts, by)));
    return `| \`${page}\` | ${[requests, ...[...of, ...sums].map((one) => one.toFixed(1))].join(' | ')} |`;
  });
  return [
    '| page, in KB | requests | HTML, gzip | CSS | JS | pictures | all, uncompressed | all, gzip | all, Brotli |',
    '|---|---|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}
