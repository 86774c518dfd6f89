// Whether anybody has the custom schemas that the rules for roles name.
import type { UserSample } from '../../google/user-sample.ts';
import { evaluate } from '../../roles/evaluate.ts';
import type { Rule } from '../../roles/rule.ts';
import { type Finding, ok, waiting } from '../finding.ts';
import { setVar, USERS_PAGE } from './places.ts';

const CREATE_SCHEMA = (schema: string) => [
  `Open ${USERS_PAGE} (Admin console > Directory > Users) > More options > Manage custom attributes > Add custom attribute, as a super admin.`,
  `Category: ${schema}. One custom field for each role: its name is the role, type Yes or no, single value.`,
  `Tick roles on a person: their page > User details > ${schema}. Then check again.`,
];

const distinct = (names: readonly string[]) => [...new Set(names)].toSorted();

const MAX_NAMES = 10;
const named = (names: readonly string[]) =>
  names.slice(0, MAX_NAMES).join(', ') + (names.length > MAX_NAMES ? ', …' : '');

const CHANGE_RULE = 'change the rule on the console’s page Roles';

/**
 * What the rules that ask custom schemas give on that page. Nobody needs roles: it never fails.
 *
 * @param rules those that are stored; before the first import, the one that ROLES_SCHEMA will make
 * @param isStored false while ROLES_SCHEMA still decides
 */
export function checkRoles(sample: UserSample, rules: readonly Rule[], isStored: boolean): Finding {
  const asked = [
    ...new Set(rules.flatMap(({ source }) => ('schema' in source ? [source.schema] : []))),
  ];
  const [schema] = asked;
  if (schema === undefined) {
    const count = rules.length === 1 ? '1 rule gives' : `${rules.length} rules give`;
    return ok(
      'roles',
      rules.length === 0 ? 'No rule gives any.' : `${count} them, and none asks custom schemas.`,
    );
  }
  const having = sample.customSchemas.filter((one) =>
    asked.some((name) => Object.hasOwn(one, name)),
  );
  const withSchema = having.length;
  const nowhere = { orgUnitPath: '/', isAdmin: false, groups: new Set<string>() };
  const byFields = rules.filter(({ source }) => 'schema' in source);
  const roles = distinct(
    having.flatMap((customSchemas) =>
      evaluate(byFields, { customSchemas, ...nowhere }).grants.map(({ role }) => role),
    ),
  );
  const schemas = distinct(sample.customSchemas.flatMap(Object.keys));
  const the = `the custom schema ${asked.length === 1 ? '' : 'of a rule: '}${named(asked)}`;
  if (roles.length > 0)
    return ok(
      'roles',
      `${withSchema} of ${sample.people} people have ${the}. It gives ${named(roles)}.`,
    );
  if (withSchema > 0)
    return waiting(
      'roles',
      `${withSchema} of ${sample.people} people have ${the}, but no field in it is a Yes: a role is a field of type Yes or no that is ticked.`,
      CREATE_SCHEMA(schema).slice(1),
      [{ label: 'Category', value: schema }],
    );
  const others =
    schemas.length === 0
      ? 'Nobody has any custom schema.'
      : `What people do have: ${named(schemas)}.`;
  const instead = isStored
    ? `If roles are in one of them (${named(schemas)}), ${CHANGE_RULE}.`
    : `Set ROLES_SCHEMA to one of them (${named(schemas)}), if roles are there. ${setVar('ROLES_SCHEMA')}`;
  return waiting(
    'roles',
    `None of ${sample.people} people has ${the}: they have no roles by it. ${others}`,
    [...(schemas.length === 0 ? [] : [instead]), ...CREATE_SCHEMA(schema)],
    [{ label: 'Category', value: schema }],
  );
}
