// Holds the people of a Workspace, living and deleted, with their addresses and past states. Knows
// how to find; what may happen to whom is workspace.ts. A deleted person stays for 20 days.
import { AddressBook, normalAddress } from './address-book.ts';
import { History } from './history.ts';
import type { GoogleUser, Person } from './person.ts';

/** How long a deleted person can be brought back (facts 3.4). */
export const UNDELETE_WINDOW_MS = 20 * 24 * 60 * 60 * 1000;

export interface PeopleState {
  revision: number;
  idCounter: number;
  people: Person[];
  forgotten: string[];
}

export class PeopleStore {
  /** Grows with every change of anybody. */
  revision = 1;
  readonly #nowMs: () => number;
  readonly #random: () => number;
  readonly #people = new Map<string, Person>();
  readonly #addresses = new AddressBook();
  readonly #history = new History();
  /** Addresses of people who are gone for good. */
  readonly #forgotten = new Set<string>();
  #idCounter = 0;

  constructor(nowMs: () => number, random: () => number) {
    this.#nowMs = nowMs;
    this.#random = random;
  }

  living(): Person[] {
    return [...this.#people.values()].filter((person) => person.deletedAtMs === undefined);
  }

  /** Those who can still be brought back. */
  deleted(): Person[] {
    const oldest = this.#nowMs() - UNDELETE_WINDOW_MS;
    return [...this.#people.values()].filter((person) => (person.deletedAtMs ?? 0) > oldest);
  }

  /** The living person with this id, address or alias, in any letter case. */
  find(key: string): Person | undefined {
    const person = this.#people.get(this.#addresses.ownerOf(key) ?? key);
    return person?.deletedAtMs === undefined ? person : undefined;
  }

  /** What one person was at a moment in the past; undefined before they existed. */
  stateAt(id: string, atMs: number): Person | undefined {
    return this.#history.at(id, atMs);
  }

  /** Everybody who lived at a moment in the past. */
  livingAt(atMs: number): Person[] {
    return [...this.#people.keys()]
      .map((id) => this.#history.at(id, atMs))
      .filter((person): person is Person => person !== undefined)
      .filter((person) => person.deletedAtMs === undefined);
  }

  /** How an address or id stands: living, recently deleted, long gone, or never known. */
  standing(key: string): 'living' | 'deleted' | 'gone' | 'unknown' {
    if (this.find(key)) return 'living';
    const isCalled = ({ user }: Person) =>
      user.id === key || normalAddress(user.primaryEmail) === normalAddress(key);
    if (this.deleted().some(isCalled)) return 'deleted';
    const isKnown = this.#forgotten.has(normalAddress(key));
    return isKnown || [...this.#people.values()].some(isCalled) ? 'gone' : 'unknown';
  }

  /** Stores the next state of a person, in place of the one before. */
  put(next: Person, before?: GoogleUser, atMs: number = this.#nowMs()): void {
    if (before) this.#addresses.leave(before);
    const stored = { ...next, revision: ++this.revision };
    this.#people.set(next.user.id, stored);
    this.#history.record(stored, atMs);
    if (next.deletedAtMs === undefined) this.#addresses.enter(next.user);
  }

  /** Forgets a deleted person for good; only that the address was known stays. */
  forget(person: Person): void {
    this.#people.delete(person.user.id);
    this.#forgotten.add(normalAddress(person.user.primaryEmail));
  }

  /** 21 digits, like Google's; never the same twice, whatever `random` gives. */
  newId(): string {
    this.#idCounter++;
    const noise = String(Math.floor(this.#random() * 1e9)).padStart(9, '0');
    const unique = String((this.#idCounter * 48_271_691) % 1e11).padStart(11, '0');
    return `1${noise}${unique}`;
  }

  snapshot(): PeopleState {
    return structuredClone({
      revision: this.revision,
      idCounter: this.#idCounter,
      people: [...this.#people.values()],
      forgotten: [...this.#forgotten],
    });
  }

  restore(snapshot: PeopleState): void {
    const state = structuredClone(snapshot);
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
}
