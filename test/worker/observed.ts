// Builders for the tests of rows: what a look found, without a Google that was looked at.
import { type Database, openDatabase } from '../../src/db/database.ts';
import { ensureDirectory, takeTicket } from '../../src/db/directories.ts';
import type { DirectoryProfile, DirectoryUser } from '../../src/google/user.ts';
import type { ApplyPorts } from '../../src/sync/apply.ts';
import type { Observation } from '../../src/sync/observation.ts';
import { env } from './world.ts';

export const db: Database = openDatabase(env.DB);
/** A guard that no test of something else runs into. */
export const applyPorts: ApplyPorts = {
  db,
  config: { rolesSchema: 'Roles', deletionGuard: { count: 1_000, percent: 5 } },
};

let lastId = 0;

/** An id that no other test of the file has. */
export function newId(): string {
  lastId += 1;
  return String(100_000_000_000_000_000_000n + BigInt(lastId));
}

export type UserFields = Partial<DirectoryProfile> &
  Partial<Pick<DirectoryUser, 'suspended' | 'archived'>>;

/** An active person whose every field is plain. */
export function aUser(id: string, fields: UserFields = {}): DirectoryUser {
  const { suspended = false, archived = false, ...profile } = fields;
  return {
    id,
    customerId: 'C0rollcall1',
    suspended,
    archived,
    profile: {
      primaryEmail: `u${id}@example.test`,
      givenName: 'Ana',
      familyName: 'New',
      fullName: 'Ana New',
      isAdmin: false,
      isDelegatedAdmin: false,
      orgUnitPath: '/',
      thumbnailPhotoUrl: null,
      aliases: [],
      nonEditableAliases: [],
      organizations: [],
      relations: [],
      externalIds: [],
      phones: [],
      languages: [],
      customSchemas: {},
      ...profile,
    },
  };
}

export function seen(id: string, fields: UserFields = {}): Observation {
  return { id, user: aUser(id, fields), cause: 'push', noticedMs: 1 };
}

/** Of whom only that they are suspended could be read. */
export function seenSuspendedOnly(id: string): Observation {
  const user = { ...aUser(id), suspended: true, profile: null };
  return { id, user, cause: 'push', noticedMs: 1 };
}

export function gone(id: string): Observation {
  return { id, user: null, cause: 'push', noticedMs: 1 };
}

export async function aDirectory(id = 'default'): Promise<string> {
  await ensureDirectory(db, { id, customer: 'my_customer', adminEmail: 'admin@example.test' });
  return id;
}

/** The next look-ticket. */
export async function ticketOf(directoryId = 'default'): Promise<number> {
  const taken = await takeTicket(db, directoryId, null);
  if (taken === null) throw new Error(`no directory ${directoryId}`);
  return taken.ticket;
}

export interface RawRow {
  id: string;
  directory_id: string;
  email: string;
  full_name: string;
  status: string;
  ticket: number;
  written: number;
  created_ms: number;
  changed_ms: number;
  deleted_ms: number | null;
  [column: string]: unknown;
}

export function rawRow(id: string): Promise<RawRow | null> {
  return env.DB.prepare('SELECT * FROM users WHERE id = ?1').bind(id).first<RawRow>();
}

export async function eventTypes(userId: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT type FROM events WHERE user_id = ?1 ORDER BY seq',
  )
    .bind(userId)
    .all<{ type: string }>();
  return results.map(({ type }) => type);
}

export interface Counted {
  db: Database;
  /** Calls to D1: a batch is one. */
  calls: number;
  statements: number;
  rowsRead: number;
  rowsWritten: number;
  /** The size of each bound text in bytes. */
  parameterBytes: number[];
}

/** D1 as it is, with what goes through it counted. */
export function counted(): Counted {
  const bytes = (value: unknown) =>
    typeof value === 'string' ? new TextEncoder().encode(value).length : 0;
  const counts = {
    calls: 0,
    statements: 0,
    rowsRead: 0,
    rowsWritten: 0,
    parameterBytes: [] as number[],
  };
  const real = env.DB;
  const d1 = new Proxy(real, {
    get(target, name) {
      if (name === 'prepare') {
        return (sql: string) => {
          const statement = target.prepare(sql);
          return new Proxy(statement, {
            get(inner, key) {
              if (key === 'bind') {
                return (...values: unknown[]) => {
                  counts.parameterBytes.push(...values.map(bytes));
                  return inner.bind(...values);
                };
              }
              const value = Reflect.get(inner, key);
              return typeof value === 'function' ? value.bind(inner) : value;
            },
          });
        };
      }
      if (name === 'batch') {
        return async (statements: D1PreparedStatement[]) => {
          counts.calls += 1;
          counts.statements += statements.length;
          const results = await target.batch(statements);
          for (const { meta } of results) {
            counts.rowsRead += meta.rows_read;
            counts.rowsWritten += meta.rows_written;
          }
          return results;
        };
      }
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return Object.assign(counts, { db: openDatabase(d1) });
}
