// A D1 binding that counts: statements, round trips, and what D1's own `meta` says was read and written,
// the latter for each table that a statement names as its target.

/** In which an answer says what its request cost, as JSON without `rowsWrittenTo`. */
export const COUNTS_HEADER = 'x-d1-counts';

export interface D1Counts {
  statements: number;
  roundTrips: number;
  rowsRead: number;
  rowsWritten: number;
  /** Rows written by statements with this target, their triggers and indexes included. */
  rowsWrittenTo: Map<string, number>;
}

export const noCounts = (): D1Counts => ({
  statements: 0,
  roundTrips: 0,
  rowsRead: 0,
  rowsWritten: 0,
  rowsWrittenTo: new Map(),
});

/** The table that a statement inserts into, updates or deletes from; the last one, after any WITH. */
function targetOf(sql: string): string {
  const target = /(?:^|\))\s*(?:insert\s+into|update|delete\s+from)\s+"?(\w+)/i.exec(sql);
  return target?.[1] ?? 'none';
}

/** @param counts asked for anew at every call, so that the owner can begin a new count */
export function countingD1(d1: D1Database, counts: () => D1Counts): D1Database {
  const inner = new WeakMap<D1PreparedStatement, { statement: D1PreparedStatement; sql: string }>();

  function note(sql: string, { meta }: D1Result): void {
    const now = counts();
    const target = targetOf(sql);
    now.statements += 1;
    now.rowsRead += meta.rows_read;
    now.rowsWritten += meta.rows_written;
    now.rowsWrittenTo.set(target, (now.rowsWrittenTo.get(target) ?? 0) + meta.rows_written);
  }

  async function all(statement: D1PreparedStatement, sql: string): Promise<D1Result> {
    counts().roundTrips += 1;
    const result = await statement.all();
    note(sql, result);
    return result;
  }

  function wrap(statement: D1PreparedStatement, sql: string): D1PreparedStatement {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement.bind(...values), sql),
      all: () => all(statement, sql),
      run: () => all(statement, sql),
      // `first` and `raw` bring no `meta`; the same statement through `all` does.
      first: async (column?: string) => {
        const row = (await all(statement, sql)).results[0] as Record<string, unknown> | undefined;
        return column === undefined ? (row ?? null) : (row?.[column] ?? null);
      },
      raw: async () =>
        (await all(statement, sql)).results.map((row) => Object.values(row as object)),
    } as unknown as D1PreparedStatement;
    inner.set(wrapped, { statement, sql });
    return wrapped;
  }

  return {
    prepare: (sql: string) => wrap(d1.prepare(sql), sql),
    batch: async (statements: D1PreparedStatement[]) => {
      const unwrapped = statements.map((statement) => {
        const found = inner.get(statement);
        if (found === undefined) throw new TypeError('not a statement of this database');
        return found;
      });
      counts().roundTrips += 1;
      const results = await d1.batch(unwrapped.map(({ statement }) => statement));
      for (const [i, result] of results.entries()) note(unwrapped[i]?.sql ?? '', result);
      return results;
    },
  } as unknown as D1Database;
}
