// DirectoryUser → the row that stands for them. Pure; the only place where Google's fields become ours.

import type { MappedRow, ObservedRow } from '../db/mapped.ts';
import type { Cause } from '../db/schema.ts';
import type { DirectoryProfile, DirectoryUser, WireObject } from '../google/user.ts';
import type { RolePerson } from '../roles/book.ts';
import { searchWords } from '../roles/search-words.ts';
import { canonicalJson, storableText } from './canonical.ts';

/** What a look found: `user: null` means gone, as Google's get by id said. */
export interface Observation {
  id: string;
  user: DirectoryUser | null;
  cause: Cause;
  /** When the need for the look was noticed; for a push, when it was received. */
  noticedMs: number;
}

/** A row far above what people have; D1 refuses 2 MB, and one odd profile must not crowd out a batch. */
const MAX_ROW_BYTES = 256 * 1024;

const text = (value: unknown) =>
  typeof value === 'string' && value !== '' ? storableText(value) : undefined;

/** Google promises no order: which one is first must not depend on it, or people would seem to change. */
const first = (items: readonly WireObject[]) =>
  items.length < 2
    ? items[0]
    : items
        .map((item) => [canonicalJson(item), item] as const)
        .reduce((a, b) => (b[0] < a[0] ? b : a))[1];

/** The item marked primary, else the first. */
const primary = (items: readonly WireObject[]) =>
  first(items.filter((item) => item['primary'] === true)) ?? first(items);

const valueOfType = (items: readonly WireObject[], type: string) =>
  text(first(items.filter((item) => item['type'] === type))?.['value']);

/** The rest of what downstream systems ask for; what is unset is absent. */
function attributesOf(profile: DirectoryProfile): Record<string, unknown> {
  const organization = primary(profile.organizations) ?? {};
  return {
    aliases: profile.aliases.length > 0 ? profile.aliases : undefined,
    nonEditableAliases:
      profile.nonEditableAliases.length > 0 ? profile.nonEditableAliases : undefined,
    title: text(organization['title']),
    department: text(organization['department']),
    organization: text(organization['name']),
    costCenter: text(organization['costCenter']),
    manager: valueOfType(profile.relations, 'manager'),
    employeeId: valueOfType(profile.externalIds, 'organization'),
    phone: text(primary(profile.phones)?.['value']),
    phones: profile.phones.length > 0 ? profile.phones : undefined,
    language: text(primary(profile.languages)?.['languageCode']),
  };
}

/** Where several hold: deleted > suspended > archived > active. */
export function statusOf({ suspended, archived }: DirectoryUser): MappedRow['status'] {
  return suspended ? 'suspended' : archived ? 'archived' : 'active';
}

/** What roles come from, asked about one person: see roles/book.ts. */
export type RolesFor = (person: RolePerson) => string[];

function livingRow(
  id: string,
  profile: DirectoryProfile,
  status: MappedRow['status'],
  rolesFor: RolesFor,
): MappedRow & { words: string } {
  const email = storableText(profile.primaryEmail);
  const fullName = storableText(profile.fullName);
  const orgUnitPath = storableText(profile.orgUnitPath);
  const { isAdmin, customSchemas } = profile;
  return {
    email,
    givenName: storableText(profile.givenName),
    familyName: storableText(profile.familyName),
    fullName,
    status,
    isAdmin: isAdmin ? 1 : 0,
    isDelegatedAdmin: profile.isDelegatedAdmin ? 1 : 0,
    orgUnitPath,
    photoUrl: profile.thumbnailPhotoUrl === null ? null : storableText(profile.thumbnailPhotoUrl),
    attributes: canonicalJson(attributesOf(profile)),
    customSchemas: canonicalJson(customSchemas),
    roles: JSON.stringify(rolesFor({ id, customSchemas, orgUnitPath, isAdmin })),
    words: JSON.stringify(searchWords({ fullName, email })),
  };
}

/** Measured to the byte only where it might be too much. */
function fits(row: MappedRow): boolean {
  let units = 0;
  for (const value of Object.values(row)) if (typeof value === 'string') units += value.length;
  // As JSON a character may become six, and keys and numbers are less than 1,000.
  if (units * 6 + 1_000 <= MAX_ROW_BYTES) return true;
  return new TextEncoder().encode(JSON.stringify(row)).length <= MAX_ROW_BYTES;
}

/**
 * Maps one observation for the database.
 *
 * @returns the row; only the status where the rest can't be kept and the person is suspended or archived;
 * no more than that they are there where nothing can be kept (an active person whose profile is too large)
 */
export function toObservedRow(observation: Observation, rolesFor: RolesFor): ObservedRow {
  const { id, user, cause, noticedMs } = observation;
  const stamp = { id, cause, noticedMs };
  if (user === null) return { kind: 'gone', ...stamp };
  const status = statusOf(user);
  if (user.profile !== null) {
    try {
      const row: ObservedRow = {
        kind: 'living',
        ...stamp,
        ...livingRow(id, user.profile, status, rolesFor),
      };
      if (fits(row)) return row;
    } catch (error) {
      // Custom fields nested too deep: a profile that can't be kept, no more.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return status === 'active' ? { kind: 'present', ...stamp } : { kind: 'status', ...stamp, status };
}
