// The page at /console/activity: everything that happened to people, or everything that operators did, the youngest first.
import type { EventRecord } from '../../db/events.ts';
import type { OperatorAction } from '../../db/operator-actions.ts';
import { CAUSES, EVENT_TYPES } from '../../db/schema.ts';
import { type AskedFilter, filterQuery } from '../activity.ts';
import { ActionsTaken } from '../components/actions-taken.tsx';
import { Events } from '../components/events.tsx';
import { CAUSE_WORDS, TYPE_WORDS } from '../event-words.ts';
import { ACTIVITY_CSV_PATH, ACTIVITY_PATH } from '../paths.ts';

const OPERATORS = `${ACTIVITY_PATH}?of=operators`;

function Tabs({ of }: { of: 'people' | 'operators' }) {
  return (
    <nav class="tabs" aria-label="Whose activity">
      <a href={ACTIVITY_PATH} aria-current={of === 'people' ? 'page' : undefined}>
        People
      </a>
      <a href={OPERATORS} aria-current={of === 'operators' ? 'page' : undefined}>
        Operators
      </a>
    </nav>
  );
}

interface Choice {
  label: string;
  name: 'type' | 'cause';
  any: string;
  words: Readonly<Record<string, string>>;
  order: readonly string[];
}

const CHOICES: readonly Choice[] = [
  { label: 'What', name: 'type', any: 'Anything', words: TYPE_WORDS, order: EVENT_TYPES },
  { label: 'Found by', name: 'cause', any: 'Anyhow', words: CAUSE_WORDS, order: CAUSES },
];

function Filter({ asked }: { asked: AskedFilter }) {
  return (
    <form class="filter" method="get" action={ACTIVITY_PATH}>
      <label class="field">
        <span>Person</span>
        <input
          type="text"
          name="person"
          value={asked.person}
          placeholder="Address or ID"
          maxlength={320}
          autocomplete="off"
        />
      </label>
      {CHOICES.map(({ label, name, any, words, order }) => (
        <label class="field">
          <span>{label}</span>
          <select name={name}>
            <option value="">{any}</option>
            {order.map((one) => (
              <option value={one} selected={asked[name] === one}>
                {words[one]}
              </option>
            ))}
          </select>
        </label>
      ))}
      <label class="field">
        <span>From (UTC)</span>
        <input type="date" name="from" value={asked.from} />
      </label>
      <label class="field">
        <span>To (UTC)</span>
        <input type="date" name="to" value={asked.to} />
      </label>
      <p class="actions">
        <button type="submit">Show</button>
        {filterQuery(asked) !== '' && <a href={ACTIVITY_PATH}>Show all</a>}
      </p>
    </form>
  );
}

interface ActivityView {
  asked: AskedFilter;
  events: readonly EventRecord[];
  /** Where to go on; `null` = there is no more. */
  next: number | null;
  /** Whether this is where the stream begins: its youngest end. */
  isFirst: boolean;
  /** Whether the person who was asked for is nobody's. */
  isNobody: boolean;
}

function WhereItEnds({ asked, events, next, isFirst, isNobody }: ActivityView) {
  if (isNobody)
    return (
      <p class="nothing">
        Nobody here has the address <bdi>{asked.person}</bdi>. People are known by their address of
        today; what happened under an earlier one is found by their ID.
      </p>
    );
  if (next !== null) {
    const isSparse = events.length === 0;
    return (
      <p class="actions">
        <a class="button" href={`${ACTIVITY_PATH}${filterQuery(asked, { before: String(next) })}`}>
          {isSparse ? 'Look further back' : 'Earlier'}
        </a>
        {isSparse && (
          <span class="quiet">
            None among the last 5,000 events that were looked through. There are earlier ones.
          </span>
        )}
      </p>
    );
  }
  if (events.length > 0) return <p class="quiet small">That is where it begins.</p>;
  const isFiltered = filterQuery(asked) !== '';
  return (
    <p class="nothing">
      {isFiltered || !isFirst ? 'Nothing more fits that.' : 'Nothing has happened yet.'}
    </p>
  );
}

/** What stands in <main>, about people. */
export function ActivityPage(view: ActivityView) {
  const { asked, events, isFirst } = view;
  return (
    <>
      <header class="page">
        <div>
          <h1>Activity</h1>
          <p class="lead">What changed about people, why it was noticed, and how soon.</p>
        </div>
        <a class="button" href={`${ACTIVITY_CSV_PATH}${filterQuery(asked)}`}>
          Download as CSV
        </a>
      </header>
      <Tabs of="people" />
      <Filter asked={asked} />
      <section class="flow" aria-labelledby="happened">
        <h2 id="happened" class="unseen">
          What happened
        </h2>
        {!isFirst && (
          <p>
            <a href={`${ACTIVITY_PATH}${filterQuery(asked)}`}>Back to the latest</a>
          </p>
        )}
        {events.length > 0 && <Events events={events} />}
        <WhereItEnds {...view} />
      </section>
    </>
  );
}

/** What stands in <main>, about operators. @param next the address of the next page */
export function OperatorActivityPage({
  actions,
  next,
  isFirst,
}: {
  actions: readonly OperatorAction[];
  next: string | null;
  isFirst: boolean;
}) {
  return (
    <>
      <header class="page">
        <div>
          <h1>Activity</h1>
          <p class="lead">What operators did here. Each word was written down before the deed.</p>
        </div>
      </header>
      <Tabs of="operators" />
      <section class="flow" aria-labelledby="done">
        <h2 id="done" class="unseen">
          What operators did
        </h2>
        {!isFirst && (
          <p>
            <a href={OPERATORS}>Back to the latest</a>
          </p>
        )}
        <ActionsTaken actions={actions} />
        {next !== null && (
          <p class="actions">
            <a class="button" href={`${OPERATORS}&before=${next}`}>
              Earlier
            </a>
          </p>
        )}
      </section>
    </>
  );
}
