// Which channels to open and which to stop. Pure: a function of what KV knows and the clock.
//
// A new channel comes before the end of the old one, and the old one goes only when the new one has proven
// that Google reaches us through it, or has had 10 minutes to. Two crons that plan at once, from views of KV
// that differ by a minute, may open one channel too many; both keep the same one.
//
// A channel that does not do what it is for is suspect, and replaced in the same way: its `sync` never came, or a
// pass found what it should have announced. Where Google can't reach us at all a replacement fares no better, so
// each suspect in a row is given twice the time of the one before it.
import type { MissedPushes } from '../db/missed-pushes.ts';
import { CHANNEL_EVENTS, type ChannelEvent } from '../google/channels.ts';
import type { Channel } from './channel-store.ts';

/** A new channel that has been open for so long replaces the old one even without its `sync`. */
const TRUST_AFTER_MS = 10 * 60_000;
/** Younger than this no channel is suspect; twice as long for each suspect that it comes after. */
const SUSPECT_AFTER_MS = 10 * 60_000;
/** However often in vain: KV takes 1,000 writes a day on the free plan, and a new channel costs two. */
const MAX_PATIENCE_MS = 6 * 3_600_000;

export type WatchedEvent = ChannelEvent | '*';

/** A channel that did not do what it is for: no `sync` came, or a push that should have come through it did not. */
export interface Suspect {
  channel: Channel;
  reason: 'no-sync' | 'missed';
}

export interface ChannelPlan {
  open: WatchedEvent[];
  /** Of the events to be opened, those whose latest channel is to be replaced for this. */
  suspects: ReadonlyMap<WatchedEvent, Suspect>;
  /** Until when an event that is to be opened has a channel all the same; absent if it has none. */
  heldUntilMs: ReadonlyMap<WatchedEvent, number>;
  stop: Channel[];
  /**
   * Until when every wanted event has a channel that proved itself; `null` if one has none, 0 if nothing
   * is wanted (paused on purpose).
   */
  coveredUntilMs: number | null;
}

export interface PlanInput {
  /** One channel for each; an empty list = pause. */
  wanted: readonly WatchedEvent[];
  channels: readonly Channel[];
  /** Keys whose tokens the receiver still accepts, for the customer and domain of today. */
  keyIds: readonly string[];
  /** What passes found and no push had announced. */
  missed: readonly MissedPushes[];
  renewBeforeMs: number;
  nowMs: number;
}

/** The events to hold one channel each for. Google may have refused the channel for all of them. */
export function wantedEvents(
  configured: readonly ChannelEvent[] | '*',
  isOmissionRefused: boolean,
): readonly WatchedEvent[] {
  if (configured !== '*') return configured;
  return isOmissionRefused ? CHANNEL_EVENTS : ['*'];
}

const latestFirst = (a: Channel, b: Channel) =>
  b.expiresAtMs - a.expiresAtMs || (a.id < b.id ? 1 : -1);

/** Of several, the one with the greatest `(expiresAtMs, id)` stays: every observer picks the same. */
function best(channels: readonly Channel[]): Channel | undefined {
  return channels.toSorted(latestFirst)[0];
}

/** Whether a pass found something that this channel, open since before the pass before it, should have announced. */
function isAccused(channel: Channel, patienceMs: number, run: MissedPushes): boolean {
  const { openedAtMs, event } = channel;
  if (openedAtMs >= run.previousStartedMs || run.startedMs - openedAtMs < patienceMs) return false;
  return event === '*' || run.events.includes(event);
}

/** Why a channel is suspect; `null` if it is not. */
function suspicionOf(
  channel: Channel,
  missed: readonly MissedPushes[],
  nowMs: number,
): Suspect['reason'] | null {
  const patienceMs = Math.min(MAX_PATIENCE_MS, SUSPECT_AFTER_MS * 2 ** channel.distrust);
  if (!channel.isSynced && nowMs - channel.openedAtMs >= patienceMs) return 'no-sync';
  return missed.some((run) => isAccused(channel, patienceMs, run)) ? 'missed' : null;
}

/**
 * Of the channels for one event: which stays, and if that one is suspect, which of them a new one is to replace.
 * Of several suspects in a row that is the one that has the most before it.
 */
function choose(
  candidates: readonly Channel[],
  missed: readonly MissedPushes[],
  nowMs: number,
): { keep: Channel | undefined; suspect: Suspect | undefined } {
  const suspects = candidates.flatMap((channel): Suspect[] => {
    const reason = suspicionOf(channel, missed, nowMs);
    return reason === null ? [] : [{ channel, reason }];
  });
  const isFine = (one: Channel) => suspects.every(({ channel }) => channel !== one);
  const latest = best(candidates);
  if (latest === undefined || isFine(latest)) return { keep: latest, suspect: undefined };
  // What came after a suspect takes its place, also where Google granted it less.
  const successor = best(
    candidates.filter((one) => isFine(one) && one.openedAtMs > latest.openedAtMs),
  );
  if (successor !== undefined) return { keep: successor, suspect: undefined };
  const [suspect] = suspects.toSorted(
    (a, b) => b.channel.distrust - a.channel.distrust || latestFirst(a.channel, b.channel),
  );
  return { keep: latest, suspect };
}

/** Renewed when less is left than asked for or, of a short life, than half of what was granted. */
export function isDueForRenewal(channel: Channel, renewBeforeMs: number, nowMs: number): boolean {
  const grantedMs = channel.expiresAtMs - channel.openedAtMs;
  return channel.expiresAtMs - nowMs <= Math.min(renewBeforeMs, grantedMs / 2);
}

/** @see https://developers.google.com/workspace/admin/directory/v1/guides/push#renewing-notification-channels */
export function planChannels({
  wanted,
  channels,
  keyIds,
  missed,
  renewBeforeMs,
  nowMs,
}: PlanInput): ChannelPlan {
  const usable = channels.filter(
    ({ keyId, expiresAtMs }) => keyIds.includes(keyId) && expiresAtMs > nowMs,
  );
  const open: WatchedEvent[] = [];
  const suspects = new Map<WatchedEvent, Suspect>();
  const kept = new Map<WatchedEvent, Channel>();
  for (const event of wanted) {
    const candidates = usable.filter((channel) => channel.event === event);
    const { keep, suspect } = choose(candidates, missed, nowMs);
    if (keep) kept.set(event, keep);
    if (suspect) suspects.set(event, suspect);
    if (!keep || suspect || isDueForRenewal(keep, renewBeforeMs, nowMs)) open.push(event);
  }
  const isTrusted = (channel: Channel | undefined) =>
    channel !== undefined && (channel.isSynced || nowMs - channel.openedAtMs >= TRUST_AFTER_MS);
  const isAllTrusted = wanted.every((event) => isTrusted(kept.get(event)));
  const stop = channels.filter((channel) => {
    const keep = kept.get(channel.event);
    if (keep === channel) return false;
    // Who sees more than we do has replaced the kept one as a suspect: two views must not stop both.
    if (keep && channel.distrust > keep.distrust && channel.openedAtMs > keep.openedAtMs)
      return false;
    // What nobody wants any more may still be the only one that works until its successors do.
    return wanted.includes(channel.event) ? isTrusted(keep) : isAllTrusted;
  });
  const covers = wanted.map((event) => {
    const proven = usable.filter((channel) => channel.event === event && channel.isSynced);
    return best(proven)?.expiresAtMs ?? null;
  });
  const coveredUntilMs = covers.includes(null)
    ? null
    : Math.min(...covers.map((until) => until ?? 0));
  const heldUntilMs = new Map([...kept].map(([event, { expiresAtMs }]) => [event, expiresAtMs]));
  return {
    open,
    suspects,
    heldUntilMs,
    stop,
    coveredUntilMs: wanted.length === 0 ? 0 : coveredUntilMs,
  };
}
