// The groups of a Workspace: who is in which, directly and through other groups. Google tells nobody of a change
// here (facts 9.3), so nothing listens.
import { normalAddress } from './address-book.ts';
import type { PeopleStore } from './people-store.ts';
import { WorkspaceError } from './workspace-error.ts';

export const GROUP_ROLES = ['OWNER', 'MANAGER', 'MEMBER'] as const;
export type GroupRole = (typeof GROUP_ROLES)[number];

interface StoredMember {
  type: 'USER' | 'GROUP' | 'CUSTOMER';
  id: string;
  /** Only of somebody whom this Workspace doesn't have. */
  foreignEmail?: string;
  role: GroupRole;
}

export interface Group {
  id: string;
  email: string;
  name: string;
  /** Earlier addresses, which still lead here. */
  aliases: string[];
  members: StoredMember[];
  revision: number;
}

/** A member as Google shows it. */
export interface GroupMember {
  type: StoredMember['type'];
  id: string;
  /** Absent of CUSTOMER, which stands for everybody. */
  email?: string;
  role: GroupRole;
  /** Absent where Google doesn't say: of groups, of the customer, of strangers. */
  status?: 'ACTIVE' | 'SUSPENDED';
}

export interface GroupsState {
  counter: number;
  groups: Group[];
}

/** The Workspace, of which a restore changes id and domains. */
interface Owner {
  readonly store: PeopleStore;
  customerId: string;
  domains: string[];
}

export class Groups {
  readonly #owner: Owner;
  readonly #groups = new Map<string, Group>();
  #counter = 0;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** In order of address. */
  get all(): Group[] {
    return [...this.#groups.values()].sort((a, b) => (a.email < b.email ? -1 : 1));
  }

  /** By id, address or earlier address, in any letter case. */
  find(key: string): Group | undefined {
    const wanted = normalAddress(key);
    return (
      this.#groups.get(key) ??
      this.all.find(({ email, aliases }) => [email, ...aliases].map(normalAddress).includes(wanted))
    );
  }

  /** As `find`; throws when there is none. */
  group(key: string): Group {
    const group = this.find(key);
    if (!group) throw new WorkspaceError('notFound', `no group ${key}`);
    return group;
  }

  create(input: { email: string; name?: string }): Group {
    const email = input.email.toLowerCase();
    this.#claim(email);
    this.#counter += 1;
    const group: Group = {
      id: groupId(this.#counter),
      email,
      name: input.name || email.slice(0, email.indexOf('@')),
      aliases: [],
      members: [],
      revision: 1,
    };
    this.#groups.set(group.id, group);
    return group;
  }

  /** Gives a new address; the old one becomes an alias, as with people. */
  rename(key: string, newAddress: string): Group {
    const group = this.group(key);
    const email = newAddress.toLowerCase();
    if (email === group.email) return group;
    if (this.find(email) !== group) this.#claim(email);
    group.aliases = [...group.aliases.filter((one) => one !== email), group.email];
    group.email = email;
    group.revision += 1;
    return group;
  }

  remove(key: string): void {
    this.#groups.delete(this.group(key).id);
  }

  /**
   * Puts somebody in, or gives them another role.
   *
   * @param memberKey somebody of here by id or address, a group of here, the customer's id or `my_customer` for
   * everybody, or the address of a stranger
   */
  addMember(key: string, memberKey: string, role: GroupRole = 'MEMBER'): void {
    const group = this.group(key);
    const member = this.#memberOf(memberKey, role);
    if (member.type === 'GROUP' && this.#reaches(member.id, group.id)) {
      throw new WorkspaceError('invalid', 'Cyclic memberships not allowed');
    }
    group.members = [...group.members.filter(({ id }) => id !== member.id), member];
    group.revision += 1;
  }

  removeMember(key: string, memberKey: string): void {
    const group = this.group(key);
    const { id } = this.#memberOf(memberKey, 'MEMBER');
    if (!group.members.some((one) => one.id === id)) {
      throw new WorkspaceError('notFound', `no member ${memberKey}`);
    }
    group.members = group.members.filter((one) => one.id !== id);
    group.revision += 1;
  }

  /**
   * Each once, with the role they have directly where they have one. Whoever is deleted is in no group, and
   * in the same ones again when brought back.
   *
   * @param isDerived also through nested groups, which are members themselves as well
   */
  members(group: Group, isDerived = false): GroupMember[] {
    const shown = new Map<string, GroupMember>();
    const open = [group];
    const seen = new Set([group.id]);
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      for (const stored of next.members) {
        const member = this.#shown(stored);
        if (!member) continue;
        if (!shown.has(member.id)) {
          shown.set(member.id, next === group ? member : { ...member, role: 'MEMBER' });
        }
        const nested = isDerived && stored.type === 'GROUP' ? this.#groups.get(stored.id) : null;
        if (!nested || seen.has(nested.id)) continue;
        seen.add(nested.id);
        open.push(nested);
      }
    }
    return [...shown.values()];
  }

  /** The groups that somebody is in directly. */
  groupsOf(userId: string): Group[] {
    return this.all.filter(({ members }) => members.some(({ id }) => id === userId));
  }

  snapshot(): GroupsState {
    return structuredClone({ counter: this.#counter, groups: [...this.#groups.values()] });
  }

  restore(snapshot: GroupsState): void {
    const state = structuredClone(snapshot);
    this.#counter = state.counter;
    this.#groups.clear();
    for (const group of state.groups) this.#groups.set(group.id, group);
  }

  #shown({ type, id, role, foreignEmail }: StoredMember): GroupMember | null {
    if (type === 'CUSTOMER') return { type, id, role };
    if (type === 'GROUP') {
      const email = this.#groups.get(id)?.email;
      return email === undefined ? null : { type, id, email, role };
    }
    if (foreignEmail !== undefined) return { type, id, email: foreignEmail, role };
    const user = this.#owner.store.find(id)?.user;
    if (!user) return null;
    const status = user.suspended ? 'SUSPENDED' : 'ACTIVE';
    return { type, id, email: user.primaryEmail, role, status };
  }

  #memberOf(memberKey: string, role: GroupRole): StoredMember {
    if (memberKey === 'my_customer' || memberKey === this.#owner.customerId) {
      return { type: 'CUSTOMER', id: this.#owner.customerId, role };
    }
    const group = this.find(memberKey);
    if (group) return { type: 'GROUP', id: group.id, role };
    const user = this.#owner.store.find(memberKey)?.user;
    if (user) return { type: 'USER', id: user.id, role };
    const domain = /^[^@\s]+@([^@\s]+)$/.exec(memberKey)?.[1]?.toLowerCase();
    if (domain === undefined || this.#owner.domains.includes(domain)) {
      throw new WorkspaceError('notFound', `no member ${memberKey}`);
    }
    const foreignEmail = memberKey.toLowerCase();
    return { type: 'USER', id: strangerId(foreignEmail), foreignEmail, role };
  }

  /** Whether the one group is the other, or has it among its members somewhere. */
  #reaches(fromId: string, toId: string): boolean {
    const from = this.#groups.get(fromId);
    return (
      fromId === toId ||
      (from !== undefined && this.members(from, true).some(({ id }) => id === toId))
    );
  }

  #claim(email: string): void {
    const domain = /^[^@\s]+@([^@\s]+)$/.exec(email)?.[1];
    if (domain === undefined) throw new WorkspaceError('invalid', `not an address: ${email}`);
    if (!this.#owner.domains.includes(domain)) {
      throw new WorkspaceError('notFound', 'Domain not found.');
    }
    if (this.find(email) || this.#owner.store.find(email)) {
      throw new WorkspaceError('duplicate', 'Entity already exists.');
    }
  }
}

/** Fifteen letters and digits, like Google's, the same in every run. */
function groupId(counter: number): string {
  const letters = ((counter * 48_271_691) % 2_176_782_336).toString(36).padStart(6, '0');
  return `0${letters}${String(counter).padStart(8, '0')}`;
}

/** The 21 digits of an account that is not of this Workspace. */
function strangerId(address: string): string {
  let number = 7n;
  for (const character of address)
    number = (number * 131n + BigInt(character.charCodeAt(0))) % 10n ** 20n;
  return `2${String(number).padStart(20, '0')}`;
}
