// The page at /console/channels: through which channels Google announces changes, and whether they can be trusted.
import type { ChannelProbe } from '../../db/channel-probes.ts';
import { SETUP_PATH } from '../../page/operator-nav.ts';
import type { Channel } from '../../sync/channel-store.ts';
import { channelName } from '../components/channels.tsx';
import { ChannelsInFull, Probes } from '../components/channels-in-full.tsx';

interface ChannelsView {
  nowMs: number;
  /** `unknown`: KV does not answer. */
  channels: readonly Channel[] | 'unknown';
  /** What channels are wanted for; empty = paused on purpose. `null` = of another deployment’s settings. */
  wanted: readonly string[] | null;
  /** `null` = not this operator’s to see. */
  probes: readonly ChannelProbe[] | null;
  maySetUp: boolean;
}

/** What the channels come to, in one sentence and its colour. */
function standing({ channels, wanted }: ChannelsView): [look: string, title: string, text: string] {
  if (channels === 'unknown')
    return ['wait', 'KV does not answer', 'So the channels can’t be shown. They go on working.'];
  if (wanted === null || (wanted.length === 0 && channels.length === 0))
    return ['wait', 'None is wanted here', 'Only passes find what has changed.'];
  if (wanted.length === 0)
    return ['wait', 'Announcements are paused', 'CHANNEL_EVENTS is empty: cron stops these.'];
  const without = lacking(channels, wanted);
  if (without.length > 0)
    return [
      'bad',
      without.length === 1 ? 'One has no channel' : `${without.length} have no channel`,
      `${without.map((one) => channelName(one)).join(', ')}. Cron opens what is missing, every five minutes; until then passes find what has changed.`,
    ];
  if (channels.some(({ isSynced }) => !isSynced))
    return [
      'wait',
      'Not all are confirmed',
      'Google confirms a channel with a first message, within seconds as a rule.',
    ];
  return [
    'good',
    'Google announces every change',
    'All that is wanted has a channel, and Google has reached us through each.',
  ];
}

/** What is wanted and has no channel. One for all events stands for each of them. */
function lacking(channels: readonly Channel[], wanted: readonly string[]): string[] {
  const has = new Set<string>(channels.map(({ event }) => event));
  return has.has('*')
    ? []
    : wanted
        .filter((one) => one !== '*' && !has.has(one))
        .concat(wanted.includes('*') && channels.length === 0 ? ['*'] : []);
}

/** What stands in <main>. */
export function ChannelsPage(view: ChannelsView) {
  const { channels, probes, maySetUp, nowMs } = view;
  const [look, title, text] = standing(view);
  const suspects = channels === 'unknown' ? 0 : channels.filter((one) => one.distrust > 0).length;
  return (
    <>
      <header class="page">
        <div>
          <h1>Channels</h1>
          <p class="lead">
            Google announces changes through these. They end, and are renewed by cron.
          </p>
        </div>
        {maySetUp && (
          <a class="button" href={SETUP_PATH}>
            Open the set-up’s checks
          </a>
        )}
      </header>
      <div class={`card ${look}`}>
        <h2>{title}</h2>
        <p>{text}</p>
        {suspects > 0 && (
          <p>
            {suspects === 1 ? 'One stands' : `${suspects} stand`} in place of channels that
            announced less than passes found.
          </p>
        )}
      </div>
      {channels !== 'unknown' && channels.length > 0 && (
        <ChannelsInFull channels={channels} nowMs={nowMs} />
      )}
      {probes !== null && (
        <section aria-labelledby="probes">
          <h2 id="probes">What the checks found</h2>
          {probes.length === 0 ? (
            <p class="nothing">
              No check has opened a channel lately. The set-up’s checks open one to see whether
              Google reaches us.
            </p>
          ) : (
            <Probes probes={probes} nowMs={nowMs} />
          )}
        </section>
      )}
    </>
  );
}
