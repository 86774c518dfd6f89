// Asking Google for a channel that leads to us: which address, which token. For the channels that are kept, and for the one
// that a check of the set-up opens.
import type { Config } from '../config.ts';
import type { ApiOptions } from '../google/api.ts';
import { type OpenedChannel, watchUsers } from '../google/channels.ts';
import type { WatchedEvent } from './channel-plan.ts';
import { channelKeys, signChannelToken } from './channel-token.ts';

/** Where Google pushes to, below PUBLIC_URL. */
export const NOTIFICATIONS_PATH = '/google/notifications';

/**
 * Asks Google for a channel that leads to us; nothing is stored.
 *
 * @throws {GoogleApiError}
 */
export async function askForChannel(
  config: Config,
  api: ApiOptions,
  channel: { id: string; directoryId: string; event: WatchedEvent; ttlSeconds: number },
): Promise<OpenedChannel> {
  const { id, directoryId, event, ttlSeconds } = channel;
  const keys = await channelKeys(config);
  return watchUsers(api, config, {
    id,
    event,
    token: await signChannelToken(keys, { channelId: id, directoryId, event }),
    address: new URL(NOTIFICATIONS_PATH, config.publicUrl).href,
    ttlSeconds,
  });
}
