// A queue in this process with one consumer, as wrangler.toml has it: 20 messages a batch, one batch at a time, what is
// to be retried comes again after its delay. While nothing is due the clock is moved on.
import { consumeChanges, type QueuedMessage } from '../../src/sync/consume.ts';
import type { ChangeMessage } from '../../src/sync/hint.ts';
import type { SyncPorts } from '../../src/sync/ports.ts';

const MAX_BATCH_SIZE = 20;

interface Waiting {
  id: string;
  body: ChangeMessage;
  attempts: number;
  dueMs: number;
}

/** Each written, delivered and deleted message is an operation. */
export interface QueueCounts {
  written: number;
  delivered: number;
  deleted: number;
  batches: number;
}

export const operationsOf = ({ written, delivered, deleted }: QueueCounts): number =>
  written + delivered + deleted;

export class LocalQueue {
  readonly #clock: { nowMs: () => number; jump: (ms: number) => Promise<void> };
  #waiting: Waiting[] = [];
  #counts: QueueCounts = { written: 0, delivered: 0, deleted: 0, batches: 0 };
  #nextId = 1;

  constructor(clock: { nowMs: () => number; jump: (ms: number) => Promise<void> }) {
    this.#clock = clock;
  }

  /** Begins a new count, which goes on as long as no other is begun. */
  countAnew(): QueueCounts {
    this.#counts = { written: 0, delivered: 0, deleted: 0, batches: 0 };
    return this.#counts;
  }

  async send(body: ChangeMessage): Promise<void> {
    this.#counts.written += 1;
    this.#waiting.push({ id: `m${this.#nextId}`, body, attempts: 1, dueMs: this.#clock.nowMs() });
    this.#nextId += 1;
  }

  async sendBatch(messages: Iterable<{ body: ChangeMessage }>): Promise<void> {
    for (const { body } of messages) await this.send(body);
  }

  /**
   * Hands everything to the consumer until nothing is left.
   *
   * @param ports made anew for each batch, as the Worker does
   * @param afterBatch is told after each
   */
  async drain(ports: () => SyncPorts, afterBatch: () => void = () => {}): Promise<void> {
    while (this.#waiting.length > 0) {
      const nowMs = this.#clock.nowMs();
      const due = this.#waiting.filter(({ dueMs }) => dueMs <= nowMs).slice(0, MAX_BATCH_SIZE);
      if (due.length === 0) {
        await this.#clock.jump(Math.min(...this.#waiting.map(({ dueMs }) => dueMs)) - nowMs);
        continue;
      }
      this.#counts.batches += 1;
      this.#counts.delivered += due.length;
      const decided = new Set<Waiting>();
      const done = new Set<Waiting>();
      await consumeChanges(
        ports(),
        due.map((one): QueuedMessage => {
          // The first of ack and retry counts.
          const decide = (work: () => void) => {
            if (!decided.has(one)) work();
            decided.add(one);
          };
          return {
            id: one.id,
            attempts: one.attempts,
            body: one.body,
            ack: () => decide(() => done.add(one)),
            retry: (options) =>
              decide(() => {
                one.attempts += 1;
                one.dueMs = this.#clock.nowMs() + (options?.delaySeconds ?? 0) * 1000;
              }),
          };
        }),
      );
      if (decided.size !== due.length) throw new Error('a message was left undecided');
      this.#counts.deleted += done.size;
      this.#waiting = this.#waiting.filter((one) => !done.has(one));
      afterBatch();
    }
  }
}
