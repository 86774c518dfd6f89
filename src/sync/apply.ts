// The one way in: every observation of Google, whoever asked for it, becomes a row here and nowhere else.
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import type { ObservedRow, ObservedRows } from '../db/mapped.ts';
import { type AppliedRow, applyObservedRows } from '../db/users.ts';
import { readRoleBook } from '../roles/book.ts';
import { type Observation, toObservedRow } from './observation.ts';

export interface Look {
  /** Taken in D1 before the read from Google began. */
  ticket: number;
  nowMs: number;
  /** The observations come from a list: people who have a row are left alone. */
  insertOnly?: boolean;
}

export interface ApplyPorts {
  db: Database;
  config: Pick<Config, 'rolesSchema' | 'deletionGuard'>;
}

// Half of D1's limit for one parameter: 500 people of ordinary size go in one transaction.
const MAX_PARAMETER_BYTES = 1_000_000;
/** A UTF-16 unit is three bytes of UTF-8 at most. */
const BYTES_PER_UNIT = 3;

const bytesOf = (text: string) =>
  text.length * BYTES_PER_UNIT <= MAX_PARAMETER_BYTES / 8
    ? text.length * BYTES_PER_UNIT
    : new TextEncoder().encode(text).length;

/** Cuts a set of rows so that each piece fits one parameter. */
export function cutToParameters(rows: Iterable<ObservedRow>): ObservedRows[] {
  const pieces: { texts: string[]; bytes: number; someGone: boolean }[] = [];
  for (const row of rows) {
    const text = JSON.stringify(row);
    const bytes = bytesOf(text) + 1;
    const last = pieces.at(-1);
    const someGone = row.kind === 'gone';
    if (last === undefined || last.bytes + bytes > MAX_PARAMETER_BYTES) {
      pieces.push({ texts: [text], bytes, someGone });
    } else {
      last.texts.push(text);
      last.bytes += bytes;
      last.someGone ||= someGone;
    }
  }
  return pieces.map(({ texts, someGone }) => ({
    json: `[${texts.join(',')}]`,
    count: texts.length,
    someGone,
  }));
}

/** Rules, decisions by hand and groups change now and then: not so many times while one look is applied. */
const MAX_ROLE_CHANGES = 5;

/**
 * Applies a set of observations; one person and 500 cost the same number of queries. Where what roles come from changes
 * meanwhile, they are made anew from the same observations: Google need not be asked again.
 *
 * @param observations at most one for each id: the last one counts
 * @returns one entry for each id; an id is missing only where the directory has no row
 * @throws {DatabaseError} nothing of the failed chunk was written; the look may be repeated
 */
export async function applyObservations(
  ports: ApplyPorts,
  directoryId: string,
  look: Look,
  observations: readonly Observation[],
): Promise<Map<string, AppliedRow>> {
  const applied = new Map<string, AppliedRow>();
  const pending = new Map(observations.map((one) => [one.id, one]));
  const { ticket, nowMs, insertOnly = false } = look;
  for (let i = 0; pending.size > 0 && i < MAX_ROLE_CHANGES; i += 1) {
    const book = await readRoleBook(ports, directoryId, [...pending.keys()]);
    if (book === null) return applied;
    const rows = [...pending.values()].map((one) => toObservedRow(one, book.rolesFor));
    const guard = ports.config.deletionGuard;
    for (const chunk of cutToParameters(rows)) {
      const results = await applyObservedRows(
        ports.db,
        directoryId,
        { ticket, nowMs, insertOnly, guard, rolesVersion: book.version },
        chunk,
      );
      for (const result of results) {
        if (result.outcome !== 'outdated') {
          pending.delete(result.id);
          applied.set(result.id, result);
        }
      }
    }
  }
  for (const id of pending.keys())
    applied.set(id, { id, outcome: 'lost', changed: [], event: null });
  return applied;
}
