// Before each file in workerd: the real migrations, and no way out to a network.
import { applyD1Migrations, type D1Migration } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, vi } from 'vitest';

beforeAll(async () => {
  const { DB, TEST_MIGRATIONS } = env as unknown as {
    DB: D1Database;
    TEST_MIGRATIONS: D1Migration[];
  };
  await applyD1Migrations(DB, TEST_MIGRATIONS);
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network in tests')));
});
