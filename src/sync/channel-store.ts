// Channels in KV, two key families, both expiring by themselves:
//   channel:<directoryId>:<channelId> → StoredChannel as JSON, until the channel's end
//   synced:<directoryId>:<channelId>  → when its first message arrived, ms; 72 hours
// KV may be stale by a minute. The worst it can cause is one channel too many, which is harmless: every push
// is a hint. Two families, because the cron writes one and the queue the other: no read-modify-write.
import * as z from 'zod';
import { CHANNEL_EVENTS } from '../google/channels.ts';
import { MAX_CHANNEL_AGE_MS } from './channel-token.ts';
import type { SyncNote } from './hint.ts';
import type { ChannelStore } from './ports.ts';

const storedChannel = z.object({
  id: z.string(),
  resourceId: z.string(),
  event: z.union([z.enum(CHANNEL_EVENTS), z.literal('*')]),
  /** Who opened it; only the same admin can stop it. */
  adminEmail: z.string(),
  /** The key its token was signed with, and the customer and domain it is for. */
  keyId: z.string(),
  openedAtMs: z.number(),
  expiresAtMs: z.number(),
  /** How many channels in a row before it were replaced as suspects. */
  distrust: z.number().int().min(0).default(0),
});

export type StoredChannel = z.output<typeof storedChannel>;

const storedChannelText = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  })
  .pipe(storedChannel);

/** A channel with whether Google reached us through it yet. */
export interface Channel extends StoredChannel {
  isSynced: boolean;
}

/** KV refuses to let anything live shorter than this. */
const MIN_TTL_SECONDS = 60;

const channelKey = (directoryId: string, id: string) => `channel:${directoryId}:${id}`;
const syncedKey = (directoryId: string, id: string) => `synced:${directoryId}:${id}`;

export async function rememberSync(store: ChannelStore, note: SyncNote): Promise<void> {
  await store.put(syncedKey(note.directoryId, note.channelId), String(note.noticedMs), {
    expirationTtl: MAX_CHANNEL_AGE_MS / 1000,
  });
}

export async function rememberChannel(
  store: ChannelStore,
  directoryId: string,
  channel: StoredChannel,
  nowMs: number,
): Promise<void> {
  const ttlSeconds = Math.ceil((channel.expiresAtMs - nowMs) / 1000);
  await store.put(channelKey(directoryId, channel.id), JSON.stringify(channel), {
    expirationTtl: Math.max(MIN_TTL_SECONDS, ttlSeconds),
  });
}

export async function forgetChannel(
  store: ChannelStore,
  directoryId: string,
  id: string,
): Promise<void> {
  await store.delete(channelKey(directoryId, id));
}

async function readChannel(
  store: ChannelStore,
  directoryId: string,
  id: string,
): Promise<Channel | null> {
  const [text, synced] = await Promise.all([
    store.get(channelKey(directoryId, id)),
    store.get(syncedKey(directoryId, id)),
  ]);
  const parsed = storedChannelText.safeParse(text);
  // Gone since the list, or a shape of another version: it runs out by itself and counts as absent.
  return parsed.success ? { ...parsed.data, isSynced: synced !== null } : null;
}

/** Every channel that KV knows of, ended ones left out. */
export async function readChannels(
  store: ChannelStore,
  directoryId: string,
  nowMs: number,
): Promise<Channel[]> {
  const channels: Channel[] = [];
  let cursor: string | undefined;
  const prefix = channelKey(directoryId, '');
  do {
    const page = await store.list({ prefix, ...(cursor ? { cursor } : {}) });
    const read = await Promise.all(
      page.keys.map(({ name }) => readChannel(store, directoryId, name.slice(prefix.length))),
    );
    channels.push(...read.filter((one): one is Channel => one !== null && one.expiresAtMs > nowMs));
    cursor = page.list_complete ? undefined : page.cursor;
  } while (cursor);
  return channels;
}
