// What must be true at the end: the table says what the directory says.
import { FULL, toWireUser } from '../google/wire-user.ts';
import { rowOf, type Wire } from './google-border.ts';
import { type Row, shows } from './rows.ts';
import type { World } from './world.ts';

/** The simple fields, read off the wire without the product's mapping. */
function simpleFields(wire: Wire): Partial<Row> {
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
    roles: rolesOf(wire),
  };
}

/** The true fields of the schema of roles, in order. */
function rolesOf(wire: Wire): string {
  const schemas = (wire['customSchemas'] ?? {}) as Record<string, Record<string, unknown>>;
  const roles = Object.entries(schemas['Roles'] ?? {}).flatMap(([role, value]) =>
    value === true ? [role] : [],
  );
  return JSON.stringify(roles.toSorted());
}

function differences(row: Row, wire: Wire, rolesSchema: string): string[] {
  const wrong = Object.entries(simpleFields(wire)).filter(
    ([column, value]) => row[column as keyof Row] !== value,
  );
  const observed = rowOf(row.id, wire, rolesSchema);
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
    const wrong = differences(row, wire, config.rolesSchema);
    if (wrong.length > 0) witness.fail(`at the end ${id} differs in ${wrong.join(', ')}`);
  }
  for (const row of witness.rows.values()) {
    if (row.status !== 'deleted' && !living.has(row.id) && !held.has(row.id)) {
      witness.fail(`at the end ${row.id} is still here`);
    }
  }
}
