// Roles, first form: every field that is true in one custom schema is a role. Pure.
import type { WireObject } from '../google/user.ts';

/** A role's name, as design and console spell it; a field name that does not fit is no role. */
const ROLE_NAME = /^[A-Za-z0-9:_.-]{1,64}$/;

/**
 * @param customSchemas Google's `customSchemas`
 * @param schemaName the schema whose true fields count, `ROLES_SCHEMA`
 * @returns role names in code-unit order. A field counts only as the boolean `true`; a name that would
 * stand for power inside this deployment (`rollcall:…`) never counts: an org's schema can't grant that
 */
export function rolesFromSchema(customSchemas: WireObject, schemaName: string): string[] {
  const fields = Object.hasOwn(customSchemas, schemaName) ? customSchemas[schemaName] : undefined;
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return [];
  return Object.entries(fields)
    .filter(([name, value]) => value === true && ROLE_NAME.test(name) && !/^rollcall:/i.test(name))
    .map(([name]) => name)
    .toSorted();
}
