// Rules → roles, and why. Pure and deterministic: the same person and rules give the same roles, in the same order.
import type { WireObject } from '../google/user.ts';
import {
  fieldsOf,
  filledIn,
  isReservedRole,
  isRoleName,
  type Rule,
  type RuleSource,
  valuesOf,
} from './rule.ts';

/** What of Google's decides about somebody's roles. */
export interface RoleFacts {
  customSchemas: WireObject;
  orgUnitPath: string;
  isAdmin: boolean;
  /** Those of the named groups that they are in, as the rules name them. */
  groups: ReadonlySet<string>;
}

/** What an operator decided about one person and one role. */
export interface ByHand {
  role: string;
  kind: 'added' | 'excepted';
}

/** Which value of Google's gave a role. `at` names the place: `PM_Teams.Alpha`, an org unit's path, a group. */
export interface Because {
  kind: RuleSource['kind'];
  at: string;
  /** What stands there; `null` where being there is all. */
  value: string | null;
}

/** A role that a rule gives. */
export interface Grant {
  role: string;
  ruleId: number;
  because: Because;
}

/** What a rule would give, were it a role's name. */
export interface Misfit {
  ruleId: number;
  name: string;
  because: Because;
}

export interface Evaluated {
  grants: Grant[];
  misfits: Misfit[];
}

const asText = (value: unknown): string | null => {
  if (typeof value === 'string') return value.trim() === '' ? null : value.trim();
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
};

const isWithin = (path: string, unit: string) =>
  unit === '/' || path === unit || path.startsWith(`${unit}/`);

/** What a rule finds at a person: the text for its template, and where that stands. */
function found(source: RuleSource, facts: RoleFacts): { text: string; because: Because }[] {
  const { kind } = source;
  const one = (at: string, value: string | null = null) => [
    { text: '', because: { kind, at, value } },
  ];
  switch (kind) {
    case 'field':
      return valuesOf(facts.customSchemas, source.schema, source.field).includes(true)
        ? one(`${source.schema}.${source.field}`, 'true')
        : [];
    case 'fields':
      return Object.entries(fieldsOf(facts.customSchemas, source.schema) ?? {})
        .filter(([, value]) => value === true)
        .map(([field]) => ({
          text: field,
          because: { kind, at: `${source.schema}.${field}`, value: 'true' },
        }));
    case 'value':
      return valuesOf(facts.customSchemas, source.schema, source.field).flatMap((value) => {
        const text = asText(value);
        const because = { kind, at: `${source.schema}.${source.field}`, value: text };
        return text === null ? [] : [{ text, because }];
      });
    case 'org-unit':
      return isWithin(facts.orgUnitPath, source.path) ? one(facts.orgUnitPath) : [];
    case 'group':
      return facts.groups.has(source.group) ? one(source.group) : [];
    case 'super-admin':
      return facts.isAdmin ? one('isAdmin', 'true') : [];
    case 'everyone':
      return one('');
    default:
      return source satisfies never;
  }
}

/** What the rules say about a person, each grant with its reason. Several rules may give one role. */
export function evaluate(rules: readonly Rule[], facts: RoleFacts): Evaluated {
  const evaluated: Evaluated = { grants: [], misfits: [] };
  for (const { id: ruleId, source, role } of rules) {
    for (const { text, because } of found(source, facts)) {
      const name = filledIn(role, text);
      if (isRoleName(name) && !isReservedRole(name))
        evaluated.grants.push({ role: name, ruleId, because });
      else evaluated.misfits.push({ ruleId, name, because });
    }
  }
  return evaluated;
}

/** @returns role names in code-unit order, once each */
export function rolesOf(
  rules: readonly Rule[],
  facts: RoleFacts,
  byHand: readonly ByHand[],
): string[] {
  const roles = new Set(evaluate(rules, facts).grants.map(({ role }) => role));
  for (const { role, kind } of byHand) {
    if (kind === 'excepted') roles.delete(role);
    else if (isRoleName(role)) roles.add(role);
  }
  return [...roles].toSorted();
}
