// What the form of a rule suggests: custom schemas and their fields as people have them, and org units.
import { type Database, guarded } from './database.ts';

export interface RuleHints {
  schemas: string[];
  /** `Schema.Field` */
  fields: string[];
  orgUnits: string[];
}

/** So many people are asked: a schema that none of them has is typed by hand. */
const ASKED = 500;
const SHOWN = 100;

/** Reads 500 people at most, and one index entry for each person below the root. */
export function readRuleHints(db: Database, directoryId: string): Promise<RuleHints> {
  return guarded(async () => {
    const [fields, units] = await db.d1.batch<{ name: string; field: string | null }>([
      db.d1
        .prepare(
          `SELECT DISTINCT s.key AS name, f.key AS field
           FROM (SELECT custom_schemas FROM users WHERE directory_id = ?1 AND status <> 'deleted' LIMIT ${ASKED}) p,
             json_each(p.custom_schemas) s, json_each(s.value) f
           WHERE s.type = 'object' ORDER BY s.key, f.key LIMIT ${SHOWN}`,
        )
        .bind(directoryId),
      db.d1
        .prepare(
          `SELECT DISTINCT substr(term, 4) AS name, NULL AS field FROM people_terms
           WHERE directory_id = ?1 AND term >= 'in:' AND term < 'in;' ORDER BY term LIMIT ${SHOWN}`,
        )
        .bind(directoryId),
    ]);
    const found = fields?.results ?? [];
    return {
      schemas: [...new Set(found.map(({ name }) => name))],
      fields: found.map(({ name, field }) => `${name}.${field}`),
      orgUnits: (units?.results ?? []).map(({ name }) => name),
    };
  });
}
