// What operators did lately, and how it ended.
import type { ActionName, ActionResult, OperatorAction } from '../../db/operator-actions.ts';
import { Moment } from '../../page/moment.tsx';
import { Listing } from './listing.tsx';

const WORDS: Readonly<Record<ActionName, string>> = {
  'held-removals.approve': 'Approved held removals',
  'held-removals.reject': 'Kept whose removal was held',
  'dead-letters.replay': 'Replayed dead letters',
  'pass.start': 'Started a pass',
  'pass.dry-run': 'Tried a pass without effect',
  'role-rules.save': 'Changed the rules for roles',
  'roles.by-hand': 'Decided about a role by hand',
  'sessions.end': 'Ended sessions',
  'person.look': 'Had somebody looked at',
  'api-token.make': 'Made an API token',
  'api-token.revoke': 'Revoked an API token',
  'setup.open': 'Opened the set-up',
  'setup.check': 'Checked the set-up',
};

type Counts = ActionResult | null;

const count = (result: Counts, name: string): number => {
  const value = result?.[name];
  return typeof value === 'number' ? value : 0;
};
const people = (n: number) => (n === 1 ? '1 person' : `${n.toLocaleString('en-GB')} people`);

/** Words for a code, with what was counted. Whatever is not here says itself. */
const OUTCOMES: Readonly<Record<string, (result: Counts) => string>> = {
  'another-list': () => 'Nothing: the list had changed',
  approved: (result) => `Approved: ${people(count(result, 'people'))}`,
  rejected: (result) => `Kept: ${people(count(result, 'people'))}`,
  replayed: (result) => `${people(count(result, 'people'))} looked at again`,
  'queue-refused': () => 'Nothing: the queue refused',
  started: () => 'Started',
  'under-way': () => 'One was under way',
  made: () => 'Made',
  'too-many': () => 'Nothing: there were too many',
  revoked: () => 'Revoked',
  over: () => 'Nothing: it was over already',
  opened: () => 'Opened',
  refused: () => 'Refused',
  saved: () => 'Saved',
  conflict: () => 'Nothing: somebody else had changed it',
  ended: () => 'Ended',
  changed: () => 'Google said something else: stored',
  unchanged: () => 'Nothing had changed',
  gone: () => 'Removed: Google does not know them',
  'gone-before': () => 'They had been removed before',
  held: () => 'Their removal is held',
  young: () => 'Nothing: too new for Google’s no to count',
  later: () => 'Nothing: too much was going on',
  compared: (result) =>
    `${people(count(result, 'people'))} compared: ${count(result, 'unknown')} unknown, ${count(result, 'different')} different, ${count(result, 'missing')} missing`,
  'compared-in-part': (result) =>
    `A part compared, ${people(count(result, 'people'))}: ${count(result, 'unknown')} unknown, ${count(result, 'different')} different`,
  checked: (result) =>
    `${count(result, 'ok')} ok, ${count(result, 'failed')} failed, ${count(result, 'waiting')} waiting`,
};

const ACTORS: Readonly<Record<string, string>> = {
  'operator-token': 'The operator token',
  'setup-link': 'A set-up link',
};

/** How it ended; of a failure the code is shown. */
export function outcomeWords({ outcome, result }: Pick<OperatorAction, 'outcome' | 'result'>) {
  if (outcome === null) return 'Under way, or cut off';
  if (outcome.startsWith('unclear:')) return 'Unclear: the database’s answer was lost';
  if (outcome.startsWith('failed:')) return `Failed: ${outcome.slice('failed:'.length)}`;
  return (Object.hasOwn(OUTCOMES, outcome) ? OUTCOMES[outcome] : undefined)?.(result) ?? outcome;
}

export function ActionsTaken({ actions }: { actions: readonly OperatorAction[] }) {
  if (actions.length === 0) return <p class="nothing">Nobody has done anything here yet.</p>;
  return (
    <Listing label="What operators did" columns={['When', 'Who', 'What', 'Outcome']}>
      {actions.map(({ atMs, actor, actorName, action, outcome, result }) => (
        <tr>
          <td>
            <Moment ms={atMs} />
          </td>
          <td>
            <bdi>{actorName ?? ACTORS[actor] ?? actor}</bdi>
          </td>
          <td>{WORDS[action] ?? action}</td>
          <td>{outcomeWords({ outcome, result })}</td>
        </tr>
      ))}
    </Listing>
  );
}
