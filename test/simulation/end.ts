// What must be true at the end: the table says what the directory says.
import { FULL, toWireUser } from '../google/wire-user.ts';
import { rowOf, type Wire } from './google-border.ts';
import {
  membersAtGoogle,
  type PersonSaid,
  type RoleSources,
  rolesShouldBe,
  termsShouldBe,
} from './role-oracle.ts';
import { type Row, shows } from './rows.ts';
import type { World } from './world.ts';

/** The simple fields, read off the wire without the product's mapping. */
function simpleFields(wire: Wire, rolesFor: RolesFor): Partial<Row> {
  const name = wire['name'] as Record<string, string>;
  const status = wire['suspended'] ? 'suspended' : wire['archived'] ? 'archived' : 'active';
  return {
    email: String(wire['primaryEmail']),
    given_name: name['givenName'] ?? '',
    family_name: name['familyName'] ?? '',
    full_name: name['fullName'] ?? '',
    status,
    is_admin: wire['isAdmin'] ? 1 : 0,
    org_unit_path: String(wire['orgUnitPath']),
    roles: JSON.stringify(rolesFor(personOf(wire))),
  };
}

const personOf = (wire: Wire): PersonSaid => ({
  id: String(wire['id']),
  customSchemas: wire['customSchemas'] ?? {},
  orgUnitPath: String(wire['orgUnitPath']),
  isAdmin: wire['isAdmin'] === true,
});

type RolesFor = (person: PersonSaid) => string[];

/** Roles by who is in which group at Google now. Of a group that is gone it is who was last known to be. */
function rolesNow({ google, witness }: World): RolesFor {
  const sources = witness?.roles.sources ?? { rules: [], byHand: [], isIn: () => false };
  const { groups, customerId } = google.workspace;
  const known = new Map<string, ReturnType<typeof membersAtGoogle>>();
  const isIn: RoleSources['isIn'] = (userId, groupKey) => {
    if (!known.has(groupKey)) known.set(groupKey, membersAtGoogle(groups, groupKey, customerId));
    const members = known.get(groupKey);
    return members
      ? members.hasEverybody || members.ids.has(userId)
      : sources.isIn(userId, groupKey);
  };
  return (person) => rolesShouldBe({ ...sources, isIn }, person);
}

/** The words of a name and an address; simulated ones have nothing but letters and digits. */
const wordsOf = ({ full_name, email }: Row) => [
  ...new Set(`${full_name} ${email.split('@')[0]}`.toLowerCase().split(' ')),
];

/** Everybody is found by what their row says, and by nothing else. */
function compareTerms(world: World): void {
  const { witness } = world;
  const stored = new Map<string, string[]>();
  for (const { id, term } of witness?.roles.terms() ?? [])
    stored.set(id, [...(stored.get(id) ?? []), term]);
  for (const row of witness?.rows.values() ?? []) {
    const terms = (stored.get(row.id) ?? []).sort();
    if (JSON.stringify(terms) !== JSON.stringify(termsShouldBe(row)))
      witness?.fail(`${row.id} is found by ${terms}, and not by ${termsShouldBe(row)}`);
    stored.delete(row.id);
    const words = (JSON.parse(row.words) as string[]).sort();
    if (JSON.stringify(words) !== JSON.stringify(wordsOf(row).sort()))
      witness?.fail(`${row.id} has the words ${words}, and not ${wordsOf(row)}`);
  }
  for (const id of stored.keys()) witness?.fail(`${id} is found, and is not there`);
}

function differences(row: Row, wire: Wire, rolesFor: RolesFor): string[] {
  const wrong = Object.entries(simpleFields(wire, rolesFor)).filter(
    ([column, value]) => row[column as keyof Row] !== value,
  );
  const observed = rowOf(row.id, wire, rolesFor);
  if (wrong.length === 0 && (observed === null || !shows(observed, row, row))) return ['the rest'];
  return wrong.map(([column]) => column);
}

/** Compares everybody at Google with everybody here; held removals aside. */
export function compareWithGoogle(world: World): void {
  const { witness, google, config } = world;
  if (witness === null) return;
  const { workspace } = google;
  const account = { customerId: workspace.customerId, primaryDomain: workspace.domains[0] ?? '' };
  const { held } = witness;
  const rolesFor = rolesNow(world);
  if (!witness.roles.isSettled) witness.fail('at the end a recompute is under way');
  compareTerms(world);
  const living = new Map<string, Wire>();
  for (const person of workspace.store.living()) {
    const wire = toWireUser(person, account, FULL);
    const { domain } = config;
    const isInScope = domain === undefined || person.user.primaryEmail.endsWith(`@${domain}`);
    if (isInScope) living.set(person.user.id, wire);
  }
  for (const [id, wire] of living) {
    const row = witness.rows.get(id);
    if (row === undefined) {
      witness.fail(`${id} lives at Google and is unknown here`);
      return;
    }
    const wrong = differences(row, wire, rolesFor);
    if (wrong.length > 0) witness.fail(`at the end ${id} differs in ${wrong.join(', ')}`);
  }
  for (const row of witness.rows.values()) {
    if (row.status !== 'deleted' && !living.has(row.id) && !held.has(row.id)) {
      witness.fail(`at the end ${row.id} is still here`);
    }
  }
}
