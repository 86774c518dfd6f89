// The D1 binding as one event sees it: each query waits at a gate before it takes effect and after, may fail before
// or after it was done, and is followed at once by whoever watches the tables.

import type { Quiet } from './quiet.ts';
import type { Chance } from './random.ts';
import type { Actor, Scheduler } from './scheduler.ts';

export interface D1Temper {
  /** How many of the next queries fail. */
  failures: number;
}

export interface D1Parts {
  d1: D1Database;
  scheduler: Scheduler;
  chance: Chance;
  quiet: Quiet;
  temper: D1Temper;
  /** Called right after a query took effect. */
  afterQuery: (actor: Actor) => void;
  /** Called with what D1 refused. */
  onRefusal: (actor: Actor, message: string) => void;
}

const lost = () => new Error('D1_ERROR: Network connection lost.');

/** What drizzle and our own queries use of a binding, and no more. */
export function gatedD1(parts: D1Parts, actor: Actor): D1Database {
  const { d1, scheduler, chance, quiet, temper, afterQuery, onRefusal } = parts;
  const query = <T>(sql: string, work: () => Promise<T>): Promise<T> =>
    scheduler.effect(actor, sql, async () => {
      const isFailing = temper.failures > 0;
      if (isFailing) temper.failures -= 1;
      if (isFailing && chance.happens(0.5)) throw lost();
      try {
        const running = quiet.counted(work);
        // Over node:sqlite it is done by now; whoever looks sees exactly this query's effect.
        afterQuery(actor);
        const result = await running;
        if (isFailing) throw lost();
        return result;
      } catch (error) {
        if (error instanceof Error) onRefusal(actor, error.message);
        throw error;
      }
    });

  class Statement {
    readonly label: string;
    readonly inner: D1PreparedStatement;
    constructor(label: string, inner: D1PreparedStatement) {
      this.label = label;
      this.inner = inner;
    }
    bind(...values: unknown[]): Statement {
      return new Statement(this.label, this.inner.bind(...values));
    }
    all() {
      return query(this.label, () => this.inner.all());
    }
    run() {
      return query(this.label, () => this.inner.run());
    }
    first(column?: string) {
      return query(this.label, () =>
        column === undefined ? this.inner.first() : this.inner.first(column),
      );
    }
    raw() {
      return query(this.label, () => this.inner.raw());
    }
  }

  const binding = {
    prepare: (sql: string) => new Statement('d1', d1.prepare(sql)),
    batch: (statements: Statement[]) =>
      query('d1 batch', () => d1.batch(statements.map(({ inner }) => inner))),
    exec: (sql: string) => query('d1', () => d1.exec(sql)),
  };
  return binding as unknown as D1Database;
}
