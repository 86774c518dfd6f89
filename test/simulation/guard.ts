// What the witness knows of the deletion guard: who was removed when, whose removal an operator has agreed to, who
// waits. Its count is its own, from the tables' differences and from what the operator was shown.
import type { Scheduler } from './scheduler.ts';
import type { Peek } from './sqlite-d1.ts';

const DAY_MS = 86_400_000;

export interface GuardLimits {
  count: number;
  percent: number;
}

interface Removal {
  atMs: number;
  wasActive: boolean;
}

export class GuardWatch {
  /** How often somebody began to wait. */
  holds = 0;
  readonly #peek: Peek;
  readonly #scheduler: Scheduler;
  readonly #limits: GuardLimits;
  #waiting: ReadonlySet<string> = new Set();
  #unapproved: Removal[] = [];
  readonly #approvedUntilMs = new Map<string, number>();

  constructor(peek: Peek, scheduler: Scheduler, limits: GuardLimits) {
    this.#peek = peek;
    this.#scheduler = scheduler;
    this.#limits = limits;
  }

  get waiting(): ReadonlySet<string> {
    return this.#waiting;
  }

  /** After each query that wrote something. */
  read(): void {
    const rows = this.#peek.rows<{ id: string }>('SELECT user_id AS id FROM held_removals');
    const now = new Set(rows.map(({ id }) => id));
    for (const id of now) if (!this.#waiting.has(id)) this.holds += 1;
    this.#waiting = now;
  }

  /** An operator is about to agree, whether or not they come to it. */
  approving(ids: readonly string[]): void {
    const untilMs = this.#scheduler.clock.nowMs + DAY_MS;
    for (const id of ids) this.#approvedUntilMs.set(id, untilMs);
  }

  /** @returns what is wrong with this removal, or `null` */
  removed(id: string, wasActive: boolean): string | null {
    const { nowMs } = this.#scheduler.clock;
    const isApproved = (this.#approvedUntilMs.get(id) ?? 0) > nowMs;
    if (isApproved) return null;
    this.#unapproved.push({ atMs: nowMs, wasActive });
    this.#unapproved = this.#unapproved.filter(({ atMs }) => atMs > nowMs - DAY_MS);
    const removals = this.#unapproved.length;
    if (removals <= this.#limits.count) return null;
    const [active] = this.#peek.rows<{ n: number }>(
      "SELECT count(*) AS n FROM users WHERE status = 'active'",
    );
    const staff = (active?.n ?? 0) + this.#unapproved.filter((one) => one.wasActive).length;
    if (removals * 100 <= staff * this.#limits.percent) return null;
    return `${id} was removed beyond the guard, and nobody had agreed`;
  }
}
