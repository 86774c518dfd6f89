// The book of roles: rules, people by hand and group members of one version, ready to be asked about people. Every row's
// roles are made here, whoever observed the person.
import type { Database } from '../db/database.ts';
import { type RoleInputs, readRoleInputs, type StoredRule } from '../db/role-inputs.ts';
import { seedRoleRules } from '../db/role-rules.ts';
import type { WireObject } from '../google/user.ts';
import { type Evaluated, evaluate, type RoleFacts, rolesOf } from './evaluate.ts';
import { type Rule, ruleSource, seedRule } from './rule.ts';

export interface BookPorts {
  db: Database;
  /** `rolesSchema` makes the first rule, once. */
  config: { readonly rolesSchema: string };
}

/** What a row says of somebody that rules ask about. */
export type RolePerson = Omit<RoleFacts, 'groups'> & { id: string };

/** The same of a row as it is stored. */
export function personOf(row: {
  id: string;
  customSchemas: string;
  orgUnitPath: string;
  isAdmin: 0 | 1;
}): RolePerson {
  const { id, orgUnitPath } = row;
  const customSchemas = JSON.parse(row.customSchemas) as WireObject;
  return { id, customSchemas, orgUnitPath, isAdmin: row.isAdmin === 1 };
}

export interface RoleBook {
  version: number;
  rules: readonly Rule[];
  /** Ids of rules that this version can't read: they give nothing. */
  unreadable: readonly number[];
  /** @returns role names in code-unit order */
  rolesFor(person: RolePerson): string[];
  /** Every grant with its reason, whatever was decided by hand. */
  explain(person: RolePerson): Evaluated;
  byHand: RoleInputs['byHand'];
}

function parsed(stored: readonly StoredRule[]): Pick<RoleBook, 'rules' | 'unreadable'> {
  const rules: Rule[] = [];
  const unreadable: number[] = [];
  for (const { id, source, role } of stored) {
    const result = ruleSource.safeParse(source);
    if (result.success) rules.push({ id, source: result.data, role });
    else unreadable.push(id);
  }
  return { rules, unreadable };
}

/** @param rules other rules than those that are stored: what if */
export function bookOf(inputs: RoleInputs, rules?: readonly Rule[]): RoleBook {
  const readable = parsed(inputs.rules);
  const used = rules ?? readable.rules;
  const factsOf = ({ id, ...facts }: RolePerson): RoleFacts => ({
    ...facts,
    groups: new Set([...inputs.groupsOfEverybody, ...(inputs.groups.get(id) ?? [])]),
  });
  return {
    version: inputs.version,
    rules: used,
    unreadable: readable.unreadable,
    rolesFor: (person) => rolesOf(used, factsOf(person), inputs.byHand.get(person.id) ?? []),
    explain: (person) => evaluate(used, factsOf(person)),
    byHand: inputs.byHand,
  };
}

/** What the first rule is called until it is made. */
export const SEED_ID = 1;

/**
 * What the roles of these people come from. One query, and nothing is written: until the first rule is made, ROLES_SCHEMA
 * stands for it, under the id that it will have in the first directory.
 *
 * @returns `null` if the directory has no row
 * @throws {DatabaseError}
 */
export async function readRoleInputsOf(
  { db, config }: BookPorts,
  directoryId: string,
  ids: readonly string[],
): Promise<RoleInputs | null> {
  const inputs = await readRoleInputs(db, directoryId, ids);
  if (inputs === null || inputs.version > 0) return inputs;
  return { ...inputs, rules: [{ id: SEED_ID, ...seedRule(config.rolesSchema) }] };
}

/** Makes the first rule of ROLES_SCHEMA, once: cron does, or the first pass, or whoever changes a rule before that. */
export async function ensureFirstRule(
  { db, config, nowMs }: BookPorts & { nowMs: () => number },
  directoryId: string,
): Promise<void> {
  const inputs = await readRoleInputs(db, directoryId, []);
  if (inputs?.version !== 0) return;
  await seedRoleRules(db, directoryId, seedRule(config.rolesSchema), nowMs());
}

/** The book for these people; see `readRoleInputsOf`. */
export async function readRoleBook(
  ports: BookPorts,
  directoryId: string,
  ids: readonly string[],
): Promise<RoleBook | null> {
  const inputs = await readRoleInputsOf(ports, directoryId, ids);
  return inputs && bookOf(inputs);
}
