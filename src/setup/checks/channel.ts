// Whether Google opens a notification channel to us, and whether its first message arrives: the proof that Google reaches
// this address.
// https://developers.google.com/workspace/admin/directory/v1/guides/push
import { type ChannelProbe, readProbes } from '../../db/channel-probes.ts';
import type { ApiOptions } from '../../google/api.ts';
import { GoogleApiError } from '../../google/errors.ts';
import { NOTIFICATIONS_PATH } from '../../sync/channel-request.ts';
import type { SyncPorts } from '../../sync/ports.ts';
import { type Finding, failed, ok, waiting } from '../finding.ts';
import { inProject, SEARCH_CONSOLE, setVar } from './places.ts';
import { openProbe } from './probe.ts';

const POLLS = 8;
const POLL_EVERY_MS = 500;
/** Google sends the first message at once; what has not come by then is stopped on its way. */
const OVERDUE_AFTER_MS = 60_000;

const AFTER_CHANNEL = waiting('sync', 'The notification channel comes first.');

const addressOf = ({ config }: SyncPorts) => new URL(NOTIFICATIONS_PATH, config.publicUrl).href;

function refusal(error: GoogleApiError, ports: SyncPorts): Finding {
  const { code } = error;
  const { publicUrl, serviceAccount } = ports.config;
  if (code === 'push.webhookUrlNotHttps' || code === 'push.webhookUrlNoHostOrAddress')
    return failed('channel', `Google does not push to ${publicUrl.origin}: ${code}.`, [
      `PUBLIC_URL must be the https address at which the Worker is deployed. ${setVar('PUBLIC_URL')}`,
      'Locally, Google’s pushes need a tunnel with https; npm start brings a Google of its own that needs none.',
    ]);
  if (code === 'push.webhookUrlUnauthorized')
    return failed(
      'channel',
      `Google does not accept ${publicUrl.host} as an address to push to: its owner is not verified.`,
      [
        `Open ${SEARCH_CONSOLE} as a user who is also an owner of the service account’s Cloud project, and add a property of type URL prefix with the address below.`,
        'Verify it: by the DNS record that Search Console shows for the domain. A custom domain is safer than a shared workers.dev host, which can be verified as a URL prefix at best.',
        `If the Cloud project still has a list of domains, add it there too: ${inProject('/apis/credentials/domainverification', serviceAccount)}, Add domain.`,
        'Check again.',
      ],
      [{ label: 'URL prefix', value: `${publicUrl.origin}/` }],
    );
  if (/certificate|ssl|tls/i.test(code))
    return failed(
      'channel',
      `Google does not accept the certificate of ${publicUrl.host}: ${code}.`,
      [
        'Use a certificate that browsers trust for exactly this name: on Cloudflare, SSL/TLS > Edge Certificates, wait until it is Active.',
      ],
    );
  if (/channelId|token/i.test(code) && !code.startsWith('token-'))
    return failed('channel', `Google does not take our channel’s id or token: ${code}.`, [
      'Check again: each check makes a new one. If it stays so, Rollcall and Google disagree: please report it.',
    ]);
  if (code === 'quotaExceeded' || code === 'rateLimitExceeded' || code === 'userRateLimitExceeded')
    return waiting('channel', `Google’s quota is used up for now: ${code}.`, [
      `Check again in a minute. If it stays so, see ${inProject('/apis/api/admin.googleapis.com/quotas', serviceAccount)}.`,
    ]);
  if (error.retryable)
    return waiting('channel', `Google did not open one: ${code} (${error.status}); that passes.`, [
      'Check again in a minute.',
    ]);
  return failed('channel', `Google refuses to open a channel: ${code} (${error.status}).`, [
    error.remedy,
  ]);
}

const inWords = (ms: number) => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
};

/** What is known of the youngest probe by now. */
function arrival(ports: SyncPorts, probe: ChannelProbe, isOverdue: boolean): Finding {
  const { openedMs, syncedMs } = probe;
  if (syncedMs !== null)
    return ok('sync', `Its first message came ${syncedMs - openedMs} ms after it was asked for.`);
  const says = `Opened ${inWords(ports.nowMs() - openedMs)} ago, and no message of Google’s has come to ${addressOf(ports)} yet.`;
  if (!isOverdue) return waiting('sync', says, ['Look again in a minute.']);
  const { host } = ports.config.publicUrl;
  return failed(
    'sync',
    says,
    [
      `See that PUBLIC_URL is where this Worker is: the address below must answer 401 to the command below, from anywhere. ${setVar('PUBLIC_URL')}`,
      `An access gateway stands in front of it: Cloudflare Zero Trust > Access > Applications: add a Bypass policy for the path ${NOTIFICATIONS_PATH}.`,
      `Bot protection or a firewall stops it: Security > WAF > Custom rules: add a Skip rule (all remaining custom rules, rate limiting, Super Bot Fight Mode) for the path ${NOTIFICATIONS_PATH} and the user agent APIs-Google. Bot Fight Mode on a free plan knows no exceptions: turn it off.`,
      `A robots.txt at https://${host}/robots.txt must not keep APIs-Google away from that path.`,
      'The certificate must be one that browsers trust for this name, and DNS must lead to the Worker from outside of your network too.',
    ],
    [
      { label: 'Address', value: addressOf(ports) },
      {
        label: 'Command',
        value: `curl -si -X POST -A APIs-Google ${addressOf(ports)} | head -1`,
      },
    ],
  );
}

/** Whether an earlier probe, long overdue, says already that messages don't arrive. */
function isOverdueBefore(probes: readonly ChannelProbe[], nowMs: number): boolean {
  return probes.some(
    ({ syncedMs, openedMs, resourceId }) =>
      syncedMs === null && resourceId !== '' && nowMs - openedMs >= OVERDUE_AFTER_MS,
  );
}

/** Opens a probe and waits up to 4 seconds for its first message. */
export async function checkChannel(
  ports: SyncPorts,
  api: ApiOptions,
  wait: (ms: number) => Promise<void>,
): Promise<{ channel: Finding; sync: Finding }> {
  let probe: ChannelProbe;
  try {
    probe = await openProbe(ports, api);
  } catch (error) {
    if (!(error instanceof GoogleApiError)) throw error;
    return { channel: refusal(error, ports), sync: AFTER_CHANNEL };
  }
  const minutes = Math.round((probe.expiresMs - probe.openedMs) / 60_000);
  const channel = ok(
    'channel',
    `Google opened a trial channel to ${addressOf(ports)}, for ${minutes} minutes.`,
  );
  let probes: ChannelProbe[] = [];
  for (let poll = 0; poll < POLLS; poll += 1) {
    await wait(POLL_EVERY_MS);
    probes = await readProbes(ports.db);
    probe = probes.find(({ channelId }) => channelId === probe.channelId) ?? probe;
    if (probe.syncedMs !== null) break;
  }
  const earlier = probes.filter(({ channelId }) => channelId !== probe.channelId);
  return { channel, sync: arrival(ports, probe, isOverdueBefore(earlier, ports.nowMs())) };
}

/** The same question later, from D1 alone; `before` where nothing is known of a probe any more. */
export async function checkArrival(ports: SyncPorts, before: Finding): Promise<Finding> {
  // One that Google never granted says nothing: its check was cut off.
  const probe = (await readProbes(ports.db)).find(({ adminEmail }) => adminEmail !== '');
  if (probe === undefined) return before;
  return arrival(ports, probe, ports.nowMs() - probe.openedMs >= OVERDUE_AFTER_MS);
}
