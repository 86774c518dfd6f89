// What a pass was answered, on a tape: recorded from D1 and Google, and played again in the same order, without
// either. What is left is the pass's own work, whose processor time can be measured.
import type { Fetch } from '../../src/google/http.ts';

export interface Tape {
  /** Of each call to D1, one result; of each `batch()`, as many as it had statements. */
  d1: (D1Result | D1Result[])[];
  /** What list calls were answered; a token is made up. */
  google: { status: number; contentType: string; text: string }[];
}

export const newTape = (): Tape => ({ d1: [], google: [] });

const isList = ({ url }: Request) => url.includes('/users?');
const TOKEN = { access_token: 'played', expires_in: 3599, token_type: 'Bearer' };

/** The part of D1 that a counting D1 asks for. */
function database(
  all: (statement: D1PreparedStatement | null) => Promise<D1Result>,
  batch: (statements: (D1PreparedStatement | null)[]) => Promise<D1Result[]>,
  prepare: (sql: string) => D1PreparedStatement | null,
): D1Database {
  const inner = new WeakMap<object, D1PreparedStatement | null>();
  const wrap = (statement: D1PreparedStatement | null): D1PreparedStatement => {
    const wrapped = {
      bind: (...values: unknown[]) => wrap(statement?.bind(...values) ?? null),
      all: () => all(statement),
    };
    inner.set(wrapped, statement);
    return wrapped as unknown as D1PreparedStatement;
  };
  return {
    prepare: (sql: string) => wrap(prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      batch(statements.map((statement) => inner.get(statement) ?? null)),
  } as unknown as D1Database;
}

export function recordingD1(d1: D1Database, tape: () => Tape | null): D1Database {
  return database(
    async (statement) => {
      const result = await (statement as D1PreparedStatement).all();
      tape()?.d1.push(result);
      return result;
    },
    async (statements) => {
      const results = await d1.batch(statements as D1PreparedStatement[]);
      tape()?.d1.push(results);
      return results;
    },
    (sql) => d1.prepare(sql),
  );
}

export function recordingFetch(fetch: Fetch, tape: () => Tape | null): Fetch {
  return async (request) => {
    const response = await fetch(request);
    const recording = tape();
    if (recording === null || !isList(request)) return response;
    const { status, headers } = response;
    const contentType = headers.get('content-type') ?? '';
    const text = await response.text();
    recording.google.push({ status, contentType, text });
    return new Response(text, { status, headers: { 'content-type': contentType } });
  };
}

/** Plays what is on the tape once, from the beginning. */
export function play(tape: Tape): { d1: D1Database; fetch: Fetch; isAtEnd: () => boolean } {
  const [d1, google] = [[...tape.d1], [...tape.google]];
  const next = <T>(from: T[]): T => {
    const value = from.shift();
    if (value === undefined) throw new Error('the tape is at its end');
    return value;
  };
  return {
    d1: database(
      async () => next(d1) as D1Result,
      async () => next(d1) as D1Result[],
      () => null,
    ),
    fetch: async (request) => {
      if (!isList(request)) return Response.json(TOKEN);
      const { status, contentType, text } = next(google);
      return new Response(text, { status, headers: { 'content-type': contentType } });
    },
    isAtEnd: () => d1.length === 0 && google.length === 0,
  };
}
