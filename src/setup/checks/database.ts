// Whether D1 answers, and whether its tables are those that this code was written for.
import { type Database, DatabaseError } from '../../db/database.ts';
import { readLastMigration } from '../../db/setup.ts';
import { type Finding, failed, ok, type Paste, waiting } from '../finding.ts';
import { LAST_MIGRATION } from './migration.ts';

const MIGRATE: readonly Paste[] = [
  { label: 'Deploy and migrate', value: 'npm run deploy' },
  { label: 'Only migrate', value: 'npx wrangler d1 migrations apply DB --remote' },
];
const MIGRATE_STEPS = [
  'In the repository, at the version that is deployed: run one of the commands below.',
  'Check again.',
];

/** What a failed query says of the database. */
export function databaseFinding({ code }: Pick<DatabaseError, 'code'>): Finding {
  switch (code) {
    case 'database-not-migrated':
      return failed('database', 'No migration has been applied.', MIGRATE_STEPS, MIGRATE);
    case 'database-quota':
      return failed('database', 'D1 refuses: a quota of the account is used up.', [
        'Free plans start anew at 00:00 UTC. Otherwise: Cloudflare dashboard > Workers & Pages > Plans, the paid plan.',
      ]);
    case 'database-unavailable':
      return waiting('database', 'D1 does not answer at the moment.', [
        'Check again in a minute; if it stays so, see https://www.cloudflarestatus.com.',
      ]);
    default:
      return failed('database', `D1 refuses: ${code}.`, [
        'See that the binding DB is the D1 database of this deployment: take wrangler.toml as it is, and deploy.',
      ]);
  }
}

export async function checkDatabase(db: Database): Promise<Finding> {
  try {
    const applied = await readLastMigration(db);
    if (applied === LAST_MIGRATION) return ok('database', `Up to ${applied}.`);
    if (applied !== null && applied > LAST_MIGRATION)
      return failed(
        'database',
        `It is ahead of the code: ${applied} is applied, and the code knows ${LAST_MIGRATION}.`,
        ['Deploy the version that the migration belongs to: migrations go forward only.'],
        [{ label: 'Deploy', value: 'npm run deploy' }],
      );
    const at = applied === null ? 'None is applied' : `It is at ${applied}`;
    return failed('database', `${at}; ${LAST_MIGRATION} is needed.`, MIGRATE_STEPS, MIGRATE);
  } catch (error) {
    if (error instanceof DatabaseError) return databaseFinding(error);
    throw error;
  }
}
