// A rule: what of Google's gives which role. Parsed at the edge, from forms and from the table; pure.
import * as z from 'zod';
import type { WireObject } from '../google/user.ts';

/** A role's name, wherever it comes from; what does not fit is no role, and is never bent until it does. */
const ROLE_NAME = /^[A-Za-z0-9:_.-]{1,64}$/;

export const isRoleName = (name: string): boolean => ROLE_NAME.test(name);

/** Power inside this deployment. Nobody at Google can give it, whatever they call a field, a group or an org unit. */
export const isReservedRole = (name: string): boolean => /^rollcall:/i.test(name);

const name = z.string().min(1, 'is missing').max(100, 'is longer than 100 characters');

/** `/` or `/A/B`: as Google spells it, without a slash at its end. */
const orgUnitPath = z
  .string()
  .trim()
  .max(1_000, 'is longer than 1,000 characters')
  .transform((path) => (path.length > 1 ? path.replace(/\/+$/, '') || '/' : path))
  .refine((path) => path.startsWith('/') && !path.includes('//'), 'must begin with a slash');

/** A group's address, in lower case, or Google's id of it. */
const groupKey = z
  .string()
  .trim()
  .toLowerCase()
  .max(320, 'is too long')
  .regex(/^(?:[^\s@/?#%\\]+@[a-z0-9.-]+\.[a-z0-9-]+|[a-z0-9]{5,64})$/, 'must be an address');

const SOURCES = {
  field: z.object({ kind: z.literal('field'), schema: name, field: name }),
  fields: z.object({ kind: z.literal('fields'), schema: name }),
  value: z.object({ kind: z.literal('value'), schema: name, field: name }),
  'org-unit': z.object({ kind: z.literal('org-unit'), path: orgUnitPath }),
  group: z.object({ kind: z.literal('group'), group: groupKey }),
  'super-admin': z.object({ kind: z.literal('super-admin') }),
  everyone: z.object({ kind: z.literal('everyone') }),
} as const;

/**
 * What decides:
 * - `field` a field of a custom schema is ticked
 * - `fields` each ticked field of a custom schema, by its name
 * - `value` each value of a field
 * - `org-unit` the person is in this org unit or below it
 * - `group` the person is a member, directly or through other groups
 * - `super-admin`, `everyone`
 */
export const ruleSource = z.discriminatedUnion('kind', [
  SOURCES.field,
  SOURCES.fields,
  SOURCES.value,
  SOURCES['org-unit'],
  SOURCES.group,
  SOURCES['super-admin'],
  SOURCES.everyone,
]);
export type RuleSource = z.output<typeof ruleSource>;
export type RuleKind = RuleSource['kind'];
export const RULE_KINDS = Object.keys(SOURCES) as RuleKind[];

export interface Rule {
  id: number;
  source: RuleSource;
  /** A role's name, or a template with what `placeholderOf` says. */
  role: string;
}

/** What a template of this kind of rule takes; `null` = the role is one and the same. */
function placeholderOf(kind: RuleKind): '{field}' | '{value}' | null {
  if (kind === 'fields') return '{field}';
  return kind === 'value' ? '{value}' : null;
}

/** The role that a template makes of a field's name, or of a value; perhaps no role's name. */
export const filledIn = (template: string, text: string): string =>
  template.replaceAll(/\{(?:field|value)\}/g, () => text);

/**
 * What is wrong with a rule's role; `null` = nothing. Whether each field's name fits is seen only when it is met.
 */
export function roleProblem({ source, role }: Omit<Rule, 'id'>): string | null {
  const placeholder = placeholderOf(source.kind);
  if (placeholder !== null && role.split(placeholder).length !== 2)
    return `must hold ${placeholder} once, as in team:${placeholder}`;
  const example = placeholder === null ? role : role.replace(placeholder, 'x');
  if (!isRoleName(example)) return 'must be 1 to 64 letters, digits and : _ . - and nothing else';
  if (isReservedRole(example)) return 'must not begin with rollcall: no rule gives power here';
  return null;
}

/** The rule of which `schema` is ROLES_SCHEMA: each ticked field is a role. */
export const seedRule = (schema: string): Omit<Rule, 'id'> => ({
  source: { kind: 'fields', schema },
  role: '{field}',
});

/** The groups that rules name. */
export const namedGroups = (rules: readonly Pick<Rule, 'source'>[]): string[] => [
  ...new Set(rules.flatMap(({ source }) => (source.kind === 'group' ? [source.group] : []))),
];

/** A field's values: one, or those of Google's `[{type, value}]`. */
export function valuesOf(customSchemas: WireObject, schema: string, field: string): unknown[] {
  const value = ownOf(fieldsOf(customSchemas, schema) ?? {}, field);
  if (!Array.isArray(value)) return value === undefined ? [] : [value];
  return value.map((item: unknown) =>
    typeof item === 'object' && item !== null ? ownOf(item as WireObject, 'value') : item,
  );
}

/** A schema's fields as this person has them; `null` where they have none of it. */
export function fieldsOf(customSchemas: WireObject, schema: string): WireObject | null {
  const fields = ownOf(customSchemas, schema);
  return typeof fields === 'object' && fields !== null && !Array.isArray(fields)
    ? (fields as WireObject)
    : null;
}

/** Never what every object has: a schema may be called `constructor`. */
const ownOf = (object: WireObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined;
