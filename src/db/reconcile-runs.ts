// What each pass through `users.list` did, one row a pass, keyed by its Workflow instance.
import { and, desc, eq, isNull, ne, or, sql } from 'drizzle-orm';
import { type Database, guarded } from './database.ts';
import { waitsAt } from './removal-guard.ts';
import { directories, type ReconcileOutcome, reconcileRuns } from './schema.ts';

export type ReconcileRun = typeof reconcileRuns.$inferSelect;

/** Beyond this age of the last pass people are counted anew: the events since may have been swept. */
const COUNT_ANEW_AFTER_MS = 12 * 3_600_000;

// What changed since a pass began, in rows and not in our memory of them: a repeated step can't count twice.
// Drift is what was looked at because of the pass. Newcomers whom it inserted straight from a page (noticed when
// it began) are none: their pushes may be in flight, or, at a first import, could not have been sent.
const IS_DRIFT = `(type <> 'user.created' OR noticed_ms <> reconcile_runs.started_ms)`;

const COUNT = `
  UPDATE reconcile_runs SET (created, changed, removed, drift, missed) = (
    SELECT count(*) FILTER (WHERE type = 'user.created'),
      count(*) FILTER (WHERE type NOT IN ('user.created', 'user.deleted')),
      count(*) FILTER (WHERE type = 'user.deleted'),
      count(*) FILTER (WHERE ${IS_DRIFT}),
      json_group_array(DISTINCT CASE type
        WHEN 'user.created' THEN 'add' WHEN 'user.deleted' THEN 'delete' WHEN 'user.restored' THEN 'undelete'
        ELSE iif(before->>'$.isAdmin' <> after->>'$.isAdmin', 'makeAdmin', 'update') END)
        FILTER (WHERE ${IS_DRIFT})
    FROM events WHERE seq > reconcile_runs.first_seq AND directory_id = reconcile_runs.directory_id
      AND cause = 'reconcile'),
    held = (SELECT count(*) FROM held_removals h WHERE h.directory_id = reconcile_runs.directory_id
      AND ${waitsAt('?2')})
  WHERE id = ?1 RETURNING created, changed, removed, held, drift, missed`;

// How many are living follows from the last pass's number and what has come and gone since: every change
// of a row is one event. Only without such a pass are people counted.
const BEGIN = `
  INSERT INTO reconcile_runs
    (id, directory_id, ticket, started_ms, progress_ms, chain_id, chain_ticket, first_seq, living)
  SELECT ?2, ?1, ?3, ?4, ?4, ?5, ?6, (SELECT coalesce(max(seq), 0) FROM events),
    CASE WHEN p.id IS NULL OR p.started_ms < ?4 - ${COUNT_ANEW_AFTER_MS}
      THEN (SELECT count(*) FROM users WHERE directory_id = ?1 AND status <> 'deleted')
      ELSE p.living + (SELECT coalesce(sum(CASE WHEN type IN ('user.created', 'user.restored') THEN 1
          WHEN type = 'user.deleted' THEN -1 ELSE 0 END), 0)
        FROM events WHERE seq > p.first_seq AND directory_id = ?1) END
  FROM (SELECT 1) LEFT JOIN reconcile_runs p ON p.id = ?7
  WHERE true
  ON CONFLICT (id) DO UPDATE SET ticket = excluded.ticket, started_ms = excluded.started_ms, progress_ms = excluded.progress_ms,
    chain_id = excluded.chain_id, chain_ticket = excluded.chain_ticket, first_seq = excluded.first_seq,
    living = excluded.living
  RETURNING first_seq AS firstSeq, living`;

/**
 * Opens the row of a pass, and closes the counts of the one before it, in one transaction. A repeated first
 * step moves ticket, clock and counts forward.
 *
 * @param run.chainTicket the first ticket of the passes that go through the list together
 * @returns the youngest event, and how many people have a living row, at this moment; and what the one before
 * has changed in all, `null` if there was none
 */
export function beginRun(
  db: Database,
  run: Pick<
    ReconcileRun,
    'id' | 'directoryId' | 'ticket' | 'startedMs' | 'chainId' | 'chainTicket'
  > & {
    previousId: string | null;
  },
): Promise<Pick<ReconcileRun, 'firstSeq' | 'living'> & { before: RunCounts | null }> {
  return guarded(async () => {
    const { id, directoryId, ticket, startedMs, chainId, chainTicket, previousId } = run;
    const [counted, begun] = await db.d1.batch([
      db.d1.prepare(COUNT).bind(previousId, startedMs),
      db.d1
        .prepare(BEGIN)
        .bind(directoryId, id, ticket, startedMs, chainId, chainTicket, previousId),
      db.d1
        .prepare('UPDATE directories SET last_pass_ms = ?2 WHERE id = ?1 AND last_pass_ms IS NULL')
        .bind(directoryId, startedMs),
    ]);
    const [row] = (begun?.results ?? []) as Pick<ReconcileRun, 'firstSeq' | 'living'>[];
    const [before = null] = (counted?.results ?? []) as RunCounts[];
    return { firstSeq: row?.firstSeq ?? 0, living: row?.living ?? 0, before };
  });
}

/** What is counted on the way. */
export type ProgressCounts = Pick<
  ReconcileRun,
  'usersSeen' | 'contradictions' | 'hinted' | 'googleCalls'
>;

/** What follows from the rows that changed. */
type RunCounts = Pick<
  ReconcileRun,
  'created' | 'changed' | 'removed' | 'held' | 'drift' | 'missed'
>;

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
 * Ends a pass that has not ended yet; one that did its part counts for its directory in the same transaction.
 *
 * @param end.reason a code
 * @param end.counts `null` = as stored
 * @param end.nextPageToken where the next pass goes on
 * @param end.chainSeen how many people the passes of its chain have seen so far
 * @returns what it changed so far; `null` if it had ended in another way before
 */
export function endRun(
  db: Database,
  run: { id: string; directoryId: string },
  end: {
    outcome: ReconcileOutcome;
    reason: string | null;
    counts: ProgressCounts | null;
    nextPageToken: string | null;
    chainSeen?: number;
    nowMs: number;
  },
): Promise<RunCounts | null> {
  return guarded(async () => {
    const { outcome, reason, counts, nextPageToken, chainSeen = 0, nowMs } = end;
    const row = db.orm
      .update(reconcileRuns)
      .set({
        outcome,
        reason,
        ...counts,
        nextPageToken,
        chainSeen,
        finishedMs: nowMs,
        progressMs: nowMs,
      })
      // A step that is repeated ends it once more in the same way.
      .where(
        and(
          eq(reconcileRuns.id, run.id),
          or(isNull(reconcileRuns.finishedMs), eq(reconcileRuns.outcome, outcome)),
        ),
      )
      .returning({ id: reconcileRuns.id });
    const whole = {
      lastReconciledMs: nowMs,
      importedMs: sql`coalesce(${directories.importedMs}, ${nowMs})`,
    };
    const directory = db.orm
      .update(directories)
      .set({ lastPassMs: nowMs, ...(outcome === 'complete' ? whole : {}) })
      .where(
        and(
          eq(directories.id, run.directoryId),
          // A pass that was declared lost meanwhile counts no longer.
          sql`EXISTS (SELECT 1 FROM reconcile_runs WHERE id = ${run.id} AND outcome = ${outcome})`,
        ),
      );
    const didItsPart = outcome === 'complete' || outcome === 'budget';
    const [ended] = await (didItsPart ? db.orm.batch([row, directory]) : db.orm.batch([row]));
    if (ended.length === 0) return null;
    return db.d1.prepare(COUNT).bind(run.id, nowMs).first<RunCounts>();
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

/** The youngest passes of a directory, running or ended. */
export function readRecentRuns(
  db: Database,
  directoryId: string,
  limit: number,
): Promise<ReconcileRun[]> {
  return guarded(async () =>
    db.orm
      .select()
      .from(reconcileRuns)
      .where(eq(reconcileRuns.directoryId, directoryId))
      .orderBy(desc(reconcileRuns.startedMs), desc(reconcileRuns.ticket))
      .limit(limit),
  );
}
