// One Google Workspace customer: its people and what an admin can do to them. Every mutation tells
// the listeners which of Google's five user events happened; who hears of it is not decided here.
// Refuses what Google refuses (a taken address, an undelete after 20 days) with a WorkspaceError.
import { domainOf, normalAddress } from './address-book.ts';
import type { Channel } from './channels.ts';
import { Groups, type GroupsState } from './groups.ts';
import { type PeopleState, PeopleStore } from './people-store.ts';
import {
  type GoogleUser,
  isoTime,
  type NewUser,
  newGoogleUser,
  type Person,
  patchedUser,
  type UserPatch,
  withAliases,
} from './person.ts';
import { WorkspaceError } from './workspace-error.ts';

export const USER_EVENTS = ['add', 'delete', 'makeAdmin', 'undelete', 'update'] as const;
export type UserEvent = (typeof USER_EVENTS)[number];

export type WorkspaceListener = (
  event: UserEvent,
  before: GoogleUser | null,
  after: GoogleUser,
) => void;

export interface WorkspaceState {
  customerId: string;
  adminEmail: string;
  domains: string[];
  people: PeopleState;
  /** Absent in a snapshot from before there were groups. */
  groups?: GroupsState;
}

export class Workspace {
  customerId = 'C0rollcall1';
  adminEmail = 'admin@example.test';
  /** The primary domain first. */
  domains = ['example.test', 'example-studio.test'];
  /** Domains that exist but belong to somebody else. */
  readonly foreignDomains = ['other-company.test'];
  /** Finds people, now and in the past. */
  readonly store: PeopleStore;
  readonly groups: Groups;
  /** Set by the owner: the live notification channels. */
  liveChannels: () => Channel[] = () => [];
  /** Set by the owner: whether gaining or losing an alias stays without a push. */
  aliasChangesAreSilent: () => boolean = () => false;

  readonly #nowMs: () => number;
  readonly #listeners: WorkspaceListener[] = [];
  #muted = 0;

  constructor(nowMs: () => number, random: () => number) {
    this.#nowMs = nowMs;
    this.store = new PeopleStore(nowMs, random);
    this.groups = new Groups(this);
  }

  /** Everybody who is not deleted, in order of address. */
  get users(): GoogleUser[] {
    return inOrder(this.store.living());
  }

  /** Those deleted within the last 20 days, in order of address. */
  get deleted(): GoogleUser[] {
    return inOrder(this.store.deleted());
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
    return this.store.find(key)?.user;
  }

  add(input: NewUser): GoogleUser {
    this.#claim(input.primaryEmail, undefined);
    for (const alias of input.aliases ?? []) this.#claim(alias, undefined);
    const createdAtMs = input.createdAtMs ?? this.#nowMs();
    const user = newGoogleUser(input.id ?? this.store.newId(), input, createdAtMs);
    this.store.put({ user, revision: 0, createdAtMs }, undefined, createdAtMs);
    this.#tell('add', null, user);
    return user;
  }

  /** Adds many people fast: `person1@example.test` … ; `push: false` keeps the channels quiet. */
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
    const { user } = this.#living(key);
    this.#claim(newAddress, user.id);
    const old = user.primaryEmail;
    const isNew = (address: string) => normalAddress(address) === normalAddress(newAddress);
    const aliases = (user.aliases ?? []).filter((alias) => !isNew(alias));
    if (!isNew(old)) aliases.push(old);
    if (normalAddress(old) === normalAddress(this.adminEmail)) this.adminEmail = newAddress;
    const after = withAliases({ ...user, primaryEmail: newAddress }, aliases);
    return this.#change(this.#living(user.id), after, 'update');
  }

  /** Two people exchange their primary addresses; neither keeps the old one as an alias. */
  swapAddresses(a: string, b: string): void {
    const [first, second] = [this.#living(a), this.#living(b)];
    const [one, two] = [first.user.primaryEmail, second.user.primaryEmail];
    this.#change(first, { ...first.user, primaryEmail: two }, 'update');
    this.#change(second, { ...second.user, primaryEmail: one }, 'update');
  }

  addAlias(key: string, alias: string): GoogleUser {
    const person = this.#living(key);
    if (this.store.find(alias) || this.groups.find(alias)) throw duplicate();
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
    const deletedAtMs = this.#nowMs();
    const user: GoogleUser = { ...person.user, deletionTime: isoTime(deletedAtMs) };
    this.store.put({ ...person, user, deletedAtMs }, person.user);
    this.#tell('delete', person.user, user);
    return user;
  }

  /** Only by id, within 20 days, and only while nobody else has taken the address. */
  undelete(id: string, orgUnitPath?: string): GoogleUser {
    const person = this.#deleted(id);
    this.#claim(person.user.primaryEmail, undefined);
    const aliases = (person.user.aliases ?? []).filter((one) => !this.store.find(one));
    const { deletionTime: _time, ...rest } = person.user;
    const user = withAliases({ ...rest, orgUnitPath: orgUnitPath ?? rest.orgUnitPath }, aliases);
    const { deletedAtMs: _at, ...living } = person;
    this.store.put({ ...living, user });
    this.#tell('undelete', person.user, user);
    return user;
  }

  /** Ends the 20 days at once: the person can't come back. */
  purge(id: string): void {
    this.store.forget(this.#deleted(id));
  }

  /** The person signed in to Google: a change that no mapped field shows. */
  signIn(key: string): GoogleUser {
    return this.update(key, { lastLoginTime: isoTime(this.#nowMs()), agreedToTerms: true });
  }

  /**
   * Lays odd values over what the API returns for a person (shallow); `undefined` omits the key.
   * No push: nothing happened, the answer is strange. Later calls replace earlier ones.
   */
  raw(key: string, fields: Record<string, unknown>): void {
    const person = this.#living(key);
    const entries = Object.entries(fields);
    const set = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
    const omit = entries.filter(([, value]) => value === undefined).map(([name]) => name);
    this.store.put({ ...person, odd: { set, omit } }, person.user);
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

  snapshot(): WorkspaceState {
    const { customerId, adminEmail, domains } = this;
    const [people, groups] = [this.store.snapshot(), this.groups.snapshot()];
    return { customerId, adminEmail, domains: [...domains], people, groups };
  }

  restore(state: WorkspaceState): void {
    this.customerId = state.customerId;
    this.adminEmail = state.adminEmail;
    this.domains = [...state.domains];
    this.store.restore(state.people);
    this.groups.restore(state.groups ?? { counter: 0, groups: [] });
  }

  #living(key: string): Person {
    const person = this.store.find(key);
    if (!person) throw new WorkspaceError('notFound', `no user ${key}`);
    return person;
  }

  #deleted(id: string): Person {
    const person = this.store.deleted().find((one) => one.user.id === id);
    if (!person) throw new WorkspaceError('notFound', `no deleted user ${id}`);
    return person;
  }

  /** Frees an address for somebody: an alias moves aside, a primary address is refused. */
  #claim(address: string, forId: string | undefined): void {
    if (!/^[^@\s]+@[^@\s]+$/.test(address)) {
      throw new WorkspaceError('invalid', `not an address: ${address}`);
    }
    if (!this.domains.includes(domainOf(address))) {
      throw new WorkspaceError('notFound', 'Domain not found.');
    }
    if (this.groups.find(address)) throw duplicate();
    const holder = this.store.find(address);
    if (!holder || holder.user.id === forId) return;
    if (normalAddress(holder.user.primaryEmail) === normalAddress(address)) throw duplicate();
    this.removeAlias(holder.user.id, address);
  }

  #change(person: Person, user: GoogleUser, event: UserEvent | null): GoogleUser {
    this.store.put({ ...person, user }, person.user);
    if (event) this.#tell(event, person.user, user);
    return user;
  }

  #tell(event: UserEvent, before: GoogleUser | null, after: GoogleUser): void {
    if (this.#muted > 0) return;
    for (const listener of this.#listeners) listener(event, before, after);
  }
}

function inOrder(people: Person[]): GoogleUser[] {
  const keyed = people.map(({ user }) => ({ key: user.primaryEmail.toLowerCase(), user }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map((one) => one.user);
}

function duplicate(): WorkspaceError {
  return new WorkspaceError('duplicate', 'Entity already exists.');
}
