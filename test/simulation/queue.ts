// Cloudflare Queues as the consumer meets them: at least once, late, out of order, one consumer at a time (nearly
// always), dead letters after `max_retries`. What a dead consumer had not acknowledged is delivered again; what it
// had acknowledged, perhaps.
import type { QueuedMessage } from '../../src/sync/consume.ts';
import type { ChangeMessage } from '../../src/sync/hint.ts';
import type { ChangeQueue } from '../../src/sync/ports.ts';
import type { Chance } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';

/** As wrangler.toml has it. */
const MAX_BATCH = 20;
const MAX_RETRIES = 100;

export interface Stored {
  id: string;
  body: ChangeMessage;
  attempts: number;
  dueMs: number;
  /** When it was enqueued, in the scheduler's count. */
  sentSeq: number;
  isOut: boolean;
}

export interface QueueTemper {
  /** Sends that are refused from now on: the daily quota is used up. */
  refusals: number;
  /** How often a message is delivered twice. */
  doubleRate: number;
  /** How often one is among its last tries. */
  wornRate: number;
  /** How often one arrives late, by up to two minutes. */
  lateRate: number;
}

/** One delivery, and what the consumer said about each message. */
export interface Batch {
  messages: QueuedMessage[];
  /** The consumer returned, threw, or its isolate died. */
  settle: (end: 'returned' | 'threw' | 'died') => void;
}

export class SimulatedQueue {
  readonly temper: QueueTemper = { refusals: 0, doubleRate: 0, lateRate: 0, wornRate: 0 };
  stored: Stored[] = [];
  dead: Stored[] = [];
  /** Told of each acknowledgement the moment it is made. */
  onAck: (message: Stored, actor: Actor) => void = () => {};
  onSent: (body: ChangeMessage) => void = () => {};
  readonly #scheduler: Scheduler;
  readonly #chance: Chance;
  #lastId = 0;

  constructor(scheduler: Scheduler, chance: Chance) {
    this.#scheduler = scheduler;
    this.#chance = chance;
  }

  /** The producer's binding as one event sees it. */
  boundTo(actor: Actor): ChangeQueue & { send: (body: ChangeMessage) => Promise<unknown> } {
    const send = (bodies: readonly ChangeMessage[]) =>
      this.#scheduler.effect(actor, 'queue send', () => this.enqueue(bodies));
    const binding = {
      send: (body: ChangeMessage) => send([body]),
      sendBatch: (messages: Iterable<{ body: ChangeMessage }>) =>
        send([...messages].map(({ body }) => body)),
    };
    return binding as unknown as ReturnType<SimulatedQueue['boundTo']>;
  }

  enqueue(bodies: readonly ChangeMessage[]): void {
    if (this.temper.refusals > 0) {
      this.temper.refusals -= 1;
      throw new Error('Queue send failed: Too Many Requests');
    }
    for (const body of bodies) {
      this.#lastId += 1;
      this.onSent(body);
      const message = this.#stored(`m${this.#lastId}`, structuredClone(body));
      this.stored.push(message);
      if (this.#chance.happens(this.temper.doubleRate)) this.stored.push({ ...message });
    }
  }

  #stored(id: string, body: ChangeMessage): Stored {
    const { nowMs } = this.#scheduler.clock;
    const lateMs = this.#chance.happens(this.temper.lateRate) ? this.#chance.below(120_000) : 0;
    // Now and then one that has been tried nearly as often as it can be.
    const attempts = this.#chance.happens(this.temper.wornRate) ? MAX_RETRIES : 1;
    return {
      id,
      body,
      attempts,
      dueMs: nowMs + lateMs,
      sentSeq: this.#scheduler.seq,
      isOut: false,
    };
  }

  /** When the next message is due; what is due already waits for the consumer and not for time. */
  nextDueMs(): number {
    const { nowMs } = this.#scheduler.clock;
    let next = Number.POSITIVE_INFINITY;
    for (const list of [this.stored, this.dead]) {
      for (const { dueMs, isOut } of list)
        if (!isOut && dueMs > nowMs && dueMs < next) next = dueMs;
    }
    return next;
  }

  /** Due messages of one queue, some or all; `null` where none is due. */
  take(actor: () => Actor, from: 'changes' | 'dead', isGreedy: boolean): Batch | null {
    const list = from === 'changes' ? this.stored : this.dead;
    const { nowMs } = this.#scheduler.clock;
    const due = list.filter(({ dueMs, isOut }) => !isOut && dueMs <= nowMs);
    if (due.length === 0) return null;
    const size = isGreedy ? due.length : 1 + this.#chance.below(due.length);
    const taken = due.slice(0, Math.min(MAX_BATCH, size));
    const outcomes = new Map<Stored, number | 'ack'>();
    for (const message of taken) message.isOut = true;
    const messages = taken.map((stored) => ({
      id: stored.id,
      attempts: stored.attempts,
      body: structuredClone(stored.body),
      ack: () => {
        if (outcomes.has(stored)) return;
        outcomes.set(stored, 'ack');
        if (from === 'changes') this.onAck(stored, actor());
      },
      retry: (options?: { delaySeconds?: number }) => {
        if (!outcomes.has(stored)) outcomes.set(stored, options?.delaySeconds ?? 0);
      },
    }));
    const settle = (end: 'returned' | 'threw' | 'died') => {
      for (const message of taken) {
        const said = outcomes.get(message) ?? (end === 'returned' ? 'ack' : 0);
        const isHeard = end !== 'died' || this.#chance.happens(0.7);
        if (said === 'ack' && isHeard) list.splice(list.indexOf(message), 1);
        else this.#again(message, said === 'ack' || !isHeard ? 0 : said, list);
      }
    };
    return { messages, settle };
  }

  #again(message: Stored, delaySeconds: number, list: Stored[]): void {
    message.isOut = false;
    message.attempts += 1;
    message.dueMs = this.#scheduler.clock.nowMs + delaySeconds * 1000;
    if (list !== this.stored || message.attempts <= MAX_RETRIES) return;
    list.splice(list.indexOf(message), 1);
    this.dead.push({ ...message, attempts: 1 });
  }
}
