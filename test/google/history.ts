// Past states of each person, so that a lagging get or list can answer with what was true a while
// ago. Keeps a bounded number of states per person: a lag reaches back minutes, not years.
import type { Person } from './person.ts';

const STATES_KEPT = 64;

interface PastState {
  atMs: number;
  person: Person;
}

export class History {
  readonly #states = new Map<string, PastState[]>();

  record(person: Person, atMs: number): void {
    const states = this.#states.get(person.user.id);
    if (!states) {
      this.#states.set(person.user.id, [{ atMs, person }]);
      return;
    }
    states.push({ atMs, person });
    if (states.length > STATES_KEPT) states.shift();
  }

  /** The state of one person at that moment; undefined when they did not exist yet. */
  at(id: string, atMs: number): Person | undefined {
    const states = this.#states.get(id) ?? [];
    for (let i = states.length - 1; i >= 0; i--) {
      const state = states[i];
      if (state && state.atMs <= atMs) return state.person;
    }
    return undefined;
  }

  clear(): void {
    this.#states.clear();
  }
}
