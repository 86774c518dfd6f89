// Mutants of what keeps stored roles right while rules, groups, looks and recomputes change at once; see mutants.ts.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are texts of the product's source
import type { Mutant } from './mutants.ts';

type Edit = readonly [file: string, from: string, to: string];

const USERS = 'src/db/users.ts';
const GUARD = 'src/db/removal-guard.ts';
const RECOMPUTES = 'src/db/role-recomputes.ts';
const RECOMPUTE = 'src/roles/recompute.ts';
const GROUPS = 'src/db/groups.ts';
const MEMBERS = 'src/db/group-members.ts';
const EDIT = 'src/roles/edit.ts';
const EVALUATE = 'src/roles/evaluate.ts';

const one = (seed: number, ...edits: Edit[]): Mutant => ({
  world: 'roles',
  seed,
  edits: edits.map(([file, from, to]) => ({ file, from, to })),
});

export const ROLE_MUTANTS: Readonly<Record<string, Mutant>> = {
  'looks write roles of any version': one(
    1,
    [
      USERS,
      'WHERE ?3 >= d.floor AND d.roles_version = ?7 AND',
      'WHERE ?3 >= d.floor AND ?7 = ?7 AND',
    ],
    [GUARD, 'AND ?3 >= d.floor AND d.roles_version = ?7`', 'AND ?3 >= d.floor AND ?7 = ?7`'],
    [
      USERS,
      "WITH o AS (SELECT value AS v, value->>'$.id' AS id, value->>'$.kind' AS kind FROM json_each(?2))\n  SELECT o.id AS id,\n    CASE\n      WHEN d.roles_version <> ?7 THEN",
      "WITH o AS (SELECT value AS v, value->>'$.id' AS id, value->>'$.kind' AS kind FROM json_each(?2))\n  SELECT o.id AS id,\n    CASE\n      WHEN ?7 < 0 THEN",
    ],
  ),
  'an outdated look taken for an answer': one(1, [
    'src/sync/apply.ts',
    "if (result.outcome !== 'outdated') {",
    "if (result.outcome !== 'outdated' || book.version > 1) {",
  ]),
  'recompute over a look': one(100, [
    RECOMPUTES,
    'AND users.written = o.written AND users.status',
    'AND users.status',
  ]),
  'recompute reads its version after the people': one(
    4,
    [
      RECOMPUTE,
      'directoryId: string,\n  run: number | null = null,\n): Promise<RecomputeStep> {\n  const recompute',
      'directoryId: string,\n  run: number | null = null,\n): Promise<RecomputeStep> {\n  let recompute',
    ],
    [
      RECOMPUTE,
      'await readRecomputePage(ports.db, recompute);',
      'await readRecomputePage(ports.db, recompute);\n  recompute = await readRecompute(ports.db, directoryId);',
    ],
  ),
  'recompute writes roles of any version': one(
    3,
    [RECOMPUTES, 'd.id = ?1 AND d.roles_version = ?5\n', 'd.id = ?1 AND ?5 = ?5\n'],
    [
      RECOMPUTES,
      'WHERE id = ?1 AND roles_version = ?4)\n    AND NOT EXISTS',
      'WHERE id = ?1 AND ?4 = ?4)\n    AND NOT EXISTS',
    ],
  ),
  'recompute as a look': one(1, [
    RECOMPUTES,
    'changed_ms = ?4, written = d.ticket\n',
    'changed_ms = ?4, written = d.ticket, ticket = d.ticket\n',
  ]),
  'scope of the second change alone': one(1, [
    RECOMPUTES,
    'CASE WHEN finished_ms IS NOT NULL OR excluded.scope IS NULL THEN',
    'CASE WHEN 1 THEN',
  ]),
  'some are not joined to everybody': one(1, [
    RECOMPUTES,
    "${union('also', 'excluded.scope')}, '[]'),",
    "'[]', '[]'),",
  ]),
  'cursor goes on where it was': one(1, [
    RECOMPUTES,
    "<= ${MOST_IN_SCOPE}, after_id, ''),",
    '<= ${MOST_IN_SCOPE}, after_id, after_id),',
  ]),
  'members change under one version': one(1, [
    GROUPS,
    'SET roles_version = roles_version + 1\n  WHERE id = ?1 AND roles_version > 0 AND ${IS_HERE}',
    'SET roles_version = roles_version + 0\n  WHERE id = ?1 AND roles_version > 0 AND ${IS_HERE}',
  ]),
  'everybody comes or goes unnoticed': one(1, [
    GROUPS,
    'isOther || changed.length > 0\n',
    'changed.length > 0\n',
  ]),
  'a sign-in changes members and nobody is told': one(2, [
    MEMBERS,
    '...[RECOMPUTE, NAMED].map(',
    '...[NAMED].map(',
  ]),
  'a group that is gone has nobody': one(1, [
    'src/roles/groups.ts',
    "        await reading.startAnew();\n        return 'notFound';",
    "        await reading.startAnew();\n        await reading.end();\n        return 'notFound';",
  ]),
  'rules saved over others': one(1, [
    EDIT,
    '(await hashOfRules(book)) !== seen || changedRules',
    'changedRules',
  ]),
  'decisions by hand saved over others': one(1, [EDIT, "if (now !== seen) return 'conflict';", '']),
  'decisions by hand forgotten by a recompute': one(1, [
    RECOMPUTE,
    'book.rolesFor(personOf(row))',
    "book.rolesFor({ ...personOf(row), id: ' ' })",
  ]),
  'power by rule': one(1, [
    EVALUATE,
    'if (isRoleName(name) && !isReservedRole(name))',
    'if (isRoleName(name))',
  ]),
  'people found by roles they had': one(1, [
    'migrations/0005_roles.sql',
    "    UNION ALL SELECT 'role:' || value FROM json_each(OLD.roles)\n    UNION ALL SELECT value FROM json_each(json_array(\n      iif(OLD.org_unit_path <> '/', 'in:' || OLD.org_unit_path, NULL),\n      iif(OLD.status <> 'active', 'is:' || OLD.status, NULL),\n      iif(OLD.is_admin = 1, 'is:admin', NULL))) WHERE value IS NOT NULL)\n  AND",
    "    UNION ALL SELECT value FROM json_each(json_array(\n      iif(OLD.org_unit_path <> '/', 'in:' || OLD.org_unit_path, NULL),\n      iif(OLD.status <> 'active', 'is:' || OLD.status, NULL),\n      iif(OLD.is_admin = 1, 'is:admin', NULL))) WHERE value IS NOT NULL)\n  AND",
  ]),
};
