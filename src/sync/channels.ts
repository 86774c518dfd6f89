// Keeps Google's notification channels alive. Run by cron; each run does what is due and nothing depends on
// the previous one having ended well.
//
// A crash between "opened" and "stored" leaks a channel that nobody stops. It delivers until it expires, and
// its token is as good as any: the next run opens another.
import { type Directory, noteEventOmissionRefused } from '../db/directories.ts';
import { countSuspectChannels, type MissedPushes, readMissedPushes } from '../db/missed-pushes.ts';
import { stopChannel } from '../google/channels.ts';
import { GoogleApiError } from '../google/errors.ts';
import { errorCode } from '../log.ts';
import {
  type ChannelPlan,
  planChannels,
  type Suspect,
  type WatchedEvent,
  wantedEvents,
} from './channel-plan.ts';
import { askForChannel } from './channel-request.ts';
import {
  type Channel,
  forgetChannel,
  readChannels,
  rememberChannel,
  type StoredChannel,
} from './channel-store.ts';
import { channelKeys, newChannelId } from './channel-token.ts';
import type { SyncPorts } from './ports.ts';

/** How long a refused channel without `event` is not tried again. */
const OMISSION_REFUSED_FOR_MS = 24 * 3_600_000;
/** Two runs of cron and what they may be late. */
const TWO_CRONS_MS = 12 * 60_000;

/** What channels need of their directory. */
export type ChannelOwner = Pick<Directory, 'id' | 'eventOmissionRefusedMs'>;

/** What a run found and did. `failure`: why the first channel that could not be opened could not. */
interface ChannelsKept {
  opened: number;
  stopped: number;
  /** Of the opened ones, those that replace a channel that did not do what it is for. */
  replaced: number;
  /** As found, before anything was opened; see ChannelPlan. */
  coveredUntilMs: number | null;
  failure: GoogleApiError | null;
}

/**
 * A channel that KV does not take could be neither renewed nor stopped later, and each cron would open one
 * more. So it goes again, unless it is needed: channels work without KV.
 */
async function remember(
  ports: SyncPorts,
  directoryId: string,
  channel: StoredChannel,
  heldUntilMs: number,
): Promise<void> {
  try {
    await rememberChannel(ports.channels, directoryId, channel, ports.nowMs());
  } catch (error) {
    if (heldUntilMs - ports.nowMs() > TWO_CRONS_MS) await stopChannel(ports.api, channel);
    throw error;
  }
}

async function open(
  ports: SyncPorts,
  directoryId: string,
  event: WatchedEvent,
  { distrust, heldUntilMs }: { distrust: number; heldUntilMs: number },
): Promise<void> {
  const { config, api } = ports;
  const keys = await channelKeys(config);
  const openedAtMs = ports.nowMs();
  const id = newChannelId(openedAtMs);
  const ttlSeconds = config.channelTtlSeconds;
  const granted = await askForChannel(config, api, { id, directoryId, event, ttlSeconds });
  const channel: StoredChannel = {
    id,
    event,
    keyId: keys.current.id,
    openedAtMs,
    distrust,
    ...granted,
  };
  await remember(ports, directoryId, channel, heldUntilMs);
  ports.log('info', 'channel.opened', {
    directoryId,
    channelId: id,
    channelEvent: event,
    lifeSeconds: Math.round((granted.expiresAtMs - openedAtMs) / 1000),
  });
}

/** Google's own answer that it does not take a channel without `event`. */
function isOmissionRefusal(event: WatchedEvent, error: GoogleApiError): boolean {
  return (
    event === '*' &&
    error.status === 400 &&
    !error.code.startsWith('push.') &&
    !error.code.startsWith('token-')
  );
}

interface Opened {
  opened: number;
  replaced: number;
  failure: GoogleApiError | null;
  isOmissionRefused: boolean;
}

function logSuspect(ports: SyncPorts, directoryId: string, { channel, reason }: Suspect): void {
  const { id: channelId, event: channelEvent } = channel;
  ports.log('warn', 'channel.suspect', { directoryId, channelId, channelEvent, reason });
}

async function openAll(
  ports: SyncPorts,
  directoryId: string,
  { open: events, suspects, heldUntilMs }: ChannelPlan,
): Promise<Opened> {
  const result: Opened = { opened: 0, replaced: 0, failure: null, isOmissionRefused: false };
  for (const event of events) {
    const suspect = suspects.get(event);
    try {
      await open(ports, directoryId, event, {
        distrust: suspect ? suspect.channel.distrust + 1 : 0,
        heldUntilMs: heldUntilMs.get(event) ?? 0,
      });
      result.opened += 1;
      // Said when it is replaced and not when it is found: once, however long Google opens nothing.
      if (suspect) {
        result.replaced += 1;
        logSuspect(ports, directoryId, suspect);
      }
    } catch (error) {
      // Whatever failed here, KV included, the next event has its turn.
      if (!(error instanceof GoogleApiError)) {
        const code = errorCode(error);
        ports.log('error', 'channel.not-stored', { directoryId, channelEvent: event, code });
        continue;
      }
      const { code, status, remedy } = error;
      ports.log('error', 'channel.not-opened', {
        directoryId,
        channelEvent: event,
        code,
        status,
        remedy,
      });
      result.failure ??= error;
      result.isOmissionRefused ||= isOmissionRefusal(event, error);
    }
  }
  return result;
}

/** A failed stop is logged and never fatal: the channel ends by itself within two days. */
async function stop(ports: SyncPorts, directoryId: string, channel: Channel): Promise<boolean> {
  try {
    const outcome = await stopChannel(ports.api, channel);
    await forgetChannel(ports.channels, directoryId, channel.id);
    ports.log('info', 'channel.stopped', {
      directoryId,
      channelId: channel.id,
      channelEvent: channel.event,
      outcome,
    });
    return true;
  } catch (error) {
    const code = errorCode(error);
    ports.log('warn', 'channel.not-stopped', { directoryId, channelId: channel.id, code });
    return false;
  }
}

/** What passes have against these channels. D1 may be away; then nobody is accused, and what is due is done. */
async function readAccusations(
  ports: SyncPorts,
  directoryId: string,
  channels: readonly Channel[],
): Promise<MissedPushes[]> {
  if (channels.length === 0) return [];
  try {
    const sinceMs = Math.min(...channels.map(({ openedAtMs }) => openedAtMs));
    return await readMissedPushes(ports.db, directoryId, sinceMs);
  } catch (error) {
    const code = errorCode(error);
    ports.log('warn', 'channel.accusations-not-read', { directoryId, code });
    return [];
  }
}

async function countReplaced(
  ports: SyncPorts,
  directoryId: string,
  replaced: number,
): Promise<void> {
  if (replaced === 0) return;
  try {
    await countSuspectChannels(ports.db, directoryId, replaced);
  } catch (error) {
    const code = errorCode(error);
    ports.log('warn', 'channel.suspects-not-counted', { directoryId, replaced, code });
  }
}

type Planner = (isOmissionRefused: boolean) => ChannelPlan;

/** What should be done about the channels that there are, as of now. */
async function plannerFor(
  ports: SyncPorts,
  channels: readonly Channel[],
  missed: readonly MissedPushes[],
): Promise<Planner> {
  const { config } = ports;
  const keys = await channelKeys(config);
  return (isOmissionRefused) =>
    planChannels({
      wanted: wantedEvents(config.channelEvents, isOmissionRefused),
      channels,
      keyIds: [keys.current.id, ...(keys.previous ? [keys.previous.id] : [])],
      missed,
      renewBeforeMs: config.channelRenewBeforeSeconds * 1000,
      nowMs: ports.nowMs(),
    });
}

function isOmissionRefused({ eventOmissionRefusedMs }: ChannelOwner, nowMs: number): boolean {
  return (
    eventOmissionRefusedMs !== null && nowMs - eventOmissionRefusedMs < OMISSION_REFUSED_FOR_MS
  );
}

async function noteOmissionRefused(ports: SyncPorts, directoryId: string): Promise<void> {
  try {
    await noteEventOmissionRefused(ports.db, directoryId, ports.nowMs());
  } catch {
    // Asked again at the next cron, to be refused again: no harm.
    ports.log('warn', 'channel.omission-not-noted', { directoryId });
  }
}

/** Until when every wanted event has a proven channel; see ChannelPlan. */
export async function readCoverage(
  ports: SyncPorts,
  directory: ChannelOwner,
): Promise<number | null> {
  const channels = await readChannels(ports.channels, directory.id, ports.nowMs());
  const plan = await plannerFor(ports, channels, []);
  return plan(isOmissionRefused(directory, ports.nowMs())).coveredUntilMs;
}

/**
 * Opens what is missing, renews what is about to end, replaces what does not do what it is for, stops what
 * nobody wants.
 *
 * @see https://developers.google.com/workspace/admin/directory/v1/guides/push#renewing-notification-channels
 */
export async function keepChannels(
  ports: SyncPorts,
  directory: ChannelOwner,
): Promise<ChannelsKept> {
  const channels = await readChannels(ports.channels, directory.id, ports.nowMs());
  const missed = await readAccusations(ports, directory.id, channels);
  const plan = await plannerFor(ports, channels, missed);
  let planned = plan(isOmissionRefused(directory, ports.nowMs()));
  let result = await openAll(ports, directory.id, planned);
  if (result.isOmissionRefused) {
    // Google wants one channel for each event: so be it, and it is asked again tomorrow.
    await noteOmissionRefused(ports, directory.id);
    planned = plan(true);
    result = await openAll(ports, directory.id, planned);
  }
  await countReplaced(ports, directory.id, result.replaced);
  let stopped = 0;
  for (const channel of planned.stop) if (await stop(ports, directory.id, channel)) stopped += 1;
  const { opened, replaced, failure } = result;
  return { opened, stopped, replaced, coveredUntilMs: planned.coveredUntilMs, failure };
}
