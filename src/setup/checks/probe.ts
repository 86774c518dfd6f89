// The channel that a check opens to see whether Google reaches us. It carries `update` to the receiver like any other, so it
// can't do harm; it is not in KV, so nobody renews it.

import { DEFAULT_DIRECTORY_ID } from '../../config.ts';
import {
  type ChannelProbe,
  forgetProbe,
  noteProbeStopped,
  readProbes,
  storeProbe,
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

async function close(ports: SyncPorts, probe: ChannelProbe): Promise<void> {
  const { channelId: id, resourceId, adminEmail, openedMs, expiresMs, syncedMs } = probe;
  const ageMs = ports.nowMs() - openedMs;
  if (ageMs >= FORGOTTEN_AFTER_MS) return forgetProbe(ports.db, id);
  const isOver = syncedMs !== null || ageMs >= GIVEN_UP_AFTER_MS;
  if (resourceId === '' || !isOver) return;
  if (expiresMs > ports.nowMs()) await stopChannel(ports.api, { id, resourceId, adminEmail });
  await noteProbeStopped(ports.db, id);
}

/** Stops probes that are done or older than 10 minutes; called by cron and by `examine` at its beginning. Never throws. */
export async function closeProbes(ports: SyncPorts): Promise<void> {
  try {
    for (const probe of await readProbes(ports.db)) {
      try {
        await close(ports, probe);
      } catch (error) {
        // Tried again at the next cron; it ends by itself after half an hour.
        const code = errorCode(error);
        ports.log('warn', 'probe.not-stopped', { channelId: probe.channelId, code });
      }
    }
  } catch (error) {
    ports.log('warn', 'probes.not-read', { code: errorCode(error) });
  }
}
