// What operators did lately, and how it ended.
import type { ActionName, OperatorAction } from '../../db/operator-actions.ts';
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

/** Whatever is not here says itself: a count, or the code of a failure. */
const OUTCOMES: Readonly<Record<string, string>> = {
  'another-list': 'Nothing: the list had changed',
  started: 'Started',
  'under-way': 'One was under way',
  opened: 'Opened',
  refused: 'Refused',
  'queue-refused': 'Nothing: the queue refused',
};

const ACTORS: Readonly<Record<string, string>> = {
  'operator-token': 'The operator token',
  'setup-link': 'A set-up link',
};

/** Whom it was about stays in the row; of a failure the code is shown. */
function wordsFor(outcome: string | null): string {
  if (outcome === null) return 'Under way, or cut off';
  if (outcome.startsWith('unclear:')) return 'Unclear: the database’s answer was lost';
  const words = outcome.replace(/ \(.*\)$/, '');
  return (Object.hasOwn(OUTCOMES, words) ? OUTCOMES[words] : undefined) ?? words;
}

export function ActionsTaken({ actions }: { actions: readonly OperatorAction[] }) {
  if (actions.length === 0) return <p class="nothing">Nobody has done anything here yet.</p>;
  return (
    <Listing label="What operators did" columns={['When', 'Who', 'What', 'Outcome']}>
      {actions.map(({ atMs, actor, actorName, action, outcome }) => (
        <tr>
          <td>
            <Moment ms={atMs} />
          </td>
          <td>
            <bdi>{actorName ?? ACTORS[actor] ?? actor}</bdi>
          </td>
          <td>{WORDS[action] ?? action}</td>
          <td>{wordsFor(outcome)}</td>
        </tr>
      ))}
    </Listing>
  );
}
