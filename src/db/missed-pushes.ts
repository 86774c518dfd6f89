// What passes found and no push had announced, as the evidence there is against channels, and how many channels
// were replaced on such grounds.
import { and, desc, eq, gt, sql } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import { directories, reconcileRuns } from './schema.ts';

/** A pass that found changes which channels for these events should have announced. */
export interface MissedPushes {
  /** Channel events, in Google's spelling. */
  events: readonly string[];
  startedMs: number;
  /** When the last complete pass before it began: what changed earlier was that one's to find. */
  previousStartedMs: number;
}

/** Four hours of a pass every five minutes. Evidence is acted on at the next cron, so more would only cost reads. */
const MAX_RUNS = 50;

function eventsOf(missed: string): string[] {
  const parsed: unknown = JSON.parse(missed);
  return Array.isArray(parsed) ? parsed.filter((one) => typeof one === 'string') : [];
}

/**
 * Reads what the latest passes say, youngest first. One query, of 50 rows at most. A pass that none preceded
 * since `sinceMs` says nothing and is left out.
 *
 * @param sinceMs since when there have been channels to accuse
 * @throws {DatabaseError}
 */
export function readMissedPushes(
  db: Database,
  directoryId: string,
  sinceMs: number,
): Promise<MissedPushes[]> {
  return guarded(async () => {
    const runs = await db.orm
      .select({
        startedMs: reconcileRuns.startedMs,
        missed: reconcileRuns.missed,
        outcome: reconcileRuns.outcome,
      })
      .from(reconcileRuns)
      .where(and(eq(reconcileRuns.directoryId, directoryId), gt(reconcileRuns.startedMs, sinceMs)))
      .orderBy(desc(reconcileRuns.startedMs))
      .limit(MAX_RUNS);
    return runs.flatMap(({ startedMs, missed }) => {
      const events = eventsOf(missed);
      // One that failed has looked at nobody: what it could have found is older.
      const previous = runs.find((run) => run.startedMs < startedMs && run.outcome === 'complete');
      if (events.length === 0 || previous === undefined) return [];
      return [{ events, startedMs, previousStartedMs: previous.startedMs }];
    });
  });
}

/** Counts channels that were replaced as suspects. @throws {DatabaseError} */
export function countSuspectChannels(
  db: Database,
  directoryId: string,
  count: number,
): Promise<void> {
  return guarded(async () => {
    await db.orm
      .update(directories)
      .set({ suspectChannels: sql`${directories.suspectChannels} + ${count}` })
      .where(eq(directories.id, directoryId));
  });
}
