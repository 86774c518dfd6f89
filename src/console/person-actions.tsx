// What an operator does about one person: decides about a role by hand, ends sessions, has them looked at. Each is written
// down, and leads back to the person.
import type { Child } from 'hono/jsx';
import { endOwnSessions, HANDLE_LENGTH } from '../db/own-sessions.ts';
import type { PersonRecord } from '../db/people.ts';
import { formFields } from '../page/form-fields.ts';
import type { SaidCode } from '../page/said.tsx';
import { type Edited, type HandState, handProblem, saveByHand } from '../roles/edit.ts';
import { type Conclusion, lookAt } from '../sync/look.ts';
import { beginRecompute } from '../sync/recompute.ts';
import { act, actorOf, backTo, directoryOf, portsOf } from './act.ts';
import { type ConsoleContext, Refused } from './page.tsx';
import { personPath } from './paths.ts';

/** Somebody of the operator's own directory. */
export type About = Pick<PersonRecord, 'id' | 'status'>;
/** Shows the person as they stand, with a word in place of what was asked for. */
export type ShowAgain = (word: Child, status: 400 | 409) => Promise<Response>;

const STATES: readonly string[] = ['added', 'excepted', 'none'] satisfies HandState[];
const isState = (text: unknown): text is HandState =>
  typeof text === 'string' && STATES.includes(text);

const HAND_PROBLEMS = {
  role: 'a role’s name is 1 to 64 letters, digits and : _ . - and nothing else.',
  reserved:
    'of the roles that begin with rollcall: there is only rollcall:admin, and only a super admin may give or take it.',
  reason: 'say why, in at most 300 characters.',
} as const;

const SAID_OF: Readonly<Record<HandState, SaidCode>> = {
  added: 'role-given',
  excepted: 'role-excepted',
  none: 'role-taken-back',
};

/** POST …/roles: a role is given, somebody excepted from it, or either taken back. */
export async function decideByHand(c: ConsoleContext, { id, status }: About, show: ShowAgain) {
  const { role, to, seen, reason = '' } = await formFields(c.req);
  const isForm = typeof role === 'string' && typeof reason === 'string';
  if (!isForm || !isState(to) || !isState(seen) || to === seen)
    return show(<Refused>Nothing was done: that is no form of this page.</Refused>, 400);
  const decision = { role: role.trim(), to, reason };
  const problem = handProblem(decision, c.get('operator').user.isAdmin);
  if (problem !== null)
    return show(<Refused>Nothing was done: {HAND_PROBLEMS[problem]}</Refused>, 400);
  if (status === 'deleted' && to !== 'none') {
    const word = <Refused>Nothing was done: they have been removed, and have no roles.</Refused>;
    return show(word, 409);
  }
  const ports = portsOf(c);
  const directoryId = directoryOf(c);
  const done = await act<{ edited: Edited; isThrough: boolean }>(
    c,
    'roles.by-hand',
    { userId: id },
    async () => {
      const hand = { userId: id, ...decision, seen, madeBy: actorOf(c) };
      const edited = await saveByHand(ports, directoryId, hand);
      const isThrough = edited === 'saved' && (await beginRecompute(ports, directoryId, [id]));
      return { edited, isThrough };
    },
    ({ edited }) => edited,
  );
  if (done.edited === 'conflict') {
    const word = (
      <Refused>
        Nothing was done: somebody has decided about this person and this role meanwhile. This is
        how it stands now.
      </Refused>
    );
    return show(word, 409);
  }
  return backTo(c, done.isThrough ? SAID_OF[to] : 'roles-under-way', 0, personPath(id));
}

/** POST …/sessions/end: one session, or all of them with the unused codes of popups. */
export async function endSessions(c: ConsoleContext, { id }: About, show: ShowAgain) {
  const { session, all } = await formFields(c.req);
  const handle = all === 'yes' ? null : session;
  const isHandle = handle === null || (typeof handle === 'string' && /^[\w-]+$/.test(handle));
  if (!isHandle || (handle !== null && handle.length !== HANDLE_LENGTH))
    return show(<Refused>Nothing was done: that is no form of this page.</Refused>, 400);
  const { db, nowMs } = portsOf(c);
  const ended = await act(
    c,
    'sessions.end',
    { userId: id },
    () => endOwnSessions(db, directoryOf(c), id, { handle, nowMs: nowMs() }),
    (count) => (count === 0 ? 'over' : 'ended'),
  );
  const said: SaidCode = ended === 0 ? 'session-over' : 'sessions-ended';
  return backTo(c, said, ended, personPath(id));
}

type Told = { said: SaidCode; count?: number } | { code: string; remedy: string };

function toldOf(conclusion: Conclusion | undefined): Told {
  if (conclusion === undefined || conclusion.kind === 'deferred') return { said: 'looked-later' };
  if (conclusion.kind === 'young') return { said: 'looked-young' };
  if (conclusion.kind === 'failed') return { code: conclusion.code, remedy: conclusion.remedy };
  const { isGone, applied } = conclusion;
  const { outcome, changed } = applied;
  if (outcome === 'held') return { said: 'looked-held' };
  if (outcome === 'lost' || outcome === 'outdated') return { said: 'looked-later' };
  if (outcome === 'foreign' || outcome === 'unstorable')
    return { code: outcome, remedy: 'What is stored stays as it is.' };
  if (isGone) return { said: outcome === 'written' ? 'looked-gone' : 'looked-gone-before' };
  return outcome === 'written'
    ? { said: 'looked-changed', count: changed.length }
    : { said: 'looked-unchanged' };
}

/** POST …/look: Google is asked about them at once, and what it answers is stored. */
export async function lookNow(c: ConsoleContext, { id }: About, show: ShowAgain) {
  const ports = portsOf(c);
  const told = await act(
    c,
    'person.look',
    { userId: id },
    async () => {
      const noticedMs = ports.nowMs();
      const person = { id, cause: 'operator', noticedMs, announcedDelete: false } as const;
      const looked = await lookAt(ports, directoryOf(c), [person], null);
      return toldOf(looked?.conclusions.get(id));
    },
    (result) => ('said' in result ? result.said.replace('looked-', '') : `failed:${result.code}`),
  );
  if ('said' in told) return backTo(c, told.said, told.count ?? 0, personPath(id));
  const word = (
    <Refused>
      Nothing was done: Google could not be asked about them (<code>{told.code}</code>).{' '}
      {told.remedy}
    </Refused>
  );
  return show(word, 409);
}
