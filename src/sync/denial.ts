// What it means that Google denies a person: Google's 404, or an address outside the one domain in scope.
// Pure. Unknown or deleted here: nothing to conclude. Live here: gone only if a second look a few seconds later
// agrees, and not while the row is young, because Google's get may trail behind a creation by minutes.
import type { KnownUser } from '../db/users.ts';

/** A row younger than this is not believed to be gone, unless a `delete` was announced or an operator has agreed. */
export const YOUNG_MS = 10 * 60_000;

interface Denial {
  /** Google pushed a `delete`. */
  wasAnnounced: boolean;
  /** The ticket of the look that was denied before this one; 0 = this is the first. */
  earlierTicket: number;
}

type DenialVerdict = 'nothing' | 'gone' | 'look-again' | 'young';

/** @param known the person's row, read after the denial */
export function judgeDenial(
  denial: Denial,
  known: KnownUser | undefined,
  nowMs: number,
): DenialVerdict {
  if (known === undefined || known.status === 'deleted') return 'nothing';
  const isExpected = denial.wasAnnounced || known.isApproved === 1;
  if (!isExpected && nowMs - known.createdMs < YOUNG_MS) return 'young';
  // A row written since the earlier denial was seen alive in between: that denial counts no longer.
  return known.written < denial.earlierTicket ? 'gone' : 'look-again';
}
