// What `wrangler deploy` would upload: the product and nothing of test/.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_COMPANY } from '../google/example-company.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);

interface Bundle {
  text: string;
  /** Files that esbuild put in, as its source map names them. */
  sources: string[];
}

const folder = mkdtempSync(join(tmpdir(), 'rollcall-bundle-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bundles as a deploy does, without deploying. */
async function bundle(name: string, entry: string[]): Promise<Bundle> {
  const out = join(folder, name);
  await promisify(execFile)(
    join(ROOT, 'node_modules', '.bin', 'wrangler'),
    ['deploy', ...entry, '--dry-run', '--outdir', out, '--config', join(ROOT, 'wrangler.toml')],
    {
      cwd: ROOT,
      env: {
        ...process.env,
        WRANGLER_SEND_METRICS: 'false',
        // The banner asks a registry for a newer version.
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_LOG_PATH: join(folder, 'logs'),
        CI: 'true',
      },
    },
  );
  const file = entry.length > 0 ? 'with-fake.js' : 'index.js';
  const map = JSON.parse(readFileSync(join(out, `${file}.map`), 'utf8')) as { sources: string[] };
  return { text: readFileSync(join(out, file), 'utf8'), sources: map.sources };
}

/** What of test/ is in a bundle: files by the source map, people and marks by the text itself. */
function tracesOfTests({ text, sources }: Bundle): string[] {
  const people = EXAMPLE_COMPANY.map(({ email }) => email);
  const marks = ['C0rollcall1', 'example-studio.test', 'failNext', 'rollcall-test'];
  return [
    ...sources.filter((path) => /(^|\/)test\//.test(path) && !path.includes('node_modules')),
    ...[...people, ...marks].filter((mark) => text.includes(mark)),
  ];
}

let product: Bundle;
let spoiled: Bundle;
beforeAll(async () => {
  const entry = join(folder, 'with-fake.ts');
  writeFileSync(
    entry,
    `export { default, Reconcile } from '${ROOT}src/index.ts';
     import { createGoogle } from '${ROOT}test/google/google.ts';
     export const fake = createGoogle;`,
  );
  product = await bundle('product', []);
  spoiled = await bundle('spoiled', [entry]);
}, 120_000);

describe('security 7: the bundle', () => {
  test('holds nothing of test/', () => {
    expect(product.sources.some((path) => path.endsWith('src/index.ts'))).toBe(true);
    expect(product.text).toContain('rollcall/channel-token/v1');
    expect(tracesOfTests(product)).toEqual([]);
  });

  test('would be caught with the fake Google in it: this check can fail', () => {
    const traces = tracesOfTests(spoiled);
    expect(traces.some((trace) => trace.endsWith('test/google/google.ts'))).toBe(true);
    expect(traces).toContain('admin@example.test');
    expect(traces).toContain('C0rollcall1');
  });

  test('holds no development package', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    // The bundler writes above each module where it came from.
    const origins = product.text.matchAll(/^\/\/ node_modules\/((?:@[^/]+\/)?[^/]+)\//gm);
    const packages = [...origins].map(([, name = '']) => name);
    const names = [...new Set(packages)];
    expect(names).toContain('hono');
    expect(names.filter((name) => !(name in manifest.dependencies))).toEqual([]);
  });

  test('fits the free plan: below 3 MB compressed', async () => {
    const compressed = new Response(
      new Blob([product.text]).stream().pipeThrough(new CompressionStream('gzip')),
    );
    expect((await compressed.arrayBuffer()).byteLength).toBeLessThan(3_000_000);
  });
});
