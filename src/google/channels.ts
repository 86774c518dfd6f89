// Notification channels: users.watch and channels.stop.
// https://developers.google.com/workspace/admin/directory/v1/guides/push
import { type ApiOptions, callApi, jsonObject } from './api.ts';
import { type DirectoryScope, scopeQuery } from './directory.ts';
import { GoogleApiError } from './errors.ts';

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 256 * 1024;
/** Google lets a Directory channel live two days at most; whatever it says beyond is not relied on. */
const MAX_LIFE_MS = 48 * 3_600_000;
/** A channel that is over before it could be used would be opened again at every cron. */
const MIN_LIFE_MS = 60_000;

/** The events Google can watch for, in its own spelling. */
export const CHANNEL_EVENTS = ['add', 'delete', 'makeAdmin', 'undelete', 'update'] as const;
export type ChannelEvent = (typeof CHANNEL_EVENTS)[number];

export interface OpenedChannel {
  /** Google's opaque name of what is watched; needed to stop the channel. */
  resourceId: string;
  /** What Google granted, which may be less than was asked for. */
  expiresAtMs: number;
  /** The admin that opened it; only the same one can stop it. */
  adminEmail: string;
}

/**
 * Opens a channel. Its `sync` message may arrive before this returns.
 *
 * @param channel.event one event, or `*` for a channel without `event`, which carries all of them
 * @param channel.ttlSeconds what to ask for; schedule only from `expiresAtMs`
 */
export async function watchUsers(
  api: ApiOptions,
  scope: DirectoryScope,
  channel: {
    id: string;
    token: string;
    address: string;
    event: ChannelEvent | '*';
    ttlSeconds: number;
  },
): Promise<OpenedChannel> {
  const { answer, subject } = await callApi(api, {
    method: 'POST',
    path: '/admin/directory/v1/users/watch',
    query: { ...scopeQuery(scope), event: channel.event === '*' ? undefined : channel.event },
    body: {
      id: channel.id,
      type: 'web_hook',
      address: channel.address,
      token: channel.token,
      params: { ttl: String(channel.ttlSeconds) },
    },
    timeoutMs: TIMEOUT_MS,
    maxBytes: MAX_BYTES,
  });
  const { resourceId, expiration } = jsonObject(answer);
  // An int64 is a string on the wire; a guide's sample prints a number.
  const expiresAtMs = Number(expiration);
  if (
    typeof resourceId !== 'string' ||
    !Number.isSafeInteger(expiresAtMs) ||
    expiresAtMs <= api.nowMs() + MIN_LIFE_MS
  ) {
    throw new GoogleApiError({ code: 'invalid-response', status: answer.status, retryable: true });
  }
  const endsAtMs = Math.min(expiresAtMs, api.nowMs() + MAX_LIFE_MS);
  return { resourceId, expiresAtMs: endsAtMs, adminEmail: subject };
}

/**
 * Stops a channel, as the admin who opened it.
 *
 * The underscore in the path is right: with `directory/v1` Google answers 404 in HTML.
 *
 * @returns `unknown` for a JSON 404: stopped or expired already, which is as good
 */
export async function stopChannel(
  api: ApiOptions,
  channel: { id: string; resourceId: string; adminEmail: string },
): Promise<'stopped' | 'unknown'> {
  try {
    await callApi(api, {
      method: 'POST',
      path: '/admin/directory_v1/channels/stop',
      body: { id: channel.id, resourceId: channel.resourceId },
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_BYTES,
      subject: channel.adminEmail,
    });
    return 'stopped';
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404 && error.code !== 'html-response')
      return 'unknown';
    throw error;
  }
}
