// Hints that could not be answered, each with its reason, and the way to have those people looked at again.
import type { OpenDeadLetter } from '../../db/dead-letters.ts';
import { Moment } from '../../page/moment.tsx';
import { REPLAY_PATH } from '../paths.ts';
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
