// Messages on their way to the callback addresses: queued when something happens, delivered when
// due, retried with exponential backoff on 500, 502, 503 and 504 and on nothing else (facts 1.6, 1.7).
// In manual mode only `flush` delivers; in automatic mode timers do.
import { type Channel, type Channels, hears } from './channels.ts';
import type { Faults } from './faults.ts';
import type { GoogleUser } from './person.ts';
import { digest } from './wire-user.ts';
import type { UserEvent } from './workspace.ts';

const RETRIED_STATUSES = [500, 502, 503, 504];
const DELIVERIES_KEPT = 100_000;
/** Google may retry for up to several days; no figure is published. */
const GIVE_UP_AFTER_MS = 3 * 24 * 60 * 60 * 1000;
const LONGEST_RETRY_DELAY_MS = 60 * 60 * 1000;
const LARGEST_GAP = 4096;
const SHUFFLE_REACH = 16;
const SHUFFLE_DELAY_MS = 3000;

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

export interface Message {
  channelId: string;
  state: UserEvent | 'sync';
  messageNumber: number;
  body: string | null;
  userId?: string;
  attempt: number;
  bornMs: number;
  dueMs: number;
  /** Among messages due at the same moment. */
  order: number;
}

export interface PushesParts {
  channels: Channels;
  faults: Faults;
  nowMs: () => number;
  random: () => number;
  deliver: (request: Request) => Promise<Response>;
  mode: 'automatic' | 'manual';
}

/** 1, 2, 4, … seconds, at most an hour. */
export function retryDelayMs(attempt: number): number {
  return Math.min(1000 * 2 ** (attempt - 1), LONGEST_RETRY_DELAY_MS);
}

export class Pushes {
  readonly deliveries: Delivery[] = [];
  #waiting: Message[] = [];
  #order = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #parts: PushesParts;

  constructor(parts: PushesParts) {
    this.#parts = parts;
  }

  /** Messages that are not delivered yet, in the order in which they will leave. */
  get waiting(): readonly Message[] {
    return [...this.#waiting].sort(inOrder);
  }

  /** Something happened to a user: every channel that hears of it gets a message of its own. */
  announce(event: UserEvent, before: GoogleUser | null, after: GoogleUser): void {
    const { channels, faults, random } = this.#parts;
    for (const channel of faults.deliverAfterStop ? channels.unexpired : channels.live) {
      if (!hears(channel, event, before, after)) continue;
      channel.lastNumber += 1 + Math.floor(random() * LARGEST_GAP);
      if (happens(faults.dropPushes, random)) continue;
      const message = this.#message(channel, event, after);
      this.#enqueue(message);
      if (happens(faults.duplicatePushes, random)) this.#enqueue({ ...message });
    }
  }

  /** The first message of a channel; with `syncBeforeAnswer` it has left when this returns. */
  async announceSync(channel: Channel): Promise<void> {
    const { faults, nowMs } = this.#parts;
    if (faults.dropSync) return;
    const message: Message = {
      channelId: channel.id,
      state: 'sync',
      messageNumber: 1,
      body: null,
      attempt: 1,
      bornMs: nowMs(),
      dueMs: nowMs(),
      order: ++this.#order,
    };
    if (faults.syncBeforeAnswer) await this.#attempt(message);
    else this.#wait(message);
  }

  /** Delivers everything due by now, in order; returns when each was attempted. */
  async flush(): Promise<void> {
    for (;;) {
      const due = this.waiting.filter((message) => message.dueMs <= this.#parts.nowMs());
      const [first] = due;
      if (!first) return;
      this.#waiting = this.#waiting.filter((message) => message !== first);
      await this.#attempt(first);
    }
  }

  /** Forgets what is on its way, as a lost data centre would. */
  discardWaiting(): void {
    this.#waiting = [];
  }

  stopTimers(): void {
    clearTimeout(this.#timer);
  }

  snapshot(): Message[] {
    return structuredClone(this.#waiting);
  }

  restore(messages: Message[]): void {
    this.#waiting = structuredClone(messages);
    this.#order = Math.max(0, ...messages.map((message) => message.order));
    this.#schedule();
  }

  #message(channel: Channel, event: UserEvent, user: GoogleUser): Message {
    const { faults, nowMs } = this.#parts;
    const order = ++this.#order;
    return {
      channelId: channel.id,
      state: event,
      messageNumber: channel.lastNumber,
      body: JSON.stringify({
        kind: 'admin#directory#user',
        id: user.id,
        // Of the notification, and not the user's own ETag (facts 1.6).
        etag: `"${digest(`push ${channel.id}`, 27)}/${digest(`message ${order}`, 27)}"`,
        primaryEmail: user.primaryEmail,
      }),
      userId: user.id,
      attempt: 1,
      bornMs: nowMs(),
      dueMs: nowMs() + faults.pushDelayMs,
      order,
    };
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
    this.#schedule();
  }

  async #attempt(message: Message): Promise<void> {
    const { channels, faults, nowMs } = this.#parts;
    const channel = channels.find(message.channelId);
    if (!channel || channel.expiresAtMs <= nowMs()) return;
    if (channel.stoppedAtMs !== undefined && !faults.deliverAfterStop) return;
    const status = await this.#post(channel, message);
    const isRetried =
      RETRIED_STATUSES.includes(status) || (status === 0 && faults.retryUnreachable);
    const dueMs = nowMs() + retryDelayMs(message.attempt);
    const willRetry = isRetried && dueMs - message.bornMs <= GIVE_UP_AFTER_MS;
    const { channelId, state, messageNumber, attempt, userId } = message;
    this.deliveries.push({
      ...{ channelId, state, messageNumber, attempt, status, willRetry, atMs: nowMs() },
      ...(userId !== undefined && { userId }),
    });
    if (this.deliveries.length > DELIVERIES_KEPT) this.deliveries.shift();
    if (willRetry) this.#wait({ ...message, attempt: attempt + 1, dueMs, order: ++this.#order });
  }

  async #post(channel: Channel, message: Message): Promise<number> {
    try {
      const response = await this.#parts.deliver(requestFor(channel, message));
      await response.body?.cancel();
      return response.status;
    } catch {
      // Nobody answered: refused, reset, or the name doesn't resolve.
      return 0;
    }
  }

  #schedule(): void {
    if (this.#parts.mode !== 'automatic') return;
    const [next] = this.waiting.toSorted((a, b) => a.dueMs - b.dueMs);
    if (!next) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, next.dueMs - this.#parts.nowMs()));
  }

  #isRunning = false;
  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      await this.flush();
    } finally {
      this.#isRunning = false;
      this.#schedule();
    }
  }
}

/** Headers and body exactly as documented, the odd content type included (facts 1.6). */
function requestFor(channel: Channel, message: Message): Request {
  const headers: Record<string, string> = {
    'x-goog-channel-id': channel.id,
    'x-goog-channel-expiration': new Date(channel.expiresAtMs).toUTCString(),
    'x-goog-resource-id': channel.resourceId,
    'x-goog-resource-uri': channel.resourceUri,
    'x-goog-resource-state': message.state,
    'x-goog-message-number': String(message.messageNumber),
    'user-agent': 'APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)',
    accept: '*/*',
  };
  if (channel.token !== null) headers['x-goog-channel-token'] = channel.token;
  if (message.body === null) {
    return new Request(channel.address, { method: 'POST', headers, redirect: 'manual' });
  }
  headers['content-type'] = 'application/json; utf-8';
  return new Request(channel.address, {
    method: 'POST',
    headers,
    body: message.body,
    redirect: 'manual',
  });
}

function inOrder(a: Message, b: Message): number {
  return a.dueMs - b.dueMs || a.order - b.order;
}

function happens(rate: number, random: () => number): boolean {
  return rate > 0 && random() < rate;
}
