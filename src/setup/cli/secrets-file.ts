// Secrets on their way to wrangler: in a file that only we may read, for as long as one command runs. Arguments would
// show in the process list, and wrangler reads no stdin here. JSON, because in its dotenv wrangler expands `$NAME`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';
import type { Settings } from './deploy-settings.ts';

/** Calls `use` with the path of a file (0600, in a folder 0700) that is gone afterwards, whatever happens. */
export async function withSecretsFile<T>(
  secrets: Settings,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-secrets-'));
  const remove = atEnd(() => rmSync(folder, { recursive: true, force: true }));
  try {
    const path = join(folder, 'secrets.json');
    writeFileSync(path, JSON.stringify(secrets), { mode: 0o600 });
    return await use(path);
  } finally {
    remove();
  }
}

/** `text` without any of the secrets, should somebody's error message repeat one. */
export function withoutSecrets(text: string, secrets: Settings): string {
  const spellings = Object.values(secrets).flatMap((value) => [
    value,
    JSON.stringify(value).slice(1, -1),
    // A key file's value is JSON itself, and its private key the part that hurts.
    ...value.split(/\\n|\s|["{},]/),
  ]);
  return [...new Set(spellings)]
    .filter((one) => one.length >= 16)
    .sort((a, b) => b.length - a.length)
    .reduce((clean, one) => clean.replaceAll(one, '[hidden]'), text);
}
