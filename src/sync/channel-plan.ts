// Which channels to open and which to stop. Pure: a function of what KV knows and the clock.
//
// A new channel comes before the end of the old one, and the old one goes only when the new one has proven
// that Google reaches us through it, or has had 10 minutes to. Two crons that plan at once, from views of KV
// that differ by a minute, may open one channel too many; both keep the same one.
import { CHANNEL_EVENTS, type ChannelEvent } from '../google/channels.ts';
import type { Channel } from './channel-store.ts';

/** A new channel that has been open for so long replaces the old one even without its `sync`. */
const TRUST_AFTER_MS = 10 * 60_000;

export type WatchedEvent = ChannelEvent | '*';

export interface ChannelPlan {
  open: WatchedEvent[];
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

/** Of several, the one with the greatest `(expiresAtMs, id)` stays: every observer picks the same. */
function best(channels: readonly Channel[]): Channel | undefined {
  return channels.toSorted((a, b) => b.expiresAtMs - a.expiresAtMs || (a.id < b.id ? 1 : -1))[0];
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
  renewBeforeMs,
  nowMs,
}: PlanInput): ChannelPlan {
  const usable = channels.filter(
    ({ keyId, expiresAtMs }) => keyIds.includes(keyId) && expiresAtMs > nowMs,
  );
  const open: WatchedEvent[] = [];
  const kept = new Map<WatchedEvent, Channel>();
  for (const event of wanted) {
    const keep = best(usable.filter((channel) => channel.event === event));
    if (keep) kept.set(event, keep);
    if (!keep || isDueForRenewal(keep, renewBeforeMs, nowMs)) open.push(event);
  }
  const isTrusted = (channel: Channel | undefined) =>
    channel !== undefined && (channel.isSynced || nowMs - channel.openedAtMs >= TRUST_AFTER_MS);
  const isAllTrusted = wanted.every((event) => isTrusted(kept.get(event)));
  const stop = channels.filter((channel) => {
    if (kept.get(channel.event) === channel) return false;
    // What nobody wants any more may still be the only one that works until its successors do.
    return wanted.includes(channel.event) ? isTrusted(kept.get(channel.event)) : isAllTrusted;
  });
  const covers = wanted.map((event) => {
    const proven = usable.filter((channel) => channel.event === event && channel.isSynced);
    return best(proven)?.expiresAtMs ?? null;
  });
  const coveredUntilMs = covers.includes(null)
    ? null
    : Math.min(...covers.map((until) => until ?? 0));
  const heldUntilMs = new Map([...kept].map(([event, { expiresAtMs }]) => [event, expiresAtMs]));
  return { open, heldUntilMs, stop, coveredUntilMs: wanted.length === 0 ? 0 : coveredUntilMs };
}
