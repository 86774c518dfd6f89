// Valid pushes as Google would send them, made beforehand: tokens signed by the product's own code with the
// Worker's secret, over so many channels that the rate limit of one is out of reach.
import type { Config } from '../../src/config.ts';
import { channelKeys, newChannelId, signChannelToken } from '../../src/sync/channel-token.ts';
import type { Channel } from '../google/channels.ts';
import type { GoogleUser } from '../google/person.ts';
import { eventBody, pushRequest } from '../google/push-message.ts';

const CHANNELS = 100;

/** One push for each person, the channels taken in turn. */
export async function makePushes(
  at: { publicUrl: string; appSecret: string },
  people: readonly GoogleUser[],
): Promise<{ headers: Headers; body: string }[]> {
  const keys = await channelKeys({
    publicUrl: new URL(at.publicUrl),
    appSecret: at.appSecret,
  } as Config);
  const nowMs = Date.now();
  const channels = await Promise.all(
    Array.from({ length: CHANNELS }, async (): Promise<Channel> => {
      const id = newChannelId(nowMs);
      const identity = { channelId: id, directoryId: 'default', event: 'update' } as const;
      return {
        id,
        resourceId: id,
        resourceUri: `https://admin.googleapis.com/admin/directory/v1/users?customer=my_customer&event=update&alt=json`,
        address: `${at.publicUrl}/google/notifications`,
        token: await signChannelToken(keys, identity),
        openedAtMs: nowMs,
        expiresAtMs: nowMs + 6 * 3_600_000,
        event: 'update',
        domain: null,
        clientEmail: '',
        subjectId: null,
        lastNumber: 1,
      };
    }),
  );
  return people.map((person, i) => {
    const channel = channels[i % CHANNELS];
    if (channel === undefined) throw new RangeError('no channel');
    const messageNumber = i + 2;
    const body = eventBody(channel, messageNumber, person);
    const times = { attempt: 1, bornMs: nowMs, dueMs: nowMs, order: i };
    const message = { channelId: channel.id, state: 'update' as const, messageNumber, body };
    return { headers: pushRequest(channel, { ...message, ...times }).headers, body };
  });
}
