// What an observation says about a person, and how SQL compares it with their row.
import type { Cause, UserStatus } from './schema.ts';

/** What a living person's row says about them, as Google said it. JSON columns are canonical text. */
export interface MappedRow {
  email: string;
  givenName: string;
  familyName: string;
  fullName: string;
  status: Exclude<UserStatus, 'deleted'>;
  isAdmin: 0 | 1;
  isDelegatedAdmin: 0 | 1;
  orgUnitPath: string;
  photoUrl: string | null;
  attributes: string;
  customSchemas: string;
  roles: string;
}

/**
 * One look's result, ready for SQL: a living person, a person of whom only the status could be kept,
 * one who is gone, or one of whom no more can be said than that they are there.
 */
export type ObservedRow = {
  id: string;
  cause: Cause;
  noticedMs: number;
} /** `words`, a JSON array, follow from name and address, and are not compared. */ & (
  | ({ kind: 'living'; words: string } & MappedRow)
  | { kind: 'status'; status: 'suspended' | 'archived' }
  | { kind: 'gone' }
  /** Alive, and all else can't be kept. */
  | { kind: 'present' }
);

/** Several of them as SQL takes them: one parameter. */
export interface ObservedRows {
  /** A JSON array of ObservedRow, at most one for each id, below D1's 2 MB for a parameter. */
  json: string;
  count: number;
  someGone: boolean;
}

/** Column and key of everything that is mapped. */
export const MAPPED = [
  ['email', 'email'],
  ['given_name', 'givenName'],
  ['family_name', 'familyName'],
  ['full_name', 'fullName'],
  ['status', 'status'],
  ['is_admin', 'isAdmin'],
  ['is_delegated_admin', 'isDelegatedAdmin'],
  ['org_unit_path', 'orgUnitPath'],
  ['photo_url', 'photoUrl'],
  ['attributes', 'attributes'],
  ['custom_schemas', 'customSchemas'],
  ['roles', 'roles'],
] as const satisfies readonly (readonly [string, keyof MappedRow])[];

export const columns = MAPPED.map(([column]) => column).join(', ');
/** The mapped values of an ObservedRow, as SQL. */
export const observed = (value: string) =>
  MAPPED.map(([, key]) => `${value}->>'$.${key}'`).join(', ');
/** The mapped columns of a table, as SQL. */
export const row = (table: string) => MAPPED.map(([column]) => `${table}.${column}`).join(', ');
