// Google's notification channels: which event, whether Google has reached us through it, how long it lasts.

import { spanOf } from '../../page/moment.tsx';
import type { Overview } from '../overview.ts';
import { Listing } from './listing.tsx';

const NAMES: Readonly<Record<string, string>> = {
  add: 'Newcomers',
  delete: 'Deletions',
  makeAdmin: 'Admin rights',
  undelete: 'Returns',
  update: 'Changes',
  '*': 'All events',
};

/** What an event of Google’s announces. */
export const channelName = (event: string): string =>
  (Object.hasOwn(NAMES, event) ? NAMES[event] : undefined) ?? event;

export function Channels({
  channels,
  wanted,
  nowMs,
}: Pick<Overview, 'channels' | 'wanted' | 'nowMs'>) {
  if (channels === 'unknown')
    return <p class="nothing">KV does not answer, so they can’t be shown. They go on working.</p>;
  if (channels.length === 0) {
    return (
      <p class="nothing">
        {wanted.length === 0
          ? 'None is wanted here. Only passes find what has changed.'
          : 'None is open. Cron opens them, every five minutes; a new trigger may take 15 to begin.'}
      </p>
    );
  }
  const sorted = channels.toSorted(
    (a, b) => a.event.localeCompare(b.event) || b.expiresAtMs - a.expiresAtMs,
  );
  return (
    <Listing label="Notification channels" columns={['Announces', 'Confirmed', 'Time left']}>
      {sorted.map(({ event, isSynced, expiresAtMs }) => (
        <tr>
          <td>
            {channelName(event)}
            <small>{event}</small>
          </td>
          <td>
            <span class={`tag ${isSynced ? 'good' : 'wait'}`}>{isSynced ? 'Yes' : 'Not yet'}</span>
          </td>
          <td class="word">{spanOf(expiresAtMs - nowMs)}</td>
        </tr>
      ))}
    </Listing>
  );
}
