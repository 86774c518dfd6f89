// How large the Worker is that a deploy uploads, raw and gzipped, held against the bare Hono Worker.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Row, runFigure } from './figure.ts';
import { ROOT, writeBareConfig } from './settings.ts';
import { wrangler } from './wrangler.ts';

/** What lies beside the modules and is not uploaded as code. */
const IS_NO_MODULE = /\.map$|^README\.md$/;

async function sizes(temporary: string, name: string, config: string) {
  const folder = join(temporary, `${name}-modules`);
  await wrangler(temporary, ['deploy', '--dry-run', '--config', config, '--outdir', folder]);
  const modules = readdirSync(folder).filter((file) => !IS_NO_MODULE.test(file));
  const contents = modules.map((file) => readFileSync(join(folder, file)));
  const sum = (lengths: number[]) => lengths.reduce((total, length) => total + length, 0) / 1024;
  return {
    modules: modules.length,
    raw: sum(contents.map((content) => content.length)),
    gzip: sum(contents.map((content) => gzipSync(content).length)),
  };
}

async function measure(temporary: string): Promise<Row[]> {
  const product = await sizes(temporary, 'rollcall', join(ROOT, 'wrangler.toml'));
  const bare = await sizes(temporary, 'bare', writeBareConfig(join(temporary, 'bare')));
  const row = (kind: 'raw' | 'gzip'): Row => ({
    what: `Worker, ${kind}`,
    measured: { value: product[kind], unit: 'KiB' },
    base: { what: 'bare Hono', value: bare[kind], unit: 'KiB' },
    ratio: product[kind] / bare[kind],
    samples: product.modules,
  });
  return [row('raw'), row('gzip')];
}

await runFigure(measure);
