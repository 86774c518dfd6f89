// The one door to D1. Errors leave it as DatabaseError, without the driver's text: that text holds
// bound parameters, that is, people's addresses.
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1';

export interface Database {
  readonly d1: D1Database;
  readonly orm: DrizzleD1Database;
}

/** Opens the D1 binding; no query is made. */
export function openDatabase(d1: D1Database): Database {
  return { d1, orm: drizzle(d1) };
}

type DatabaseErrorCode =
  | 'database-not-migrated'
  | 'database-constraint'
  | 'database-quota'
  | 'database-unavailable'
  | 'database-failed';

/** A failed query; `code` is stable. Neither message nor cause holds a bound parameter. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code: DatabaseErrorCode;

  constructor(code: DatabaseErrorCode) {
    super(`D1 refused a query: ${code}`);
    this.code = code;
  }
}

// Words of D1's own error list: https://developers.cloudflare.com/d1/observability/debug-d1/
const CODE_BY_WORDS: readonly (readonly [RegExp, DatabaseErrorCode])[] = [
  [/no such (table|column)/i, 'database-not-migrated'],
  [
    /constraint|RAISE|active user|never changed|keeps its id|tombstone may be|append-only|stays closed|are final/i,
    'database-constraint',
  ],
  [/daily|quota|exceeded maximum db size/i, 'database-quota'],
  [
    /network connection lost|object to be reset|code was updated|replica disconnected/i,
    'database-unavailable',
  ],
  [
    /cannot resolve d1 db|overloaded|exceeded timeout|transient|cpu time limit/i,
    'database-unavailable',
  ],
];

/** D1's own words: the innermost cause. What drizzle wraps around it repeats the parameters. */
function words(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return innermost instanceof Error ? innermost.message : '';
}

/**
 * Runs queries and turns whatever fails into a DatabaseError.
 */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const text = words(error);
    const code = CODE_BY_WORDS.find(([pattern]) => pattern.test(text))?.[1] ?? 'database-failed';
    throw new DatabaseError(code);
  }
}

/** Asks for one row that every migrated database has; fails with `database-not-migrated` before that. */
export async function ping({ d1 }: Database): Promise<void> {
  await guarded(() =>
    d1.prepare('SELECT count(*) FROM (SELECT 1 FROM directories LIMIT 1)').first(),
  );
}
