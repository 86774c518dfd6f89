// Whether anybody has the custom schema whose ticked fields are roles.
import type { UserSample } from '../../google/user-sample.ts';
import { rolesFromSchema } from '../../roles/schema-roles.ts';
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

/** What the custom schema `schema` of ROLES_SCHEMA grants on that page. Nobody needs roles: it never fails. */
export function checkRoles(sample: UserSample, schema: string): Finding {
  const having = sample.customSchemas.filter((one) => Object.hasOwn(one, schema));
  const withSchema = having.length;
  const roles = distinct(having.flatMap((one) => rolesFromSchema(one, schema)));
  const schemas = distinct(sample.customSchemas.flatMap(Object.keys));
  if (roles.length > 0)
    return ok(
      'roles',
      `${withSchema} of ${sample.people} people have the custom schema ${schema}: ${named(roles)}.`,
    );
  if (withSchema > 0)
    return waiting(
      'roles',
      `${withSchema} of ${sample.people} people have the custom schema ${schema}, but no field in it is a Yes: a role is a field of type Yes or no that is ticked.`,
      CREATE_SCHEMA(schema).slice(1),
      [{ label: 'Category', value: schema }],
    );
  const others =
    schemas.length === 0
      ? 'Nobody has any custom schema.'
      : `What people do have: ${named(schemas)}.`;
  const instead = `Set ROLES_SCHEMA to one of them (${named(schemas)}), if roles are there. ${setVar('ROLES_SCHEMA')}`;
  return waiting(
    'roles',
    `None of ${sample.people} people has the custom schema ${schema}: they have no roles. ${others}`,
    [...(schemas.length === 0 ? [] : [instead]), ...CREATE_SCHEMA(schema)],
    [{ label: 'Category', value: schema }],
  );
}
