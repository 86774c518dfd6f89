// What a changed rule would do, by name, before it is saved.
import type { GroupState } from '../../db/groups.ts';
import { describeSource } from '../../roles/describe.ts';
import type { RuleChange } from '../../roles/edit.ts';
import type { Preview, RoleMove } from '../../roles/preview.ts';
import type { Rule } from '../../roles/rule.ts';
import { Notes, notesOn } from '../components/rule-effect.tsx';
import { personPath, ROLES_PATH, RULE_PATH, SAVE_RULE_PATH } from '../paths.ts';
import { fieldsOfRule } from '../rule-form.ts';

interface PreviewProps {
  change: RuleChange;
  /** The rule as it stands; `null` = it is new. */
  was: Rule | null;
  preview: Preview;
  groups: readonly GroupState[];
}

const persons = (count: number) =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? 'person' : 'people'}`;

/** So many names stand open; the others unfold. */
const OPEN = 8;

function Names({ move: { count, people } }: { move: RoleMove }) {
  const items = people.map(({ id, fullName, email }) => (
    <li>
      <a href={personPath(id)}>
        <bdi>{fullName || email}</bdi>
      </a>{' '}
      <small>
        <bdi>{email}</bdi>
      </small>
    </li>
  ));
  const rest = count - people.length;
  return (
    <>
      <ul class="names">{items.slice(0, OPEN)}</ul>
      {items.length > OPEN && (
        <details>
          <summary>{`${(people.length - OPEN).toLocaleString('en-GB')} more`}</summary>
          <ul class="names">{items.slice(OPEN)}</ul>
          {rest > 0 && <p class="quiet small">{`And ${persons(rest)} who are not named here.`}</p>}
        </details>
      )}
    </>
  );
}

function Moves({
  title,
  moves,
  tone,
}: {
  title: string;
  moves: readonly RoleMove[];
  tone: string;
}) {
  if (moves.length === 0) return null;
  return (
    <section class="flow">
      <h2>{title}</h2>
      <div class="groups">
        {moves.map((move) => (
          <div class="card">
            <h3>
              <span class={`tag ${tone}`}>
                <bdi>{move.role}</bdi>
              </span>{' '}
              {persons(move.count)}
            </h3>
            <Names move={move} />
          </div>
        ))}
      </div>
    </section>
  );
}

function Rules({ change, was }: Pick<PreviewProps, 'change' | 'was'>) {
  const say = ({ source, role }: Omit<Rule, 'id'>) => (
    <>
      <span class="tag">
        <bdi>{role}</bdi>
      </span>{' '}
      <bdi>{describeSource(source)}</bdi>
    </>
  );
  return (
    <dl class="values">
      {was !== null && (
        <div>
          <dt>{change.kind === 'remove' ? 'The rule that goes' : 'The rule until now'}</dt>
          <dd>{say(was)}</dd>
        </div>
      )}
      {change.kind !== 'remove' && (
        <div>
          <dt>{change.kind === 'add' ? 'The new rule' : 'The rule from then on'}</dt>
          <dd>{say(change.rule)}</dd>
        </div>
      )}
    </dl>
  );
}

/** What stands in <main>. */
export function PreviewPage({ change, was, preview, groups }: PreviewProps) {
  const { people, changed, gains, losses, effects } = preview;
  const id = change.kind === 'add' ? null : change.id;
  const fields: Record<string, string> = change.kind === 'remove' ? {} : fieldsOfRule(change.rule);
  const effect =
    change.kind === 'remove' ? undefined : effects.find(({ rule }) => rule.id === (id ?? 0));
  const notes = effect === undefined ? [] : notesOn(effect, people, groups);
  const again = new URLSearchParams({ ...fields, ...(id === null ? {} : { id: String(id) }) });
  return (
    <>
      <header class="page">
        <div>
          <h1>
            {changed === 0
              ? 'Nobody’s roles would change'
              : `${persons(changed)} would have other roles`}
          </h1>
          <p class="lead">
            {`Of ${persons(people)}. Nothing is saved yet.`}
            {effect !== undefined && ` The rule gives ${persons(effect.people)} a role.`}
          </p>
        </div>
      </header>
      <div class="card">
        <Rules change={change} was={was} />
        <Notes notes={notes} />
        <form method="post" action={SAVE_RULE_PATH}>
          <input type="hidden" name="seen" value={preview.hash} />
          {id !== null && <input type="hidden" name="id" value={id} />}
          {change.kind === 'remove' && <input type="hidden" name="remove" value="yes" />}
          {Object.entries(fields)
            .filter(([, value]) => value !== '')
            .map(([name, value]) => (
              <input type="hidden" name={name} value={value} />
            ))}
          <p class="actions">
            <button class={change.kind === 'remove' ? 'grave' : 'main'} type="submit">
              {change.kind === 'remove' ? 'Remove the rule' : 'Save the rule'}
            </button>
            <a href={change.kind === 'remove' ? `${RULE_PATH}?id=${id}` : `${RULE_PATH}?${again}`}>
              Change it
            </a>
            <a href={ROLES_PATH}>Leave it</a>
          </p>
        </form>
      </div>
      <Moves title="Would gain" moves={gains} tone="good" />
      <Moves title="Would lose" moves={losses} tone="bad" />
    </>
  );
}
