// The form of a rule: what it sends, as a rule or as what is wrong with it. A kind has fields of its own, so that all of
// them can stand on the page without JavaScript; those of the other kinds are left out.
import * as z from 'zod';
import type { RuleChange } from '../roles/edit.ts';
import {
  RULE_KINDS,
  type Rule,
  type RuleKind,
  type RuleSource,
  roleProblem,
  ruleSource,
} from '../roles/rule.ts';

/** What stands in the fields, whatever it is. */
export type RuleFields = Readonly<Record<(typeof NAMES)[number], string>>;

const NAMES = [
  'kind',
  'field_schema',
  'field_field',
  'fields_schema',
  'value_schema',
  'value_field',
  'org_unit',
  'group',
  'role',
] as const;

const MAX_LENGTH = 1_000;

/** Of a form, or of an address that leads to one. */
export function ruleFieldsOf(given: Readonly<Record<string, unknown>>): RuleFields {
  const entries = NAMES.map((name) => {
    const value = given[name];
    return [name, typeof value === 'string' ? value.slice(0, MAX_LENGTH) : ''];
  });
  return Object.fromEntries(entries) as RuleFields;
}

/** The fields that say what a rule says. */
export function fieldsOfRule({ source, role }: Omit<Rule, 'id'>): RuleFields {
  const { kind } = source;
  return ruleFieldsOf({
    kind,
    role,
    ...(kind === 'field' ? { field_schema: source.schema, field_field: source.field } : {}),
    ...(kind === 'fields' ? { fields_schema: source.schema } : {}),
    ...(kind === 'value' ? { value_schema: source.schema, value_field: source.field } : {}),
    ...(kind === 'org-unit' ? { org_unit: source.path } : {}),
    ...(kind === 'group' ? { group: source.group } : {}),
  });
}

const isKind = (text: string): text is RuleKind => (RULE_KINDS as readonly string[]).includes(text);

function sourceIn(fields: RuleFields, kind: RuleKind): Record<string, string> {
  const text = (name: keyof RuleFields) => fields[name].trim();
  switch (kind) {
    case 'field':
      return { kind, schema: text('field_schema'), field: text('field_field') };
    case 'fields':
      return { kind, schema: text('fields_schema') };
    case 'value':
      return { kind, schema: text('value_schema'), field: text('value_field') };
    case 'org-unit':
      return { kind, path: text('org_unit') };
    case 'group':
      return { kind, group: text('group') };
    default:
      return { kind };
  }
}

const LABELS: Readonly<Record<string, string>> = {
  schema: 'The custom schema',
  field: 'The field',
  path: 'The org unit',
  group: 'The group',
};

type ParsedRule = { ok: true; rule: Omit<Rule, 'id'> } | { ok: false; problems: string[] };

/** A rule, or what is wrong, in words. */
export function parseRule(fields: RuleFields): ParsedRule {
  if (!isKind(fields.kind)) return { ok: false, problems: ['Choose who gets the role.'] };
  const parsed = ruleSource.safeParse(sourceIn(fields, fields.kind));
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(
        ({ path, message }) => `${LABELS[String(path[0])] ?? 'It'} ${message}.`,
      );
  const role = fields.role.trim();
  const source = parsed.success ? parsed.data : ({ kind: fields.kind } as RuleSource);
  const problem = roleProblem({ source, role });
  if (problem !== null) problems.push(`The role ${problem}.`);
  return parsed.success && problems.length === 0
    ? { ok: true, rule: { source: parsed.data, role } }
    : { ok: false, problems };
}

const changeFields = z.object({
  id: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .optional(),
  remove: z.literal('yes').optional(),
  seen: z
    .string()
    .regex(/^[\w-]{43}$/)
    .optional(),
});

/** What a form asks for besides the rule: which one it is about, whether it goes, which rules were on the page. */
export type AskedChange = { id: number | null; isRemoval: boolean; seen: string | null };

/** @returns `null` for what none of our forms sends */
export function askedChange(given: Readonly<Record<string, unknown>>): AskedChange | null {
  const { id, remove, seen } = given;
  const parsed = changeFields.safeParse({
    ...(id === undefined || id === '' ? {} : { id }),
    ...(remove === undefined ? {} : { remove }),
    ...(seen === undefined || seen === '' ? {} : { seen }),
  });
  if (!parsed.success || (parsed.data.remove !== undefined && parsed.data.id === undefined))
    return null;
  return {
    id: parsed.data.id ?? null,
    isRemoval: parsed.data.remove !== undefined,
    seen: parsed.data.seen ?? null,
  };
}

/** The change that a form with this rule stands for. */
export const changeTo = (id: number | null, rule: Omit<Rule, 'id'>): RuleChange =>
  id === null ? { kind: 'add', rule } : { kind: 'replace', id, rule };
