// What the fake Workspace stores about one person: the fields of Google's User resource that it
// keeps, plus what only the store needs (revision, deletion, odd values set by a test). A Person is
// never changed in place: each mutation makes a new one, so that past states stay readable.

export interface PersonName {
  givenName: string;
  familyName: string;
  fullName: string;
  displayName?: string;
}

export type CustomSchemas = Record<string, Record<string, unknown>>;
export type Entry = Record<string, unknown>;

/** Google's User resource without its derived fields (kind, etag, emails, customerId, …). */
export interface GoogleUser {
  id: string;
  primaryEmail: string;
  name: PersonName;
  isAdmin: boolean;
  isDelegatedAdmin: boolean;
  lastLoginTime: string;
  creationTime: string;
  deletionTime?: string;
  agreedToTerms: boolean;
  suspended: boolean;
  suspensionReason?: string;
  suspensionTime?: string;
  archived: boolean;
  archivalTime?: string;
  changePasswordAtNextLogin: boolean;
  ipWhitelisted: boolean;
  includeInGlobalAddressList: boolean;
  isMailboxSetup: boolean;
  isEnrolledIn2Sv: boolean;
  isEnforcedIn2Sv: boolean;
  orgUnitPath: string;
  aliases?: string[];
  externalIds?: Entry[];
  relations?: Entry[];
  addresses?: Entry[];
  organizations?: Entry[];
  phones?: Entry[];
  languages?: Entry[];
  locations?: Entry[];
  keywords?: Entry[];
  websites?: Entry[];
  ims?: Entry[];
  posixAccounts?: Entry[];
  sshPublicKeys?: Entry[];
  notes?: Entry;
  gender?: Entry;
  recoveryEmail?: string;
  recoveryPhone?: string;
  thumbnailPhotoUrl?: string;
  thumbnailPhotoEtag?: string;
  customSchemas?: CustomSchemas;
}

export interface Person {
  user: GoogleUser;
  /** Grows with every mutation of anybody; the ETag is made from it. */
  revision: number;
  createdAtMs: number;
  deletedAtMs?: number;
  /** Laid over what the API returns, see `Workspace.raw`. */
  odd?: { set: Record<string, unknown>; omit: string[] };
}

/** Fields an admin may write; `null` clears one. `name` and `customSchemas` merge, the rest replaces. */
export type UserPatch = {
  [K in keyof Omit<
    GoogleUser,
    'id' | 'primaryEmail' | 'name' | 'customSchemas' | 'aliases' | 'isAdmin'
  >]?: GoogleUser[K] | null;
} & {
  name?: Partial<PersonName>;
  customSchemas?: Record<string, Record<string, unknown> | null>;
};

export type NewUser = UserPatch & {
  primaryEmail: string;
  givenName?: string;
  familyName?: string;
  aliases?: string[];
  /** Only for seeds and restores: Google chooses ids itself. */
  id?: string;
  /** Only for seeds: people who have been there for long. */
  createdAtMs?: number;
  isAdmin?: boolean;
};

/** "Never signed in" is commonly shown as the epoch. */
export const NEVER_SIGNED_IN = '1970-01-01T00:00:00.000Z';

export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A new user as Google makes one: everything unset is absent, flags are false, the root org unit. */
export function newGoogleUser(id: string, input: NewUser, nowMs: number): GoogleUser {
  const {
    primaryEmail,
    givenName: _g,
    familyName: _f,
    aliases,
    id: _i,
    isAdmin,
    createdAtMs: _c,
    ...patch
  } = input;
  const givenName = input.name?.givenName ?? input.givenName ?? '';
  const familyName = input.name?.familyName ?? input.familyName ?? '';
  const user: GoogleUser = {
    id,
    primaryEmail,
    name: { givenName, familyName, fullName: `${givenName} ${familyName}`.trim() },
    isAdmin: isAdmin ?? false,
    isDelegatedAdmin: false,
    lastLoginTime: NEVER_SIGNED_IN,
    creationTime: isoTime(nowMs),
    agreedToTerms: false,
    suspended: false,
    archived: false,
    changePasswordAtNextLogin: false,
    ipWhitelisted: false,
    includeInGlobalAddressList: true,
    isMailboxSetup: true,
    isEnrolledIn2Sv: false,
    isEnforcedIn2Sv: false,
    orgUnitPath: '/',
  };
  if (aliases?.length) user.aliases = [...aliases];
  return patchedUser(user, patch, nowMs);
}

/** The user after a patch, as a new object. Keeps suspension and archival times in step. */
export function patchedUser(user: GoogleUser, patch: UserPatch, nowMs: number): GoogleUser {
  const { name, customSchemas, ...rest } = patch;
  const next: Record<string, unknown> = { ...user };
  for (const [key, value] of Object.entries(rest)) {
    if (value === null || value === undefined) delete next[key];
    else next[key] = value;
  }
  if (name) next['name'] = renamed(user.name, name);
  if (customSchemas) {
    const merged = mergedSchemas(user.customSchemas, customSchemas);
    if (merged) next['customSchemas'] = merged;
    else delete next['customSchemas'];
  }
  const result = next as unknown as GoogleUser;
  keepTimes(result, user, nowMs);
  return result;
}

function renamed(before: PersonName, patch: Partial<PersonName>): PersonName {
  const name = { ...before, ...patch };
  if (patch.fullName === undefined) name.fullName = `${name.givenName} ${name.familyName}`.trim();
  return name;
}

function mergedSchemas(
  before: CustomSchemas | undefined,
  patch: Record<string, Record<string, unknown> | null>,
): CustomSchemas | undefined {
  const result: CustomSchemas = { ...before };
  for (const [schema, fields] of Object.entries(patch)) {
    const merged = { ...(fields === null ? {} : result[schema]), ...fields };
    for (const [field, value] of Object.entries(merged)) if (value === null) delete merged[field];
    if (Object.keys(merged).length > 0) result[schema] = merged;
    else delete result[schema];
  }
  return Object.keys(result).length > 0 ? result : undefined;
}

function keepTimes(next: GoogleUser, before: GoogleUser, nowMs: number): void {
  if (!next.suspended) {
    delete next.suspensionReason;
    delete next.suspensionTime;
  } else if (!before.suspended || !next.suspensionReason) {
    next.suspensionReason ??= 'ADMIN';
    next.suspensionTime ??= isoTime(nowMs);
  }
  if (!next.archived) delete next.archivalTime;
  else next.archivalTime ??= isoTime(nowMs);
}

/** An empty list is no key. */
export function withAliases(user: GoogleUser, aliases: string[]): GoogleUser {
  const { aliases: _, ...rest } = user;
  return aliases.length > 0 ? { ...rest, aliases } : rest;
}
