// Google's notification channels with everything that is known of each, and what is wanted and has none.
import type { ChannelProbe } from '../../db/channel-probes.ts';
import { Moment, spanOf } from '../../page/moment.tsx';
import type { Channel } from '../../sync/channel-store.ts';
import { channelName } from './channels.tsx';
import { Listing } from './listing.tsx';

export function ChannelsInFull({
  channels,
  nowMs,
}: {
  channels: readonly Channel[];
  nowMs: number;
}) {
  const sorted = channels.toSorted(
    (a, b) => a.event.localeCompare(b.event) || b.expiresAtMs - a.expiresAtMs,
  );
  return (
    <Listing
      label="Notification channels"
      columns={['Announces', 'Confirmed', 'Opened', 'Ends', 'Acts as', 'Channel']}
    >
      {sorted.map((one) => (
        <tr>
          <td>
            {channelName(one.event)}
            <small>{one.event}</small>
          </td>
          <td>
            <span class={`tag ${one.isSynced ? 'good' : 'wait'}`}>
              {one.isSynced ? 'Yes' : 'Not yet'}
            </span>
            {one.distrust > 0 && (
              <small>
                {one.distrust === 1 ? 'One before it was' : `${one.distrust} before it were`}{' '}
                replaced as suspect
              </small>
            )}
          </td>
          <td>
            <Moment ms={one.openedAtMs} />
          </td>
          <td>
            <Moment ms={one.expiresAtMs} />
            <small>in {spanOf(one.expiresAtMs - nowMs)}</small>
          </td>
          <td>
            <bdi>{one.adminEmail}</bdi>
          </td>
          <td>
            <code>{one.id}</code>
            <small>key {one.keyId}</small>
          </td>
        </tr>
      ))}
    </Listing>
  );
}

/** What checks of the set-up found when they opened a channel of their own. */
export function Probes({ probes, nowMs }: { probes: readonly ChannelProbe[]; nowMs: number }) {
  return (
    <Listing
      label="Channels that checks opened"
      columns={['Opened', 'Google reached us', 'Acts as', 'Channel']}
    >
      {probes.map(({ channelId, adminEmail, openedMs, syncedMs, resourceId, expiresMs }) => (
        <tr>
          <td>
            <Moment ms={openedMs} />
          </td>
          <td>
            {syncedMs === null ? (
              <span class="tag wait">Not yet</span>
            ) : (
              <>
                <span class="tag good">Yes</span>
                <small>after {spanOf(Math.max(0, syncedMs - openedMs))}</small>
              </>
            )}
          </td>
          <td>
            <bdi>{adminEmail}</bdi>
          </td>
          <td>
            <code>{channelId}</code>
            {resourceId !== '' && expiresMs > nowMs && <small>not stopped yet</small>}
          </td>
        </tr>
      ))}
    </Listing>
  );
}
