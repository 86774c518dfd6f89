// D1's interface over node:sqlite, in memory. The only file here that needs Node: everything else also runs in
// workerd, over the real D1. A history runs inside a transaction that is rolled back when it is over, which
// is as good as a new database and costs nothing.
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

interface Prepared {
  statement: StatementSync;
  hasRows: boolean;
}

/** What only the observer asks, past the product. */
export interface Peek {
  rows: <T>(sql: string, ...parameters: SQLInputValue[]) => T[];
  /** Grows with every row that is written. */
  writes: () => number;
}

export interface SqliteD1 {
  d1: D1Database;
  peek: Peek;
  /** Everything since `keep`, or since the migrations, has not happened. */
  reset: () => void;
  keep: () => void;
}

/** @param migrations the texts of the migrations, in order */
export function openSqliteD1(migrations: readonly string[]): SqliteD1 {
  const sqlite = new DatabaseSync(':memory:');
  for (const migration of migrations) sqlite.exec(migration);
  const cache = new Map<string, Prepared>();
  const arrays = new Map<string, StatementSync>();

  const prepared = (sql: string): Prepared => {
    let known = cache.get(sql);
    if (known === undefined) {
      const statement = sqlite.prepare(sql);
      known = { statement, hasRows: statement.columns().length > 0 };
      cache.set(sql, known);
    }
    return known;
  };
  const changes = () => Number(prepared('SELECT changes() AS n').statement.get()?.['n']);

  /** As D1 words it, with the code that SQLite gives. */
  const guarded = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      const { message, errcode } = error as Error & { errcode?: number };
      const isConstraint = errcode !== undefined && (errcode & 0xff) === 19;
      throw new Error(`D1_ERROR: ${message}${isConstraint ? ': SQLITE_CONSTRAINT' : ''}`);
    }
  };

  const all = (sql: string, parameters: readonly SQLInputValue[]) => {
    const { statement, hasRows } = prepared(sql);
    if (hasRows) {
      const results = statement.all(...parameters);
      const isRead = /^\s*(SELECT|WITH)/i.test(sql);
      return { success: true, results, meta: { changes: isRead ? 0 : changes() } };
    }
    const { changes: changed } = statement.run(...parameters);
    return { success: true, results: [], meta: { changes: Number(changed) } };
  };

  class Statement {
    readonly sql: string;
    readonly parameters: readonly SQLInputValue[];
    constructor(sql: string, parameters: readonly SQLInputValue[]) {
      this.sql = sql;
      this.parameters = parameters;
    }
    bind(...values: unknown[]): Statement {
      const parameters = values.map((value) => {
        if (value === undefined) throw new TypeError('D1_TYPE_ERROR: undefined is not supported');
        return (typeof value === 'boolean' ? Number(value) : value) as SQLInputValue;
      });
      return new Statement(this.sql, parameters);
    }
    async all() {
      return guarded(() => all(this.sql, this.parameters));
    }
    async run() {
      return this.all();
    }
    async first(column?: string) {
      const [row] = (await this.all()).results;
      if (row === undefined) return null;
      return column === undefined ? row : row[column];
    }
    async raw() {
      return guarded(() => {
        let statement = arrays.get(this.sql);
        if (statement === undefined) {
          statement = sqlite.prepare(this.sql);
          statement.setReturnArrays(true);
          arrays.set(this.sql, statement);
        }
        return statement.all(...this.parameters);
      });
    }
  }

  const d1 = {
    prepare: (sql: string) => new Statement(sql, []),
    batch: async (statements: Statement[]) =>
      guarded(() => {
        sqlite.exec('SAVEPOINT batch');
        try {
          const results = statements.map(({ sql, parameters }) => all(sql, parameters));
          sqlite.exec('RELEASE batch');
          return results;
        } catch (error) {
          sqlite.exec('ROLLBACK TO batch; RELEASE batch');
          throw error;
        }
      }),
    exec: async (sql: string) => guarded(() => sqlite.exec(sql)),
  };
  sqlite.exec('BEGIN');
  return {
    d1: d1 as unknown as D1Database,
    peek: {
      rows: <T>(sql: string, ...parameters: SQLInputValue[]) =>
        prepared(sql).statement.all(...parameters) as T[],
      writes: () => Number(prepared('SELECT total_changes() AS n').statement.get()?.['n']),
    },
    reset: () => sqlite.exec('ROLLBACK; BEGIN'),
    keep: () => sqlite.exec('COMMIT; BEGIN'),
  };
}
