// Two projects: `unit` runs in Node (pure rules, and the real Google client against the laptop
// Workspace over HTTP), `worker` runs in workerd with real D1, KV, queues and Workflows.
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';

const root = new URL('..', import.meta.url).pathname;
const migrations = await readD1Migrations(`${root}migrations`);

export default defineConfig({
  root,
  test: {
    projects: [
      { root, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      {
        root,
        plugins: [
          cloudflareTest({
            wrangler: { configPath: `${root}wrangler.toml` },
            miniflare: {
              bindings: { TEST_MIGRATIONS: migrations },
              // Whatever escapes the stubbed fetch of test/worker/setup.ts reaches nothing.
              outboundService: () => new Response('no network in tests', { status: 599 }),
            },
          }),
        ],
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.{ts,tsx}'],
          setupFiles: ['test/worker/setup.ts'],
        },
      },
    ],
  },
});
