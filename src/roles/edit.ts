// Changing what roles come from: a rule that is added, replaced or removed, and a decision by hand. Nobody overwrites what
// they have not seen: a change names the hash of the rules, or the state of the decision, that was on the page.
import { addRule, decideByHand, removeRule, replaceRule } from '../db/role-rules.ts';
import { sha256Of } from '../hash.ts';
import {
  type BookPorts,
  bookOf,
  ensureFirstRule,
  type RoleBook,
  readRoleInputsOf,
} from './book.ts';
import type { ByHand } from './evaluate.ts';
import { isReservedRole, isRoleName, type Rule } from './rule.ts';

export type RuleChange =
  | { kind: 'add'; rule: Omit<Rule, 'id'> }
  | { kind: 'replace'; id: number; rule: Omit<Rule, 'id'> }
  | { kind: 'remove'; id: number };

/**
 * The rules as they will be; `null` = the rule that it is about is not there. A new one has the id 0. One that this version
 * can't read gives nothing, and can be replaced and removed.
 */
export function changedRules(
  { rules, unreadable }: Pick<RoleBook, 'rules' | 'unreadable'>,
  change: RuleChange,
): Rule[] | null {
  if (change.kind === 'add') return [...rules, { id: 0, ...change.rule }];
  if (unreadable.includes(change.id))
    return change.kind === 'remove' ? [...rules] : [...rules, { id: change.id, ...change.rule }];
  if (!rules.some(({ id }) => id === change.id)) return null;
  return change.kind === 'remove'
    ? rules.filter(({ id }) => id !== change.id)
    : rules.map((one) => (one.id === change.id ? { id: one.id, ...change.rule } : one));
}

/**
 * Names a state of the rules, for a form: 43 characters of base64url. By what they say, since the first has an id only once it
 * is made; who changes a rule that is gone is told so by its id.
 */
export const hashOfRules = ({
  rules,
  unreadable,
}: Pick<RoleBook, 'rules' | 'unreadable'>): Promise<string> =>
  sha256Of(JSON.stringify([rules.map(({ source, role }) => [source, role]), unreadable]));

interface EditPorts extends BookPorts {
  nowMs: () => number;
}

/**
 * - `saved` and a recompute is asked for, which somebody has to begin
 * - `conflict` the state is another than the one that was seen
 */
export type Edited = 'saved' | 'conflict';

/** Groups may be read meanwhile, which makes a new version of other things: then the same is tried again. */
const TRIES = 5;

async function edit(
  ports: EditPorts,
  directoryId: string,
  ids: readonly string[],
  attempt: (book: RoleBook) => Promise<'again' | Edited>,
): Promise<Edited> {
  await ensureFirstRule(ports, directoryId);
  for (let i = 0; i < TRIES; i += 1) {
    const inputs = await readRoleInputsOf(ports, directoryId, ids);
    if (inputs === null) return 'conflict';
    const result = await attempt(bookOf(inputs));
    if (result !== 'again') return result;
  }
  return 'conflict';
}

/**
 * Saves a change of the rules.
 *
 * @param seen the hash of the rules that were shown with the change
 * @throws {DatabaseError}
 */
export function saveRules(
  ports: EditPorts,
  directoryId: string,
  { change, seen, madeBy }: { change: RuleChange; seen: string; madeBy: string },
): Promise<Edited> {
  return edit(ports, directoryId, [], async (book) => {
    if ((await hashOfRules(book)) !== seen || changedRules(book, change) === null)
      return 'conflict';
    const at = { directoryId, version: book.version, madeBy, nowMs: ports.nowMs() };
    const written = await (() => {
      if (change.kind === 'remove') return removeRule(ports.db, at, change.id);
      const rule = { source: JSON.stringify(change.rule.source), role: change.rule.role };
      return change.kind === 'add'
        ? addRule(ports.db, at, rule)
        : replaceRule(ports.db, at, change.id, rule);
    })();
    return written ? 'saved' : 'again';
  });
}

/** How a person and a role stand by hand. */
export type HandState = ByHand['kind'] | 'none';

interface HandEdit {
  userId: string;
  role: string;
  /** What it is to be; `none` takes an earlier decision back. */
  to: HandState;
  /** What was on the page. */
  seen: HandState;
  reason: string;
  madeBy: string;
}

const MAX_REASON = 300;

/**
 * What is wrong with a decision by hand; `null` = nothing.
 *
 * @param isSuperAdmin whoever decides: power inside this deployment is theirs alone to give and to take
 */
export function handProblem(
  { role, to, reason }: Pick<HandEdit, 'role' | 'to' | 'reason'>,
  isSuperAdmin: boolean,
): 'role' | 'reserved' | 'reason' | null {
  if (!isRoleName(role)) return 'role';
  if (isReservedRole(role) && (!isSuperAdmin || role !== 'rollcall:admin')) return 'reserved';
  if (to !== 'none' && (reason.trim() === '' || reason.length > MAX_REASON)) return 'reason';
  return null;
}

/**
 * Decides about one person and one role.
 *
 * @throws {DatabaseError}
 */
export function saveByHand(
  ports: EditPorts,
  directoryId: string,
  { userId, role, to, seen, reason, madeBy }: HandEdit,
): Promise<Edited> {
  return edit(ports, directoryId, [userId], async (book) => {
    const now = book.byHand.get(userId)?.find((one) => one.role === role)?.kind ?? 'none';
    if (now !== seen) return 'conflict';
    const at = { directoryId, version: book.version, madeBy, nowMs: ports.nowMs() };
    const kind = to === 'none' ? null : to;
    const written = await decideByHand(ports.db, at, { userId, role, kind, reason: reason.trim() });
    return written ? 'saved' : 'again';
  });
}
