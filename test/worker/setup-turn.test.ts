// Whose turn it is to check the set-up: one at a time, and not again within half a minute.
import { beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/db/database.ts';
import { keepSetupFindings, readSetupFindings, takeCheckTurn } from '../../src/db/setup.ts';
import { createWorld } from './world.ts';

const NOW = Date.UTC(2026, 6, 1);
const FINDINGS = [{ check: 'key' }];

let db: Database;
beforeEach(async () => {
  db = (await createWorld()).ports.db;
  await db.d1.prepare('DELETE FROM setup_findings').run();
});

test('of many who press at once just one checks; the others find what is kept', async () => {
  const turns = await Promise.all(Array.from({ length: 8 }, () => takeCheckTurn(db, NOW)));

  expect(turns.filter(Boolean)).toHaveLength(1);
  expect(await readSetupFindings(db)).toBeNull();
  await keepSetupFindings(db, FINDINGS, NOW + 5_000);
  expect(await takeCheckTurn(db, NOW + 34_999)).toBe(false);
  expect(await takeCheckTurn(db, NOW + 35_000)).toBe(true);
  // What was found before is read meanwhile.
  expect(await readSetupFindings(db)).toEqual({ findings: FINDINGS, checkedMs: NOW + 5_000 });
});

test('a check that was cut off keeps nobody waiting for longer than a minute', async () => {
  await takeCheckTurn(db, NOW);

  expect(await takeCheckTurn(db, NOW + 59_999)).toBe(false);
  expect(await takeCheckTurn(db, NOW + 60_000)).toBe(true);
  expect(await takeCheckTurn(db, NOW + 60_001)).toBe(false);
});

test('times that a wrong clock has written hold nobody up', async () => {
  await keepSetupFindings(db, FINDINGS, NOW + 86_400_000);
  expect(await takeCheckTurn(db, NOW)).toBe(true);
  await db.d1
    .prepare('UPDATE setup_findings SET checking_ms = ?1')
    .bind(NOW + 86_400_000)
    .run();
  expect(await takeCheckTurn(db, NOW)).toBe(true);
});
