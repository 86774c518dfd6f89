// What Google says of a channel's end is relied on only within what can be true.
import { describe, expect, test } from 'vitest';
import { watchUsers } from '../../src/google/channels.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 9);
const HOUR_MS = 3_600_000;

/** Opens a channel at a Google that answers with this expiration. */
function opened(expiration: unknown) {
  const api = {
    origin: 'https://admin.googleapis.com',
    tokens: {
      accessToken: async () => ({ value: 't', subject: 'admin@example.test', issuedMs: NOW_MS }),
      forget: () => {},
    },
    fetch: async () => Response.json({ kind: 'api#channel', resourceId: 'r', expiration }),
    nowMs: () => NOW_MS,
  };
  const channel = {
    id: 'c',
    token: 't',
    address: 'https://x.example/',
    event: 'add',
    ttlSeconds: 1,
  };
  return watchUsers(api, { customer: 'my_customer' }, { ...channel, event: 'add' });
}

describe('the expiration of a channel', () => {
  test.each([
    ['a string of milliseconds, as on the wire', String(NOW_MS + 6 * HOUR_MS)],
    ['a number, as a guide prints it', NOW_MS + 6 * HOUR_MS],
  ])('is taken as %s', async (_, expiration) => {
    expect(await opened(expiration)).toMatchObject({ expiresAtMs: NOW_MS + 6 * HOUR_MS });
  });

  test('is two days at most, whatever Google says: the token dies on the third', async () => {
    expect(await opened(String(NOW_MS + 365 * 24 * HOUR_MS))).toMatchObject({
      expiresAtMs: NOW_MS + 48 * HOUR_MS,
    });
  });

  test.each([
    ['in the past', NOW_MS - 1],
    ['in a moment', NOW_MS + 1_000],
    ['not a number', 'soon'],
    ['absent', undefined],
  ])('that is %s is an error: it would be opened again at every cron', async (_, expiration) => {
    await expect(opened(expiration)).rejects.toMatchObject({ code: 'invalid-response' });
  });
});
