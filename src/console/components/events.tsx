// What happened, as a list: whom it is about, what in words, what it changed, and how soon it was known.
import type { EventRecord } from '../../db/events.ts';
import { Moment } from '../../page/moment.tsx';
import { type Change, diffOf } from '../event-diff.ts';
import { CAUSE_WORDS, TYPE_WORDS, tookWords } from '../event-words.ts';
import { personPath } from '../paths.ts';

const LOOKS: Partial<Record<EventRecord['type'], string>> = {
  'user.created': 'good',
  'user.restored': 'good',
  'user.reactivated': 'good',
  'user.suspended': 'wait',
  'user.archived': 'wait',
  'user.deleted': 'bad',
};

function Side({ text }: { text: string | null }) {
  return text === null ? <span class="quiet">nothing</span> : <bdi>{text}</bdi>;
}

function ChangeLine({ kind, field, before, after }: Change) {
  if (kind === 'more') return <li class="quiet">and {after} more</li>;
  const isItem = kind !== 'value';
  return (
    <li>
      <bdi class="which">{field}</bdi>
      {isItem && before === null && (
        <ins>
          <span class="unseen">added </span>
          <bdi>{after}</bdi>
        </ins>
      )}
      {isItem && before !== null && (
        <del>
          <span class="unseen">taken away </span>
          <bdi>{before}</bdi>
        </del>
      )}
      {!isItem && (
        <span>
          <Side text={before} /> <span class="quiet">→</span> <Side text={after} />
        </span>
      )}
    </li>
  );
}

/** More than this is folded away. */
const SHOWN = 6;

/** What changed, one line each; many are behind a line that opens. */
export function Changes({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  const [shown, rest] = [changes.slice(0, SHOWN), changes.slice(SHOWN)];
  return (
    <>
      <ul class="changes">
        {shown.map((change) => (
          <ChangeLine {...change} />
        ))}
      </ul>
      {rest.length > 0 && (
        <details>
          <summary>{rest.length} more</summary>
          <ul class="changes">
            {rest.map((change) => (
              <ChangeLine {...change} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Event({ event, isOnesOwn }: { event: EventRecord; isOnesOwn: boolean }) {
  const { userId, name, type, before, after, cause, atMs, noticedMs } = event;
  return (
    <li id={`event-${event.seq}`}>
      <p class="what">
        {!isOnesOwn && (
          <a href={personPath(userId)}>
            <bdi>{name || userId}</bdi>
          </a>
        )}
        <span class={`tag ${LOOKS[type] ?? ''}`}>{TYPE_WORDS[type] ?? type}</span>
        <span class="quiet small">
          <Moment ms={atMs} />
        </span>
      </p>
      <Changes changes={diffOf(before, after)} />
      <p class="quiet small">
        {CAUSE_WORDS[cause] ?? cause}, stored {tookWords(atMs - noticedMs)} later
      </p>
    </li>
  );
}

/** @param isOnesOwn whether all of it is about one person, whose page it stands on */
export function Events({
  events,
  isOnesOwn = false,
}: {
  events: readonly EventRecord[];
  isOnesOwn?: boolean;
}) {
  return (
    <ol class="events">
      {events.map((event) => (
        <Event event={event} isOnesOwn={isOnesOwn} />
      ))}
    </ol>
  );
}
