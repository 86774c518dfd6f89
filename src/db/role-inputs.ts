// What roles come from besides Google's user: rules, people by hand, group members, and the version of all that. Who
// writes roles names the version they were made with; the row takes them only while it holds.
import { type Database, guarded } from './database.ts';
import type { HandKind } from './roles-schema.ts';

/** A rule as it is stored; `source` is JSON that has yet to be parsed. */
export interface StoredRule {
  id: number;
  source: unknown;
  role: string;
}

export interface RoleInputs {
  /** 0 = the first rule has yet to be made. */
  version: number;
  rules: StoredRule[];
  byHand: Map<string, { role: string; kind: HandKind }[]>;
  /** Group keys by person. */
  groups: Map<string, string[]>;
  /** Groups of which the whole customer is a member. */
  groupsOfEverybody: string[];
}

interface Row {
  version: number;
  rules: string;
  byHand: string;
  groups: string;
  groupsOfEverybody: string;
}

const amongThem = 'user_id IN (SELECT value FROM json_each(?2))';

/** A list of pairs as lists by their first. */
function grouped<T>(pairs: readonly (readonly [string, T])[]): Map<string, T[]> {
  const byFirst = new Map<string, T[]>();
  for (const [first, second] of pairs) {
    const known = byFirst.get(first);
    if (known) known.push(second);
    else byFirst.set(first, [second]);
  }
  return byFirst;
}

/**
 * Reads what the roles of these people come from: one query.
 *
 * @param ids few enough that their groups fit 2 MB of JSON: some thousand
 * @returns `null` if the directory has no row
 */
export function readRoleInputs(
  db: Database,
  directoryId: string,
  ids: readonly string[],
): Promise<RoleInputs | null> {
  return guarded(async () => {
    const row = await db.d1
      .prepare(
        `SELECT d.roles_version AS version,
           (SELECT json_group_array(json_object('id', id, 'source', json(source), 'role', role))
             FROM role_rules WHERE directory_id = d.id) AS rules,
           (SELECT json_group_array(json_array(user_id, json_object('role', role, 'kind', kind)))
             FROM roles_by_hand WHERE directory_id = d.id AND ${amongThem}) AS byHand,
           (SELECT json_group_array(json_array(user_id, group_key))
             FROM group_members WHERE directory_id = d.id AND ${amongThem}) AS groups,
           (SELECT json_group_array(group_key)
             FROM groups WHERE directory_id = d.id AND has_everybody = 1) AS groupsOfEverybody
         FROM directories d WHERE d.id = ?1`,
      )
      .bind(directoryId, JSON.stringify(ids))
      .first<Row>();
    if (row === null) return null;
    return {
      version: row.version,
      rules: (JSON.parse(row.rules) as StoredRule[]).toSorted((a, b) => a.id - b.id),
      byHand: grouped(JSON.parse(row.byHand)),
      groups: grouped(JSON.parse(row.groups)),
      groupsOfEverybody: JSON.parse(row.groupsOfEverybody) as string[],
    };
  });
}
