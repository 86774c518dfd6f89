// The token that Google echoes: only what we signed, for this channel, directory and event, in one spelling.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Config, parseConfig } from '../../src/config.ts';
import { CHANNEL_EVENTS } from '../../src/google/channels.ts';
import {
  type ChannelIdentity,
  type ChannelKeys,
  channelKeys,
  MAX_CHANNEL_AGE_MS,
  newChannelId,
  signChannelToken,
  verifyChannelToken,
} from '../../src/sync/channel-token.ts';
import { APP_SECRET, anEnv, OTHER_SECRET } from './environment.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 9);
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function configOf(vars: Record<string, unknown> = {}): Config {
  const parsed = parseConfig(anEnv(vars));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

let keys: ChannelKeys;
let otherKeys: ChannelKeys;
let token: string;
const channel: ChannelIdentity = {
  channelId: newChannelId(NOW_MS),
  directoryId: 'default',
  event: 'update',
};

beforeAll(async () => {
  keys = await channelKeys(configOf());
  otherKeys = await channelKeys(configOf({ APP_SECRET: OTHER_SECRET }));
  token = await signChannelToken(keys, channel);
});

const verify = (
  said: { token?: string | null; channelId?: string | null } = {},
  nowMs = NOW_MS,
  by = keys,
) => verifyChannelToken(by, { channelId: channel.channelId, token, ...said }, nowMs);

/** The token with one of its four fields replaced. */
function withField(index: number, value: string): string {
  return token.split('.').with(index, value).join('.');
}

describe('a token of ours', () => {
  test('names version, directory, event and a mac of 43 characters', () => {
    expect(token).toMatch(/^v1\.default\.update\.[A-Za-z0-9_-]{43}$/);
  });

  test('says whose channel it is, for any directory, event and moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[a-z0-9-]{1,40}$/),
        fc.constantFrom(...CHANNEL_EVENTS, '*' as const),
        fc.integer({ min: 0, max: MAX_CHANNEL_AGE_MS }),
        async (directoryId, event, ageMs) => {
          const one = { channelId: newChannelId(NOW_MS), directoryId, event };
          const signed = await signChannelToken(keys, one);
          expect(signed.length).toBeLessThanOrEqual(256);
          const said = { channelId: one.channelId, token: signed };
          expect(await verifyChannelToken(keys, said, NOW_MS + ageMs)).toEqual(one);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('security 1: refused as a forgery', () => {
  const other = 'B'.repeat(42);
  const cases: [what: string, said: () => { token?: string | null; channelId?: string | null }][] =
    [
      ['no token', () => ({ token: null })],
      ['no channel id', () => ({ channelId: null })],
      ['an empty token', () => ({ token: '' })],
      ['the token of another channel', () => ({ channelId: newChannelId(NOW_MS) })],
      ['another directory in the token', () => ({ token: withField(1, 'other') })],
      ['another event in the token', () => ({ token: withField(2, 'delete') })],
      ['all events in the token', () => ({ token: withField(2, '*') })],
      ['an event that does not exist', () => ({ token: withField(2, 'rename') })],
      ['another version', () => ({ token: withField(0, 'v2') })],
      ['a version in capitals', () => ({ token: withField(0, 'V1') })],
      ['an invented mac', () => ({ token: withField(3, `${other}A`) })],
      ['no mac', () => ({ token: withField(3, '') })],
      ['a mac cut short', () => ({ token: token.slice(0, -1) })],
      ['a mac with a character more', () => ({ token: `${token}A` })],
      ['a padded mac', () => ({ token: `${token}=` })],
      ['a fifth field', () => ({ token: `${token}.` })],
      ['a field too few', () => ({ token: token.replace('default.', '') })],
      ['a space before', () => ({ token: ` ${token}` })],
      ['a line break after', () => ({ token: `${token}\n` })],
      ['a directory in capitals', () => ({ token: withField(1, 'DEFAULT') })],
      ['an empty directory', () => ({ token: withField(1, '') })],
      ['a directory of 41 characters', () => ({ token: withField(1, 'd'.repeat(41)) })],
      ['a token of 257 characters', () => ({ token: token.padEnd(257, 'A') })],
      ['a channel id in capitals', () => ({ channelId: channel.channelId.toUpperCase() })],
      ['a channel id that is no UUID', () => ({ channelId: 'channel-1' })],
      ['a channel id in braces', () => ({ channelId: `{${channel.channelId}}` })],
    ];
  test.each(cases)('%s', async (_, said) => {
    expect(await verify()).not.toBeNull();
    expect(await verify(said())).toBeNull();
  });

  test('shifted fields: what one field loses the next one gains', async () => {
    // The signed text joins with line breaks, which no field may hold.
    const forChannel = { ...channel, directoryId: 'a', event: '*' as const };
    const signed = await signChannelToken(keys, forChannel);
    const shifted = signed.replace('v1.a.*.', `v1.a\n*..`);
    const said = (text: string) => ({ channelId: channel.channelId, token: text });
    expect(await verifyChannelToken(keys, said(signed), NOW_MS)).not.toBeNull();
    expect(await verifyChannelToken(keys, said(shifted), NOW_MS)).toBeNull();
    expect(await verifyChannelToken(keys, said(signed.replace('.a.', '..a.')), NOW_MS)).toBeNull();
  });

  test('every other spelling of the last character, though it decodes to the same bytes', async () => {
    // 43 characters hold 258 bits, the mac 256: the last two are nobody's.
    const value = ALPHABET.indexOf(token.slice(-1));
    expect(value % 4).toBe(0);
    for (const bits of [1, 2, 3]) {
      const twin = `${token.slice(0, -1)}${ALPHABET[value + bits]}`;
      expect(await verify({ token: twin })).toBeNull();
    }
  });

  test('the mac in the alphabet with + and /', async () => {
    // Macs that hold - or _ are found by trying channels; then only the alphabet differs.
    for (;;) {
      const one = { ...channel, channelId: newChannelId(NOW_MS) };
      const signed = await signChannelToken(keys, one);
      const plain =
        signed.slice(0, -43) + signed.slice(-43).replaceAll('-', '+').replaceAll('_', '/');
      if (plain === signed) continue;
      const said = (text: string) => ({ channelId: one.channelId, token: text });
      expect(await verifyChannelToken(keys, said(signed), NOW_MS)).toEqual(one);
      expect(await verifyChannelToken(keys, said(plain), NOW_MS)).toBeNull();
      return;
    }
  });

  test('any single changed character of the token', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 200 }),
        fc.constantFrom(...ALPHABET, '.', '*', '=', '+', '/', ' '),
        async (at, character) => {
          const index = at % token.length;
          fc.pre(token[index] !== character);
          const forged = token.slice(0, index) + character + token.slice(index + 1);
          expect(await verify({ token: forged })).toBeNull();
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a channel id that is a UUID of version 4', async () => {
    const channelId = crypto.randomUUID();
    const signed = await signChannelToken(keys, { ...channel, channelId });
    expect(await verify({ channelId, token: signed })).toBeNull();
  });

  test('a channel older than 72 hours: a stolen token dies', async () => {
    expect(await verify({}, NOW_MS + 72 * 3_600_000)).toEqual(channel);
    expect(await verify({}, NOW_MS + 72 * 3_600_000 + 1)).toBeNull();
  });

  test('a token under another secret', async () => {
    expect(await verify({}, NOW_MS, otherKeys)).toBeNull();
  });

  test('a token of the same secret at another origin', async () => {
    const elsewhere = await channelKeys(configOf({ PUBLIC_URL: 'https://other.rollcall.example' }));
    expect(await verify({}, NOW_MS, elsewhere)).toBeNull();
  });
});

describe('a rotated secret', () => {
  test('the previous one still verifies and no longer signs', async () => {
    const rotated = await channelKeys(
      configOf({ APP_SECRET: OTHER_SECRET, APP_SECRET_PREVIOUS: APP_SECRET }),
    );
    expect(await verify({}, NOW_MS, rotated)).toEqual(channel);
    expect(await signChannelToken(rotated, channel)).toBe(
      await signChannelToken(otherKeys, channel),
    );
    expect(rotated.previous?.id).toBe(keys.current.id);
  });

  test('key ids tell secrets and origins apart and reveal neither', async () => {
    const elsewhere = await channelKeys(configOf({ PUBLIC_URL: 'https://other.rollcall.example' }));
    const ids = [keys.current.id, otherKeys.current.id, elsewhere.current.id];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
  });

  test('keys can not be taken out', async () => {
    await expect(crypto.subtle.exportKey('raw', keys.current.key)).rejects.toThrow();
  });
});

describe('a new channel id', () => {
  test('is a UUIDv7 that says when it was made, never twice the same', () => {
    const ids = Array.from({ length: 500 }, () => newChannelId(NOW_MS));
    expect(new Set(ids).size).toBe(500);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toBe(NOW_MS);
    }
  });
});
