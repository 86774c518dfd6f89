// What rules do to everybody, before they are saved: who would gain and who would lose which role, what each rule finds,
// and what it finds that is no role's name. The same evaluation that saving leads to, over the same rows.
import { type RuledPerson, readRuledPeople } from '../db/people.ts';
import type { WireObject } from '../google/user.ts';
import { type BookPorts, bookOf, personOf, readRoleBook, readRoleInputsOf } from './book.ts';
import { changedRules, hashOfRules, type RuleChange } from './edit.ts';
import type { Rule } from './rule.ts';

/** Few enough rows for one answer of D1, and many enough to be quick. */
const PAGE = 2_000;
const NAMES = 100;
const MISFITS = 20;

export interface NamedPerson {
  id: string;
  fullName: string;
  email: string;
}

/** Those who would gain, or lose, one role: how many, and the first hundred by name. */
export interface RoleMove {
  role: string;
  count: number;
  people: NamedPerson[];
}

export interface RuleEffect {
  rule: Rule;
  /** How many people it gives a role. */
  people: number;
  /** What it finds that is no role's name, with how many people. */
  misfits: { name: string; at: string; people: number }[];
  /** Whether anybody has the schema that it names, and the field; `null` = it names none. */
  schema: 'found' | 'no-field' | 'no-schema' | null;
}

export interface Preview {
  /** The rules that it began from. */
  hash: string;
  /** Living people. */
  people: number;
  /** How many of them would gain or lose something. */
  changed: number;
  gains: RoleMove[];
  losses: RoleMove[];
  effects: RuleEffect[];
}

class Moves {
  readonly #byRole = new Map<string, RoleMove>();

  add(role: string, { id, fullName, email }: RuledPerson): void {
    const move = this.#byRole.get(role) ?? { role, count: 0, people: [] };
    move.count += 1;
    if (move.people.length < NAMES) move.people.push({ id, fullName, email });
    this.#byRole.set(role, move);
  }

  all(): RoleMove[] {
    return [...this.#byRole.values()].toSorted((a, b) => (a.role < b.role ? -1 : 1));
  }
}

class Effect {
  readonly rule: Rule;
  people = 0;
  readonly #misfits = new Map<string, { name: string; at: string; people: number }>();
  #hasSchema = false;
  #hasField = false;

  constructor(rule: Rule) {
    this.rule = rule;
  }

  see(customSchemas: WireObject): void {
    const { source } = this.rule;
    if (!('schema' in source) || this.#hasField) return;
    const fields = Object.hasOwn(customSchemas, source.schema)
      ? customSchemas[source.schema]
      : undefined;
    if (typeof fields !== 'object' || fields === null) return;
    this.#hasSchema = true;
    this.#hasField = !('field' in source) || Object.hasOwn(fields, source.field);
  }

  misfit(name: string, at: string): void {
    const known = this.#misfits.get(name);
    if (known) known.people += 1;
    else if (this.#misfits.size < MISFITS) this.#misfits.set(name, { name, at, people: 1 });
  }

  result(): RuleEffect {
    const schema = this.#hasField ? 'found' : this.#hasSchema ? 'no-field' : 'no-schema';
    return {
      rule: this.rule,
      people: this.people,
      misfits: [...this.#misfits.values()],
      schema: 'schema' in this.rule.source ? schema : null,
    };
  }
}

/**
 * Reads every living person once, and writes nothing.
 *
 * @param change `null` = the rules as they are
 * @returns `null` where the rule that the change is about is not there any more
 * @throws {DatabaseError}
 */
export async function previewRules(
  ports: BookPorts,
  directoryId: string,
  change: RuleChange | null,
): Promise<Preview | null> {
  const now = await readRoleBook(ports, directoryId, []);
  if (now === null) return null;
  const rules = change === null ? now.rules : changedRules(now, change);
  if (rules === null) return null;
  const effects = new Map(rules.map((rule) => [rule.id, new Effect(rule)]));
  const gains = new Moves();
  const losses = new Moves();
  let people = 0;
  let changed = 0;
  for (let afterId = ''; ; ) {
    const page = await readRuledPeople(ports.db, directoryId, afterId, PAGE);
    // Page by page: everybody's groups together may be more than D1 gives as one value.
    const ids = page.map(({ id }) => id);
    const inputs = await readRoleInputsOf(ports, directoryId, ids);
    if (inputs === null) return null;
    const book = bookOf(inputs, rules);
    for (const row of page) {
      const person = personOf(row);
      const { grants, misfits } = book.explain(person);
      for (const effect of effects.values()) effect.see(person.customSchemas);
      for (const ruleId of new Set(grants.map((one) => one.ruleId))) {
        const effect = effects.get(ruleId);
        if (effect) effect.people += 1;
      }
      for (const { ruleId, name, because } of misfits)
        effects.get(ruleId)?.misfit(name, because.at);
      const before = new Set(JSON.parse(row.roles) as string[]);
      const after = new Set(book.rolesFor(person));
      let isChanged = false;
      for (const role of after)
        if (!before.has(role)) {
          gains.add(role, row);
          isChanged = true;
        }
      for (const role of before)
        if (!after.has(role)) {
          losses.add(role, row);
          isChanged = true;
        }
      if (isChanged) changed += 1;
    }
    people += page.length;
    afterId = page.at(-1)?.id ?? '';
    if (page.length < PAGE) break;
  }
  return {
    hash: await hashOfRules(now),
    people,
    changed,
    gains: gains.all(),
    losses: losses.all(),
    effects: [...effects.values()].map((effect) => effect.result()),
  };
}
