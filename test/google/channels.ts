// The notification channels that were opened: which are live, which events each wants, when they
// end. Says nothing about messages; that is pushes.ts.
import { domainOf } from './address-book.ts';
import type { GoogleUser } from './person.ts';
import { digest } from './wire-user.ts';
import type { UserEvent } from './workspace.ts';

export interface Channel {
  id: string;
  resourceId: string;
  resourceUri: string;
  address: string;
  token: string | null;
  expiresAtMs: number;
  openedAtMs: number;
  stoppedAtMs?: number;
  /** null hears of every event. */
  event: UserEvent | null;
  /** null hears of the whole customer. */
  domain: string | null;
  /** Who opened it: the channel belongs to them (facts 1.11). */
  clientEmail: string;
  subjectId: string | null;
  /** The number of the last message; the sync message is always 1. */
  lastNumber: number;
}

export interface ChannelsState {
  channels: Channel[];
  usedIds: string[];
}

/** Opaque; the same for two channels on the same question, another for each event (facts 1.10). */
export function resourceIdOf(resource: string, event: UserEvent | null): string {
  return digest(`${resource}&event=${event ?? ''}`, 27);
}

export class Channels {
  readonly #channels = new Map<string, Channel>();
  readonly #usedIds = new Set<string>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Live ones, oldest first. */
  get live(): Channel[] {
    const nowMs = this.#nowMs();
    return [...this.#channels.values()].filter(
      (one) => one.stoppedAtMs === undefined && one.expiresAtMs > nowMs,
    );
  }

  /** Live ones and those stopped before their end. */
  get unexpired(): Channel[] {
    const nowMs = this.#nowMs();
    return [...this.#channels.values()].filter((one) => one.expiresAtMs > nowMs);
  }

  find(id: string): Channel | undefined {
    return this.#channels.get(id);
  }

  isUsed(id: string): boolean {
    return this.#usedIds.has(id);
  }

  open(channel: Channel): void {
    this.#usedIds.add(channel.id);
    this.#channels.set(channel.id, channel);
    this.#forgetOld();
  }

  /** False when there is no such live channel, which Google answers with 404. */
  stop(id: string, resourceId: string): boolean {
    const channel = this.live.find((one) => one.id === id && one.resourceId === resourceId);
    if (!channel) return false;
    channel.stoppedAtMs = this.#nowMs();
    return true;
  }

  /** Ends a channel at once and without notice, as expiry does. */
  expire(id: string): void {
    const channel = this.#channels.get(id);
    if (channel) channel.expiresAtMs = this.#nowMs();
  }

  snapshot(): ChannelsState {
    const channels = [...this.#channels.values()];
    return structuredClone({ channels, usedIds: [...this.#usedIds] });
  }

  restore(snapshot: ChannelsState): void {
    const state = structuredClone(snapshot);
    this.#channels.clear();
    this.#usedIds.clear();
    for (const channel of state.channels) this.#channels.set(channel.id, channel);
    for (const id of state.usedIds) this.#usedIds.add(id);
  }

  /** Expired channels are of interest for a day. */
  #forgetOld(): void {
    const oldest = this.#nowMs() - 24 * 60 * 60 * 1000;
    for (const [id, channel] of this.#channels) {
      if (channel.expiresAtMs < oldest) this.#channels.delete(id);
    }
  }
}

/** Whether a channel hears of an event: its own kind, and its own domain before or after. */
export function hears(
  channel: Channel,
  event: UserEvent,
  before: GoogleUser | null,
  after: GoogleUser,
): boolean {
  if (channel.event !== null && channel.event !== event) return false;
  if (channel.domain === null) return true;
  return [before, after].some((user) => user && domainOf(user.primaryEmail) === channel.domain);
}
