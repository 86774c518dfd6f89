// Google's push → a hint in the queue. Nothing else: no D1, no KV, no call to Google, so that the answer
// takes milliseconds and a forged or repeated push can only make us look once more.
//
// Order: method, headers' charset and mac, size, body's id, rate, enqueue. Until the mac holds the body is
// not read. Google retries 500, 502, 503 and 504 and nothing else, so what we want again gets a 503.
import { CHANNEL_EVENTS, type ChannelEvent } from '../google/channels.ts';
import { USER_ID_PATTERN } from '../google/user.ts';
import { type ChannelIdentity, type ChannelKeys, verifyChannelToken } from './channel-token.ts';
import type { ChangeMessage } from './hint.ts';

/** Google's body is under 300 bytes. */
const MAX_BODY_BYTES = 64 * 1024;

export interface ReceivePorts {
  keys: ChannelKeys;
  enqueue: (message: ChangeMessage) => Promise<unknown>;
  isWithinLimit: (channelId: string) => Promise<boolean>;
  nowMs: () => number;
}

/** What to answer, with a reason code for the log and, once the token held, whose channel it was. */
export type Received = {
  status: 204 | 400 | 401 | 405 | 413 | 503;
  reason: string;
  directoryId?: string;
  channelId?: string;
  userId?: string;
};

type BodyText = { ok: true; text: string } | { ok: false };

async function readBody(request: Request): Promise<BodyText> {
  if (request.body === null) return { ok: true, text: '' };
  const decoder = new TextDecoder();
  let size = 0;
  let text = '';
  // Counted while reading: Content-Length is a claim.
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) return { ok: false };
    text += decoder.decode(chunk, { stream: true });
  }
  return { ok: true, text: text + decoder.decode() };
}

function userIdOf(text: string): string | null {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null || !('id' in body)) return null;
    return typeof body.id === 'string' && USER_ID_PATTERN.test(body.id) ? body.id : null;
  } catch {
    // Not JSON: the same to us as a body without an id.
    return null;
  }
}

/** The token names the event where the channel has one; only a channel for all events trusts the header. */
function eventOf(channel: ChannelIdentity, state: string): ChannelEvent | null {
  if (channel.event !== '*') return channel.event;
  return CHANNEL_EVENTS.find((event) => event === state) ?? null;
}

/**
 * Receives one notification.
 *
 * @see https://developers.google.com/workspace/admin/directory/v1/guides/push#receiving-notifications
 */
export async function receiveNotification(
  ports: ReceivePorts,
  request: Request,
): Promise<Received> {
  if (request.method !== 'POST') return { status: 405, reason: 'method' };
  const nowMs = ports.nowMs();
  const channel = await verifyChannelToken(
    ports.keys,
    {
      channelId: request.headers.get('x-goog-channel-id'),
      token: request.headers.get('x-goog-channel-token'),
    },
    nowMs,
  );
  if (channel === null) return { status: 401, reason: 'token' };
  const { directoryId, channelId } = channel;
  const state = request.headers.get('x-goog-resource-state') ?? '';

  let message: ChangeMessage;
  if (state === 'sync') {
    message = { kind: 'sync', directoryId, channelId, noticedMs: nowMs };
  } else {
    const body = await readBody(request);
    if (!body.ok) return { status: 413, reason: 'size', directoryId, channelId };
    const userId = userIdOf(body.text);
    if (userId === null) return { status: 400, reason: 'body', directoryId, channelId };
    message = {
      kind: 'look',
      directoryId,
      userId,
      event: eventOf(channel, state),
      cause: 'push',
      noticedMs: nowMs,
    };
  }
  const about = {
    directoryId,
    channelId,
    ...(message.kind === 'look' ? { userId: message.userId } : {}),
  };
  if (!(await ports.isWithinLimit(channelId))) return { status: 503, reason: 'rate', ...about };
  try {
    await ports.enqueue(message);
  } catch {
    // Full, over its daily quota or out of reach: Google keeps the push and tries again.
    return { status: 503, reason: 'queue', ...about };
  }
  return { status: 204, reason: message.kind, ...about };
}
