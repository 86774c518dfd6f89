// The channel that a check opens to see whether Google reaches us. It carries `update` to the receiver like any other, so it
// can't do harm; it is not in KV, so nobody renews it.

import { DEFAULT_DIRECTORY_ID } from '../../config.ts';
import {
  type ChannelProbe,
  forgetProbe,
  noteProbeStopped,
  readProbes,
  storeProbe,
  sweepProbes,
} from '../../db/channel-probes.ts';
import type { ApiOptions } from '../../google/api.ts';
import { type OpenedChannel, stopChannel } from '../../google/channels.ts';
import { errorCode } from '../../log.ts';
import { askForChannel } from '../../sync/channel-request.ts';
import { newChannelId } from '../../sync/channel-token.ts';
import type { SyncPorts } from '../../sync/ports.ts';

const TTL_SECONDS = 1_800;
const GIVEN_UP_AFTER_MS = 10 * 60_000;
/** What a probe found is read by a page that is looked at again. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000;
/** Each costs a call and a query, of the 50 that a free plan has for everything that one event does. */
const STOPPED_AT_ONCE = 3;

/**
 * Opens a probe. Its row is there before Google is asked: the first message may come before the answer.
 *
 * @param api acts as the admin whom the checks so far found good
 * @throws {GoogleApiError} then nothing of the probe is left
 * @throws {DatabaseError}
 */
export async function openProbe(ports: SyncPorts, api: ApiOptions): Promise<ChannelProbe> {
  const openedMs = ports.nowMs();
  const probe: ChannelProbe = {
    channelId: newChannelId(openedMs),
    resourceId: '',
    adminEmail: '',
    openedMs,
    expiresMs: openedMs + TTL_SECONDS * 1000,
    syncedMs: null,
  };
  await storeProbe(ports.db, probe);
  let granted: OpenedChannel;
  try {
    granted = await askForChannel(ports.config, api, {
      id: probe.channelId,
      directoryId: DEFAULT_DIRECTORY_ID,
      event: 'update',
      ttlSeconds: TTL_SECONDS,
    });
  } catch (error) {
    await forgetProbe(ports.db, probe.channelId);
    throw error;
  }
  const { resourceId, adminEmail, expiresAtMs: expiresMs } = granted;
  const opened = { ...probe, resourceId, adminEmail, expiresMs };
  try {
    await storeProbe(ports.db, opened);
  } catch (error) {
    // Nobody would know what to stop.
    await stopChannel(api, { id: probe.channelId, resourceId, adminEmail }).catch(() => undefined);
    throw error;
  }
  return opened;
}

/** What is over and still costs Google messages, and us their queue: those that have the longest to live. */
const toStop = (probes: readonly ChannelProbe[], nowMs: number) =>
  probes
    .filter(({ resourceId, syncedMs, openedMs, expiresMs }) => {
      const isOver = syncedMs !== null || nowMs - openedMs >= GIVEN_UP_AFTER_MS;
      return resourceId !== '' && isOver && expiresMs > nowMs;
    })
    .slice(0, STOPPED_AT_ONCE);

const isSpent = ({ openedMs, expiresMs, resourceId }: ChannelProbe, nowMs: number) =>
  nowMs - openedMs >= FORGOTTEN_AFTER_MS || (resourceId !== '' && expiresMs <= nowMs);

/**
 * Stops probes that are done or older than 10 minutes, a few at a time; called by cron and by `examine` at its beginning.
 * Never throws.
 */
export async function closeProbes(ports: SyncPorts): Promise<void> {
  const nowMs = ports.nowMs();
  try {
    const probes = await readProbes(ports.db);
    for (const { channelId: id, resourceId, adminEmail } of toStop(probes, nowMs)) {
      try {
        await stopChannel(ports.api, { id, resourceId, adminEmail });
        await noteProbeStopped(ports.db, id);
      } catch (error) {
        // Tried again at the next cron; it ends by itself after half an hour.
        ports.log('warn', 'probe.not-stopped', { channelId: id, code: errorCode(error) });
      }
    }
    if (probes.some((probe) => isSpent(probe, nowMs)))
      await sweepProbes(ports.db, nowMs - FORGOTTEN_AFTER_MS, nowMs);
  } catch (error) {
    ports.log('warn', 'probes.not-read', { code: errorCode(error) });
  }
}
