// What those read who run the deployment when a page can't be shown: nothing there, a database in trouble, a fault of ours.
import { operatorNotice } from './operator-page.tsx';

/** Words for a database's failure, by its code; those of `database-unavailable` for any other. */
const DATABASE: Readonly<Record<string, readonly [title: string, text: string]>> = {
  'database-quota': [
    'The database takes nothing more',
    'A quota of the Cloudflare account is used up; a free plan’s starts anew at 00:00 UTC. What Google pushes waits in the queue.',
  ],
  'database-not-migrated': [
    'The database is older than this version',
    'Whoever runs Rollcall deploys once more, with npm run deploy: that migrates it.',
  ],
};
const AWAY = [
  'The database does not answer',
  'Nothing is lost: what Google pushes waits in the queue. Try again in a minute.',
] as const;
const OURS = [
  'Something went wrong on our side',
  'Nothing is lost: what Google pushes waits in the queue. Try again in a minute.',
] as const;

/**
 * @param failure.code of the database's failure; `null` = it was something else
 * @param failure.again where to try again
 */
export function failurePage({
  requestId,
  code,
  again,
}: {
  requestId: string;
  code: string | null;
  again: string;
}) {
  const known = code !== null && Object.hasOwn(DATABASE, code) ? DATABASE[code] : undefined;
  const [title, text] = known ?? (code === null ? OURS : AWAY);
  return operatorNotice({
    title,
    text,
    children: (
      <>
        <p class="actions">
          <a class="button" href={again}>
            Try again
          </a>
        </p>
        <p class="quiet small">Reference: {requestId}</p>
      </>
    ),
  });
}

/** For an address under `home` that is no page. */
export function nothingHerePage(home: string) {
  return operatorNotice({
    title: 'There is nothing here',
    text: 'The address may have been mistyped, or belong to another version.',
    children: (
      <p class="actions">
        <a class="button" href={home}>
          Go back
        </a>
      </p>
    ),
  });
}
