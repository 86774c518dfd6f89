// What each pass through `users.list` did, one row a pass, keyed by its Workflow instance.
import { and, desc, eq, isNull, ne, sql } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import { directories, type ReconcileOutcome, reconcileRuns } from './schema.ts';

export type ReconcileRun = typeof reconcileRuns.$inferSelect;

/** Opens the row of a pass; a repeated first step moves its ticket and clock forward. */
export function beginRun(
  db: Database,
  run: { id: string; directoryId: string; ticket: number; startedMs: number },
): Promise<void> {
  return guarded(async () => {
    await db.orm
      .insert(reconcileRuns)
      .values({ ...run, progressMs: run.startedMs })
      .onConflictDoUpdate({
        target: reconcileRuns.id,
        set: { ticket: run.ticket, progressMs: run.startedMs },
      });
  });
}

/** What is counted on the way. */
export type ProgressCounts = Pick<ReconcileRun, 'usersSeen' | 'hinted' | 'googleCalls'>;

/** What is known at the end. */
export type RunCounts = ProgressCounts & Pick<ReconcileRun, 'created'>;

/** Stores the totals so far. They are set, not added: a repeated step can't count twice. */
export function noteProgress(
  db: Database,
  id: string,
  counts: ProgressCounts,
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    await db.orm
      .update(reconcileRuns)
      .set({ ...counts, progressMs: nowMs })
      .where(eq(reconcileRuns.id, id));
  });
}

/**
 * Ends a pass that has not ended yet; a complete one counts for its directory in the same transaction.
 *
 * @param end.reason a code
 * @param end.counts `null` = as stored
 * @param end.nextPageToken where the next pass goes on
 */
export function endRun(
  db: Database,
  run: { id: string; directoryId: string },
  end: {
    outcome: ReconcileOutcome;
    reason: string | null;
    counts: RunCounts | null;
    nextPageToken: string | null;
    nowMs: number;
  },
): Promise<void> {
  return guarded(async () => {
    const { outcome, reason, counts, nextPageToken, nowMs } = end;
    const row = db.orm
      .update(reconcileRuns)
      .set({ outcome, reason, ...counts, nextPageToken, finishedMs: nowMs, progressMs: nowMs })
      .where(and(eq(reconcileRuns.id, run.id), isNull(reconcileRuns.finishedMs)));
    if (outcome !== 'complete') return void (await row);
    const directory = db.orm
      .update(directories)
      .set({
        lastReconciledMs: nowMs,
        importedMs: sql`coalesce(${directories.importedMs}, ${nowMs})`,
      })
      .where(
        and(
          eq(directories.id, run.directoryId),
          // A pass that was declared lost meanwhile counts no longer.
          sql`EXISTS (SELECT 1 FROM reconcile_runs WHERE id = ${run.id} AND outcome = 'complete')`,
        ),
      );
    await db.orm.batch([row, directory]);
  });
}

/** The youngest pass of a directory, running or ended; `exceptId` is not counted. */
export function readLastRun(
  db: Database,
  directoryId: string,
  exceptId = '',
): Promise<ReconcileRun | null> {
  return guarded(async () => {
    const rows = await db.orm
      .select()
      .from(reconcileRuns)
      .where(and(eq(reconcileRuns.directoryId, directoryId), ne(reconcileRuns.id, exceptId)))
      .orderBy(desc(reconcileRuns.startedMs), desc(reconcileRuns.ticket))
      .limit(1);
    return rows[0] ?? null;
  });
}
