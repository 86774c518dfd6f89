// The stage in Node: tables in node:sqlite, the migrations as they are in the repository.
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Quiet } from './quiet.ts';
import { openSqliteD1, type SqliteD1 } from './sqlite-d1.ts';
import { openStage, type Stage, type TableSource } from './stage.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations/', import.meta.url).href);

/** The migrations' texts, in order; `edit` may change one on its way. */
export function readMigrations(edit = (_name: string, text: string) => text): string[] {
  return readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .toSorted()
    .map((name) => edit(`migrations/${name}`, readFileSync(`${MIGRATIONS}${name}`, 'utf8')));
}

/** A key file of the usual shape; its key signs nothing here, see quiet.ts. */
export function newKeyFile(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return JSON.stringify({
    type: 'service_account',
    project_id: 'rollcall-test',
    private_key_id: 'key-0',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'rollcall@rollcall-test.iam.gserviceaccount.com',
    client_id: '100000000000000000001',
    token_uri: 'https://oauth2.googleapis.com/token',
  });
}

/** A database in memory for each name. */
function sqliteTables(migrations: readonly string[]): TableSource {
  const known = new Map<string, SqliteD1>();
  return {
    open: async (name) => {
      const kept = known.get(name);
      kept?.reset();
      const tables = kept ?? openSqliteD1(migrations);
      known.set(name, tables);
      return { tables, isKept: kept !== undefined };
    },
    keep: (name) => known.get(name)?.keep(),
  };
}

export interface NodeStageOptions {
  migrations?: readonly string[];
  canBeFast?: boolean;
}

/** Everything that histories in this process share. Wraps this thread's `crypto` for good. */
export async function openNodeStage({
  migrations = readMigrations(),
  canBeFast = true,
}: NodeStageOptions = {}): Promise<Stage> {
  const quiet = new Quiet(() => new Promise((resolve) => setImmediate(resolve)));
  quiet.install();
  const serviceAccountKey = newKeyFile();
  return openStage({ source: sqliteTables(migrations), quiet, serviceAccountKey, canBeFast });
}
