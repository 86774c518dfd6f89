// Messages on their way to the callback addresses: queued when something happens, delivered when
// due, retried with exponential backoff on 500, 502, 503 and 504 and on nothing else (facts 1.7).
// In manual mode only `flush` delivers; in automatic mode timers do, several messages at a time.
import { type Channel, type Channels, hears } from './channels.ts';
import type { Faults } from './faults.ts';
import type { GoogleUser } from './person.ts';
import {
  eventBody,
  GIVE_UP_AFTER_MS,
  isRetried,
  type Message,
  pushRequest,
  retryDelayMs,
} from './push-message.ts';
import type { UserEvent } from './workspace.ts';

const DELIVERIES_KEPT = 100_000;
const LARGEST_GAP = 4096;
const SHUFFLE_REACH = 16;
const SHUFFLE_DELAY_MS = 3000;
/** Deliveries at the same time in automatic mode. */
const LANES = 8;

/** One attempt to deliver a message. */
export interface Delivery {
  channelId: string;
  state: UserEvent | 'sync';
  messageNumber: number;
  attempt: number;
  /** 0 when nobody answered. */
  status: number;
  atMs: number;
  userId?: string;
  /** Whether another attempt was planned. */
  willRetry: boolean;
}

export interface PushesParts {
  channels: Channels;
  faults: Faults;
  nowMs: () => number;
  random: () => number;
  deliver: (request: Request) => Promise<Response>;
  mode: 'automatic' | 'manual';
}

export class Pushes {
  readonly deliveries: Delivery[] = [];
  readonly #parts: PushesParts;
  #waiting: Message[] = [];
  #isSorted = true;
  #order = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lanes = 0;
  #isClosed = false;

  constructor(parts: PushesParts) {
    this.#parts = parts;
  }

  /** Messages that are not delivered yet, in the order in which they will leave. */
  get waiting(): readonly Message[] {
    return [...this.#sorted()];
  }

  /** Something happened to a user: every channel that hears of it gets a message of its own. */
  announce(event: UserEvent, before: GoogleUser | null, after: GoogleUser): void {
    const { channels, faults, random } = this.#parts;
    for (const channel of faults.deliverAfterStop ? channels.unexpired : channels.live) {
      if (!hears(channel, event, before, after)) continue;
      channel.lastNumber += 1 + Math.floor(random() * LARGEST_GAP);
      if (happens(faults.dropPushes, random)) continue;
      this.#enqueue(this.#eventMessage(channel, event, after));
      if (happens(faults.duplicatePushes, random)) {
        this.#enqueue(this.#eventMessage(channel, event, after));
      }
    }
  }

  /** The first message of a channel; with `syncBeforeAnswer` it has left when this returns. */
  async announceSync(channel: Channel): Promise<void> {
    const { faults } = this.#parts;
    if (faults.dropSync) return;
    const message = this.#message(channel, 'sync', 1, null);
    if (faults.syncBeforeAnswer) await this.#attempt(message);
    else this.#wait(message);
  }

  /** Delivers everything due by now, in order; returns when each was attempted. */
  async flush(): Promise<void> {
    for (let next = this.#takeDue(); next; next = this.#takeDue()) await this.#attempt(next);
  }

  /** Forgets what is on its way. */
  discardWaiting(): void {
    this.#waiting = [];
  }

  /** Automatic mode ends; what waits stays in `waiting` and in a snapshot. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  snapshot(): Message[] {
    return structuredClone(this.#waiting);
  }

  restore(messages: Message[]): void {
    this.#waiting = structuredClone(messages);
    this.#isSorted = false;
    this.#order = Math.max(0, ...messages.map((message) => message.order));
    this.#schedule();
  }

  #eventMessage(channel: Channel, event: UserEvent, user: GoogleUser): Message {
    const body = eventBody(channel, channel.lastNumber, user);
    const message = this.#message(channel, event, channel.lastNumber, body);
    return { ...message, userId: user.id, dueMs: message.dueMs + this.#parts.faults.pushDelayMs };
  }

  #message(
    channel: Channel,
    state: Message['state'],
    messageNumber: number,
    body: string | null,
  ): Message {
    const nowMs = this.#parts.nowMs();
    const times = { attempt: 1, bornMs: nowMs, dueMs: nowMs, order: ++this.#order };
    return { channelId: channel.id, state, messageNumber, body, ...times };
  }

  #enqueue(message: Message): void {
    const { faults, random, mode } = this.#parts;
    if (happens(faults.reorderPushes, random)) {
      message.order += (random() * 2 - 1) * SHUFFLE_REACH;
      if (mode === 'automatic') message.dueMs += random() * SHUFFLE_DELAY_MS;
    }
    this.#wait(message);
  }

  #wait(message: Message): void {
    this.#waiting.push(message);
    this.#isSorted = false;
    this.#schedule();
  }

  #sorted(): Message[] {
    if (!this.#isSorted) {
      this.#waiting.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
      this.#isSorted = true;
    }
    return this.#waiting;
  }

  #takeDue(): Message | undefined {
    const [first] = this.#sorted();
    return first && first.dueMs <= this.#parts.nowMs() ? this.#waiting.shift() : undefined;
  }

  async #attempt(message: Message): Promise<void> {
    const { channels, faults, nowMs } = this.#parts;
    const channel = channels.find(message.channelId);
    if (!channel || channel.expiresAtMs <= nowMs()) return;
    if (channel.stoppedAtMs !== undefined && !faults.deliverAfterStop) return;
    const status = await this.#post(channel, message);
    const isWorthIt = isRetried(status) || (status === 0 && faults.retryUnreachable);
    const dueMs = nowMs() + retryDelayMs(message.attempt);
    const willRetry = isWorthIt && dueMs - message.bornMs <= GIVE_UP_AFTER_MS;
    this.#record(message, status, willRetry);
    if (!willRetry) return;
    this.#wait({ ...message, attempt: message.attempt + 1, dueMs, order: ++this.#order });
  }

  async #post(channel: Channel, message: Message): Promise<number> {
    try {
      const response = await this.#parts.deliver(pushRequest(channel, message));
      await response.body?.cancel();
      return response.status;
    } catch {
      // Nobody answered: refused, reset, too slow, or the name doesn't resolve.
      return 0;
    }
  }

  #record(message: Message, status: number, willRetry: boolean): void {
    const { channelId, state, messageNumber, attempt, userId } = message;
    this.deliveries.push({
      ...{ channelId, state, messageNumber, attempt, status, willRetry },
      atMs: this.#parts.nowMs(),
      ...(userId !== undefined && { userId }),
    });
    if (this.deliveries.length > DELIVERIES_KEPT) this.deliveries.shift();
  }

  /** Automatic mode: wakes when the next message is due. */
  #schedule(): void {
    if (this.#parts.mode !== 'automatic' || this.#isClosed) return;
    clearTimeout(this.#timer);
    const [next] = this.#sorted();
    if (!next) return;
    const waitMs = Math.max(0, next.dueMs - this.#parts.nowMs());
    this.#timer = setTimeout(() => {
      if (this.#lanes < LANES) void this.#runLane();
    }, waitMs);
  }

  /** One lane opens the next while more is due, up to the limit. */
  async #runLane(): Promise<void> {
    this.#lanes++;
    const work = this.flush();
    this.#schedule();
    await work;
    this.#lanes--;
    this.#schedule();
  }
}

function happens(rate: number, random: () => number): boolean {
  return rate > 0 && random() < rate;
}
