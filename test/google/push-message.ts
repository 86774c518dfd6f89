// One message to a callback address: what it holds while it waits, its exact form on the wire
// (facts 1.6), and which answers bring it back (facts 1.7).
import type { Channel } from './channels.ts';
import type { GoogleUser } from './person.ts';
import { digest } from './wire-user.ts';
import type { UserEvent } from './workspace.ts';

const RETRIED_STATUSES = [500, 502, 503, 504];
const LONGEST_RETRY_DELAY_MS = 60 * 60 * 1000;
/** Google may retry for up to several days; no figure is published. */
export const GIVE_UP_AFTER_MS = 3 * 24 * 60 * 60 * 1000;

export interface Message {
  channelId: string;
  state: UserEvent | 'sync';
  messageNumber: number;
  body: string | null;
  userId?: string;
  attempt: number;
  bornMs: number;
  dueMs: number;
  /** Among messages due at the same moment. */
  order: number;
}

/** 1, 2, 4, … seconds, at most an hour. */
export function retryDelayMs(attempt: number): number {
  return Math.min(1000 * 2 ** (attempt - 1), LONGEST_RETRY_DELAY_MS);
}

export function isRetried(status: number): boolean {
  return RETRIED_STATUSES.includes(status);
}

/** The same four fields for every event; they never say what changed. */
export function eventBody(channel: Channel, messageNumber: number, user: GoogleUser): string {
  return JSON.stringify({
    kind: 'admin#directory#user',
    id: user.id,
    // Of the notification, and not the user's own ETag.
    etag: `"${digest(`push ${channel.id}`, 27)}/${digest(`${channel.id} ${messageNumber}`, 27)}"`,
    primaryEmail: user.primaryEmail,
  });
}

export function pushRequest(channel: Channel, message: Message): Request {
  const headers: Record<string, string> = {
    'x-goog-channel-id': channel.id,
    'x-goog-channel-expiration': new Date(channel.expiresAtMs).toUTCString(),
    'x-goog-resource-id': channel.resourceId,
    'x-goog-resource-uri': channel.resourceUri,
    'x-goog-resource-state': message.state,
    'x-goog-message-number': String(message.messageNumber),
    'user-agent': 'APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)',
    accept: '*/*',
  };
  if (channel.token !== null) headers['x-goog-channel-token'] = channel.token;
  if (message.body !== null) headers['content-type'] = 'application/json; utf-8';
  // A redirect is an answer like any other: it counts as failed and is not followed.
  const redirect = 'manual';
  const body = message.body === null ? {} : { body: message.body };
  return new Request(channel.address, { method: 'POST', headers, redirect, ...body });
}
