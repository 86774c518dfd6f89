// What the witness knows of roles: what they come from, as the tables hold it after every query, who meant to change
// it, and whom Google has told about a group. Every living row has the roles of that, unless a recompute is under way.
import type { Border } from './google-border.ts';
import {
  type HandSaid,
  isReserved,
  type PersonSaid,
  type RoleSources,
  type RuleSaid,
  rolesShouldBe,
} from './role-oracle.ts';
import type { Row } from './rows.ts';
import type { Actor } from './scheduler.ts';
import type { Peek } from './sqlite-d1.ts';

/** What somebody at the console has seen, and what they make of it. */
export type RoleIntent =
  | {
      kind: 'rules';
      seen: readonly RuleSaid[];
      after: (seen: readonly RuleSaid[], newId: number) => RuleSaid[];
    }
  | { kind: 'hand'; userId: string; role: string; seen: string; to: string };

interface Stored {
  version: number;
  ticket: number;
  isUnderWay: number | null;
  rules: string;
  byHand: string;
  members: string;
  everybody: string;
}

const STORED = `
  SELECT roles_version AS version, ticket,
    (SELECT finished_ms IS NULL FROM role_recomputes) AS isUnderWay,
    (SELECT json_group_array(json_object('id', id, 'source', json(source), 'role', role) ORDER BY id) FROM role_rules) AS rules,
    (SELECT json_group_array(json_object('userId', user_id, 'role', role, 'kind', kind) ORDER BY user_id, role)
      FROM roles_by_hand WHERE user_id IN (SELECT id FROM users)) AS byHand,
    (SELECT json_group_array(group_key || ' ' || user_id ORDER BY group_key, user_id) FROM group_members
      WHERE group_key IN (SELECT source->>'$.group' FROM role_rules)) AS members,
    (SELECT json_group_array(group_key ORDER BY group_key) FROM groups
      WHERE has_everybody = 1 AND group_key IN (SELECT source->>'$.group' FROM role_rules)) AS everybody
  FROM directories WHERE id = 'default'`;

const NOTHING: Stored = {
  version: 0,
  ticket: 0,
  isUnderWay: null,
  rules: '[]',
  byHand: '[]',
  members: '[]',
  everybody: '[]',
};

/** As texts, whatever the order of keys. */
const textOf = ({ source, role }: RuleSaid) =>
  JSON.stringify([Object.entries(source).toSorted(), role]);
/** They say the same: another rule with the same words is no other state of the rules. */
const saySame = (a: readonly RuleSaid[], b: readonly RuleSaid[]) =>
  JSON.stringify(a.map(textOf)) === JSON.stringify(b.map(textOf));
const areSame = (a: readonly RuleSaid[], b: readonly RuleSaid[]) =>
  saySame(a, b) && a.every(({ id }, i) => b[i]?.id === id);

/** What is in only one of the two. */
const differing = (a: ReadonlySet<string>, b: ReadonlySet<string>) => [
  ...[...a].filter((one) => !b.has(one)),
  ...[...b].filter((one) => !a.has(one)),
];

export class RoleWatch {
  /** How often what roles come from has changed. */
  changes = 0;
  /** Rows that a recompute has written. */
  recomputed = 0;
  readonly #peek: Peek;
  readonly #border: Border;
  readonly #seed: RuleSaid;
  #stored = NOTHING;
  #rules: readonly RuleSaid[] = [];
  #byHand: readonly HandSaid[] = [];
  #members: ReadonlySet<string> = new Set();
  #everybody: ReadonlySet<string> = new Set();
  readonly #intents = new Map<Actor, RoleIntent>();

  constructor(peek: Peek, border: Border, rolesSchema: string) {
    this.#peek = peek;
    this.#border = border;
    this.#seed = { id: 1, source: { kind: 'fields', schema: rolesSchema }, role: '{field}' };
    this.#take(this.#read());
  }

  /** What roles come from now. */
  get sources(): RoleSources {
    return {
      // Until the first rule is made, the configuration's schema stands for it.
      rules: this.#stored.version === 0 ? [this.#seed] : this.#rules,
      byHand: this.#byHand,
      isIn: (userId, groupKey) =>
        this.#everybody.has(groupKey) || this.#members.has(`${groupKey} ${userId}`),
    };
  }

  readonly rolesFor = (person: PersonSaid): string[] => rolesShouldBe(this.sources, person);

  intends(actor: Actor, intent: RoleIntent): void {
    this.#intents.set(actor, intent);
  }

  #read(): Stored {
    return this.#peek.rows<Stored>(STORED)[0] ?? NOTHING;
  }

  #take(stored: Stored): void {
    const before = this.#stored;
    this.#stored = stored;
    if (stored.rules !== before.rules) this.#rules = JSON.parse(stored.rules);
    if (stored.byHand !== before.byHand) this.#byHand = JSON.parse(stored.byHand);
    if (stored.members !== before.members) this.#members = new Set(JSON.parse(stored.members));
    if (stored.everybody !== before.everybody)
      this.#everybody = new Set(JSON.parse(stored.everybody));
  }

  /**
   * After a query of `actor` that wrote something.
   *
   * @returns what must not be, or `null`
   */
  read(actor: Actor): string | null {
    const before = this.#stored;
    const now = this.#read();
    const rules = this.#rules;
    const byHand = this.#byHand;
    const members = this.#members;
    const everybody = this.#everybody;
    this.#take(now);
    const isOther =
      now.rules !== before.rules ||
      now.byHand !== before.byHand ||
      now.members !== before.members ||
      now.everybody !== before.everybody;
    if (now.version < before.version) return 'the version of roles went back';
    if (!isOther) return null;
    this.changes += 1;
    if (now.rules !== before.rules && !this.#isMeant(actor, rules))
      return 'rules were changed by somebody who had seen others';
    if (now.byHand !== before.byHand && !this.#isMeantByHand(actor, byHand))
      return 'a decision by hand was changed by somebody who had seen another';
    // What a rule that is new names, or one that went did not, was there before.
    if (now.rules === before.rules) {
      const groups = differing(this.#members, members).map((one) => one.split(' ')[0] ?? '');
      for (const group of [...groups, ...differing(this.#everybody, everybody)])
        if (!this.#border.hasToldOf(actor, group))
          return `the members of ${group} changed, and Google had not said so`;
    }
    return now.version > before.version
      ? null
      : 'what roles come from changed, and its version did not';
  }

  #isMeant(actor: Actor, before: readonly RuleSaid[]): boolean {
    if (before.length === 0 && this.#rules.length === 1 && this.#stored.version === 1)
      return saySame(this.#rules, [this.#seed]);
    const intent = this.#intents.get(actor);
    if (intent?.kind !== 'rules') return false;
    const newId = this.#rules.at(-1)?.id ?? 0;
    return saySame(intent.seen, before) && areSame(intent.after(before, newId), this.#rules);
  }

  #isMeantByHand(actor: Actor, before: readonly HandSaid[]): boolean {
    const intent = this.#intents.get(actor);
    if (intent?.kind !== 'hand') return false;
    const text = ({ userId, role, kind }: HandSaid) => `${userId} ${role} ${kind}`;
    const was = new Set(before.map(text));
    const is = new Set(this.#byHand.map(text));
    const about = `${intent.userId} ${intent.role} `;
    return differing(was, is).every(
      (one) => one.startsWith(about) && one === about + (was.has(one) ? intent.seen : intent.to),
    );
  }

  /** What is wrong with a write of a recompute, which has changed nothing but roles; or `null`. */
  judgeRecompute(before: Row, row: Row): string | null {
    this.recomputed += 1;
    if (row.ticket !== before.ticket) return 'a recompute passed itself off as a look';
    if (row.written !== this.#stored.ticket) return 'a recompute lets older looks write';
    if (row.status === 'deleted') return 'a recompute gave roles to somebody who is gone';
    return this.#isRight(row) ? null : 'a recompute wrote roles of another time';
  }

  /** Whoever is gone has no role. */
  #isRight(row: Row): boolean {
    if (row.status === 'deleted') return row.roles === '[]';
    const person = {
      id: row.id,
      customSchemas: JSON.parse(row.custom_schemas),
      orgUnitPath: row.org_unit_path,
      isAdmin: row.is_admin === 1,
    };
    return row.roles === JSON.stringify(this.rolesFor(person));
  }

  /** What is wrong with everybody's roles, whoever wrote them; or `null`. */
  judgeAll(rows: readonly Row[]): string | null {
    for (const { id, roles } of rows) {
      for (const role of JSON.parse(roles) as string[])
        if (isReserved(role) && !this.#byHand.some((one) => one.userId === id && one.role === role))
          return this.#stored.isUnderWay ? null : `${id} has ${role}, and not by hand`;
    }
    if (this.#stored.isUnderWay) return null;
    const wrong = rows.find((row) => !this.#isRight(row));
    return wrong ? `${wrong.id} has roles of another time, and no recompute is under way` : null;
  }

  /** What everybody is found by. */
  terms(): { id: string; term: string }[] {
    return this.#peek.rows('SELECT user_id AS id, term FROM people_terms');
  }

  /** Whether everybody's roles have been brought to the current version. */
  get isSettled(): boolean {
    return !this.#stored.isUnderWay;
  }
}
