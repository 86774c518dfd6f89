// What a pass would find: who is unknown here, whose row differs and how, who is missing, and what the guard would hold.
import type { Child } from 'hono/jsx';
import type { Counted, Different, DryRunResult, Unknown } from '../../sync/dry-run.ts';
import { diffOf } from '../event-diff.ts';
import { personPath } from '../paths.ts';
import { Changes } from './events.tsx';

const figure = (n: number) => n.toLocaleString('en-GB');
const people = (n: number) => (n === 1 ? '1 person' : `${figure(n)} people`);

function Named({
  person,
  isLinked,
  children,
}: {
  person: Unknown;
  isLinked: boolean;
  children?: Child;
}) {
  const { id, email, fullName } = person;
  return (
    <li>
      <p class="what">
        {isLinked ? (
          <a href={personPath(id)}>
            <bdi>{fullName || email || id}</bdi>
          </a>
        ) : (
          <strong>
            <bdi>{fullName || email || id}</bdi>
          </strong>
        )}
        <span class="quiet small">
          <bdi>{email}</bdi>
        </span>
      </p>
      {children}
    </li>
  );
}

function Group<T extends Unknown>({
  id,
  title,
  found,
  text,
  isLinked,
  more,
}: {
  id: string;
  title: string;
  found: Counted<T>;
  text: string;
  isLinked: boolean;
  more?: (person: T) => Child;
}) {
  const { count, people } = found;
  if (count === 0) return null;
  return (
    <section class="flow" aria-labelledby={id}>
      <h2 id={id}>
        {title}: {figure(count)}
      </h2>
      <p class="quiet">
        {text}
        {count > people.length && ` These are the first ${people.length}.`}
      </p>
      <ol class="events">
        {people.map((person) => (
          <Named person={person} isLinked={isLinked}>
            {more?.(person)}
          </Named>
        ))}
      </ol>
    </section>
  );
}

function Difference({ before, after }: Different) {
  const changes = diffOf(before, after);
  return changes.length === 0 ? (
    <p class="quiet small">Only in how it is written down.</p>
  ) : (
    <Changes changes={changes} />
  );
}

/** What is said of it above everything else. */
function Verdict({ result }: { result: DryRunResult }) {
  const { isWhole, seen, calls, unknown, different, unreadable, missing } = result;
  const isNothing =
    unknown.count + different.count + unreadable + (missing === null ? 0 : missing.count) === 0;
  const look = !isWhole || missing?.isHeld ? 'wait' : isNothing ? 'good' : '';
  return (
    <div class={`card ${look}`}>
      <h2>
        {isNothing ? (isWhole ? 'Nothing would change' : 'Nothing so far') : 'What would change'}
      </h2>
      <p>
        {people(seen)} on Google’s list, read in {calls === 1 ? '1 call' : `${figure(calls)} calls`}
        . Nothing was written, and nobody was looked at.
      </p>
      {!isWhole && (
        <p>
          The calls of one pass (GOOGLE_CALLS_PER_PASS) sufficed for this part of the list only. The
          rest was not compared, and who is missing can’t be said.
        </p>
      )}
      {unreadable > 0 && (
        <p>Of {people(unreadable)} nothing can be read but that they are there.</p>
      )}
      {missing?.isHeld && (
        <p>
          {people(missing.count)} are on no page of the list. The deletion guard lets{' '}
          {missing.room === 0 ? 'nobody' : figure(missing.room)} go without a word at the moment: a
          pass would hold them, and ask you.
        </p>
      )}
    </div>
  );
}

const MISSING = {
  asked:
    'They have a row and are on no page of the list. A pass has Google asked about each, and removes whom it denies.',
  held: 'They have a row and are on no page of the list. More than the deletion guard lets go: a pass would hold them unread.',
} as const;

/** The whole of it. */
export function DryRunFound({ result }: { result: DryRunResult }) {
  const { unknown, different, missing } = result;
  return (
    <>
      <Verdict result={result} />
      {missing !== null && (
        <Group
          id="missing"
          title="Missing"
          found={missing}
          text={missing.isHeld ? MISSING.held : MISSING.asked}
          isLinked={true}
        />
      )}
      <Group
        id="different"
        title="Different"
        found={different}
        text="A pass has each looked at by id, and stores what Google says then."
        isLinked={true}
        more={(person) => <Difference {...person} />}
      />
      <Group
        id="unknown"
        title="Unknown here"
        found={unknown}
        text="Google shows them, and they have no row yet."
        isLinked={false}
      />
    </>
  );
}
