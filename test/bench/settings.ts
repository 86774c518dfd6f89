// The configurations that the bench runs: the product's own wrangler.toml with single lines changed, a bare
// Worker with the same compatibility settings, and a file of secrets and addresses on loopback.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../start/settings.ts';

export { ROOT };

const PRODUCT = readFileSync(join(ROOT, 'wrangler.toml'), 'utf8');

/** @param changes lines of wrangler.toml → what stands there instead */
export function writeProductConfig(
  folder: string,
  changes: readonly (readonly [RegExp, string])[] = [],
): string {
  let text = PRODUCT;
  const moved: readonly (readonly [RegExp, string])[] = [
    [/^main = "src\//m, `main = "${ROOT}src/`],
    [/^migrations_dir = "/m, `migrations_dir = "${ROOT}`],
    [/= "\.\/src\//m, `= "${ROOT}src/`],
    ...changes,
  ];
  for (const [line, instead] of moved) {
    if (!line.test(text)) throw new Error(`wrangler.toml has no line like ${line}`);
    text = text.replace(line, instead);
  }
  return write(folder, 'wrangler.toml', text);
}

export function writeBareConfig(folder: string): string {
  const compatibility = PRODUCT.match(/^compatibility_.*$/gm) ?? [];
  return write(
    folder,
    'wrangler.toml',
    `name = "bare"
main = "${ROOT}test/bench/bare-worker.ts"
${compatibility.join('\n')}

[[queues.producers]]
binding = "BARE"
queue = "bare"

[[queues.consumers]]
queue = "bare"
max_batch_size = 20
max_batch_timeout = 0

[[queues.producers]]
binding = "HELD"
queue = "bare-held"
delivery_delay = 3600

[[queues.consumers]]
queue = "bare-held"

[[d1_databases]]
binding = "DB"
database_name = "bare"
migrations_dir = "${ROOT}migrations"

[[ratelimits]]
name = "LIMIT"
namespace_id = "7002"
simple = { limit = 6000, period = 60 }
`,
  );
}

/** A Worker of the bench's own with a D1 of the product's tables, and nothing else. */
export function writeWorkerConfig(folder: string, main: string): string {
  const compatibility = PRODUCT.match(/^compatibility_.*$/gm) ?? [];
  return write(
    folder,
    'wrangler.toml',
    `name = "measured"
main = "${ROOT}${main}"
${compatibility.join('\n')}

[[d1_databases]]
binding = "DB"
database_name = "measured"
migrations_dir = "${ROOT}migrations"
`,
  );
}

export interface Vars {
  PUBLIC_URL: string;
  GOOGLE_API_ORIGIN: string;
  GOOGLE_ADMIN_EMAIL: string;
  GOOGLE_SERVICE_ACCOUNT_KEY: string;
  APP_SECRET: string;
  [name: string]: string;
}

/** Settings for a Worker at one loopback address whose Google is at another. */
export function makeVars(at: {
  publicUrl: string;
  googleUrl: string;
  adminEmail: string;
  serviceAccountKey: string;
}): Vars {
  return {
    PUBLIC_URL: at.publicUrl,
    GOOGLE_API_ORIGIN: at.googleUrl,
    GOOGLE_ADMIN_EMAIL: at.adminEmail,
    GOOGLE_SERVICE_ACCOUNT_KEY: JSON.stringify(JSON.parse(at.serviceAccountKey)),
    APP_SECRET: randomBytes(36).toString('base64url'),
  };
}

/** For `wrangler dev --env-file`; single quotes keep escaped newlines escaped. */
export function writeEnvFile(folder: string, vars: Vars): string {
  const lines = Object.entries(vars).map(([name, value]) => `${name}='${value}'\n`);
  return write(folder, 'env', lines.join(''), 0o600);
}

function write(folder: string, name: string, text: string, mode = 0o644): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  writeFileSync(file, text, { mode });
  return file;
}
