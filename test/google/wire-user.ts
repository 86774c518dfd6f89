// One person as the Directory API shows them: derived fields (etag, emails, customerId), projection,
// odd values of a test laid over. Unset fields are absent and empty collections have no key.
import { nonEditableAliases } from './address-book.ts';
import type { GoogleUser, Person } from './person.ts';

export interface Projection {
  kind: 'basic' | 'custom' | 'full';
  /** Schema names, with `custom` only. */
  schemas: string[];
  view: 'admin_view' | 'domain_public';
}

export const FULL: Projection = { kind: 'full', schemas: [], view: 'admin_view' };

/** Fields of the User resource (facts 3.3), for checking `fields` masks. */
export const USER_FIELDS: ReadonlySet<string> = new Set(
  `id kind etag primaryEmail name password hashFunction isAdmin isDelegatedAdmin agreedToTerms
  suspended suspensionReason suspensionTime archivalTime archived changePasswordAtNextLogin
  ipWhitelisted includeInGlobalAddressList isMailboxSetup isEnrolledIn2Sv isEnforcedIn2Sv isGuestUser
  guestAccountInfo customerId orgUnitPath creationTime lastLoginTime deletionTime aliases
  nonEditableAliases emails externalIds relations organizations phones addresses ims websites keywords
  languages locations notes gender posixAccounts sshPublicKeys customSchemas recoveryEmail
  recoveryPhone thumbnailPhotoUrl thumbnailPhotoEtag *`.split(/\s+/),
);

const PUBLIC_FIELDS = ['kind', 'id', 'etag', 'primaryEmail', 'name', 'emails', 'thumbnailPhotoUrl'];

/** A string with literal quotes in it, new for every revision. */
export function etagOf(seed: string): string {
  return `"${digest(`directory ${seed}`, 43)}/${digest(`entity ${seed}`, 27)}"`;
}

export function toWireUser(
  person: Person,
  account: { customerId: string; primaryDomain: string },
  projection: Projection,
): Record<string, unknown> {
  const { user } = person;
  const wire: Record<string, unknown> = {
    kind: 'admin#directory#user',
    ...user,
    etag: etagOf(`${user.id} ${person.revision}`),
    emails: emailsOf(user, nonEditableAliases(user, account.primaryDomain)),
    nonEditableAliases: nonEditableAliases(user, account.primaryDomain),
    customerId: account.customerId,
  };
  const schemas = shownSchemas(user, projection);
  if (schemas) wire['customSchemas'] = schemas;
  else delete wire['customSchemas'];
  if (projection.view === 'domain_public') keepOnly(wire, PUBLIC_FIELDS);
  for (const [key, value] of Object.entries(wire)) if (isEmpty(value)) delete wire[key];
  Object.assign(wire, person.odd?.set);
  for (const key of person.odd?.omit ?? []) delete wire[key];
  return wire;
}

/** A deleted person in `users.list?showDeleted=true`: little more than id and address (facts 3.4). */
export function toWireDeletedUser(person: Person): Record<string, unknown> {
  const { id, primaryEmail, deletionTime } = person.user;
  const etag = etagOf(`${id} ${person.revision}`);
  return { kind: 'admin#directory#user', id, etag, primaryEmail, deletionTime };
}

function shownSchemas(user: GoogleUser, projection: Projection) {
  const all = user.customSchemas;
  if (!all || projection.kind === 'basic') return undefined;
  if (projection.kind === 'full') return all;
  const shown = Object.entries(all).filter(([name]) => projection.schemas.includes(name));
  return shown.length > 0 ? Object.fromEntries(shown) : undefined;
}

function emailsOf(user: GoogleUser, nonEditable: string[]): unknown[] {
  return [
    { address: user.primaryEmail, primary: true },
    ...(user.aliases ?? []).map((address) => ({ address })),
    ...nonEditable.map((address) => ({ address })),
  ];
}

function keepOnly(object: Record<string, unknown>, keys: string[]): void {
  for (const key of Object.keys(object)) if (!keys.includes(key)) delete object[key];
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** An opaque text that depends on nothing but its input (FNV-1a, stretched); not a secret. */
export function digest(text: string, length: number): string {
  let hash = 0x811c9dc5;
  const mix = (code: number) => {
    hash = Math.imul(hash ^ code, 0x01000193) >>> 0;
  };
  for (let i = 0; i < text.length; i++) mix(text.charCodeAt(i));
  let result = '';
  for (let i = 0; i < length; i++) {
    mix(i + 1);
    mix(hash >>> 13);
    result += ALPHABET[(hash >>> 7) & 63];
  }
  return result;
}
