// Where somebody is signed in, each to be ended, or all at once.
import type { OwnSession } from '../../db/own-sessions.ts';
import { Moment } from '../../page/moment.tsx';
import { endSessionsPath } from '../paths.ts';
import { Listing } from './listing.tsx';

const KINDS = { page: 'A window', frame: 'A frame in another page' } as const;

interface SessionsProps {
  userId: string;
  sessions: readonly OwnSession[];
  /** The handle of the session that looks at this page, if it is theirs. */
  own: string | null;
}

export function PersonSessions({ userId, sessions, own }: SessionsProps) {
  const action = endSessionsPath(userId);
  if (sessions.length === 0) return <p class="nothing">They are signed in nowhere.</p>;
  return (
    <>
      <Listing label="Sessions" columns={['Where', 'Begun', 'Ends', 'Action']}>
        {sessions.map(({ handle, kind, createdMs, expiresMs }) => (
          <tr>
            <td class="word">
              {KINDS[kind]}
              {handle === own && <small>The one you are in</small>}
            </td>
            <td>
              <Moment ms={createdMs} />
            </td>
            <td>
              <Moment ms={expiresMs} />
            </td>
            <td class="word">
              <form method="post" action={action}>
                <input type="hidden" name="session" value={handle} />
                <button class="tiny" type="submit">
                  End
                  <span class="unseen"> the session {handle.slice(0, 4)}</span>
                </button>
              </form>
            </td>
          </tr>
        ))}
      </Listing>
      <form class="actions" method="post" action={action}>
        <input type="hidden" name="all" value="yes" />
        <button class="grave" type="submit">
          End all sessions
        </button>
        <span class="quiet small">
          They are signed out everywhere at once, and may sign in again while Google lets them.
        </span>
      </form>
    </>
  );
}
