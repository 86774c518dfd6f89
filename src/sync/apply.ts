// The one way in: every observation of Google, whoever asked for it, becomes a row here and nowhere else.
import type { Database } from '../db/database.ts';
import type { EventType } from '../db/schema.ts';
import { type AppliedRow, applyObservedRows, type ObservedRow } from '../db/users.ts';
import { type Observation, toObservedRow } from './observation.ts';

/**
 * - `written` · `unchanged` the row now says what the look found
 * - `answered` somebody who looked later has written already
 * - `lost` somebody wrote, or a pass began, after this look began: look again with a new ticket
 * - `foreign` another directory holds this id
 * - `unstorable` the profile can't be kept, or a bare status is about nobody we know
 */
export type ApplyOutcome = 'written' | 'unchanged' | 'answered' | 'lost' | 'foreign' | 'unstorable';

export interface Applied {
  id: string;
  outcome: ApplyOutcome;
  /** The event that was recorded and the columns that differed; only for `written`. */
  event: EventType | null;
  changed: readonly string[];
}

export interface Look {
  /** Taken in D1 before the read from Google began. */
  ticket: number;
  nowMs: number;
  /** The observations come from a list: people who have a row are left alone. */
  insertOnly?: boolean;
}

export interface ApplyPorts {
  db: Database;
  rolesSchema: string;
}

// Half of D1's limit for one parameter: 500 people of ordinary size go in one transaction.
const MAX_PARAMETER_BYTES = 1_000_000;

function cut(rows: readonly ObservedRow[]): ObservedRow[][] {
  const chunks: ObservedRow[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    const bytes = new TextEncoder().encode(JSON.stringify(row)).length + 1;
    if (size + bytes > MAX_PARAMETER_BYTES) {
      chunks.push([]);
      size = 0;
    }
    chunks.at(-1)?.push(row);
    size += bytes;
  }
  return chunks;
}

const outcomeOf = ({ verdict }: AppliedRow): ApplyOutcome =>
  verdict === 'unknown' ? 'unstorable' : verdict;

/**
 * Applies a set of observations; one person and 500 cost the same number of queries.
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
): Promise<Map<string, Applied>> {
  const applied = new Map<string, Applied>();
  const rows = new Map<string, ObservedRow>();
  for (const observation of observations) {
    const row = toObservedRow(observation, ports.rolesSchema);
    if (row) rows.set(row.id, row);
    else
      applied.set(observation.id, {
        id: observation.id,
        outcome: 'unstorable',
        event: null,
        changed: [],
      });
  }
  for (const chunk of cut([...rows.values()])) {
    const results = await applyObservedRows(
      ports.db,
      directoryId,
      { ticket: look.ticket, nowMs: look.nowMs, insertOnly: look.insertOnly ?? false },
      chunk,
    );
    for (const result of results) {
      applied.set(result.id, {
        id: result.id,
        outcome: outcomeOf(result),
        event: result.event,
        changed: result.changed,
      });
    }
  }
  return applied;
}
