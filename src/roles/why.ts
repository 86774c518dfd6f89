// Why somebody has a role: which rule, which value of Google's, who decided by hand, and since when.
import { readRolesSince } from '../db/events.ts';
import type { PersonRecord } from '../db/people.ts';
import { type HandRecord, readHandRecords } from '../db/role-rules.ts';
import { type BookPorts, personOf, readRoleBook } from './book.ts';
import type { Because, Misfit } from './evaluate.ts';
import type { Rule } from './rule.ts';

export interface RoleWhy {
  role: string;
  /** Whether their row has it now. Where it should and does not, a recompute is under way. */
  has: boolean;
  /** The rules that give it, with what each found; empty = by hand alone. */
  grants: { rule: Rule; because: Because }[];
  /** What was decided by hand: `excepted` wins over every rule. */
  byHand: HandRecord | null;
  /** When they got it; `null` = before the oldest event that is kept. */
  sinceMs: number | null;
}

export interface PersonRoles {
  roles: RoleWhy[];
  /** What rules found at them that is no role's name. */
  misfits: Misfit[];
}

const MAX_BY_HAND = 200;

/**
 * Explains each role that somebody has, would have but for a decision by hand, or is about to have. Three queries.
 *
 * @throws {DatabaseError}
 */
export async function explainRoles(
  ports: BookPorts,
  directoryId: string,
  person: PersonRecord,
): Promise<PersonRoles> {
  const { id } = person;
  const [book, byHand, since] = await Promise.all([
    readRoleBook(ports, directoryId, [id]),
    readHandRecords(ports.db, directoryId, id, MAX_BY_HAND),
    readRolesSince(ports.db, directoryId, id),
  ]);
  const has = JSON.parse(person.roles) as string[];
  if (book === null) return { roles: [], misfits: [] };
  const { grants, misfits } = book.explain(personOf(person));
  const rules = new Map(book.rules.map((rule) => [rule.id, rule]));
  const names = new Set([
    ...has,
    ...grants.map(({ role }) => role),
    ...byHand.map(({ role }) => role),
  ]);
  const roles = [...names].toSorted().map((role): RoleWhy => {
    const isHeld = has.includes(role);
    return {
      role,
      has: isHeld,
      grants: grants.flatMap(({ role: given, ruleId, because }) => {
        const rule = rules.get(ruleId);
        return given === role && rule !== undefined ? [{ rule, because }] : [];
      }),
      byHand: byHand.find((one) => one.role === role) ?? null,
      sinceMs: isHeld ? (since.get(role)?.atMs ?? null) : null,
    };
  });
  return { roles, misfits };
}
