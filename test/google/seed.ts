// Fills a new Workspace with the company example.test, or with its admin only. Nobody in it exists.
// Ids are made from the addresses, so that they are the same in every run.
import { EXAMPLE_COMPANY } from './example-company.ts';
import { EXAMPLE_GROUPS } from './example-groups.ts';
import type { Entry, NewUser } from './person.ts';
import type { SeedPerson } from './seed-person.ts';
import type { Workspace } from './workspace.ts';

/** Long enough ago for nobody to count as new. */
const SEEDED_BEFORE_MS = 400 * 24 * 60 * 60 * 1000;

export function seedCompany(
  workspace: Workspace,
  options: { isWhole: boolean; nowMs: number },
): void {
  const createdAtMs = options.nowMs - SEEDED_BEFORE_MS;
  workspace.silently(() => {
    for (const person of EXAMPLE_COMPANY) {
      if (options.isWhole || person.email === workspace.adminEmail)
        addPerson(workspace, person, createdAtMs);
    }
  });
  if (!options.isWhole) return;
  for (const { email, name, members } of EXAMPLE_GROUPS) {
    workspace.groups.create({ email, name });
    for (const [member, role] of members) workspace.groups.addMember(email, member, role);
  }
}

function addPerson(workspace: Workspace, person: SeedPerson, createdAtMs: number): void {
  const organization: Entry = { primary: true, type: 'work' };
  if (person.title) organization['title'] = person.title;
  if (person.department) organization['department'] = person.department;
  const input: NewUser = {
    id: stableId(person.email),
    createdAtMs,
    primaryEmail: person.email,
    givenName: person.given,
    familyName: person.family,
    orgUnitPath: person.orgUnit,
    organizations: [organization],
    isAdmin: person.isSuperAdmin ?? false,
    agreedToTerms: person.lastLogin !== undefined,
    isEnrolledIn2Sv: person.lastLogin !== undefined,
    ...(person.lastLogin && { lastLoginTime: person.lastLogin }),
    ...(person.aliases && { aliases: person.aliases }),
    ...(person.phone && { phones: [{ value: person.phone, type: 'work', primary: true }] }),
    ...(person.manager && { relations: [{ value: person.manager, type: 'manager' }] }),
    ...(person.employeeId && { externalIds: [{ value: person.employeeId, type: 'organization' }] }),
    ...(person.photo && { thumbnailPhotoUrl: person.photo }),
    ...(person.schemas && { customSchemas: person.schemas }),
    ...(person.isSuspended && { suspended: true, suspensionReason: 'ADMIN' }),
    ...(person.isArchived && { archived: true }),
  };
  workspace.add(input);
}

/** 21 digits that depend on nothing but the address. */
export function stableId(address: string): string {
  let high = 7;
  let low = 3;
  for (const character of address) {
    const code = character.codePointAt(0) ?? 0;
    high = (high * 131 + code) % 9_999_999_967;
    low = (low * 137 + code) % 9_999_999_929;
  }
  return `1${String(high).padStart(10, '0')}${String(low).padStart(10, '0')}`;
}
