// The token that Google echoes in every push: `v1.<directoryId>.<event|*>.<mac>`, at most 256 characters.
// It needs no lookup, so a channel is recognised the instant it exists, before KV knows of it.
//
// The attack: anybody can POST to the receiver. The mac covers channel id, directory and event, so a token
// says nothing for another channel, and the id's age makes a stolen one die.
import { base64url } from 'jose';
import type { Config } from '../config.ts';
import { CHANNEL_EVENTS, type ChannelEvent } from '../google/channels.ts';
import { deriveHmacKey, deriveKeyId } from '../keys.ts';
import { CHANNEL_ID_PATTERN, DIRECTORY_ID_PATTERN } from './hint.ts';

const PURPOSE = 'rollcall/channel-token/v1';
/** Google lets a channel live 2 days at most. */
export const MAX_CHANNEL_AGE_MS = 72 * 3_600_000;
// 32 bytes in base64url; the last character has two unused bits, and only the canonical spelling counts.
const MAC_PATTERN = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;
const MAX_TOKEN_CHARACTERS = 256;

interface ChannelKey {
  id: string;
  key: CryptoKey;
}

export interface ChannelKeys {
  /** Signs, and verifies first. */
  current: ChannelKey;
  /** Only verifies. */
  previous: ChannelKey | null;
}

const derived = new WeakMap<Config, ChannelKeys>();

/** The keys of this deployment, derived once for each isolate. */
export async function channelKeys(config: Config): Promise<ChannelKeys> {
  const known = derived.get(config);
  if (known) return known;
  const derive = async (secret: string): Promise<ChannelKey> => ({
    // A channel for another customer or domain is as useless as one with another key.
    id: await deriveKeyId(
      secret,
      PURPOSE,
      [config.publicUrl.origin, config.customer, config.domain].join('\n'),
    ),
    key: await deriveHmacKey(secret, PURPOSE, config.publicUrl.origin),
  });
  const keys = {
    current: await derive(config.appSecret),
    previous:
      config.appSecretPrevious === undefined ? null : await derive(config.appSecretPrevious),
  };
  derived.set(config, keys);
  return keys;
}

export interface ChannelIdentity {
  channelId: string;
  directoryId: string;
  event: ChannelEvent | '*';
}

const signed = ({ channelId, directoryId, event }: ChannelIdentity) =>
  new TextEncoder().encode(`rollcall/channel/v1\n${channelId}\n${directoryId}\n${event}`);

/** Makes the token for a channel that is about to be opened. */
export async function signChannelToken(
  keys: ChannelKeys,
  channel: ChannelIdentity,
): Promise<string> {
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', keys.current.key, signed(channel)));
  return `v1.${channel.directoryId}.${channel.event}.${base64url.encode(mac)}`;
}

function isChannelEvent(text: string): text is ChannelEvent | '*' {
  return text === '*' || (CHANNEL_EVENTS as readonly string[]).includes(text);
}

/** The moment a UUIDv7 was made, in ms: its first 48 bits. */
const madeAtMs = (channelId: string) =>
  Number.parseInt(channelId.slice(0, 8) + channelId.slice(9, 13), 16);

/**
 * Checks what a push says about its channel. Compares in constant time (`crypto.subtle.verify`).
 *
 * @returns who the channel is, or `null` for a forgery: wrong shape, another channel's token, shifted
 * fields, an unknown key, or a channel id older than 72 hours
 */
export async function verifyChannelToken(
  keys: ChannelKeys,
  headers: { channelId: string | null; token: string | null },
  nowMs: number,
): Promise<ChannelIdentity | null> {
  const { channelId, token } = headers;
  if (channelId === null || !CHANNEL_ID_PATTERN.test(channelId)) return null;
  if (token === null || token.length > MAX_TOKEN_CHARACTERS) return null;
  const [version, directoryId, event, mac, ...rest] = token.split('.');
  if (version !== 'v1' || directoryId === undefined || event === undefined || mac === undefined)
    return null;
  if (rest.length > 0 || !DIRECTORY_ID_PATTERN.test(directoryId)) return null;
  if (!isChannelEvent(event) || !MAC_PATTERN.test(mac)) return null;
  if (nowMs - madeAtMs(channelId) > MAX_CHANNEL_AGE_MS) return null;
  const channel: ChannelIdentity = { channelId, directoryId, event };
  const macBytes = base64url.decode(mac);
  for (const candidate of [keys.current, keys.previous]) {
    if (candidate && (await crypto.subtle.verify('HMAC', candidate.key, macBytes, signed(channel))))
      return channel;
  }
  return null;
}

/** A new channel id: UUIDv7, so that its age can be told (RFC 9562 section 5.7). */
export function newChannelId(nowMs: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let i = 0; i < 6; i += 1) bytes[i] = Math.floor(nowMs / 2 ** (8 * (5 - i))) % 256;
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}
