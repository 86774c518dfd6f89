// One Google Workspace customer: its people and what an admin can do to them. Every mutation tells
// the listeners which of Google's five user events happened; who hears of it is not decided here.
// Refuses what Google refuses (a taken address, an undelete after 20 days) with a WorkspaceError.
import { AddressBook, domainOf, normalAddress } from './address-book.ts';
import type { Channel } from './channels.ts';
import { History } from './history.ts';
import {
  type GoogleUser,
  isoTime,
  type NewUser,
  newGoogleUser,
  type Person,
  patchedUser,
  type UserPatch,
} from './person.ts';

export type UserEvent = 'add' | 'delete' | 'makeAdmin' | 'undelete' | 'update';
export const USER_EVENTS: readonly UserEvent[] = [
  'add',
  'delete',
  'makeAdmin',
  'undelete',
  'update',
];

export type WorkspaceListener = (
  event: UserEvent,
  before: GoogleUser | null,
  after: GoogleUser,
) => void;

/** How long a deleted person can be brought back (facts 3.4). */
export const UNDELETE_WINDOW_MS = 20 * 24 * 60 * 60 * 1000;

export class WorkspaceError extends Error {
  readonly reason: 'notFound' | 'duplicate' | 'invalid';
  constructor(reason: WorkspaceError['reason'], message: string) {
    super(message);
    this.name = 'WorkspaceError';
    this.reason = reason;
  }
}

export interface WorkspaceState {
  customerId: string;
  adminEmail: string;
  domains: string[];
  revision: number;
  idCounter: number;
  people: Person[];
  forgotten: string[];
}

export class Workspace {
  customerId = 'C0rollcall1';
  adminEmail = 'admin@example.test';
  /** The primary domain first. */
  domains = ['example.test', 'example-studio.test'];
  /** Domains that exist but belong to somebody else. */
  readonly foreignDomains = ['other-company.test'];
  revision = 1;

  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #people = new Map<string, Person>();
  readonly #addresses = new AddressBook();
  readonly #history = new History();
  readonly #listeners: WorkspaceListener[] = [];
  readonly #forgotten = new Set<string>();
  #idCounter = 0;
  #muted = 0;
  /** Set by the owner: whether losing an alias to somebody else stays without a push. */
  aliasChangesAreSilent: () => boolean = () => false;

  constructor(nowMs: () => number, random: () => number) {
    this.#nowMs = nowMs;
    this.#random = random;
  }

  /** Set by the owner: the live notification channels. */
  liveChannels: () => Channel[] = () => [];

  // ── looking ────────────────────────────────────────────────────────────────────────────────

  /** Everybody who is not deleted, in order of address. */
  get users(): GoogleUser[] {
    return this.people()
      .map((person) => person.user)
      .sort((a, b) => compareAddresses(a.primaryEmail, b.primaryEmail));
  }

  /** Those deleted within the last 20 days, in order of address. */
  get deleted(): GoogleUser[] {
    return this.deletedPeople()
      .map((person) => person.user)
      .sort((a, b) => compareAddresses(a.primaryEmail, b.primaryEmail));
  }

  get channels(): Channel[] {
    return this.liveChannels();
  }

  /** The living person with this id, address or alias (any case); throws when there is none. */
  user(key: string): GoogleUser {
    return this.#living(key).user;
  }

  /** As `user`, but undefined when there is none. */
  find(key: string): GoogleUser | undefined {
    return this.findPerson(key)?.user;
  }

  people(): Person[] {
    return [...this.#people.values()].filter((person) => person.deletedAtMs === undefined);
  }

  deletedPeople(): Person[] {
    const oldest = this.#nowMs() - UNDELETE_WINDOW_MS;
    return [...this.#people.values()].filter((person) => (person.deletedAtMs ?? 0) > oldest);
  }

  findPerson(key: string): Person | undefined {
    const person = this.#people.get(this.#addresses.ownerOf(key) ?? key);
    return person?.deletedAtMs === undefined ? person : undefined;
  }

  /** What one person was at a moment in the past; undefined before they existed. */
  personAt(id: string, atMs: number): Person | undefined {
    return this.#history.at(id, atMs);
  }

  /** Everybody who lived at a moment in the past. */
  peopleAt(atMs: number): Person[] {
    return [...this.#people.keys()]
      .map((id) => this.#history.at(id, atMs))
      .filter((person): person is Person => person !== undefined)
      .filter((person) => person.deletedAtMs === undefined);
  }

  /** How an address or id stands: living, recently deleted, long gone, or never known. */
  standing(key: string): 'living' | 'deleted' | 'gone' | 'unknown' {
    if (this.findPerson(key)) return 'living';
    const matches = (user: GoogleUser) =>
      user.id === key || normalAddress(user.primaryEmail) === normalAddress(key);
    if (this.deletedPeople().some((person) => matches(person.user))) return 'deleted';
    const known = this.#forgotten.has(normalAddress(key));
    return known || [...this.#people.values()].some((p) => matches(p.user)) ? 'gone' : 'unknown';
  }

  // ── what an admin can do ───────────────────────────────────────────────────────────────────

  add(input: NewUser): GoogleUser {
    this.#claim(input.primaryEmail, undefined);
    for (const alias of input.aliases ?? []) this.#claim(alias, undefined);
    const createdAtMs = input.createdAtMs ?? this.#nowMs();
    const user = newGoogleUser(input.id ?? this.#newId(), input, createdAtMs);
    this.#store({ user, revision: 0, createdAtMs }, createdAtMs);
    this.#tell('add', null, user);
    return user;
  }

  /** Adds many people fast: `prefix1@domain` … ; `push: false` keeps the channels quiet. */
  addMany(
    count: number,
    options: { push?: boolean; prefix?: string; domain?: string; with?: UserPatch } = {},
  ): GoogleUser[] {
    const { push = true, prefix = 'person', domain = this.domains[0] } = options;
    const add = () =>
      Array.from({ length: count }, (_, i) =>
        this.add({
          primaryEmail: `${prefix}${i + 1}@${domain}`,
          givenName: 'Person',
          familyName: `Number ${i + 1}`,
          ...options.with,
        }),
      );
    return push ? add() : this.silently(add);
  }

  /** Merges `name` and `customSchemas`, replaces everything else; `null` clears a field. */
  update(key: string, patch: UserPatch): GoogleUser {
    const person = this.#living(key);
    return this.#change(person, patchedUser(person.user, patch, this.#nowMs()), 'update');
  }

  suspend(key: string, reason = 'ADMIN'): GoogleUser {
    return this.update(key, { suspended: true, suspensionReason: reason });
  }

  unsuspend(key: string): GoogleUser {
    return this.update(key, { suspended: false });
  }

  archive(key: string): GoogleUser {
    return this.update(key, { archived: true });
  }

  unarchive(key: string): GoogleUser {
    return this.update(key, { archived: false });
  }

  /** Gives a new primary address; the old one becomes an alias (facts 3.4). */
  rename(key: string, newAddress: string): GoogleUser {
    const person = this.#living(key);
    this.#claim(newAddress, person.user.id);
    const old = person.user.primaryEmail;
    const isSame = (a: string) => normalAddress(a) === normalAddress(newAddress);
    const aliases = (person.user.aliases ?? []).filter((alias) => !isSame(alias));
    if (!isSame(old)) aliases.push(old);
    const user = withAliases({ ...person.user, primaryEmail: newAddress }, aliases);
    const after = this.#change(this.#living(person.user.id), user, 'update');
    if (normalAddress(old) === normalAddress(this.adminEmail)) this.adminEmail = newAddress;
    return after;
  }

  /** Two people exchange their primary addresses; neither keeps the old one as an alias. */
  swapAddresses(a: string, b: string): void {
    const [first, second] = [this.#living(a), this.#living(b)];
    this.#addresses.leave(first.user);
    this.#addresses.leave(second.user);
    const [one, two] = [first.user.primaryEmail, second.user.primaryEmail];
    this.#change(first, { ...first.user, primaryEmail: two }, 'update');
    this.#change(second, { ...second.user, primaryEmail: one }, 'update');
  }

  addAlias(key: string, alias: string): GoogleUser {
    const person = this.#living(key);
    if (this.findPerson(alias)) throw duplicate();
    const user = withAliases(person.user, [...(person.user.aliases ?? []), alias]);
    return this.#change(person, user, this.aliasChangesAreSilent() ? null : 'update');
  }

  removeAlias(key: string, alias: string): GoogleUser {
    const person = this.#living(key);
    const aliases = (person.user.aliases ?? []).filter(
      (one) => normalAddress(one) !== normalAddress(alias),
    );
    const user = withAliases(person.user, aliases);
    return this.#change(person, user, this.aliasChangesAreSilent() ? null : 'update');
  }

  /** Grants or revokes super admin; both are Google's "User Admin Status Change Event". */
  makeAdmin(key: string, status: boolean): GoogleUser {
    const person = this.#living(key);
    return this.#change(person, { ...person.user, isAdmin: status }, 'makeAdmin');
  }

  remove(key: string): GoogleUser {
    const person = this.#living(key);
    const nowMs = this.#nowMs();
    this.#addresses.leave(person.user);
    const user: GoogleUser = { ...person.user, deletionTime: isoTime(nowMs) };
    this.#store({ ...person, user, deletedAtMs: nowMs });
    this.#tell('delete', person.user, user);
    return user;
  }

  /** Only by id, within 20 days, and only while nobody else has taken the address. */
  undelete(id: string, orgUnitPath?: string): GoogleUser {
    const person = this.deletedPeople().find((one) => one.user.id === id);
    if (!person) throw new WorkspaceError('notFound', `no deleted user ${id}`);
    this.#claim(person.user.primaryEmail, undefined);
    const aliases = (person.user.aliases ?? []).filter((one) => !this.findPerson(one));
    const { deletionTime: _, ...rest } = person.user;
    const user = withAliases({ ...rest, orgUnitPath: orgUnitPath ?? rest.orgUnitPath }, aliases);
    const { deletedAtMs: _gone, ...living } = person;
    this.#store({ ...living, user });
    this.#tell('undelete', person.user, user);
    return user;
  }

  /** Ends the 20 days at once: the person can't come back, the address is no longer remembered. */
  purge(id: string): void {
    const person = this.#people.get(id);
    if (person?.deletedAtMs === undefined) throw new WorkspaceError('notFound', `not deleted`);
    this.#people.delete(id);
    this.#forgotten.add(normalAddress(person.user.primaryEmail));
  }

  /** The person signed in to Google: a change that no mapped field shows. */
  signIn(key: string): GoogleUser {
    return this.update(key, { lastLoginTime: isoTime(this.#nowMs()), agreedToTerms: true });
  }

  /**
   * Lays odd values over what the API returns for a person (shallow); `undefined` omits the key.
   * No push: nothing happened, the answer is strange.
   */
  raw(key: string, fields: Record<string, unknown>): void {
    const person = this.#living(key);
    const entries = Object.entries(fields);
    const set = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    const omit = entries.filter(([, value]) => value === undefined).map(([name]) => name);
    this.#store({ ...person, odd: { set, omit } });
  }

  /** Runs something without any push leaving for it. */
  silently<T>(work: () => T): T {
    this.#muted++;
    try {
      return work();
    } finally {
      this.#muted--;
    }
  }

  onEvent(listener: WorkspaceListener): void {
    this.#listeners.push(listener);
  }

  // ── keeping ────────────────────────────────────────────────────────────────────────────────

  snapshot(): WorkspaceState {
    return structuredClone({
      customerId: this.customerId,
      adminEmail: this.adminEmail,
      domains: this.domains,
      revision: this.revision,
      idCounter: this.#idCounter,
      people: [...this.#people.values()],
      forgotten: [...this.#forgotten],
    });
  }

  restore(snapshot: WorkspaceState): void {
    const state = structuredClone(snapshot);
    this.customerId = state.customerId;
    this.adminEmail = state.adminEmail;
    this.domains = state.domains;
    this.revision = state.revision;
    this.#idCounter = state.idCounter;
    this.#people.clear();
    this.#addresses.clear();
    this.#history.clear();
    this.#forgotten.clear();
    for (const address of state.forgotten) this.#forgotten.add(address);
    for (const person of state.people) {
      this.#people.set(person.user.id, person);
      this.#history.record(person, person.createdAtMs);
      if (person.deletedAtMs === undefined) this.#addresses.enter(person.user);
    }
  }

  #living(key: string): Person {
    const person = this.findPerson(key);
    if (!person) throw new WorkspaceError('notFound', `no user ${key}`);
    return person;
  }

  /** Frees an address for somebody: an alias moves silently aside, a primary address is refused. */
  #claim(address: string, forId: string | undefined): void {
    if (!/^[^@\s]+@[^@\s]+$/.test(address)) {
      throw new WorkspaceError('invalid', `not an address: ${address}`);
    }
    if (!this.domains.includes(domainOf(address))) {
      throw new WorkspaceError('notFound', 'Domain not found.');
    }
    const holder = this.findPerson(address);
    if (!holder || holder.user.id === forId) return;
    if (normalAddress(holder.user.primaryEmail) === normalAddress(address)) throw duplicate();
    this.removeAlias(holder.user.id, address);
  }

  #change(person: Person, user: GoogleUser, event: UserEvent | null): GoogleUser {
    this.#addresses.leave(person.user);
    this.#store({ ...person, user });
    if (event) this.#tell(event, person.user, user);
    return user;
  }

  #store(person: Person, atMs = this.#nowMs()): void {
    const stored = { ...person, revision: ++this.revision };
    this.#people.set(person.user.id, stored);
    this.#history.record(stored, atMs);
    if (person.deletedAtMs === undefined) this.#addresses.enter(person.user);
  }

  #tell(event: UserEvent, before: GoogleUser | null, after: GoogleUser): void {
    if (this.#muted > 0) return;
    for (const listener of this.#listeners) listener(event, before, after);
  }

  /** 21 digits, like Google's; never the same twice, whatever `random` gives. */
  #newId(): string {
    this.#idCounter++;
    const noise = String(Math.floor(this.#random() * 1e9)).padStart(9, '0');
    const unique = String((this.#idCounter * 48_271_691) % 1e11).padStart(11, '0');
    return `1${noise}${unique}`;
  }
}

export function compareAddresses(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}

function withAliases(user: GoogleUser, aliases: string[]): GoogleUser {
  const { aliases: _, ...rest } = user;
  return aliases.length > 0 ? { ...rest, aliases } : rest;
}

function duplicate(): WorkspaceError {
  return new WorkspaceError('duplicate', 'Entity already exists.');
}
