// Google's user resource → DirectoryUser. Parsing, not casting: a field of an unexpected type counts as
// unset, and what decides who may come in is never guessed.
// https://developers.google.com/workspace/admin/directory/reference/rest/v1/users
import { GoogleApiError } from './errors.ts';

export interface DirectoryProfile {
  primaryEmail: string;
  givenName: string;
  familyName: string;
  fullName: string;
  isAdmin: boolean;
  isDelegatedAdmin: boolean;
  orgUnitPath: string;
  thumbnailPhotoUrl: string | null;
  aliases: readonly string[];
  nonEditableAliases: readonly string[];
  organizations: readonly WireObject[];
  relations: readonly WireObject[];
  externalIds: readonly WireObject[];
  phones: readonly WireObject[];
  languages: readonly WireObject[];
  /** `{schemaName: {fieldName: value or [{value, type, customType}]}}`; int64 values are strings. */
  customSchemas: WireObject;
}

/** One person as Google answers for them. */
export interface DirectoryUser {
  /** Immutable numeric id; the OIDC `sub`. */
  id: string;
  customerId: string;
  suspended: boolean;
  archived: boolean;
  /** `null` where only the status could be read; then it is suspended or archived. */
  profile: DirectoryProfile | null;
}

export type WireObject = Readonly<Record<string, unknown>>;

/** The mapped fields, for `fields=`: an answer holds nothing that is not used. */
export const USER_FIELDS = [
  'id',
  'customerId',
  'primaryEmail',
  'name(givenName,familyName,fullName)',
  'suspended',
  'archived',
  'isAdmin',
  'isDelegatedAdmin',
  'orgUnitPath',
  'thumbnailPhotoUrl',
  'aliases',
  'nonEditableAliases',
  'organizations',
  'relations',
  'externalIds',
  'phones',
  'languages',
  'customSchemas',
].join(',');

export const USER_ID_PATTERN = /^\d{6,30}$/;

function isObject(value: unknown): value is WireObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const textOr = (value: unknown, otherwise: string) =>
  typeof value === 'string' ? value : otherwise;
const strings = (value: unknown) =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
const objects = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : []);

function parseProfile(wire: WireObject): DirectoryProfile | null {
  const { primaryEmail } = wire;
  if (typeof primaryEmail !== 'string' || !primaryEmail.includes('@')) return null;
  const name = isObject(wire['name']) ? wire['name'] : {};
  const givenName = textOr(name['givenName'], '');
  const familyName = textOr(name['familyName'], '');
  return {
    primaryEmail,
    givenName,
    familyName,
    fullName: textOr(name['fullName'], `${givenName} ${familyName}`.trim()),
    isAdmin: wire['isAdmin'] === true,
    isDelegatedAdmin: wire['isDelegatedAdmin'] === true,
    orgUnitPath: textOr(wire['orgUnitPath'], '/'),
    thumbnailPhotoUrl: textOr(wire['thumbnailPhotoUrl'], '') || null,
    aliases: strings(wire['aliases']),
    nonEditableAliases: strings(wire['nonEditableAliases']),
    organizations: objects(wire['organizations']),
    relations: objects(wire['relations']),
    externalIds: objects(wire['externalIds']),
    phones: objects(wire['phones']),
    languages: objects(wire['languages']),
    customSchemas: isObject(wire['customSchemas']) ? wire['customSchemas'] : {},
  };
}

/**
 * Parses one user resource.
 *
 * An answer without a boolean `suspended` is an error, never an active person. One that says suspended
 * or archived counts even when the rest of it is of no use: nobody stays in because their profile is odd.
 *
 * @throws {GoogleApiError} `invalid-response` (not retryable)
 */
export function parseDirectoryUser(wire: unknown): DirectoryUser {
  const invalid = () =>
    new GoogleApiError({ code: 'invalid-response', status: 200, retryable: false });
  if (!isObject(wire)) throw invalid();
  const { id, customerId, suspended, archived } = wire;
  if (typeof id !== 'string' || !USER_ID_PATTERN.test(id)) throw invalid();
  if (typeof customerId !== 'string' || customerId === '') throw invalid();
  const isOut = suspended === true || archived === true;
  if (typeof suspended !== 'boolean' && !isOut) throw invalid();
  const profile = typeof suspended === 'boolean' ? parseProfile(wire) : null;
  if (profile === null && !isOut) throw invalid();
  return { id, customerId, suspended: suspended === true, archived: archived === true, profile };
}
