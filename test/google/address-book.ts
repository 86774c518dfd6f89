// Which address leads to whom: primary addresses, aliases and the non-editable domain-alias ones,
// in any letter case. One address belongs to one living person at a time.
import type { GoogleUser } from './person.ts';

const TEST_ALIAS_SUFFIX = '.test-google-a.com';

export function normalAddress(address: string): string {
  return address.trim().toLowerCase();
}

export function domainOf(address: string): string {
  return normalAddress(address).split('@')[1] ?? '';
}

/** Google gives each person of the primary domain one more address that nobody can edit. */
export function nonEditableAliases(user: GoogleUser, primaryDomain: string): string[] {
  return [user.primaryEmail, ...(user.aliases ?? [])]
    .filter((address) => domainOf(address) === primaryDomain)
    .map((address) => address + TEST_ALIAS_SUFFIX);
}

export class AddressBook {
  readonly #owners = new Map<string, string>();

  /** The id of the living person who has this address, or undefined. */
  ownerOf(address: string): string | undefined {
    const key = normalAddress(address);
    return this.#owners.get(
      key.endsWith(TEST_ALIAS_SUFFIX) ? key.slice(0, -TEST_ALIAS_SUFFIX.length) : key,
    );
  }

  enter(user: GoogleUser): void {
    for (const address of addressesOf(user)) this.#owners.set(address, user.id);
  }

  leave(user: GoogleUser): void {
    for (const address of addressesOf(user)) {
      if (this.#owners.get(address) === user.id) this.#owners.delete(address);
    }
  }

  clear(): void {
    this.#owners.clear();
  }
}

function addressesOf(user: GoogleUser): string[] {
  return [user.primaryEmail, ...(user.aliases ?? [])].map(normalAddress);
}
