// Hints that could not be answered, each with its reason, and the way to have those people looked at again.
import type { DeadLetterRecord, OpenDeadLetter } from '../../db/dead-letters.ts';
import { Moment } from '../../page/moment.tsx';
import { personPath, REPLAY_PATH } from '../paths.ts';
import { letterReasonOf } from '../reasons.ts';
import { Listing } from './listing.tsx';

interface DeadLettersProps {
  letters: readonly OpenDeadLetter[];
  /** Counted to 1,000. */
  count: number;
}

export function DeadLetters({ letters, count }: DeadLettersProps) {
  const replayable = letters.filter(({ userId }) => userId !== null);
  return (
    <form method="post" action={REPLAY_PATH}>
      <Listing label="Dead letters" columns={['About', 'Why', 'Tries', 'When']} numbers={['Tries']}>
        {letters.map(({ id, userId, name, email, reason, attempts, atMs }) => (
          <tr>
            <td>
              {userId !== null && <input type="hidden" name="id" value={id} />}
              {userId === null ? 'Nobody that could be read' : <bdi>{name || email || userId}</bdi>}
              {userId !== null && <small>{userId}</small>}
            </td>
            <td>
              {letterReasonOf(reason)}
              <small>{reason}</small>
            </td>
            <td class="number">{attempts}</td>
            <td>
              <Moment ms={atMs} />
            </td>
          </tr>
        ))}
      </Listing>
      <p class="actions">
        {replayable.length > 0 && (
          <button type="submit">
            {replayable.length === 1 ? 'Replay it' : `Replay these ${replayable.length}`}
          </button>
        )}
        <span class="quiet small">
          {count > letters.length && `There are ${count >= 1000 ? 'at least 1,000' : count}. `}
          Replaying has each person looked at again; do it once the reason is gone.
        </span>
      </p>
    </form>
  );
}

function About({ letter }: { letter: DeadLetterRecord }) {
  const { userId, name, email } = letter;
  if (userId === null) return 'Nobody that could be read';
  // Whoever has no row has no page.
  const isKnown = name !== null;
  const words = <bdi>{name || email || userId}</bdi>;
  return (
    <>
      {isKnown ? <a href={personPath(userId)}>{words}</a> : words}
      <small>{userId}</small>
    </>
  );
}

function LetterRow({ letter }: { letter: DeadLetterRecord }) {
  const { id, userId, reason, attempts, atMs, replayedMs } = letter;
  const box = `letter-${id}`;
  return (
    <tr>
      {replayedMs === null && (
        <td class="tick">
          {userId !== null && (
            <label>
              <input type="checkbox" id={box} name="id" value={String(id)} />
              <span class="unseen">Letter {id}</span>
            </label>
          )}
        </td>
      )}
      <td>
        <About letter={letter} />
      </td>
      <td class="reason">
        {letterReasonOf(reason)}
        <small>{reason}</small>
      </td>
      <td class="number">{attempts}</td>
      <td>
        <Moment ms={atMs} />
      </td>
      {replayedMs !== null && (
        <td>
          <Moment ms={replayedMs} />
        </td>
      )}
    </tr>
  );
}

/** A page of letters, of one kind: those that wait can be ticked. */
export function LettersInFull({
  letters,
  mayAct,
}: {
  letters: readonly DeadLetterRecord[];
  mayAct: boolean;
}) {
  const isOpen = letters[0]?.replayedMs === null;
  const columns = ['About', 'Why, and what to do', 'Tries', 'When'];
  const table = (
    <Listing
      label="Dead letters"
      columns={isOpen ? ['Replay', ...columns] : [...columns, 'Replayed']}
      numbers={['Tries']}
    >
      {letters.map((letter) => (
        <LetterRow letter={letter} />
      ))}
    </Listing>
  );
  const replayable = letters.filter(({ userId }) => userId !== null).map(({ id }) => id);
  if (!isOpen || !mayAct || replayable.length === 0) return table;
  return (
    <form method="post" action={REPLAY_PATH}>
      <input type="hidden" name="back" value="dead-letters" />
      <input type="hidden" name="page" value={replayable.join(',')} />
      {table}
      <p class="actions">
        <button type="submit">Replay the ticked</button>
        <button type="submit" name="which" value="page">
          {replayable.length === 1 ? 'Replay the one here' : `Replay all ${replayable.length} here`}
        </button>
        <span class="quiet small">
          Replaying has each person looked at again; do it once the reason is gone.
        </span>
      </p>
    </form>
  );
}
