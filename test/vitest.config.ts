// Five projects: `unit` runs in Node (pure rules, and the real Google client against the laptop
// Workspace over HTTP), `worker` runs in workerd with real D1, KV, queues and Workflows, `simulation`
// runs random histories of the whole system in Node, `simulation-d1` some of them again in workerd over
// the real D1, `browser` runs in Node too and drives a real Chromium through the pages.

import { generateKeyPairSync } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url).href);
const migrations = await readD1Migrations(`${root}migrations`);

/** A key file as Google's console hands it out, made anew for each run. */
function newKeyFile(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return JSON.stringify({
    type: 'service_account',
    project_id: 'rollcall-test',
    private_key_id: 'test-key-1',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'rollcall@rollcall-test.iam.gserviceaccount.com',
    client_id: '100000000000000000001',
    token_uri: 'https://oauth2.googleapis.com/token',
  });
}

/** Real D1, KV, queues and Workflows, and no network. */
const inWorkerd = () =>
  cloudflareTest({
    wrangler: { configPath: `${root}wrangler.toml` },
    miniflare: {
      bindings: {
        TEST_MIGRATIONS: migrations,
        PUBLIC_URL: 'https://people.rollcall.example',
        GOOGLE_ADMIN_EMAIL: 'admin@example.test',
        GOOGLE_SERVICE_ACCOUNT_KEY: newKeyFile(),
        APP_SECRET: 'qT4rW8zX1cV6bN3mK9jH2gF5dS7aP0oI',
      },
      // Whatever escapes the stubbed fetch of test/worker/setup.ts reaches nothing.
      outboundService: () => new Response('no network in tests', { status: 599 }),
    },
  });

// Nothing is asserted about time, and on a busy machine a test takes several times what it takes on a quiet one.
const TIMEOUT_MS = 30_000;

export default defineConfig({
  root,
  test: {
    // Left to itself vitest leaves a core to others, and of two uses one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      {
        root,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: TIMEOUT_MS },
      },
      {
        root,
        plugins: [inWorkerd()],
        test: {
          name: 'worker',
          testTimeout: TIMEOUT_MS,
          include: ['test/worker/**/*.test.{ts,tsx}'],
          exclude: ['test/worker/simulation-d1.test.ts'],
          setupFiles: ['test/worker/setup.ts'],
        },
      },
      {
        root,
        test: {
          name: 'simulation',
          include: ['test/simulation/**/*.test.ts'],
          // Each runs in processes of its own.
          maxConcurrency: 2,
        },
      },
      {
        root,
        plugins: [inWorkerd()],
        test: {
          name: 'simulation-d1',
          testTimeout: TIMEOUT_MS,
          include: ['test/worker/simulation-d1.test.ts'],
          setupFiles: ['test/worker/setup.ts'],
          globalSetup: ['test/simulation/outcomes.ts'],
        },
      },
      {
        root,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/unpack.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // The Worker's harness would ask Cloudflare where this machine is, and count its runs there.
          env: {
            CLOUDFLARE_CF_FETCH_ENABLED: 'false',
            WRANGLER_SEND_METRICS: 'false',
            WRANGLER_LOG: 'warn',
          },
        },
      },
    ],
  },
});
