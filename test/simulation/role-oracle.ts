// What somebody's roles should be, worked out a second time and in another way than src/roles does: by the simulator,
// which believes nothing that the product says of itself.
import type { Groups } from '../google/groups.ts';

/** A rule as the table holds it. */
export interface RuleSaid {
  id: number;
  source: Readonly<Record<string, string>>;
  role: string;
}

/** A decision by hand as the table holds it. */
export interface HandSaid {
  userId: string;
  role: string;
  kind: string;
}

/** What roles come from besides Google's user. */
export interface RoleSources {
  rules: readonly RuleSaid[];
  byHand: readonly HandSaid[];
  /** Who is in which group. */
  isIn: (userId: string, groupKey: string) => boolean;
}

/** What Google says of a person, as far as rules ask. */
export interface PersonSaid {
  id: string;
  customSchemas: unknown;
  orgUnitPath: string;
  isAdmin: boolean;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789:_.-';
const MOST_LETTERS = 64;

const isName = (text: string) =>
  text.length > 0 &&
  text.length <= MOST_LETTERS &&
  [...text].every((letter) => LETTERS.includes(letter));

export const isReserved = (role: string) =>
  role.slice(0, 'rollcall:'.length).toLowerCase() === 'rollcall:';

function ownValue(owner: unknown, name: string | undefined): unknown {
  const entries = typeof owner === 'object' && owner !== null ? Object.entries(owner) : [];
  return entries.find(([key]) => key === name)?.[1];
}

/** A field's values: the one it has, or each of a list of `{value}`. */
function valuesAt({ customSchemas }: PersonSaid, { schema, field }: RuleSaid['source']): unknown[] {
  const stored = ownValue(ownValue(customSchemas, schema), field);
  if (!Array.isArray(stored)) return stored === undefined ? [] : [stored];
  const list: unknown[] = stored;
  return list.map((item) =>
    typeof item === 'object' && item !== null ? ownValue(item, 'value') : item,
  );
}

/** What a rule puts into its template for this person, once for each role that it tries to give. */
function textsFor(
  source: RuleSaid['source'],
  person: PersonSaid,
  isIn: RoleSources['isIn'],
): string[] {
  const only = (isSo: boolean) => (isSo ? [''] : []);
  const { kind, path = '', group = '', schema } = source;
  if (kind === 'everyone') return [''];
  if (kind === 'super-admin') return only(person.isAdmin);
  if (kind === 'group') return only(isIn(person.id, group));
  if (kind === 'org-unit')
    return only(path === '/' || `${person.orgUnitPath}/`.startsWith(`${path}/`));
  if (kind === 'field') return only(valuesAt(person, source).some((value) => value === true));
  if (kind === 'fields') {
    const fields = ownValue(person.customSchemas, schema);
    if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) return [];
    return Object.keys(fields).filter((field) => ownValue(fields, field) === true);
  }
  if (kind === 'value') {
    return valuesAt(person, source)
      .filter((value) => ['string', 'number', 'boolean'].includes(typeof value))
      .map((value) => (typeof value === 'string' ? value.trim() : String(value)))
      .filter((text) => text !== '');
  }
  throw new Error(`a rule of an unknown kind: ${kind}`);
}

/** Role names in code-unit order, each once. */
export function rolesShouldBe({ rules, byHand, isIn }: RoleSources, person: PersonSaid): string[] {
  const roles = new Set<string>();
  for (const { source, role } of rules) {
    for (const text of textsFor(source, person, isIn)) {
      const name = role.split('{field}').join(text).split('{value}').join(text);
      if (isName(name) && !isReserved(name)) roles.add(name);
    }
  }
  for (const { userId, role, kind } of byHand) {
    if (userId !== person.id) continue;
    if (kind === 'added') roles.add(role);
    else roles.delete(role);
  }
  return [...roles].sort();
}

/** Ids of those in a group at Google, through other groups too; `null` = there is no such group. */
export function membersAtGoogle(
  groups: Groups,
  groupKey: string,
  customerId: string,
): { ids: ReadonlySet<string>; hasEverybody: boolean } | null {
  const known = new Map(groups.all.map((group) => [group.id, group]));
  const first = groups.all.find(({ email }) => email === groupKey);
  if (first === undefined) return null;
  const ids = new Set<string>();
  const reached = new Set<string>();
  let hasEverybody = false;
  const enter = (group: typeof first) => {
    if (reached.has(group.id)) return;
    reached.add(group.id);
    for (const { type, id } of group.members) {
      const nested = known.get(id);
      if (type === 'USER') ids.add(id);
      else if (type === 'CUSTOMER') hasEverybody ||= id === customerId;
      else if (nested !== undefined) enter(nested);
    }
  };
  enter(first);
  return { ids, hasEverybody };
}

/** What a row is found by, from the row alone. */
export function termsShouldBe(row: {
  words: string;
  roles: string;
  org_unit_path: string;
  status: string;
  is_admin: number;
}): string[] {
  const terms = new Set<string>();
  for (const word of JSON.parse(row.words) as string[]) terms.add(`w:${word}`);
  for (const role of JSON.parse(row.roles) as string[]) terms.add(`role:${role}`);
  if (row.org_unit_path !== '/') terms.add(`in:${row.org_unit_path}`);
  if (row.status !== 'active') terms.add(`is:${row.status}`);
  if (row.is_admin === 1) terms.add('is:admin');
  return [...terms].sort();
}
