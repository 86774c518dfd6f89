// The doctor compares the database with a name in the code, which nobody must forget to move on.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LAST_MIGRATION } from '../../src/setup/checks/migration.ts';

test('the doctor knows the youngest migration', () => {
  const folder = fileURLToPath(new URL('../../migrations/', import.meta.url).href);
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));

  expect(files.toSorted().at(-1)).toBe(LAST_MIGRATION);
});
