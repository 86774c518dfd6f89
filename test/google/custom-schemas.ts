// The custom schemas of the example company: which fields an admin defined, of which type, and a
// short way to fill them in.
import type { CustomSchemas } from './person.ts';

/** The definitions behind the custom fields, for whoever edits them. */
export const CUSTOM_SCHEMAS = {
  PM_Teams: {
    Alpha: { type: 'BOOL', isMulti: false },
    Bravo: { type: 'BOOL', isMulti: false },
    Charlie: { type: 'BOOL', isMulti: false },
    Delta: { type: 'BOOL', isMulti: false },
  },
  Roles: {
    Editor: { type: 'BOOL', isMulti: false },
    Approver: { type: 'BOOL', isMulti: false },
    Billing: { type: 'BOOL', isMulti: false },
    Viewer: { type: 'BOOL', isMulti: false },
  },
  User_Level: {
    Team_Lead: { type: 'BOOL', isMulti: false },
    Senior: { type: 'BOOL', isMulti: false },
    Junior: { type: 'BOOL', isMulti: false },
    Grade: { type: 'INT64', isMulti: false },
    Languages: { type: 'STRING', isMulti: true },
  },
} as const satisfies Record<string, Record<string, { type: string; isMulti: boolean }>>;

type Fields = {
  teams?: string[];
  roles?: string[];
  level?: string[];
  grade?: number;
  speaks?: string[];
};

/** Only what is true is set, as an admin leaves it who has ticked a few boxes. */
export function fields({
  teams = [],
  roles = [],
  level = [],
  grade,
  speaks,
}: Fields): CustomSchemas {
  const ticked = (names: string[]) => Object.fromEntries(names.map((name) => [name, true]));
  const schemas: CustomSchemas = {};
  if (teams.length > 0) schemas['PM_Teams'] = ticked(teams);
  if (roles.length > 0) schemas['Roles'] = ticked(roles);
  const levels: Record<string, unknown> = ticked(level);
  if (grade !== undefined) levels['Grade'] = String(grade);
  if (speaks) levels['Languages'] = speaks.map((value) => ({ type: 'work', value }));
  if (Object.keys(levels).length > 0) schemas['User_Level'] = levels;
  return schemas;
}
