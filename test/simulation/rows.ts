// Rows of `users` as the witness compares them: by their mapped columns, and with what Google answered.
import type { ObservedRow } from '../../src/db/mapped.ts';

export interface Row {
  id: string;
  directory_id: string;
  email: string;
  given_name: string;
  family_name: string;
  full_name: string;
  status: string;
  is_admin: number;
  is_delegated_admin: number;
  org_unit_path: string;
  photo_url: string | null;
  attributes: string;
  custom_schemas: string;
  roles: string;
  words: string;
  ticket: number;
  written: number;
  cause: string;
  noticed_ms: number;
  created_ms: number;
  changed_ms: number;
  deleted_ms: number | null;
}

/** The columns that come from Google, each with its name in an event and in an observation. */
const COLUMNS = [
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
] as const;

export const MAPPED = COLUMNS.map(([column]) => column);

const JSON_COLUMNS: ReadonlySet<string> = new Set(['attributes', 'custom_schemas', 'roles']);

export const sameMapped = (a: Row, b: Row) => MAPPED.every((column) => a[column] === b[column]);

/** Nothing else of what is mapped differs. */
export const isOfRolesAlone = (a: Row, b: Row) =>
  a.roles !== b.roles && MAPPED.every((column) => column === 'roles' || a[column] === b[column]);

export const sameRow = (a: Row, b: Row) =>
  a.ticket === b.ticket &&
  a.written === b.written &&
  a.changed_ms === b.changed_ms &&
  sameMapped(a, b);

/** A row as an event tells it. */
export function snapshotOf(row: Row): string {
  return JSON.stringify(
    Object.fromEntries(
      COLUMNS.map(([column, name]) => {
        const value = row[column];
        return [name, JSON_COLUMNS.has(column) ? JSON.parse(String(value)) : value];
      }),
    ),
  );
}

/** Whether a row says what was observed; of a bare status, only that, and the rest as it was. */
export function shows(observed: ObservedRow, row: Row, before: Row | undefined): boolean {
  if (observed.kind === 'gone') return row.status === 'deleted';
  if (observed.kind === 'status') {
    return before !== undefined && sameMapped({ ...before, status: observed.status }, row);
  }
  if (observed.kind === 'living') {
    return COLUMNS.every(([column, name]) => row[column] === observed[name]);
  }
  // No more than that they are there: the row stays as it was.
  return before !== undefined && sameMapped(before, row);
}
