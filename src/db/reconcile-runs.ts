// What each pass through `users.list` did, one row a pass, keyed by its Workflow instance.
import { and, desc, eq, isNull, ne } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import { type ReconcileOutcome, reconcileRuns } from './schema.ts';

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

export type RunCounts = Pick<ReconcileRun, 'usersSeen' | 'created' | 'hinted' | 'googleCalls'>;

/** Stores the totals so far. They are set, not added: a repeated step can't count twice. */
export function noteProgress(
  db: Database,
  id: string,
  counts: RunCounts,
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    await db.orm
      .update(reconcileRuns)
      .set({ ...counts, progressMs: nowMs })
      .where(eq(reconcileRuns.id, id));
  });
}

/** Ends a pass that has not ended yet. `reason` is a code, `nextPageToken` where a follower goes on. */
export function endRun(
  db: Database,
  id: string,
  end: {
    outcome: ReconcileOutcome;
    reason: string | null;
    nextPageToken: string | null;
    nowMs: number;
  },
): Promise<void> {
  return guarded(async () => {
    const { nowMs, ...rest } = end;
    await db.orm
      .update(reconcileRuns)
      .set({ ...rest, finishedMs: nowMs, progressMs: nowMs })
      .where(and(eq(reconcileRuns.id, id), isNull(reconcileRuns.finishedMs)));
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

/** The directory's `floor`, to tell whether this pass is still the youngest. */
export function isSuperseded(db: Database, directoryId: string, ticket: number): Promise<boolean> {
  return guarded(async () => {
    const row = await db.d1
      .prepare('SELECT floor > ?2 AS superseded FROM directories WHERE id = ?1')
      .bind(directoryId, ticket)
      .first<{ superseded: number }>();
    return row?.superseded !== 0;
  });
}

/** Ends a complete pass: its row, and what the directory owes to it, in one transaction. */
export function completeRun(
  db: Database,
  run: { id: string; directoryId: string },
  nowMs: number,
): Promise<void> {
  return guarded(async () => {
    await db.d1.batch([
      db.d1
        .prepare(
          `UPDATE reconcile_runs SET outcome = 'complete', finished_ms = ?2, progress_ms = ?2
           WHERE id = ?1 AND finished_ms IS NULL`,
        )
        .bind(run.id, nowMs),
      db.d1
        .prepare(
          `UPDATE directories SET last_reconciled_ms = ?2, imported_ms = coalesce(imported_ms, ?2) WHERE id = ?1`,
        )
        .bind(run.directoryId, nowMs),
    ]);
  });
}
